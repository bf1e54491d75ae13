"""The ways that are compared. Each is made for a workload and then called: `way(M)`, M = 0 for the vanilla gradient."""

import numpy as np
import tensorflow as tf
from by_hand import ByHand, stateless_noise
from workloads import SCALE

from kerasal import GaussianNoiseSampler, GradientCalculator
from kerasal.keyed_random import Rows, key_of


def by_kerasal(model, x, rows):
    """(mean, std) by kerasal, which chooses the rows of a model call."""
    return with_batch_size(model, x, None)


def by_kerasal_at_same_rows(model, x, rows):
    """(mean, std) by kerasal with the limit's rows of a model call."""
    return with_batch_size(model, x, rows)


def with_batch_size(model, x, rows):
    calculator, noise = GradientCalculator(model), GaussianNoiseSampler(scale=SCALE)

    def call(M):
        result = calculator.explain(x, M=M or None, noise_sampler=noise if M else None, batch_size=rows)
        return result.values, result.std

    return call


def by_hand(model, x, rows, noise=stateless_noise):
    """(mean, std) by the hand-written loop."""
    loop = ByHand(model, x.shape, SCALE, rows, noise)
    return lambda M: loop.smooth(x, M) if M else (loop.vanilla(x), None)


def by_hand_with_kerasals_noise(model, x, rows):
    """The hand-written loop with the very noise kerasal draws for seed 0, to compare their numbers."""

    def noise(start, count, block):
        samples = tf.range(tf.cast(start, tf.int64), tf.cast(start + count, tf.int64))
        drawn = Rows(tf.constant(key_of(0)), samples, tf.constant(0, tf.int64), tf.shape(block)[0]).draw(
            "normal", "noise", tf.constant(int(np.prod(block.shape[1:])))
        )
        return tf.reshape(drawn, tf.concat([[-1], tf.shape(block)[1:]], 0))

    return by_hand(model, x, max(rows, len(x)), noise)


def by_tf_keras_vis(model, x, rows):
    """(mean, None) by tf-keras-vis. It is told the classes, which the others find by themselves."""
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    saliency = Saliency(model, clone=False)
    score = CategoricalScore(np.argmax(model(x, training=False), -1).tolist())

    def call(M):
        raw = dict(keepdims=True, gradient_modifier=None, normalize_map=False)
        return np.asarray(saliency(score, x, smooth_samples=M, smooth_noise=SCALE, **raw)), None

    return call


WAYS = {
    "hand-written loop": by_hand,
    "kerasal": by_kerasal,
    "kerasal, same rows": by_kerasal_at_same_rows,
    "tf-keras-vis": by_tf_keras_vis,
}
LIMIT = "hand-written loop"


def rows_kerasal_chooses(model, x, M):
    """The most rows of a model call when `batch_size` is left out, seen from inside a score."""
    seen = []

    def record(rows):
        seen.append(int(rows))
        return np.int32(rows)

    def top_logit(logits):
        with tf.control_dependencies([tf.numpy_function(record, [tf.shape(logits)[0]], tf.int32)]):
            return tf.reduce_max(logits, -1)

    GradientCalculator(model, score=top_logit).explain(x, M=M, noise_sampler=GaussianNoiseSampler(scale=SCALE))
    return max(seen)
