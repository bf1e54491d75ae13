"""The practical limit: compiled loops as one would write them by hand for one model, one score and one statistic."""

import numpy as np
import tensorflow as tf


def stateless_noise(start, count, x):
    """Standard normal noise of samples `start` to `start + count`, (count × N, ...): one op, a function of the step."""
    shape = tf.concat([[count * tf.shape(x)[0]], tf.shape(x)[1:]], 0)
    return tf.random.stateless_normal(shape, seed=tf.stack([0, start]))


def noisy(scale, noise=stateless_noise):
    """Samples of x plus noise of `scale` × the range of each example."""

    def sample(start, count, x):
        axes = list(range(1, x.shape.rank))
        spread = scale * (tf.reduce_max(x, axes, keepdims=True) - tf.reduce_min(x, axes, keepdims=True))
        copies = [count] + [1] * len(axes)
        return tf.tile(x, copies) + tf.tile(spread, copies) * noise(start, count, x)

    return sample


def repeated(start, count, x):
    """Samples that are x itself, for a model that is random."""
    return tf.tile(x, [count] + [1] * (x.shape.rank - 1))


def gradient_of(model, x, labels=None):
    """Gradient of each row's logit at x: of `labels`, or of the largest."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        logits = model(x)
        score = tf.reduce_max(logits, -1) if labels is None else tf.gather(logits, labels, batch_dims=1)
    return tape.gradient(score, x)


def in_blocks(x, rows, run):
    """`run(block, width)` for blocks of at most `rows` images, `width` points of each a model call; its arrays joined."""
    size = min(rows, len(x))
    found = [run(tf.constant(x[i : i + size]), rows // size) for i in range(0, len(x), size)]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def best_logit(model, x):
    """(label, logit) of each row's largest logit."""
    logits = model(x)
    return tf.argmax(logits, -1, output_type=tf.int32), tf.reduce_max(logits, -1)


class ByHand:
    """Gradient of the top logit and its mean over random samples, compiled once for any number of examples and samples.

    Args:
        tail: (points, training=False) -> logits (rows, classes).
        shape: of the points, (N, ...).
        rows: the most rows of a model call.
        sample: function (first sample, count, x) -> points (count × N, ...), examples fastest.
        random: points -> logits of a sample, the tail itself where the points are what is random.
    """

    def __init__(self, tail, shape, rows, sample, random=None):
        self.tail, self.rows, self.sample, self.random = tail, rows, sample, random or tail
        x, integer = tf.TensorSpec([None, *shape[1:]], tf.float32), tf.TensorSpec([], tf.int32)
        self._gradient = tf.function(lambda x: gradient_of(tail, x), input_signature=[x])
        self._mean = tf.function(self._loop, input_signature=[x, integer, integer])

    def vanilla(self, x):
        """Gradient (N, ...)."""
        return self._gradient(tf.convert_to_tensor(x)).numpy()

    def mean(self, x, M):
        """(mean, standard deviation) over M samples, each (N, ...)."""
        return in_blocks(x, self.rows, lambda block, width: self._mean(block, M, width))

    def _loop(self, x, M, width):
        top, _ = best_logit(self.tail, x)

        def step(done, total, squares):
            count = tf.minimum(width, M - done)
            points = self.sample(done, count, x)
            points.set_shape(x.shape)
            gradient = gradient_of(self.random, points, tf.tile(top, [count]))
            samples = tf.reshape(gradient, tf.concat([[count], tf.shape(x)], 0))
            return done + count, total + tf.reduce_sum(samples, 0), squares + tf.reduce_sum(tf.square(samples), 0)

        start = (0, tf.zeros_like(x), tf.zeros_like(x))
        _, total, squares = tf.while_loop(lambda done, *_: done < M, step, start, parallel_iterations=1)
        number = tf.cast(M, tf.float32)
        mean = total / number
        return mean, tf.sqrt(tf.maximum(squares - number * tf.square(mean), 0.0) / (number - 1.0))


