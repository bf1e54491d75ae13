"""The share of SmoothGrad's time that is its noise: drawing, scaling and adding it, in the calls that SmoothGrad makes.

Run it as `python benchmarks/noise_share.py [rounds]`. The noise is drawn by itself, for the same samples in calls of the same rows, and
summed up; the rounds are interleaved with those of the whole.
"""

import sys

import keras
import networks
import numpy as np
import tensorflow as tf
from rows import NETWORKS as OF_ROWS
from rows import M, row_size
from timing import ratios, rounds

from kerasal import GaussianNoiseSampler, GradientCalculator
from kerasal._engine.call_size import rows_of
from kerasal._keyed_random import Rows, key_of

NETWORKS = {
    **{name: made[:2] for name, made in OF_ROWS.items() if not name.startswith(("MLP", "LSTM"))},
    "VGG16 1 x 224 x 224": (networks.vgg16, (1, 224, 224, 3)),
}


def noise_alone(x, rows):
    """A compiled loop that draws the noise of M samples of x, (N, ...), in calls of `rows` rows."""
    at_once, size = max(1, rows // len(x)), int(np.prod(x.shape[1:]))

    @tf.function
    def draw(x):
        spread = tf.reduce_max(x, [1, 2, 3], keepdims=True) - tf.reduce_min(x, [1, 2, 3], keepdims=True)

        def step(first, total):
            samples = tf.range(first, tf.minimum(first + at_once, M))
            every = Rows(tf.constant(key_of(0)), samples, tf.constant(0, tf.int64), tf.shape(x)[0])
            drawn = tf.reshape(every.draw("normal", "noise", size), [-1, *x.shape[1:]])
            points = every.per_example(x) + every.per_example(0.15 * spread) * drawn
            return first + at_once, total + tf.reduce_sum(points)

        start = (tf.constant(0, tf.int64), tf.constant(0.0))
        return tf.while_loop(lambda first, _: first < M, step, start, parallel_iterations=1)[1]

    return lambda: draw(x).numpy()


def main(count=9):
    """Print a line for each network."""
    for name, (build, shape) in NETWORKS.items():
        keras.utils.set_random_seed(0)
        calculator, x = GradientCalculator(build()), np.random.default_rng(0).random(shape, "float32")

        def explain(calculator=calculator, x=x):
            calculator.explain(x, M=M, noise_sampler=GaussianNoiseSampler(0.15))

        explain()
        calls = {"SmoothGrad": explain, "its noise": noise_alone(tf.constant(x), rows_of(row_size(calculator)))}
        calls["its noise"]()
        found = ratios(rounds(calls, int(count), list(calls)), "SmoothGrad")["its noise"]
        print(f"{name}: {found['ratio']:.1%} ({found['low']:.1%} to {found['high']:.1%}) of SmoothGrad", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
