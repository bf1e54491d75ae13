"""TCAV against closed forms, gradients by hand, and what chance does."""

import functools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import ZOO

from kerasal import GaussianNoiseSampler, GradientCalculator, InputExtractor, LayerExtractor, concepts, scores
from kerasal._folds.student import half_width
from kerasal.concepts import TCAV
from kerasal.concepts.inference import of_runs
from kerasal.concepts.vectors import vectors_of

RNG = np.random.default_rng(0)
WEIGHTS = np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 1.0]])


@functools.cache
def one_channel():
    """Class 0 is the mean of channel 0 of a picture, class 1 of channel 2; channel 1 counts for nothing."""
    same = L.Conv2D(3, 1, name="same")
    model = keras.Sequential([keras.Input((None, None, 3)), same, L.GlobalAveragePooling2D(name="mean"), L.Dense(2)])
    model.set_weights([np.eye(3)[None, None], np.zeros(3), WEIGHTS, np.zeros(2)])
    return model


def pictures(count, channel=None, seed=0):
    found = np.random.default_rng(seed).normal(size=(count, 4, 6, 3)).astype("float32")
    if channel is not None:
        found[..., channel] += 2
    return found


GIVEN = {"red": pictures(60, 0, 1), "green": pictures(75, 1, 2), "blue": pictures(60, 2, 3)}
RANDOM, X = pictures(200, seed=4), pictures(40, seed=5)


@pytest.mark.parametrize("layer", ["same", "mean", LayerExtractor("mean", "pre"), InputExtractor(0)], ids=repr)
def test_a_planted_concept_scores_1_and_one_that_is_ignored_says_nothing(layer):
    found = TCAV(one_channel(), layer, GIVEN, RANDOM).explain(X, score=0)
    assert found.scores[0] == 1 and found.verdicts[0] == "above random"
    assert found.verdicts[1:] == ("as random", "as random") and found.accuracy.min() > 0.9
    assert found.interval[0, 1] == 1 and 0.9 < found.interval[0, 0] < 1
    assert found.names == ("red", "green", "blue") and found.score_name == "output of class 0"


def test_below_all_classes_and_relative_to_another_concept():
    dark = {**GIVEN, "dark": -GIVEN["red"]}
    found = TCAV(one_channel(), "same", dark, RANDOM).explain(X, score="all")
    assert len(found) == 2 and found[0].scores[3] == 0 and found[0].verdicts[3] == "below random"
    assert found[1].scores[2] == 1 and found[1].verdicts[2] == "above random" and "class 1" in found[1].score_name
    relative = TCAV(one_channel(), "same", dark, random="red").explain(X, score=0)
    assert relative.names == ("green", "blue", "dark") and relative.against == "red"
    assert relative.verdicts == ("below red",) * 3 and "red" in repr(relative)


def resampled(x, count, seed):
    """As many examples like those of x."""
    rng = np.random.default_rng(seed)

    def leaf(part):
        part = np.asarray(part)
        rows = part[rng.integers(0, len(part), count)]
        if rows.dtype.kind == "f":
            return rows + rng.normal(size=rows.shape).astype(rows.dtype)
        return np.stack(
            [rng.permutation(np.unique(part).repeat(6))[: rows[0].size].reshape(rows[0].shape) for _ in rows]
        )

    return tf.nest.map_structure(leaf, x)


@pytest.mark.filterwarnings("ignore:A concept's vector", "ignore:Runs tell the same", "ignore:.*structure of `inputs`")
@pytest.mark.parametrize(
    "name",
    ["cnn", "subclassed softmax", "nested", "nested in sequential", "dict inputs", "list of heads", "gru"],
)
def test_derivatives_are_gradients_times_the_vectors_of_every_kind_of_model(name):
    case = ZOO[name]
    model, x = case.build(), resampled(case.x, 7, 1)
    tcav = TCAV(model, "inner", {"a": resampled(case.x, 14, 2)}, resampled(case.x, 30, 3), runs=6)
    score = 1 if case.score is None else case.score
    vectors = tcav.vectors()["a"]
    noisy = {"M": 3, "noise_sampler": GaussianNoiseSampler(scale=0.2), "train": case.dropout}
    for how in ({}, *([noisy] if name in ("cnn", "nested") else [])):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The map of M=")
            found = tcav.explain(x, score=score, **how)
            gradient = GradientCalculator(model, score, "inner").explain(x, **how).values.reshape(7, -1)
        for made, own in ((found.derivatives, vectors.concept), (found.random_derivatives, vectors.control)):
            assert distance(made[0], own.reshape(6, -1) @ gradient.T) < 1e-5
    assert np.allclose(np.linalg.norm(vectors.concept.reshape(6, -1), axis=1), 1)
    assert np.allclose(found.by_run, (found.derivatives > 0).mean(2)) and found.scores == found.by_run.mean()


