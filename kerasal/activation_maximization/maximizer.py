"""What a unit wants to see: gradient ascent on the input."""

import time

import keras
import numpy as np
import tensorflow as tf

from kerasal import scores
from kerasal._engine.blocks import Blocks
from kerasal._engine.forward import Forward
from kerasal._engine.inputs import Inputs
from kerasal._engine.objective import Objective
from kerasal._engine.pace import Progress
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._keyed_random import Rows, key_of
from kerasal._network.assertions import error_of
from kerasal._network.checks import check_model_is_ready
from kerasal._network.gradients import checked_rule
from kerasal._network.graphs import traced, unchanged
from kerasal._network.randomness import Randomness
from kerasal._network.targets import InputExtractor, LayerExtractor
from kerasal.activation_maximization.ascent import Ascent, Climber, at_stake, check_optimizer
from kerasal.activation_maximization.callbacks import Stride
from kerasal.activation_maximization.parameterizations import Fourier, Parameterization, Pixels
from kerasal.activation_maximization.result import OptimizedInputs
from kerasal.activation_maximization.transforms import Transform


def checked_score(score):
    """The `Score` meant; ValueError for one that needs an input to mean something."""
    found = scores.resolve(score)
    if found.choices or found.lists_classes:
        raise ValueError(
            "score says what the image is made for: a class, scores.Unit(...), a function of the outputs, or a list with one of "
            f"these per image. Received: score={score!r}. Give e.g. score=3, or score=list(range(10)) for ten classes."
        )
    return found


def checked_range(limits):
    """(low, high) as floats, or None."""
    if limits is None:
        return None
    numbers = np.asarray(limits, "float64")
    if numbers.shape != (2,) or not np.all(np.isfinite(numbers)) or not numbers[0] < numbers[1]:
        raise ValueError(
            f"input_range is (low, high) of the model's input, low < high, or None. Received: {limits!r}. Give e.g. (0, 1), "
            "(-1, 1) or (0, 255): what the model was trained on."
        )
    return float(numbers[0]), float(numbers[1])


def check_parts(maximizer):
    """Refuse settings of an `ActivationMaximizer` that do not fit together."""
    if not isinstance(maximizer.target, (InputExtractor, LayerExtractor)):
        raise TypeError(
            f"target_extractor is an InputExtractor, a LayerExtractor or None. Received: {maximizer.target!r}. Use "
            "LayerExtractor('layer name')."
        )
    if not isinstance(maximizer.parameterization, Parameterization):
        raise TypeError(
            f"parameterization is Pixels() or Fourier(). Received: {maximizer.parameterization!r}. Choose one."
        )
    for penalty, weight in maximizer.regularizers.items():
        number = isinstance(weight, (int, float, np.number)) and np.isfinite(weight)
        if not callable(penalty) or not number:
            raise TypeError(
                f"regularizers are {{function of images: weight}}. Received: {penalty!r}: {weight!r}. Give e.g. "
                "{TotalVariation(): 0.1}."
            )
    for transform in maximizer.transforms:
        if isinstance(transform, type) or not (callable(transform) or isinstance(transform, Transform)):
            raise TypeError(
                "transforms are Jitter(), Rotate(), Scale(), Blur(), Keras layers or functions of images. Received: "
                f"{transform!r}. Give objects, e.g. [Jitter(8)]."
            )
    if maximizer.transform_image and isinstance(maximizer.parameterization, Fourier):
        raise ValueError(
            "transform_image=True moves the pixels that are optimised. Received: parameterization=Fourier(...), which has none. "
            "Leave transform_image out: then transforms change what the network sees."
        )
    steps = maximizer.steps
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ValueError(f"steps is an integer above 0. Received: steps={steps!r}. Give e.g. 200.")


def images_asked(score, count, given):
    """How many images: as many as there are scores in a list, examples `given`, or `count`."""
    if count is not None and (isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1):
        raise ValueError(f"count is an integer above 0. Received: count={count!r}. Give e.g. 4.")
    listed = len(score.classes) if hasattr(score, "classes") else None
    known = {number for number in (listed, count, given) if number is not None}
    if len(known) > 1:
        raise ValueError(
            f"There is one image per score of a list and per example of x. Received: {listed} scores, count={count} and "
            f"{given} examples. Give as many, or one score for all."
        )
    return known.pop() if known else 1


def empty_images(model, count, limits):
    """Images to begin with where none are given, (count, ...) in the middle of their range."""
    shapes = getattr(model, "input_shape", None)
    if not isinstance(shapes, tuple) or None in shapes[1:] or any(isinstance(part, tuple) for part in shapes):
        raise ValueError(
            f"x=None needs a model with one input of a known size. Received: model '{model.name}', input_shape={shapes!r}. "
            "Give x, the images to start from (a list or dict with every input of the model)."
        )
    return np.full([count, *shapes[1:]], 0.0 if limits is None else sum(limits) / 2, "float32")


def layer_transform_built(transform, images):
    """Build a Keras layer that is a transform on images, so that it creates its variables before anything is traced."""
    if isinstance(transform, keras.layers.Layer):
        transform(images)


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
        self.objective = Objective(model, self.score, self.target, None, logits)
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
        progress = Progress(self.steps, "step", shown=show_progress)
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
        blocks = Blocks(x if given else empty_images(self.model, count, self.input_range), y)
        block = blocks.first()
        inputs = Inputs(self.objective, blocks.structure, block)
        inputs.check(block)
        forward = Forward(self.objective, inputs)
        flat = tf.nest.map_structure(tf.convert_to_tensor, inputs.convert(block))
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
        if not forward.objective.at_layer:
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
