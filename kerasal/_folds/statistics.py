"""Statistics over samples: what is made of the mean and the variance of each element."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._spatial.shapes import as_numbers
from kerasal._vocabulary import checks_keywords


class SampleMoments(NamedTuple):
    """Moments over samples.

    Attributes:
        samples: how many; mean, variance: of each element, float32; the variance divides by count − 1 and is 0 for one, and None
            for a statistic that does not need it.

    In a graph, as a layer computes a map, mean and variance are tensors.
    """

    samples: float
    mean: Any
    variance: Any

    @property
    def std(self) -> Any:
        """Standard deviation of each element."""
        return square_root(self.variance)


def square_root(numbers: Any) -> Any:
    """Take the square root of numbers from 0, an array's or a tensor's; the derivative of a tensor's at 0 is taken for 0."""
    if not isinstance(numbers, tf.Tensor):  # tf.is_tensor takes longer for an array than the root of a small one
        return np.sqrt(numbers)
    above = numbers > 0
    return tf.where(above, tf.sqrt(tf.where(above, numbers, 1)), 0)


class Statistic:
    """Base of the statistics: one number per element, made of its moments over samples. A subclass gives `of`.

    Attributes:
        least_samples: how many samples it needs.
        of_channels: whether it is taken of what the channels reduce to in each sample, and so has a standard error, in place of
            each element by itself.
        needs_variance: whether it looks at the variance, which is None for a statistic of the mean alone: that may take a
            fraction of the time where dropout comes late.
        words: the statistic in words; its class's name where there are none.

    Example:

    >>> class SignalToNoise(Statistic):
    ...     least_samples = 2
    ...
    ...     def of(self, moments):
    ...         return moments.mean / np.maximum(moments.std, 1e-12)
    >>> SignalToNoise().of(SampleMoments(4, np.array([3.0]), np.array([4.0])))
    array([1.5])
    """

    least_samples: int = 1
    of_channels: bool = False
    needs_variance: bool = True
    words: str = ""

    def of(self, moments: SampleMoments) -> Any:
        """Compute the statistic, an array of the moments' shape."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The statistic in words."""
        return self.words or type(self).__name__


@dataclasses.dataclass(frozen=True)
class Mean(Statistic):
    """The mean over samples of what the channels reduce to."""

    of_channels, needs_variance = True, False
    words = "mean"

    def of(self, moments: SampleMoments) -> Any:
        """Return the mean."""
        return moments.mean


@dataclasses.dataclass(frozen=True)
class AbsoluteMean(Statistic):
    """The absolute value of the mean of each element."""

    needs_variance = False
    words = "mean_abs"

    def of(self, moments: SampleMoments) -> Any:
        """Return |mean|."""
        return abs(moments.mean)


@dataclasses.dataclass(frozen=True)
class Variance(Statistic):
    """The variance of each element (ddof 1)."""

    least_samples = 2
    words = "var"

    def of(self, moments: SampleMoments) -> Any:
        """Return the variance."""
        return moments.variance


@dataclasses.dataclass(frozen=True)
class StandardDeviation(Statistic):
    """The standard deviation of each element (ddof 1)."""

    least_samples = 2
    words = "std"

    def of(self, moments: SampleMoments) -> Any:
        """Return the standard deviation."""
        return moments.std


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Fold:
    """A way from samples to a map: a function of each element, then a statistic over samples.

    Args:
        element: function of a tensor of any shape, element by element, e.g. `tf.abs`; None leaves elements as they are.
        statistic: a `Statistic`; None is the mean.

    Raises:
        TypeError: other things than these.

    Example:

    >>> import tensorflow as tf
    >>> from kerasal import Fold
    >>> Fold(tf.abs).name
    'abs'
    """

    element: Callable[[tf.Tensor], tf.Tensor] | None = None
    statistic: Statistic | None = None

    def __post_init__(self) -> None:
        if self.element is not None and not callable(self.element):
            raise TypeError(
                f"element is a function of a tensor, or None. Received: {self.element!r}. Give e.g. tf.abs."
            )
        if self.statistic is not None and not isinstance(self.statistic, Statistic):
            raise TypeError(
                f"statistic is a Statistic, or None for the mean. Received: {self.statistic!r}. Give an object, not its class."
            )

    @property
    def of_samples(self) -> Statistic:
        """The statistic over samples."""
        return _MEAN if self.statistic is None else self.statistic

    def of_element(self, samples: tf.Tensor) -> tf.Tensor:
        """Apply the function of an element to samples of any shape."""
        return (
            samples
            if self.element is None
            else as_numbers(self.element(samples), "The function of an element", samples)
        )

    @property
    def name(self) -> str:
        """The fold in words: the name of the method, where it is one."""
        known = next((name for name, fold in METHODS.items() if fold == self), None)
        if known is not None:
            return known
        element = getattr(self.element, "__name__", "function") if self.element is not None else "raw"
        return element if self.of_samples == _MEAN else f"{self.of_samples.name} of {element}"


_MEAN = Mean()
METHODS: dict[str, Fold] = {
    "raw": Fold(),
    "abs": Fold(tf.abs),
    "square": Fold(tf.square),
    "mean_abs": Fold(statistic=AbsoluteMean()),
    "var": Fold(statistic=Variance()),
    "std": Fold(statistic=StandardDeviation()),
}


def as_fold(method: Any) -> Fold:
    """Return the `Fold` meant by a method: its name, a function of an element, or a `Fold`.

    Raises:
        ValueError: an unknown name.
    """
    if isinstance(method, Fold):
        return method
    if isinstance(method, str) and method in METHODS:
        return METHODS[method]
    if callable(method) and not isinstance(method, type):
        return Fold(method)
    raise ValueError(
        f"method is one of {', '.join(METHODS)}, a function of an element, or a Fold. Received: {method!r}. Choose one."
    )
