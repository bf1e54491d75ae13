"""Internal influence: the gradient at a layer, averaged while the target moves along a path."""

from collections.abc import Callable

import tensorflow as tf

from kerasal._engine.contract import Totals
from kerasal._engine.folded import Folded
from kerasal.calculators.attribution import with_trailing_axes
from kerasal.calculators.layer_path import LayerPathCalculator


class InternalInfluenceCalculator(LayerPathCalculator):
    """Internal influence of a layer (Leino et al. 2018, arXiv:1802.03788): the mean gradient there, along the path of the target.

    Arguments and shapes: see `LayerPathCalculator`. Units: score per unit of the layer.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import InternalInfluenceCalculator
        >>> body = [keras.layers.Dense(2, use_bias=False, name="hidden"), keras.layers.Dense(1, use_bias=False)]
        >>> model = keras.Sequential([keras.Input((3,)), *body])
        >>> model.set_weights([np.ones((3, 2)), np.array([[2.0], [3.0]])])
        >>> InternalInfluenceCalculator(model, "hidden", steps=4).explain(np.array([[1.0, 5.0, 8.0]])).values.round(4)
        array([[2., 3.]], dtype=float32)
    """

    adds_up = False

    def of_layer(self, gradient: tf.Tensor, at: dict[str, tf.Tensor], change: Callable[[], tf.Tensor]) -> tf.Tensor:
        """Weigh the gradient by the widths of the panels."""
        return gradient * with_trailing_axes(at["weight"], gradient.shape.rank)

    def finish(self, totals: Totals) -> tf.Tensor:
        """Take the sums as they are."""
        return totals.saliency

    def warn(self, folded: Folded) -> None:
        """Nothing is to add up."""
