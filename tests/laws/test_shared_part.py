"""BayesGrad behind late dropout: what samples share is computed once, and the numbers are those of a plain loop over samples."""

import contextlib
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from traced import programs_of
from zoo import normal, randomised

from kerasal import Calculator, Fold, GradientCalculator, LayerExtractor, Statistic, recipes, scores
from kerasal._engine.sample_loop import SampleLoop
from kerasal._keyed_random import Rows, key_of
from kerasal._network import affine_part, shared_tensors
from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import tensorflow_variable
from kerasal.layers import Saliency

IMAGE, SERIES, TABLE = (9, 7, 2), (6, 3), (4,)
M, SEED = 5, 3


@pytest.fixture(autouse=True)
def small_networks_share(monkeypatch):
    for module in (shared_tensors, affine_part):
        monkeypatch.setattr(module, "WORTH", 0)


def convolutions(x):
    """With BatchNormalization, and two ways that meet again."""
    h = L.BatchNormalization()(L.Conv2D(4, 3, activation="relu")(x))
    return L.Add()([L.MaxPooling2D(2)(h), L.AveragePooling2D(2)(h)])


def functional():
    x = keras.Input(IMAGE)
    h = L.Dropout(0.3)(L.Flatten()(convolutions(x)))
    return keras.Model(x, L.Dense(3)(L.Dropout(0.4)(L.Dense(6, activation="tanh")(h))))


def sequential():
    body = [L.Conv2D(4, 3, activation="swish"), L.GlobalAveragePooling2D(), L.Dropout(0.5)]
    return keras.Sequential([keras.Input(IMAGE), *body, L.Dense(3)])


class Subclassed(keras.Model):
    """Operations of TensorFlow between the last layer and the draw."""

    def __init__(self):
        super().__init__()
        self.convolution, self.drop, self.last = L.Conv2D(4, 3), L.Dropout(0.4), L.Dense(3)

    def call(self, x, training=False):
        h = tf.reduce_mean(tf.math.softplus(self.convolution(x)), [1, 2])
        return self.last(self.drop(h, training=training))


def subclassed():
    model = Subclassed()
    model(np.zeros((1, *IMAGE), "float32"))
    return model


def nested():
    inner, x = keras.Input(IMAGE), keras.Input(IMAGE)
    body = keras.Model(inner, L.GlobalMaxPooling2D()(convolutions(inner)))
    return keras.Model(x, L.Dense(3)(L.Dropout(0.3)(body(L.Rescaling(0.5)(x)))))


def two_inputs():
    image, table = keras.Input(IMAGE), keras.Input(TABLE)
    h = L.Concatenate()([L.Flatten()(convolutions(image)), L.Dense(5, activation="tanh")(table)])
    return keras.Model([image, table], L.Dense(3)(L.Dropout(0.3)(h)))


def branches():
    """Two draws of which neither comes before the other, one of them behind a way of its own."""
    x = keras.Input(IMAGE)
    h = L.Flatten()(L.Conv2D(4, 3, activation="tanh")(x))
    return keras.Model(x, L.Dense(3)(L.Concatenate()([L.Dropout(0.3)(h), L.Dropout(0.5)(L.Dense(6)(h))])))


def recurrent():
    x = keras.Input(SERIES)
    return keras.Model(x, L.Dense(3)(L.Dropout(0.4)(L.LSTM(5)(L.Conv1D(4, 1, activation="tanh")(x)))))


def recurrent_behind():
    x = keras.Input(SERIES)
    return keras.Model(x, L.Dense(3)(L.LSTM(5)(L.Dropout(0.4)(L.Conv1D(4, 2, activation="tanh")(x)))))


def pools():
    """Pools before and behind units, which fill the picture, and those of other sizes and places."""
    x = keras.Input((12, 8, 2))
    h = L.ReLU(max_value=6.0)(L.MaxPooling2D(2)(L.Conv2D(4, 3, padding="same")(x)))
    h = L.MaxPooling2D((3, 2))(L.Conv2D(4, 1, activation="relu")(h))
    beside = L.Conv2D(3, 1, activation="relu")(L.Cropping2D(((0, 1), (0, 0)))(x))
    beside = L.MaxPooling2D(2)(L.MaxPooling2D(3, strides=1)(beside))
    return keras.Model(x, L.Dense(3)(L.Dropout(0.3)(L.Concatenate()([L.Flatten()(h), L.Flatten()(beside)]))))


