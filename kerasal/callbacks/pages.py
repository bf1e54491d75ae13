"""The pictures and the numbers of a training that TensorBoard's own pages show."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasal.callbacks.examples import Examples
from kerasal.callbacks.pictures.base import GrowingScale, Pictures
from kerasal.callbacks.predicted_class import of_predicted_class
from kerasal.callbacks.predictions import in_words
from kerasal.callbacks.storage import Storage
from kerasal.callbacks.timing import Budget
from kerasal.callbacks.worst import MOST, worst_examples
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import Run
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.metadata import tag_of_mean, tag_of_number, tag_of_picture, tag_of_strip
from kerasal.visualizers.film_strip import chosen_steps

Recording = Callable[[], contextlib.AbstractContextManager[None]]  # see `RunOutput.recording`


class LoggedStep(NamedTuple):
    """A step as it is written.

    Attributes:
        step: Its number.
        saliency: Of the examples, a map each.
        outputs: Of the model, (N, C), or None.
        quantity: Their name, see `Predictor`.
        note: Words for the pictures.
    """

    step: int
    saliency: Saliency
    outputs: np.ndarray | None
    quantity: str | None
    note: str = ""


class Pages:
    """Writes a training's pictures and numbers into the default writer of `tf.summary`, as many as a `Storage` says.

    Args:
        examples: The examples.
        pictures: Of them.
        storage: The user's choice.
        class_names: Of all classes, or None.
        signed: True where the maps have both signs.
    """

    def __init__(
        self,
        examples: Examples,
        pictures: Pictures,
        storage: Storage,
        class_names: Sequence[str] | None,
        *,
        signed: bool,
    ):
        self._examples, self._pictures, self._storage, self._class_names = examples, pictures, storage, class_names
        self._scale = GrowingScale(signed=signed)
        self._last: LoggedStep | None = None  # whose pictures are not written yet

    def resume(self, values: np.ndarray) -> None:
        """Take the maps (N, ...) of a training before into the scale."""
        for n, of_example in enumerate(values):
            self._scale.update(n, of_example)

    def write(self, logged: LoggedStep, numbers: Mapping[str, np.ndarray]) -> None:
        """Write the numbers of a step, and its pictures if those of all steps are."""
        write_scalars(self._scalars(logged, numbers), logged.step)
        if self._storage.pictures == "all":
            for tag, pixels in self._drawn(logged).items():
                write_image(tag, pixels, logged.step)
        elif self._storage.pictures == "last":
            self.resume(logged.saliency.values)
            self._last = logged

    def write_last(self, recording: Recording) -> None:
        """Write the pictures of the last step, if they are not yet, inside a context that records."""
        logged, self._last = self._last, None
        if logged is not None and (drawn := self._drawn(logged)):
            with recording():
                for tag, pixels in drawn.items():
                    write_image(tag, pixels, logged.step)

    def write_strips(self, run: Run, budget: Budget, recording: Recording) -> None:
        """Write each example's maps of several steps side by side, as far as a `Budget` affords."""
        found = {}
        for step in chosen_steps(run.steps.tolist()):
            with contextlib.suppress(ValueError, OSError):  # damaged files
                found[step] = of_predicted_class(run.saliency(step)).values
        if len(found) < 2:
            return
        steps, maps = list(found), np.stack(list(found.values()))
        for n, name in enumerate(self._examples.names):
            if budget.affords():
                with budget.spending():
                    pixels = self._pictures.strip(n, maps[:, n], steps)
                    if pixels is not None:
                        with recording():
                            write_image(tag_of_strip(name), pixels, steps[-1])

    def _scalars(self, logged: LoggedStep, numbers: Mapping[str, np.ndarray]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        chosen = self._chosen(logged)
        if chosen and len(self._examples.names) > MOST and self._storage.scalars == "worst":
            written |= {tag_of_number("example", name): n for name, n in chosen.items()}
        for quantity, values in numbers.items():
            if quantity != "prediction":  # a class has no mean
                written[tag_of_mean(quantity)] = np.mean(values)
            written |= {tag_of_number(quantity, name): values[n] for name, n in chosen.items()}
        return written

    def _chosen(self, logged: LoggedStep) -> dict[str, int]:
        """Return {name in tags: position} of the examples that have numbers of their own."""
        names = self._examples.names
        if self._storage.scalars == "mean":
            return {}
        if self._storage.scalars == "all" or len(names) <= MOST:
            return {name: n for n, name in enumerate(names)}
        worst = worst_examples(logged.outputs, logged.quantity, self._examples.truths, logged.saliency.scores)
        return {f"worst {rank}": n for rank, n in enumerate(worst.tolist(), 1)}

    def _drawn(self, logged: LoggedStep) -> dict[str, np.ndarray]:
        """Draw the examples: {tag: pixels} of those that can be drawn."""
        words, drawn = self._words(logged), {}
        for n, name in enumerate(self._examples.names):
            text = f"{words[n]}  {logged.note}" if logged.note else words[n]
            pixels = self._pictures.draw(n, logged.saliency[n], text, self._scale)
            if pixels is not None:
                drawn[tag_of_picture(name)] = pixels
        return drawn

    def _words(self, logged: LoggedStep) -> list[str]:
        """Return what is predicted for each example, and explained where that is another class."""
        name = logged.saliency.score_name or ""
        if logged.outputs is None:
            words = [f"score {score:.3g}" for score in np.asarray(logged.saliency.scores)]
        else:
            words = in_words(logged.outputs, str(logged.quantity), self._class_names, self._examples.truths)
        return [f"{each}, {name}" for each in words] if " of class " in name else words
