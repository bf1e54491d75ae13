"""Feature visualization: gradient ascent on the input."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._engine.blocks import Blocks
from kerasal._engine.copies import CopiedWithItsModel
from kerasal._engine.forward import Forward
from kerasal._engine.inputs import Inputs
from kerasal._engine.label_warnings import warn_of_unused_y
from kerasal._engine.objective import Objective
from kerasal._engine.pace import CallPace, Progress
from kerasal._engine.real_targets import advised, check_real
from kerasal._engine.sampling import check_count
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._keyed_random import Rows, key_of
from kerasal._network.assertions import error_of
from kerasal._network.backward.relu import checked_rule
from kerasal._network.checks import check_model_is_ready
from kerasal._network.graphs import traced, unchanged
from kerasal._network.randomness import Randomness
from kerasal._network.targets import InputExtractor, LayerExtractor
from kerasal._tree import as_key
from kerasal._vocabulary import checks_keywords
from kerasal.activation_maximization.ascent import Ascent, AscentSettings, at_stake
from kerasal.activation_maximization.callbacks import Callback, CallbackList, Moment
from kerasal.activation_maximization.checks import (
    check_losses,
    check_parts,
    checked_range,
    checked_score,
    empty_images,
    image_count,
    listed_settings,
)
from kerasal.activation_maximization.parameter_optimizer import ParameterOptimizer, check_optimizer
from kerasal.activation_maximization.parameterizations import Parameterization, Pixels
from kerasal.activation_maximization.result import OptimizedInputs
from kerasal.activation_maximization.transforms import build_layers


class _Start(NamedTuple):
    """An ascent set to its start.

    Attributes:
        ascent: the compiled loop.
        images: to start from, (N, ...).
        arguments: flat tensors of the other inputs and of y.
        draws: key of the draws and position of the first image.
    """

    ascent: Ascent
    images: tf.Tensor
    arguments: list[tf.Tensor]
    draws: tuple[tf.Tensor, tf.Tensor]


@checks_keywords
class ActivationMaximizer(FixedOnceUsed, CopiedWithItsModel):
    """Inputs that a score is largest for, by gradient ascent from noise (Erhan et al. 2009); many at once, one image each.

    Args:
        model: a Keras model; nothing is left on it.
        score: a class, `scores.Unit("layer", channel)`, `scores.Unit("layer", channel, position=(row, column))` for one
            neuron, any score or function of the outputs, for all images; or a list with one of these for each image.
        input_range: (low, high) of the model's input, enforced at every step; None for an input without limits.
        optimizer: any Keras optimizer (a copy of it is used); None for Adam.
        regularizers: {function: weight}: functions of images (N, ...) giving (N,), taken off the score: `TotalVariation()`,
            `LPNorm()`, …, or any.
        transforms: changes of the images on their way to the network: `Jitter()`, `Rotate()`, `Scale()`, `Blur()`, Keras
            layers, any functions of images.
        transform_image: True: transforms move the image itself, at the beginning of every step.
        parameterization: `Pixels()` or `Fourier()`, the numbers that are optimised.
        normalize_gradient: give the gradient of each image length 1 before the optimizer sees it.
        steps: number of steps.
        target_extractor: the input to optimise, or a layer whose output is optimised in place of an input.
        relu_rule: "guided" or "rectified", see `GradientCalculator`.
        logits: score the logit behind a softmax or sigmoid output, not the probability.

    Raises:
        ValueError: settings that do not fit together, or a layer that does not exist.
        TypeError: settings of another kind.

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
        model: keras.Model,
        score: Any,
        input_range: ArrayLike | None,
        *,
        optimizer: Any = None,
        regularizers: Mapping[Callable[[tf.Tensor], tf.Tensor], float] | None = None,
        transforms: Sequence[Any] = (),
        transform_image: bool = False,
        parameterization: Parameterization | None = None,
        normalize_gradient: bool = True,
        steps: int = 200,
        target_extractor: InputExtractor | LayerExtractor | None = None,
        relu_rule: str | None = None,
        logits: bool = True,
    ):
        check_model_is_ready(model)
        self.model, self.score, self.logits = model, checked_score(score), logits
        self.target = InputExtractor(0) if target_extractor is None else target_extractor
        self.parameterization = Pixels() if parameterization is None else parameterization
        self.regularizers, self.transforms = listed_settings(regularizers, transforms)
        self.transform_image, self.steps, self.input_range = transform_image, steps, checked_range(input_range)
        self.normalize_gradient, self.relu_rule = normalize_gradient, relu_rule
        check_parts(self)
        self.objective = Objective(model, self.score, self.target, None, logits)
        self.objective.check()
        if optimizer is None:
            optimizer = keras.optimizers.Adam(self.parameterization.learning_rate(self.input_range))
        self.optimizer = check_optimizer(optimizer)
        checked_rule(relu_rule)
        self.traces = Traces(model, self.score.parts(), self)

    @checks_keywords
    def maximize(
        self,
        x: Any = None,
        y: Any = None,
        count: int | None = None,
        seed: int = 0,
        first_example: int = 0,
        callbacks: Callback | Sequence[Callback] = (),
        show_progress: bool = False,  # noqa: FBT001, FBT002 (a position since 0.1)
    ) -> OptimizedInputs:
        """Optimise images.

        Args:
            x: images to start from (N, ...), with every other input of the model; None to start from noise.
            y: labels and the like, where the score needs them of each image.
            count: number of images of a score that is one for all (1).
            seed: draws are a function of (seed, step, n), n = position of the image + `first_example`.
            first_example: position of the first image in a larger set.
            callbacks: functions of a `Moment`, called every `callback.every` steps (1) and after the last; True stops.
            show_progress: show a progress bar. Ctrl-C ends the ascent; what there is by then is given back.

        Returns:
            `OptimizedInputs`: images (N, ...), scores (N,), history.

        Raises:
            ValueError: for what cannot mean anything; see the messages.
            TypeError: callbacks of another kind.
        """
        check_count("seed", seed)
        check_count("first_example", first_example)
        called = CallbackList(callbacks)
        start = self._start(x, y, count, seed, first_example)
        ascent, progress = start.ascent, Progress(self.steps, "step", shown=show_progress)
        with unchanged(at_stake(ascent.advance, ascent.score)):
            images, losses = self._climb(start, called, progress)
            progress.close()
            scores = ascent.score(images, *start.arguments).numpy()
        found = np.concatenate([np.zeros([0, len(ascent.names), len(images)], "float32"), *losses])
        history = {name: found[:, position] for position, name in enumerate(ascent.names)}
        return OptimizedInputs(images.numpy(), scores, ascent.score_name, history, self.input_range)

    def _climb(self, start: _Start, callbacks: CallbackList, progress: Progress) -> tuple[tf.Tensor, list[np.ndarray]]:
        """Make the steps; returns the images after the last, and what was found at each, (steps of a call, names, N)."""
        ascent, images, losses = start.ascent, start.images, list[np.ndarray]()
        pace, step, is_stopped = CallPace(), 0, False
        try:
            while step < self.steps and not is_stopped:
                stop, began = min(callbacks.next_step(step, self.steps), step + pace.steps()), time.perf_counter()
                steps = tf.constant(step, tf.int64), tf.constant(stop, tf.int64)
                reached, found = ascent.advance(*start.arguments, *start.draws, *steps)
                images, losses = reached, [*losses, check_losses(found.numpy(), step)]
                pace.learn(time.perf_counter() - began, stop - step)
                progress.add(stop - step)
                step = stop
                last_losses = dict(zip(ascent.names, losses[-1][-1], strict=True))
                moment = Moment(step, images.numpy(), last_losses, self.input_range)
                is_stopped = callbacks.call(moment, is_last=step >= self.steps)
        except KeyboardInterrupt:
            warnings.warn(
                f"Interrupted: {step} of {self.steps} steps were made; the result is what there was then.", stacklevel=3
            )
        except tf.errors.InvalidArgumentError as error:
            raise error_of(error) from None
        finally:
            callbacks.close()
        return images, losses

    def _start(self, x: Any, y: Any, count: int | None, seed: int, first_example: int) -> _Start:
        """Check and convert what was given, and trace the loop where it is not traced yet."""
        given, limits = x is not None, self.input_range
        count = image_count(self.score, count, Blocks(x, model=self.model).total if given else None)
        blocks = Blocks(x if given else empty_images(self.model, count, limits), y, self.model)
        block = blocks.first()
        inputs = Inputs(self.objective, blocks.structure, block)
        inputs.check(block)
        warn_of_unused_y(self.objective, inputs, y)
        arguments = tf.nest.map_structure(tf.convert_to_tensor, inputs.convert(block))
        forward = Forward(self.objective, inputs)
        check_real(forward)
        images = self._values_of_target(forward, arguments)
        with advised(forward):
            ascent = self.traces.of_now().once(
                ("ascent", inputs.key, tuple(images.shape), as_key(self.optimizer.get_config())),
                lambda: self._traced(forward, images, inputs),
            )
        key, first = tf.constant(key_of(seed)), tf.constant(int(first_example), tf.int64)
        if given:
            parameters = self.parameterization.of(images, limits)
        else:
            rows = Rows(key, tf.zeros([1], tf.int64), first, count)
            parameters = self.parameterization.start(rows, tuple(images.shape), limits)
        return _Start(ascent, ascent.start_from(parameters), tf.nest.flatten(arguments), (key, first))

    def _traced(self, forward: Forward, images: tf.Tensor, inputs: Inputs) -> Ascent:
        """Trace the loop for images of a shape."""
        settings = AscentSettings(
            parameterization=self.parameterization,
            regularizers=self.regularizers,
            transforms=self.transforms,
            transform_image=self.transform_image,
            input_range=self.input_range,
            normalize_gradient=self.normalize_gradient,
            relu_rule=self.relu_rule,
        )
        parameters = self.parameterization.of(images, self.input_range)
        optimizer = ParameterOptimizer(self.optimizer, parameters.shape)
        build_layers(self.transforms, images)
        return Ascent(settings, forward, optimizer, tuple(images.shape), inputs.specs)

    def _values_of_target(self, forward: Forward, arguments: Any) -> tf.Tensor:
        """Compute the target of x, (N, ...)."""
        inputs, y = arguments
        if not self.objective.at_layer:
            return tf.cast(inputs[forward.inputs.position], tf.float32)
        rows = Rows.plain(inputs)
        value = traced(self.model, lambda: tf.cast(forward.value(inputs, y, Randomness(), rows), tf.float32))
        with unchanged(at_stake(value)):
            return value()
