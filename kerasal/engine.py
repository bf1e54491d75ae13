"""The one loop: samples × examples packed into model calls, folded as they come. The only place that differentiates."""

from typing import Any

import tensorflow as tf

from kerasal.graph_facts import changes_variables, elements_per_row
from kerasal.interception import untouched
from kerasal.keyed_random import Rows
from kerasal.randomness import Randomness

_HALF_SCALES = (2.0**12, 2.0**8, 2.0**4, 1.0)  # of a float16 model's score, so that small gradients do not vanish


class BoundScore:
    """The score as an attribution sees it: a function of points at the target, for fixed samples and examples.

    Points have the target's shape (R, ...), R = samples × examples, or (K, R, ...) for K points of each row; all points of
    a row share its dropout masks.
    """

    def __init__(self, forward, randomness, rows, inputs, y, chosen, notes):
        self._forward, self._randomness, self._rows = forward, randomness, rows
        self._inputs, self._y, self._chosen, self._notes = inputs, y, chosen, notes
        self.values: Any = None
        self.chosen: Any = None

    def __call__(self, points):
        """The score at points: (R, ...) -> (R,), (K, R, ...) -> (K, R)."""
        lead, rows, flat = self._flat(points)
        return tf.reshape(self._evaluate(flat, rows), lead)

    def gradient(self, points):
        """The score's gradient at points, of their shape."""
        _, rows, flat = self._flat(points)
        if any(layer.compute_dtype == "float16" for layer in self._forward.model._flatten_layers()):
            gradient = self._half_gradient(flat, rows)
        else:
            gradient = self._gradient(flat, rows, 1.0)
        return tf.reshape(gradient, tf.shape(points))

    def _flat(self, points):
        if points.shape.rank == self._notes["rank"]:
            return tf.shape(points)[:1], self._rows, points
        lead = tf.shape(points)[:2]
        flat = tf.reshape(points, tf.concat([[-1], tf.shape(points)[2:]], 0))
        flat.set_shape([None, *points.shape[2:]])
        return lead, self._rows.times(lead[0]), flat

    def _evaluate(self, points, rows):
        def to_rows(tensor):
            return rows.per_example(tensor)

        inputs, y, chosen = tf.nest.map_structure(to_rows, (self._inputs, self._y, self._chosen))
        values, chosen, self._notes["score_name"] = self._forward.score_at(
            points, inputs, y, chosen, self._randomness, rows
        )
        if self.values is None:
            self.values, self.chosen = values, chosen
        return values

    def _gradient(self, points, rows, scale):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            values = self._evaluate(points, rows) * scale
        gradient = tape.gradient(values, points)
        if gradient is None:
            raise ValueError(
                f"The score must depend on the target through differentiable steps. Received: no gradient from the score to "
                f"{self._forward.target!r}. Check that the score uses this input or layer, and that no argmax, rounding or "
                "integer lies between."
            )
        return tf.convert_to_tensor(gradient) / scale

    def _half_gradient(self, points, rows):
        """Rows whose gradient overflows at one scale are taken at the next smaller one."""
        scales = tf.constant(_HALF_SCALES)

        def lower(step, kept, values, chosen):
            self.values = None
            found = self._gradient(points, rows, scales[step])
            axes = list(range(1, points.shape.rank))
            good = tf.reduce_all(tf.math.is_finite(kept), axes, keepdims=True)
            return step + 1, tf.where(good, kept, found), self.values, self.chosen

        def again(step, kept, values, chosen):
            return (step < len(_HALF_SCALES)) & ~tf.reduce_all(tf.math.is_finite(kept))

        start = (0, tf.fill(tf.shape(points), float("nan")), tf.zeros([rows.count]), rows.per_example(self._chosen))
        shapes = (tf.TensorShape([]), points.shape, tf.TensorShape([None]), self._chosen.shape)
        _, gradient, self.values, self.chosen = tf.while_loop(again, lower, start, shapes, parallel_iterations=1)
        return gradient


