"""Rules of layer-wise relevance propagation: how a linear layer hands relevance back.

A rule is a frozen dataclass, its settings the fields, and one function of (layer, relevance of its output). A rule of your own is
a class like these; `layer.x` is its input, `layer.run(x, change)` the layer with its weights changed, `layer.bias(change)` its bias.
"""

import dataclasses
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.backward.linear_units import LinearUnit, wide

SMALL = 1e-6


def stabilized(relevance: tf.Tensor, total: tf.Tensor, epsilon: float = SMALL) -> tf.Tensor:
    """Divide relevance by a total, moved away from 0 by epsilon; 0 where a total is 0 and epsilon too."""
    shares, total = wide(relevance), wide(total)
    if epsilon:
        epsilon = tf.cast(epsilon, total.dtype)
        shares = shares / (total + tf.where(total < 0, -epsilon, epsilon))
    else:
        shares = tf.math.divide_no_nan(shares, total)
    return tf.saturate_cast(shares, relevance.dtype)


def _positive(weights: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(weights)


def _negative(weights: tf.Tensor) -> tf.Tensor:
    return -tf.nn.relu(-weights)


def _share(
    layer: LinearUnit,
    relevance: tf.Tensor,
    change: Callable[[tf.Tensor], tf.Tensor],
    of_negative: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Hand relevance back in shares of contributions: inputs above 0 with weights changed one way, those below 0 the other."""
    x = layer.x
    if layer.is_nonnegative:
        total, back = layer.run(x, change)
        return x * back(stabilized(relevance, total + layer.bias(change)))
    above, below = tf.nn.relu(x), -tf.nn.relu(-x)
    of_above, back_above = layer.run(above, change)
    of_below, back_below = layer.run(below, of_negative)
    shares = stabilized(relevance, of_above + of_below + layer.bias(change))
    return above * back_above(shares) + below * back_below(shares)


def check_number(name: str, given: Any, least: float, example: str) -> None:
    """Refuse a setting that is no finite number, or below the least one.

    Args:
        name: of the setting.
        given: what was given for it.
        least: the least that it may be.
        example: what could be given.
    """
    if isinstance(given, bool) or not isinstance(given, numbers.Real) or not least <= float(given) < np.inf:
        wanted = "a finite number" if least == -np.inf else f"a finite number ≥ {least}"
        raise ValueError(f"{name} is {wanted}. Received: {name}={given!r}. Give e.g. {example}.")


def check_rule(name: str, given: Any) -> None:
    """Refuse what is no rule.

    Args:
        name: of the setting.
        given: what was given for it.
    """
    if isinstance(given, type) or not callable(given):
        raise TypeError(
            f"{name} is a rule, such as kerasal.rules.Epsilon(). Received: {given!r}. Give one, with its settings in brackets."
        )


@dataclasses.dataclass(frozen=True)
class Epsilon:
    """LRP-ε (Bach et al. 2015, doi:10.1371/journal.pone.0130140): shares of x w in the output; LRP-0 with `epsilon=0`.

    Args:
        epsilon: added to the size of every output, so that small ones hand back little.
    """

    epsilon: float = SMALL

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, 0, "0 for LRP-0")

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        _, back = layer.run(layer.x)
        return layer.x * back(stabilized(relevance, layer.output, self.epsilon))


@dataclasses.dataclass(frozen=True)
class Gamma:
    """LRP-γ (Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10): positive weights count 1 + γ times.

    Inputs below 0 are taken with negative weights, and outputs below 0 the other way round (Andéol et al. 2021).

    Args:
        gamma: above 0.
    """

    gamma: float = 0.25

    def __post_init__(self) -> None:
        check_number("gamma", self.gamma, 0, "0.25")

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        up, down = (lambda w: w + self.gamma * _positive(w)), (lambda w: w + self.gamma * _negative(w))
        is_up = tf.cast(layer.output > 0, relevance.dtype)
        is_down = tf.cast(layer.output < 0, relevance.dtype)
        return _share(layer, relevance * is_up, up, down) + _share(layer, relevance * is_down, down, up)


@dataclasses.dataclass(frozen=True)
class AlphaBeta:
    """LRP-αβ (Bach et al. 2015): positive contributions count α times, negative ones −β times.

    Args:
        alpha, beta: α − β = 1, neither below 0.
    """

    alpha: float = 2.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, 0, "2")
        check_number("beta", self.beta, 0, "1")
        if abs(self.alpha - self.beta - 1) > 1e-6:
            raise ValueError(
                f"alpha − beta is 1, so that relevance is conserved. Received: alpha={self.alpha!r}, beta={self.beta!r}. Take 2 and 1, "
                "or 1 and 0."
            )

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        found = self.alpha * _share(layer, relevance, _positive, _negative)
        return found - self.beta * _share(layer, relevance, _negative, _positive) if self.beta else found


@dataclasses.dataclass(frozen=True)
class ZPlus:
    """LRP-z⁺ (Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008): positive contributions alone; αβ with 1 and 0."""

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        return _share(layer, relevance, _positive, _negative)


@dataclasses.dataclass(frozen=True)
class WSquare:
    """LRP-w² (Montavon et al. 2017): shares of w², for a first layer whose inputs have no bounds."""

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        total, back = layer.run(tf.ones_like(layer.x), tf.square, degree=2)
        return back(stabilized(relevance, total + layer.bias(tf.square)))


@dataclasses.dataclass(frozen=True)
class ZBox:
    """LRP-z^B (Montavon et al. 2017): for a first layer whose inputs are within bounds, as pixels are.

    Args:
        low, high: the least and the largest number a target can have; None for those of each example.
    """

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for name, bound in (("low", self.low), ("high", self.high)):
            if bound is not None:
                check_number(name, bound, -np.inf, "None for the example's own")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low is below high. Received: low={self.low!r}, high={self.high!r}. Swap them.")

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        ends = [layer.inputs_at(self._bound(layer.way.points, least=least)) for least in (True, False)]
        low, high = tf.minimum(*ends), tf.maximum(*ends)
        own, back = layer.run(layer.x)
        of_low, back_low = layer.run(low, _positive)
        of_high, back_high = layer.run(high, _negative)
        shares = stabilized(relevance, own - of_low - of_high)
        return layer.x * back(shares) - low * back_low(shares) - high * back_high(shares)

    def _bound(self, points: tf.Tensor, *, least: bool) -> tf.Tensor:
        given, find = (self.low, tf.reduce_min) if least else (self.high, tf.reduce_max)
        if given is not None:
            return tf.fill(tf.shape(points), tf.cast(given, points.dtype))
        return tf.broadcast_to(find(points, list(range(1, points.shape.rank)), keepdims=True), tf.shape(points))


@dataclasses.dataclass(frozen=True)
class Unbiased:
    """A rule without the layer's biases, so that relevance is shared by inputs alone and little of it is lost.

    Args:
        rule: another rule, such as `ZPlus()`.

    Example:
        >>> from kerasal import rules
        >>> rules.Composite(dense=rules.Unbiased(rules.Epsilon()), convolution=rules.Unbiased(rules.ZPlus()))
        Composite(dense=Unbiased(rule=Epsilon(epsilon=1e-06)), convolution=Unbiased(rule=ZPlus()), first=None, sums=1e-06)
    """

    rule: Callable[..., Any]

    def __post_init__(self) -> None:
        check_rule("rule", self.rule)

    def __call__(self, layer: LinearUnit, relevance: tf.Tensor) -> tf.Tensor:
        """Hand relevance back to the layer's input."""
        return self.rule(layer.without_bias(), relevance)
