"""What every calculator shares: its public calls, and how its arguments become one compiled loop."""

from functools import partial
from typing import Any

import numpy as np

from kerasal import scores
from kerasal._engine.diagnostics import warn_of_errors
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import run
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._folds.moments import Moments, Stack
from kerasal._folds.several import Several, fold_of
from kerasal._folds.uncertainty import column
from kerasal._network.checks import check_model_is_ready
from kerasal._network.targets import InputExtractor, LayerExtractor
from kerasal.calculators.attribution import Attribution
from kerasal.calculators.several_targets import run_each
from kerasal.saliency import Saliency


class Calculator(FixedOnceUsed, Attribution):
    """Saliency of a score with respect to a target. A subclass gives the `attribution` of one point; see `Attribution`.

    Args:
        model: a Keras model: functional, Sequential, subclassed, nested; nothing is left on it.
        score: the number per example that is differentiated: None for the class predicted at the clean input, a class, one
            class or score per example, `scores.Label()`, `scores.Loss()`, `scores.Unit(...)`, `scores.Margin(...)`, a function of the
            outputs that returns (N,), {"output name": score}, or "all" for every class.
        target_extractor: with respect to what: an `InputExtractor` or `LayerExtractor`; None for the first input; a list of
            them for a list of results, from one pass where it is a gradient without noise.
        eval_fun: `eval_fun(*inputs)`, with y `eval_fun(*inputs, y)`, calls the model itself and returns one number per row;
            in place of `score`.
        logits: whether the logit behind a softmax or sigmoid output is scored instead of the probability.

    Raises:
        TypeError: if the model is not a Keras model, or of `tf_keras`.
        ValueError: if the model is not built, is a stateful RNN, or a layer is unknown or ambiguous.
    """

    def __init__(self, model, score=None, target_extractor=None, eval_fun=None, logits=True):
        check_model_is_ready(model)
        if eval_fun is not None and (score is not None or not callable(eval_fun)):
            raise ValueError(
                f"eval_fun is a function of the inputs, given in place of score. Received: eval_fun={eval_fun!r}, "
                f"score={score!r}. Give one of the two."
            )
        several = isinstance(target_extractor, (list, tuple))
        targets = list(target_extractor) if several else [target_extractor or InputExtractor(0)]
        for extractor in targets or [None]:
            if not isinstance(extractor, (InputExtractor, LayerExtractor)):
                raise TypeError(
                    f"target_extractor is an InputExtractor, a LayerExtractor, a list of them, or None. Received: {extractor!r}. "
                    "Use LayerExtractor('layer name')."
                )
        self.model, self.score, self.eval_fun, self.logits = model, scores.resolve(score), eval_fun, logits
        self.target: Any = targets if several else targets[0]
        for extractor in [*targets, *(part.extractor for part in self.score.parts())]:
            if isinstance(extractor, LayerExtractor):
                extractor.find(model)
        self.traces = Traces(model)

    def compute(
        self,
        x,
        y=None,
        M=1,
        noise_sampler=None,
        train=False,
        batch_size=None,
        seed=0,
        first_example=0,
        show_progress=False,
    ):
        """Saliency of every sample.

        Args:
            x: N examples: array, tensor, list/tuple/dict of them, pandas frame, `tf.data.Dataset` or Keras `PyDataset`.
            y: what `score` or `eval_fun` needs of each example (labels).
            M: how many samples.
            noise_sampler: noise on the target (SmoothGrad), e.g. `GaussianNoiseSampler()`.
            train: True for Monte-Carlo dropout (BayesGrad) in the layers `fit` would make random; {layer: rate} to put
                dropout behind layers instead.
            batch_size: the most rows (samples × examples) of a model call; None chooses.
            seed: all noise and dropout is a function of (seed, m, n), n = position in x + `first_example`.
            first_example: position of the first example of x in a larger set.
            show_progress: show a progress bar.

        Returns:
            float32 array (M, N, *target), with score="all" (M, N, classes, *target).

        Raises:
            ValueError: before any work, for what cannot mean anything; see the messages.
        """
        sampling = Sampling(M, noise_sampler, train, batch_size, seed, first_example, show_progress)
        if isinstance(self.target, list):
            return [found.values for _, found, *_ in run_each(self, x, y, sampling, Stack)]
        return run(self, x, y, sampling, Stack())[0].values

    def aggregate(self, samples, method="raw", ch_axis=None, ch_reduce="sum"):
        """Fold samples into one map: element → channels → mean over samples.

        Args:
            samples: (M, N, ...), from `compute`.
            method: "raw" s, "abs" |s|, "square" s², a function of an element; "mean_abs" |mean over M|; "var", "std" over M.
            ch_axis: axes of (M, N, ...) that hold channels; negative counts from the end; 0 and 1 are refused.
            ch_reduce: "sum", "max", "mean" or "l2" over the channels.

        Returns:
            `Saliency` of (N, ...) without the channels.
        """
        fold = Moments(method, ch_axis, ch_reduce)
        samples = np.asarray(samples, "float32")
        classes = int(self.score.lists_classes)
        values, std = fold.of_samples(samples, classes)
        return self._saliency(
            {"values": values, "std": std, "M": len(samples)}, fold, fold.axes(samples.ndim - 1, classes), {}
        )

    def explain(
        self,
        x,
        y=None,
        M=None,
        noise_sampler=None,
        train=False,
        method="raw",
        ch_axis=None,
        ch_reduce="sum",
        batch_size=None,
        seed=0,
        first_example=0,
        show_progress=False,
        target_error=None,
        max_samples=4096,
    ):
        """`aggregate(compute(...))` with memory that does not grow with M; arguments as there.

        Args:
            M: how many samples; None is 1 where nothing is random, else 30.
            method: see `aggregate`; a list of methods for a list of results, of the same samples.
            target_error: in place of M: samples are drawn until the map of each example is this close to that of endless
                samples (relative L2 of its standard error), e.g. 0.05; examples that are done stop early.
            max_samples: the most that `target_error` may take.

        Returns:
            `Saliency`: values (N, ...), their standard deviation over samples, the scores at the clean input, the M used.

        Warns:
            UserWarning: where `target_error` is not reached, or a chosen M leaves a relative error above 0.2.
        """
        sampling = Sampling(
            M, noise_sampler, train, batch_size, seed, first_example, show_progress, target_error, max_samples
        )
        make_fold = partial(fold_of, method, ch_axis, ch_reduce, sampling.is_stratified)
        fold = make_fold()
        if target_error is not None:
            fold.check_error()
        if isinstance(self.target, list):
            found = run_each(self, x, y, sampling, make_fold)
            explained = [single._explained(fold, *result) for single, *result in found]
        else:
            explained = self._explained(fold, *run(self, x, y, sampling, fold))
        warn_of_errors(explained, target_error, max_samples)
        return explained

    def _explained(self, fold, folded, sampling, loop, unpaired):
        if isinstance(fold, Several):
            parts = [(each, folded.of_method(place)) for place, each in enumerate(fold.folds)]
            return [self._explained(*part, sampling, loop, unpaired) for part in parts]
        found = {
            "values": folded.values,
            "std": folded.std,
            "standard_error": folded.error,
            "M": folded.M,
            "scores": folded.scores,
            "unpaired": unpaired,
        }
        if self.accounts:
            found.update(
                completeness_gap=folded.gaps[0] / column(folded.M, folded.scores.ndim), relative_gap=folded.relative_gap
            )
        found["score_name"] = loop.notes["score_name"]
        return self._saliency(found, fold, fold.axes(folded.rank, loop.classes), sampling.describe())

    def _saliency(self, found, fold, axes, about):
        recipe = {
            "calculator": type(self).__name__,
            "model": self.model.name,
            "target": repr(self.target),
            "method": fold.name,
            "ch_axis": None if fold.ch_axis is None else np.atleast_1d(fold.ch_axis).tolist(),
            "ch_reduce": fold.ch_reduce,
            "M": np.unique(found["M"]).tolist() if np.ptp(found["M"]) else int(np.min(found["M"])),
            "score": found.get("score_name", ""),
            **self.describe(),
            **about,
        }
        return Saliency(**found, axes=axes, about=recipe)
