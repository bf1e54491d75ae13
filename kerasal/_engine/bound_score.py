"""The score as an attribution sees it: a function of points at the target, for fixed samples and examples."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kerasal._network.gradients import gradients, no_gradient, relu_rule
from kerasal._network.interception import Shortcut
from kerasal._network.layer_tree import walk
from kerasal._network.targets import LayerExtractor


@dataclasses.dataclass
class Here:
    """What an attribution is made of, of one class where the score lists them.

    Attributes:
        values: the score at the points, (R,) or (K, R).
        gradient: its gradient there, of the points' shape.
        probed: [(what the probe kept it as, the tensor, the score's gradient with respect to it or None)]
        references: the score at the reference points, (E, R).
    """

    values: Any
    gradient: Any = None
    probed: Sequence = ()
    references: Any = None


class BoundScore:
    """The score as a function of points at the target.

    Points have the target's shape (R, ...), R = samples × examples, or (K, R, ...) for K points of each row; all points of
    a row share its dropout masks. An attribution never sees the class axis of a score that lists classes: what it is made
    of is computed for one class at a time, from one pass.

    Args:
        forward: the `Forward` to evaluate.
        randomness: which layers are random.
        rows: which samples and examples the rows are.
        asked: inputs, y, companions of the examples, (B, ...); what the score fixed at the clean input, (B, choices);
            whether it is to be fixed here, at the first point; the score at the reference points, (E, R) or
            (E, R, classes), or None.
        rank: rank of the target.
        rule: the ReLU rule of gradients, or None.
        notes: where `score_name` is left.

    Attributes:
        values, chosen: of the last pass: (..., R) or (..., R, classes); (R, choices).
    """

    def __init__(self, forward, randomness, rows, asked, rank, rule, notes):
        self._forward, self._randomness, self._rows = forward, randomness, rows
        self._inputs, self._y, self._companions, self._chosen, self._decides, self.references = asked
        self._rank, self._rule, self._notes = rank, rule, notes
        self.values: Any = None
        self.chosen: Any = None

    def companion(self, name):
        """What the calculator gave beside each example under this name, (R, ...)."""
        return self._rows.per_example(self._companions[name])

    def draw(self, distribution, stream, size):
        """Random numbers of these rows, (R, size): a function of (seed, m, n, stream); see `Rows.draw`."""
        return self._rows.draw(distribution, stream, size)

    def read(self, points, extractor):
        """What passes a layer at points (R, ...): float32 (R, ...); nothing after the layer is computed."""
        inputs, y = tf.nest.map_structure(self._rows.per_example, (self._inputs, self._y))
        return self._forward.read(points, inputs, y, extractor, self._randomness, self._rows)

    def scores_at(self, points, layer=None):
        """The score at points, without gradients: (..., R) or (..., R, classes); see `evaluate`."""
        lead, rows, flat = self._flat(points)
        forward = self._forward if layer is None else self._forward.moved_to(layer)
        self.values = self._shaped(self._value(flat, rows, forward=forward), lead)
        return self.values

    def evaluate(self, points, attribute, layer=None):
        """`attribute(here)` of the score at points, without gradients; with a `LayerExtractor`, points of the target's rank in
        place of what that layer gives."""
        return self._each_class(
            lambda values, references: attribute(Here(values, references=references)), self.scores_at(points, layer)
        )

    def followed(self, points):
        """A pass at points (R, ...).

        Returns:
            (the score, {tensor reference: `LayerExtractor`} of what layers gave from where a pass can be taken up: not of layers
            in loops, in functions, made of layers or with dropout put behind them; of several that hand on one tensor the
            first, and none that was given it).
        """
        passed: dict = {}

        def note(call):
            given = _references((call.args, call.kwargs))
            output = call.run()
            if not call.looped and tf.is_tensor(output) and _references(output) - given:
                passed.setdefault(output.ref(), LayerExtractor(call.layer, call=call.index))
            return output

        handlers = {
            layer: [Shortcut(note)]
            for _, layer, holder in walk(self._forward.model)[1:]
            if holder is None and layer not in self._randomness.behind and len(list(layer._flatten_layers())) == 1
        }
        return self._value(points, self._rows, lambda: handlers, lambda name, tensor: tensor), passed

    def differentiate(self, points, attribute, probe=None):
        """`attribute(here)` of the score and its gradient at points.

        Args:
            points: (R, ...) or (K, R, ...).
            attribute: function of a `Here`, giving a tensor (R, ...) or a tuple of them.
            probe: function of `keep(name, tensor) -> tensor`, giving interception handlers {layer: [handler]}: what they
                keep (rows first) is differentiated with respect to as well; so are the other real-valued inputs of the
                model, kept as ("input", position).
        """
        lead, rows, flat = self._flat(points)
        kept: list = []

        def keep(name, tensor):
            kept.append((name, tf.identity(tensor)))
            return kept[-1][1]

        flat = tf.identity(flat)
        with relu_rule(self._rule, self._forward.model):
            values = self._value(flat, rows, None if probe is None else lambda: probe(keep), keep)
        half = any(layer.compute_dtype == "float16" for layer in self._forward.model._flatten_layers())

        def of_class(values, references):
            of_points, *of_kept = gradients(values, [flat, *(tensor for _, tensor in kept)], half)
            if of_points is None and probe is None:
                raise ValueError(no_gradient(self._forward.target))
            if of_points is not None:
                of_points = of_points if lead is None else tf.reshape(of_points, tf.shape(points))
                of_points = tf.ensure_shape(of_points, points.shape)
            probed = [(name, tensor, found) for (name, tensor), found in zip(kept, of_kept)]
            return attribute(Here(values, of_points, probed, references))

        return self._each_class(of_class, self._shaped(values, lead))

    def _flat(self, points):
        """((K, R), which rows they are, the points with all rows in one axis); None for (K, R) of points that have one axis."""
        if points.shape.rank == self._rank:
            return None, self._rows, points
        lead = tf.shape(points)[:2]
        flat = tf.reshape(points, tf.concat([[-1], tf.shape(points)[2:]], 0))
        flat.set_shape([None, *points.shape[2:]])
        return lead, self._rows.times(lead[0]), flat

    @staticmethod
    def _shaped(values, lead):
        """(rows, ...) -> (*lead, ...); the sum an `eval_fun` returned stays a scalar."""
        if lead is None or not values.shape.rank:
            return values
        return tf.reshape(values, tf.concat([lead, tf.shape(values)[1:]], 0) if values.shape.rank > 1 else lead)

    def _value(self, points, rows, probe=None, keep=None, forward=None):
        inputs, y, chosen = tf.nest.map_structure(rows.per_example, (self._inputs, self._y, self._chosen))
        if probe is not None:
            others = [place != self._forward.position and part.dtype.is_floating for place, part in enumerate(inputs)]
            inputs = [keep(("input", n), part) if others[n] else part for n, part in enumerate(inputs)]
        values, chosen, self._notes["score_name"] = (forward or self._forward).score_at(
            points, inputs, y, chosen, self._decides, self._randomness, rows, {} if probe is None else probe()
        )
        self.chosen = chosen
        return values

    def _each_class(self, attribute, values):
        """`attribute(values, references)` of each class in turn, with the classes as second axis of what it gives."""
        self.values = values
        if not self._forward.score.lists_classes:
            return attribute(values, self.references)

        def of_class(index):
            references = None if self.references is None else tf.gather(self.references, index, axis=-1)
            return attribute(tf.gather(values, index, axis=-1), references)

        indices = tf.range(values.shape[-1] or tf.shape(values)[-1])
        traced = tf.function(of_class, autograph=False).get_concrete_function(tf.TensorSpec([], tf.int32))
        signature = tf.nest.map_structure(lambda part: tf.TensorSpec(part.shape, part.dtype), traced.structured_outputs)
        stacked = tf.map_fn(traced, indices, fn_output_signature=signature, parallel_iterations=1)
        return tf.nest.map_structure(_classes_second, stacked)


def _references(structure):
    """Of the tensors in a structure; Keras' variables and ragged tensors have none."""
    return {each.ref() for each in tf.nest.flatten(structure) if tf.is_tensor(each) and hasattr(each, "ref")}


def _classes_second(part):
    return tf.transpose(part, [1, 0, *range(2, part.shape.rank)])
