"""Pictures and numbers for TensorBoard, written into the default `tf.summary` writer.

They go through the part of `tf.summary` that needs TensorFlow alone: `tf.summary.image` and `tf.summary.scalar` raise where
the package tensorboard is not installed, as after a plain installation of TensorFlow 2.21.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kerasal.tensorboard.metadata import IMAGES, SCALARS, Plugin


def write_image(tag: str, pixels: npt.ArrayLike, step: int) -> bool:
    """Write a picture, PNG encoded, for TensorBoard's Images.

    Args:
        tag: Name of the picture.
        pixels: uint8, shape `(H, W, C)` with C of 1, 3 or 4.
        step: Place on the time axis.

    Returns:
        True if it was written; False without a default writer, or where `tf.summary.record_if` says no.

    Raises:
        ValueError: The pixels have another dtype or shape.

    Example:

    >>> import tempfile
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
    ...     write_image("black", np.zeros((4, 6, 3), "uint8"), step=0)
    True
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[-1] not in (1, 3, 4) or not pixels.size:
        raise ValueError(
            "A picture is uint8 of shape (H, W, 1), (H, W, 3) or (H, W, 4). "
            f"Received: dtype {pixels.dtype}, shape {pixels.shape}. "
            "Convert floats in [0, 1] by (255 * x).astype('uint8')."
        )
    height, width = pixels.shape[:2]
    content = tf.stack([str(width), str(height), tf.io.encode_png(pixels, compression=3)])
    return bool(tf.summary.write(tag, content, step, _metadata(IMAGES)))


def write_scalars(numbers: Mapping[str, npt.ArrayLike], step: int) -> bool:
    """Write numbers for TensorBoard's Scalars, as float32, all at once.

    Args:
        numbers: One number per tag.
        step: Place on the time axis.

    Returns:
        True if they were written, as for `write_image`.

    Raises:
        ValueError: A tag has more than one number.

    Example:

    >>> import tempfile
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
    ...     write_scalars({"drift": 0.25, "score": 7.0}, step=3)
    True
    """
    summary, metadata = tf.compat.v1.Summary(), _metadata(SCALARS)
    for tag, number in numbers.items():
        if np.ndim(number):
            raise ValueError(
                f"A scalar is one number. Received: shape {np.shape(number)} for {tag!r}. Write its mean, or one tag each."
            )
        value = summary.value.add(tag=tag, metadata=metadata)
        value.tensor.dtype = tf.float32.as_datatype_enum  # as tf.make_tensor_proto does, which takes half a millisecond
        value.tensor.tensor_shape.SetInParent()
        value.tensor.float_val.append(float(number))  # type: ignore[arg-type]  # one number
    return bool(tf.summary.experimental.write_raw_pb(summary.SerializeToString(), step))


def _metadata(plugin: Plugin) -> Any:
    return tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name=plugin.name), data_class=plugin.data_class
    )
