"""The score of a row may not depend on the rows beside it: every model of the zoo passes, what mixes rows is refused."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal

from kerasal import (
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    scores,
)
from kerasal._network.known_graphs import is_row_wise_graph

X = normal(3) + 3  # (5, 3), all different


class Through(L.Layer):
    """A layer that is a function."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


def model_of(function, how="functional", shape=(3,)):
    """The sum of what a layer "mixing" makes of the inputs."""
    layer, head = Through(function, name="mixing"), L.Dense(1, use_bias=False, kernel_initializer="ones", name="head")
    if how == "sequential":
        return keras.Sequential([keras.Input(shape), layer, head])
    if how == "subclassed":
        model = Own(layer, head)
        model(np.zeros((2, *shape), "float32"))
        return model
    a, b = keras.Input(shape), keras.Input(shape)
    inner = keras.Model(a, layer(a), name="inside")
    return keras.Model(b, head(inner(b) if how == "nested" else layer(b)))


class Own(keras.Model):
    """Two layers in a row, the first called in training mode where it knows that."""

    def __init__(self, layer, head, training=None):
        super().__init__()
        self.layer, self.head, self.mode = layer, head, {} if training is None else {"training": training}

    def call(self, x, training=False):
        return self.head(self.layer(x, **self.mode))


def of_neighbour(x):
    return x + tf.roll(x, 1, 0)


MIXING = {  # what mixes rows; the gradient of the sum of what it makes of one row alone
    "mean": (lambda x: x + tf.reduce_mean(x, 0), lambda x: 2 + 0 * x),
    "softmax over rows": (lambda x: x * tf.nn.softmax(x, 0), lambda x: 1 + 0 * x),
    "moments": (lambda x: x**2 + (x - tf.nn.moments(x, [0])[0]), lambda x: 2 * x),
    "largest of rows": (lambda x: x**3 / tf.reduce_max(x, 0), lambda x: 2 * x),
    "largest of all": (lambda x: x - tf.stop_gradient(tf.reduce_max(x)), lambda x: 1 + 0 * x),
    "sorted": (lambda x: tf.sort(x, 0), lambda x: 1 + 0 * x),
    "first row": (lambda x: x * x[:1], lambda x: 2 * x),
    "last row": (lambda x: x * x[-1:], lambda x: 2 * x),
    "sum so far": (lambda x: tf.cumsum(x, 0), lambda x: 1 + 0 * x),
    "neighbour": (of_neighbour, lambda x: 2 + 0 * x),
    "similarities": (lambda x: x * tf.reduce_sum(x @ tf.transpose(x), 1, keepdims=True), None),
    "how many rows": (lambda x: x * tf.cast(tf.shape(x)[0], x.dtype), lambda x: 1 + 0 * x),
    "l2 over all": (lambda x: x * tf.reduce_sum(x**2), None),
}
NONE_ALONE = {  # (x · Σ x²)' by hand: Σ x² + 2 x Σ x
    "similarities": lambda x: (x**2).sum(1, keepdims=True) + 2 * x * x.sum(1, keepdims=True),
    "l2 over all": lambda x: (x**2).sum(1, keepdims=True) + 2 * x * x.sum(1, keepdims=True),
}


@pytest.mark.parametrize("kind", MIXING)
def test_what_mixes_rows_is_refused_and_batch_size_1_is_the_way_out(kind):
    mixing, alone = MIXING[kind]
    calculator = GradientCalculator(model_of(mixing))
    for _ in range(2):  # a refusal is not forgotten
        with refused("alone", "beside", "'mixing'", "batch_size=1", error=ValueError):
            calculator.explain(X)
    found = calculator.explain(X, batch_size=1)
    assert distance(found.values, (alone or NONE_ALONE[kind])(X)) < 1e-5
    assert distance(calculator.explain(X[2:3]).values, found.values[2:3]) < 1e-6  # one example is alone, too
    if kind != "sorted":  # two rows may be in order already
        with refused("alone"):
            calculator.explain(X, batch_size=2)


@pytest.mark.parametrize("how", ["sequential", "nested", "subclassed"])
def test_in_every_kind_of_model(how):
    model = model_of(MIXING["mean"][0], how)
    for calculator in (IntegratedGradientsCalculator(model), OcclusionCalculator(model, size=1, slide_axis=1)):
        for x in (X, X[:1]):  # of one example, points are rows beside one another
            with refused("alone", "mixing", error=ValueError):
                calculator.explain(x)
        assert distance(calculator.explain(X, batch_size=1).values, 2 * X) < 1e-4
    with refused("alone"):
        GradientCalculator(model).explain(X[:1], M=4, noise_sampler=GaussianNoiseSampler())


