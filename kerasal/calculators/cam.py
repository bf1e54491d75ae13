"""Class activation maps: a late feature map, weighed by what its channels do for the score."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal._network.backward.relu import checked_rule, relu_rules
from kerasal._network.precision import as_real
from kerasal._network.targets import LayerExtractor
from kerasal._spatial.axes import scaled_to_one
from kerasal.calculators.attribution import with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.calculators.feature_map import FeatureMap, checked_grid, find_feature_map


class CAMCalculator(Calculator):
    """Base of the class activation maps. A subclass says how the channels are weighed.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`.
        layer: the layer whose feature map is weighed: a name, a path, the layer or a `LayerExtractor`; None for the last map of the
            target that all of the score passes through, between layers too; of a transformer, the grid of its patches.
        relu_rule: None, "guided" or "rectified"; see `GradientCalculator`.
        grid: (rows, columns) of the tokens, for a transformer whose patches cannot be followed; other tokens come first.

    Shapes:
        x (N, H, W, C) -> compute (M, N, H, W, 1), explain (N, H, W, 1): the map at the size of the input (bilinear), not
        negative. Alike with any number of spatial axes; without channels in x, without the last axis; with
        channels first (N, 1, H, W). Units: of the score, up to a factor. Positions that the model masks have no part in it.
    """

    traits = Traits(needs_gradient=False, asks_missing=True)
    averages = False  # whether channels are weighed by means over the positions

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        layer: Any = None,
        relu_rule: str | None = None,
        logits: bool = True,
        grid: tuple[int, ...] | None = None,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.grid = checked_grid(grid)
        self.layer = layer if layer is None or isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        if self.layer is not None:
            self.layer.find(model)
        self.relu_rule = checked_rule(relu_rule)

    def weigh(self, feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """Make a map (R, *spatial, 1) of a feature map and the score's gradient there, both (R, *spatial, channels)."""
        raise NotImplementedError

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the feature map."""
        return Points(context=find_feature_map(shape, self.layer, forward, self.grid))

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Weigh the feature map at the target."""
        found: FeatureMap = score.context

        def of_map(evaluated: Evaluated) -> tf.Tensor:
            sought = evaluated.probed[-1]
            if sought.gradient is None:
                raise ValueError(
                    f"The score must depend on the feature map. Received: no gradient from the score to {found.name}. "
                    "Name a layer between the target and the score."
                )
            feature_map, gradient = found.read(sought.tensor), found.read(sought.gradient)
            real = found.real(score.rest.real)  # (R, *positions, 1)
            if real is None:
                return found.at_target(self.weigh(feature_map, gradient)[..., 0])
            weighed = self.weigh(*(tf.where(real, each, tf.zeros_like(each)) for each in (feature_map, gradient)))
            if self.averages:  # over all positions, where the missing ones are none
                share = tf.cast(real, weighed.dtype)
                weighed /= tf.maximum(tf.reduce_mean(share, over_space(share), keepdims=True), 1e-9)
            return found.at_target(weighed[..., 0])

        return score.differentiate(target, of_map, rules=relu_rules(self.relu_rule), seeker=found.seeker())

    def describe(self, context: FeatureMap) -> dict[str, Any]:
        """Name what was looked at."""
        return {"layer": context.name, "relu_rule": self.relu_rule}


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

    averages = True

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
        passed = gradient > 0
        share = tf.where(
            passed, 2 / tf.where(passed, gradient, 1.0) + total, 1.0
        )  # α g = 1 / (2 / g + Σ A_k), at any scale
        weights = tf.math.divide_no_nan(tf.cast(passed, share.dtype), share)
        weights = tf.reduce_sum(weights, over_space(gradient), keepdims=True)
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

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        layer: Any = None,
        logits: bool = True,
        grid: tuple[int, ...] | None = None,
    ):
        super().__init__(model, score, target_extractor, eval_fun, layer, None, logits, grid)

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the feature map, and have the scores of what each of its channels lets through known before it is weighed."""
        found = find_feature_map(shape, self.layer, forward, self.grid)
        channels = np.arange(-1, found.channels, dtype="int32")  # -1 is the target itself
        return Points({"map": np.zeros(1, "int32")}, {"channel": channels}, context=found)

    def reference(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make what some channels let through of the target."""
        found: FeatureMap = score.context
        score.scores_at(target, seeker=found.seeker())
        feature_map = _filled(found.read(score.sought), found.real(score.rest.real))  # (R, *positions, channels)
        rank = feature_map.shape.rank
        chosen = tf.gather(feature_map, tf.maximum(at["channel"], 0), axis=-1)
        chosen = tf.transpose(chosen, [rank - 1, *range(rank - 1)])
        lead = tf.shape(chosen)[:2]
        masks = scaled_to_one(found.at_target(tf.reshape(chosen, [-1, *chosen.shape[2:]])))  # (K · R, ...)
        masks = tf.reshape(masks, tf.concat([lead, tf.shape(masks)[1:]], 0))
        is_channel = with_trailing_axes(at["channel"] >= 0, masks.shape.rank)
        target = as_real(target)
        return tf.ensure_shape(target * tf.cast(tf.where(is_channel, masks, 1.0), target.dtype), [None, *target.shape])

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Weigh the channels by the softmax of their scores."""
        found: FeatureMap = score.context

        def of_map(evaluated: Evaluated) -> tf.Tensor:
            feature_map = found.read(evaluated.probed[-1].tensor)
            weights = tf.transpose(
                tf.nn.softmax(tf.cast(evaluated.references[1:], feature_map.dtype), 0)
            )  # (R, channels)
            weights = tf.reshape(weights, [-1, *[1] * (feature_map.shape.rank - 2), found.channels])
            weighed = tf.nn.relu(tf.reduce_sum(weights * feature_map, -1))
            real = found.real(score.rest.real)
            return found.at_target(weighed if real is None else weighed * tf.cast(real[..., 0], weighed.dtype))

        weighed: tf.Tensor = score.evaluate(target[None], of_map, seeker=found.seeker())
        return weighed


def _filled(feature_map: tf.Tensor, real: tf.Tensor | None) -> tf.Tensor:
    """A feature map whose missing positions have the largest number of the channel's others, so that its scale is theirs."""
    if real is None:
        return feature_map
    others = tf.where(real, feature_map, feature_map.dtype.min)
    return tf.where(real, feature_map, tf.reduce_max(others, over_space(others), keepdims=True))
