"""Stand-ins for elements of a target: the baseline of a path, and the fill of a hidden part."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from kerasal._errors import check_flags
from kerasal._network.interception import autographed
from kerasal._spatial.axes import along_axis, gaussian_kernel
from kerasal._spatial.shapes import as_numbers, broadcasts
from kerasal._tree import ComparesByValue
from kerasal._vocabulary import checks_keywords

Shape = tuple[int | None, ...]


@checks_keywords
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Background(ComparesByValue):
    """Several baselines (expected gradients, Erion et al. 2021, arXiv:1906.10670).

    Args:
        baselines: (D, ...): D baselines of the shape of one example's target, e.g. some of the training data.
        drawn: False: each sample averages over all D; True: each sample draws one of them, as a function of (seed, m, n), so
            that M samples stand for the average and their spread is known.

    Raises:
        ValueError: no baseline, or NaN or Inf among them.

    Example:
        >>> import numpy as np
        >>> from kerasal import Background
        >>> len(Background(np.zeros((8, 5))).baselines)
        8
    """

    baselines: Any
    drawn: bool = False

    def __post_init__(self) -> None:
        try:
            array = np.array(self.baselines)
        except (TypeError, ValueError):  # lists of several lengths
            array = np.zeros(0)
        if array.dtype.kind not in "fiub" or array.ndim < 2 or not len(array) or not np.all(np.isfinite(array)):
            raise ValueError(
                "Background takes baselines (D, …), finite numbers, D ≥ 1. Received: shape "
                f"{array.shape}. For one baseline pass it as baseline= itself."
            )
        array.setflags(write=False)  # programs are compiled for these numbers
        object.__setattr__(self, "baselines", array)
        check_flags(drawn=self.drawn)

    @property
    def count(self) -> int:
        """Number of baselines."""
        return len(self.baselines)

    def check(self, shape: Shape) -> None:
        """Refuse baselines that do not fit one example of a target of shape (None, ...)."""
        if not broadcasts(self.baselines.shape[1:], shape[1:]) or self.baselines.ndim != len(shape):
            raise ValueError(
                f"The baselines of a Background have the shape of one example of the target, {tuple(shape[1:])}. Received: "
                f"{len(self.baselines)} of shape {self.baselines.shape[1:]}. Give them as an array (D, …)."
            )

    def of(self, which: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Take some of the baselines, (K, ...), in the dtype of points."""
        return tf.gather(constant_of(self.baselines, dtype, "Background"), which)

    def draw(self, score: Any, dtype: tf.DType = tf.float32) -> tf.Tensor:
        """Draw one of the baselines for each row of a `BoundScore`, (R, ...), in the dtype of points."""
        uniform = score.draw("uniform", "baseline", tf.constant(1))[:, 0]
        count = len(self.baselines)
        return self.of(tf.minimum(tf.cast(uniform * count, tf.int32), count - 1), dtype)

    def __repr__(self) -> str:
        return f"Background({len(self.baselines)} baselines, drawn={self.drawn})"


@checks_keywords
@dataclasses.dataclass(frozen=True, eq=False)
class Extremes(ComparesByValue):
    """Two baselines of each example, averaged: its smallest number everywhere, and its largest; black and white of pictures.

    One of them alone is blind to what has its own number (XRAI, Kapishnikov et al. 2019, arXiv:1906.02825).

    Example:
        >>> from kerasal import Extremes, recipes
        >>> recipes.integrated_gradients(baseline=Extremes())
        Recipe('IntegratedGradientsCalculator', baseline=Extremes(), steps=64)
    """

    count: ClassVar[int] = 2
    drawn: ClassVar[bool] = False

    def of(self, target: tf.Tensor, which: tf.Tensor) -> tf.Tensor:
        """Take some of the baselines, (K, R, 1, ...), of a target (R, ...)."""
        axes = list(range(1, target.shape.rank))
        ends = [extreme(target, axes, keepdims=True) for extreme in (tf.reduce_min, tf.reduce_max)]
        return tf.gather(tf.stack(ends), which)


def check_baseline(baseline: Any, name: str = "baseline") -> Any:
    """Return the baseline (or what `name` says), arrays as read-only copies; ValueError for what is not finite."""
    if baseline is None or callable(baseline) or isinstance(baseline, Background):
        return baseline
    try:
        array = np.array(baseline)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if array.dtype.kind not in "fiub" or not np.all(np.isfinite(array)):
        shown = "NaN or Inf" if hasattr(baseline, "shape") or isinstance(baseline, float) else repr(baseline)
        raise ValueError(f"{name} is of finite numbers, or a function of the target. Received: {shown}. Replace it.")
    array.setflags(write=False)  # programs are compiled for these numbers
    return array


