"""kerasal and the hand-written loop, made for a workload and then called: `way(amount)` gives (values, std or None).

The amount is the number of samples (0: the vanilla gradient), the number of nodes, or (size, stride) of windows.
"""

from functools import cache, partial

import numpy as np
import tensorflow as tf
from by_hand import ByHand, OcclusionByHand, PathByHand, stateless_noise
from workloads import SCALE

from kerasal import GaussianNoiseSampler, GradientCalculator, IntegratedGradientsCalculator, OcclusionCalculator
from kerasal.keyed_random import Rows, key_of


@cache
def calculator_of(model, score, kind, **settings):
    """One for both batch sizes, which are not part of a trace."""
    return kind(model, score, **settings)


def gradient_by_kerasal(model, x, rows, batch_size=None, score=None):
    """Without a batch size, as all of these, kerasal chooses the rows of a model call."""
    calculator, noise = calculator_of(model, score, GradientCalculator), GaussianNoiseSampler(scale=SCALE)

    def call(M):
        result = calculator.explain(x, M=M or None, noise_sampler=noise if M else None, batch_size=batch_size)
        return result.values, result.std

    return call


def path_by_kerasal(model, x, rows, batch_size=None, score=None):
    def call(nodes):
        calculator = calculator_of(model, score, IntegratedGradientsCalculator, steps=nodes)
        return calculator.explain(x, batch_size=batch_size).values, None

    return call


def occlusion_by_kerasal(model, x, rows, batch_size=None, score=None):
    def call(windows):
        calculator = calculator_of(model, score, OcclusionCalculator, size=windows[0], stride=windows[1])
        return calculator.explain(x, batch_size=batch_size).values, None

    return call


def at_same_rows(by_kerasal):
    """kerasal with the limit's rows of a model call."""
    return lambda model, x, rows: by_kerasal(model, x, rows, batch_size=rows)


def gradient_by_hand(model, x, rows, noise=stateless_noise):
    loop = ByHand(model, x.shape, SCALE, rows, noise)
    return lambda M: loop.smooth(x, M) if M else (loop.vanilla(x), None)


def gradient_by_hand_with_kerasals_noise(model, x, rows):
    """The hand-written loop with the very noise kerasal draws for seed 0, to compare their numbers."""

    def noise(start, count, block):
        samples = tf.range(tf.cast(start, tf.int64), tf.cast(start + count, tf.int64))
        drawn = Rows(tf.constant(key_of(0)), samples, tf.constant(0, tf.int64), tf.shape(block)[0]).draw(
            "normal", "noise", tf.constant(int(np.prod(block.shape[1:])))
        )
        return tf.reshape(drawn, tf.concat([[-1], tf.shape(block)[1:]], 0))

    return gradient_by_hand(model, x, max(rows, len(x)), noise)


def midpoints(count):
    """(nodes, weights) on [0, 1], (count,) each."""
    return (np.arange(count, dtype="float32") + 0.5) / count, np.full(count, 1 / count, "float32")


def path_by_hand(model, x, rows):
    loop = PathByHand(model, x.shape, rows)
    return lambda nodes, rule=midpoints: (loop(x, *rule(nodes))[0], None)


def occlusion_by_hand(model, x, rows):
    loop = cache(partial(OcclusionByHand, model, x.shape, rows))
    return lambda windows: (loop(*windows)(x), None)


def rows_kerasal_chooses(by_kerasal, model, x, amount):
    """The most rows of a model call when `batch_size` is left out, seen from inside a score."""
    seen = []

    def record(rows):
        seen.append(int(rows))
        return np.int32(rows)

    def top_logit(logits):
        with tf.control_dependencies([tf.numpy_function(record, [tf.shape(logits)[0]], tf.int32)]):
            return tf.reduce_max(logits, -1)

    by_kerasal(model, x, None, score=top_logit)(amount)
    return max(seen)