class MovedPool(L.Layer):
    """A pool whose windows begin before the picture, as many of them as if they filled it."""

    def call(self, x):
        return tf.nn.max_pool2d(x, 2, 2, padding=[[0, 0], [1, 0], [1, 0], [0, 0]])

    def compute_output_shape(self, shape):
        return shape[0], shape[1] // 2, shape[2] // 2, shape[3]


def moved_pools():
    x = keras.Input((8, 6, 2))
    return keras.Model(x, L.Dense(3)(L.Dropout(0.3)(L.Flatten()(MovedPool()(L.Conv2D(4, 3, padding="same")(x))))))


def units():
    """All whose gradient is a product with numbers of its own."""
    h = x = keras.Input(IMAGE)
    for unit in ("relu", "relu6", "elu", "selu", "softplus", "softsign", "sigmoid", "tanh", "leaky_relu"):
        h = L.Conv2D(4, 1)(h)
        h = L.LeakyReLU()(h) if unit == "leaky_relu" else L.Activation(getattr(tf.nn, unit))(h)
    return keras.Model(x, L.Dense(3)(L.Dropout(0.3)(L.Flatten()(h))))


def early():
    x = keras.Input(IMAGE)
    return keras.Model(x, L.Dense(3)(L.Flatten()(L.Conv2D(4, 3, activation="tanh")(L.Dropout(0.3)(x)))))


class TimeFirst(L.Layer):
    """Takes the steps before the examples, for a while."""

    def call(self, x):
        steps = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, 3])
        return tf.transpose(tf.reshape(tf.tanh(steps), [6, -1, 3]), [1, 0, 2])


def time_first():
    x = keras.Input(SERIES)
    return keras.Model(x, L.Dense(3)(L.Dropout(0.4)(L.Flatten()(TimeFirst()(x)))))


class Counting(L.Layer):
    """Counts its calls."""

    def __init__(self):
        super().__init__()
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign_add(1.0)
        return x


def counting():
    x = keras.Input(IMAGE)
    return keras.Model(x, L.Dense(3)(L.Dropout(0.4)(L.Flatten()(Counting()(L.Conv2D(4, 3, activation="tanh")(x))))))


SHARING = {
    each.__name__: each
    for each in (functional, sequential, subclassed, nested, two_inputs, branches, pools, moved_pools, units)
}
PARTLY = {each.__name__: each for each in (early, recurrent, recurrent_behind, time_first)}
STANDING_BACK = {each.__name__: each for each in (counting,)}
MODELS = {**SHARING, **PARTLY, **STANDING_BACK}  # the numbers of all are the same


class MagnitudeCalculator(Calculator):
    """|gradient|."""

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: tf.abs(found.gradient))


class SquareAtTheEndCalculator(Calculator):
    """The square of a sum over points that are one."""

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: found.gradient)

    def finish(self, totals):
        return totals.saliency**2


@functools.cache
def made(name):
    """A model, and five examples of it."""
    model = randomised(MODELS[name]())
    x = [
        normal(*shape, seed=n)
        for n, shape in enumerate(each.shape[1:] for each in getattr(model, "inputs", None) or [tf.zeros([1, *IMAGE])])
    ]
    return model, x if len(x) > 1 else x[0]


@contextlib.contextmanager
def drawn(model, rows):
    """Dropout of one sample, eagerly."""
    dropouts = [(place, layer) for place, layer in enumerate(layers_of(model)) if isinstance(layer, L.Dropout)]
    for place, layer in dropouts:

        def call(h, *_, place=place, rate=layer.rate, **__):
            numbers = rows.draw("uniform", (place, 0), int(np.prod(h.shape[1:])))
            return h * tf.cast(tf.reshape(numbers, h.shape) >= rate, h.dtype) / (1 - rate)

        layer.__dict__["call"] = call
    yield
    for _, layer in dropouts:
        del layer.__dict__["call"]


def by_a_loop(model, x, samples, first=0, seed=SEED):
    """Gradients of the class of the clean input at the first input, (M, N, ...), sample by sample."""
    flat = [tf.constant(each) for each in tf.nest.flatten(x)]
    classes, found = np.argmax(model(x, training=False), -1), []
    for m in samples:
        rows = Rows(tf.constant(key_of(seed)), tf.constant([m], tf.int64), tf.constant(first, tf.int64), len(flat[0]))
        with drawn(model, rows), tf.GradientTape() as tape:
            tape.watch(flat[0])
            logits = model(tf.nest.pack_sequence_as(x, flat), training=False)
            score = tf.gather(logits, classes, axis=1, batch_dims=1)
        found.append(tape.gradient(score, flat[0]).numpy())
    return np.stack(found)


