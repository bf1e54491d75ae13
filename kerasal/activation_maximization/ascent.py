"""The compiled loop of the ascent: every image, some steps a call."""

import keras
import tensorflow as tf

from kerasal._engine.forward import Asked
from kerasal._keyed_random import Rows
from kerasal._network.gradients import Recording, no_gradient
from kerasal._network.graphs import traced, variables_at_stake
from kerasal._network.randomness import Randomness, always_random
from kerasal.activation_maximization.transforms import apply_all


class Ascent:
    """The compiled loop for some images.

    Args:
        settings: an `ActivationMaximizer`, for what is optimised and how.
        forward: the `Forward` to evaluate.
        climber: a `Climber`, which holds the parameters.
        shape: of the images, (N, ...).
        specs: `TensorSpec`s of (inputs, y).

    Attributes:
        names: of what `run` tells for every step.
        notes: score_name.
    """

    def __init__(self, settings, forward, climber, shape, specs):
        self._settings, self._forward, self._climber, self._shape = settings, forward, climber, shape
        self.names = ("score", *(_name(penalty) for penalty in settings.regularizers))
        self.notes: dict = {}
        self._randomness = Randomness(always_random(forward.model))
        integer = tf.TensorSpec([], tf.int64)
        key = tf.TensorSpec([1], tf.uint64)
        self.run = traced(forward.model, self._run, *specs, key, integer, integer, integer)
        self.look = traced(forward.model, self._look, tf.TensorSpec(shape, tf.float32), *specs)

    def begin(self, parameters):
        """Start anew from parameters; the images (N, ...) that they are."""
        self._climber.restart(parameters)
        return self._images()

    def _run(self, inputs, y, key, first, start, stop):
        """Steps `start` to `stop`.

        Returns:
            (images (N, ...) after the last step, what was found at each step, (steps, names, N)).
        """
        found = tf.TensorArray(
            tf.float32, tf.cast(stop - start, tf.int32), element_shape=[len(self.names), self._shape[0]]
        )

        def step(t, found):
            rows = Rows(key, t[None], first, tf.constant(self._shape[0]))
            return t + 1, found.write(tf.cast(t - start, tf.int32), self._step(inputs, y, rows))

        _, found = tf.while_loop(lambda t, _: t < stop, step, (start, found), parallel_iterations=1)
        return self._images(), found.stack()

    def _step(self, inputs, y, rows):
        settings, parameters = self._settings, self._climber.parameters
        if settings.transform_image:
            moved = apply_all(tf.convert_to_tensor(parameters), settings.transforms, rows)
            parameters.assign(settings.parameterization.kept(tf.ensure_shape(moved, self._shape), settings.input_range))
        here = tf.identity(tf.convert_to_tensor(parameters))
        with Recording(self._forward.model, settings.relu_rule) as climbed:
            seen = self._seen(self._images(climbed.points(here)), rows)
            scores = climbed.result(self._scores(seen, inputs, y, rows))
        uphill = climbed.gradients()[0]
        if uphill is None:
            raise ValueError(no_gradient(self._forward.objective.target))
        costs: list = []
        with Recording() as penalized:
            penalized.result(self._total(self._images(penalized.points(here)), costs))
        downhill = penalized.gradients()[0]
        uphill -= 0.0 if downhill is None else downhill
        if settings.normalize_gradient:
            uphill = tf.math.l2_normalize(uphill, list(range(1, uphill.shape.rank)))
        with tf.control_dependencies([here]):
            self._climber.move(uphill)
            parameters.assign(settings.parameterization.kept(tf.convert_to_tensor(parameters), settings.input_range))
        return tf.stack([scores, *costs])

    def _look(self, images, inputs, y):
        """The score of images as they are, (N,)."""
        return self._scores(images, inputs, y, Rows.plain([images]))

    def _images(self, parameters=None):
        parameters = tf.convert_to_tensor(self._climber.parameters) if parameters is None else parameters
        images = self._settings.parameterization.images(parameters, self._shape, self._settings.input_range)
        return tf.ensure_shape(images, self._shape)

    def _scores(self, points, inputs, y, rows):
        scored = self._forward.score_at(Asked(inputs, y), points, self._randomness, rows)
        self.notes["score_name"] = scored.name
        return tf.ensure_shape(scored.values, [self._shape[0]])

    def _seen(self, images, rows):
        """Images as they go into the network, after the transforms."""
        return images if self._settings.transform_image else apply_all(images, self._settings.transforms, rows)

    def _total(self, images, costs):
        """What all regularizers take off the score of every image, (N,); what each costs, unweighted, goes into `costs`."""
        weights = self._settings.regularizers
        costs += [self._cost(penalty, images) for penalty in weights]
        return tf.add_n(
            [weight * cost for weight, cost in zip(weights.values(), costs)] or [tf.zeros([self._shape[0]])]
        )

    def _cost(self, penalty, images):
        cost = penalty(images)
        if not tf.is_tensor(cost) or tuple(cost.shape) != (self._shape[0],):
            raise ValueError(
                f"A regularizer gives one number per image, shape ({self._shape[0]},). Received: {cost!r} from {penalty!r}. "
                "Reduce every axis but the first."
            )
        return cost


def at_stake(*compiled):
    """What running compiled functions may change of variables that nobody trains."""
    return [v for function in compiled for v in variables_at_stake(function.graph) if not v.trainable]


def _name(penalty):
    return getattr(penalty, "__name__", None) or repr(penalty)


class Climber:
    """The parameters of some images and a copy of an optimizer that moves them uphill.

    Args:
        optimizer: any Keras optimizer, also one of tensorflow-addons.
        shape: of the parameters.

    Attributes:
        parameters: the variable.
    """

    def __init__(self, optimizer, shape):
        self._optimizer = type(optimizer).from_config(optimizer.get_config())
        make = getattr(keras, "Variable", tf.Variable)
        self.parameters = make(tf.zeros(shape), name="parameters")
        if hasattr(self._optimizer, "build"):
            self._optimizer.build([self.parameters])
        else:
            self._optimizer._create_all_weights([self.parameters])
        self._fresh = [(variable, variable.numpy()) for variable in self._state()]

    def restart(self, parameters):
        """Begin anew from parameters, with what the optimizer remembers as it was at first."""
        for variable, value in self._fresh:
            variable.assign(value)
        self.parameters.assign(parameters)

    def move(self, uphill):
        """One step along the direction `uphill`; the optimizer is told its opposite, since it descends."""
        self._optimizer.apply_gradients([(-uphill, self.parameters)])

    def _state(self):
        variables = self._optimizer.variables
        unlisted = [
            value for value in vars(self._optimizer).values() if isinstance(value, tf.Variable)
        ]  # Nadam of Keras 2
        return [*(variables() if callable(variables) else variables), *unlisted]


def check_optimizer(optimizer):
    """TypeError for what is no optimizer."""
    if not all(hasattr(optimizer, name) for name in ("apply_gradients", "get_config", "variables")):
        raise TypeError(
            f"optimizer is a Keras optimizer. Received: {optimizer!r}. Give e.g. keras.optimizers.Adam(0.05), or None."
        )
    return optimizer
