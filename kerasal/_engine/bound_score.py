"""The score as an attribution sees it: a function of points at the target, for fixed samples and examples."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.compiled import Notes
from kerasal._engine.forward import Asked, Forward, Scored
from kerasal._engine.rest import Rest
from kerasal._engine.seeking import Ends, Handlers, Seeker
from kerasal._keyed_random import Distribution, Rows
from kerasal._network.backward.exchange import Rules
from kerasal._network.gradients import NoGradient, Recording
from kerasal._network.graphs import references_in
from kerasal._network.interception import Shortcut
from kerasal._network.layer_tree import walk
from kerasal._network.layout import layout_of
from kerasal._network.randomness import Randomness
from kerasal._network.targets import LayerExtractor
from kerasal._network.versions import layers_inside

SOUGHT = "sought"  # the name of what a seeker found
Keep = Callable[[Any, tf.Tensor], tf.Tensor]


class Probed(NamedTuple):
    """A tensor of a pass that a probe kept.

    Attributes:
        name: what it was kept as; tensor: rows first; gradient: the score's with respect to it, or None.
    """

    name: Any
    tensor: tf.Tensor
    gradient: tf.Tensor | None


@dataclasses.dataclass
class Evaluated:
    """The score at points, and its gradient, of one class where the score lists them.

    Attributes:
        values: the score at the points, (R,) or (K, R).
        gradient: its gradient there, of the points' shape.
        probed: what the probe kept.
        references: the score at the reference points, (E, R), or at those that backward rules compare with, as `values`.
    """

    values: tf.Tensor
    gradient: Any = None
    probed: Sequence[Probed] = ()
    references: Any = None


class _Lead(NamedTuple):
    """Points with all rows in one axis.

    Attributes:
        shape: (K, R) of points that have an axis for them, else None; rows: which rows they are; flat: the points.
    """

    shape: tf.Tensor | None
    rows: Rows
    flat: tf.Tensor


class BoundScore:
    """The score as a function of points at the target.

    Points have the target's shape (R, ...), R = samples × examples, or (K, R, ...) for K points of each row; all points of
    a row share its dropout masks. An attribution never sees the class axis of a score that lists classes: what it is made
    of is computed for one class at a time, from one pass.

    Args:
        forward: the `Forward` to evaluate.
        randomness: which layers are random.
        rows: which samples and examples the rows are.
        asked: tensors of the examples; see `Asked`.
        rank: rank of the target.
        notes: where the name of the score is left.
        context: that of the method's `Points`.
        rest: the `Rest` of the target.

    Attributes:
        rest: as given; values, chosen, predicted: of the last pass: (..., R) or (..., R, classes); (R, choices); (rows, C).
        sought: what a seeker found in it, or None.
    """

    def __init__(
        self,
        forward: Forward,
        randomness: Randomness,
        rows: Rows,
        asked: Asked,
        rank: int,
        notes: Notes,
        context: Any = None,
        rest: Rest | None = None,
    ):
        self._forward, self._randomness, self._rows, self._asked = forward, randomness, rows, asked
        self._rank, self._notes, self.context, self.rest = rank, notes, context, rest or Rest()
        self.values: Any = None
        self.chosen: Any = None
        self.predicted: Any = None
        self.sought: Any = None

    @property
    def model(self) -> Any:
        """The Keras model."""
        return self._forward.model

    @property
    def target(self) -> Any:
        """The extractor of the target."""
        return self._forward.objective.target

    def per_example(self, name: str) -> tf.Tensor:
        """Return what the method gave for each example under this name, (R, ...)."""
        return self._rows.per_example(self._asked.per_example[name])

    def draw(self, distribution: Distribution, stream: Any, size: tf.Tensor) -> tf.Tensor:
        """Draw random numbers of these rows, (R, size): a function of (seed, m, n, stream); see `Rows.draw`."""
        return self._rows.draw(distribution, stream, size)

    def scores_at(
        self, points: tf.Tensor, layer: LayerExtractor | None = None, seeker: Seeker | None = None
    ) -> tf.Tensor:
        """Return the score at points, without gradients: (..., R) or (..., R, classes); see `evaluate`."""
        lead = self._lead(points if layer is not None else self.rest.at(points))
        forward = self._forward if layer is None else self._forward.moved_to(layer)
        flat, handlers = (lead.flat, None) if seeker is None else (tf.identity(lead.flat), seeker.handlers())
        scored = forward.score_at(self._asked_of(lead.rows), flat, self._randomness, lead.rows, handlers)
        self.sought = None if seeker is None else seeker.find(Ends(flat, scored.values))
        self._note(scored, flat)
        self.values = _shaped(scored.values, lead.shape)
        return self.values

    def evaluate(
        self,
        points: tf.Tensor,
        attribute: Callable[[Evaluated], Any],
        layer: LayerExtractor | None = None,
        seeker: Seeker | None = None,
    ) -> Any:
        """Return `attribute(evaluated)` of the score at points, without gradients.

        Args:
            points: (R, ...) or (K, R, ...).
            attribute: function of an `Evaluated`, giving a tensor (R, ...) or a tuple of them.
            layer: points are of the target's rank in place of what this layer gives; None: of the target itself.
            seeker: finds a tensor of the pass that is wanted too.
        """
        values = self.scores_at(points, layer, seeker)
        probed = [] if seeker is None else [Probed(SOUGHT, self.sought, None)]

        def of_class(index: tf.Tensor | None, _: tf.Tensor | None) -> Any:
            return attribute(dataclasses.replace(self._evaluated(values, index), probed=probed))

        return self._each_class(of_class, values)

    def followed(self, points: tf.Tensor) -> tuple[tf.Tensor, dict[Any, LayerExtractor]]:
        """Run a pass at points (R, ...).

        Returns:
            (the score, {tensor reference: `LayerExtractor`} of what layers gave from where a pass can be taken up: not of layers in
            loops, in functions, made of layers or with dropout behind them; of several that hand on one tensor the first).
        """
        passed: dict[Any, LayerExtractor] = {}

        def note(call: Any) -> Any:
            given = references_in((call.args, call.kwargs))
            output = call.run()
            if not call.looped and tf.is_tensor(output) and references_in(output) - given:
                passed.setdefault(output.ref(), LayerExtractor(call.layer, call=call.index))
            return output

        handlers = {
            layer: [Shortcut(note)]
            for _, layer, holder in walk(self._forward.model)[1:]
            if holder is None and layer not in self._randomness.behind and not layers_inside(layer)
        }
        asked = self._asked_of(self._rows)
        scored = self._forward.score_at(asked, points, self._randomness, self._rows, handlers)
        return scored.values, passed

    def differentiate(
        self,
        points: tf.Tensor,
        attribute: Callable[[Evaluated], Any],
        probe: Callable[[Keep], Handlers] | None = None,
        rules: Rules | None = None,
        seeker: Seeker | None = None,
    ) -> Any:
        """Return `attribute(evaluated)` of the score and its gradient at points.

        Args:
            points: (R, ...) or (K, R, ...).
            attribute: function of an `Evaluated`, giving a tensor (R, ...) or a tuple of them.
            probe: function of `keep(name, tensor) -> tensor`, giving interception handlers {layer: [handler]}: what they
                keep (rows first) is differentiated with respect to as well; so are the other real-valued inputs of the
                model, kept as ("input", position).
            rules: backward rules, or None for gradients.
            seeker: finds a tensor of the pass, kept as `SOUGHT`, that is differentiated with respect to as well.
        """
        lead = self._lead(self.rest.at(points))
        asked = self._asked_of(lead.rows)
        with Recording(self._forward.model, rules, is_sought=seeker is not None) as recording:
            flat = recording.points(lead.flat)
            if probe is not None:
                asked = asked._replace(inputs=self._kept_inputs(asked.inputs, recording.keep))
            probes = probe(recording.keep) if probe is not None else seeker.handlers() if seeker is not None else None
            scored = self._forward.score_at(asked, flat, self._randomness, lead.rows, probes)
            if seeker is not None:
                recording.found(SOUGHT, seeker.find(Ends(flat, scored.values)))
            raw = recording.result(scored.values)
        self._note(scored, flat)
        self._notes.note_gradient(scored.values, flat)
        self.values = values = _shaped(raw, lead.shape)
        compared = _shaped(None if rules is None else rules.scores, lead.shape)

        def of_class(index: tf.Tensor | None, upstream: tf.Tensor | None) -> Any:
            of_points, *of_kept = recording.gradients(upstream)
            if of_points is None and probe is None and seeker is None:
                raise NoGradient(self.target)
            if of_points is not None:
                of_points = tf.ensure_shape(tf.reshape(of_points, tf.shape(points)), points.shape)
            probed = [Probed(*kept, found) for kept, found in zip(recording.kept, of_kept, strict=True)]
            found = self._evaluated(values, index, compared)
            return attribute(dataclasses.replace(found, gradient=of_points, probed=probed))

        return self._each_class(of_class, raw)

    def _note(self, scored: Scored, flat: tf.Tensor) -> None:
        """Leave what a pass tells about the score and the model."""
        self.chosen, self._notes.score_name = scored.chosen, scored.name
        self.predicted, self._notes.quantity = scored.prediction
        self._notes.layout = self._notes.layout or layout_of(flat)
        if scored.values.shape.rank:
            self._notes.fixed_rows = scored.values.shape[0] or self._notes.fixed_rows

    def _lead(self, points: tf.Tensor) -> _Lead:
        """The points with all rows in one axis, and which rows they are."""
        if points.shape.rank == self._rank:
            return _Lead(None, self._rows, points)
        shape = tf.shape(points)[:2]
        flat = tf.reshape(points, tf.concat([[-1], tf.shape(points)[2:]], 0))
        flat.set_shape([None, *points.shape[2:]])
        return _Lead(shape, self._rows.times(shape[0]), flat)

    def _asked_of(self, rows: Rows) -> Asked:
        """The question, of the rows instead of the examples."""
        asked = self._asked
        parts = list(asked.inputs), asked.y, list(asked.masks)
        inputs, y, masks = tf.nest.map_structure(rows.per_example, parts)
        held = None if asked.held is None else rows.per_example(asked.held)
        return asked._replace(inputs=inputs, y=y, held=held, masks=masks)

    def _kept_inputs(self, inputs: Sequence[tf.Tensor], keep: Keep) -> list[tf.Tensor]:
        """The inputs, those beside the target kept where they are real-valued."""
        position = self._forward.inputs.position
        others = [place != position and part.dtype.is_floating for place, part in enumerate(inputs)]
        return [keep(("input", n), part) if others[n] else part for n, part in enumerate(inputs)]

    def _evaluated(self, values: tf.Tensor, index: tf.Tensor | None, compared: Any = None) -> Evaluated:
        """The scores of a class, or of all where there is no index."""
        references = self._asked.references if compared is None else compared
        if index is None:
            return Evaluated(values, references=references)
        of_class = None if references is None else tf.gather(references, index, axis=-1)
        return Evaluated(tf.gather(values, index, axis=-1), references=of_class)

    def _each_class(self, attribute: Callable[[Any, Any], Any], raw: tf.Tensor) -> Any:
        """`attribute(index, upstream)` of each class in turn, with the classes as second axis of what it gives.

        `upstream` is 1 where a value (rows, classes) is of the class; both are None for a score without classes.
        """
        if not self._forward.score.lists_classes:
            return attribute(None, None)
        count = raw.shape[-1] or tf.shape(raw)[-1]

        def of_class(index: tf.Tensor) -> Any:
            return attribute(index, tf.broadcast_to(tf.one_hot(index, count, dtype=raw.dtype), tf.shape(raw)))

        compiled = tf.function(of_class, autograph=False).get_concrete_function(tf.TensorSpec([], tf.int32))
        signature = tf.nest.map_structure(
            lambda part: tf.TensorSpec(part.shape, part.dtype), compiled.structured_outputs
        )
        stacked = tf.map_fn(compiled, tf.range(count), fn_output_signature=signature, parallel_iterations=1)
        return tf.nest.map_structure(lambda part: tf.transpose(part, [1, 0, *range(2, part.shape.rank)]), stacked)


def _shaped(values: Any, lead: tf.Tensor | None) -> Any:
    """(rows, ...) -> (*lead, ...); the sum an `eval_fun` returned stays a scalar."""
    if lead is None or values is None or not values.shape.rank:
        return values
    return tf.reshape(values, tf.concat([lead, tf.shape(values)[1:]], 0) if values.shape.rank > 1 else lead)
