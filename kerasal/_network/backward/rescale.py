"""The rescale rule of DeepLIFT: each operation hands on by differences from a baseline in place of slopes.

Shrikumar et al. 2017, arXiv:1704.02685. What is linear has its own gradient; an element-wise function hands on Δy ÷ Δx, a product
the mean of the other factor at target and baseline (Lundberg and Lee 2017), a maximum what its largest numbers differ by.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.backward.exchange import Passed, RuleTable
from kerasal._network.backward.roles import (
    CHOOSING,
    LARGEST,
    NORMALIZING,
    OF_ONE,
    OF_TWO,
    PASSING,
    PRODUCTS,
    QUOTIENTS,
    SUMS,
    in_words,
    is_convolution,
    no_rule,
)
from kerasal._network.backward.way import Decision, Region, Way, handed_to, handing_on
from kerasal._network.gradients import value_and_derivative, with_pullback
from kerasal._network.graphs import again, operations_inside

Handed = list[tf.Tensor | None]


class RescaleRules:
    """The rules of a pass at points against baselines.

    Args:
        baselines: of the points' shape, with the same rows: (rows, ...) or (K, R, ...).

    Attributes:
        scores: of the baselines, as the pass scores its points; known when the pass is done.
    """

    def __init__(self, baselines: tf.Tensor):
        self._baselines = baselines
        self.scores: Any = None

    def table(self, passed: Passed) -> RuleTable:
        """Give the operations that are not linear their rules; ValueError, by name, where there is none."""
        rules = _Rules(Way(passed))
        table = rules.way.walk(rules.decide)
        rules.look_at(tf.reshape(self._baselines, tf.shape(passed.points)))
        self.scores = rules.base(passed.values)
        return table


class _Rules:
    """The rules of one pass."""

    def __init__(self, way: Way):
        self.way, self._at_baselines = way, dict[Any, tf.Tensor]()

    def look_at(self, baselines: tf.Tensor) -> None:
        """Compute all tensors of the way from baselines."""
        for operation in self.way.operations:
            is_known = hasattr(tf.raw_ops, operation.type) and not operations_inside(operation)
            if not is_known and not is_convolution(operation):
                raise ValueError(_unknown(operation))
        self._at_baselines = self.way.at(tf.ensure_shape(baselines, self.way.points.shape))

    def base(self, tensor: tf.Tensor) -> tf.Tensor:
        """Give a tensor of the pass as it is at the baselines."""
        return self._at_baselines.get(tensor.ref(), tensor)

    def decide(self, operation: tf.Operation) -> Decision:
        """Choose the rule of an operation."""
        kind, moved = operation.type, self.way.moved(operation)
        handed = [each for each in moved if each.dtype.is_floating]
        if kind in PASSING:
            return Decision(handing_on, handed)
        if kind in LARGEST:
            return Decision(self._by_largest, handed)
        is_plain = kind in NORMALIZING and not operation.get_attr("is_training") and moved == [operation.inputs[0]]
        is_linear = kind in SUMS or is_plain or (len(moved) == 1 and is_convolution(operation))
        if (is_linear or self.way.hands_on(operation)) and len(handed) == len(moved):
            return Decision(None, handed)
        divides = kind in QUOTIENTS and moved[0] is not operation.inputs[0]
        if kind in PRODUCTS | QUOTIENTS and len(moved) == 1 and not divides and _times(operation, moved[0]) == 1:
            return Decision(None, handed)
        if kind in OF_ONE | OF_TWO | CHOOSING | PRODUCTS | QUOTIENTS:
            return self._of_numbers(operation, handed)
        raise ValueError(_unknown(operation))

    def _of_numbers(self, operation: tf.Operation, handed: list[tf.Tensor]) -> Decision:
        region = self.way.region(operation)
        if region is not None:

            def by_difference(operation: tf.Operation, upstream: tf.Tensor) -> Handed:
                return handed_to(operation, region.handle, upstream * self._multiplier(operation, region))

            return Decision(by_difference, [region.handle])
        if len(handed) == 2 and len(operation.inputs) == 2:
            if operation.type in PRODUCTS:
                return Decision(self._of_product, handed)
            if operation.type in QUOTIENTS:
                return Decision(self._of_quotient, handed)
            if operation.type in OF_TWO:
                return Decision(self._of_two, handed)
        raise ValueError(_unknown(operation))

    def _multiplier(self, operation: tf.Operation, region: Region) -> tf.Tensor:
        """Δ result ÷ Δ handle of a region; the slope at the target where they hardly differ."""
        out, handle = operation.outputs[0], region.handle
        _, slope = value_and_derivative(region.run, region.entry)
        if handle is not region.entry:
            _, of_handle = value_and_derivative(lambda entry: region.run(entry, handle), region.entry)
            slope = tf.math.divide_no_nan(slope, of_handle)
        return _ratio(out - self.base(out), handle, self.base(handle), slope)

    def _by_largest(self, operation: tf.Operation, upstream: tf.Tensor) -> Handed:
        """The largest numbers of target and baseline share what they differ by (Shrikumar's rule, as in SHAP and Captum)."""
        values, rest = operation.inputs[0], list(operation.inputs)[1:]
        base, out = self.base(values), operation.outputs[0]
        low = self.base(out)
        most = tf.maximum(out, low)

        def largest(values: tf.Tensor) -> tf.Tensor:
            return again(operation, [values, *rest])

        of_target = with_pullback(largest, values)[1](upstream * (most - low))[0]
        of_base = with_pullback(largest, base)[1](upstream * (out - most))[0]
        shares, way = of_target + of_base, values - base
        return [tf.math.divide_no_nan(shares, way), *[None] * len(rest)]

    def _of_product(self, operation: tf.Operation, upstream: tf.Tensor) -> Handed:
        """Each factor hands on by the mean of the other: Shapley's division of a product of two."""
        one, other = operation.inputs
        means = [(each + self.base(each)) / 2 for each in (one, other)]
        of_one = with_pullback(lambda values: again(operation, [values, means[1]]), one)[1](upstream)
        of_other = with_pullback(lambda values: again(operation, [means[0], values]), other)[1](upstream)
        return [of_one[0], of_other[0]]

    def _of_quotient(self, operation: tf.Operation, upstream: tf.Tensor) -> Handed:
        """A product with the reciprocal, which is a function of one number."""
        above, below = operation.inputs
        base = self.base(below)
        inverses = [tf.math.reciprocal(each) for each in (below, base)]
        mean = (inverses[0] + inverses[1]) / 2
        of_above = with_pullback(lambda values: values * mean, above)[1](upstream)[0]
        of_inverse = with_pullback(lambda values: (above + self.base(above)) / 2 * values, inverses[0])[1](upstream)[0]
        return [of_above, of_inverse * _ratio(inverses[0] - inverses[1], below, base, -inverses[0] * inverses[0])]

    def _of_two(self, operation: tf.Operation, upstream: tf.Tensor) -> Handed:
        """Each of two numbers hands on by the mean of what its change makes, before and after that of the other."""
        one, other = operation.inputs
        low, lowest = self.base(one), self.base(other)

        def change(*ends: list[tf.Tensor]) -> tf.Tensor:
            return again(operation, ends[0]) - again(operation, ends[1])

        if operation.type == "SquaredDifference":
            slope = (one - other) + (low - lowest)
            slopes = (slope, -slope)
        else:
            of_one = change([one, other], [low, other]) + change([one, lowest], [low, lowest])
            of_other = change([one, other], [one, lowest]) + change([low, other], [low, lowest])
            slopes = (tf.math.divide_no_nan(of_one, one - low) / 2, tf.math.divide_no_nan(of_other, other - lowest) / 2)
        shape = tf.shape(operation.outputs[0])
        spread = [with_pullback(lambda values: tf.broadcast_to(values, shape), each)[1] for each in (one, other)]
        return [back(upstream * slope)[0] for back, slope in zip(spread, slopes, strict=True)]


def _ratio(change: tf.Tensor, values: tf.Tensor, base: tf.Tensor, slope: tf.Tensor) -> tf.Tensor:
    """The change ÷ that of the values; the slope where these differ by no more than rounding."""
    way = values - base
    rounding = 8 * np.finfo(values.dtype.as_numpy_dtype).eps if values.dtype != tf.bfloat16 else 0.06
    is_flat = tf.abs(way) <= tf.cast(rounding, way.dtype) * tf.maximum(tf.abs(values), tf.abs(base))
    return tf.where(is_flat, slope, change / tf.where(is_flat, tf.ones_like(way), way))


def _times(operation: tf.Operation, tensor: tf.Tensor) -> int:
    return sum(each is tensor for each in operation.inputs)


def _unknown(operation: tf.Operation) -> str:
    rules = (
        "DeepLIFT has rules for linear and convolutional layers, pooling, normalization in inference, element-wise functions and products "
        "of two."
    )
    return no_rule(rules, in_words(operation), operation)