def test_vectors_follow_the_model_and_depend_on_the_seed_alone():
    inner = L.Dense(4, activation="tanh", name="inner")
    model = keras.Sequential([keras.Input((3,)), inner, L.Dense(2, activation="softmax")])
    a, random, x = RNG.normal(1, 1, (40, 3)), RNG.normal(size=(70, 3)), RNG.normal(size=(9, 3))
    tcav = TCAV(model, inner, {"a": a}, random)
    first, again = tcav.explain(x, score=1), TCAV(model, "inner", {"a": a}, random, batch_size=7).explain(x, score=1)
    assert distance(again.derivatives, first.derivatives) < 1e-5
    data = tf.data.Dataset.from_tensor_slices(a.astype("float32")).batch(9)
    of_data = TCAV(model, "inner", {"a": data}, random).explain(x, score=1)
    assert distance(of_data.derivatives, first.derivatives) < 1e-5
    other = TCAV(model, "inner", {"a": a}, random, seed=1).explain(x, score=1)
    assert distance(other.derivatives, first.derivatives) > 0.01
    inner.set_weights([weight[::-1] * 2 for weight in inner.get_weights()])
    changed, fresh = tcav.explain(x, score=1), TCAV(model, "inner", {"a": a}, random).explain(x, score=1)
    assert distance(changed.derivatives, fresh.derivatives) < 1e-6 < distance(changed.derivatives, first.derivatives)
    labels = RNG.integers(0, 2, 9)
    by_label = tcav.explain(x, labels, score=scores.Label())
    each = [tcav.explain(x, score=k).derivatives[0] for k in (0, 1)]
    assert distance(by_label.derivatives[0], np.where(labels, each[1], each[0])) < 1e-6


def test_samples_are_too_few_or_enough():
    model, rng, noise = small_network(), np.random.default_rng(5), GaussianNoiseSampler(scale=0.5)
    x, given = rng.normal(size=(9, 8, 6, 2)), {"a": rng.normal(1, 1, (40, 8, 6, 2))}
    tcav = TCAV(model, "pooled", given, rng.normal(size=(70, 8, 6, 2)))
    with pytest.warns(UserWarning, match="The map of M=3 samples") as told:
        tcav.explain(x, score=1, M=3, noise_sampler=noise)
    assert not any("method='abs'" in str(each.message) for each in told)
    within = tcav.explain(x, score=1, noise_sampler=noise, target_error=0.1)
    gradient = GradientCalculator(model, 1, "pooled").explain(x, M=3000, noise_sampler=noise).values
    assert distance(within.derivatives[0], tcav.vectors()["a"].concept @ gradient.T) < 0.1


def test_nothing_stays_on_the_model_and_ways_out_are_ways():
    model = small_network()
    before = [np.array(weight) for weight in model.get_weights()]
    kept = [sorted(vars(layer)) for layer in model.layers]
    few, random = RNG.normal(1, 1, (20, 8, 6, 2)), RNG.normal(size=(60, 8, 6, 2))
    with refused("or runs=10"):
        TCAV(model, "dense", {"few": few}, random)
    TCAV(model, "dense", {"few": few}, random, runs=10).explain(random, score=0)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
    assert [sorted(vars(layer)) for layer in model.layers] == kept
    sizes = one_channel(), {"red": np.pad(GIVEN["red"], [(0, 0), (0, 2), (0, 0), (0, 0)])}, RANDOM
    with refused("behind a pooling"):
        TCAV(sizes[0], "same", *sizes[1:]).vectors()
    TCAV(sizes[0], "mean", *sizes[1:]).explain(X, score=0)