def test_batch_statistics():
    """Alone, a row's own mean is taken off it, and the offset is left."""
    model = Own(L.BatchNormalization(beta_initializer="ones"), L.Dense(1), training=True)
    model(X)
    with refused("alone", "batch_normalization", "batch_size=1"):
        GradientCalculator(model).explain(X)
    plain = Own(L.BatchNormalization(), L.Dense(1, kernel_initializer="ones", use_bias=False))
    plain(X)
    np.testing.assert_allclose(GradientCalculator(plain).explain(X).values, 1 / np.sqrt(1.001), rtol=1e-5)


def test_functions_that_mix_rows():
    body = L.Dense(2, use_bias=False, name="body")
    model = keras.Sequential([keras.Input((3,)), body])
    slope = np.asarray(body.kernel)[:, 0]
    centred = {"eval_fun": lambda x: 3 * x[:, 0] + model(x - tf.reduce_mean(x, 0))[:, 0]}
    scored = {"score": lambda outputs: outputs[:, 0] + tf.reduce_mean(outputs[:, 0])}
    for settings, wanted in ((centred, [3, 0, 0]), (scored, 2 * slope)):
        calculator = GradientCalculator(model, **settings)
        with refused("an eval_fun" if "eval_fun" in settings else "a score", "batch_size=1"):
            calculator.explain(X)
        np.testing.assert_allclose(calculator.explain(X, batch_size=1).values, [wanted] * 5, rtol=1e-4, atol=1e-5)
    each_row = GradientCalculator(
        model, eval_fun=lambda x: 3 * x[:, 0] + model(x - tf.reduce_mean(x, 1, keepdims=True))[:, 0]
    )
    np.testing.assert_allclose(each_row.explain(X).values, [[3, 0, 0] + slope - slope.mean()] * 5, rtol=1e-4)


def test_a_sum_that_is_no_sum_of_rows():
    model = keras.Sequential([keras.Input((3,)), L.Dense(1, use_bias=False, name="body")])
    kernel = np.asarray(model.get_layer("body").kernel)[:, 0]
    total = GradientCalculator(model, eval_fun=lambda x: tf.reduce_sum(model(x) ** 2))
    np.testing.assert_allclose(total.explain(X).values, 2 * (X @ kernel)[:, None] * kernel, rtol=1e-4)
    mixed = GradientCalculator(model, eval_fun=lambda x: tf.reduce_sum(model(x - tf.reduce_mean(x, 0)) ** 2))
    with refused("an eval_fun", "alone"):  # an example twice is no more than once: 0
        mixed.explain(X)


@pytest.mark.skipif(not hasattr(keras.losses, "Circle"), reason="Circle came with Keras 3")
def test_a_contrastive_loss():
    model = keras.Sequential([keras.Input((3,)), L.Dense(3)])
    model.compile("sgd", keras.losses.Circle())
    with refused("alone", "loss"):
        GradientCalculator(model, scores.Loss()).explain(X, np.array([0, 0, 1, 1, 2]))
    model.compile("sgd", "mse")
    assert np.any(GradientCalculator(model, scores.Loss()).explain(X, X + 1).values)


def test_a_target_behind_what_mixes():
    """Its own values depend on the other rows; behind it rows are apart, but the point is not the example's."""
    calculator = GradientCalculator(
        model_of(lambda x: x - tf.reduce_mean(x, 0)), lambda y: y[:, 0] ** 2, LayerExtractor("mixing")
    )
    with refused("alone"):
        calculator.explain(X)


def graph_of_nodes():
    """Nodes and edges as rows that need one another, and the same with an axis for graphs."""
    rng = np.random.default_rng(0)
    edges = (rng.random((7, 7)) < 0.4).astype("float32")
    nodes = rng.normal(size=(7, 4)).astype("float32")
    dense, gather = L.Dense(3, name="dense", use_bias=False), Through(lambda pair: tf.matmul(*pair))
    single = [keras.Input((7,), name="edges"), keras.Input((4,), name="nodes")]
    batch = [keras.Input((7, 7), name="edges"), keras.Input((7, 4), name="nodes")]
    models = [keras.Model(inputs, gather([inputs[0], dense(inputs[1])])) for inputs in (single, batch)]
    return *models, [edges, nodes], np.asarray(dense.kernel)


