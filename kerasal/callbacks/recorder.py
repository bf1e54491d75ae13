"""One training's saliency: how it is measured, described and written."""

import contextlib
import logging
import time
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.inputs import Inputs
from kerasal._network.workers import Workers
from kerasal.calculators.base import Calculator
from kerasal.callbacks.examples import digest, fingerprint
from kerasal.callbacks.pictures.base import RunningScale
from kerasal.callbacks.pictures.choose import chosen_pictures
from kerasal.callbacks.predictor import Predictor
from kerasal.tensorboard import describe
from kerasal.tensorboard.archive import Archive, load_run
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.metadata import size_in_words, tag_of_mean, tag_of_number, tag_of_picture, tag_of_strip
from kerasal.visualizers.image_grid import chosen_steps

_LARGE = 50_000_000  # bytes of a step that are worth a warning


class Recorder:
    """Explains fixed examples at steps of one training and writes the maps to one run directory.

    All that can be wrong with the arguments is found here, before the directory is touched.

    Args:
        model: the model in training.
        examples: an `Examples`.
        make_calculator: a calculator class, or a function of the model.
        recipe: keyword arguments of `Calculator.explain`; `ch_axis="auto"` is the last axis of images, else None.
        image_range: see `ImagePictures`.
        visualizer: `Pictures`, a function (saliency of an example, its position) -> picture, or None for what suits the shape.
        directory: the run's.

    Attributes:
        workers: the `Workers` that train the model.
    """

    def __init__(self, model, examples, make_calculator, recipe, image_range, visualizer, directory):
        self._model, self._examples = model, examples
        self._previous: Any = None  # the order of the map before, and of the first
        self._initial: Any = None
        self._calculator = calculator = make_calculator(model)
        if not isinstance(calculator, Calculator):
            raise TypeError(
                "calculator is a calculator class, or a function of the model that returns a calculator. "
                f"Received: {make_calculator!r}, which returned {calculator!r}. "
                "Pass e.g. lambda model: GradientCalculator(model, score=3)."
            )
        if isinstance(calculator.target, list) or calculator.score.lists_classes:
            raise ValueError(
                "SaliencyLogger logs one map per example. Received: a calculator of several targets or classes. Use a logger for "
                "each."
            )
        x, y = examples.x, examples.y
        inputs = Inputs(model, calculator.target, calculator.score, calculator.eval_fun, x, y)
        leaf = None if inputs.position is None else tf.nest.flatten(x)[inputs.position]
        self._recipe = dict(recipe)
        if recipe["ch_axis"] == "auto":
            self._recipe["ch_axis"] = -1 if leaf is not None and leaf.ndim == 4 else None
        self._predictor = Predictor(calculator, inputs, x, y)
        self.workers = Workers(model)
        with self.workers.together():  # so that what is wrong stops all of them
            measured = self._measure()
            self._first: Any = fingerprint(model), measured
        self._scale = RunningScale(signed=recipe["method"] == "raw")
        self._pictures = chosen_pictures(visualizer, measured[0], leaf, image_range, examples.columns)
        self._writer: Any = tf.summary.create_file_writer(directory) if self.workers.is_chief else None
        self._archive: Archive | None = None
        self._directory = directory

    def log(self, step: int) -> None:
        """Explain the examples as the model is now, and write the maps at `step`. All workers call it, the chief does it."""
        with self.workers.together():
            if self.workers.is_chief:
                self._log(step)

    def _log(self, step):
        first, self._first = self._first, None
        if first is not None:
            self._open(step, first[1][0])
        is_fresh = first is not None and first[0] == fingerprint(self._model)  # nothing loaded weights since
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The map of M=")  # which was said of the first map; its figures change
            saliency, outputs, seconds = first[1] if is_fresh else self._measure()
        began = time.perf_counter()
        with self._writer.as_default(), tf.summary.record_if(True):  # also where keras' TensorBoard skips batches
            order = describe.order(saliency.values)
            numbers = self._numbers(saliency, outputs, order)
            self._previous = order
            self._write_numbers(numbers, step)
            if self._archive:
                told = {name: np.asarray(values, np.float64).tolist() for name, values in numbers.items()}
                size = self._archive.write(step, saliency, {"time": time.time(), "numbers": told})
                if first is not None:
                    self._tell_size(size)
            self._write_pictures(saliency, outputs, step)  # last: a picture that fails costs no map
            write_scalars({tag_of_mean("seconds"): seconds + time.perf_counter() - began}, step)
        # Leaving the writer has flushed it: what is written survives kill -9.

    def close(self) -> None:
        """Close the event file."""
        if self._writer:
            self._writer.close()

    def finish(self, budget) -> None:
        """Write each example's maps of all steps side by side, as far as a `Budget` affords and they can be drawn, and close."""
        try:
            if self._archive and self._pictures:
                self._write_strips(load_run(self._directory), self._pictures, budget)
        finally:
            self.close()

    def _write_strips(self, run, pictures, budget):
        found = {}
        for step in chosen_steps(run.steps.tolist()):
            with contextlib.suppress(ValueError, OSError):  # damaged files
                found[step] = run.saliency(step).values
        steps, maps = list(found), np.stack(list(found.values()))
        with self._writer.as_default(), tf.summary.record_if(True):
            for n, name in enumerate(self._examples.names if len(steps) > 1 else ()):
                if budget.affords():
                    with budget.spending():
                        pixels = pictures.strip(n, maps[:, n], steps)
                        if pixels is not None:
                            write_image(tag_of_strip(name), pixels, steps[-1])

    def _measure(self):
        """(saliency, outputs of the model or None, seconds spent)."""
        began = time.perf_counter()
        saliency = self._calculator.explain(self._examples.x, self._examples.y, **self._recipe)
        return saliency, self._predictor(), time.perf_counter() - began

    def _write_pictures(self, saliency, outputs, step):
        if self._pictures is None:
            return
        for n, name in enumerate(self._examples.names):
            text = f"score {saliency.scores[n]:.3g}" if outputs is None else _prediction(outputs[n])
            write_image(tag_of_picture(name), self._pictures.draw(n, saliency[n], text, self._scale), step)

    def _open(self, step, saliency):
        """Begin or go on with the archive; the maps of a training that this one continues are the ones before its own."""
        inputs = digest(tf.nest.flatten(self._examples.x)).hex()
        facts = {"start": step, "shape": list(saliency.shape), "inputs": inputs}
        facts |= {"score": saliency.score_name, "axes": saliency.axes, "recipe": saliency.about}
        facts["columns"] = self._examples.columns
        images = None
        if self._pictures:
            facts |= self._pictures.facts()
            images = self._pictures.originals()
        self._archive = Archive(self._directory, self._examples.names, facts, images)
        with contextlib.suppress(ValueError, OSError):  # damaged files: no map before
            run = load_run(self._directory)
            earlier = [other for other in run.steps.tolist() if other < step]
            maps = [run.saliency(other).values for other in earlier[:1] + earlier[-1:]]
            if maps:
                self._initial, self._previous = describe.order(maps[0]), describe.order(maps[-1])
            for n, of_example in ((n, each[n]) for each in maps for n in range(len(each))):
                self._scale.update(n, of_example)

    def _tell_size(self, size):
        """Once: how much disk a step takes. Silent unless the user listens, or it is a lot."""
        told = f"{self._directory}: the maps of a step take {size_in_words(size)} of disk"
        logging.getLogger("kerasal").info("%s", told)
        if size > _LARGE:
            warnings.warn(f"{told}. Log fewer examples, or more rarely, e.g. every=10, if that is much.", stacklevel=6)

    def _numbers(self, saliency, outputs, order) -> dict[str, np.ndarray]:
        """{quantity: one number per example}."""
        numbers = describe.numbers_of(saliency)
        if self._previous is not None:
            numbers["drift"] = describe.drift_of(order, self._previous)
        if self._initial is None:
            self._initial = order
        numbers["distance"] = describe.drift_of(order, self._initial)
        if outputs is not None:
            numbers[str(self._predictor.quantity)] = outputs.max(1)
            if outputs.shape[1] > 1:
                numbers["prediction"] = outputs.argmax(1)
        return numbers

    def _write_numbers(self, numbers, step):
        written = {}
        for quantity, values in numbers.items():
            if quantity != "prediction":  # a class has no mean
                written[tag_of_mean(quantity)] = np.mean(values)
            written |= {tag_of_number(quantity, name): value for name, value in zip(self._examples.names, values)}
        write_scalars(written, step)


def _prediction(row: np.ndarray) -> str:
    """The model's output for one example in words: the class it predicts and its value, or its only value."""
    return f"output {row[0]:.2f}" if len(row) == 1 else f"pred {row.argmax()} ({row.max():.2f})"
