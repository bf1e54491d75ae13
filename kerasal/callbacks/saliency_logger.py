"""The Keras callback that shows in TensorBoard how saliency develops while a model trains."""

import os
import warnings
from functools import partial

import keras

from kerasal._engine.sampling import Sampling
from kerasal._folds.moments import Moments
from kerasal.calculators.gradient import GradientCalculator
from kerasal.callbacks.examples import Examples
from kerasal.callbacks.pictures.choose import check_visualizer
from kerasal.callbacks.recorder import Recorder
from kerasal.callbacks.timing import Budget, Pace
from kerasal.tensorboard.metadata import run_directory

_CLAIMS: dict = {}  # {directory: (the parameters that Keras gives all callbacks of one training, id of the logger)}


def claim(directory, params, logger):
    """Directory `directory` is the logger's for the training of `params`.

    Raises:
        ValueError: another logger of the same training has it.

    Example:

    >>> params = {"epochs": 3}
    >>> claim("logs/saliency/a", params, "a logger")
    >>> claim("logs/saliency/a", dict(params), "one of the next training")
    >>> release("logs/saliency/a")
    """
    of_training, other = _CLAIMS.get(directory, (None, None))
    if params is not None and of_training is params and other != id(logger):
        raise ValueError(
            f"Loggers of one training need different names. Received: two that write to {directory!r}. Give them name=…."
        )
    _CLAIMS[directory] = params, id(logger)  # no logger, nor its model, is kept alive


def release(directory):
    """Training has ended."""
    _CLAIMS.pop(directory, None)


