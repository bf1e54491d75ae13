"""The compiled loop of the ascent: every image, some steps a call."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.forward import Asked, Forward
from kerasal._engine.inputs import Specs
from kerasal._keyed_random import Rows
from kerasal._network.backward.relu import relu_rules
from kerasal._network.gradients import NoGradient, Recording
from kerasal._network.graphs import traced, variables_at_stake
from kerasal._network.randomness import Randomness, always_random
from kerasal.activation_maximization.parameter_optimizer import ParameterOptimizer
from kerasal.activation_maximization.parameterizations import Parameterization, Range
from kerasal.activation_maximization.transforms import apply_all


@dataclasses.dataclass(frozen=True, eq=False)
class AscentSettings:
    """Settings of an `ActivationMaximizer` that its loop is compiled for; they are described there."""

    parameterization: Parameterization
    regularizers: Mapping[Callable[[tf.Tensor], tf.Tensor], float]
    transforms: Sequence[Any]
    transform_image: bool
    input_range: Range
    normalize_gradient: bool
    relu_rule: str | None


class _Uphill(NamedTuple):
    """Values at some parameters and the direction in which the penalized score grows.

    Attributes:
        losses: the score and what each regularizer costs, unweighted, (names, N).
        direction: of the shape of the parameters.
    """

    losses: tf.Tensor
    direction: tf.Tensor


class Ascent:
    """The compiled loop for some images.

    Args:
        settings: what is optimised, and how.
        forward: the `Forward` to evaluate.
        optimizer: holds the parameters.
        shape: of the images, (N, ...).
        specs: `TensorSpec`s of (inputs, y).

    Attributes:
        names: of the numbers that `advance` finds at every step.
        score_name: what was scored.
        advance: compiled function of (inputs, y, key, first example, first step, step after the last), all flat; gives the
            images (N, ...) after the last step, and the numbers found at each step, (steps, names, N).
        score: compiled function of (images, inputs, y), all flat; gives the score of images as they are, (N,).
    """

    def __init__(
        self,
        settings: AscentSettings,
        forward: Forward,
        optimizer: ParameterOptimizer,
        shape: tuple[int, ...],
        specs: Specs,
    ):
        self._settings, self._forward, self._optimizer, self._shape = settings, forward, optimizer, shape
        self.names = ("score", *(_name(penalty) for penalty in settings.regularizers))
        self.score_name = ""
        self._randomness = Randomness(always_random(forward.model))
        integer, key = tf.TensorSpec([], tf.int64), tf.TensorSpec([1], tf.uint64)
        self.advance = traced(forward.model, self._advance, *specs, key, integer, integer, integer)
        self.score = traced(forward.model, self._score, tf.TensorSpec(shape, tf.float32), *specs)

    def start_from(self, parameters: tf.Tensor) -> tf.Tensor:
        """Begin anew from parameters; returns the images (N, ...) that they stand for."""
        self._optimizer.restart(parameters)
        return self._images(tf.convert_to_tensor(self._optimizer.parameters))

    def _advance(self, inputs: Any, y: Any, key: Any, first: Any, start: Any, stop: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Make the steps from `start` to before `stop`, see `advance`."""
        found = tf.TensorArray(
            tf.float32, tf.cast(stop - start, tf.int32), element_shape=[len(self.names), self._shape[0]]
        )

        def step(t: tf.Tensor, found: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            rows = Rows(key, t[None], first, tf.constant(self._shape[0]))
            return t + 1, found.write(tf.cast(t - start, tf.int32), self._step(Asked(inputs, y), rows))

        _, found = tf.while_loop(lambda t, _: t < stop, step, (start, found), parallel_iterations=1)
        return self._images(tf.convert_to_tensor(self._optimizer.parameters)), found.stack()

    def _score(self, images: tf.Tensor, inputs: Any, y: Any) -> tf.Tensor:
        """Score images as they are, see `score`."""
        return self._scores(images, Asked(inputs, y), Rows.plain([images]))

    def _step(self, asked: Asked, rows: Rows) -> tf.Tensor:
        """Make one step; returns what was found before it, (names, N)."""
        if self._settings.transform_image:
            moved = apply_all(tf.convert_to_tensor(self._optimizer.parameters), self._settings.transforms, rows)
            self._assign(tf.ensure_shape(moved, self._shape))
        parameters = tf.identity(tf.convert_to_tensor(self._optimizer.parameters))
        losses, direction = self._uphill(parameters, asked, rows)
        if self._settings.normalize_gradient:
            direction = tf.math.l2_normalize(direction, list(range(1, direction.shape.rank)))
        with tf.control_dependencies([parameters]):
            self._optimizer.step(direction)
            self._assign(tf.convert_to_tensor(self._optimizer.parameters))
        return losses

    def _uphill(self, parameters: tf.Tensor, asked: Asked, rows: Rows) -> _Uphill:
        """Differentiate the score less what the regularizers cost."""
        with Recording(self._forward.model, relu_rules(self._settings.relu_rule)) as scoring:
            images = self._images(scoring.points(parameters))
            if not self._settings.transform_image:
                images = apply_all(images, self._settings.transforms, rows)
            scores = scoring.result(self._scores(images, asked, rows))
        direction = scoring.gradients()[0]
        if direction is None:
            raise NoGradient(self._forward.objective.target)
        if not self._settings.regularizers:
            return _Uphill(scores[None], direction)
        with Recording() as penalizing:
            costs = self._costs(self._images(penalizing.points(parameters)))
            weighted = zip(self._settings.regularizers.values(), costs, strict=True)
            penalizing.result(tf.add_n([weight * cost for weight, cost in weighted]))
        downhill = penalizing.gradients()[0]
        return _Uphill(tf.stack([scores, *costs]), direction if downhill is None else direction - downhill)

    def _assign(self, parameters: tf.Tensor) -> None:
        """Set the parameters, moved so that the images are in their range."""
        kept = self._settings.parameterization.kept(parameters, self._settings.input_range)
        self._optimizer.parameters.assign(kept)

    def _images(self, parameters: tf.Tensor) -> tf.Tensor:
        images = self._settings.parameterization.images(parameters, self._shape, self._settings.input_range)
        return tf.ensure_shape(images, self._shape)

    def _scores(self, images: tf.Tensor, asked: Asked, rows: Rows) -> tf.Tensor:
        scored = self._forward.score_at(asked, images, self._randomness, rows)
        self.score_name = scored.name
        return tf.ensure_shape(tf.cast(scored.values, tf.float32), [self._shape[0]])

    def _costs(self, images: tf.Tensor) -> list[tf.Tensor]:
        """List what each regularizer takes off the score of every image before its weight, (N,)."""
        costs = []
        for penalty in self._settings.regularizers:
            cost = penalty(images)
            if not tf.is_tensor(cost) or tuple(cost.shape) != (self._shape[0],):
                raise ValueError(
                    f"A regularizer gives one number per image, shape ({self._shape[0]},). Received: {cost!r} from {penalty!r}. "
                    "Reduce every axis but the first."
                )
            costs.append(cost)
        return costs


def at_stake(*compiled: Any) -> list[tf.Variable]:
    """List the variables that nobody trains and that running compiled functions may change."""
    return [v for function in compiled for v in variables_at_stake(function.graph) if not v.trainable]


def _name(penalty: Any) -> str:
    return getattr(penalty, "__name__", None) or repr(penalty)
