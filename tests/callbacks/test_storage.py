"""What a run keeps on the disk: every map in any case, and of TensorBoard's own pages what was chosen."""

import inspect

import numpy as np
import pytest
from event_files import Logs
from logged_training import X, Y, fit, linear
from three_parts import refused

from kerasal import SaliencyLogger, load_run
from kerasal._storage.precision import rounded
from kerasal.callbacks import Storage
from kerasal.callbacks.worst import worst_examples
from kerasal.tensorboard.queries import RunQueries

N = 5


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """One training with a logger for each choice: their folder."""
    folder = tmp_path_factory.mktemp("logs")
    choices = {
        "default": None,
        "all": Storage(pictures="all", scalars="all"),
        "least": Storage(pictures="off", scalars="mean", precision="float16"),
        "packed": Storage(compress=True),
    }
    loggers = [
        SaliencyLogger(
            folder, X[:N], Y[:N], method="raw", name=name, storage=storage, max_overhead=None, on_error="raise"
        )
        for name, storage in choices.items()
    ]
    fit(linear(), *loggers)
    return folder


def test_every_choice_keeps_every_map_and_every_number(logged):
    known = load_run(logged, "all")
    for name in ("default", "least", "packed"):
        run = load_run(logged, name)
        assert run.steps.tolist() == [0, 1, 2, 3]
        np.testing.assert_array_equal(run.number("probability"), known.number("probability"))
        np.testing.assert_allclose(run.values, known.values, rtol=2**-11 if name == "least" else 0, atol=0)
    assert load_run(logged, "least").facts["storage"]["relative_error"] == 2**-11
    assert not np.array_equal(load_run(logged, "least").values, known.values)


def test_pictures_are_of_the_last_step_of_all_or_of_none(logged):
    pictures = Logs(logged).images
    every, last = pictures["saliency/all"], pictures["saliency/default"]
    assert "saliency/least" not in pictures and {tag.partition("/")[0] for tag in last} == {"saliency"}
    assert {tag.partition("/")[0] for tag in every} == {"saliency", "strip"}
    for tag, of_steps in last.items():
        assert list(of_steps) == [3]
        np.testing.assert_array_equal(of_steps[3], every[tag][3])  # on the same scale, of all steps


def test_scalars_are_the_mean_and_those_of_the_three_worst(logged):
    scalars, run = Logs(logged).scalars, load_run(logged, "all")
    assert all(tag.startswith("saliency/") for tag in scalars["saliency/least"])
    shown = scalars["saliency/default"]
    assert {tag.partition("/")[2] for tag in shown if "worst" in tag} == {"worst 1", "worst 2", "worst 3"}
    predicted = run.number("prediction")
    for k, step in enumerate(run.steps):
        positions = [int(shown[f"example/worst {rank}"][step]) for rank in (1, 2, 3)]
        for rank, n in enumerate(positions, 1):
            for quantity in ("probability", "distance", "score"):
                assert shown[f"{quantity}/worst {rank}"][step] == np.float32(run.number(quantity)[k, n])
        wrong = [n for n in range(N) if predicted[k, n] != Y[n]]
        assert set(positions) <= set(wrong) or set(wrong) <= set(positions)
    assert shown["saliency/probability"][3] == pytest.approx(run.number("probability")[3].mean(), rel=1e-6)


def test_the_tab_reads_all_numbers_and_rounded_maps(logged):
    queries = RunQueries({"": str(logged)})
    name = next(name for name in queries.runs() if name.endswith("least"))
    assert len(queries.run(name)["numbers"]["drift"][1]) == N
    values = np.frombuffer(queries.map(name, 3, 4, "values"), "<f4")
    np.testing.assert_array_equal(values, load_run(logged, "least").values[3, 4].ravel())


def test_a_number_is_rounded_as_float16_rounds_it_in_the_range_of_float32():
    values = np.random.default_rng(0).normal(size=1000).astype("float32") + 2
    np.testing.assert_array_equal(rounded(values, "float16"), values.astype("float16").astype("float32"))
    for scale in (1e-30, 1e30):  # beyond float16
        far = values * np.float32(scale)
        np.testing.assert_allclose(rounded(far, "float16"), far, rtol=2**-11)
    odd = np.float32([0, -0.0, np.inf, -np.inf, np.nan, 3.4028235e38, 1e-45])
    np.testing.assert_array_equal(rounded(odd, "float16"), odd)


def test_the_worst_are_those_that_are_most_wrong():
    outputs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.5, 0.5]])
    assert worst_examples(outputs, "probability", np.array([0.0, 1, 0, 1])).tolist() == [2, 3, 1]
    assert worst_examples(outputs, "probability", None).tolist() == [3, 1, 2]  # the least sure
    logits = np.array([[5.0, 1], [0, 3], [2, 9]])
    assert worst_examples(logits, "output", np.array([1.0, 1, 0]), most=2).tolist() == [2, 0]
    assert worst_examples(None, None, None, np.array([3.0, 1.0, 2.0]), most=1).tolist() == [1]


def test_what_cannot_be_kept_is_refused_at_once():
    for how, words in {"pictures": "first", "scalars": "best", "precision": "float64"}.items():
        with refused(words):
            Storage(**{how: words})
    with refused("'yes'", error=TypeError):
        Storage(compress="yes")
    with refused("'all'", error=TypeError):
        SaliencyLogger("logs", X[:2], storage="all")


def test_a_short_training_has_all_maps_by_default(tmp_path):
    assert inspect.signature(SaliencyLogger).parameters["max_overhead"].default == 0.05
    fit(linear(), SaliencyLogger(tmp_path, X[:4], Y[:4], on_error="raise"), epochs=4)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3, 4]