class SaliencyLogger(keras.callbacks.Callback):
    """Explains a fixed batch before training and after each epoch, into TensorBoard's Images and Scalars.

    Training is not touched: weights end bit-identical to those of training without the logger. Each logger is a run of
    its own, `<log_dir>/saliency/<name>`, so several with different recipes can stand side by side, also beside
    `keras.callbacks.TensorBoard(log_dir)`. Steps count completed epochs; 0 is before training. All maps are kept as arrays,
    4 bytes a number, as many again where there is a standard deviation: `load_run` and the tab of TensorBoard read them.
    Of several workers the chief writes, with BatchNormalization's moving statistics as they are saved: the workers' mean.

    Pictures, one tag per example (position and true label, e.g. `saliency/3 label 7`): images as original, heat and
    overlay, tables of up to 50 columns as bars. The caption has the predicted class, its probability and the scale: the
    largest 99.5th percentile of the example's maps so far, so that brightness can be compared from step to step.

    Numbers, each as mean over the batch (`saliency/drift`) and per example (`drift/3 label 7`):
    `concentration` of the map (0 spread evenly … 1 in one element), `drift` from the map before (1 − Spearman's rank
    correlation, 0 … 2; it jumps where another class is predicted, and so explained, than before), `uncertainty` (mean
    standard deviation over samples, in units of the map), `score` (what was explained), `probability` of the predicted
    class (`output` where the model ends in no softmax or sigmoid); `prediction` per example; `saliency/seconds` spent.

    Args:
        log_dir: TensorBoard's log directory, as given to `keras.callbacks.TensorBoard`.
        x: a few examples (N, ...), copied: arrays, tensors, a pandas frame, list/tuple/dict, or a data set, read once; not one
            made from `fit`'s where that shuffles, as `data.take(1)`: reading it would move the shuffle of both.
        y: one label per example, for the tags and for scores that need it.
        calculator: a calculator class, or a function of the model that returns a calculator.
        name: of the run; loggers that share `log_dir` need different names.
        M, noise_sampler, train, method, ch_axis, ch_reduce, batch_size, seed: see `Calculator.explain`. The same seed
            is used at every step: maps change because the weights do. `ch_axis="auto"` is the last axis of images
            (N, H, W, C) and none elsewhere.
        every: how many units from one map to the next; there is a map before training and one at its end besides.
        unit: "epoch" or "batch", what `every` and the steps count. With steps_per_execution, or where batches of a
            resumed training are not counted, a map comes when a multiple of `every` is crossed.
        max_overhead: largest share of the time of training that may go into maps, e.g. .05; those it cannot afford are left
            out, said once. The first map, which is compiled, and the last are written in any case: a training too short to pay
            for these two says so at its end. None: all maps are written.
        visualizer: for what is neither images nor tables: `kerasal.callbacks.TextPictures(tokens)`, `MoleculePictures(smiles)`,
            or a function (saliency of one example, its position) -> matplotlib figure or uint8 pixels.
        image_range: values of black and white; None guesses them from the dtype and values of x.
        on_error: what an error after the first map does: "warn" once and go on training, or "raise".

    Raises:
        TypeError, ValueError: values that cannot be right, at once; whatever else is wrong with the arguments, at the
            start of `fit`, before the first training step. Until then no file is touched.

    A model that is not built when training starts is explained after its first batch, at the same step.

    Example:
        >>> import tempfile, numpy as np
        >>> from kerasal import GaussianNoiseSampler
        >>> model = keras.Sequential([keras.Input((8, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> x, y, log_dir = np.random.rand(20, 8, 6, 1), np.arange(20) % 3, tempfile.mkdtemp()
        >>> logger = SaliencyLogger(log_dir, x[:2], y[:2], name="smoothgrad", M=5, noise_sampler=GaussianNoiseSampler())
        >>> history = model.fit(x, y, epochs=2, callbacks=[logger], verbose=0)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike,
        x,
        y=None,
        calculator=GradientCalculator,
        name: str = "saliency",
        M: int | None = None,
        noise_sampler=None,
        train=False,
        method="abs",
        ch_axis="auto",
        ch_reduce: str = "sum",
        batch_size: int | None = None,
        every: int = 1,
        unit: str = "epoch",
        max_overhead: float | None = None,
        visualizer=None,
        seed: int = 0,
        image_range: tuple[float, float] | None = None,
        on_error: str = "warn",
    ):
        super().__init__()
        self._supports_tf_logs = True  # Keras 2 need not turn every batch's logs into numbers for us
        if not callable(calculator):
            raise TypeError(
                "calculator is a calculator class, or a function of the model that returns a calculator. "
                f"Received: {calculator!r}. Pass e.g. GradientCalculator."
            )
        check_visualizer(visualizer)
        if on_error not in ("warn", "raise"):
            raise ValueError(f"on_error is 'warn' or 'raise'. Received: {on_error!r}. With 'warn' training goes on.")
        (
            Sampling(M, noise_sampler, train, batch_size, seed),
            Moments(method, None if ch_axis == "auto" else ch_axis, ch_reduce),
        )
        self.name, self.directory, self.on_error = name, run_directory(log_dir, name), on_error
        self._pace, self._budget, self._visualizer = Pace(every, unit), Budget(max_overhead), visualizer
        self._examples, self._calculator, self._image_range = Examples(x, y), calculator, image_range
        self._recipe = dict(M=M, noise_sampler=noise_sampler, train=train, method=method, ch_axis=ch_axis)
        self._recipe |= dict(ch_reduce=ch_reduce, batch_size=batch_size, seed=seed)
        self._recorder: Recorder | None = None

    def on_train_begin(self, logs=None):
        if self._recorder:
            self._recorder.close()
        self._recorder, self._begun, self._logged, self._warned = None, False, None, False
        self._budget.begin()
        claim(self.directory, getattr(self, "params", None), self)
        if self.model.built:
            with self._budget.spending():
                self._start()
        else:
            told = "the model is not built yet. Its first map comes after its first batch; give it an Input to see it untrained."
            warnings.warn(f"SaliencyLogger {self.name!r}: {told}", stacklevel=2)

    def on_epoch_begin(self, epoch, logs=None):
        if not self._begun:  # the only place that knows `initial_epoch`
            self._pace.begin(epoch, (getattr(self, "params", None) or {}).get("steps"))
            self._begun = True
            if self._recorder:
                self._log()

    def on_train_batch_begin(self, batch, logs=None):
        if not self._recorder and self.model.built:
            self._log()

    def on_train_batch_end(self, batch, logs=None):
        if self._pace.after_batch(batch) and self._recorder:
            self._log_if_affordable(self._recorder.workers)

    def on_epoch_end(self, epoch, logs=None):
        due = self._pace.after_epoch(epoch)
        if not self._recorder:  # the model was not built before, and an epoch is one batch
            self._log()
        elif due:
            self._log_if_affordable(self._recorder.workers)

    def on_train_end(self, logs=None):
        if self._recorder and self._begun and self._logged != self._pace.done:
            self._log()
        if self._recorder:
            self._guarded(partial(self._recorder.finish, self._budget))
            if self._recorder.workers.is_chief and (excess := self._budget.excess()):
                warnings.warn(f"SaliencyLogger {self.name!r}: {excess}.", stacklevel=2)
        self._recorder = None
        release(self.directory)

    def _log_if_affordable(self, workers):
        if workers.agreed(self._budget.affords()):
            self._log()
        elif workers.is_chief and self._budget.skipped == 1:
            warnings.warn(
                f"SaliencyLogger {self.name!r}: maps are spaced out so that they cost at most {self._budget.share:.0%} of the "
                f"time of training (max_overhead); so far {self._budget.spent:.1f} s went into them.",
                stacklevel=2,
            )

    def _log(self):
        self._logged = self._pace.done
        with self._budget.spending():
            recorder = self._recorder or self._start()
            self._guarded(recorder.log, self._pace.done)

    def _start(self) -> Recorder:
        given = (self._calculator, self._recipe, self._image_range, self._visualizer, self.directory)
        self._recorder = Recorder(self.model, self._examples, *given)
        return self._recorder

    def _guarded(self, action, *step):
        """Log or close; what goes wrong stops training only if the user wants that."""
        try:
            action(*step)
        except Exception as error:
            if self.on_error == "raise":
                raise
            if not self._warned:
                warnings.warn(
                    f"SaliencyLogger {self.name!r} failed{f' at step {step[0]}' if step else ''}: "
                    f"{type(error).__name__}: {error}\nTraining goes on, and later steps are tried without another "
                    "warning; on_error='raise' would stop.",
                    stacklevel=3,
                )
            self._warned = True
