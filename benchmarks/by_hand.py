"""The practical limit: what one would write by hand for one model, one score and one statistic."""

import numpy as np
import tensorflow as tf


def stateless_noise(start, count, x):
    """Standard normal noise of samples `start` to `start + count`, (count × N, ...): one op, a function of the step."""
    shape = tf.concat([[count * tf.shape(x)[0]], tf.shape(x)[1:]], 0)
    return tf.random.stateless_normal(shape, seed=tf.stack([0, start]))


def gradient_of(model, x, labels=None):
    """Gradient of each row's logit at x: of `labels`, or of the largest."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        logits = model(x, training=False)
        score = tf.reduce_max(logits, -1) if labels is None else tf.gather(logits, labels, batch_dims=1)
    return tape.gradient(score, x)


class ByHand:
    """Gradient and SmoothGrad of the top logit, compiled once for any number of images and samples.

    Args:
        model: a Keras model with logits (N, classes).
        shape: of x, (N, ...).
        scale: standard deviation of the noise over the range of each example.
        rows: the most rows of a model call.
        noise: function (first sample, count, x) -> standard normal (count × N, ...), examples fastest.
    """

    def __init__(self, model, shape, scale, rows, noise=stateless_noise):
        self.model, self.scale, self.rows, self.noise = model, scale, rows, noise
        x, integer = tf.TensorSpec([None, *shape[1:]], tf.float32), tf.TensorSpec([], tf.int32)
        self._gradient = tf.function(lambda x: gradient_of(model, x), input_signature=[x])
        self._smooth = tf.function(self._loop, input_signature=[x, integer, integer])

    def vanilla(self, x):
        """Gradient (N, ...)."""
        return self._gradient(tf.convert_to_tensor(x)).numpy()

    def smooth(self, x, M):
        """(mean, standard deviation) over M samples, each (N, ...)."""
        size = min(self.rows, len(x))
        width = max(1, self.rows // size)
        blocks = [self._smooth(tf.constant(x[i : i + size]), M, width) for i in range(0, len(x), size)]
        mean, std = zip(*blocks)
        return np.concatenate(mean), np.concatenate(std)

    def _loop(self, x, M, width):
        top = tf.argmax(self.model(x, training=False), -1, output_type=tf.int32)
        axes = list(range(1, x.shape.rank))
        spread = self.scale * (tf.reduce_max(x, axes, keepdims=True) - tf.reduce_min(x, axes, keepdims=True))

        def step(done, total, squares):
            count = tf.minimum(width, M - done)
            copies = [count] + [1] * len(axes)
            points = tf.tile(x, copies) + tf.tile(spread, copies) * self.noise(done, count, x)
            points.set_shape(x.shape)
            gradient = gradient_of(self.model, points, tf.tile(top, [count]))
            samples = tf.reshape(gradient, tf.concat([[count], tf.shape(x)], 0))
            return done + count, total + tf.reduce_sum(samples, 0), squares + tf.reduce_sum(tf.square(samples), 0)

        start = (0, tf.zeros_like(x), tf.zeros_like(x))
        _, total, squares = tf.while_loop(lambda done, *_: done < M, step, start, parallel_iterations=1)
        number = tf.cast(M, tf.float32)
        mean = total / number
        return mean, tf.sqrt(tf.maximum(squares - number * tf.square(mean), 0.0) / (number - 1.0))