def constant_of(array: np.ndarray, dtype: tf.DType, name: str) -> tf.Tensor:
    """Make a tensor of a user's numbers in the dtype of points; ValueError for numbers that it does not have."""
    low, high = (0, 1) if dtype == tf.bool else (dtype.min, dtype.max)
    if array.min(initial=0).item() < low or array.max(initial=0).item() > high:
        raise ValueError(
            f"{name} has numbers that the target can have, {dtype.name} from {low} to {high}. Received: numbers from "
            f"{array.min()} to {array.max()}. Give such numbers."
        )
    return tf.constant(array.astype(dtype.as_numpy_dtype))


def is_per_example(baseline: np.ndarray, shape: Shape, name: str = "baseline") -> bool:
    """Tell whether an array has one entry per example of a target of shape (None, ...).

    Raises:
        ValueError: the array fits neither one example nor a batch of them.
    """
    own, one = tuple(np.shape(baseline)), tuple(shape[1:])
    if broadcasts(own, one):
        return False
    if len(own) == len(one) + 1 and broadcasts(own[1:], one):
        return True
    raise ValueError(
        f"{name} is a number, an array that fits one example of the target, shape {one}, or a function of the target. Received: "
        f"shape {own}. Make it fit; one baseline per example has shape (N, …), several for each are a Background(baselines)."
    )


def made_from(function: Callable[[tf.Tensor], Any], target: tf.Tensor) -> tf.Tensor:
    """Return what a function makes of the target (R, ...): a tensor that broadcasts to it."""
    made = tf.cast(as_numbers(autographed(function)(target), "A function that makes points"), target.dtype)
    if made.shape.rank != target.shape.rank or not broadcasts(made.shape[1:], target.shape[1:]):
        raise ValueError(
            f"A function that makes points takes the target (rows, …) and returns as much. Received: shape {made.shape} for a "
            f"target of shape {target.shape}. Keep the axes."
        )
    return made


_WORDS = ("mean", "blur")


@checks_keywords
class Fill:
    """Stands in place of a hidden part of the target.

    Args:
        given: a number, an array of one example's shape, "mean", "blur", or a function of the target.

    Raises:
        TypeError: several examples, which only some methods hide by.
        ValueError: another word, or numbers that are not finite.
    """

    def __init__(self, given: Any):
        if isinstance(given, Background):
            raise TypeError(
                f"fill is one stand-in: a number, an array, 'mean', 'blur' or a function of the target. Received: a Background of "
                f"{len(given.baselines)} examples. Use ShapleyCalculator, which hides by each of them, or their mean, an array."
            )
        if given is None or isinstance(given, str) and given not in _WORDS:
            raise ValueError(
                f"fill is a number, an array, 'mean', 'blur' or a function of the target. Received: {given!r}. Choose one."
            )
        self._given = given if isinstance(given, str) else check_baseline(given, "fill")

    def __repr__(self) -> str:
        array = self._given
        return (
            f"array {array.shape}"
            if isinstance(array, np.ndarray) and array.ndim
            else repr(getattr(array, "tolist", lambda: array)())
        )

    def check(self, shape: Shape, dtype: tf.DType = tf.float32) -> None:
        """Refuse an array that does not fit one example of a target of shape (None, ...) and this dtype."""
        if not dtype.is_floating and (
            isinstance(self._given, str) or not callable(self._given) and np.any(self._given != np.round(self._given))
        ):
            raise ValueError(
                f"The target is an input of integers, and is filled with integers. Received: fill={self!r}. Give the token that "
                "stands for nothing, such as that of padding."
            )
        if isinstance(self._given, np.ndarray) and is_per_example(self._given, shape, "fill"):
            raise ValueError(
                f"fill is an array of one example's shape, {tuple(shape[1:])}. Received: shape {self._given.shape}. Use a "
                "function of the target, or one example at a time."
            )
        if isinstance(self._given, np.ndarray):
            constant_of(self._given, dtype, "fill")

    def __call__(self, target: tf.Tensor, axes: list[int]) -> tf.Tensor:
        """Return what hides the target (R, ...): a tensor that broadcasts to it; `axes` are those that windows slide over."""
        if isinstance(self._given, str):
            if self._given == "mean":
                return tf.reduce_mean(target, axes, keepdims=True)
            for axis in axes:
                length = target.shape[axis]  # the deviation is a tenth of it, at least 1
                target = along_axis(target, gaussian_kernel(length, max(1.0, length / 10)), axis)
            return target
        return (
            made_from(self._given, target) if callable(self._given) else constant_of(self._given, target.dtype, "fill")
        )
