"""One training's saliency, written to its run directory."""

import contextlib
import dataclasses
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.workers import Workers
from kerasal.calculators.base import Calculator
from kerasal.callbacks.drifts import Drifts
from kerasal.callbacks.examples import Examples, hash_of_arrays
from kerasal.callbacks.explainer import Explained, Explainer
from kerasal.callbacks.fingerprint import fingerprint
from kerasal.callbacks.pictures.base import Batch, GrowingScale
from kerasal.callbacks.pictures.choose import Visualizer, choose_pictures
from kerasal.callbacks.predictions import check_names, in_words, numbers_of
from kerasal.callbacks.timing import Budget
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import Archive, Run, load_run
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.map_numbers import map_numbers
from kerasal.tensorboard.metadata import size_in_words, tag_of_mean, tag_of_number, tag_of_picture, tag_of_strip
from kerasal.visualizers.image_grid import chosen_steps

_LARGE = 50_000_000  # bytes of a step that are worth a warning


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a `SaliencyLogger` that a `Recorder` needs.

    Args:
        directory: The run's.
        make_calculator: Calculator class, or function of the model that returns a calculator.
        arguments: Keywords of `Calculator.explain`; `ch_axis="auto"` is the axis of images' channels, else None.
        visualizer: `Pictures`, a function (saliency of an example, its position) -> picture, or None for what suits the kind.
        image_range: Values of black and white, or None.
        kind: The user's word for the kind of the examples, or None.
        class_names: Of all classes, in their order, or None.
    """

    directory: str
    make_calculator: Callable[[keras.Model], Calculator]
    arguments: Mapping[str, Any]
    visualizer: Visualizer | None = None
    image_range: tuple[float, float] | None = None
    kind: str | None = None
    class_names: Sequence[str] | None = None


class FirstMaps(NamedTuple):
    """The maps that were made as training began, and the fingerprint of the weights of then."""

    weights: bytes
    explained: Explained


class Recorder:
    """Explains fixed examples at steps of one training and writes the maps to one run directory.

    Anything that can be wrong with the arguments is found here, before the directory is touched.

    Args:
        model: The model in training.
        examples: The examples.
        settings: The logger's.

    Attributes:
        workers: The `Workers` that train the model.
        last_step: The step of the last maps that were written, or None.
    """

    def __init__(self, model: keras.Model, examples: Examples, settings: Settings):
        self._model, self._examples, self._directory = model, examples, settings.directory
        self._explainer = Explainer(model, examples, settings.make_calculator, settings.arguments, settings.kind)
        self.workers = Workers(model)
        with self.workers.together():  # so that what is wrong stops all of them
            explained = self._explainer.explain()
            self._first: FirstMaps | None = FirstMaps(fingerprint(model), explained)
        self._class_names = check_names(settings.class_names, explained.outputs)
        self._drifts = Drifts()
        self._scale = GrowingScale(signed=settings.arguments.get("method", "raw") == "raw")
        target, kind = self._explainer.target, self._explainer.kind
        batch = Batch(explained.saliency, target, examples.columns, settings.image_range, kind)
        self._pictures = choose_pictures(settings.visualizer, batch)
        self._depiction = self._pictures.depiction()
        self._writer: Any = _writer_in(settings.directory) if self.workers.is_chief else None
        self._archive: Archive | None = None
        self.last_step: int | None = None
        self._explained = b""  # fingerprint of the weights that were explained last
        self._steps_of: dict[bytes, int] = {}  # fingerprint of the weights -> last step at which they were explained

    def log(self, step: int, note: str = "") -> None:
        """Explain the examples as the model is now, and write the maps at `step`. All workers call it, the chief does it.

        Args:
            step: At which they are written.
            note: Words for the pictures.
        """
        with self.workers.together():
            if self.workers.is_chief:
                self._log(step, note)

    def changed_weights(self) -> str | None:
        """Say whose weights the model has, if others than were explained last. All workers ask, and agree with the chief."""
        with self.workers.together():
            weights = fingerprint(self._model)
        step, have_changed = self._steps_of.get(weights), self.workers.agreed(weights != self._explained)
        return (f"weights of step {step}" if step is not None else "weights that fit leaves") if have_changed else None

    def close(self) -> None:
        """Close the event file."""
        if self._writer:
            self._writer.close()

    def finish(self, budget: Budget) -> None:
        """Write each example's maps of all steps side by side, as far as a `Budget` affords and they can be drawn, and close."""
        try:
            if self._archive:
                self._write_strips(load_run(self._directory), budget)
        finally:
            self.close()

    def _log(self, step: int, note: str) -> None:
        weights = self._explained = fingerprint(self._model)
        explained = self._take_first(weights) or self._explain_again()
        saliency, outputs, seconds = explained
        began = time.perf_counter()
        is_first = self._archive is None
        archive = self._archive = self._archive or self._open(step, saliency)
        with self._recording():
            numbers = {**map_numbers(saliency), **self._drifts.update(saliency.values)}
            if outputs is not None:
                numbers |= numbers_of(outputs, str(self._explainer.quantity))
            self._write_numbers(numbers, step)
            as_lists = {name: np.asarray(values, np.float64).tolist() for name, values in numbers.items()}
            size = archive.write(
                step, saliency, {"time": time.time(), "numbers": as_lists, **({"note": note} if note else {})}
            )
            self.last_step = self._steps_of[weights] = step
            if is_first:
                self._say_size(size)
            self._write_pictures(saliency, outputs, step, note)  # last: a picture that fails costs no map
            write_scalars({tag_of_mean("seconds"): seconds + time.perf_counter() - began}, step)
        # Leaving the writer has flushed it: what is written survives kill -9.

    def _take_first(self, weights: bytes) -> Explained | None:
        """Return the maps that were made as training began, once; None where weights were loaded since."""
        first, self._first = self._first, None
        return first.explained if first is not None and first.weights == weights else None

    def _explain_again(self) -> Explained:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The map of M=")  # said of the first map; its figures change
            return self._explainer.explain()

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        """Make the run's writer the default, also where Keras' TensorBoard skips batches."""
        with self._writer.as_default(), tf.summary.record_if(condition=True):
            yield

    def _open(self, step: int, saliency: Saliency) -> Archive:
        """Begin or go on with the archive; the maps of a training that this one continues are the ones before its own."""
        facts = {
            "start": step,
            "shape": list(saliency.shape),
            "inputs": hash_of_arrays(self._examples.inputs).hex(),
            "score": saliency.score_name,
            "axes": saliency.axes,
            "about": saliency.about,
        }
        archive = Archive(self._directory, self._examples.names, facts, self._depiction)
        with contextlib.suppress(ValueError, OSError):  # damaged files: no map before
            self._resume(load_run(self._directory), step)
        return archive

    def _resume(self, run: Run, step: int) -> None:
        earlier = [other for other in run.steps.tolist() if other < step]
        maps = [run.saliency(other).values for other in earlier[:1] + earlier[-1:]]
        if not maps:
            return
        self._drifts.resume(maps[0], maps[-1])
        for values in maps:
            for n, of_example in enumerate(values):
                self._scale.update(n, of_example)

    def _say_size(self, size: int) -> None:
        """Say how much disk a step takes. Silent unless the user listens, or it is a lot."""
        words = f"{self._directory}: the maps of a step take {size_in_words(size)} of disk"
        logging.getLogger("kerasal").info("%s", words)
        if size > _LARGE:
            warnings.warn(f"{words}. Log fewer examples, or more rarely, e.g. every=10, if that is much.", stacklevel=6)

    def _write_numbers(self, numbers: Mapping[str, np.ndarray], step: int) -> None:
        written = {}
        for quantity, values in numbers.items():
            if quantity != "prediction":  # a class has no mean
                written[tag_of_mean(quantity)] = np.mean(values)
            of_examples = zip(self._examples.names, values, strict=True)
            written |= {tag_of_number(quantity, name): value for name, value in of_examples}
        write_scalars(written, step)

    def _write_pictures(self, saliency: Saliency, outputs: np.ndarray | None, step: int, note: str) -> None:
        if outputs is None:
            words = [f"score {score:.3g}" for score in np.asarray(saliency.scores)]
        else:
            words = in_words(outputs, str(self._explainer.quantity), self._class_names, self._examples.truths)
        if " of class " in (saliency.score_name or ""):  # another class than the predicted one may be explained
            words = [f"{each}, {saliency.score_name}" for each in words]
        for n, name in enumerate(self._examples.names):
            text = f"{words[n]}  {note}" if note else words[n]
            pixels = self._pictures.draw(n, saliency[n], text, self._scale)
            if pixels is not None:
                write_image(tag_of_picture(name), pixels, step)

    def _write_strips(self, run: Run, budget: Budget) -> None:
        found = {}
        for step in chosen_steps(run.steps.tolist()):
            with contextlib.suppress(ValueError, OSError):  # damaged files
                found[step] = run.saliency(step).values
        if len(found) < 2:
            return
        steps, maps = list(found), np.stack(list(found.values()))
        with self._recording():
            for n, name in enumerate(self._examples.names):
                if budget.affords():
                    with budget.spending():
                        pixels = self._pictures.strip(n, maps[:, n], steps)
                        if pixels is not None:
                            write_image(tag_of_strip(name), pixels, steps[-1])


def _writer_in(directory: str) -> Any:
    """Make the folder of a run and open its event file.

    Raises:
        OSError: Nothing can be written there.
    """
    try:
        return tf.summary.create_file_writer(directory)
    except (OSError, tf.errors.OpError) as error:
        words = getattr(error, "message", str(error)).split("}} ")[-1]
        raise OSError(
            f"log_dir is a folder in which files can be written. Received: {directory!r} ({words}). Choose another."
        ) from error