@functools.cache
def small_network():
    layers = [L.Conv2D(6, 3, activation="relu", name="conv"), L.GlobalAveragePooling2D(name="pooled")]
    model = keras.Sequential(
        [keras.Input((8, 6, 2)), *layers, L.Dense(9, "relu", name="dense"), L.Dense(3, name="out")]
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("layer", ["conv", "pooled", "dense"])
def test_random_concepts_are_significant_as_seldom_as_p_says(layer):
    """200 trials on real activations; 5 % is wanted, 7 % allowed, and chance gives 8.1 % of 5 % once in 40 times."""
    model, rng = small_network(), np.random.default_rng(2)
    pool = rng.normal(size=(700, 8, 6, 2)).astype("float32") * rng.gamma(2, 1, (700, 1, 1, 2)).astype("float32")
    at_layer = keras.Model(model.inputs, model.get_layer(layer).output)
    every = at_layer.predict(pool, verbose=0)
    gradient = GradientCalculator(model, 1, layer).explain(pool[:40]).values.reshape(40, -1)
    found, apart = [], 0
    for trial in range(200):
        rows = rng.permutation(np.arange(40, 700))
        fitted = vectors_of({"none": every[rows[:30]]}, every[rows[30:90]], 10, 0.1, trial)["none"]
        found.append(np.sign(fitted.concept.reshape(10, -1) @ gradient.T).mean(1))
        apart += fitted.accuracy.mean() - half_width(9) * fitted.accuracy_error > 0.5
    assert np.mean(of_runs(np.array(found)) < 0.05) <= 0.07 and apart / 200 <= 0.05


def test_standard_error_is_that_of_runs_and_examples():
    """Over 200 studies of 15 runs and 30 examples, 95 % intervals hold the score of endless ones."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(200):
        slopes = 0.5 + rng.normal(size=(1, 15, 1)) + rng.normal(size=(1, 1, 30)) + rng.normal(size=(1, 15, 30))
        found = concepts.ConceptScores(("a",), "l", "s", slopes, slopes, np.ones((1, 15)), np.zeros(1))
        held += found.interval[0, 0] <= 0.6136 <= found.interval[0, 1]  # Φ(.5 / √3)
    assert 0.92 < held / 200 < 0.99


def test_what_tells_little_is_said():
    with pytest.warns(UserWarning, match="accuracy on examples not seen.*'none' 0"):
        found = TCAV(one_channel(), "same", {"none": pictures(60, seed=9)}, RANDOM).explain(X, score=0)
    assert found.verdicts == ("not separated",)
    twice = np.concatenate([GIVEN["red"][:40]] * 2)
    with pytest.warns(UserWarning, match="copies of others"):
        TCAV(one_channel(), "same", {"red": twice}, RANDOM).vectors()
    with pytest.warns(UserWarning, match="also among"):
        TCAV(one_channel(), "same", {"red": np.concatenate([GIVEN["red"], RANDOM[:9]])}, RANDOM).vectors()
    with pytest.warns(UserWarning, match="0 everywhere"):
        found = TCAV(one_channel(), "same", {"red": GIVEN["red"]}, RANDOM).explain(
            X, score=lambda found: 0 * found[:, 0]
        )
    assert found.scores == 0 and found.p_values == 1


def texts():
    ids = keras.Input((3,), dtype="int32")
    return keras.Model(ids, L.Dense(2)(L.GlobalAveragePooling1D()(L.Embedding(9, 4, name="embed")(ids))))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"layer": "samee"}, ["Did you mean 'same'"]),
        ({"layer": ["same", "mean"]}, ["one layer"]),
        ({"layer": None}, ["one layer"]),
        ({"layer": 3}, ["LayerExtractor"]),
        ({"concepts": {}}, ["dict of names"]),
        ({"concepts": pictures(40)}, ["dict of names"]),
        ({"concepts": {1: pictures(40)}}, ["dict of names"]),
        ({"concepts": {"few": pictures(20)}}, ["concept 'few'", "20", "runs=10"]),
        ({"concepts": {"few": pictures(4)}}, ["concept 'few'", "better"]),
        ({"random": pictures(30)}, ["random examples", "runs=7"]),
        ({"random": "black"}, ["'black'", "'red'"]),
        ({"concepts": {"red": GIVEN["red"]}, "random": "red"}, ["two or more"]),
        ({"runs": 5}, ["runs", "from 7"]),
        ({"runs": 7.5}, ["runs"]),
        ({"ridge": 0}, ["ridge"]),
        ({"ridge": "much"}, ["ridge"]),
        ({"seed": 0.5}, ["seed"]),
        ({"model": "a network"}, ["model"]),
        ({"concept": 3}, ["concepts"]),
    ],
)
def test_refused_when_it_is_made(how, words):
    given = {"model": one_channel(), "layer": "same", "concepts": GIVEN, "random": RANDOM, **how}
    with refused(*words):
        TCAV(**given)


def test_refused_before_anything_is_explained():
    model = one_channel()
    for given, random, words in (
        ({"red": RANDOM[::-1]}, RANDOM, "100%"),
        ({"red": pictures(60)[..., 0]}, RANDOM, "same"),
        ({"red": np.where(GIVEN["red"] > 3, np.nan, GIVEN["red"])}, RANDOM, "finite"),
    ):
        with refused(*([words] if words != "same" else [])):
            TCAV(model, "same", given, random).explain(X)
    tcav = TCAV(model, "same", GIVEN, RANDOM)
    for x, how, words in (
        (X[:1], {"score": 0}, "share of examples"),
        (X, {"score": 7}, "class"),
        (X[:, :3], {"score": 0}, "(4, 6, 3)"),
        (X, {"score": 0, "eval_fun": lambda x: x}, "eval_fun"),
        (X, {"target": 0}, "score"),
    ):
        with refused(words):
            tcav.explain(x, **how)
    ids = np.stack(np.unravel_index(np.random.default_rng(0).permutation(729)[:200], (9, 9, 9)), 1)  # no text twice
    assert TCAV(texts(), "embed", {"a": ids[:60]}, ids[60:]).vectors()["a"].concept.shape == (15, 3, 4)
    with refused("embed"):
        TCAV(texts(), InputExtractor(0), {"a": ids[:60]}, ids[60:]).vectors()


def test_layers_that_have_no_one_real_output():
    shared = L.Dense(3, name="shared")
    inputs = keras.Input((3,))
    several = keras.Model(inputs, L.Dense(2)(shared(shared(inputs))))
    table = {"a": RNG.normal(1, 1, (60, 3))}, RNG.normal(size=(90, 3))
    with refused("call=0"):
        TCAV(several, "shared", *table).explain(table[1])
    assert TCAV(several, LayerExtractor("shared", call=1), *table).explain(table[1], score=0).layer.endswith("call=1)")
    states = L.LSTM(3, return_state=True, name="states")
    series = keras.Input((4, 3))
    model = keras.Model(series, L.Dense(2)(states(series)[0]))
    x = RNG.normal(size=(200, 4, 3))
    with refused("one floating-point tensor"):
        TCAV(model, "states", {"a": x[:60]}, x[60:]).vectors()


def test_table_and_picture(tmp_path):
    found = TCAV(one_channel(), "same", GIVEN, RANDOM).explain(X, score=0)
    axes = found.plot(tmp_path / "concepts.png").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(found.names)
    told = [text.get_text() for text in axes.texts]
    assert told[0].startswith("above random, p = 0.00018; accuracy 1") and told[1].startswith("as random")  # 3 / 2^14
    assert axes.get_title("left") == "Concepts at layer 'same' for the output of class 0"
    assert (tmp_path / "concepts.png").exists() and "40 examples" in axes.get_xlabel()
    frame = pytest.importorskip("pandas") and found.to_frame()
    assert frame.loc["red", "score"] == 1 and list(frame.verdict) == list(found.verdicts)
    assert np.allclose(frame[["low", "high"]], found.interval) and len(found) == 3
    assert "3 concept(s) by Holm" in repr(found)
