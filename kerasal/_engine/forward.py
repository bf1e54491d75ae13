"""The score as a function of points at the target: how one call of the user's model is set up and what is taken from it."""

import copy

import tensorflow as tf

from kerasal._keyed_random import Rows
from kerasal._network.fused_normalization import fused_normalizations
from kerasal._network.graphs import ancestors, traced
from kerasal._network.interception import autographed
from kerasal._network.randomness import Randomness
from kerasal._network.submodel import never_called, reading, value_at
from kerasal._network.targets import InputExtractor, LayerExtractor
from kerasal.scores import Pass, one_per_row


class Forward:
    """The user's model, and what is asked of it.

    Args:
        model: the Keras model.
        score: a `Score`.
        target: an `InputExtractor` or a `LayerExtractor`.
        inputs: the `Inputs`: structure of x, position of the target, whether y is passed on.
        eval_fun: the user's function of the inputs (and y), or None.
        logits: whether logits are scored where there are any.
        takes_sums: whether `eval_fun` may return a scalar, the sum over rows.
    """

    def __init__(self, model, score, target, inputs, eval_fun=None, logits=True, takes_sums=False):
        self.model, self.score, self.target, self.eval_fun = model, score, target, eval_fun
        self.structure, self.position, self.with_y = inputs.structure, inputs.position, inputs.with_y
        self.logits, self.takes_sums = logits, takes_sums and eval_fun is not None
        self.at_layer = isinstance(target, LayerExtractor)

    def moved_to(self, layer):
        """The same with another target, a `LayerExtractor`."""
        moved = copy.copy(self)
        moved.target, moved.at_layer = layer, True
        return moved

    def run_model(self, inputs, y=None):
        """What the model (or `eval_fun`) returns for flat inputs, in inference mode."""
        x = tf.nest.pack_sequence_as(self.structure, inputs)
        if self.eval_fun is None:
            return self.model(x, training=False)
        arguments = list(x) if isinstance(x, (list, tuple)) else [x]
        return autographed(self.eval_fun)(*arguments, *([y] if self.with_y else []))

    def value(self, inputs, y, randomness, rows):
        """The target's own value for the rows, float32; what comes after it is pruned."""
        if not self.at_layer:
            return tf.cast(inputs[self.position], tf.float32)
        handlers = self._handlers(randomness, rows)
        value = value_at(self.model, self.target, lambda: self.run_model(inputs, y), handlers)
        if not tf.is_tensor(value) or not value.dtype.is_floating:
            raise ValueError(
                f"{self.target!r}: a target is one floating-point tensor. Received: {value!r}. Name a layer with one "
                "real-valued output."
            )
        return tf.cast(value, tf.float32)

    def score_at(self, points, inputs, y, chosen, decides, randomness, rows, probes):
        """The score with `points` in place of the target.

        Args:
            points, inputs, y: of the rows.
            chosen: what the score fixed before, (rows, choices).
            decides: whether it is to be fixed here instead, at the first point of each row.
            randomness, rows: which layers are random, and which samples and examples the rows are.
            probes: {layer: [handler]} of whoever wants to see more of the pass.

        Returns:
            (values, chosen, name): float32 (rows,), or a scalar from an `eval_fun` that sums over them; int32 (rows, classes
            fixed); what was scored.
        """
        handlers, inputs, met = self._with_points(points, inputs, randomness, rows, probes)
        extractors = [part.extractor for part in self.score.parts() if part.extractor is not None]
        outputs, values = reading(self.model, extractors, lambda: self.run_model(inputs, y), handlers)
        if self.at_layer and not met:
            raise never_called(self.target)
        if self.eval_fun is not None:
            is_sum = tf.is_tensor(outputs) and outputs.shape.rank == 0 and self.takes_sums
            values = outputs if is_sum else one_per_row(outputs, "eval_fun", rows.count)
            name = getattr(self.eval_fun, "__name__", "eval_fun")
            return tf.cast(values, tf.float32), chosen, name
        readings = {part: value for part, value in zip([p for p in self.score.parts() if p.extractor], values)}
        run = Pass(self.model, outputs, rows.count, y, None, readings, self.logits)
        run.chosen = chosen
        if self.score.choices and decides is not False:
            now = self.score.choose(run)
            if rows.points is not None:
                now = rows.per_point(now[: rows.boxed])
            run.chosen = now if decides is True else tf.where(decides, now, chosen)
        values, name = self.score.value(run)
        return values, run.chosen, name

    def read(self, points, inputs, y, extractor, randomness, rows):
        """What passes a layer with `points` in place of the target, float32 (rows, ...)."""
        handlers, inputs, _ = self._with_points(points, inputs, randomness, rows, {})
        return tf.cast(value_at(self.model, extractor, lambda: self.run_model(inputs, y), handlers), tf.float32)

    def _handlers(self, randomness, rows):
        """{layer: [handler]} of every pass: what draws, and innermost what is faster."""
        handlers = randomness.handlers(self.model, rows)
        for layer, shortcut in fused_normalizations(self.model).items():
            handlers.setdefault(layer, []).append(shortcut)
        return handlers

    def _with_points(self, points, inputs, randomness, rows, probes):
        """(handlers, inputs, list that gets an entry when the target's layer is met) of a pass with `points` as target."""
        handlers, inputs, met = self._handlers(randomness, rows), list(inputs), []
        for layer, chain in probes.items():
            before = handlers.get(layer, [])
            behind = int(layer in randomness.behind)  # dropout behind a layer stays outermost
            handlers[layer] = [*before[:behind], *chain, *before[behind:]]
        if self.at_layer:

            def supply(value):
                met.append(True)
                return tf.identity(tf.cast(points, self._dtype_of(value)))

            handlers.setdefault(self.target.find(self.model), []).insert(0, self.target.handler(supply))
        else:
            inputs[self.position] = tf.cast(points, inputs[self.position].dtype)
        return handlers, inputs, met

    def _dtype_of(self, value):
        """The dtype the layer would have handed on; what it computes is not used, and pruned."""
        layer = self.target.find(self.model)
        return layer.compute_dtype if self.target.timing == "post" else value().dtype


