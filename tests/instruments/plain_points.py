"""A model run eagerly with whatever one likes in the place of a target: gradients, paths, windows and noise by plain loops."""

import contextlib
import dataclasses

import numpy as np
import tensorflow as tf
from by_hand import find, spy
from made_models import policy

from kerasal import InputExtractor, LayerExtractor
from kerasal._keyed_random import Rows, key_of


class PlainPoints:
    """The logits of a case as a function of its target.

    Args:
        case: a case of the zoo.
        model: its model.
        place: number of an input, or ("post" or "pre", name of a layer).
    """

    def __init__(self, case, model, place=0):
        self.case, self.model, self.place = case, model, place
        self.flat = [tf.convert_to_tensor(part) for part in tf.nest.flatten(case.x)]
        self.start = self._start()
        self.classes = np.argmax(self.logits(self.start), -1)

    @property
    def extractor(self):
        """What says the same to kerasal."""
        if isinstance(self.place, int):
            return InputExtractor(self.place)
        return LayerExtractor(self.place[1], timing=self.place[0])

    def _start(self):
        if isinstance(self.place, int):
            return self.flat[self.place].numpy()
        with spy(find(self.model, self.place[1])) as calls:
            self.model(self.case.x, training=False)
        return np.asarray(calls[0][self.place[0] == "post"])

    def logits(self, value, rows=slice(None)):
        """(R, C), for values of the target (R, ...) at some rows of x."""
        flat = [part[rows] for part in self.flat]
        if isinstance(self.place, int):
            flat[self.place] = tf.convert_to_tensor(value)
        with self._supplied(value):
            return self.case.logits(self.model, tf.nest.pack_sequence_as(self.case.x, flat))

    @contextlib.contextmanager
    def _supplied(self, value):
        if isinstance(self.place, int):
            yield
            return
        (timing, name), value = self.place, tf.convert_to_tensor(value)

        def in_place(given, *args, **kwargs):
            if timing == "post":
                return tf.cast(value, getattr(layer, "compute_dtype", value.dtype))
            return own(tf.cast(value, given.dtype), *args, **kwargs)

        layer = find(self.model, name)
        own = layer.call
        layer.__dict__["call"] = in_place
        try:
            yield
        finally:
            del layer.__dict__["call"]

    def scores(self, value, rows=slice(None), classes=None):
        """The logit of the class of the clean input, or of given classes; float64 (R,)."""
        classes = (self.classes if classes is None else classes)[rows]
        found = np.asarray(self.logits(value, rows), "float64")
        return found[np.arange(len(found)), classes]

    def gradient(self, value, classes=None):
        """Of the scores at the target, float64 (N, ...); 0 where they do not depend on it."""
        value = tf.convert_to_tensor(value)
        with tf.GradientTape() as tape:
            tape.watch(value)
            logits = tf.cast(self.logits(value), tf.float32)
            score = tf.reduce_sum(tf.gather(logits, self.classes if classes is None else classes, axis=1, batch_dims=1))
        found = tape.gradient(score, value)
        return np.zeros(value.shape) if found is None else np.asarray(found, "float64")

    def slope(self, way, step=1e-6):
        """Central difference of the scores along a way (N, ...), (N,); of a model of float64. NaN where there is a kink."""
        up, here, down = (self.scores(self.start + sign * step * way) for sign in (1, 0, -1))
        kinks = np.abs(up - 2 * here + down) / step > 1e-3 * (1e-2 + np.abs(up - down) / step)
        return np.where(kinks, np.nan, (up - down) / (2 * step))

    def integrated(self, steps):
        """Integrated gradients from 0 by the midpoint rule."""
        nodes = (np.arange(steps) + 0.5) / steps
        return self.start * sum(self.gradient((node * self.start).astype("float32")) for node in nodes) / steps

    def hidden(self, size, axes):
        """Fall of the scores with each window of zeros, the mean over those that cover an element; windows side by side."""
        total, covered, clean = np.zeros(self.start.shape), np.zeros(self.start.shape), self.scores(self.start)
        starts = [
            sorted({*range(0, self.start.shape[axis] - size + 1, size), self.start.shape[axis] - size}) for axis in axes
        ]
        for begins in np.stack(np.meshgrid(*starts), -1).reshape(-1, len(axes)):
            window = [slice(None)] * self.start.ndim
            for axis, begin in zip(axes, begins, strict=True):
                window[axis] = slice(begin, begin + size)
            value = self.start.copy()
            value[tuple(window)] = 0
            fall = clean - self.scores(value)
            total[tuple(window)] += fall.reshape(-1, *[1] * (self.start.ndim - 1))
            covered[tuple(window)] += 1
        whole = tuple(axis for axis in range(1, self.start.ndim) if axis not in axes)
        return (total / covered).mean(whole, keepdims=True)

    def noisy(self, sample, seed, scale):
        """The target with the Gaussian noise of a sample, relative to the range of each example."""
        drawn = Rows(
            tf.constant(key_of(seed)), tf.constant([sample], tf.int64), tf.constant(0, tf.int64), len(self.start)
        ).draw("normal", "noise", int(np.prod(self.start.shape[1:])))
        axes = tuple(range(1, self.start.ndim))
        spread = scale * (self.start.max(axes, keepdims=True) - self.start.min(axes, keepdims=True))
        return self.start + spread * drawn.numpy().reshape(self.start.shape)


def of_double(case, model, place):
    """The same in float64, with the same weights."""
    with policy("float64"):
        twin = case.build()
    twin.set_weights(model.get_weights())
    x = tf.nest.map_structure(lambda part: part.astype("float64") if part.dtype.kind == "f" else part, case.x)
    return PlainPoints(dataclasses.replace(case, x=x), twin, place)
