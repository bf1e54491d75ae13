"""The exchange of gradients of a traced pass for backward rules.

A way of attributing (guided backpropagation, DeepLIFT, relevance propagation) is a table {operation: rule}, made when a pass is
done from its graph. All else of the graph is differentiated as ever, so that one walk serves them all.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import keras
import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2

Rule = Callable[..., Sequence[tf.Tensor | None]]
"""Of (operation, upstream of each output), giving what each input is handed, or None."""
RuleTable = Mapping[tf.Operation, Rule]

_NAME = "KerasalBackwardRule"
_ACTING: contextvars.ContextVar[RuleTable] = contextvars.ContextVar("rules")


class Passed(NamedTuple):
    """A pass whose gradient is wanted.

    Attributes:
        points: at the target, (rows, ...); values: the score, (rows,), (rows, classes) or a scalar.
        operations: all that were traced in the pass, in order; model: that was run.
    """

    points: tf.Tensor
    values: tf.Tensor
    operations: Sequence[tf.Operation]
    model: keras.Model


class Rules(Protocol):
    """A way to give operations of a pass their rules, for that pass alone.

    Attributes:
        scores: at other points that the rules compare with, of the shape of the values of the pass; None where there are none.
    """

    scores: Any

    def table(self, passed: Passed) -> RuleTable:
        """Give the operations of a pass their rules; ValueError for a pass that cannot be walked by them."""


def exchange(table: RuleTable) -> None:
    """Have gradients of the graph ask the rules of these operations, while they are `acting`."""
    for operation in table:
        operation._set_attr("_gradient_op_type", attr_value_pb2.AttrValue(s=_NAME.encode()))


@contextlib.contextmanager
def acting(table: RuleTable) -> Iterator[None]:
    """Let rules act in the gradients that are taken meanwhile."""
    token = _ACTING.set(table)
    try:
        yield
    finally:
        _ACTING.reset(token)


@tf.RegisterGradient(_NAME)
def _by_rule(operation: tf.Operation, *upstream: tf.Tensor) -> list[Any]:
    """Ask the rule of an operation."""
    return list(_ACTING.get()[operation](operation, *upstream))