class Look:
    """A model and its inputs, to be looked at.

    Args:
        forward: the `Forward`.
        inputs: the `Inputs`.
    """

    def __init__(self, forward, inputs):
        self._forward, self._inputs = forward, inputs

    @property
    def integer_target(self):
        """Whether the target is an input of integers."""
        return self._inputs.integer_target

    def trace(self, handlers):
        """Trace one pass of the model, without running it, with interception handlers {layer: [handler]}.

        Returns:
            The operations that the score depends on.
        """
        forward, found = self._forward, []

        def trace(inputs, y):
            rows = Rows.plain(inputs)
            chosen = tf.zeros([rows.count, forward.score.choices], tf.int32)
            target = forward.value(inputs, y, Randomness(), rows)
            found.append(forward.score_at(target, inputs, y, chosen, True, Randomness(), rows, handlers)[0])
            return 0

        traced(forward.model, trace, *self._inputs.specs)
        return ancestors(found)

    def places_of(self, extractors):
        """[(position among the inputs, or None for a layer; shape of the target)], from one pass."""
        model, shapes = self._forward.model, {}
        handlers: dict = {}
        for place, extractor in enumerate(extractors):

            def keep(value, place=place):
                tensor = value()
                shapes[place] = tuple(tensor.shape)
                return tensor

            if not isinstance(extractor, InputExtractor):
                handlers.setdefault(extractor.find(model), []).append(extractor.handler(keep))
        self.trace(handlers)
        return [(None, shapes[n]) if n in shapes else self._input(each) for n, each in enumerate(extractors)]

    def _input(self, extractor):
        position = self._inputs.position_of(extractor)
        self._inputs.check_target(position)
        return position, tuple(self._inputs.specs[0][position].shape)
