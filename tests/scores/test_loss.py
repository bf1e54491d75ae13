"""`scores.Loss()` is what `evaluate` gives for each example: masks, weights, several outputs, containers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal import GradientCalculator, LayerExtractor, scores

L, losses = keras.layers, keras.losses
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5)).astype("float32")
CLASS, NUMBER = np.array([0, 2, 1, 2]), RNG.normal(size=(4, 1)).astype("float32")
KERAS_2 = keras.__version__.startswith("2.")


def part(tree, n):
    return tf.nest.map_structure(lambda leaf: leaf[n : n + 1], tree)


def evaluated(model, x, y, weights=None):
    """The loss of each example alone."""
    found, model.run_eagerly = [], True
    for n in range(len(tf.nest.flatten(x)[0])):
        given = None if weights is None else part(weights, n)
        loss = model.evaluate(part(x, n), part(y, n), sample_weight=given, verbose=0, return_dict=True)["loss"]
        found.append(loss)
    return np.array(found)


def check(model, x, y, target=None, data=None, weights=None):
    calculator = GradientCalculator(model, scores.Loss(), target)
    found = calculator.explain(x, y) if data is None else calculator.explain(data)
    np.testing.assert_allclose(found.scores, evaluated(model, x, y, weights), rtol=1e-4, atol=1e-6)
    return found


def tagger(activation="softmax", size=3, read=None):
    """A mask of its words for every layer; `read` is a recurrent one, or a cheaper one that hands the mask on."""
    layers = [L.Embedding(20, 6, mask_zero=True, name="emb"), read or L.Dense(8, "tanh")]
    return keras.Sequential([keras.Input((6,), dtype="int32"), *layers, L.Dense(size, activation=activation)])


TOKENS = RNG.integers(1, 20, (4, 6)) * (np.arange(6) < np.array([3, 6, 1, 4])[:, None])
TAGGERS = {
    "tags": (lambda: tagger(read=L.LSTM(8, return_sequences=True)), losses.SparseCategoricalCrossentropy(), TOKENS % 3),
    "a name": (tagger, "sparse_categorical_crossentropy", TOKENS % 3),
    "one-hot": (tagger, losses.CategoricalCrossentropy(label_smoothing=0.1), np.eye(3, dtype="float32")[TOKENS % 3]),
    "a sum": (tagger, losses.SparseCategoricalCrossentropy(reduction="sum"), TOKENS % 3),
    "no reduction": (tagger, losses.MeanSquaredError(reduction="none"), np.eye(3, dtype="float32")[TOKENS % 3]),
    "numbers": (lambda: tagger(None, 1), "mse", TOKENS[..., None] / 20),
    "several numbers": (lambda: tagger(None, 2), losses.Huber(), RNG.normal(size=(4, 6, 2)).astype("float32")),
    "a function": (
        lambda: tagger(None, 1, L.GRU(8, return_sequences=True)),
        lambda y, p: tf.abs(y - p)[..., 0],
        TOKENS[..., None] / 20,
    ),
}


@pytest.mark.parametrize("name", TAGGERS)
def test_masked_steps_are_left_out(name):
    make, loss, y = TAGGERS[name]
    model = make()
    model.compile("sgd", loss)
    found = check(model, TOKENS, y, LayerExtractor("emb"))
    assert not found.values[TOKENS == 0].any() and found.values[TOKENS > 0].any()


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 6)])
def test_masks_and_weights(shape):
    weights = RNG.uniform(0.5, 2, shape).astype("float32")
    model = tagger()
    model.compile("sgd", "sparse_categorical_crossentropy")
    data = tf.data.Dataset.from_tensor_slices((TOKENS, TOKENS % 3, weights)).batch(3)
    check(model, TOKENS, TOKENS % 3, LayerExtractor("emb"), data, weights)


def two_heads(kind=dict):
    inputs = keras.Input((5,))
    outputs = {"z": L.Dense(3, "softmax", name="z")(inputs), "a": L.Dense(1, name="a")(inputs)}
    return keras.Model(inputs, outputs if kind is dict else list(outputs.values()))


class Subclassed(keras.Model):
    """Two outputs in a container."""

    def __init__(self, container):
        super().__init__()
        self.container, self.z, self.a = container, L.Dense(3, "softmax"), L.Dense(1)

    def call(self, x):
        return self.container(self.z(x), self.a(x))


CONTAINERS = {"tuple": lambda z, a: (z, a), "list": lambda z, a: [z, a], "dict": lambda z, a: {"z": z, "a": a}}
CROSSENTROPY = losses.SparseCategoricalCrossentropy()
HEADS = {  # model, what compile takes, y
    "dicts": (two_heads, {"loss": {"z": CROSSENTROPY, "a": "mse"}}, {"z": CLASS, "a": NUMBER}),
    "weights by name": (
        two_heads,
        {"loss": {"z": CROSSENTROPY, "a": "mse"}, "loss_weights": {"z": 0.5, "a": 3.0}},
        {"z": CLASS, "a": NUMBER},
    ),
    "lists of a dict are sorted": (
        two_heads,
        {"loss": ["mse", CROSSENTROPY], "loss_weights": [3.0, 0.5]},
        {"z": CLASS, "a": NUMBER},
    ),
    "lists": (
        lambda: two_heads(list),
        {"loss": [CROSSENTROPY, "mse"], "loss_weights": [0.5, 3.0]},
        [CLASS, NUMBER],
    ),
    "names of a list": (lambda: two_heads(list), {"loss": {"z": CROSSENTROPY, "a": "mse"}}, [CLASS, NUMBER]),
    "one loss for all": (
        lambda: two_heads(list),
        {"loss": "mse"},
        [np.eye(3, dtype="float32")[CLASS], NUMBER],
    ),
    **{
        f"subclassed, {name}": (
            lambda container=container: Subclassed(container),
            {"loss": {"z": CROSSENTROPY, "a": "mse"} if name == "dict" else [CROSSENTROPY, "mse"]},
            {"z": CLASS, "a": NUMBER} if name == "dict" else [CLASS, NUMBER],
        )
        for name, container in CONTAINERS.items()
    },
}


@pytest.mark.parametrize("name", HEADS)
def test_several_outputs(name):
    make, compiled, y = HEADS[name]
    (model := make())(X)
    model.compile("sgd", **compiled)
    check(model, X, y)


def test_an_output_without_a_loss():
    model = two_heads(list)
    model.compile("sgd", [CROSSENTROPY, None])
    found = GradientCalculator(model, scores.Loss()).explain(X, [CLASS, NUMBER])
    alone = -np.log(np.asarray(model(X)[0])[np.arange(4), CLASS])
    np.testing.assert_allclose(found.scores, alone, rtol=1e-4)
    at_head = GradientCalculator(model, {"z": scores.Loss()}).explain(X, {"z": CLASS})
    np.testing.assert_allclose(at_head.values, found.values, rtol=1e-5)


ONE = {  # what compile takes, y, sample weights
    "a weight of the loss": ({"loss": "mse", "loss_weights": [2.5]}, NUMBER, None),
    "labels without the axis": ({"loss": "mse"}, NUMBER[:, 0], None),
    "a list of one": ({"loss": ["mae"]}, NUMBER, None),
    "sample weights": ({"loss": losses.LogCosh()}, NUMBER, RNG.uniform(0.5, 2, 4).astype("float32")),
    "weights in a column": ({"loss": "mse"}, NUMBER, RNG.uniform(0.5, 2, (4, 1)).astype("float32")),
    "a sum": ({"loss": losses.MeanSquaredError(reduction="sum")}, NUMBER, None),
    "by the name of the output": ({"loss": {"a": "mse"}}, NUMBER, None),
}


@pytest.mark.parametrize("name", ONE)
def test_one_output(name):
    compiled, y, weights = ONE[name]
    inputs = keras.Input((5,))
    model = keras.Model(inputs, L.Dense(1, name="a")(inputs))
    model.compile("sgd", **compiled)
    data = None if weights is None else tf.data.Dataset.from_tensor_slices((X, y, weights)).batch(3)
    check(model, X, y, None, data, weights)


def test_losses_that_layers_add_are_left_out_and_it_says_so():
    inputs = keras.Input((5,))
    hidden = L.Dense(3, activity_regularizer="l2", kernel_regularizer="l2")(inputs)
    model = keras.Model(inputs, L.Dense(1, name="a")(hidden))
    model.compile("sgd", "mse")
    found = GradientCalculator(model, scores.Loss()).explain(X, NUMBER)
    assert found.score_name == "loss without added losses"
    np.testing.assert_allclose(found.scores, ((np.asarray(model(X)) - NUMBER) ** 2)[:, 0], rtol=1e-5)


class OwnLoss(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        return tf.reduce_mean((y - y_pred) ** 4)


def test_a_loss_of_a_models_own_is_refused_and_the_way_out_works():
    inputs = keras.Input((5,))
    model = OwnLoss(inputs, L.Dense(1)(inputs))
    model.compile("sgd", "mse")
    with refused("compute_loss", "eval_fun"):
        GradientCalculator(model, scores.Loss()).explain(X, NUMBER)
    found = GradientCalculator(model, eval_fun=lambda x, y: tf.reduce_mean((y - model(x)) ** 4, 1)).explain(X, NUMBER)
    np.testing.assert_allclose(found.scores, ((NUMBER - np.asarray(model(X))) ** 4)[:, 0], rtol=1e-4)


AUTOENCODERS = {
    "table": ((6,), [L.Dense(2), L.Dense(6)]),
    "image": ((6, 4, 2), [L.Conv2D(3, 3, padding="same"), L.Conv2D(2, 3, padding="same")]),
}


@pytest.mark.parametrize("name", AUTOENCODERS)
@pytest.mark.parametrize("as_data", [False, True])
def test_a_reconstruction_is_told_to_follow_both_and_can(name, as_data):
    shape, layers = AUTOENCODERS[name]
    model = keras.Sequential([keras.Input(shape), *layers])
    model.compile("sgd", "mse")
    x = RNG.normal(size=(3, *shape)).astype("float32")
    given = (tf.data.Dataset.from_tensor_slices((x, x)).batch(2),) if as_data else (x, x.copy())
    with pytest.warns(UserWarning, match="y is x itself") as told:
        GradientCalculator(model, scores.Loss()).explain(*given)
    advice = str(told[0].message).split("eval_fun=")[1].split(", or as")[0]
    found = GradientCalculator(model, eval_fun=eval(advice, {"tf": tf, "model": model})).explain(x)
    np.testing.assert_allclose(found.scores, evaluated(model, x, x), rtol=1e-4)
    with tf.GradientTape() as tape:
        tape.watch(at := tf.constant(x))
        total = tf.reduce_sum(tf.reduce_mean((at - model(at)) ** 2, range(1, at.shape.rank)))
    np.testing.assert_allclose(found.values, tape.gradient(total, at), rtol=1e-4, atol=1e-6)


def test_a_fully_masked_example():
    """Keras 3 calls its loss 0; Keras 2 divides by 0, and here it is 0 too."""
    model = tagger()
    model.compile("sgd", "sparse_categorical_crossentropy")
    found = GradientCalculator(model, scores.Loss(), LayerExtractor("emb")).explain(TOKENS * 0, TOKENS * 0)
    assert not found.scores.any() and not found.values.any()