def shares(calculator):
    """Whether the compiled loop has a part around it."""
    graphs = [loop.compiled.graph for loop in programs_of(calculator, SampleLoop)]
    return any("/once/" in each.name for graph in graphs for each in graph.get_operations())


def size_of_part(calculator):
    """How many operations of the body of the compiled loop compute with the mean over samples."""
    graphs = [loop.compiled.graph.as_graph_def() for loop in programs_of(calculator, SampleLoop)]
    nodes = [node.name for graph in graphs for function in graph.library.function for node in function.node_def]
    return sum("of_mean/" in name for name in nodes)


def averages(calculator):
    """Whether there are any."""
    return size_of_part(calculator) > 0


@pytest.mark.parametrize("name", MODELS)
def test_numbers_are_those_of_a_loop_over_samples(name):
    """Whatever the rows of a call, at any position; the model is left as it was."""
    model, x = made(name)
    weights, expected, calculator = model.get_weights(), by_a_loop(model, x, range(M)), GradientCalculator(model)
    for rows in (1, 7, 32):
        assert distance(calculator.compute(x, M=M, train=True, seed=SEED, batch_size=rows), expected) < 1e-5
    assert shares(calculator) if name in SHARING else name in PARTLY or not shares(calculator)
    some = tf.nest.map_structure(lambda part: part[3:], x)
    alone = calculator.compute(some, M=M, train=True, seed=SEED, first_example=3)
    assert distance(alone, expected[:, 3:]) < 1e-5
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True) if name != "counting")


def test_maps_are_those_of_the_samples():
    """The mean and the deviation, to a wanted error too; another seed draws other samples."""
    model, x = made("functional")
    calculator, samples = GradientCalculator(model), by_a_loop(model, x, range(64), seed=4)
    found = calculator.explain(x, M=20, train=True, seed=4, method="abs", ch_axis=-1)
    expected = np.abs(samples[:20]).sum(-1)
    assert distance(found.values, expected.mean(0)) < 1e-5 and distance(found.std, expected.std(0, ddof=1)) < 1e-4
    to_error = calculator.explain(x, train=True, seed=4, method="abs", target_error=0.34, max_samples=64)
    means = [np.abs(samples[:count, n]).mean(0) for n, count in enumerate(np.broadcast_to(to_error.M, 5))]
    assert len(set(to_error.M)) > 1 and distance(to_error.values, means) < 1e-5
    assert distance(calculator.compute(x, M=2, train=True, seed=5), samples[:2]) > 1e-2


class Signed(Statistic):
    """The mean, without its error."""

    needs_variance = False

    def of(self, moments):
        assert moments.variance is None
        return moments.mean


@pytest.mark.parametrize("name", MODELS)
def test_a_mean_alone_is_that_of_the_samples(name):
    """What is affine behind the last draw is computed of the mean of the samples, whatever the rows of a call."""
    model, x = made(name)
    calculator, samples = GradientCalculator(model), by_a_loop(model, x, range(M))
    for rows in (1, 7, 32):
        how = {"M": M, "train": True, "seed": SEED, "batch_size": rows}
        found, signed = calculator.explain(x, method=["mean_abs", Fold(statistic=Signed())], **how)
        assert distance(found.values, np.abs(samples.mean(0))) < 1e-5 and found.std is None
        assert distance(signed.values, samples.mean(0)) < 1e-5 and signed.std is None
    assert averages(calculator) if name in SHARING else name in PARTLY or not averages(calculator)


class Steep(L.Layer):
    """Its gradient is infinite."""

    def call(self, x):
        return x + tf.sqrt(x - tf.stop_gradient(x))


