"""One training's saliency, written to its run directory."""

import contextlib
import dataclasses
import logging
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import keras

from kerasal._network.workers import Workers
from kerasal._storage.hashes import hash_of_arrays
from kerasal.calculators.base import Calculator
from kerasal.callbacks.drifts import Drifts
from kerasal.callbacks.examples import Examples
from kerasal.callbacks.explainer import Explained, Explainer
from kerasal.callbacks.fingerprint import fingerprint
from kerasal.callbacks.masks import truth_of
from kerasal.callbacks.measured import Given
from kerasal.callbacks.pages import LoggedStep, Pages
from kerasal.callbacks.pictures.base import Batch
from kerasal.callbacks.pictures.choose import Visualizer, choose_pictures
from kerasal.callbacks.predicted_class import of_predicted_class
from kerasal.callbacks.predictions import check_names, numbers_of
from kerasal.callbacks.run_output import RunOutput
from kerasal.callbacks.storage import Storage
from kerasal.callbacks.timing import Budget
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import load_run
from kerasal.tensorboard.events import write_scalars
from kerasal.tensorboard.index_lines import facts_of, line_of
from kerasal.tensorboard.map_numbers import map_numbers
from kerasal.tensorboard.metadata import size_in_words, tag_of_mean
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
        storage: What is kept on the disk.
        masks: Of truth, or None.
    """

    directory: str
    make_calculator: Callable[[keras.Model], Calculator]
    arguments: Mapping[str, Any]
    visualizer: Visualizer | None = None
    image_range: ImageRange = None
    kind: str | None = None
    class_names: Sequence[str] | None = None
    measures: Sequence[Given] = ()
    storage: Storage = dataclasses.field(default_factory=Storage)
    masks: Any = None


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
        self._drifts = Drifts(has_classes="class" in explained.saliency.axes)
        self._class_names = class_names = check_names(settings.class_names, explained.outputs)
        target, kind = self._explainer.target, self._explainer.kind
        batch = Batch(of_predicted_class(explained.saliency), target, examples.columns, settings.image_range, kind)
        pictures, self._storage = choose_pictures(settings.visualizer, batch), settings.storage
        signed = settings.arguments.get("method", "raw") == "raw"
        self._pages = Pages(examples, pictures, self._storage, class_names, signed=signed)
        depiction, truth = pictures.depiction(), truth_of(settings.masks, explained.saliency)
        depiction = dataclasses.replace(depiction, arrays={**truth, **depiction.arrays})
        is_chief = self.workers.is_chief
        self._output = RunOutput(self.directory, examples.names, depiction, self._storage) if is_chief else None
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

    def changed_weights(self, otherwise: str = "weights that fit leaves") -> str | None:
        """Say whose weights the model has, if others than were explained last. All workers ask, and agree with the chief.

        Args:
            otherwise: Words for weights of no step.
        """
        with self.workers.together():
            weights = fingerprint(self._model)
        step, have_changed = self._steps_of.get(weights), self.workers.agreed(weights != self._explained)
        return (f"weights of step {step}" if step is not None else otherwise) if have_changed else None

    def close(self) -> None:
        """Close all files."""
        if self._output:
            self._output.close()

    def finish(self, budget: Budget) -> None:
        """Write the pictures of the last step; where those of all are written, each example's maps side by side; and close."""
        try:
            if self._output and self._output.is_open():
                with budget.spending():
                    self._pages.write_last(self._output.recording)
                if self._storage.pictures == "all":
                    self._pages.write_strips(load_run(self.directory), budget, self._output.recording)
        finally:
            self.close()

    def _log(self, output: RunOutput, step: int, note: str) -> None:
        weights = self._explained = fingerprint(self._model)
        explained = self._take_first(weights) or self._explain_again()
        saliency, outputs, measured, seconds = explained
        began = time.perf_counter()
        if output.open(step, partial(self._facts, saliency)):
            self.directory = output.directory
            self._resume(step)
        numbers = {**map_numbers(saliency), **self._drifts.update(saliency.values), **measured}
        if outputs is not None:
            numbers |= numbers_of(outputs, str(self._explainer.quantity))
        line = {**line_of(numbers), **({"note": note} if note else {})}
        size, before = output.write(step, saliency, line), output.event_bytes
        is_first, self.last_step = self.last_step is None, step
        self._steps_of[weights] = step
        with output.recording():
            logged = LoggedStep(step, of_predicted_class(saliency), outputs, self._explainer.quantity, note)
            self._pages.write(logged, numbers)  # a picture that fails costs no map
            write_scalars({tag_of_mean("seconds"): seconds + time.perf_counter() - began}, step)
        if is_first:
            self._say_size(size, output.event_bytes - before)

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
            **facts_of(saliency),
            "inputs": hash_of_arrays(self._examples.inputs).hex(),
            **({"class_names": self._class_names} if self._class_names else {}),  # the tab says "cat" for 0
            "storage": self._storage.facts(),
        }

    def _resume(self, step: int) -> None:
        """Go on, once, after the maps of a training that this one continues: the ones in the run before its own."""
        if self._has_begun:
            return
        self._has_begun = True
        with contextlib.suppress(ValueError, OSError):  # damaged files: no map before
            run = load_run(self.directory)
            earlier = [other for other in run.steps.tolist() if other < step]
            maps = [run.saliency(other) for other in earlier[:1] + earlier[-1:]]
            if maps:
                self._drifts.resume(maps[0].values, maps[-1].values)
            for saliency in maps:
                self._pages.resume(of_predicted_class(saliency).values)

    def _say_size(self, maps: int, events: int) -> None:
        """Say how much disk a step takes. Silent unless the user listens, or it is a lot."""
        size = maps + events
        parts = f"{size_in_words(maps)} of maps, {size_in_words(events)} of events"
        words = f"{self.directory}: a step takes {size_in_words(size)} of disk ({parts})"
        logging.getLogger("kerasal").info("%s", words)
        if size > _LARGE:
            warnings.warn(
                f"{words}. Log fewer examples, more rarely, e.g. every=10, or with storage=Storage(precision='float16'), if that is much.",
                stacklevel=6,
            )
