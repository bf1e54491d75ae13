"""What a unit wants to see: gradient ascent on the input."""

import time

import keras
import numpy as np
import tensorflow as tf

from kerasal.activation_maximization.ascent import Ascent, at_stake
from kerasal.activation_maximization.climber import Climber, check_optimizer
from kerasal.activation_maximization.parameterizations import Pixels
from kerasal.activation_maximization.result import OptimizedInputs
from kerasal.activation_maximization.settings import (
    check_parts,
    checked_range,
    checked_score,
    empty_images,
    images_asked,
    layer_transform_built,
)
from kerasal.activation_maximization.stride import Stride
from kerasal.checks import error_of
from kerasal.data import Blocks
from kerasal.differentiation import checked_rule
from kerasal.extractors import InputExtractor, LayerExtractor
from kerasal.forward import Forward
from kerasal.graph_facts import unchanged
from kerasal.inputs import Inputs
from kerasal.keyed_random import Rows, key_of
from kerasal.progress import Progress
from kerasal.randomness import Randomness
from kerasal.readiness import check_model_is_ready
from kerasal.running import FixedOnceUsed, Traces
from kerasal.tracing import traced


class ActivationMaximizer(FixedOnceUsed):
    """Inputs that a score is largest for, by gradient ascent from noise (Erhan et al. 2009); many at once, one image each.

    Args:
        model: a Keras model; nothing is left on it.
        score: a class, `scores.Unit("layer", channel)`, `scores.Unit("layer", channel, position=(row, column))` for one
            neuron, any score or function of the outputs, for all images; or a list with one of these for each image.
        input_range: (low, high) of the model's input, enforced at every step; None for an input without limits.
        optimizer: any Keras optimizer (a copy of it is used); None for Adam.
        regularizers: {function: weight}: functions of images (N, ...) giving (N,), taken off the score: `TotalVariation()`,
            `LPNorm()`, …, or any.
        transforms: what images go through on their way to the network: `Jitter()`, `Rotate()`, `Scale()`, `Blur()`, Keras
            layers, any functions of images.
        transform_image: whether transforms move the image itself, at the beginning of every step.
        parameterization: what is optimised: `Pixels()` or `Fourier()`.
        normalize_gradient: whether the gradient of each image is given length 1 before the optimizer sees it.
        steps: how many.
        target_extractor: the input to optimise, or a layer whose output is optimised in place of an input.
        relu_rule: "guided" or "rectified", see `GradientCalculator`.
        logits: whether the logit behind a softmax or sigmoid output is scored instead of the probability.

    Example:
        >>> import keras
        >>> from kerasal import ActivationMaximizer
        >>> body = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(3)]
        >>> model = keras.Sequential([keras.Input((8, 6, 1)), *body])
        >>> found = ActivationMaximizer(model, score=[0, 2], input_range=(0, 1), steps=20).maximize()
        >>> found.images.shape, bool((found.scores > found.history["score"][0]).all())
        ((2, 8, 6, 1), True)
    """

    def __init__(
        self,
        model,
        score,
        input_range,
        *,
        optimizer=None,
        regularizers=None,
        transforms=(),
        transform_image=False,
        parameterization=None,
        normalize_gradient=True,
        steps=200,
        target_extractor=None,
        relu_rule=None,
        logits=True,
    ):
        check_model_is_ready(model)
        self.model, self.score, self.logits = model, checked_score(score), logits
        self.target = InputExtractor(0) if target_extractor is None else target_extractor
        self.parameterization = Pixels() if parameterization is None else parameterization
        self.regularizers, self.transforms = dict(regularizers or {}), tuple(transforms)
        self.transform_image, self.steps, self.input_range = transform_image, steps, checked_range(input_range)
        check_parts(self)
        for extractor in [self.target, *(part.extractor for part in self.score.parts())]:
            if isinstance(extractor, LayerExtractor):
                extractor.find(model)
        if optimizer is None:
            optimizer = keras.optimizers.Adam(self.parameterization.learning_rate(self.input_range))
        self.optimizer = check_optimizer(optimizer)
        self.normalize_gradient, self.relu_rule = normalize_gradient, checked_rule(relu_rule)
        self.traces = Traces(model)

    def maximize(self, x=None, y=None, count=None, seed=0, first_example=0, callbacks=(), show_progress=False):
        """Climb.

        Args:
            x: images to start from (N, ...), with every other input of the model; None to start from noise.
            y: what the score needs of each image.
            count: how many images of a score that is one for all (1).
            seed: what is drawn is a function of (seed, step, n), n = position of the image + `first_example`.
            first_example: position of the first image in a larger set.
            callbacks: functions of a `Moment`, called every `callback.every` steps (1) and after the last; True stops.
            show_progress: show a progress bar. Ctrl-C ends the ascent; what there is by then is given back.

        Returns:
            `OptimizedInputs`: images (N, ...), scores (N,), history.

        Raises:
            ValueError: for what cannot mean anything; see the messages.
        """
        images, fixed, ascent = self._prepared(x, y, count, seed, first_example)
        key, first = tf.constant(key_of(seed)), tf.constant(int(first_example), tf.int64)
        stride, parts = Stride(self.steps, callbacks), list[np.ndarray]()
        progress = Progress(self.steps, "step", show_progress)
        with unchanged(at_stake(ascent.run, ascent.look)):
            try:
                while not stride.done:
                    at, stop, began = stride.at, stride.next(), time.perf_counter()
                    reached, found = ascent.run(
                        *fixed, key, first, tf.constant(at, tf.int64), tf.constant(stop, tf.int64)
                    )
                    images, parts = reached, [*parts, _finite(found.numpy(), at)]
                    stride.made(stop, time.perf_counter() - began)
                    progress.add(stop - at)
                    stride.tell(images.numpy(), dict(zip(ascent.names, parts[-1][-1])), self.input_range)
            except KeyboardInterrupt:
                stride.interrupted()
            except tf.errors.InvalidArgumentError as error:
                raise error_of(error) from None
            finally:
                stride.close()
            progress.close()
            reached_scores = ascent.look(images, *fixed).numpy()
        found = np.concatenate([np.zeros([0, len(ascent.names), len(images)], "float32"), *parts])
        history = {name: found[:, place] for place, name in enumerate(ascent.names)}
        return OptimizedInputs(images.numpy(), reached_scores, ascent.notes["score_name"], history, self.input_range)

    def _prepared(self, x, y, count, seed, first):
        """(images to start from, flat inputs and y, the `Ascent` set to them)."""
        count = images_asked(self.score, count, None if x is None else Blocks(x).total)
        given = x is not None
        x, y = Blocks(x if given else empty_images(self.model, count, self.input_range), y).first()
        inputs = Inputs(self.model, self.target, self.score, None, x, y)
        forward = Forward(self.model, self.score, self.target, inputs, None, self.logits)
        flat = tf.nest.map_structure(tf.convert_to_tensor, inputs(x, y, 0))
        images = self._targets(forward, inputs, flat)
        shape = tuple(images.shape)

        def trace():
            climber = Climber(self.optimizer, self.parameterization.of(images, self.input_range).shape)
            for transform in self.transforms:
                layer_transform_built(transform, images)
            return Ascent(self, forward, climber, shape, inputs.specs)

        ascent = self.traces.once(("ascent", inputs.key, shape), trace)
        rows = Rows(tf.constant(key_of(seed)), tf.zeros([1], tf.int64), tf.constant(int(first), tf.int64), count)
        limits = self.input_range
        start = self.parameterization.of(images, limits) if given else self.parameterization.start(rows, shape, limits)
        return ascent.begin(start), tf.nest.flatten(flat), ascent

    def _targets(self, forward, inputs, flat):
        """What x is at the target, (N, ...)."""
        if not forward.at_layer:
            return tf.cast(flat[0][inputs.position], tf.float32)
        rows = Rows.plain(flat[0])
        value = traced(self.model, lambda: forward.value(*flat, Randomness(), rows))
        with unchanged(at_stake(value)):
            return value()


def _finite(found, at):
    """What was found at some steps (S, names, N), after a look at it."""
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        step, _, image = bad[0]
        raise ValueError(
            f"The score and what is taken off it must be finite numbers. Received: NaN or Inf at step {at + step}, image {image}. "
            "Give an input_range, or a smaller learning rate."
        )
    return found
