"""The way from the points of a pass to its values: its operations, what they make of other points, where rules are handed on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._network.backward.exchange import Passed, Rule, RuleTable
from kerasal._network.backward.roles import (
    AFFINE,
    CHOOSING,
    DECIDING,
    MOVING,
    NORMALIZING,
    ONE_BY_ONE,
    PASSING,
    QUOTIENTS,
)
from kerasal._network.dependence import OF_SHAPES, causes, effects
from kerasal._network.graphs import outputs_again

Values = dict[Any, tf.Tensor]
"""{reference of a tensor of the pass: what takes its place}."""


class Region(NamedTuple):
    """Operations whose result is an element-wise function of one tensor.

    Attributes:
        entry: the tensor; operations: in order, the last gives the result; handle: that input of the last operation which is the
            entry, or an affine function of it, through which a rule is handed on.
    """

    entry: tf.Tensor
    operations: Sequence[tf.Operation]
    handle: tf.Tensor

    def run(self, entry: tf.Tensor, wanted: tf.Tensor | None = None) -> tf.Tensor:
        """Compute the result, or another tensor of the region, of another entry."""
        found = rerun(self.operations, {self.entry.ref(): entry})
        return found[(self.operations[-1].outputs[0] if wanted is None else wanted).ref()]


class Decision(NamedTuple):
    """A rule for an operation, None for its own gradient, and the inputs that are handed something."""

    rule: Rule | None
    handed: Sequence[tf.Tensor]


class Way:
    """The operations between the points and the values of a pass whose numbers depend on the points.

    Args:
        passed: the pass.

    Attributes:
        points, values: of the pass; operations: in the order they were traced.
    """

    def __init__(self, passed: Passed):
        self.points, self.values = passed.points, passed.values
        of_points = effects([self.points.op])
        of_points = effects([self.points.op], [each for each in of_points if each.type in (*DECIDING, *OF_SHAPES)])
        between = (of_points & causes([self.values], [self.points.op])) - {self.points.op}
        self._place = {each: place for place, each in enumerate(passed.operations)}
        self.operations = sorted(between, key=lambda each: self._place[each])
        self._moved = {tensor.ref() for each in self.operations for tensor in each.outputs} | {self.points.ref()}

    def moved(self, operation: tf.Operation) -> list[tf.Tensor]:
        """List the inputs of an operation that depend on the points, each once."""
        return list({each.ref(): each for each in operation.inputs if each.ref() in self._moved}.values())

    def users(self, tensor: tf.Tensor) -> list[tf.Operation]:
        """List the operations of the way that take a tensor."""
        return [each for each in tensor.consumers() if each.outputs and each.outputs[0].ref() in self._moved]

    def hands_on(self, operation: tf.Operation) -> bool:
        """Tell whether an operation moves numbers as they are, by what does not depend on the points."""
        is_chosen = operation.type in CHOOSING and operation.inputs[0].ref() not in self._moved
        return is_chosen or operation.type in MOVING

    def walk(self, decide: Callable[[tf.Operation], Decision]) -> RuleTable:
        """Walk back from the values over all that is handed something, and list the rules."""
        table, reached = {}, {self.values.ref()}
        for operation in reversed(self.operations):
            if any(tensor.ref() in reached for tensor in operation.outputs):
                rule, handed = decide(operation)
                reached |= {tensor.ref() for tensor in handed}
                if rule is not None:
                    table[operation] = rule
        return table

    def at(self, points: tf.Tensor, wanted: tf.Tensor | None = None) -> Values:
        """Compute the tensors of the way, or those that lead to one of them, from other points of the same shape."""
        operations = self.operations if wanted is None else self.before(wanted)
        return rerun(operations, {self.points.ref(): points})

    def before(self, tensor: tf.Tensor) -> list[tf.Operation]:
        """List the operations of the way that lead to a tensor, in order."""
        leading = causes([tensor], [self.points.op])
        return [each for each in self.operations if each in leading]

    def region(self, operation: tf.Operation) -> Region | None:
        """Find the nearest tensor that the result of an operation is an element-wise function of; None where there is none."""
        front, inside = {each.ref(): each for each in self.moved(operation)}, [operation]
        while len(front) > 1:
            latest = max(front.values(), key=self._order)
            if latest is self.points or latest.op.type not in ONE_BY_ONE:
                return None
            del front[latest.ref()]
            inside.append(latest.op)
            front |= {each.ref(): each for each in self._sources(latest)}
        entry = next(iter(front.values()))
        handle = self._handle(operation, entry)
        if (
            handle is None
            or not entry.dtype.is_floating
            or entry.shape.as_list() != operation.outputs[0].shape.as_list()
        ):
            return None
        return Region(entry, inside[::-1], handle)

    def single(self, operation: tf.Operation) -> tf.Tensor | None:
        """Give the input of an affine operation whose numbers it handles one by one, or None where it takes another path too."""
        moved = self.moved(operation)
        is_one = len(moved) == 1 and sum(each is moved[0] for each in operation.inputs) == 1
        if operation.type not in AFFINE or not is_one or not _is_affine(operation, moved[0]):
            return None
        return moved[0] if moved[0].shape.as_list() == operation.outputs[0].shape.as_list() else None

    def _order(self, tensor: tf.Tensor) -> int:
        return -1 if tensor is self.points else self._place[tensor.op]

    def _sources(self, tensor: tf.Tensor) -> list[tf.Tensor]:
        if tensor.op.type == "IdentityN":
            return [tensor.op.inputs[tensor.value_index]]
        return self.moved(tensor.op)

    def _handle(self, operation: tf.Operation, entry: tf.Tensor) -> tf.Tensor | None:
        """The input that is the entry, or else one that is an affine function of it."""
        inputs = self.moved(operation)
        for tensor in inputs:
            if tensor is entry:
                return tensor
        for tensor in inputs:
            at: tf.Tensor | None = tensor
            while at is not None and at is not entry:
                is_same = at.op.type in ("Identity", "Cast", *PASSING)
                at = self._sources(at)[0] if is_same else self.single(at.op)
            if at is entry:
                return tensor
        return None


def rerun(operations: Iterable[tf.Operation], values: Mapping[Any, tf.Tensor]) -> Values:
    """Run operations anew, in order.

    Args:
        operations: of the graph being traced.
        values: {reference of a tensor: what is taken in its place}; all else stays as it is.

    Returns:
        The values, and those of all that the operations give.
    """
    known = dict(values)
    for operation in operations:
        inputs = [known.get(tensor.ref(), tensor) for tensor in operation.inputs]
        found = inputs if operation.type == "IdentityN" else outputs_again(operation, inputs)
        for own, new in zip(operation.outputs, found, strict=False):
            new.set_shape(own.shape)
            known[own.ref()] = new
    return known


def handed_to(operation: tf.Operation, tensor: tf.Tensor, given: tf.Tensor) -> list[tf.Tensor | None]:
    """List what each input is handed where one tensor is given all."""
    first = next(place for place, each in enumerate(operation.inputs) if each is tensor)
    return [given if place == first else None for place in range(len(operation.inputs))]


def handing_on(operation: tf.Operation, *upstream: tf.Tensor) -> Sequence[tf.Tensor]:
    """Hand on what each output gets to the input of its place."""
    return upstream


def _is_affine(operation: tf.Operation, tensor: tf.Tensor) -> bool:
    """Tell whether an operation of an affine kind is one in this input."""
    if operation.type in NORMALIZING:
        return tensor is operation.inputs[0] and not operation.get_attr("is_training")
    return operation.type not in QUOTIENTS or tensor is operation.inputs[0]
