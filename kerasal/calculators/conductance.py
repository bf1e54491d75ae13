"""Conductance: integrated gradients of the target, by the part that flows through each unit of a layer."""

from collections.abc import Callable

import tensorflow as tf

from kerasal._engine.diagnostics import GAP_TO_TELL, gap_in_words
from kerasal._engine.folded import Folded
from kerasal._errors import warn_user
from kerasal.calculators.layer_path import LayerPathCalculator


class ConductanceCalculator(LayerPathCalculator):
    """Conductance of a layer (Dhamdhere et al. 2018, arXiv:1805.12233): how much of f(target) − f(baseline) flows through each unit.

    The integral along the path of ∂f/∂y · dy, y the unit: the gradient at the middle of each panel, times what y changes by from end to
    end of it. Where all of the score passes through the layer, as `about["takes_all"]` tells, the values add up to f(target) −
    f(baseline); of a layer that a skip goes past, to its part of that. By how much they miss it is `Saliency.completeness_gap`.
    Arguments and shapes: see `LayerPathCalculator`. Units: of the score.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import ConductanceCalculator
        >>> body = [keras.layers.Dense(2, use_bias=False, name="hidden"), keras.layers.Dense(1, use_bias=False)]
        >>> model = keras.Sequential([keras.Input((3,)), *body])
        >>> model.set_weights([np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), np.array([[2.0], [3.0]])])
        >>> ConductanceCalculator(model, "hidden", steps=4).explain(np.array([[1.0, 5.0, 8.0]])).values.round(4)
        array([[ 2., 39.]], dtype=float32)
    """

    def of_layer(self, gradient: tf.Tensor, at: dict[str, tf.Tensor], change: Callable[[], tf.Tensor]) -> tf.Tensor:
        """Multiply the gradient with what the layer changes by."""
        return gradient * change() / self._baselines

    def warn(self, folded: Folded) -> None:
        """Warn of examples whose gap is above a fifth of what their values should add up to."""
        missed = gap_in_words(folded, GAP_TO_TELL)
        if missed:
            warn_user(
                f"Conductances do not add up to f(target) − f(baseline) {missed} If about['takes_all'] is False, a part of the score goes past "
                f"{self.layer!r}: name a layer that all of it passes. Else raise steps (now {self.steps}), unless the score jumps on the way.",
            )
