"""kerasal and the hand-written loop, made for a job (see workloads.py) and then called: `way(amount)` gives (values, std or None).

The amount is the number of samples (0: the vanilla gradient), the number of nodes, or (size, stride) of windows.
"""

from functools import cache, partial

import numpy as np
import tensorflow as tf
from by_hand import ByHand, ClassesByHand, OcclusionByHand, PathByHand, noisy, repeated
from workloads import SCALE

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
)
from kerasal._keyed_random import Rows, key_of


@cache
def calculator_of(model, layer, score, kind, **settings):
    """One for both batch sizes, which are not part of a trace."""
    return kind(model, score, target_extractor=layer and LayerExtractor(layer), **settings)


def gradient_by_kerasal(job, batch_size=None, score=None):
    """Without a batch size, as all of these, kerasal chooses the rows of a model call."""
    calculator = calculator_of(job.model, job.layer, score, GradientCalculator)
    noise = GaussianNoiseSampler(scale=SCALE)

    def call(M):
        result = calculator.explain(job.x, M=M or None, noise_sampler=noise if M else None, batch_size=batch_size)
        return result.values, result.std

    return call


def dropout_by_kerasal(job, batch_size=None, score=None):
    calculator = calculator_of(job.model, job.layer, score, GradientCalculator)

    def call(M):
        result = calculator.explain(job.x, M=M, train=job.train, batch_size=batch_size)
        return result.values, result.std

    return call


def path_by_kerasal(job, batch_size=None, score=None):
    def call(nodes):
        calculator = calculator_of(job.model, job.layer, score, IntegratedGradientsCalculator, steps=nodes)
        return calculator.explain(job.x, batch_size=batch_size).values, None

    return call


def occlusion_by_kerasal(job, batch_size=None, score=None):
    def call(windows):
        size, stride = windows
        calculator = calculator_of(job.model, job.layer, score, OcclusionCalculator, size=size, stride=stride)
        return calculator.explain(job.x, batch_size=batch_size).values, None

    return call


def classes_by_kerasal(job, batch_size=None, score="all"):
    calculator = calculator_of(job.model, job.layer, score, GradientCalculator)
    return lambda amount: (calculator.explain(job.x, batch_size=batch_size).values, None)


def classes_by_hand(job):
    loop = ClassesByHand(job.tail, job.points.shape)
    return lambda amount: (loop(job.points), None)


def gradient_by_hand(job):
    loop = ByHand(job.tail, job.points.shape, job.rows, noisy(SCALE))
    return lambda M: loop.mean(job.points, M) if M else (loop.vanilla(job.points), None)


def dropout_by_hand(job):
    """Keras' own masks, drawn anew in each model call."""
    loop = ByHand(job.tail, job.points.shape, job.rows, repeated, job.random)
    return lambda M: loop.mean(job.points, M)


def gradient_by_hand_with_kerasals_noise(job):
    """The hand-written loop with the very noise kerasal draws for seed 0, to compare their numbers."""

    def noise(start, count, block):
        samples = tf.range(tf.cast(start, tf.int64), tf.cast(start + count, tf.int64))
        drawn = Rows(tf.constant(key_of(0)), samples, tf.constant(0, tf.int64), tf.shape(block)[0]).draw(
            "normal", "noise", tf.constant(int(np.prod(block.shape[1:])))
        )
        return tf.reshape(drawn, tf.concat([[-1], tf.shape(block)[1:]], 0))

    loop = ByHand(job.tail, job.points.shape, max(job.rows, len(job.points)), noisy(SCALE, noise))
    return lambda M: loop.mean(job.points, M)


def midpoints(count):
    """(nodes, weights) on [0, 1], (count,) each."""
    return (np.arange(count, dtype="float32") + 0.5) / count, np.full(count, 1 / count, "float32")


def path_by_hand(job):
    loop = PathByHand(job.tail, job.points.shape, job.rows)
    return lambda nodes, rule=midpoints: (loop(job.points, *rule(nodes))[0], None)


def occlusion_by_hand(job):
    loop = cache(partial(OcclusionByHand, job.tail, job.points.shape, job.rows))
    return lambda windows: (loop(*windows)(job.points), None)


def rows_kerasal_chooses(by_kerasal, job, amount):
    """The most rows of a model call when `batch_size` is left out, seen from inside a score."""
    seen = []

    def record(rows):
        seen.append(int(rows))
        return np.int32(rows)

    def top_logit(logits):
        with tf.control_dependencies([tf.numpy_function(record, [tf.shape(logits)[0]], tf.int32)]):
            return tf.reduce_max(logits, -1)

    by_kerasal(job, score=top_logit)(amount)
    return max(seen)
