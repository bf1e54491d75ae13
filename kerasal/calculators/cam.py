"""Class activation maps: a late feature map, weighed by what its channels do for the score."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated, Keep
from kerasal._engine.contract import Points, Totals, Traits
from kerasal._engine.forward import Forward, Handlers
from kerasal._network.gradients import checked_rule
from kerasal._network.targets import LayerExtractor
from kerasal._spatial import resized, scaled_to_one
from kerasal.calculators.attribution import with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.calculators.feature_map import FeatureMap, find_feature_map


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

    traits = Traits(needs_gradient=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        layer: Any = None,
        relu_rule: str | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.layer = layer if layer is None or isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        if self.layer is not None:
            self.layer.find(model)
        self.relu_rule = checked_rule(relu_rule)

    def weigh(self, feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """Make a map (R, *spatial, 1) of a feature map and the score's gradient there, both (R, *spatial, channels)."""
        raise NotImplementedError

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the feature map."""
        return Points(context=find_feature_map(shape, self.layer, forward))

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Weigh the feature map at the target."""
        extractor = score.context.extractor

        def probe(keep: Keep) -> Handlers:
            return {extractor.find(score.model): [extractor.handler(lambda value: keep(("map", None), value()))]}

        def of_map(evaluated: Evaluated) -> tf.Tensor:
            kept = [each for each in evaluated.probed if each.name[0] == "map" and each.gradient is not None]
            if not kept:
                raise ValueError(
                    f"The score must depend on the feature map. Received: no gradient from the score to {extractor!r}. "
                    "Name a layer between the target and the score."
                )
            feature_map, gradient = (tf.cast(part, tf.float32) for part in (kept[0].tensor, kept[0].gradient))
            return at_target(self.weigh(feature_map, gradient), target.shape)

        return score.differentiate(target, of_map, probe, self.relu_rule)

    def describe(self, context: FeatureMap) -> dict[str, Any]:
        """Name the layer of the feature map."""
        return {"layer": repr(context.extractor), "relu_rule": self.relu_rule}


def at_target(maps: tf.Tensor, shape: Any) -> tf.Tensor:
    """Resize maps (R, *spatial, 1) to a target of this shape, with an axis for channels where the target has one."""
    return without_channel(resized(maps, shape[1 : maps.shape.rank - 1]), len(shape))


def without_channel(maps: tf.Tensor, rank: int) -> tf.Tensor:
    """Return (R, *spatial, 1), or (R, *spatial) where the target, of `rank` axes, has no channels."""
    return maps if maps.shape.rank == rank else maps[..., 0]


def over_space(tensor: tf.Tensor) -> list[int]:
    """List the axes of the positions of a feature map (R, *spatial, channels)."""
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

    def weigh(self, feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """Weigh the channels."""
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

    def weigh(self, feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """Weigh the channels."""
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

    def weigh(self, feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """Weigh the channels."""
        return tf.nn.relu(tf.reduce_sum(tf.nn.relu(gradient) * feature_map, -1, keepdims=True))


class ScoreCAMCalculator(CAMCalculator):
    """Score-CAM (Wang et al. 2020, arXiv:1910.01279): ReLU(Σ_k w_k A_k) without gradients.

    w is the softmax over the channels k of the score of the target times A_k, A_k resized to the target and scaled to [0, 1]
    (a constant channel lets nothing through). One forward pass per channel and example. Arguments and shapes: see
    `CAMCalculator`; `eval_fun` returns one number per row.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import ScoreCAMCalculator
        >>> body = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
        >>> model = keras.Sequential([keras.Input((8, 6, 2)), *body])
        >>> ScoreCAMCalculator(model).explain(np.random.rand(5, 8, 6, 2)).shape
        (5, 8, 6, 1)
    """

    traits = Traits(needs_gradient=False, extra_sums=1)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        layer: Any = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, layer, None, logits)

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the feature map, whose channels are the points."""
        found = find_feature_map(shape, self.layer, forward)
        return Points({"channel": np.arange(found.shape[-1], dtype="int32")}, context=found)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Weigh some channels by the score of what they let through of the target."""
        feature_map = score.read(target, score.context.extractor)  # (R, *spatial, channels)
        chosen = tf.gather(feature_map, at["channel"], axis=-1)
        chosen = tf.transpose(chosen, [feature_map.shape.rank - 1, *range(feature_map.shape.rank - 1)])[..., None]
        lead = tf.shape(chosen)[:2]
        masks = scaled_to_one(at_target(tf.reshape(chosen, [-1, *chosen.shape[2:]]), target.shape))  # (K · R, ...)
        points = target * tf.reshape(masks, tf.concat([lead, tf.shape(masks)[1:]], 0))
        points.set_shape([None, *target.shape])

        def of_channels(evaluated: Evaluated) -> tuple[tf.Tensor, tf.Tensor]:
            weights = tf.exp(evaluated.values - evaluated.references[0])  # (K, R)
            weighed = tf.reduce_sum(with_trailing_axes(weights, chosen.shape.rank) * chosen, 0)
            return without_channel(weighed, target.shape.rank), tf.reduce_sum(weights, 0)

        return score.evaluate(points, of_channels)

    def finish(self, totals: Totals) -> tf.Tensor:
        """Divide by the sum of the weights, and resize."""
        (weights,), context = totals.extra, totals.context
        maps = tf.nn.relu(totals.saliency / with_trailing_axes(weights, totals.saliency.shape.rank))
        maps = maps if maps.shape.rank == len(context.shape) else maps[..., None]
        maps.set_shape([None, *context.shape[1:-1], 1])
        return at_target(maps, context.target)