class PathByHand:
    """Integrated gradients of the top logit from zeros, compiled once for any number of images and nodes.

    Args:
        model, shape, rows: as of `ByHand`.
    """

    def __init__(self, model, shape, rows):
        self.model, self.rows = model, rows
        x, path, integer = tf.TensorSpec([None, *shape[1:]]), tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)
        self._path = tf.function(self._loop, input_signature=[x, path, path, integer])

    def __call__(self, x, nodes, weights):
        """(integrated gradients (N, ...), completeness gap (N,)); nodes on [0, 1] and their weights, (K,) each."""
        return in_blocks(x, self.rows, lambda block, width: self._path(block, nodes, weights, width))

    def _loop(self, x, nodes, weights, width):
        top, high = best_logit(self.model, x)
        low = tf.gather(self.model(tf.zeros_like(x)), top, batch_dims=1)
        images = tf.shape(x)

        def step(done, total):
            here = nodes[done : done + width]
            points = tf.reshape(x - tf.tensordot(1 - here, x, 0), tf.concat([[-1], images[1:]], 0))  # (nodes × N, ...)
            points.set_shape(x.shape)
            gradient = gradient_of(self.model, points, tf.tile(top, tf.shape(here)))
            of_nodes = tf.reshape(gradient, tf.concat([[-1], images], 0))
            return done + width, total + tf.tensordot(weights[done : done + width], of_nodes, 1)

        start = (0, tf.zeros_like(x))
        _, total = tf.while_loop(lambda done, _: done < tf.size(nodes), step, start, parallel_iterations=1)
        saliency = x * total
        return saliency, tf.reduce_sum(saliency, list(range(1, x.shape.rank))) - (high - low)


class OcclusionByHand:
    """Fall of the top logit of images where a window is zero, the mean of the windows that cover a pixel.

    Args:
        model, shape, rows: as of `ByHand`; size, stride: of square windows, which end at the edge by themselves.
    """

    def __init__(self, model, shape, rows, size, stride):
        self.model, self.rows, self.size, self.shape = model, rows, size, shape
        along = [np.arange(0, length - size + 1, stride) for length in shape[1:3]]
        self.starts = np.stack(np.meshgrid(*along, indexing="ij"), -1).reshape(-1, 2).astype("int32")
        x, integer = tf.TensorSpec([None, *shape[1:]]), tf.TensorSpec([], tf.int32)
        self._occlude = tf.function(self._loop, input_signature=[x, integer])
        self.coverage = sum(self._masks(self.starts[i : i + 1])[0] for i in range(len(self.starts))).numpy()

    def __call__(self, x):
        """(N, height, width, 1)."""
        return in_blocks(x, self.rows, lambda block, width: [self._occlude(block, width)])[0]

    def _masks(self, starts):
        """(K, 2) -> (K, height, width, 1): 1 in the window that starts there."""
        past_y, past_x = (tf.range(length) - starts[:, axis, None] for axis, length in enumerate(self.shape[1:3]))
        y, x = ((past >= 0) & (past < self.size) for past in (past_y, past_x))
        return tf.cast(y[:, :, None, None] & x[:, None, :, None], tf.float32)

    def _loop(self, x, width):
        top, high = best_logit(self.model, x)
        starts = tf.constant(self.starts)

        def step(done, total):
            masks = self._masks(starts[done : done + width])[:, None]  # (windows, 1, height, width, 1)
            points = tf.reshape((1 - masks) * x, tf.concat([[-1], tf.shape(x)[1:]], 0))
            points.set_shape(x.shape)
            logits = tf.gather(self.model(points), tf.tile(top, tf.shape(masks)[:1]), batch_dims=1)
            fall = high - tf.reshape(logits, [-1, tf.size(high)])
            return done + width, total + tf.reduce_sum(fall[:, :, None, None, None] * masks, 0)

        start = (0, tf.zeros_like(x[..., :1]))
        _, total = tf.while_loop(lambda done, _: done < len(self.starts), step, start, parallel_iterations=1)
        return total / self.coverage


class ClassesByHand:
    """The gradient of every logit of all examples, one pass back for each class over one pass forward.

    Args:
        tail: (points, training=False) -> logits (rows, classes).
        shape: of the points, (N, ...).
    """

    def __init__(self, tail, shape):
        self._tail = tail
        self._loop = tf.function(self._loop, input_signature=[tf.TensorSpec((None, *shape[1:]))])

    def __call__(self, x):
        return self._loop(tf.constant(x)).numpy()

    def _loop(self, x):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(x)
            logits = tf.unstack(self._tail(x), axis=-1)
        return tf.stack([tape.gradient(logit, x) for logit in logits])
