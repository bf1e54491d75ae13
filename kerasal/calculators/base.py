"""What every calculator shares: its public calls, and how its arguments become one compiled loop."""

import numpy as np
import tensorflow as tf

from kerasal import scores
from kerasal.data import Blocks
from kerasal.engine import Loop
from kerasal.extractors import InputExtractor, LayerExtractor
from kerasal.forward import Forward
from kerasal.inputs import Inputs, check_model_is_ready
from kerasal.reducers import Moments, Stack
from kerasal.runner import Runner
from kerasal.saliency import Saliency
from kerasal.sampling import Sampling
from kerasal.train_mode import randomness_of


class Calculator:
    """Saliency of a score with respect to a target. A subclass gives the `attribution` of one point.

    Args:
        model: a Keras model: functional, Sequential, subclassed, nested; nothing is left on it.
        score: the number per example that is differentiated: None for the class predicted at the clean input, a class, one
            class per example, `scores.Label()`, `scores.Loss()`, `scores.Unit(...)`, `scores.Margin(...)`, a function of the
            outputs that returns (N,), or {"output name": score}.
        target_extractor: with respect to what: an `InputExtractor` or `LayerExtractor`; None for the first input.
        eval_fun: `eval_fun(*inputs)`, with y `eval_fun(*inputs, y)`, calls the model itself and returns one number per row;
            in place of `score`.
        logits: whether the logit behind a softmax or sigmoid output is scored instead of the probability.

    Raises:
        TypeError: if the model is not a Keras model, or of `tf_keras`.
        ValueError: if the model is not built, is a stateful RNN, or a layer is unknown or ambiguous.
    """

    accepts_sums = False  # whether an eval_fun may return a sum over rows

    def __init__(self, model, score=None, target_extractor=None, eval_fun=None, logits=True):
        check_model_is_ready(model)
        if eval_fun is not None and (score is not None or not callable(eval_fun)):
            raise ValueError(
                f"eval_fun is a function of the inputs, given in place of score. Received: eval_fun={eval_fun!r}, "
                f"score={score!r}. Give one of the two."
            )
        if target_extractor is not None and not isinstance(target_extractor, (InputExtractor, LayerExtractor)):
            raise TypeError(
                f"target_extractor is an InputExtractor, a LayerExtractor or None. Received: {target_extractor!r}. Use "
                "LayerExtractor('layer name')."
            )
        self.model, self.score, self.eval_fun, self.logits = model, scores.resolve(score), eval_fun, logits
        self.target = InputExtractor(0) if target_extractor is None else target_extractor
        for extractor in [self.target, *(part.extractor for part in self.score.parts())]:
            if isinstance(extractor, LayerExtractor):
                extractor.find(model)
        self._known = {}

    def attribution(self, score, target):
        """Saliency of one point.

        Args:
            score: `score(points)` and `score.gradient(points)`, see `kerasal.engine.BoundScore`.
            target: (R, ...), R = samples × examples.

        Returns:
            (R, ...), of the target's shape.
        """
        raise NotImplementedError

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
            float32 array (M, N, *target).

        Raises:
            ValueError: before any work, for what cannot mean anything; see the messages.
        """
        sampling = Sampling(M, noise_sampler, train, batch_size, seed, first_example, show_progress)
        return self._run(x, y, sampling, Stack())[0]

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
        values, std = fold.of_samples(samples)
        return self._saliency(values, std, fold, samples.ndim - 1, {"M": len(samples)})

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
    ):
        """`aggregate(compute(...))` with memory that does not grow with M; arguments as there.

        Args:
            M: how many samples; None is 1 where nothing is random, else 30.

        Returns:
            `Saliency`: values (N, ...), their standard deviation over samples, the scores at the clean input.
        """
        fold = Moments(method, ch_axis, ch_reduce)
        sampling = Sampling(M, noise_sampler, train, batch_size, seed, first_example, show_progress)
        values, std, found, sampling, notes, unpaired = self._run(x, y, sampling, fold)
        about = {**sampling.describe(), "score": notes["score_name"]}
        return self._saliency(values, std, fold, notes["rank"], about, found, unpaired)

    def _run(self, x, y, sampling, fold):
        blocks = Blocks(x, y)
        self.score.check_count(blocks.total)
        inputs = Inputs(self.model, self.target, self.score, self.eval_fun, *blocks.first())
        forward = Forward(self.model, self.score, self.target, inputs, self.eval_fun, self.logits, self.accepts_sums)
        randomness = self._once(
            ("randomness", repr(sampling.train), inputs.key),
            lambda: randomness_of(self.model, sampling.train, forward, inputs),
        )
        sampling = sampling.with_samples(randomness)
        runner = self._runner(inputs, forward, randomness, sampling, fold)
        values, std, found = runner.run(blocks, inputs, sampling)
        return values, std, found, sampling, runner.loop.notes, [layer.name for layer in randomness.unpaired]

    def _runner(self, inputs, forward, randomness, sampling, fold):
        rank = self._once(("rank", inputs.key), lambda: inputs.rank(forward))
        fold.check(rank + 1, sampling.M)

        def trace():
            if self.eval_fun is not None and self.accepts_sums:
                inputs.check_sum(forward)
            state = tf.nest.map_structure(
                lambda part: tf.TensorSpec([None] * np.ndim(part), tf.float32), fold.init(rank)
            )
            specs = (*inputs.specs, tf.TensorSpec(sampling.scale.shape, tf.float32), state)
            return Runner(Loop(self.attribution, forward, randomness, sampling.noise_sampler, fold, rank, specs))

        return self._once(("loop", inputs.key, randomness.key, sampling.noise_key, fold.key), trace)

    def _once(self, key, make):
        """What `make` gives, kept as long as the model has the same variables; what the key names is kept alive with it."""
        variables = tuple(self.model.variables)
        key = (*key, tuple(map(id, variables)))
        if key not in self._known:
            self._known[key] = make(), variables
        return self._known[key][0]

    def _saliency(self, values, std, fold, rank, about, found=None, unpaired=()):
        recipe = {
            "calculator": type(self).__name__,
            "model": self.model.name,
            "target": repr(self.target),
            "method": fold.name,
            "ch_axis": None if fold.ch_axis is None else np.atleast_1d(fold.ch_axis).tolist(),
            "ch_reduce": fold.ch_reduce,
            **about,
        }
        name = about.get("score", "")
        return Saliency(values, std, about["M"], found, name, fold.axes(rank), recipe=recipe, unpaired=tuple(unpaired))
