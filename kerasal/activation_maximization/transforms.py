"""Random changes of images, so that what is optimised does not depend on single pixels."""

import abc
import inspect

import keras
import tensorflow as tf

from kerasal.interception import autographed
from kerasal.keyed_random import Rows, key_of


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
