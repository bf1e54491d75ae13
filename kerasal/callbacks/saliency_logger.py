"""The Keras callback that shows in TensorBoard how saliency develops while a model trains."""

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras

from kerasal._storage.places import absolute
from kerasal.calculators.base import Calculator
from kerasal.calculators.gradient import GradientCalculator
from kerasal.callbacks.arguments import remember_given
from kerasal.callbacks.checkpoints import best_checkpoints
from kerasal.callbacks.closing import after_all_callbacks, running_callbacks
from kerasal.callbacks.directories import free_directory, take_directory
from kerasal.callbacks.examples import Examples
from kerasal.callbacks.explainer import check_arguments, check_recipe
from kerasal.callbacks.guard import Guard
from kerasal.callbacks.kinds import check_kind
from kerasal.callbacks.leaving import Leaving
from kerasal.callbacks.measured import check_measures
from kerasal.callbacks.pictures.choose import Visualizer, check_visualizer
from kerasal.callbacks.predictions import check_names
from kerasal.callbacks.recorder import Recorder, Settings
from kerasal.callbacks.storage import Storage, check_storage
from kerasal.callbacks.timing import Budget, Cadence
from kerasal.recipes import Recipe
from kerasal.samplers import NoiseSampler
from kerasal.tensorboard.metadata import run_directory
from kerasal.visualizers.image_values import ImageRange

_OF_RECIPE = (
    "calculator",
    "M",
    "noise_sampler",
    "train",
    "method",
    "ch_axis",
    "ch_reduce",
    "batch_size",
    "seed",
    "target_error",
)
_FREE = 10.0  # seconds of maps that wait for no share of the training, where the user gave none


