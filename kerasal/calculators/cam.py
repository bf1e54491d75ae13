"""Class activation maps: a late feature map, weighed by what its channels do for the score."""

import tensorflow as tf

from kerasal.calculators.base import Calculator
from kerasal.differentiation import checked_rule
from kerasal.extractors import LayerExtractor
from kerasal.feature_map import find_feature_map
from kerasal.resizing import resized


class CAMCalculator(Calculator):
    """Base of the class activation maps. A subclass says how the channels are weighed.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`.
        layer: the layer whose feature map is weighed: a name, a path, the layer or a `LayerExtractor`; None for the last one
            with spatial axes and more than one position, also inside nested models.
        relu_rule: None, "guided" or "rectified"; see `GradientCalculator`.

    Shapes:
        x (N, H, W, C) -> compute (M, N, H, W, 1), explain (N, H, W, 1): the map at the size of the input (bilinear), not
        negative. Alike with any number of spatial axes; without channels in x, without the last axis. Units: of the score,
        up to a factor.
    """

    needs_gradient = False

    def __init__(
        self, model, score=None, target_extractor=None, eval_fun=None, layer=None, relu_rule=None, logits=True
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.layer = layer if layer is None or isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        if self.layer is not None:
            self.layer.find(model)
        self.relu_rule = checked_rule(relu_rule)

    def weigh(self, feature_map, gradient):
        """(R, *spatial, 1) from a feature map and the score's gradient there, both (R, *spatial, channels)."""
        raise NotImplementedError

    def prepare(self, shape, look):
        return find_feature_map(self.model, shape, self.layer, look.trace)

    def attribution(self, score, target, at):
        def of_map(here):
            kept = [
                (feature_map, gradient)
                for (kind, _), feature_map, gradient in here.probed
                if kind == "map" and gradient is not None
            ]
            if not kept:
                raise ValueError(
                    f"The score must depend on the feature map. Received: no gradient from the score to {self.prepared[0]!r}. "
                    "Name a layer between the target and the score."
                )
            feature_map, gradient = kept[0]
            return at_target(self.weigh(tf.cast(feature_map, tf.float32), tf.cast(gradient, tf.float32)), target.shape)

        return score.differentiate(target, of_map, self._probe)

    def describe(self):
        return {"layer": repr(self.prepared[0]), "relu_rule": self.relu_rule}

    def _probe(self, keep):
        return {
            self.prepared[0].find(self.model): [self.prepared[0].handler(lambda value: keep(("map", None), value()))]
        }


def at_target(maps, shape):
    """Maps (R, *spatial, 1) at the size of a target of this shape, with an axis for channels where the target has one."""
    return without_channel(resized(maps, shape[1 : maps.shape.rank - 1]), len(shape))


def without_channel(maps, rank):
    """(R, *spatial, 1), or (R, *spatial) where the target, of `rank` axes, has no channels."""
    return maps if maps.shape.rank == rank else maps[..., 0]


def over_space(tensor):
    """Axes of the positions of a feature map (R, *spatial, channels)."""
    return list(range(1, tensor.shape.rank - 1))


class GradCAMCalculator(CAMCalculator):
    """Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): ReLU(Σ_k w_k A_k), w_k the mean of ∂f/∂A_k over positions.

    Arguments and shapes: see `CAMCalculator`.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import GradCAMCalculator
        >>> body = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
        >>> model = keras.Sequential([keras.Input((8, 6, 2)), *body])
        >>> GradCAMCalculator(model).explain(np.random.rand(5, 8, 6, 2)).shape
        (5, 8, 6, 1)
    """

    def weigh(self, feature_map, gradient):
        weights = tf.reduce_mean(gradient, over_space(gradient), keepdims=True)
        return tf.nn.relu(tf.reduce_sum(weights * feature_map, -1, keepdims=True))


class GradCAMPlusPlusCalculator(CAMCalculator):
    """Grad-CAM++ (Chattopadhyay et al. 2018, arXiv:1710.11063): ReLU(Σ_k w_k A_k), w_k = Σ over positions of α ReLU(∂f/∂A_k).

    α = g² / (2 g² + g³ Σ A_k), g = ∂f/∂A_k (the paper's equation 19); the paper's factor exp(f), the same at every position
    of an example, is left out. It is meant for feature maps behind a ReLU: where they are negative, α has a pole. Arguments and
    shapes: see `CAMCalculator`.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import GradCAMPlusPlusCalculator
        >>> body = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
        >>> model = keras.Sequential([keras.Input((8, 6, 2)), *body])
        >>> GradCAMPlusPlusCalculator(model).explain(np.random.rand(5, 8, 6, 2)).shape
        (5, 8, 6, 1)
    """

    def weigh(self, feature_map, gradient):
        total = tf.reduce_sum(feature_map, over_space(feature_map), keepdims=True)
        alpha = tf.math.divide_no_nan(gradient**2, 2 * gradient**2 + gradient**3 * total)
        weights = tf.reduce_sum(alpha * tf.nn.relu(gradient), over_space(gradient), keepdims=True)
        return tf.nn.relu(tf.reduce_sum(weights * feature_map, -1, keepdims=True))


class LayerCAMCalculator(CAMCalculator):
    """LayerCAM (Jiang et al. 2021, doi:10.1109/TIP.2021.3089943): ReLU(Σ_k ReLU(∂f/∂A_k) A_k), every position weighed by itself.

    Arguments and shapes: see `CAMCalculator`.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import LayerCAMCalculator
        >>> body = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
        >>> model = keras.Sequential([keras.Input((8, 6, 2)), *body])
        >>> LayerCAMCalculator(model).explain(np.random.rand(5, 8, 6, 2)).shape
        (5, 8, 6, 1)
    """

    def weigh(self, feature_map, gradient):
        return tf.nn.relu(tf.reduce_sum(tf.nn.relu(gradient) * feature_map, -1, keepdims=True))
