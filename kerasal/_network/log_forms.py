"""Logarithms of probabilities, found by algebra on the traced graph and computed without rounding to 0 or 1.

A `Form` is a positive tensor t as exp(log), a `UnitForm` a tensor between two bounds by the log-odds of its place between
them. Both hold in exact arithmetic: the graph says how t is made, and each step has a rule. What has no rule has no form.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.graphs import again

RESHAPING = ("Reshape", "Squeeze", "ExpandDims", "EnsureShape")
MOVING = (*RESHAPING, "StridedSlice", "Slice", "GatherV2", "Transpose", "Tile")
SAME = ("Identity", "Cast", "CheckNumerics")
_BEYOND = 1e-3  # a share of the range that clipping may cut off without a meaning of its own


@dataclasses.dataclass(frozen=True, eq=False)
class Form:
    """A positive tensor by its logarithm.

    Attributes:
        log: its logarithm, of its shape.
        logits: the same but for numbers that all classes of a row share: what a softmax would be taken of.
        mass: the sum over classes, where it is the same for all rows; None where that is not known.
        is_pair: whether the classes are two that one unit makes, p and 1 − p.
        is_fixed: whether it is a constant, which has no logits of its own.
    """

    log: tf.Tensor
    logits: tf.Tensor
    mass: float | None = None
    is_pair: bool = False
    is_fixed: bool = False

    def moved(self, move: Callable[[tf.Tensor], tf.Tensor], mass: float | None) -> "Form":
        """Make the form of the tensor with its elements moved."""
        return dataclasses.replace(self, log=move(self.log), logits=move(self.logits), mass=mass)

    def times(self, log: Any, mass: float | None) -> "Form":
        """Make the form of the tensor times what all classes share, whose logarithm is given."""
        return dataclasses.replace(self, log=self.log + log, mass=mass)


@dataclasses.dataclass(frozen=True, eq=False)
class UnitForm:
    """A tensor between two bounds, each element by itself.

    Attributes:
        odds: log of (t − least) / (most − t); the logit where the bounds are 0 and 1.
        least: the lower bound.
        most: the upper bound.
        key: the same for two units that are made of one; `side`: 1 or −1, other for the two where one is the rest of the other.
    """

    odds: tf.Tensor
    least: float
    most: float
    key: Any
    side: int = 1

    @property
    def is_probability(self) -> bool:
        """True where the bounds are those of a probability, also of a smoothed one."""
        return abs(self.least + self.most - 1) < _BEYOND and self.most - self.least > 0.5 and self.least > -_BEYOND

    def scaled(self, factor: float, shift: float = 0.0) -> "UnitForm":
        """Make the form of factor · t + shift."""
        least, most = self.least * factor + shift, self.most * factor + shift
        if factor > 0:
            return dataclasses.replace(self, least=least, most=most)
        return UnitForm(-self.odds, most, least, self.key, -self.side)

    @property
    def shares(self) -> tuple[tf.Tensor, tf.Tensor]:
        """log(t − least) and log(most − t)."""
        width = float(np.log(self.most - self.least))
        return width + tf.math.log_sigmoid(self.odds), width + tf.math.log_sigmoid(-self.odds)


def constant(tensor: tf.Tensor) -> np.ndarray | None:
    """Give the numbers of a constant tensor, None of any other."""
    found: np.ndarray | None = tf.get_static_value(tensor)
    return found


def number(tensor: tf.Tensor) -> float | None:
    """Give the number that all elements of a constant tensor are, None of any other."""
    found = constant(tensor)
    return float(found.flat[0]) if found is not None and found.size and np.ptp(found) == 0 else None


def is_shared(tensor: tf.Tensor, of: tf.Tensor) -> bool:
    """Tell whether all classes (last axis) of a row share the numbers of a tensor that is broadcast to another."""
    rank, whole = tensor.shape.rank, of.shape.rank
    return rank == 0 or (rank == whole and tensor.shape[-1] == 1 and of.shape[-1] not in (1, None))


def is_same(one: tf.Tensor, other: tf.Tensor, depth: int = 12) -> bool:
    """Tell whether two tensors are computed alike from the same."""
    if one is other or one.ref() == other.ref():
        return True
    if one.op.type == "Identity":
        return is_same(one.op.inputs[0], other, depth)
    if other.op.type == "Identity":
        return is_same(one, other.op.inputs[0], depth)
    first, second = constant(one), constant(other)
    if first is not None or second is not None:
        return first is not None and second is not None and np.array_equal(first, second)
    a, b = one.op, other.op
    if not depth or a.type != b.type or not a.inputs or len(a.inputs) != len(b.inputs) or a.type.startswith("Random"):
        return False
    return all(is_same(x, y, depth - 1) for x, y in zip(a.inputs, b.inputs, strict=True)) and _attributes(
        a
    ) == _attributes(b)


def _attributes(operation: tf.Operation) -> Any:
    return {name: value for name, value in operation.node_def.attr.items() if not name.startswith("_")}


def is_sum_of(divisor: tf.Tensor, parts: tf.Tensor) -> bool:
    """Tell whether a divisor is the sum over classes of a tensor, also one that is kept from 0."""
    while True:
        operation = divisor.op
        if operation.type in (*SAME, "Reshape", "ExpandDims", "StridedSlice"):
            divisor = operation.inputs[0]
        elif operation.type in ("AddV2", "Add", "Maximum"):
            small = [number(each) for each in operation.inputs]
            if small[1] is None or not 0 <= small[1] <= _BEYOND:
                return False
            divisor = operation.inputs[0]
        else:
            break
    if divisor.op.type != "Sum":
        return False
    summed = divisor.op.inputs[0]
    summed = summed.op.inputs[0] if summed.op.type == "Abs" else summed
    axes = constant(divisor.op.inputs[1])
    last = parts.shape.rank - 1
    return axes is not None and np.ravel(axes % parts.shape.rank).tolist() == [last] and is_same(summed, parts)


def mixed(forms: Sequence[Form]) -> Form:
    """Make the form of the sum of tensors.

    Its logits have the mean of what the softmaxes among them leave out, their log Σ exp, so that for equal ones they are theirs.
    """
    log = tf.reduce_logsumexp(tf.stack([form.log for form in forms]), 0)
    masses = [form.mass for form in forms]
    if any(mass is None for mass in masses):
        return Form(log, log)
    own = [(form, form.mass or 0.0) for form in forms if not form.is_fixed]
    total = sum(mass for _, mass in own) or 1.0
    left_out = sum(mass / total * (form.logits - form.log) for form, mass in own)
    return Form(
        log, log + left_out, sum(mass or 0.0 for mass in masses), all(form.is_pair for form, _ in own) and bool(own)
    )


def mixed_units(units: Sequence[UnitForm], key: Any) -> UnitForm:
    """Make the form of the sum of units."""
    above, below = (
        tf.reduce_logsumexp(tf.stack(parts), 0) for parts in zip(*(unit.shares for unit in units), strict=True)
    )
    return UnitForm(above - below, sum(unit.least for unit in units), sum(unit.most for unit in units), key)


def averaged(form: Form, axes: list[int], *, keepdims: bool) -> Form:
    """Make the form of the mean over axes that are not those of classes, as `mixed` makes that of a sum."""

    def mean(part: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(part, axes, keepdims=keepdims)

    log = log_mean(form.log, axes, keepdims=keepdims)
    return Form(log, log + mean(form.logits - form.log), form.mass, form.is_pair)


def log_mean(log: tf.Tensor, axes: list[int], *, keepdims: bool) -> tf.Tensor:
    """Compute the logarithm of a mean from logarithms."""
    count = tf.size(log) / tf.size(tf.reduce_max(log, axes))
    return tf.reduce_logsumexp(log, axes, keepdims=keepdims) - tf.cast(tf.math.log(count), log.dtype)


def cuts_nothing(unit: UnitForm, low: float | None, high: float | None) -> bool:
    """Tell whether a clip to (low, high) changes a unit only where it has all but reached a bound."""
    room = _BEYOND * (unit.most - unit.least)
    return (low is None or low <= unit.least + room) and (high is None or high >= unit.most - room)


def moved_by(operation: tf.Operation) -> Callable[[tf.Tensor], tf.Tensor]:
    """Make the function that moves the elements of another tensor as an operation moves those of its first input."""
    result = operation.outputs[0]
    if operation.type in RESHAPING:
        return lambda tensor: tf.ensure_shape(tf.reshape(tensor, tf.shape(result)), result.shape)
    return lambda tensor: again(operation, [tensor, *operation.inputs[1:]])
