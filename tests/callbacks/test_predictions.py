"""The words of captions and tags: the class that is predicted and its probability, labels, numbers, names of classes."""

import keras
import numpy as np
import pytest
from keras import layers as L
from logged_training import everything
from three_parts import refused

from kerasal import load_run
from kerasal.callbacks import Pictures
from kerasal.callbacks.examples import Examples
from kerasal.callbacks.predictions import in_words

RNG = np.random.default_rng(8)
X = RNG.normal(size=(12, 3)).astype("float32")
NAMES = ["cat", "dog", "owl"]


@pytest.mark.parametrize(
    "outputs, quantity, names, words",
    [
        ([[0.2, 0.8], [0.9, 0.1]], "probability", None, ["pred 1 (0.80)", "pred 0 (0.90)"]),
        ([[0.2, 0.8], [0.9, 0.1]], "probability", NAMES[:2], ["pred dog (0.80)", "pred cat (0.90)"]),
        (
            [[0.6, 0.7, 0.1], [0.1, 0.2, 0.3]],
            "probability",
            NAMES,
            ["pred dog (0.70), cat (0.60)", "pred none, highest owl (0.30)"],
        ),
        ([[0.9, 0.8, 0.7, 0.6]], "probability", None, ["pred 0 (0.90), 1 (0.80), 2 (0.70), …"]),
        ([[-1.0, 2.5, 0.0]], "output", None, ["largest output 1 (2.5)"]),
        ([[-0.0314]], "output", None, ["predicted −0.031"]),
    ],
)
def test_what_is_predicted_in_words(outputs, quantity, names, words):
    assert in_words(np.array(outputs), quantity, names) == words


@pytest.mark.parametrize(
    "y, labels",
    [
        ([0, 1], ["0", "1"]),
        ([True, False], ["1", "0"]),
        (np.array([[1.0], [0.0]]), ["1", "0"]),
        (np.array([[True], [False]]), ["1", "0"]),
        (np.eye(3)[[2, 0]], ["2", "0"]),
        (np.eye(3, dtype=bool)[[2, 0]], ["2", "0"]),
        (np.array([[1, 0, 1], [0, 0, 0]]), ["0+2", "none"]),
        ([0.25, 3.14159], ["0.25", "3.14"]),
        (["cat", "dog"], ["cat", "dog"]),
        (np.array([[0.3, 0.7], [0.5, 0.5]]), [None, None]),
        (np.ones((2, 9)), [None, None]),
        (np.ones((2, 4, 4)), [None, None]),
    ],
    ids=str,
)
def test_true_labels_in_the_names_of_examples(y, labels):
    names = Examples(X[:2], y).names
    assert names == [str(n) if label is None else f"{n} label {label}" for n, label in enumerate(labels)]


def test_true_labels_by_name():
    assert Examples(X[:2], [1, 0], NAMES).names == ["0 label dog", "1 label cat"]
    assert Examples(X[:2], np.array([[1, 0, 1], [0, 1, 0]]), NAMES).names == ["0 label cat+owl", "1 label dog"]
    with refused("class 3", "3 names"):
        Examples(X[:2], [1, 3], NAMES)


class Words(Pictures):
    """Keeps the words that pictures get."""

    def __init__(self):
        self.of = []

    def draw(self, n, saliency, text, scale):
        self.of.append(text)

    def check(self, saliency):
        pass


def train(folder, layers, loss, y, **how):
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(keras.optimizers.SGD(0.0), loss)
    words = Words()
    logger = everything(folder, X[:4], y[:4], visualizer=words, on_error="raise", **how)
    model.fit(X, y, verbose=0, callbacks=[logger])
    return model.predict(X[:4], verbose=0), words.of[:4], load_run(folder)


@pytest.mark.parametrize("dtype", ["int32", "bool", "float32"])
def test_one_sigmoid_unit_is_two_classes(tmp_path, dtype):
    y = (np.arange(12) % 2).astype(dtype)
    p, words, run = train(tmp_path, [L.Dense(1, "sigmoid")], "binary_crossentropy", y, class_names=NAMES[:2])
    p = p[:, 0]
    found = np.maximum(p, 1 - p)
    assert words == [
        f"pred {NAMES[int(of > 0.5)]} ({share:.2f}), logit of class 1" for of, share in zip(p, found, strict=True)
    ]
    np.testing.assert_allclose(run.number("probability")[0], found, atol=1e-6)
    assert run.number("prediction")[0].tolist() == (p > 0.5).astype(int).tolist()
    assert run.examples[:2] == ["0 label cat", "1 label dog"]


def test_one_unit_that_is_compiled_as_a_logit_is_two_classes(tmp_path):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    z, words, run = train(tmp_path, [L.Dense(1)], loss, np.arange(12) % 2)
    p = 1 / (1 + np.exp(-z[:, 0].astype(float)))
    np.testing.assert_allclose(run.number("probability")[0], np.maximum(p, 1 - p), atol=1e-6)
    assert words[0].startswith(f"pred {int(p[0] > 0.5)} ({max(p[0], 1 - p[0]):.2f})")


def test_a_regression_has_its_true_number(tmp_path):
    y = RNG.normal(size=12)
    p, words, run = train(tmp_path, [L.Dense(1)], "mse", y)
    assert words == [
        f"predicted {of[0]:.2g}, true {truth:.2g}".replace("-", "−") for of, truth in zip(p, y, strict=False)
    ]
    np.testing.assert_allclose(run.number("output")[0], p[:, 0], atol=1e-6)


@pytest.mark.parametrize(
    "names, words, error",
    [("cat", "'cat'", TypeError), ([1, 2], "[1, 2]", TypeError), (["a", "b"], "2 names and 3 outputs", ValueError)],
)
def test_names_that_do_not_fit_are_refused_before_training(tmp_path, names, words, error):
    with refused(words, error=error):
        train(
            tmp_path, [L.Dense(3, "softmax")], "sparse_categorical_crossentropy", np.arange(12) % 2, class_names=names
        )
    assert not (tmp_path / "saliency").exists()
