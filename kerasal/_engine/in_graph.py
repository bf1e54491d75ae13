"""An explanation as a function of tensors: the compiled program of a call inside a graph, for any number of examples."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block
from kerasal._engine.call_size import CallSize
from kerasal._engine.noisy_target import Given
from kerasal._engine.sample_loop import Draws, SampleLoop
from kerasal._engine.schedule import Packing
from kerasal._engine.session import Session
from kerasal._engine.single_pass import SinglePass
from kerasal._keyed_random import key_of
from kerasal._network.assertions import require
from kerasal._network.graphs import runs_python


class Explained(NamedTuple):
    """The explanation of examples (B, ...) in a graph, tensors.

    Attributes:
        values: the map; error: its standard error, or None where no samples are drawn, or the method has none.
        scores: at the clean input; chosen: what the score fixed there, int32 (B, choices), or None.
    """

    values: tf.Tensor
    error: tf.Tensor | None
    scores: tf.Tensor
    chosen: Any


class InGraph:
    """The program of a session as a function of the tensors of any number of examples.

    Args:
        session: of one example, from which shapes are learnt; its settings are those of every call.
        fold: a `Moments`.

    Attributes:
        score_name: of what is explained.

    Raises:
        ValueError: what needs the numbers of each example outside of a graph, or changes the model's variables.
    """

    def __init__(self, session: Session, fold: Any):
        self._session, self._fold = session, fold
        self._refuse_entries()
        self._program = session.program(fold, session.method, session.points)
        self.score_name = self._program.notes.score_name
        self._rows = CallSize.of(self._program.notes, session.sampling.batch_size).rows
        self._refuse_changes()
        self._check_rows(next(session.blocks(1)))

    def __call__(self, inputs: Sequence[tf.Tensor]) -> Explained:
        """Explain examples.

        Args:
            inputs: flat, (B, ...) of the session's shapes.
        """
        specs = self._session.forward.inputs.specs.inputs
        count = tf.shape(inputs[0])[0]
        given = [
            require(
                count > 0,
                tf.cast(part, spec.dtype),
                "A layer explains one example or more",
                count,
                "Leave the call out.",
            )
            for part, spec in zip(inputs, specs, strict=True)
        ]
        program = self._program
        found = self._passed(program, given) if isinstance(program, SinglePass) else self._sampled(program, given)
        shape = [inputs[0].shape[0], *self._fold.shape(program.notes.map_shape)]
        parts = [None if part is None else tf.ensure_shape(part, shape) for part in (found.values, found.error)]
        return found._replace(values=parts[0], error=parts[1])

    def _passed(self, program: SinglePass, inputs: list[tf.Tensor]) -> Explained:
        passed, fold = program.compiled(inputs, (), {}), self._fold
        start = [tf.constant(part) for part in fold.init(program.map_rank)]
        state = fold.counted(fold.update(start, passed.finished.saliency), 1)
        return Explained(fold.made_of(state).values, None, passed.scores, passed.chosen)

    def _sampled(self, program: SampleLoop, inputs: list[tf.Tensor]) -> Explained:
        sampling, points, fold = self._session.sampling, self._session.points, self._fold
        count, samples = tf.maximum(tf.shape(inputs[0], tf.int64)[0], 1), int(sampling.M or 1)  # none is refused
        packing = Packing.of(points, self._rows, count, tf.experimental.numpy)
        schedule = packing.samples(0, samples, count, clean=program.clean_pass)
        draws = Draws(*map(tf.constant, (self._session.scale, key_of(sampling.seed), np.int64(sampling.first_example))))
        plans = tf.nest.map_structure(tf.constant, (dict(points.plan), dict(points.references or {})))
        steps = schedule.at(tf.range(tf.cast(schedule.steps, tf.int64)))
        carried, state = program.compiled(Given(inputs, (), {}, *plans), draws, steps, *program.opening(count))
        made = fold.made_of(fold.counted(state, samples))
        error = made.error
        if error is None and made.std is not None:
            error = made.std / np.sqrt(np.float32(samples))
        return Explained(made.values, error, carried.scores, carried.chosen)

    def _check_rows(self, block: Block) -> None:
        """Refuse a model whose rows depend on one another."""
        check, session = self._session.rows_check, self._session
        if self._rows < 2 or check.is_done:
            return
        inputs, *rest = session.converted(block)
        plans = tf.nest.map_structure(tf.constant, (dict(session.points.plan), dict(session.points.references or {})))
        arguments = [tf.convert_to_tensor(leaf) for leaf in inputs], *rest
        check(lambda given: self._program.scores(given, plans, session.scale), arguments, 0, self._rows)

    def _refuse_entries(self) -> None:
        names = self._session.brought_along
        if names:
            raise ValueError(
                "A layer explains whatever examples come, by what is the same for all of them. Received: a recipe with "
                f"{', '.join(names)} of each example. Give one for all, or explain by recipe.explain(model, x)."
            )

    def _refuse_changes(self) -> None:
        """Refuse what a graph alone does not compute, or should not."""
        if runs_python(self._program.compiled.graph):
            raise ValueError(
                "A layer is computed by TensorFlow alone. Received: a recipe, or a model, of which a part is computed by Python "
                f"(tf.numpy_function or tf.py_function), of {self._session.objective.model.name!r}. Explain by recipe.explain(model, x)."
            )
        if self._program.at_stake:
            raise ValueError(
                "A layer leaves the variables of the model that it explains as they are. Received: model "
                f"'{self._session.objective.model.name}', which changes some when it is called. Leave that out of inference, or "
                "explain by recipe.explain(model, x), which puts them back."
            )