def test_the_nodes_of_one_graph():
    single, batch, x, kernel = graph_of_nodes()
    for size in (None, 3, 1):
        with refused("rows", "an axis for examples", error=ValueError):
            GradientCalculator(single, score=0).explain(x, batch_size=size)
    found = GradientCalculator(batch, lambda output: output[:, 2, 0]).explain([part[None] for part in x])
    np.testing.assert_allclose(found.values[0][2], x[1] @ kernel[:, 0], rtol=1e-5)  # of the edges of node 2


@pytest.mark.parametrize("name", ZOO)
def test_every_model_of_the_zoo_passes(name):
    """By a function as score, which is not known to keep rows apart; and what is known of a graph is true."""
    case, model = ZOO[name], built(name)
    score = lambda outputs: tf.reduce_sum(tf.cast(tf.nest.flatten(outputs)[0], tf.float32), 1)
    calculator = GradientCalculator(model, score, LayerExtractor("inner"))
    for x in (case.x, tf.nest.map_structure(lambda part: part[:1], case.x)):
        found = calculator.explain(x, M=2, noise_sampler=GaussianNoiseSampler())
        assert np.isfinite(found.values).all() and found.unpaired == ()  # nor does anything draw


def test_graphs_that_are_known_to_keep_rows_apart():
    a = keras.Input((4, 3))
    assert is_row_wise_graph(keras.Model(a, L.Softmax()(L.BatchNormalization()(L.Dense(3, "relu")(a)))))
    for layer in (
        L.Softmax(axis=0),
        L.Softmax(axis=-3),
        L.Dense(3, activation=lambda x: x - tf.reduce_mean(x, 0)),
        L.Dense(3, activation=tf.nn.l2_normalize),
        L.Lambda(lambda x: x),
        Through(lambda x: x),
    ):
        assert not is_row_wise_graph(keras.Model(a, layer(a))), layer


def chaotic(x):
    """The logistic map: after 60 steps a rounding error is as large as the number."""
    x = tf.sigmoid(x)
    for _ in range(60):
        x = 3.99 * x * (1 - x)
    return x


FINE = {
    "chaotic": chaotic,
    "large": lambda x: 1e8 * x,
    "small": lambda x: 1e-12 * x,
    "small difference of large numbers": lambda x: (
        (1e4 * x + 1e4 * tf.reverse(x, [1])) - 1e4 * tf.reduce_sum(x, 1, keepdims=True)
    ),
    "constant": lambda x: 0 * x + tf.reduce_sum(x * 0, 1, keepdims=True),
    "rows in a loop": lambda x: tf.map_fn(lambda row: row**2, x),
    "as many steps as the longest needs": lambda x: x * tf.sign(tf.cast(tf.reduce_max(x) > 0, x.dtype) + 1),
    "saturated": lambda x: tf.sigmoid(100 + x),
    "whole numbers": lambda x: x + tf.round(x),
}


@pytest.mark.parametrize("kind", FINE)
def test_rows_that_are_apart_never_trip(kind):
    calculator = GradientCalculator(model_of(FINE[kind]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", "The (saliency|map|score reads exact)")
        for x in (X, X[:1], np.concatenate([X[:1]] * 3)):
            calculator.explain(x, M=3, noise_sampler=GaussianNoiseSampler())


def test_what_is_no_number_is_told_as_such():
    model = model_of(lambda x: tf.math.log(x - 100) + tf.reduce_mean(x, 0))
    with refused("NaN"):
        GradientCalculator(model).explain(X)


def test_a_draw_that_no_graph_shows():
    def noise(x):
        drawn = tf.py_function(lambda x: np.random.default_rng().normal(size=x.shape), [x], tf.float32)
        return x + tf.stop_gradient(tf.ensure_shape(drawn, x.shape))

    with pytest.warns(UserWarning, match="drawn at random where it cannot be seen"):
        GradientCalculator(model_of(noise)).explain(X)


def test_class_activation_maps_are_checked_too():
    picture = keras.Input((6, 5, 1))
    layer = Through(lambda x: x - tf.reduce_mean(x, 0), name="mixing")
    model = keras.Model(picture, L.Dense(1)(L.GlobalAveragePooling2D()(layer(L.Conv2D(2, 2)(picture)))))
    with refused("alone", "mixing"):
        GradCAMCalculator(model, layer="mixing").explain(normal(6, 5, 1))