class SaliencyLogger(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed
    """Explains a fixed batch before training and after each epoch, into TensorBoard's Images and Scalars.

    Training is not touched: weights end bit-identical to those of training without the logger. Each logger is a run of
    its own, `<log_dir>/saliency/<name>`, so several with different recipes can stand side by side, also in the log directory of
    `keras.callbacks.TensorBoard(log_dir)`. Steps count completed epochs; 0 is before training. All maps are kept as arrays,
    4 bytes a number, as many again where there is a standard deviation: `load_run` and the tab of TensorBoard read them.
    Of several workers the chief writes, with BatchNormalization's moving statistics as they are saved: the workers' mean.

    Pictures, one tag per example (position and true label, e.g. `saliency/3 label 7`): images as original, heat and
    overlay, tables of up to 50 columns as bars, series as lines over a strip of colours, videos as frames. The caption has the predicted class and
    its probability (of several sigmoid units those of at least ½; of other outputs the number), and the scale: the largest
    99.5th percentile of the example's maps so far, so that brightness can be compared from step to step.

    Numbers, each as mean over the batch (`saliency/drift`) and per example (`drift/3 label 7`):
    `concentration` of the map (0 spread evenly … 1 in one element), `drift` from the map before (1 − Spearman's rank
    correlation, 0 … 2; it jumps where another class is predicted, and so explained, than before), `uncertainty` (mean
    standard deviation over samples, in units of the map), `score` (the number that was explained), `probability` of the
    predicted class (`output` where the model ends in no softmax or sigmoid); `prediction` per example; `saliency/seconds` spent.

    A calculator of all classes (`score="all"`) gives a map for each: the tab has a menu of the classes, pictures are of the predicted one.
    Of the numbers, `score` is then that class's, and `concentration`, `drift` and `uncertainty` are means over the classes.

    Weights that are restored, averaged or kept as the best by `ModelCheckpoint` have one more map at the end, with a note.

    A model that is not built when training starts is explained after its first batch, at the same step.

    Args:
        log_dir: TensorBoard's log directory, as given to `keras.callbacks.TensorBoard`; a relative one is that of now.
        x: A few examples (N, ...), copied: arrays, tensors, a pandas frame, list/tuple/dict, or a data set, read once; not one
            made from `fit`'s where that shuffles, as `data.take(1)`: reading it would move the shuffle of both.
        y: One label per example, for the tags and for scores that need it.
        calculator: A calculator class, or a function of the model that returns a calculator.
        name: Of the run; loggers that share `log_dir` need different names. While another training writes to the run, this one is
            written to `<name>_2`, and a warning says so; one that goes on after an interrupt or a kill goes on in its run.
        M, noise_sampler, train, method, ch_axis, ch_reduce, batch_size, seed, target_error: See `Calculator.explain`. The same seed
            is used at every step: maps change because the weights do. `ch_axis="auto"` is the axis of the channels of
            images, videos and volumes, and none elsewhere.
        every: Number of units from one map to the next; there is a map before training and one at its end as well.
        unit: "epoch" or "batch", the unit of `every` and of the steps. With steps_per_execution, or where batches of a
            resumed training are not counted, a map comes when a multiple of `every` is crossed.
        max_overhead: Largest share of the time of training that may go into maps; those it cannot afford are left out, said once.
            To compile the first map is not counted. Where you give no share, the first ten seconds of maps are free, so that a short
            training has them all. The first map and the last are written in any case: where you give a share and training is
            too short to pay for them, that is said at its end. None: all maps are written.
        visualizer: For examples that are neither images nor tables: `kerasal.callbacks.TextPictures(tokens)`,
            `MoleculePictures(smiles)`, `Pictures` of your own, or a function (saliency of one example, its position) ->
            matplotlib figure or uint8 pixels.
        image_range: Values of black and white, "imagenet" or "caffe", as for `ImageVisualizer.visualize`; None finds them from
            the values of x, and says where these leave a doubt.
        on_error: "warn" once after an error and go on training, or "raise". What is wrong before training always raises.
        recipe: A `kerasal.Recipe`, in place of `calculator` and of the arguments in the line of `M`. The maps are those of
            `recipe.explain(model, x, y)`; where it does not set `ch_axis`, the channels of images are folded, as by "auto".
        kind: "image", "table", "series" (N, T, F), "video", "volume" (N, T, H, W, C) or "numbers", as which the examples are shown. None: as the network treats
            them, two axes that it slides over are an image's and one is a series'; else by shape and values. Where that
            leaves a doubt, a warning says what they were taken for.
        class_names: Of all classes in the order of the outputs, two for one unit that is a classifier, for tags and captions.
        measures: Of `kerasal.metrics`, of the maps of each step, logged as numbers like those above: functions of the model that give
            one, as `Deletion` or `lambda model: Deletion(model, fill="mean")`, and measures that ask no model, as `Complexity()`. Their
            time counts for `max_overhead`.
        storage: `kerasal.callbacks.Storage(pictures=…, scalars=…, precision=…, compress=…)`: what is kept on the disk beside the maps, and
            in how many bits they are.
        masks: Truth about what should count, of the shape of the maps, not 0 inside; the tab compares maps with it.

    Raises:
        TypeError, ValueError: Values cannot be right, at once; anything else that is wrong with the arguments, at the
            start of `fit`, before the first training step, if the model is built then. Until then no file is touched.
        OSError: Nothing can be written to `log_dir`, at the start of `fit`.

    Example:

    >>> import tempfile, numpy as np
    >>> from kerasal import recipes
    >>> model = keras.Sequential([keras.Input((8, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    >>> model.compile("adam", "sparse_categorical_crossentropy")
    >>> x, y, log_dir = np.random.rand(20, 8, 6, 1), np.arange(20) % 3, tempfile.mkdtemp()
    >>> logger = SaliencyLogger(log_dir, x[:2], y[:2], name="smoothgrad", recipe=recipes.smooth_grad(method="abs"))
    >>> history = model.fit(x, y, epochs=2, callbacks=[logger], verbose=0)
    """

    _given: frozenset[str]

    @remember_given
    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        x: Any,
        y: Any = None,
        calculator: Callable[[keras.Model], Calculator] = GradientCalculator,
        name: str = "saliency",
        M: int | None = None,
        noise_sampler: NoiseSampler | None = None,
        train: bool | dict[Any, float] = False,  # noqa: FBT001, FBT002  a position of the public contract
        method: Any = "abs",
        ch_axis: int | Sequence[int] | str | None = "auto",
        ch_reduce: str = "sum",
        batch_size: int | None = None,
        every: int = 1,
        unit: str = "epoch",
        max_overhead: float | None = 0.05,
        visualizer: Visualizer | None = None,
        seed: int = 0,
        image_range: ImageRange = None,
        on_error: str = "warn",
        recipe: Recipe | None = None,
        kind: str | None = None,
        class_names: Sequence[str] | None = None,
        measures: Any = (),
        target_error: float | None = None,
        storage: Storage | None = None,
        masks: Any = None,
    ):
        super().__init__()
        self._supports_tf_logs = True  # Keras 2 need not turn every batch's logs into numbers for us
        if not callable(calculator):
            raise TypeError(
                "calculator is a calculator class, or a function of the model that returns a calculator. "
                f"Received: {calculator!r}. Pass e.g. GradientCalculator."
            )
        check_visualizer(visualizer)
        check_kind(kind, has_visualizer=visualizer is not None)
        arguments: Mapping[str, Any] = dict(
            M=M, noise_sampler=noise_sampler, train=train, method=method, ch_axis=ch_axis, ch_reduce=ch_reduce
        )
        arguments = {**arguments, "batch_size": batch_size, "seed": seed, "target_error": target_error}
        if recipe is not None:
            check_recipe(recipe, [name for name in _OF_RECIPE if name in self._given])
            calculator, arguments = recipe.build, {"ch_axis": "auto", **recipe.arguments}
        check_arguments(arguments)
        names = check_names(class_names)
        self.name, self._guard = name, Guard(name, on_error)
        self.directory = run_directory(absolute(log_dir, "log_dir"), name)  # of the run
        self._budget = Budget(max_overhead, free=0.0 if "max_overhead" in self._given else _FREE)
        self._cadence, self._examples = Cadence(every, unit), Examples(x, y, names)
        self._settings = Settings(
            self.directory,
            calculator,
            arguments,
            visualizer,
            image_range,
            kind,
            names,
            check_measures(measures),
            check_storage(storage),
            masks,
        )
        self._recorder: Recorder | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Check all arguments by a first map, if the model is built."""
        if self._recorder:
            self._guard(self._recorder.close)
        self._recorder, self._has_begun, self._logged, self._may_start = None, False, -1, True
        self._began = time.time()
        self._guard.begin()
        self._budget.begin()
        self.directory = self._settings.directory
        take_directory(self.directory, getattr(self, "params", None), self)
        if self.model.built:
            with self._budget.preparing():
                self._start()
        else:
            words = "the model is not built yet. Its first map comes after its first batch; give it an Input to see it untrained."
            warnings.warn(f"SaliencyLogger {self.name!r}: {words}", stacklevel=2)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Write the first map before the first epoch."""
        if not self._has_begun:  # the only place that knows `initial_epoch`
            self._cadence.begin(epoch, (getattr(self, "params", None) or {}).get("steps"))
            self._has_begun = True
            if self._recorder:
                self._log()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Write the first map of a model that was built by its first batch."""
        if self._may_start and self.model.built:
            self._log()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write a map, if one is due."""
        if self._cadence.is_due_after_batch(batch) and self._recorder:
            self._log_if_affordable(self._recorder)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write a map, if one is due."""
        is_due = self._cadence.is_due_after_epoch(epoch)
        if self._may_start:  # the model was not built before, and an epoch is one batch
            self._log()
        elif is_due and self._recorder:
            self._log_if_affordable(self._recorder)

    def on_train_end(self, logs: Any = None) -> None:
        """Write the last map; when all callbacks have ended, that of weights which changed since, and close the files."""
        if self._recorder and self._has_begun and self._logged != self._cadence.step:
            self._log()
        after_all_callbacks(self, self._finish)

    def _finish(self) -> None:
        """Write the maps of all steps side by side, and close the files."""
        if self._recorder:
            leaving = Leaving(self.model, self._recorder, self._budget, self.name)
            self._guard(partial(leaving.log_changed, self._cadence.step))
            for path in best_checkpoints(running_callbacks(), self._began):
                self._guard(partial(leaving.log_checkpoint, path))
            self._guard(partial(self._recorder.finish, self._budget))
            self._guard.say_missing()
            excess = self._budget.excess() if "max_overhead" in self._given else None
            if self._recorder.workers.is_chief and excess:
                warnings.warn(f"SaliencyLogger {self.name!r}: {excess}.", stacklevel=2)
        self._recorder = None
        free_directory(self._settings.directory)

    def _log_if_affordable(self, recorder: Recorder) -> None:
        if recorder.workers.agreed(self._budget.affords()):
            self._log()
        elif recorder.workers.is_chief and self._budget.skipped == 1:
            warnings.warn(
                f"SaliencyLogger {self.name!r}: maps are spaced out so that they cost at most {self._budget.share:.0%} of the "
                f"time of training; so far {self._budget.spent:.2g} s went into them. max_overhead=None writes all of them.",
                stacklevel=2,
            )

    def _log(self) -> None:
        step = self._logged = self._cadence.step
        if self._may_start:
            with self._budget.preparing():
                self._guard(self._start, "before its first map", "without maps, since the model was not built before")
        with self._budget.spending():
            if self._recorder:
                is_of_disk = self._guard(partial(self._recorder.log, step), f"at step {step}")
                self.directory = self._recorder.directory
                if is_of_disk and self._recorder.last_step != step:
                    self._guard.missing.append(step)

    def _start(self) -> None:
        self._may_start = False  # what fails once would fail after every batch
        self._recorder = Recorder(self.model, self._examples, self._settings)
