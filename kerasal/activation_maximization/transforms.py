"""Random changes of images, so that what is optimised does not depend on single pixels."""

import abc
import inspect

import keras
import numpy as np
import tensorflow as tf

from kerasal._keyed_random import Rows, key_of
from kerasal._network.interception import autographed
from kerasal._spatial import along_axis


class Transform(abc.ABC):
    """Base: a change of images, drawn anew at every step for every image, as a function of (seed, step, image)."""

    @abc.abstractmethod
    def move(self, images, draw):
        """The changed images.

        Args:
            images: (N, H, W, C).
            draw: `draw("normal" or "uniform", count)` gives numbers (N, count); see `Rows.draw`.
        """

    def __repr__(self):
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


def apply_all(images, transforms, rows):
    """Images (N, ...) through every transform in turn; `rows` are the `Rows` that ours draw for."""
    for place, transform in enumerate(transforms):
        if isinstance(transform, Transform):
            drawn = iter(range(100))

            def draw(distribution, count, place=place, drawn=drawn):
                return rows.draw(distribution, ("transform", place, next(drawn)), count)

            moved = transform.move(images, draw)
        elif isinstance(transform, keras.layers.Layer):
            random = "training" in inspect.signature(transform.call).parameters
            moved = transform(images, training=True) if random else transform(images)
        else:
            moved = autographed(transform)(images)
        if not tf.is_tensor(moved) or moved.shape.rank != images.shape.rank:
            raise ValueError(
                f"A transform makes images of images, both {images.shape}. Received: {moved!r} from {transform!r}. Return a "
                "tensor with the same axes."
            )
        images = moved
    return images


def transformed(images, transforms, seed=0, step=0, first_example=0):
    """Images as a network sees them at one step of `ActivationMaximizer`, e.g. to look at or to score under fresh draws.

    Args:
        images: (N, H, W, C).
        transforms: `Transform`s, Keras layers, or functions of images.
        seed, step, first_example: what the draws are a function of, with the position of the image.

    Returns:
        float32 array (N, H, W, C).

    Example:
        >>> import numpy as np
        >>> from kerasal.activation_maximization import Jitter, transformed
        >>> transformed(np.zeros((2, 8, 6, 3)), [Jitter(2)], step=5).shape
        (2, 8, 6, 3)
    """
    images = tf.convert_to_tensor(images, tf.float32)
    rows = Rows(
        tf.constant(key_of(seed)), tf.constant([step], tf.int64), tf.constant(first_example, tf.int64), len(images)
    )
    return apply_all(images, transforms, rows).numpy()


class Jitter(Transform):
    """Rolls each image by whole pixels, down and across; what leaves at one side comes in at the other.

    Args:
        pixels: how far: uniform between −pixels and pixels, or the standard deviation where `normal`. Below 1, a share of
            the height and of the width.
        normal: whether shifts are normal, cut to whole pixels towards 0.

    Example:
        >>> from kerasal.activation_maximization import Jitter
        >>> Jitter(8)
        Jitter(pixels=8.0, normal=False)
    """

    def __init__(self, pixels=8, normal=False):
        self.pixels, self.normal = _positive(pixels, "pixels", 8), normal

    def move(self, images, draw):
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
    """Around the middle of the image, bilinear or nearest; the gradient is the incoming one moved back."""

    def _turned(self, images, angles, zooms):
        """Images turned by angles (N,), anticlockwise, and enlarged by zooms (N,)."""
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

    def _set(self, interpolation, fill):
        for name, value, choices in (
            ("interpolation", interpolation, ("bilinear", "nearest")),
            ("fill", fill, ("constant", "reflect", "nearest")),
        ):
            if value not in choices:
                raise ValueError(f"{name} is one of {', '.join(choices)}. Received: {name}={value!r}. Choose one.")
        self.interpolation, self.fill = interpolation, fill


class Rotate(_Affine):
    """Turns each image around its middle.

    Args:
        deviation: standard deviation of the angle, in radians.
        interpolation: "bilinear" or "nearest".
        fill: what comes in at the corners: "constant" (0), "reflect", "nearest".

    Example:
        >>> from kerasal.activation_maximization import Rotate
        >>> Rotate(0.05).deviation
        0.05
    """

    def __init__(self, deviation=0.05, interpolation="bilinear", fill="reflect"):
        self.deviation = _positive(deviation, "deviation", 0.05)
        self._set(interpolation, fill)

    def move(self, images, draw):
        angles = self.deviation * draw("normal", 1)[:, 0]
        return self._turned(images, angles, tf.ones_like(angles))


class Scale(_Affine):
    """Enlarges or shrinks each image around its middle; its size stays.

    Args:
        low, high: the factor is between them, uniform in its logarithm.
        interpolation: "bilinear" or "nearest".
        fill: what comes in at the sides: "constant" (0), "reflect", "nearest".

    Example:
        >>> from kerasal.activation_maximization import Scale
        >>> Scale(0.9, 1.1).high
        1.1
    """

    def __init__(self, low=0.9, high=1.1, interpolation="bilinear", fill="reflect"):
        if not 0 < low < high:
            raise ValueError(
                f"low and high are factors, 0 < low < high. Received: {low!r}, {high!r}. Give e.g. 0.9, 1.1."
            )
        self.low, self.high = float(low), float(high)
        self._set(interpolation, fill)

    def move(self, images, draw):
        zooms = self.low * (self.high / self.low) ** draw("uniform", 1)[:, 0]
        moved = self._turned(images, tf.zeros_like(zooms), zooms)
        spread = tf.reshape(zooms**2, [-1, 1, 1, 1])  # a pixel is seen by so many: TensorFlow's gradient counts it once
        return spread * moved + tf.stop_gradient((1 - spread) * moved)


class Blur(Transform):
    """Blurs images by a Gaussian; not random.

    Args:
        deviation: of the Gaussian, in pixels.

    Example:
        >>> from kerasal.activation_maximization import Blur
        >>> Blur(0.5)
        Blur(deviation=0.5)
    """

    def __init__(self, deviation=0.5):
        self.deviation = _positive(deviation, "deviation", 0.5)

    def move(self, images, draw):
        for axis in range(1, images.shape.rank - 1):
            places = np.arange(images.shape[axis])
            weights = np.exp(-0.5 * ((places[:, None] - places) / self.deviation) ** 2)
            images = along_axis(images, (weights / weights.sum(0)).astype("float32"), axis)
        return images


def _positive(value, name, example):
    if not value > 0:
        raise ValueError(f"{name} is a number above 0. Received: {name}={value!r}. Give e.g. {example}.")
    return float(value)
