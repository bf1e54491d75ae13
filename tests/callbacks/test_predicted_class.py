"""Maps of all classes, logged: each class's map is that of its own calculator, pictures are of the predicted class."""

import keras
import numpy as np
import pytest
from three_parts import refused

from kerasal import GradientCalculator, Saliency, SaliencyLogger, load_run, metrics, summary
from kerasal.callbacks.drifts import Drifts
from kerasal.callbacks.predicted_class import of_predicted_class
from kerasal.tensorboard.map_numbers import concentration, drift, map_numbers
from kerasal.tensorboard.queries import RunQueries

RNG = np.random.default_rng(0)
X = RNG.random((3, 6, 8, 2), "float32")
NAMES = ["cat", "dog", "owl"]


def network():
    keras.utils.set_random_seed(0)
    body = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((6, 8, 2)), *body])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A training of which all classes are logged, and the model that it left."""
    log_dir, model = tmp_path_factory.mktemp("logs"), network()
    logger = SaliencyLogger(
        log_dir, X, calculator=lambda of: GradientCalculator(of, score="all"), class_names=NAMES, on_error="raise"
    )
    model.fit(X, np.arange(3), epochs=1, verbose=0, callbacks=[logger])
    return log_dir, model


def test_each_class_has_the_map_of_its_own_calculator(logged):
    log_dir, model = logged
    run, queries = load_run(log_dir), RunQueries({"": str(log_dir)})
    told = queries.run("saliency/saliency")
    assert told["shape"] == [3, 6, 8] and told["class_count"] == 3 and told["classes"] == NAMES
    assert told["kind"] == "image" and told["block"] == 1
    alone = [GradientCalculator(model, score=k).explain(X, method="abs", ch_axis=-1) for k in range(3)]
    for k, of_class in enumerate(alone):
        np.testing.assert_allclose(run.values[-1, :, k], of_class.values, rtol=1e-5, atol=1e-7)
        found = np.frombuffer(queries.map("saliency/saliency", 1, 2, "values", k), "<f4")
        np.testing.assert_array_equal(found, run.values[-1, 2, k].reshape(-1))
        small = np.frombuffer(queries.small("saliency/saliency", 1, "values", 0, k), "<f4")
        np.testing.assert_array_equal(small, run.values[-1, :, k].reshape(-1))
        history = b"".join(queries.history("saliency/saliency", 1, "values", k).pieces)
        np.testing.assert_array_equal(np.frombuffer(history, "<f4"), run.values[:, 1, k].reshape(-1))
        ends = queries.ends("saliency/saliency", 1, "values", 100_000, k)
        np.testing.assert_allclose(ends["limits"], run.values[-1, :, k].max((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(run.number("score")[-1], np.max([each.scores for each in alone], 0), rtol=1e-5)
    strengths = np.mean([concentration(run.values[-1, :, k]) for k in range(3)], 0)
    np.testing.assert_allclose(run.number("concentration")[-1], strengths, rtol=1e-6)
    drifts = np.mean([drift(run.values[1, :, k], run.values[0, :, k]) for k in range(3)], 0)
    np.testing.assert_allclose(run.number("drift")[-1], drifts, rtol=1e-6)


def test_a_class_that_is_not_there_is_refused(logged):
    queries = RunQueries({"": str(logged[0])})
    for of_class in (None, 3, -1):
        with refused("has maps of 3 classes", error=KeyError):
            queries.map("saliency/saliency", 1, 0, "values", of_class)


def test_a_run_of_classes_is_drawn_a_class_at_a_time(logged):
    run = load_run(logged[0])
    with refused("one map for each example"):
        run.plot()
    assert Saliency(run.saliency(1).values[:, 0]).plot() is not None  # as the message says


def test_the_map_of_the_highest_score_is_taken():
    values, scores = RNG.normal(size=(2, 3, 4, 5)).astype("float32"), [[1, 5, 2], [7, 0, 1.0]]
    std = RNG.random((2, 3, 4, 5), "float32")
    saliency = Saliency(values, std, M=4, scores=scores, axes=("example", "class", "height", "width"))
    taken = of_predicted_class(saliency)
    np.testing.assert_array_equal(taken.values, [values[0, 1], values[1, 0]])
    np.testing.assert_array_equal(taken.std, [std[0, 1], std[1, 0]])
    np.testing.assert_array_equal(taken.scores, [5, 7])
    assert taken.axes == ("example", "height", "width") and of_predicted_class(taken) is taken
    np.testing.assert_allclose(map_numbers(saliency)["uncertainty"], std.mean((1, 2, 3)), rtol=1e-6)
    drifts = Drifts(has_classes=True)
    drifts.resume(values, values)
    np.testing.assert_allclose(drifts.update(-values)["drift"], 2)


def test_measures_of_one_map_refuse_classes(tmp_path):
    logger = SaliencyLogger(
        tmp_path, X, calculator=lambda of: GradientCalculator(of, score="all"), measures=[metrics.Complexity()]
    )
    with refused("one map per example"):
        network().fit(X, np.arange(3), verbose=0, callbacks=[logger])


def test_a_loop_of_ones_own_keeps_all_classes(tmp_path):
    values = RNG.normal(size=(2, 3, 4, 5)).astype("float32")
    result = Saliency(values, scores=RNG.random((2, 3)), axes=("example", "class", "height", "width"))
    summary.saliency("mine", result, 4, images=RNG.random((2, 4, 5, 3)), log_dir=tmp_path)
    np.testing.assert_array_equal(load_run(tmp_path, "mine").values[0], values)
