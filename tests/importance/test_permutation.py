"""Permutation importance against closed forms, permutations made by hand, and scikit-learn's."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused

from kerasal import importance, scores
from kerasal.importance.errors import Exchanges

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3)).astype("float32") * [1, 2, 1]
W = np.array([[1.5], [-1.0], [0.0]], "float32")
Y = (X @ W)[:, 0] + RNG.normal(size=60)
LABELS = RNG.integers(0, 3, 60)
PICTURES = RNG.normal(size=(20, 4, 6, 2)).astype("float32")


@functools.cache
def linear():
    model = keras.Sequential([keras.Input((3,)), L.Dense(1, use_bias=False)])
    model.set_weights([W])
    model.compile("sgd", "mse")
    return model


@functools.cache
def classifier():
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, activation="relu"), L.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


class Subclassed(keras.Model):
    def call(self, x, training=False):
        return classifier()(x)


@functools.cache
def of_columns():
    number, text = keras.Input((1,), name="number"), keras.Input((1,), name="text", dtype="string")
    code = L.StringLookup(vocabulary=["u", "v"], output_mode="one_hot", num_oov_indices=0)(text)
    model = keras.Model({"number": number, "text": text}, L.Dense(1, use_bias=False)(L.Concatenate()([number, code])))
    model.set_weights([np.array([[2.0], [1.0], [-1.0]])])
    model.compile("sgd", "mse")
    return model


def orders(count, repeats, seed=0):
    return [np.random.default_rng([seed, 0, r]).permutation(count) for r in range(repeats)]


def test_closed_form_of_a_linear_model():
    x = RNG.normal(size=(4000, 3)).astype("float32") * [1, 2, 1]
    found = importance.permutation(linear(), x, (x @ W)[:, 0], repeats=3)
    want = 2 * W[:, 0] ** 2 * x.var(0)  # of independent columns
    assert np.all(np.abs(found.values - want) <= 4 * found.standard_error) and np.all(
        found.standard_error < 0.05 * want + 1e-9
    )
    assert found.values[2] == found.standard_error[2] == 0 and found.base < 1e-9 and found.score_name == "loss"


@pytest.mark.parametrize("seed", [0, 3])
def test_each_repeat_is_what_evaluate_gives_of_the_permuted_table(seed):
    model, base = classifier(), classifier().evaluate(X, LABELS, verbose=0)
    found = importance.permutation(model, X, LABELS, repeats=2, seed=seed, batch_size=50)
    for r, order in enumerate(orders(60, 2, seed)):
        for column in range(3):
            permuted = X.copy()
            permuted[:, column] = X[order, column]
            want = model.evaluate(permuted, LABELS, verbose=0) - base
            assert abs(found.repeats[r, column] - want) < 1e-5
    assert np.allclose(found.values, found.repeats.mean(0)) and abs(found.base - base) < 1e-5
    more = importance.permutation(model, X, LABELS, repeats=3, seed=seed)
    assert np.allclose(more.repeats[:2], found.repeats, atol=1e-6)  # of (seed, repeat) alone


def test_the_mean_is_scikit_learns():
    from sklearn.inspection import permutation_importance

    class Estimator:
        def fit(self, x, y):
            return self

        def score(self, x, y):
            return -float(np.mean((x @ W[:, 0] - y) ** 2))

    theirs = permutation_importance(Estimator(), X, Y, n_repeats=300, random_state=0)
    ours = importance.permutation(linear(), X, Y, repeats=60)
    joint = np.sqrt(theirs.importances_std**2 / 300 + ours.repeats.var(0) / 60)
    assert np.all(np.abs(ours.values - theirs.importances_mean) <= 3.5 * joint + 1e-6)
    metric = importance.permutation(linear(), X, Y, repeats=4, metric=lambda y, p: -np.mean((y - p) ** 2))
    assert distance(metric.repeats[:, :2], ours.repeats[:4, :2]) < 1e-5


def test_standard_errors_are_those_of_examples_and_permutations():
    """Over 1500 data sets of 150 examples, 95 % intervals cover what endless examples give."""
    covered, values, told = [], [], []
    rng = np.random.default_rng(0)
    for _ in range(1500):
        x, noise = rng.normal(size=150), rng.normal(size=150)
        sums = Exchanges(150, 1)
        for _ in range(5):
            order = rng.permutation(150)
            sums.add(order, ((noise + x - x[order]) ** 2 - noise**2)[:, None])
        values.append(sums.mean[0]), told.append(sums.standard_error[0])
        covered.append(abs(values[-1] - 2 * 149 / 150) < 1.96 * told[-1])
    assert 0.92 < np.mean(covered) < 0.98
    assert abs(np.sqrt(np.mean(np.square(told))) / np.std(values) - 1) < 0.05


def test_scores_fall_and_stay_those_of_the_class():
    model, hidden = classifier(), X.copy()
    order = orders(60, 1)[0]
    hidden[:, 1] = X[order, 1]
    logits = [np.log(np.asarray(model(x))) for x in (X, hidden)]
    for how, rows in (
        ({"score": scores.Label(), "y": LABELS}, LABELS),
        ({}, logits[0].argmax(1)),
        ({"score": scores.Margin(2, 0)}, None),
    ):
        found = importance.permutation(model, X, repeats=1, **how)
        of = [each[:, 2] - each[:, 0] if rows is None else each[np.arange(60), rows] for each in logits]
        if rows is not None:  # logits are log-probabilities but for a number of each example
            of = [
                np.array(
                    keras.Model(model.inputs, model.layers[-2].output)(x) @ model.get_weights()[2]
                    + model.get_weights()[3]
                )[np.arange(60), rows]
                for x in (X, hidden)
            ]
        assert abs(found.values[1] - np.mean(of[0] - of[1])) < 1e-5, found.score_name
    own = Subclassed()
    own(X[:2])
    assert np.allclose(
        importance.permutation(own, X, score=1).values, importance.permutation(model, X, score=1).values, atol=1e-6
    )


def test_columns_of_texts_frames_groups_and_data_sets():
    pandas = pytest.importorskip("pandas")
    texts = np.where(RNG.random(60) < 0.5, "u", "v")
    frame = pandas.DataFrame({"number": X[:, 0], "text": texts})
    y = 2 * X[:, 0] + np.where(texts == "u", 1, -1)
    found = importance.permutation(of_columns(), dict(frame), y, repeats=3)
    assert found.names == ("number", "text") and abs(found.base) < 1e-9
    changed = np.mean([np.mean((texts != texts[order]) * 4.0) for order in orders(60, 3)])
    assert abs(found.values[1] - changed) < 1e-5
    joined = importance.permutation(of_columns(), dict(frame), y, repeats=3, groups={"both": ["text", "number"]})
    assert joined.names == ("both",) and joined.values[0] > max(found.values)
    table = pandas.DataFrame(X, columns=["a", "b", "c"])
    named = importance.permutation(linear(), table, Y, groups={"first": ["a", "c"]})
    assert named.names == ("first", "b") and named.to_frame().loc["b", "low"] == named.interval[1, 0]
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(25)
    whole = importance.permutation(linear(), X, Y, groups={"first": [0, 2]})
    assert np.allclose(importance.permutation(linear(), data, groups={"first": [0, 2]}).values, whole.values, rtol=1e-5)


def test_channels_and_regions_of_pictures():
    model = keras.Sequential([keras.Input((4, 6, 2)), L.Flatten(), L.Dense(1, use_bias=False)])
    weights = np.zeros((4, 6, 2), "float32")
    weights[:2, :, 0] = 1
    model.set_weights([weights.reshape(-1, 1)])
    model.compile("sgd", "mse")
    y = np.asarray(model(PICTURES))[:, 0]
    channels = importance.permutation(model, PICTURES, y, repeats=2)
    assert channels.names == ("channel 0", "channel 1") and channels.values[0] > 1 and channels.values[1] < 1e-9
    halves = np.repeat([[7], [-1], [3], [3]], 6, 1)
    halves[1] = 7
    regions = importance.permutation(model, PICTURES, y, repeats=2, groups=halves)
    assert regions.names == ("region 3", "region 7") and regions.values[0] < 1e-9
    assert np.allclose(regions.values[1], channels.values[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"x": X[:1], "y": Y[:1]}, "two or more"),
        ({"repeats": 0}, "repeats"),
        ({"score": "all"}, "class"),
        ({"score": scores.At(1)}, "chosen"),
        ({"groups": {"a": ["q"]}}, "feature_names"),
        ({"groups": np.zeros((60, 3), int)}, "same for all"),
        ({"groups": np.zeros(5, int)}, "groups"),
        ({"feature_names": ["a"]}, "3 columns"),
        ({"metric": len, "score": 1}, "in place of"),
        ({"metric": len, "y": None}, "needs y"),
        ({"y": Y[:3]}, "entry"),
        ({"n_repeats": 3}, "repeats"),
        ({"y": None, "score": scores.Loss()}, "y="),
    ],
)
def test_refused_in_words(how, word):
    with refused(word):
        importance.permutation(linear(), **{"x": X, "y": Y, **how})


def test_bars_with_intervals(tmp_path):
    found = importance.permutation(linear(), X, Y, feature_names=["a", "b", "c"])
    figure = found.plot(save_filepath=tmp_path / "bars.png")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [found.names[k] for k in np.argsort(-found.values)]
    assert "loss" in axes.get_xlabel() and "60 examples" in axes.get_title() and (tmp_path / "bars.png").exists()