def test_what_a_pool_does_not_take_has_no_gradient():
    """Also where that of what it takes is infinite."""
    x = keras.Input((8, 6, 2))
    h = L.Dropout(0.3)(L.Flatten()(Steep()(L.MaxPooling2D(2)(L.Activation("tanh")(x)))))
    model, x = randomised(keras.Model(x, L.Dense(3)(h))), normal(8, 6, 2)
    calculator = GradientCalculator(model, score=0)
    found = calculator.compute(x, M=2, train=True, seed=SEED)
    windows = x.reshape(-1, 4, 2, 3, 2, 2)
    is_largest = (windows == windows.max((2, 4), keepdims=True)).reshape(x.shape)
    assert shares(calculator) and np.isinf(found[:, is_largest]).any() and not found[:, ~is_largest].any()


class OfTwo(keras.Model):
    """Draws for two rows of each example that are joined along the rows: what is left of them is a function of both, or one half."""

    def __init__(self, left):
        super().__init__()
        self.convolution, self.drop, self.last, self.left = L.Conv2D(4, 3), L.Dropout(0.4), L.Dense(3), left

    def call(self, x, training=False):
        h = tf.reshape(tf.tanh(self.convolution(x)), [-1, 140])
        return self.left(self.last(self.drop(tf.concat([h, 2 * h], 0), training=training)), tf.shape(h)[0])


def padded(x):
    return tf.pad(x, [[0, 2], [0, 0]])


@pytest.mark.parametrize(
    "left",
    [
        lambda z, rows: tf.add_n(tf.split(z, 2)),
        lambda z, rows: z[:rows],
        lambda z, rows: z[rows:],
        lambda z, rows: tf.reduce_sum(tf.reshape(z, [2, -1, 3]), 0),
        lambda z, rows: padded(z)[:rows],
    ],
)
def test_a_mean_is_not_taken_over_rows_that_are_no_samples(left):
    model = OfTwo(left)
    model(np.zeros((1, *IMAGE), "float32"))
    model, x, calculator = randomised(model), normal(*IMAGE), GradientCalculator(model, score=0)
    for rows in (7, 32):  # which decide what two rows of an example draw
        how = {"M": 6, "train": True, "batch_size": rows}
        expected = np.abs(calculator.compute(x, **how).mean(0))
        found = calculator.explain(x, method="mean_abs", **how)
        assert expected.any() and distance(found.values, expected) < 1e-5