class Loop:
    """The compiled loop of one calculator, input structure, recipe and fold.

    Args:
        attribution: (score, target) -> saliency of the target's shape, target (R, ...).
        forward: the `Forward` to evaluate.
        randomness: which layers are random.
        sampler: a `NoiseSampler`, or None.
        fold: a `Moments` or `Stack`.
        rank: rank of the target, (N, ...).
        specs: `TensorSpec`s of (inputs, y, scale of the noise, state of the fold).

    Attributes:
        notes: score_name, elements (numbers per row of the body), assigns (whether the model changes variables) and rank.
    """

    def __init__(self, attribution, forward, randomness, sampler, fold, rank, specs):
        self.attribution, self.forward, self.randomness, self.sampler = attribution, forward, randomness, sampler
        self.fold = fold
        self.is_random = bool(randomness) or sampler is not None
        self.notes = {"rank": rank}
        inputs, y, scale, state = specs
        integer = tf.TensorSpec([], tf.int64)
        choices, each = tf.TensorSpec([None, forward.score.choices], tf.int32), [None]
        carried = (choices, tf.TensorSpec(each, tf.float32), tf.TensorSpec(each, tf.bool))
        with untouched(forward.model):
            self.compiled = tf.function(self._run, autograph=False).get_concrete_function(
                inputs,
                y,
                scale,
                tf.TensorSpec([1], tf.uint64),
                integer,
                integer,
                integer,
                integer,
                integer,
                carried,
                state,
            )
        self.notes["assigns"] = changes_variables(self.compiled.graph)

    def _run(self, inputs, y, scale, key, first, start, stop, width, total, carried, state):
        """Steps `start` to `stop`: step 0 is the clean pass (the only one where nothing is random), the others take `width`
        samples each, up to `total`."""
        examples = tf.shape(inputs[0])[0]
        hoisted = None
        if not (self.forward.at_layer and self.randomness):
            hoisted = self.forward.value(
                inputs, y, Randomness(), Rows(key, tf.zeros([1], tf.int64), first, examples, True)
            )
            hoisted = hoisted, self._spread(hoisted, scale)

        def step(t, carried, state):
            chosen, scores, finite = carried
            clean: Any = True
            samples = tf.zeros([1], tf.int64)
            if self.is_random:
                clean = tf.equal(t, 0)
                low, high = tf.where(clean, t - 1, (t - 1) * width), tf.where(clean, t, tf.minimum(total, t * width))
                samples = tf.range(low, high)  # the clean pass is sample −1
            rows = Rows(key, samples, first, examples, clean)
            target = self._target(rows, inputs, y, scale, hoisted)
            score = BoundScore(self.forward, self.randomness, rows, inputs, y, chosen, self.notes)
            saliency = self.attribution(score, target)
            boxed = tf.reshape(saliency, tf.concat([[-1, examples], tf.shape(saliency)[1:]], 0))
            boxed.set_shape([None, None, *saliency.shape[1:]])
            values = tf.broadcast_to(score.values, [rows.count])
            fine = tf.reduce_all(tf.reshape(tf.math.is_finite(values), [-1, examples]), 0)
            if self.is_random:
                chosen = tf.where(clean, score.chosen[:examples], chosen)
                scores = tf.where(clean, values[:examples], scores)
                state = tf.cond(clean, lambda: state, lambda: self.fold.update(state, boxed))
            else:
                chosen, scores, state = score.chosen, values, self.fold.update(state, boxed)
            self.notes.setdefault("elements", elements_per_row(tf.compat.v1.get_default_graph()))
            return t + 1, (chosen, scores, finite & fine), state

        state = self.fold.open(state)
        if self.is_random:
            _, carried, state = tf.while_loop(
                lambda t, *_: t < stop, step, (start, carried, state), parallel_iterations=1
            )
        else:
            _, carried, state = step(start, carried, state)
        return carried, self.fold.close(state)

    def _spread(self, value, scale):
        return None if self.sampler is None else self.sampler.spread(value, scale)

    def _target(self, rows, inputs, y, scale, hoisted):
        """The target of every row, (R, ...), with its noise."""
        if hoisted is None:
            value = self.forward.value(*tf.nest.map_structure(rows.per_example, (inputs, y)), self.randomness, rows)
            spread = self._spread(value, scale)
        else:
            value = rows.per_example(hoisted[0]) if self.is_random else hoisted[0]
            spread = hoisted[1]
            if spread is not None and spread.shape.rank == value.shape.rank:
                spread = rows.per_example(spread)
        value.set_shape([None, *value.shape[1:]])
        if self.sampler is None:
            return value
        drawn = rows.draw(self.sampler.distribution, "noise", tf.reduce_prod(tf.shape(value)[1:]))
        noisy = self.sampler.place(value, spread, tf.reshape(drawn, tf.shape(value)))
        return tf.where(rows.clean, value, tf.ensure_shape(noisy, value.shape))
