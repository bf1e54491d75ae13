"""The predictions of a model for fixed examples while it trains, found without leaving a trace on it."""

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block
from kerasal._engine.inputs import Inputs
from kerasal._keyed_random import Rows
from kerasal._network.graphs import traced, unchanged, variables_at_stake
from kerasal._network.interception import intercepted
from kerasal._network.layout import Layout, layout_of
from kerasal._network.randomness import Randomness, always_random
from kerasal.calculators.base import Calculator
from kerasal.scores.predictions import prediction_of

_ROWS = 32  # of a model call


class Predictor:
    """Computes the output of a model with one output of shape (N, C), in inference mode.

    One unit that is a classifier, ending in a sigmoid or compiled as one, gives two classes: 1 − p and p.

    Args:
        calculator: The calculator of the model.
        inputs: The calculator's `Inputs` for the examples.
        x: The examples.
        y: One entry per example, or None.

    Attributes:
        quantity: "probability" of a classifier, else "output"; None for a model with other outputs, or with an eval_fun in
            its place.
        layout: Of the axes of the input that is explained, or None where it is not known.
    """

    def __init__(self, calculator: Calculator, inputs: Inputs, block: Block):
        self._model, self._structure, self._position = calculator.model, inputs.structure, inputs.position
        self.quantity: str | None = None
        self.layout: Layout | None = None
        if calculator.eval_fun is not None:
            return
        inputs.check(block)
        self._inputs = inputs.convert(block)[0]
        self._compiled = traced(self._model, self._run, inputs.specs.inputs)
        self._at_stake = variables_at_stake(self._compiled.graph)

    def __call__(self) -> np.ndarray | None:
        """Return the output, float32 (N, C), or None where `quantity` is None."""
        if self.quantity is None:
            return None
        with unchanged(self._at_stake):
            return np.concatenate([self._outputs_from(start) for start in range(0, len(self._inputs[0]), _ROWS)])

    def _run(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        rows = Rows.plain(inputs)
        handlers = Randomness(always_random(self._model)).handlers(self._model, rows)
        with intercepted(self._model, handlers):
            output = self._model(tf.nest.pack_sequence_as(self._structure, inputs), training=False)
        if self._position is not None:
            self.layout = layout_of(inputs[self._position])
        if not tf.is_tensor(output):
            return tf.zeros([0, 0])
        prediction = prediction_of(self._model, output, output)
        self.quantity = prediction.quantity or None
        return prediction.values

    def _outputs_from(self, start: int) -> np.ndarray:
        outputs: np.ndarray = self._compiled(
            [tf.constant(leaf[start : start + _ROWS]) for leaf in self._inputs]
        ).numpy()
        return outputs