def test_channels_that_are_joined_are_of_the_part():
    """As in DenseNet: the gradient of a concatenation of channels takes slices that have all rows."""
    x = keras.Input(IMAGE)
    one, other = L.Conv2D(4, 3, activation="tanh")(x), L.Conv2D(3, 3, activation="tanh")(x)
    h = L.Conv2D(4, 2, activation="tanh")(L.Concatenate()([one, other]))
    model, x = randomised(keras.Model(x, L.Dense(3)(L.Dropout(0.4)(L.Flatten()(h))))), normal(*IMAGE)
    calculator, how = GradientCalculator(model, score=0), {"M": 6, "train": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(affine_part, "_AFFINE", {**affine_part._AFFINE, "Slice": ()})
        few = GradientCalculator(model, score=0)
        without = few.explain(x, method="mean_abs", **how).values
    found = calculator.explain(x, method="mean_abs", **how).values
    assert averages(calculator) and distance(found, np.abs(calculator.compute(x, **how).mean(0))) < 1e-5
    assert distance(without, found) < 1e-5 and size_of_part(calculator) > size_of_part(few)


class PadsRows(L.Layer):
    """Adds two rows, and takes them away again."""

    def call(self, x):
        return tf.tanh(tf.pad(x, [[0, 2], [0, 0], [0, 0], [0, 0]]))[: tf.shape(x)[0]]


@pytest.mark.parametrize("layer, is_of_part", [(L.ZeroPadding2D(2), True), (PadsRows(), False)])
def test_paddings_and_means_are_of_the_part(layer, is_of_part):
    """As in MobileNet and EfficientNet: gradients take as large a slice as what was padded, and count what means are of."""
    x = keras.Input(IMAGE)
    h = L.Conv2D(4, 3, activation="tanh")(layer(L.Conv2D(4, 1, activation="tanh")(x)))
    h = L.Multiply()([h, L.Dense(4, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(h))])
    h = L.GlobalAveragePooling2D()(L.Conv2D(5, 2, activation="tanh")(h))
    model, x = randomised(keras.Model(x, L.Dense(3)(L.Dropout(0.4)(h)))), normal(*IMAGE)
    calculator, how = GradientCalculator(model, score=0), {"M": 6, "train": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(affine_part, "_OF_INTEGERS", {})
        few = GradientCalculator(model, score=0)
        few.explain(x, method="mean_abs", **how)
    for rows in (1, 7, 32):
        found = calculator.explain(x, method="mean_abs", batch_size=rows, **how).values
        assert distance(found, np.abs(calculator.compute(x, **how).mean(0))) < 1e-5
    assert not is_of_part or size_of_part(calculator) > size_of_part(few)


class CountsBehindTheDraw(keras.Model):
    """Means of what is drawn and of what is not: the gradient counts the elements of a tensor that differs between samples."""

    def __init__(self):
        super().__init__()
        self.convolution, self.drop = L.Conv2D(4, 3, activation="tanh"), L.Dropout(0.3)
        self.hidden, self.last = L.Dense(8, activation="tanh"), L.Dense(3)

    def call(self, x, training=False):
        h = self.convolution(x)
        return self.last(self.hidden(tf.reduce_mean(tf.add_n([h, self.drop(h, training=training)]), [1, 2])))


def test_a_count_of_what_differs_is_a_number_of_the_part():
    """The draw that it is counted behind is no part of what is computed once."""
    model = CountsBehindTheDraw()
    model(np.zeros((1, *IMAGE), "float32"))
    model, x, how = randomised(model), normal(*IMAGE), {"M": 6, "train": True, "seed": SEED}
    calculator = GradientCalculator(model, score=0)
    for rows in (1, 7, None):
        found = calculator.explain(x, method="mean_abs", batch_size=rows, **how).values
        assert distance(found, np.abs(calculator.compute(x, **how).mean(0))) < 1e-5
    assert averages(calculator)


def test_a_mean_of_what_is_not_affine_is_taken_last():
    """Of |gradient| the mean is another than that of the mean, and no part is averaged before it."""
    model, x = made("functional")
    expected = by_a_loop(model, x, range(M))
    for calculator, samples in (
        (MagnitudeCalculator(model), np.abs(expected)),
        (SquareAtTheEndCalculator(model), expected**2),
        (GradientCalculator(model, multiply_target=True), expected * x),
    ):
        found = calculator.explain(x, M=M, train=True, seed=SEED, method="mean_abs")
        assert distance(found.values, np.abs(samples.mean(0))) < 1e-5
        assert averages(calculator) == isinstance(calculator, GradientCalculator)
    both = GradientCalculator(model)
    found, raw = both.explain(x, M=M, train=True, seed=SEED, method=["mean_abs", "raw"])
    assert not averages(both) and distance(raw.std, expected.std(0, ddof=1)) < 1e-4
    assert distance(found.values, np.abs(expected.mean(0))) < 1e-5


def test_what_else_may_be_asked():
    """All classes, an inner layer, dropout behind a layer, guided gradients, in float64: as with whole passes."""
    model, x = made("functional")
    inner = next(layer for layer in model.layers if isinstance(layer, L.BatchNormalization))
    last = model.layers[-3]  # a Dense
    cases = [
        ({"score": "all"}, True),
        ({"target_extractor": LayerExtractor(inner)}, True),
        ({"score": scores.Label(), "relu_rule": "guided"}, True),
        ({"multiply_target": True}, {last: 0.2}),
    ]
    for settings, train in cases:
        how = {"y": np.arange(5) % 3 if "relu_rule" in settings else None, "M": M, "train": train}
        found, whole = GradientCalculator(model, **settings), GradientCalculator(model, **settings)
        samples = found.compute(x, **how)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shared_tensors, "WORTH", 10**9)
            expected = whole.compute(x, **how)
        assert shares(found) and not shares(whole) and distance(samples, expected) < 1e-5


def test_a_layer_serves_and_trains_through_the_same():
    model, x = made("functional")
    recipe, found = recipes.bayes_grad(3, method="square", score=1), []
    for worth in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch, tf.GradientTape() as tape:
            patch.setattr(shared_tensors, "WORTH", worth)
            saliency = Saliency(model, recipe)(tf.constant(x))
            loss = tf.reduce_sum(saliency)
        kernel = model.trainable_variables[0]
        found.append((saliency, tape.gradient(loss, tensorflow_variable(kernel))))
    assert distance(found[0][0], found[1][0]) < 1e-5 and distance(found[0][1], found[1][1]) < 1e-5
    assert distance(found[0][0], recipe.explain(model, x).values) < 1e-5
