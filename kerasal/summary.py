"""Saliency in TensorBoard from a training loop of your own."""

import numpy as np

from kerasal.callbacks.pictures.base import RunningScale
from kerasal.callbacks.pictures.choose import chosen_pictures
from kerasal.saliency import Saliency
from kerasal.tensorboard.describe import numbers_of
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.metadata import example_name, tag_of_number


def saliency(
    name: str,
    result: Saliency,
    step: int,
    images=None,
    labels=None,
    columns=None,
    image_range=None,
    visualizer=None,
) -> bool:
    """Writes a batch into the default `tf.summary` writer: a picture and numbers for each example.

    Args:
        name: of the group of tags; each example's is `<name>/<position> label <label>`.
        result: of a batch: maps of images (N, H, W) with `images`, of tables (N, features), or what `visualizer` draws.
        step: place on the time axis.
        images: (N, H, W, C); without them images have numbers alone.
        labels: one per example, for the tags.
        columns: names of a table's features.
        image_range: values of black and white; None guesses them.
        visualizer: `kerasal.callbacks.TextPictures`, `MoleculePictures`, or a function, as for `SaliencyLogger`.

    Returns: whether it was written: False without a default writer, or where `tf.summary.record_if` says no.

    Raises:
        TypeError: no `Saliency` of a batch, no visualizer. ValueError: lengths that differ, what cannot be drawn.

    Example:
        >>> import tempfile, tensorflow as tf
        >>> import kerasal
        >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
        ...     bool(kerasal.summary.saliency("gradient", kerasal.Saliency([[1.0, -2.0], [0.5, 0.0]]), step=3))
        True
    """
    if not isinstance(result, Saliency) or result.axes[:1] != ("example",):
        raise TypeError(
            f"result is the Saliency of a batch. Received: {result!r}. Pass what calculator.explain returned, not one example."
        )
    for what, given in (("images", images), ("labels", labels)):
        if given is not None and len(given) != len(result):
            raise ValueError(
                f"{what} has one entry per example, {len(result)}. Received: {len(given)}. Pass those of these examples."
            )
    names = [example_name(n, None if labels is None else str(labels[n])) for n in range(len(result))]
    leaf = None if images is None else np.asarray(images)
    pictures = chosen_pictures(visualizer, result, leaf, image_range, columns)
    scale = RunningScale(signed=False)
    numbers = numbers_of(result)
    written = False
    for n, example in enumerate(names):
        if pictures:
            text = "" if result.scores is None else f"score {np.ravel(result.scores[n])[0]:.3g}"
            written = write_image(f"{name}/{example}", pictures.draw(n, result[n], text, scale), step)
    each = {quantity: values for quantity, values in numbers.items() if np.ndim(values) == 1}
    found = {
        f"{name}/{tag_of_number(quantity, example)}": values[n]
        for quantity, values in each.items()
        for n, example in enumerate(names)
    }
    return bool(write_scalars(found, step) or written)
