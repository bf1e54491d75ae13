"""Random changes of images, so that what is optimised does not depend on single pixels."""

import abc
import inspect
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._keyed_random import Distribution, Rows, key_of
from kerasal._network.interception import autographed
from kerasal._spatial.axes import along_axis, gaussian_kernel
from kerasal._vocabulary import checks_keywords

Draw = Callable[[Distribution, int], tf.Tensor]  # of a distribution and a count: numbers (N, count)


@checks_keywords
class Transform(abc.ABC):
    """Base of transforms: a change of images, drawn anew at every step for every image, by (seed, step, image).

    Example:
        >>> import numpy as np, tensorflow as tf
        >>> from kerasal.activation_maximization import Transform, transformed
        >>> class Brighten(Transform):
        ...     def move(self, images, draw):
        ...         return images + tf.reshape(draw("uniform", 1), [-1, 1, 1, 1])
        >>> changed = transformed(np.zeros((2, 8, 6, 3)), [Brighten()])
        >>> bool(0 < changed[0].min() == changed[0].max() < 1), bool(changed[0, 0, 0, 0] != changed[1, 0, 0, 0])
        (True, True)
    """

    @abc.abstractmethod
    def move(self, images: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Change images.

        Args:
            images: (N, H, W, C).
            draw: `draw("normal" or "uniform", count)` gives numbers (N, count); see `Rows.draw`.

        Returns:
            Images of the same shape.
        """

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


@checks_keywords
def build_layers(transforms: Iterable[Any], images: tf.Tensor) -> None:
    """Build the Keras layers among transforms on images, so that they create their variables before anything is traced."""
    for transform in transforms:
        if isinstance(transform, keras.layers.Layer):
            transform(images)


@checks_keywords
def apply_all(images: tf.Tensor, transforms: Iterable[Any], rows: Rows) -> tf.Tensor:
    """Change images (N, ...) by every transform in turn; `rows` are the `Rows` that ours draw for."""
    for position, transform in enumerate(transforms):
        moved = _apply(images, transform, position, rows)
        if not tf.is_tensor(moved) or moved.shape.rank != images.shape.rank:
            raise ValueError(
                f"A transform makes images of images, both {images.shape}. Received: {moved!r} from {transform!r}. Return a "
                "tensor with the same axes."
            )
        images = moved
    return images


def _apply(images: tf.Tensor, transform: Any, position: int, rows: Rows) -> Any:
    """Change images by one transform, whose draws depend on its position among all."""
    if isinstance(transform, Transform):
        numbers = itertools.count()

        def draw(distribution: Distribution, count: int) -> tf.Tensor:
            return rows.draw(distribution, ("transform", position, next(numbers)), count)

        return transform.move(images, draw)
    if isinstance(transform, keras.layers.Layer):
        is_random = "training" in inspect.signature(transform.call).parameters
        return transform(images, training=True) if is_random else transform(images)
    return autographed(transform)(images)


@checks_keywords
def transformed(
    images: ArrayLike, transforms: Sequence[Any], seed: int = 0, step: int = 0, first_example: int = 0
) -> np.ndarray:
    """Change images as at one step of `ActivationMaximizer`, e.g. to look at or to score them under fresh draws.

    Args:
        images: (N, H, W, C).
        transforms: `Transform`s, Keras layers, or functions of images.
        seed: draws are a function of (seed, step, n), n = position of the image + `first_example`.
        step: number of the step.
        first_example: position of the first image in a larger set.

    Returns:
        float32 array (N, H, W, C).

    Example:
        >>> import numpy as np
        >>> from kerasal.activation_maximization import Jitter, transformed
        >>> transformed(np.zeros((2, 8, 6, 3)), [Jitter(2)], step=5).shape
        (2, 8, 6, 3)
    """
    tensor = tf.convert_to_tensor(images, tf.float32)
    rows = Rows(
        tf.constant(key_of(seed)), tf.constant([step], tf.int64), tf.constant(first_example, tf.int64), len(tensor)
    )
    return np.asarray(apply_all(tensor, transforms, rows))


@checks_keywords
class Jitter(Transform):
    """Rolls each image by whole pixels, down and across; what leaves at one side comes in at the other.

    Args:
        pixels: the largest shift, uniform between −pixels and pixels, or the standard deviation where `normal`. Below 1, a
            share of the height and of the width.
        normal: draw shifts from a normal distribution, cut to whole pixels towards 0.

    Example:
        >>> from kerasal.activation_maximization import Jitter
        >>> Jitter(8)
        Jitter(pixels=8.0, normal=False)
    """

    def __init__(
        self,
        pixels: float = 8,
        normal: bool = False,  # noqa: FBT001, FBT002 (a position since 0.1)
    ):
        self.pixels, self.normal = _positive(pixels, "pixels", 8), normal

    def move(self, images: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Roll each image."""
        sizes = tf.cast(tf.shape(images)[1:3], tf.float32)
        most = sizes * self.pixels if self.pixels < 1 else tf.fill([2], self.pixels)
        if self.normal:
            shifts = tf.cast(most * draw("normal", 2), tf.int32)
        else:
            whole = tf.floor(most)
            shifts = tf.cast(tf.floor(draw("uniform", 2) * (2 * whole + 1)) - whole, tf.int32)
        rolled = tf.map_fn(
            lambda one: tf.roll(one[0], one[1], [0, 1]),
            (images, shifts),
            fn_output_signature=tf.TensorSpec(images.shape[1:], images.dtype),
        )
        return tf.ensure_shape(rolled, images.shape)


class _Affine(Transform):
    """Base of changes around the middle of the image, bilinear or nearest; the gradient is the incoming one moved back."""

    def _turned(self, images: tf.Tensor, angles: tf.Tensor, zooms: tf.Tensor) -> tf.Tensor:
        """Turn images by angles (N,), anticlockwise, and enlarge them by zooms (N,)."""
        if images.shape.rank != 4:
            raise ValueError(
                f"{self!r} takes images (N, H, W, C). Received: shape {images.shape}. Write a function for other inputs."
            )
        height, width = tf.unstack(tf.cast(tf.shape(images)[1:3] - 1, tf.float32))
        cos, sin = tf.cos(angles) / zooms, tf.sin(angles) / zooms
        left, top = (width - cos * width + sin * height) / 2, (height - sin * width - cos * height) / 2
        none = tf.zeros_like(angles)
        moved = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.stack([cos, -sin, left, sin, cos, top, none, none], 1),
            output_shape=tf.shape(images)[1:3],
            fill_value=0.0,
            interpolation=self.interpolation.upper(),
            fill_mode=self.fill.upper(),
        )
        return tf.ensure_shape(moved, images.shape)

    def _set(self, interpolation: str, fill: str) -> None:
        for name, value, choices in (
            ("interpolation", interpolation, ("bilinear", "nearest")),
            ("fill", fill, ("constant", "reflect", "nearest")),
        ):
            if value not in choices:
                raise ValueError(f"{name} is one of {', '.join(choices)}. Received: {name}={value!r}. Choose one.")
        self.interpolation, self.fill = interpolation, fill


