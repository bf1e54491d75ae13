"""Saliency in TensorBoard from a training loop of your own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kerasal._engine.kinds import kind_of
from kerasal._storage.base import StrPath
from kerasal._storage.places import absolute
from kerasal._vocabulary import checks_keywords
from kerasal.callbacks.pictures.base import Batch, GrowingScale
from kerasal.callbacks.pictures.choose import Visualizer, choose_pictures
from kerasal.callbacks.predicted_class import of_predicted_class
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.index_lines import facts_of, line_of
from kerasal.tensorboard.map_numbers import map_numbers
from kerasal.tensorboard.metadata import example_name, run_directory, tag_of_number
from kerasal.visualizers.image_values import ImageRange


@checks_keywords
def saliency(
    name: str,
    result: Saliency,
    step: int,
    images: npt.ArrayLike | None = None,
    labels: Sequence[object] | np.ndarray | None = None,
    columns: Sequence[str] | None = None,
    image_range: ImageRange = None,
    visualizer: Visualizer | None = None,
    log_dir: StrPath | None = None,
) -> bool:
    """Write a batch into the default `tf.summary` writer: a picture and numbers for each example.

    Args:
        name: Of the group of tags; each example's is `<name>/<position> label <label>`.
        result: Of a batch: maps of images (N, H, W) with `images`, of tables (N, features), or others with a `visualizer`. Of maps of
            all classes, a picture is of the class with the highest score.
        step: Place on the time axis.
        images: (N, H, W, C); without them images have numbers alone.
        labels: One per example, for the tags.
        columns: Names of a table's features.
        image_range: Values of black and white, "imagenet", "caffe", or None to find them, as for `ImageVisualizer.visualize`.
        visualizer: `kerasal.callbacks.TextPictures`, `MoleculePictures`, or a function, as for `SaliencyLogger`.
        log_dir: TensorBoard's log directory; the maps are kept there as arrays in the run `<log_dir>/saliency/<name>`, which the tab
            *Saliency* and `load_run` read, also without a default writer. None: pictures and numbers alone.

    Returns:
        True if it was written for TensorBoard's Images and Scalars; False without a default writer, or where `tf.summary.record_if` says no.

    Raises:
        TypeError: `result` is no `Saliency` of a batch, or `visualizer` no visualizer.
        ValueError: Lengths differ, or the maps cannot be drawn.

    Example:

    >>> import tempfile, tensorflow as tf
    >>> import kerasal
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
    ...     kerasal.summary.saliency("gradient", kerasal.Saliency([[1.0, -2.0], [0.5, 0.0]]), step=3)
    True
    """
    if not isinstance(result, Saliency) or result.axes[:1] != ("example",):
        raise TypeError(
            f"result is the Saliency of a batch. Received: {result!r}. Pass what calculator.explain returned, not one example."
        )
    pixels = None if images is None else np.asarray(images)
    for argument, entries in (("images", pixels), ("labels", labels)):
        if entries is not None and len(entries) != len(result):
            raise ValueError(
                f"{argument} has one entry per example, {len(result)}. Received: {len(entries)}. Pass those of these examples."
            )
    names = [example_name(n, None if labels is None else str(labels[n])) for n in range(len(result))]
    kind = kind_of(pixels, None, None if pixels is None else "image")
    batch = Batch(
        of_predicted_class(result),
        pixels,
        None if columns is None else list(columns),
        image_range,
        kind._replace(is_said=False),
    )
    has_pictures = _write_pictures([f"{name}/{example}" for example in names], batch, visualizer, step)
    numbers = map_numbers(result)
    if log_dir is not None:
        directory = run_directory(absolute(log_dir, "log_dir"), name)
        _keep(directory, names, choose_pictures(visualizer, batch).depiction(), result, step, numbers)
    of_examples = {
        f"{name}/{tag_of_number(quantity, example)}": values[n]
        for quantity, values in numbers.items()
        for n, example in enumerate(names)
    }
    return write_scalars(of_examples, step) or has_pictures


def _write_pictures(tags: list[str], batch: Batch, visualizer: Visualizer | None, step: int) -> bool:
    pictures, scale = choose_pictures(visualizer, batch), GrowingScale(signed=False)
    written = False
    for n, tag in enumerate(tags):
        scores = batch.saliency.scores
        text = "" if scores is None else f"score {scores[n]:.3g}"
        pixels = pictures.draw(n, batch.saliency[n], text, scale)
        if pixels is not None:
            written = write_image(tag, pixels, step)
    return written


def _keep(
    directory: str, names: list[str], depiction: Depiction, result: Saliency, step: int, numbers: dict[str, np.ndarray]
) -> None:
    """Add a step to a run, as `SaliencyLogger` does."""
    Archive(directory, names, facts_of(result), depiction).write(step, result, line_of(numbers))
