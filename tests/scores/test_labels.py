"""Labels in every form that Keras takes, and those that are no class, with advice that works when followed."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal import GradientCalculator, scores
from kerasal.scores.labels import class_labels

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
UNIT, THREE = np.array([1.0, -2.0, 0.5], "float32"), np.random.default_rng(1).normal(size=(3, 3)).astype("float32")
TWO, CLASSES = np.array([0, 1, 1, 0]), np.array([2, 0, 1, 2])


def network(kernel, activation):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(kernel.shape[1], activation=activation, use_bias=False)]
    )
    model.set_weights([kernel])
    return model


def forms(y, count):
    """The same labels in every form."""
    return {
        "integers": y,
        "floats": y.astype("float64"),
        "a column": y[:, None],
        "a column of floats": y[:, None].astype("float32"),
        "one-hot": np.eye(count, dtype="float32")[y],
        "one-hot booleans": np.eye(count, dtype=bool)[y],
        "bytes of integers": y.astype("uint8"),
        "objects": y.astype(object),
        "a list": y.tolist(),
        "a tensor": tf.constant(y),
        "a series": pd.Series(y, index=[7, 5, 3, 1]),
        "a frame": pd.DataFrame({"y": y}),
        "categories": pd.Series(pd.Categorical(y)),
        **({"booleans": y > 0, "a column of booleans": y[:, None] > 0} if count == 2 else {}),
    }


@pytest.mark.parametrize("form", forms(TWO, 2))
def test_two_classes_of_one_unit(form):
    model = network(UNIT[:, None], "sigmoid")
    found = GradientCalculator(model, scores.Label()).explain(X, forms(TWO, 2)[form])
    np.testing.assert_allclose(found.values, np.outer(2 * TWO - 1, UNIT), rtol=1e-6)
    assert found.score_name == "logit of the label"


@pytest.mark.parametrize("form", forms(CLASSES, 3))
def test_classes_of_a_softmax(form):
    model = network(THREE, "softmax")
    found = GradientCalculator(model, scores.Label()).explain(X, forms(CLASSES, 3)[form])
    np.testing.assert_allclose(found.values, THREE.T[CLASSES], rtol=1e-6)


REFUSED = {  # y, words of the message, what it says to do
    "a half": ([0, 0.5, 1, 0], ["0.5", "example 1", "y > 0.5"], lambda y: y > 0.5),
    "minus one": ([1, -1, 1, 1], ["-1", "example 1", "y > 0"], lambda y: y > 0),
    "soft rows": (np.full((4, 2), [0.9, 0.1]), ["[0.9, 0.1]", "example 0", "y.argmax(1)"], lambda y: y.argmax(1)),
    "strings": (["b", "a", "a", "b"], ["'b'", "example 0"], lambda y: [["a", "b"].index(each) for each in y]),
    "categories of strings": (
        pd.Series(["b", "a", "a", "b"], dtype="category"),
        ["'b'", "example 0"],
        lambda y: [["a", "b"].index(each) for each in y],
    ),
    "counted from 1": ([1, 2, 1, 2], ["2 for example 1", "2 classes", "subtract 1"], lambda y: y - 1),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_class_is_refused_by_name(what):
    y, words, remedy = REFUSED[what]
    y = y if isinstance(y, pd.Series) else np.asarray(y)
    calculator = GradientCalculator(network(UNIT[:, None], "sigmoid"), scores.Label())
    with refused(*words) as _:
        calculator.explain(X, y)
    with pytest.raises(ValueError, match="^(?!.*Correct y)"):
        calculator.explain(X, y)
    calculator.explain(X, remedy(y))


def test_a_class_too_many_is_named_with_its_example_in_every_batch():
    calculator = GradientCalculator(network(THREE, "softmax"), scores.Label())
    for how in ({}, {"batch_size": 2}):
        with refused("0 to 2", "7 for example 2", "subtract 1"):
            calculator.explain(X, [0, 1, 7, 2], **how)
    with refused("0.5 for example 3"):
        data = tf.data.Dataset.from_tensor_slices((X, [0.0, 1.0, 2.0, 0.5])).batch(2)
        calculator.explain(data)


def test_booleans_are_of_two_classes():
    with refused("True and False", "3 classes"):
        GradientCalculator(network(THREE, "softmax"), scores.Label()).explain(X, TWO > 0)


def test_several_labels_of_an_example_have_a_map_each():
    y = np.array([[1, 1, 0]] * 4)
    model = network(THREE, "sigmoid")
    with refused("[1, 1, 0]", "example 0", "score='all'"):
        GradientCalculator(model, scores.Label()).explain(X, y)
    np.testing.assert_allclose(
        GradientCalculator(model, score="all").explain(X).values, np.tile(THREE.T, (4, 1, 1)), rtol=1e-6
    )
    model.compile("sgd", "binary_crossentropy")
    assert GradientCalculator(model, scores.Loss()).explain(X, y).shape == (4, 3)


def test_labels_at_positions_are_refused():
    with refused("(2, 3, 4)", "function"):
        class_labels(np.zeros((2, 3, 4)))