@checks_keywords
class Rotate(_Affine):
    """Turns each image around its middle.

    Args:
        deviation: standard deviation of the angle, in radians.
        interpolation: "bilinear" or "nearest".
        fill: of the corners: "constant" (0), "reflect", "nearest".

    Example:
        >>> from kerasal.activation_maximization import Rotate
        >>> Rotate(0.05).deviation
        0.05
    """

    def __init__(self, deviation: float = 0.05, interpolation: str = "bilinear", fill: str = "reflect"):
        self.deviation = _positive(deviation, "deviation", 0.05)
        self._set(interpolation, fill)

    def move(self, images: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Turn each image."""
        angles = self.deviation * draw("normal", 1)[:, 0]
        return self._turned(images, angles, tf.ones_like(angles))


@checks_keywords
class Scale(_Affine):
    """Enlarges or shrinks each image around its middle; its size stays.

    Args:
        low: smallest factor; factors are uniform in their logarithm.
        high: largest factor.
        interpolation: "bilinear" or "nearest".
        fill: of the sides: "constant" (0), "reflect", "nearest".

    Example:
        >>> from kerasal.activation_maximization import Scale
        >>> Scale(0.9, 1.1).high
        1.1
    """

    def __init__(self, low: float = 0.9, high: float = 1.1, interpolation: str = "bilinear", fill: str = "reflect"):
        if not 0 < low < high:
            raise ValueError(
                f"low and high are factors, 0 < low < high. Received: {low!r}, {high!r}. Give e.g. 0.9, 1.1."
            )
        self.low, self.high = float(low), float(high)
        self._set(interpolation, fill)

    def move(self, images: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Enlarge or shrink each image."""
        zooms = self.low * (self.high / self.low) ** draw("uniform", 1)[:, 0]
        moved = self._turned(images, tf.zeros_like(zooms), zooms)
        spread = tf.reshape(zooms**2, [-1, 1, 1, 1])  # a pixel is seen by so many: TensorFlow's gradient counts it once
        return spread * moved + tf.stop_gradient((1 - spread) * moved)


@checks_keywords
class Blur(Transform):
    """Blurs images by a Gaussian; not random.

    Args:
        deviation: of the Gaussian, in pixels.

    Example:
        >>> from kerasal.activation_maximization import Blur
        >>> Blur(0.5)
        Blur(deviation=0.5)
    """

    def __init__(self, deviation: float = 0.5):
        self.deviation = _positive(deviation, "deviation", 0.5)

    def move(self, images: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Blur the images."""
        for axis in range(1, images.shape.rank - 1):
            images = along_axis(images, gaussian_kernel(images.shape[axis], self.deviation), axis)
        return images


def _positive(value: float, name: str, example: float) -> float:
    if not value > 0:
        raise ValueError(f"{name} is a number above 0. Received: {name}={value!r}. Give e.g. {example}.")
    return float(value)
