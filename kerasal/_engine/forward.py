"""The score as a function of points at the target: how one call of the user's model is set up and what is taken from it."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.inputs import Inputs
from kerasal._engine.objective import Objective
from kerasal._engine.seeking import Ends, Handlers
from kerasal._engine.target_place import TargetPlace
from kerasal._keyed_random import Rows
from kerasal._network.fused_normalization import fused_normalizations
from kerasal._network.gradients import NoGradient
from kerasal._network.graphs import traced
from kerasal._network.interception import autographed
from kerasal._network.joint_target import JointTarget
from kerasal._network.randomness import Randomness
from kerasal._network.submodel import reading
from kerasal._network.targets import InputExtractor
from kerasal.scores import Pass, one_per_row
from kerasal.scores.base import Function
from kerasal.scores.classes import Predicted
from kerasal.scores.predictions import Prediction, as_classes, prediction_of


class Asked(NamedTuple):
    """The question to a pass, besides its points: tensors of the examples, (B, ...).

    Attributes:
        inputs: flat; y: what belongs to them; per_example: what the method brought along.
        held: what the score fixed at the clean input, (B, choices); None: it is fixed in this pass.
        decides: whether it is fixed in this pass all the same, boolean; None: it is not.
        references: scores at the reference points, (E, R) or (E, R, classes), or None.
        masks: that layers make of the target at the clean input, see `Missing`.
    """

    inputs: Sequence[tf.Tensor]
    y: Any = ()
    per_example: Any = ()
    held: tf.Tensor | None = None
    decides: tf.Tensor | None = None
    references: tf.Tensor | None = None
    masks: Sequence[tf.Tensor] = ()


class Scored(NamedTuple):
    """The answer of a pass.

    Attributes:
        values: (rows,) or (rows, classes), or a scalar from an `eval_fun` that sums over rows; in the precision of the model.
        chosen: what the score fixed, int32 (rows, choices); name: of the score; prediction: what the model says of the rows.
    """

    values: tf.Tensor
    chosen: Any
    name: str
    prediction: Prediction


class Forward:
    """The user's model, and what is asked of it.

    Args:
        objective: what is explained.
        inputs: what x looks like.
        accepts_sums: whether `eval_fun` may return a scalar, the sum over rows.

    Attributes:
        missing: the `Missing` masks of the target where points are moved, else None.
    """

    missing: Any = None

    def __init__(self, objective: Objective, inputs: Inputs, *, accepts_sums: bool = False):
        self.objective, self.model, self.inputs = objective, objective.model, inputs
        self.accepts_sums = accepts_sums and objective.eval_fun is not None
        self._place = TargetPlace(objective, inputs)

    @property
    def score(self) -> Any:
        """The `Score`."""
        return self.objective.score

    @property
    def eval_fun(self) -> Any:
        """The user's function of the inputs, or None."""
        return self.objective.eval_fun

    @property
    def precision(self) -> tf.DType:
        """The dtype of scores and of points that are real-valued: float32, or float64 of a model of float64."""
        return self.inputs.precision

    @property
    def runs_users_code(self) -> bool:
        """True where a function, a loss or a score of the user's own is computed, not the model and a choice of its outputs."""
        losses = tf.nest.flatten(getattr(self.model, "loss", None)) if self.score.needs_y else []
        own = [type(part) for part in self.score.parts()]
        own += [loss if hasattr(loss, "__module__") else type(loss) for loss in losses if loss is not None]
        known = ("kerasal.", "keras.", "builtins")
        return self.eval_fun is not None or any(
            kind is Function or not kind.__module__.startswith(known) for kind in own
        )

    @property
    def integer_target(self) -> bool:
        """True where the target is an input of integers."""
        return self.inputs.integer_target

    @property
    def target_dtype(self) -> tf.DType:
        """The dtype of points: that of an input of integers, else the precision of the model."""
        return self.inputs.specs.inputs[self.inputs.position].dtype if self.integer_target else self.precision

    def moved_to(self, layer: Any) -> "Forward":
        """Return the same with another target, a `LayerExtractor`."""
        moved = Forward(self.objective.moved_to(layer), self.inputs, accepts_sums=self.accepts_sums)
        moved.missing = self.missing
        return moved

    def run_model(self, inputs: Sequence[tf.Tensor], y: Any = None) -> Any:
        """Return what the model (or `eval_fun`) returns for flat inputs, in inference mode."""
        x = tf.nest.pack_sequence_as(self.inputs.structure, inputs)
        if self.objective.eval_fun is None:
            return self.model(x, training=False)
        arguments = list(x) if isinstance(x, (list, tuple)) else [x]
        return autographed(self.objective.eval_fun)(*arguments, *([y] if self.inputs.with_y else []))

    def value(self, inputs: Sequence[tf.Tensor], y: Any, randomness: Randomness, rows: Rows) -> tf.Tensor:
        """Return the target's own value for the rows; what comes after it is pruned."""
        handlers = self._handlers(randomness, rows) if self.objective.at_layer else {}
        return self._place.value(inputs, lambda: self.run_model(inputs, y), handlers)

    def score_at(
        self, asked: Asked, points: tf.Tensor | None, randomness: Randomness, rows: Rows, probes: Handlers | None = None
    ) -> Scored:
        """Score the rows with `points` in place of the target.

        Args:
            asked: what the pass is about; its tensors are of the rows already.
            points: of the rows; None leaves the target as it is.
            randomness: which layers are random.
            rows: which samples and examples the rows are.
            probes: {layer: [handler]} of whoever wants to see more of the pass.
        """
        handlers, inputs, check = self._with_points(points, asked.inputs, randomness, rows, probes or {})
        readers = [part for part in self.score.parts() if part.extractor is not None]
        with self._masks(asked), reading(self.model, [part.extractor for part in readers], handlers) as values:
            outputs = self.run_model(inputs, asked.y)
        check()
        if self.objective.eval_fun is not None:
            return self._of_function(outputs, asked, rows)
        read = dict(zip(readers, values, strict=True))
        run = Pass(self.model, outputs, rows.count, asked.y, None, read, self.objective.logits)
        run.chosen = self._chosen(run, asked, rows)
        found, name = self.score.named_value(run)
        return Scored(tf.cast(found, self.precision), run.chosen, name, self._prediction(run))

    def trace(self, handlers: Handlers, randomness: Any = None) -> Ends:
        """Trace one pass of the model, without running it.

        Args:
            handlers: interception handlers, {layer: [handler]}.
            randomness: which layers are random; None for no layer.
        """
        found: list[Ends] = []
        randomness = Randomness() if randomness is None else randomness

        def run(inputs: Any, y: Any) -> int:
            rows = Rows.plain(inputs)
            target = tf.identity(self.value(inputs, y, randomness, rows))
            scored = self.score_at(Asked(inputs, y), target, randomness, rows, handlers)
            found.append(Ends(target, scored.values))
            return 0

        traced(self.model, run, *self.inputs.specs)
        return found[0]

    def shape_of_target(self) -> tuple[int | None, ...]:
        """Find the shape of the target, (None, ...)."""
        if isinstance(self.objective.target, JointTarget):
            return None, sum(self.objective.target.sizes)
        if self.inputs.position is not None:
            return tuple(self.inputs.specs.inputs[self.inputs.position].shape)
        found: list[tf.TensorShape] = []

        def run(inputs: Any, y: Any) -> int:
            found.append(self.value(inputs, y, Randomness(), Rows.plain(inputs)).shape)
            return 0

        traced(self.model, run, *self.inputs.specs)
        if not found[0].rank or found[0].rank < 1:
            raise ValueError(
                f"{self.objective.target!r}: a target has examples as its first axis. Received: shape {found[0]}. Name another "
                "layer."
            )
        return tuple(found[0])

    def shapes_of(self, extractors: Sequence[Any]) -> list[tuple[int | None, tuple[int | None, ...]]]:
        """Find [(position among the inputs, or None for a layer; shape of the target)], from one pass."""
        shapes: dict[int, tuple[int | None, ...]] = {}
        handlers: Handlers = {}
        for place, extractor in enumerate(extractors):

            def keep(value: Any, place: int = place) -> Any:
                tensor = value()
                shapes[place] = tuple(tensor.shape)
                return tensor

            if not isinstance(extractor, InputExtractor):
                handlers.setdefault(extractor.find(self.model), []).append(extractor.handler(keep))
        self.trace(handlers)
        return [(None, shapes[n]) if n in shapes else self._input(each) for n, each in enumerate(extractors)]

    def check_sum(self) -> None:
        """Refuse an `eval_fun` whose scalar is a mean: an example given twice must give twice the value."""
        ranks: list[int | None] = []

        def run(inputs: Any, y: Any) -> tf.Tensor:
            value = self.run_model(inputs, y)
            ranks.append(value.shape.rank if tf.is_tensor(value) else None)
            return tf.cast(value, tf.float64) if ranks[-1] == 0 else tf.zeros([], tf.float64)

        compiled = traced(self.model, run, *self.inputs.specs)
        if ranks[0] != 0:
            return
        example = self.inputs.example()
        once, twice = (float(compiled(*[tf.constant(leaf.repeat(k, 0)) for leaf in example])) for k in (1, 2))
        if abs(twice - 2 * once) > 1e-3 * abs(once):
            raise ValueError(
                "eval_fun returns one number per row, shape (N,), or their sum. Received: a scalar that is no sum: "
                f"{once:.6g} for one example, {twice:.6g} for the same example twice (a mean?), so that gradients would depend "
                "on the batch size. Leave the reduction out."
            )

    def _input(self, extractor: InputExtractor) -> tuple[int, tuple[int | None, ...]]:
        position = self.inputs.position_of(extractor)
        if not self.inputs.specs.inputs[position].dtype.is_floating:
            raise NoGradient(extractor)
        return position, tuple(self.inputs.specs.inputs[position].shape)

    def _of_function(self, outputs: Any, asked: Asked, rows: Rows) -> Scored:
        """The score that `eval_fun` returned."""
        is_sum = tf.is_tensor(outputs) and outputs.shape.rank == 0 and self.accepts_sums
        values = outputs if is_sum else one_per_row(outputs, "eval_fun", rows.count)
        name = getattr(self.objective.eval_fun, "__name__", "eval_fun")
        return Scored(tf.cast(values, self.precision), asked.held, name, Prediction(tf.zeros([rows.count, 0])))

    def _prediction(self, run: Pass) -> Prediction:
        """The prediction of the output that the score is of; none for a score of an inner layer, which needs no output."""
        if not any(part.extractor is not None for part in self.score.parts()):
            output = self.score.output_of(run)
            if output is not None:
                found = prediction_of(self.model, run.outputs, output.tensor, output.position)
                return as_classes(found, self.model, run.outputs, output.position) if self.score.names_class else found
        return Prediction(tf.zeros([run.rows, 0]))

    def _chosen(self, run: Pass, asked: Asked, rows: Rows) -> Any:
        """The classes that the score has fixed, (rows, choices): before, or here at the first point of each row."""
        if not self.score.choices or (asked.held is not None and asked.decides is None):
            return asked.held
        is_alone = type(self.score) is Predicted  # and needs no largest output of rows that do not decide
        found = self.score.likeliest(rows.first_of(run.classes())) if is_alone else self.score.choose(run)
        now = rows.of_first(found)
        return now if asked.held is None else tf.where(asked.decides, now, asked.held)

    def _masks(self, asked: Asked) -> Any:
        """A context in which layers make the masks of the clean input."""
        return self.missing.supplied(self.model, asked.masks) if asked.masks else contextlib.nullcontext()

    def _handlers(self, randomness: Randomness, rows: Rows) -> Handlers:
        """{layer: [handler]} of every pass: what draws, and innermost what is faster."""
        handlers = randomness.handlers(self.model, rows)
        for layer, shortcut in fused_normalizations(self.model).items():
            handlers.setdefault(layer, []).append(shortcut)
        return handlers

    def _with_points(
        self,
        points: tf.Tensor | None,
        inputs: Sequence[tf.Tensor],
        randomness: Randomness,
        rows: Rows,
        probes: Handlers,
    ) -> tuple[Handlers, list[tf.Tensor], Callable[[], None]]:
        """(handlers, inputs, check after the pass) of a pass with `points` as target; see `TargetPlace.supply`."""
        handlers = self._handlers(randomness, rows)
        for layer, chain in probes.items():
            before = handlers.get(layer, [])
            behind = int(layer in randomness.behind)  # dropout behind a layer stays outermost
            handlers[layer] = [*before[:behind], *chain, *before[behind:]]
        return (handlers, *self._place.supply(points, inputs, handlers))
