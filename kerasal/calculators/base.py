"""Base of the calculators: their public calls, and the way from a session to a `Saliency`."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, overload

import keras
import numpy as np
from numpy.typing import ArrayLike

from kerasal._engine.copies import CopiedWithItsModel
from kerasal._engine.datasets import warn_of_order
from kerasal._engine.diagnostics import warn_of_errors
from kerasal._engine.folded import Folded
from kerasal._engine.objective import Objective, score_and_function
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import Session, sessions
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._folds.moments import Moments, Stack
from kerasal._folds.several import Parts, PerTarget, fold_of
from kerasal._network.given_targets import as_extractors
from kerasal._network.joint_target import JointTarget
from kerasal._network.targets import InputExtractor
from kerasal._vocabulary import checks_keywords, refuse
from kerasal.calculators.arguments import Method, Noise, Tokens, Train
from kerasal.calculators.attribution import Attribution
from kerasal.calculators.knowledge import Told
from kerasal.calculators.objectives import HasObjectives
from kerasal.calculators.results import Answer, aggregated, saliency_of
from kerasal.calculators.settings import TellsSettings
from kerasal.recipes.keywords import keywords_of
from kerasal.saliency import Saliency


class Calculator(HasObjectives, TellsSettings, FixedOnceUsed, CopiedWithItsModel, Attribution):
    """Saliency of a score with respect to a target. A subclass gives the `attribution` of one point; see `Attribution`.

    Args:
        model: a Keras model: functional, Sequential, subclassed, nested; nothing is left on it.
        score: the number per example that is differentiated: None for the class predicted at the clean input, a class, one
            class or score per example, `scores.Label()`, `scores.Loss()`, `scores.Unit(...)`, `scores.Margin(...)`, a function of the
            outputs that returns (N,), {"output name": score}, or "all" for every class.
        target_extractor: with respect to what: an `InputExtractor` or `LayerExtractor`, or the name of an input or layer; None for the
            first input; a list of them for a list of results: gradients of one pass. Noise and paths move all of them together.
        eval_fun: `eval_fun(*inputs)`, with y `eval_fun(*inputs, y)`, calls the model itself and returns one number per row;
            in place of `score`.
        logits: whether the logit behind a softmax or sigmoid output is scored instead of the probability.

    Attributes:
        objectives: what is explained, one for each target.

    Raises:
        TypeError: if the model is not a Keras model, or of `tf_keras`.
        ValueError: if the model is not built, is a stateful RNN, or a layer is unknown or ambiguous.
    """

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        logits: bool = True,
    ):
        found = score_and_function(score, eval_fun)
        targets = as_extractors(target_extractor, model)
        self.objectives = [Objective(model, found, target, eval_fun, logits) for target in targets]
        for objective in self.objectives:
            objective.check()
        self._has_list = isinstance(target_extractor, (list, tuple))
        self.traces = Traces(model, (eval_fun, *found.parts()), self)

    def together(self) -> Attribution | None:
        """Make the method that attributes all of several targets in one pass; None where there is none."""
        return None

    @checks_keywords
    def compute(
        self,
        x: Any,
        y: Any = None,
        M: int = 1,
        noise_sampler: Noise = None,
        train: Train = False,
        batch_size: int | None = None,
        seed: int = 0,
        first_example: int = 0,
        show_progress: bool = False,
    ) -> Any:
        """Compute the saliency of every sample.

        Args:
            x: N examples, in whatever `model.predict` takes: array, tensor (sparse and ragged ones too), list/tuple/dict of them,
                pandas frame or columns, `tf.data.Dataset` or Keras `PyDataset`. Columns (N,) for an input of (N, 1) give a
                saliency of (N, 1), the model's shape; of several widths maps are padded with 0 at the end to the widest.
            y: what `score` or `eval_fun` needs of each example (labels).
            M: how many samples.
            noise_sampler: noise on the target (SmoothGrad), e.g. `GaussianNoiseSampler()`; for a list of targets also a list
                with one, or None, for each.
            train: True for Monte-Carlo dropout (BayesGrad) in the layers `fit` would make random; {layer: rate} to put
                dropout behind layers instead.
            batch_size: the most rows (samples × examples) of a model call; None chooses.
            seed: all noise and dropout is a function of (seed, m, n), n = position in x + `first_example`.
            first_example: position of the first example of x in a larger set.
            show_progress: show a progress bar.

        Returns:
            float32 array (M, N, *target), with score="all" (M, N, classes, *target); a list of them for a list of targets.

        Raises:
            ValueError: before any work, for what cannot mean anything; see the messages.
        """
        sampling = Sampling(M, noise_sampler, train, batch_size, seed, first_example, show_progress)
        found = [answer.folded.values for answer in self._answers(x, y, sampling, Stack)]
        return found if self._has_list else found[0]

    @checks_keywords
    def aggregate(
        self,
        samples: ArrayLike,
        method: Method = "raw",
        ch_axis: int | Sequence[int] | None = None,
        ch_reduce: str = "sum",
        like: Saliency | None = None,
    ) -> Saliency:
        """Fold samples into one map: element → channels → mean over samples.

        Args:
            samples: (M, N, ...), from `compute`.
            method: "raw" s, "abs" |s|, "square" s², a function of an element; "mean_abs" |mean over M|; "var", "std" over M; or
                a `Fold` with a statistic of one's own.
            ch_axis: axes of (M, N, ...) that hold channels; negative counts from the end; 0 and 1 are refused.
            ch_reduce: "sum", "max", "mean" or "l2" over the channels.
            like: a result of the same examples, from `explain`, whose inputs, names, predictions, labels and kind this one takes.

        Returns:
            `Saliency` of (N, ...) without the channels.
        """
        return aggregated(self, np.asarray(samples, "float32"), Moments(method, ch_axis, ch_reduce), like)

    @overload
    def explain(
        self,
        x: Any,
        y: Any = ...,
        M: int | None = ...,
        noise_sampler: Noise = ...,
        train: Train = ...,
        method: Method = ...,
        ch_axis: int | Sequence[int] | None = ...,
        ch_reduce: str = ...,
        batch_size: int | None = ...,
        seed: int = ...,
        first_example: int = ...,
        show_progress: bool = ...,
        target_error: float | None = ...,
        max_samples: int = ...,
        *,
        feature_names: Sequence[str] | None = ...,
        class_names: Sequence[str] | None = ...,
        tokens: Tokens = ...,
        smiles: Sequence[str] | None = ...,
        kind: str | None = ...,
    ) -> Saliency: ...

    @overload
    def explain(
        self,
        x: Any,
        y: Any = ...,
        M: int | None = ...,
        noise_sampler: Noise = ...,
        train: Train = ...,
        *,
        method: list[Any] | tuple[Any, ...],
        ch_axis: int | Sequence[int] | None = ...,
        ch_reduce: str = ...,
        batch_size: int | None = ...,
        seed: int = ...,
        first_example: int = ...,
        show_progress: bool = ...,
        target_error: float | None = ...,
        max_samples: int = ...,
        feature_names: Sequence[str] | None = ...,
        class_names: Sequence[str] | None = ...,
        tokens: Tokens = ...,
        smiles: Sequence[str] | None = ...,
        kind: str | None = ...,
    ) -> list[Any]: ...

    @checks_keywords
    def explain(
        self,
        x: Any,
        y: Any = None,
        M: int | None = None,
        noise_sampler: Noise = None,
        train: Train = False,
        method: Any = "raw",
        ch_axis: int | Sequence[int] | None = None,
        ch_reduce: str = "sum",
        batch_size: int | None = None,
        seed: int = 0,
        first_example: int = 0,
        show_progress: bool = False,
        target_error: float | None = None,
        max_samples: int = 4096,
        *,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        tokens: Tokens = None,
        smiles: Sequence[str] | None = None,
        kind: str | None = None,
        **unknown: Any,
    ) -> Any:
        """Compute saliency and fold it: `aggregate(compute(...))` with memory that does not grow with M; arguments as there.

        Args:
            x: N examples; see `compute`.
            y: what `score` or `eval_fun` needs of each example.
            M: how many samples; None is 1 where nothing is random, else 30.
            noise_sampler: noise on the target.
            train: Monte-Carlo dropout.
            method: see `aggregate`; a list of methods for a list of results, of the same samples.
            ch_axis: see `aggregate`.
            ch_reduce: see `aggregate`.
            batch_size: the most rows of a model call.
            seed: of noise and dropout.
            first_example: position of the first example of x in a larger set.
            show_progress: show a progress bar.
            target_error: in place of M: samples are drawn until the map of each example is this close to that of endless
                samples (relative L2 of its standard error), e.g. 0.05; examples that are done stop early.
            max_samples: the most that `target_error` may take.
            feature_names: of the features that the map has at its last axis; of a frame, its columns.
            class_names: of all classes, in the order of the outputs; two for one unit that is a classifier.
            tokens: the words of each text, None for padding; those of a `TextVectorization` in the model are found.
            smiles: the SMILES of each molecule, whose atoms are in the order of the string; see `kerasal.molecules.to_graphs`.
            kind: "image", "table", "text", "series", "video", "volume", "molecule" or "numbers", as which the result is drawn; None finds it.
            **unknown: refused, with the keyword that is meant.

        Returns:
            `Saliency`: values (N, ...), their standard deviation over samples, the scores at the clean input, the M used; a list
            for a list of targets, or of methods.

        Warns:
            UserWarning: where `target_error` is not reached, or a chosen M leaves a relative error above 0.2.
        """
        refuse(unknown, keywords_of(type(self)).arguments, "explain")
        told = Told(x, feature_names, class_names, tokens, kind, smiles).checked()
        sampling = Sampling(
            M, noise_sampler, train, batch_size, seed, first_example, show_progress, target_error, max_samples
        )
        make_fold = functools.partial(fold_of, method, ch_axis, ch_reduce, stratified=sampling.is_stratified)
        if target_error is not None:
            make_fold().check_error()
        answers = self._answers(x, y, sampling, make_fold)
        found = [saliency_of(answer, make_fold(), sampling, told) for answer in answers]
        explained = found if self._has_list else found[0]
        warn_of_errors(explained, target_error, max_samples, of_gradients=self.traits.needs_gradient)
        return explained

    def _answers(self, x: Any, y: Any, sampling: Sampling, make_fold: Callable[[], Any]) -> list[Answer]:
        """The outcome of a call for each target: from one pass, of all moved together, or of one after the other."""
        warn_of_order(x)
        targets, several = tuple(objective.target for objective in self.objectives), len(self.objectives) > 1
        alone = sampling.of_targets(len(targets), is_list=self._has_list)[0]
        together = self.together() if several and sampling.noise_sampler is None else None
        if together is None and not (several and self.traits.is_joint):
            if several and sampling.noise_sampler is not None:
                raise ValueError(
                    "Noise moves several targets together, for gradients and integrated gradients. Received: noise_sampler and "
                    f"{len(targets)} targets of a {type(self).__name__}. Explain each alone, or leave the noise out."
                )
            return [self._answer(objective, self, x, y, alone, lambda _: make_fold()) for objective in self.objectives]
        first, folds = self.objectives[0], [make_fold() for _ in targets]
        if together is not None:
            first = first.moved_to(InputExtractor(0))
            whole = self._answer(first, together, x, y, sampling, lambda _: PerTarget(folds))
            parts = [whole.folded.of_target(place) for place in range(len(targets))]
        else:
            first = first.moved_to(JointTarget(targets))
            whole = self._answer(first, self, x, y, sampling, lambda target: Parts(folds, target))
            joint = whole.session.objective.target
            folded = dataclasses.replace(whole.folded, rank=Parts(folds, joint).each(whole.folded.rank))
            parts = [folded.of_target(joint.place_of(target)) for target in targets]
        return [whole._replace(objective=own, folded=part) for own, part in zip(self.objectives, parts, strict=True)]

    def _answer(
        self, objective: Objective, method: Any, x: Any, y: Any, sampling: Sampling, fold_on: Callable[[Any], Any]
    ) -> Answer:
        """The outcome of a call for one target, which may be of several parts; `fold_on` makes the fold of its samples."""
        of_widths, parts = list[Session](), list[Folded]()
        for session in sessions(objective, method, self.traces, x, y, sampling):
            fold = fold_on(session.objective.target)
            of_widths.append(session)
            parts.append(method.fold(session, fold))
        folded = of_widths[0].finish(Folded.padded(parts, fold.example_axis), fold)
        return Answer(self, objective, of_widths[0], folded)
