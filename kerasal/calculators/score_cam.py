"""Score-CAM: channels of a feature map weighed by the score of the input that they let through."""

import numpy as np
import tensorflow as tf

from kerasal.calculators.attribution import beside
from kerasal.calculators.cam import CAMCalculator, at_target, without_channel
from kerasal.resizing import scaled_to_one


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
        self._target_shape = shape
        return {"channel": np.arange(self.prepared[1][-1], dtype="int32")}

    def references(self, shape):
        return {"target": np.zeros(1, "float32")}

    def attribution(self, score, target, at):
        feature_map = score.read(target, self.prepared[0])  # (R, *spatial, channels)
        chosen = tf.gather(feature_map, at["channel"], axis=-1)
        chosen = tf.transpose(chosen, [feature_map.shape.rank - 1, *range(feature_map.shape.rank - 1)])[..., None]
        lead = tf.shape(chosen)[:2]
        masks = scaled_to_one(at_target(tf.reshape(chosen, [-1, *chosen.shape[2:]]), target.shape))  # (K · R, ...)
        points = target * tf.reshape(masks, tf.concat([lead, tf.shape(masks)[1:]], 0))
        points.set_shape([None, *target.shape])

        def of_channels(here):
            weights = tf.exp(here.values - here.references[0])  # (K, R)
            weighed = tf.reduce_sum(beside(weights, chosen.shape.rank) * chosen, 0)
            return without_channel(weighed, target.shape.rank), tf.reduce_sum(weights, 0)

        return score.evaluate(points, of_channels)

    def finish(self, references, weighed, weights):
        maps = tf.nn.relu(weighed / beside(weights, weighed.shape.rank))
        maps = maps if maps.shape.rank == len(self.prepared[1]) else maps[..., None]
        maps.set_shape([None, *self.prepared[1][1:-1], 1])
        return at_target(maps, self._target_shape)
