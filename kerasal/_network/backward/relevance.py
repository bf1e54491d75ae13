"""Layer-wise relevance propagation on a traced graph: which rule each operation hands relevance back by."""

from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from kerasal._network.backward.exchange import Passed, RuleTable
from kerasal._network.backward.linear_units import LinearUnit, handled_alone, unit_of, wide
from kerasal._network.backward.roles import (
    CHOOSING,
    LARGEST,
    MOVING,
    OF_ONE,
    OF_TWO,
    PASSING,
    PRODUCTS,
    QUOTIENTS,
    SUMS,
    in_words,
    no_rule,
)
from kerasal._network.backward.way import Decision, Region, Way, handed_to, handing_on, rerun
from kerasal._network.gradients import with_pullback
from kerasal._network.graphs import outputs_again

_FILLERS = (0.7, 1.9)  # in place of what is not known when a function is asked for its value at 0


class LayerRule(Protocol):
    """A rule for a linear layer."""

    def __call__(self, unit: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand the relevance of a layer's output back to its input."""


class Layers(Protocol):
    """The rules by kind of layer.

    Attributes:
        first: of the linear layers that nothing but moving and scaling is before, or None for that of their kind.
    """

    @property
    def first(self) -> Any: ...

    def rule_for(self, kind: str) -> LayerRule:
        """Give the rule of a kind: "dense", "convolution"."""

    def share(self, relevance: tf.Tensor, total: tf.Tensor) -> tf.Tensor:
        """Divide relevance by what a sum came to."""


class RelevanceRules:
    """The rules of one pass.

    Args:
        layers: the rules by kind of layer.
    """

    scores = None

    def __init__(self, layers: Layers):
        self._layers = layers

    def table(self, passed: Passed) -> RuleTable:
        """Give all operations on the way their rules; ValueError, by name, where there is none."""
        rules = _Rules(Way(passed), self._layers)
        table = rules.way.walk(rules.decide)
        if self._layers.first is not None and not rules.has_first:
            raise ValueError(
                f"A rule for the first layer ({self._layers.first!r}) is for a Dense or convolutional layer with nothing but moving "
                "and scaling between it and the target. Received: no such layer. Leave first out, or take rules='epsilon_plus'."
            )
        return table


class _Rules:
    """The rules of one way."""

    def __init__(self, way: Way, layers: Layers):
        self.way, self._layers, self.has_first = way, layers, False
        self._followers = set[tf.Operation]()
        self._units: dict[tf.Operation, LinearUnit] = {}

    def decide(self, operation: tf.Operation) -> Decision:
        """Choose the rule of an operation."""
        kind, moved = operation.type, self.way.moved(operation)
        if kind in PASSING:
            return Decision(handing_on, moved)
        if operation in self._followers:
            return self._as_before(operation, moved)
        unit = self._units.get(operation) or unit_of(operation, self.way)
        if unit is not None:
            return self._of_unit(operation, unit, moved)
        if self.way.hands_on(operation) or kind in LARGEST:
            return Decision(None, moved)
        if handled_alone(operation, self.way) is not None:
            return self._as_before(operation, moved)
        if kind in SUMS or self._is_weighing(operation, moved):
            return Decision(self._of_sum, moved)
        if kind in OF_ONE | OF_TWO | CHOOSING | PRODUCTS | QUOTIENTS:
            region = self.way.region(operation)
            if region is not None and _is_zero_at_zero(region, self.way):
                return Decision(lambda each, upstream: handed_to(each, region.handle, upstream), [region.handle])
        raise ValueError(_unknown(operation, len(moved)))

    def _of_unit(self, operation: tf.Operation, unit: LinearUnit, moved: list[tf.Tensor]) -> Decision:
        """The rule of a linear layer, at its product; what is behind that hands on what it gets."""
        self._followers |= set(unit.followers)
        self._units[unit.operation] = unit
        if operation is not unit.operation:
            return self._as_before(operation, moved)
        is_first = self._layers.first is not None and self._is_first(unit)
        self.has_first = self.has_first or is_first
        rule = self._layers.first if is_first else self._layers.rule_for(unit.kind)

        def by_rule(operation: tf.Operation, upstream: tf.Tensor) -> list[tf.Tensor | None]:
            return handed_to(operation, unit.source, tf.cast(rule(unit, wide(upstream)), unit.source.dtype))

        return Decision(by_rule, [unit.source])

    def _as_before(self, operation: tf.Operation, moved: list[tf.Tensor]) -> Decision:
        """Relevance as it is: what is done to each number alone."""
        if operation.type in MOVING:
            return Decision(None, moved)
        return Decision(lambda each, *upstream: handed_to(each, moved[0], upstream[0]), moved)

    def _of_sum(self, operation: tf.Operation, upstream: tf.Tensor) -> list[tf.Tensor | None]:
        """Each part of a sum is handed the share that it has in it."""
        moved = self.way.moved(operation)

        def total(*parts: tf.Tensor) -> tf.Tensor:
            return rerun([operation], {part.ref(): new for part, new in zip(moved, parts, strict=True)})[
                operation.outputs[0].ref()
            ]

        summed, back = with_pullback(total, *moved)
        shares = iter(back(self._layers.share(upstream, summed)))
        handed: list[tf.Tensor | None] = [None] * len(operation.inputs)
        for part in moved:
            place = next(n for n, each in enumerate(operation.inputs) if each is part)
            handed[place] = part * next(shares)
        return handed

    def _is_weighing(self, operation: tf.Operation, moved: list[tf.Tensor]) -> bool:
        """Tell whether an operation weighs one tensor by numbers that are no weights of a layer, or copies it on the way."""
        kind, inputs = operation.type, list(operation.inputs)
        is_linear = kind in PRODUCTS or (kind in QUOTIENTS and moved[0] is inputs[0])
        return is_linear and len(moved) == 1 and sum(each is moved[0] for each in inputs) == 1

    def _is_first(self, unit: LinearUnit) -> bool:
        """Tell whether nothing but moving and scaling is between the target and a layer."""
        before = self.way.before(unit.source) if unit.source is not self.way.points else []
        return all(each.type in MOVING or handled_alone(each, self.way) is not None for each in before)


def _is_zero_at_zero(region: Region, way: Way) -> bool:
    """Tell whether an element-wise function gives 0 for 0, whatever its parameters are."""
    rank = region.entry.shape.rank
    with tf.init_scope():
        for filler in _FILLERS:
            known: dict[Any, Any] = {region.entry.ref(): tf.zeros([1] * rank, region.entry.dtype)}
            for operation in region.operations:
                inputs = [
                    known[each.ref()] if each.ref() in known else _fixed(each, filler) for each in operation.inputs
                ]
                found = inputs if operation.type == "IdentityN" else outputs_again(operation, inputs)
                known |= {own.ref(): new for own, new in zip(operation.outputs, found, strict=False)}
            if tf.reduce_any(known[region.operations[-1].outputs[0].ref()] != 0):
                return False
    return True


def _fixed(tensor: tf.Tensor, filler: float) -> tf.Tensor:
    value = tf.get_static_value(tensor)
    if value is None:
        value = np.full([1] * tensor.shape.rank, filler > 1 if tensor.dtype == tf.bool else filler)
    return tf.constant(value.astype(tensor.dtype.as_numpy_dtype))


def _unknown(operation: tf.Operation, count: int) -> str:
    what = in_words(operation)
    if what in PRODUCTS | QUOTIENTS and count > 1:
        what = f"{what} of two tensors that depend on the target"
    elif what in OF_ONE:
        what = f"{what}, which is not 0 at 0"
    rules = (
        "Relevance propagation has rules for linear and convolutional layers, pooling, normalization in inference, sums and element-wise "
        "functions that are 0 at 0."
    )
    return no_rule(rules, what, operation)
