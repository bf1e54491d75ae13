"""Score-CAM: channels of a feature map weighed by the score of the input that they let through."""

import numpy as np
import tensorflow as tf

from kerasal.calculators.cam import CAMCalculator, over_space


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

    carries = 1

    def __init__(self, model, score=None, target_extractor=None, eval_fun=None, layer=None, logits=True):
        super().__init__(model, score, target_extractor, eval_fun, layer, None, logits)

    def plan(self, shape):
        return {"channel": np.arange(self._shape[-1], dtype="int32")}

    def references(self, shape):
        return {"target": np.zeros(1, "float32")}

    def attribution(self, score, target, at):
        feature_map = score.read(target, self._extractor)  # (R, *spatial, channels)
        low = tf.reduce_min(feature_map, over_space(feature_map), keepdims=True)
        high = tf.reduce_max(feature_map, over_space(feature_map), keepdims=True)
        scaled = tf.math.divide_no_nan(feature_map - low, high - low)
        masks = self.at_target(self._channels(scaled, at), tf.repeat(target, tf.shape(at["channel"])[0], axis=0))
        masks = tf.reshape(masks, tf.concat([[-1], tf.shape(target)[:1], tf.shape(masks)[1:]], 0))
        points = target * masks
        points.set_shape([None, *target.shape])
        maps = tf.reshape(self._channels(feature_map, at), tf.concat([[-1], tf.shape(feature_map)[:-1], [1]], 0))

        def of_channels(here):
            weights = tf.exp(here.values - here.references[0])  # (K, R)
            weighed = tf.reduce_sum(
                tf.reshape(weights, tf.concat([tf.shape(weights), [1] * (maps.shape.rank - 2)], 0)) * maps, 0
            )
            return self.at_target(weighed, target), tf.reduce_sum(weights, 0)

        return score.evaluate(points, of_channels)

    def finish(self, references, saliency, weights):
        return tf.nn.relu(saliency / tf.reshape(weights, [-1] + [1] * (saliency.shape.rank - 1)))

    def _channels(self, maps, at):
        """The channels `at` of (R, *spatial, channels) as rows, (K·R, *spatial, 1)."""
        chosen = tf.gather(maps, at["channel"], axis=-1)
        chosen = tf.transpose(chosen, [maps.shape.rank - 1, *range(maps.shape.rank - 1)])
        rows = tf.reshape(chosen, [-1, *maps.shape[1:-1], 1])
        return rows
