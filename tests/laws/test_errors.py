"""Bad data, layers and models raise an error that says what was expected, what came and what to do."""

import keras
import numpy as np
import pytest
from closed_forms import linear, ones
from keras import layers as L
from three_parts import explain, refused
from zoo import ZOO, built, normal
from zoo_layers import InnerGraph

from kerasal import InputExtractor, LayerExtractor

X = ZOO["table"].x
NAN, INF = X.copy(), X.copy()
NAN[1, 2], INF[3, 0] = np.nan, -np.inf

DATA = {  # what is wrong: (x, words of the message)
    "rank too low": (X[0], ["(6,)"]),
    "rank too high": (X[:, :, None].repeat(2, 2), ["(5, 6, 2)"]),
    "wrong width": (X[:, :5], ["(5, 5)", "6"]),
    "empty": (X[:0], ["empty"]),
    "nan": (NAN, ["nan"]),
    "inf": (INF, ["inf"]),
    "text": (np.array([["a"] * 6] * 2), []),
    "two arrays for one input": ([X, X], ["2"]),
    "unknown key": ({"wrong": X}, []),
}


@pytest.mark.parametrize("what", DATA)
def test_data(what):
    x, words = DATA[what]
    with refused(*words):
        explain(built("table"), x)


def test_several_inputs():
    image, table = ZOO["two inputs"].x
    bad = [
        ([image], ["image", "table"]),
        (image, ["image", "table"]),
        ([image, table[:3]], ["3", "5"]),
        ([image, table[:, 0]], ["(5,)"]),
    ]
    for x, words in bad:
        with refused(*words):
            explain(built("two inputs"), x)
    with refused("table"):
        explain(built("dict inputs"), {"image": ZOO["dict inputs"].x["image"]})
    with refused("nan"):  # not only the target is looked at
        explain(built("two inputs"), [image, np.full_like(table, np.nan)])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_score_not_finite(bad):
    with refused("score", "finite"):
        explain(built("table"), X, calculator={"score": lambda y: y[:, 0] * bad})


def test_integer_target_names_the_embedding():
    with refused("int32", "LayerExtractor", "inner"):
        explain(built("lstm"), ZOO["lstm"].x)
    with refused("int32", "LayerExtractor", "embed"):
        which = {"target_extractor": InputExtractor("tokens")}
        explain(built("dict with tokens"), ZOO["dict with tokens"].x, calculator=which)


def _twice():
    """One name in two nested models."""
    x = inputs = keras.Input((6,))
    for outer in ("left", "right"):
        a = keras.Input((6,))
        x = keras.Model(a, L.Dense(6, name="same")(a), name=outer)(x)
    return keras.Model(inputs, L.Dense(3)(x), name="both")


def _time_distributed():
    inputs = keras.Input((4, 6))
    x = L.TimeDistributed(L.Dense(3, name="each"), name="steps")(inputs)
    return keras.Model(inputs, L.Dense(2)(L.Flatten()(x)))


def _cell():
    inputs = keras.Input((4, 6))
    return keras.Model(inputs, L.Dense(2)(L.RNN(L.SimpleRNNCell(3, name="cell"), name="steps")(inputs)))


def _in_graph():
    inputs = keras.Input((6,))
    return keras.Model(inputs, L.Dense(2)(InnerGraph()(inputs)))


LAYERS = {  # model, the layer asked for, x, words of the message
    "unknown": (lambda: built("cnn"), "iner", ZOO["cnn"].x, ["iner", "'inner'", "head"]),
    "ambiguous": (_twice, "same", X, ["left/same", "right/same"]),
    "called twice": (lambda: built("shared"), "shared", X, ["call=", "shared"]),
    "a layer of another model": (lambda: built("cnn"), L.Dense(2, name="mine"), ZOO["cnn"].x, ["mine"]),
    "in TimeDistributed": (_time_distributed, "each", normal(4, 6), ["each", "steps"]),
    "in a cell": (_cell, "cell", normal(4, 6), ["cell", "steps"]),
    "in a tf.function": (_in_graph, "deep", X, ["deep", "tf.function"]),
}


@pytest.mark.parametrize("what", LAYERS)
def test_layers(what):
    make, layer, x, words = LAYERS[what]
    with refused(*words):  # nobody has called this model on data
        explain(make(), x, calculator={"target_extractor": LayerExtractor(layer)})
    model = make()
    before = np.asarray(model(x))
    with refused(*words):
        explain(model, x, calculator={"target_extractor": LayerExtractor(layer)})
    np.testing.assert_array_equal(np.asarray(model(x)), before)


def test_a_path_says_which_of_two():
    model = _twice()
    found = explain(model, X, calculator={"target_extractor": LayerExtractor("right/same"), "score": 1})
    np.testing.assert_allclose(found.values, np.tile(model.layers[-1].get_weights()[0][:, 1], (5, 1)), rtol=1e-5)


def test_a_layer_within_a_graphed_call_is_reached():
    found = explain(built("graph call"), X, calculator={"target_extractor": LayerExtractor("in_graph")})
    through = explain(built("graph call"), X, calculator={"target_extractor": LayerExtractor("inner")})
    np.testing.assert_allclose(found.values, through.values, rtol=1e-5)


def test_models():
    unbuilt = keras.Sequential([L.Dense(3), L.Dense(2)])
    with refused("built"):
        explain(unbuilt, X)
    inputs = keras.Input((4, 3), batch_size=5)
    stateful = keras.Model(inputs, L.Dense(2)(L.LSTM(3, stateful=True, name="memory")(inputs)))
    with refused("stateful", "memory"):
        explain(stateful, normal(4, 3))
    with refused("model"):
        explain(lambda x: x, X)
    with refused("LayerExtractor"):
        explain(linear([1, 2]), ones(2), calculator={"target_extractor": 3})
