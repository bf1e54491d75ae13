"""What a model predicts for fixed examples while it trains, found without leaving a trace on it."""

import numpy as np
import tensorflow as tf

from kerasal._keyed_random import Rows
from kerasal._network.graphs import find_logits, traced, unchanged, variables_at_stake
from kerasal._network.interception import intercepted
from kerasal._network.randomness import Randomness, always_random

_ROWS = 32  # of a model call


class Predictor:
    """The output of a model with one output of shape (N, C), in inference mode.

    Args:
        calculator: whose model it is.
        inputs: the calculator's `Inputs` for the examples.
        x, y: the examples.

    Attributes:
        quantity: "probability" where the output is a softmax or sigmoid, else "output"; None for a model with other
            outputs, or with an eval_fun in its place.
    """

    def __init__(self, calculator, inputs, x, y):
        self._model, self._structure = calculator.model, inputs.structure
        self.quantity: str | None = None
        if calculator.eval_fun is not None:
            return
        self._inputs = inputs(x, y, 0)[0]
        self._compiled = traced(self._model, self._run, inputs.specs[0])
        self._at_stake = variables_at_stake(self._compiled.graph)

    def _run(self, inputs):
        rows = Rows.plain(inputs)
        still = Randomness(always_random(self._model)).handlers(self._model, rows)
        with intercepted(self._model, still):
            output = self._model(tf.nest.pack_sequence_as(self._structure, inputs), training=False)
        if not tf.is_tensor(output) or output.shape.rank != 2:
            return tf.zeros([0, 0])
        self.quantity = "probability" if find_logits(output)[1] else "output"
        return tf.cast(output, tf.float32)

    def __call__(self):
        """float32 (N, C), or None where `quantity` is None."""
        if self.quantity is None:
            return None
        with unchanged(self._at_stake):
            return np.concatenate([self._call(start) for start in range(0, len(self._inputs[0]), _ROWS)])

    def _call(self, start):
        return self._compiled([tf.constant(leaf[start : start + _ROWS]) for leaf in self._inputs]).numpy()
