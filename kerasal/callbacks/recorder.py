"""One training's saliency, written to its run directory."""

import contextlib
import dataclasses
import logging
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasal._network.workers import Workers
from kerasal.calculators.base import Calculator
from kerasal.callbacks.drifts import Drifts
from kerasal.callbacks.examples import Examples, hash_of_arrays
from kerasal.callbacks.explainer import Explained, Explainer
from kerasal.callbacks.fingerprint import fingerprint
from kerasal.callbacks.measured import Given
from kerasal.callbacks.pictures.base import Batch, GrowingScale
from kerasal.callbacks.pictures.choose import Visualizer, choose_pictures
from kerasal.callbacks.predictions import check_names, in_words, numbers_of
from kerasal.callbacks.run_output import RunOutput
from kerasal.callbacks.timing import Budget
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import load_run
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.map_numbers import map_numbers
from kerasal.tensorboard.metadata import size_in_words, tag_of_mean, tag_of_number, tag_of_picture, tag_of_strip
from kerasal.visualizers.film_strip import chosen_steps
from kerasal.visualizers.image_values import ImageRange

_LARGE = 50_000_000  # bytes of a step that are worth a warning


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a `SaliencyLogger` that a `Recorder` needs.

    Args:
        directory: The run's.
        make_calculator: Calculator class, or function of the model that returns a calculator.
        arguments: Keywords of `Calculator.explain`; `ch_axis="auto"` is the axis of images' channels, else None.
        visualizer: `Pictures`, a function (saliency of an example, its position) -> picture, or None for what suits the kind.
        image_range: As for `ImageVisualizer.visualize`.
        kind: The user's word for the kind of the examples, or None.
        class_names: Of all classes, in their order, or None.
        measures: From `check_measures`.
    """

    directory: str
    make_calculator: Callable[[keras.Model], Calculator]
    arguments: Mapping[str, Any]
    visualizer: Visualizer | None = None
    image_range: ImageRange = None
    kind: str | None = None
    class_names: Sequence[str] | None = None
    measures: Sequence[Given] = ()


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
        directory: Of the run. Another than the settings' while another training writes to that.
        last_step: The step of the last maps that were written, or None.
    """

    def __init__(self, model: keras.Model, examples: Examples, settings: Settings):
        self._model, self._examples, self.directory = model, examples, settings.directory
        self._explainer = Explainer(
            model, examples, settings.make_calculator, settings.arguments, settings.kind, settings.measures
        )
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
        depiction = self._pictures.depiction()
        is_chief = self.workers.is_chief
        self._output = RunOutput(self.directory, examples.names, depiction) if is_chief else None
        self.last_step: int | None = None
        self._has_begun = False
        self._explained = b""  # fingerprint of the weights that were explained last
        self._steps_of: dict[bytes, int] = {}  # fingerprint of the weights -> last step at which they were explained

    def log(self, step: int, note: str = "") -> None:
        """Explain the examples as the model is now, and write the maps at `step`. All workers call it, the chief does it.

        Args:
            step: At which they are written.
            note: Words for the pictures.
        """
        with self.workers.together():
            if self._output:
                self._log(self._output, step, note)

    def changed_weights(self) -> str | None:
        """Say whose weights the model has, if others than were explained last. All workers ask, and agree with the chief."""
        with self.workers.together():
            weights = fingerprint(self._model)
        step, have_changed = self._steps_of.get(weights), self.workers.agreed(weights != self._explained)
        return (f"weights of step {step}" if step is not None else "weights that fit leaves") if have_changed else None

    def close(self) -> None:
        """Close all files."""
        if self._output:
            self._output.close()

    def finish(self, budget: Budget) -> None:
        """Write each example's maps of all steps side by side, as far as a `Budget` affords and they can be drawn, and close."""
        try:
            if self._output and self._output.is_open():
                self._write_strips(self._output, budget)
        finally:
            self.close()

    def _log(self, output: RunOutput, step: int, note: str) -> None:
        weights = self._explained = fingerprint(self._model)
        explained = self._take_first(weights) or self._explain_again()
        saliency, outputs, measured, seconds = explained
        began = time.perf_counter()
        if output.open(step, self._facts(saliency)):
            self.directory = output.directory
            self._resume(step)
        numbers = {**map_numbers(saliency), **self._drifts.update(saliency.values), **measured}
        if outputs is not None:
            numbers |= numbers_of(outputs, str(self._explainer.quantity))
        as_lists = {name: np.asarray(values, np.float64).tolist() for name, values in numbers.items()}
        size = output.write(
            step, saliency, {"time": time.time(), "numbers": as_lists, **({"note": note} if note else {})}
        )
        if self.last_step is None:
            self._say_size(size)
        self.last_step = self._steps_of[weights] = step
        with output.recording():
            self._write_numbers(numbers, step)
            self._write_pictures(saliency, outputs, step, note)  # last: a picture that fails costs no map
            write_scalars({tag_of_mean("seconds"): seconds + time.perf_counter() - began}, step)

    def _take_first(self, weights: bytes) -> Explained | None:
        """Return the maps that were made as training began, once; None where weights were loaded since."""
        first, self._first = self._first, None
        return first.explained if first is not None and first.weights == weights else None

    def _explain_again(self) -> Explained:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The map of M=")  # said of the first map; its figures change
            return self._explainer.explain()

    def _facts(self, saliency: Saliency) -> dict[str, Any]:
        """Return what the index says of this training."""
        return {
            "shape": list(saliency.shape),
            "inputs": hash_of_arrays(self._examples.inputs).hex(),
            "score": saliency.score_name,
            "axes": saliency.axes,
            "about": saliency.about,
        }

    def _resume(self, step: int) -> None:
        """Go on, once, after the maps of a training that this one continues: the ones in the run before its own."""
        if self._has_begun:
            return
        self._has_begun = True
        with contextlib.suppress(ValueError, OSError):  # damaged files: no map before
            run = load_run(self.directory)
            earlier = [other for other in run.steps.tolist() if other < step]
            maps = [run.saliency(other).values for other in earlier[:1] + earlier[-1:]]
            if maps:
                self._drifts.resume(maps[0], maps[-1])
            for values in maps:
                for n, of_example in enumerate(values):
                    self._scale.update(n, of_example)

    def _say_size(self, size: int) -> None:
        """Say how much disk a step takes. Silent unless the user listens, or it is a lot."""
        words = f"{self.directory}: the maps of a step take {size_in_words(size)} of disk"
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

    def _write_strips(self, output: RunOutput, budget: Budget) -> None:
        run, found = load_run(self.directory), {}
        for step in chosen_steps(run.steps.tolist()):
            with contextlib.suppress(ValueError, OSError):  # damaged files
                found[step] = run.saliency(step).values
        if len(found) < 2:
            return
        steps, maps = list(found), np.stack(list(found.values()))
        for n, name in enumerate(self._examples.names):
            if budget.affords():
                with budget.spending():
                    pixels = self._pictures.strip(n, maps[:, n], steps)
                    if pixels is not None:
                        with output.recording():
                            write_image(tag_of_strip(name), pixels, steps[-1])
