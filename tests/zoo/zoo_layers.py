"""Layers and subclassed models as users write them, for the zoo."""

import keras
import tensorflow as tf
from keras import layers as L


class SubclassedSoftmax(keras.Model):
    """A softmax in the user's own code, where no layer shows it."""

    def __init__(self):
        super().__init__()
        self.inner = L.Dense(6, activation="tanh", name="inner")
        self.dropout = L.Dropout(0.4)
        self.head = L.Dense(4, name="head")

    def call(self, x, training=False):
        return tf.nn.softmax(self.head(self.dropout(self.inner(x), training=training)))


class SubclassedLogits(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = L.Conv2D(3, 2, activation="tanh", name="inner")
        self.norm = L.BatchNormalization()
        self.head = L.Dense(3, name="head")

    def call(self, x, training=False):
        h = self.norm(self.inner(x), training=training)
        return self.head(tf.reshape(h, [tf.shape(x)[0], 6 * 4 * 3]))


class GraphCall(L.Layer):
    """`call` is itself a tf.function, and holds a layer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = L.Dense(6, activation="tanh", name="in_graph")

    def build(self, shape):
        self.dense.build(shape)
        self.built = True

    @tf.function
    def call(self, x):
        return self.dense(x)


class Branch(L.Layer):
    """A Python `if` over a tensor, which only autograph can trace."""

    @tf.function
    def call(self, x):
        if tf.reduce_sum(x * x) > 0.0:
            return 2.0 * x
        else:  # noqa: RET505  both branches of one condition, as autograph wants it
            return 3.0 * x


class AddsLoss(L.Layer):
    def call(self, x):
        self.add_loss(0.1 * tf.reduce_mean(x * x))
        return tf.tanh(x)


class SelfAttention(L.Layer):
    """A softmax over positions and a dropout of its own; the attention softmax must be left alone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = L.Dropout(0.3)

    def call(self, x, training=False):
        weights = tf.nn.softmax(tf.matmul(x, x, transpose_b=True))
        return tf.matmul(self.dropout(weights, training=training), x)


class DrawsByItself(L.Layer):
    """Random in training from a generator that nobody else can reach."""

    def call(self, x, training=False):
        if training:
            return x * tf.random.uniform(tf.shape(x), 0.5, 1.5)
        return x


class FrozenBase(keras.Model):
    """Transfer learning as the guides write it: the base is told training=False, the head follows fit."""

    def __init__(self):
        super().__init__()
        self.base = keras.Sequential([L.Dropout(0.5)])
        self.dropout = L.Dropout(0.25)

    def call(self, x):
        return self.dropout(self.base(x, training=False))


class GraphDropout(L.Layer):
    """Its dropout is called inside a tf.function that is not `call`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = L.Dropout(0.5, name="hidden")

    @tf.function
    def work(self, x, training):
        return self.dropout(x, training=training)

    def call(self, x, training=False):
        return self.work(x, training)


class PassesNothing(keras.Model):
    """Keras hands `training` down to one dropout by itself; the other is told False for good."""

    def __init__(self):
        super().__init__()
        self.on, self.off = L.Dropout(0.25), L.Dropout(0.5)

    def call(self, x):
        return tf.reduce_sum(self.on(x) * self.off(x, training=False), axis=1, keepdims=True)


class CountsCalls(L.Layer):
    """Changes a variable of its own whenever it runs."""

    def build(self, shape):
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.built = True

    def call(self, x):
        self.count.assign_add(1.0)
        return x * 1.0


class UpdatesInTraining(L.Layer):
    """Like a batch normalisation: in training it changes what it knows and computes something else."""

    def build(self, shape):
        self.state = self.add_weight(name="state", shape=(), initializer="ones", trainable=False)
        self.built = True

    def call(self, x, training=False):
        if training:
            self.state.assign_add(1.0)
            return x * 3.0
        return x * 1.0


class Sum(L.Layer):
    """The sum of an example's elements, raised to a power: (N, ...) -> (N, 1)."""

    def __init__(self, power=1, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def call(self, x):
        return tf.reduce_sum(tf.reshape(x, [tf.shape(x)[0], -1]) ** self.power, axis=1, keepdims=True)

    def compute_output_shape(self, shape):
        return (shape[0], 1)


class InnerGraph(L.Layer):
    """Calls its layer in a tf.function that is not its `call`."""

    def __init__(self):
        super().__init__()
        self.deep = L.Dense(6, name="deep")

    def build(self, shape):
        self.deep.build(shape)
        self.built = True

    @tf.function
    def work(self, x):
        return self.deep(x)

    def call(self, x):
        return self.work(x)
