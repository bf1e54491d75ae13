"""All maps of a run, read back: equal to the pictures' maps, whole whatever happens, continued after a resume."""

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import Logs
from logged_training import NAMES, RUN, H, W, X, Y, everything, fit, linear
from matplotlib.figure import Figure
from three_parts import refused

from kerasal import GaussianNoiseSampler, IntegratedGradientsCalculator, Saliency, load_run
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.map_numbers import drift


class Kernels(keras.callbacks.Callback):
    """The kernel before training and after every epoch: a map of class c is its column c."""

    def on_train_begin(self, logs=None):
        self.at = [self.model.get_weights()[0]]

    def on_epoch_end(self, epoch, logs=None):
        self.at.append(self.model.get_weights()[0])


def test_the_history_is_that_of_the_weights(tmp_path):
    kernels = Kernels()
    fit(linear(), everything(tmp_path, X[:2], Y[:2], method="raw", ch_axis=None, on_error="raise"), kernels)
    run = load_run(tmp_path)
    assert (run.name, run.examples, run.steps.tolist()) == ("saliency", NAMES, [0, 1, 2, 3])
    classes = run.number("prediction").astype(int)
    expected = [
        [kernel[:, c].reshape(H, W, 3) for c in of_step] for kernel, of_step in zip(kernels.at, classes, strict=True)
    ]
    np.testing.assert_allclose(run.values, expected, atol=1e-6)
    assert run.std is None and run.scores.shape == (4, 2)
    assert run.facts["axes"] == list(run.saliency(2).axes) and run.facts["score"] == run.saliency(2).score_name
    np.testing.assert_allclose(run.number("distance")[3], drift(run.values[3], run.values[0]), atol=1e-9)
    np.testing.assert_allclose(run.number("drift")[3], drift(run.values[3], run.values[2]), atol=1e-9)
    assert np.isnan(run.number("drift")[0]).all() and not run.number("distance")[0].any()
    scalars = Logs(tmp_path).scalars[RUN]
    np.testing.assert_allclose(scalars[f"distance/{NAMES[1]}"][3], run.number("distance")[3, 1], rtol=1e-6)
    assert [line["bytes"] for line in run.lines.values()] == [
        path.stat().st_size for path in sorted((tmp_path / RUN / "arrays").glob("*.npz"))
    ]


def test_gaps_and_spread_are_kept(tmp_path):
    how = {"noise_sampler": GaussianNoiseSampler(scale=0.1), "M": 3, "method": "raw"}
    logger = everything(tmp_path, X[:2], calculator=IntegratedGradientsCalculator, on_error="raise", **how)
    fit(linear(), logger, epochs=1)
    run = load_run(tmp_path)
    assert run.std.shape == run.values.shape and run.number("uncertainty").min() >= 0
    np.testing.assert_allclose(run.number("gap"), [run.saliency(step).relative_gap for step in (0, 1)])
    assert "saliency/gap" in Logs(tmp_path).scalars[RUN]


def test_a_resumed_training_goes_on_where_the_first_ended(tmp_path):
    model = linear()
    fit(model, everything(tmp_path, X[:2], on_error="raise"), epochs=2)
    first = load_run(tmp_path)
    fit(model, everything(tmp_path, X[:2], on_error="raise"), initial_epoch=2, epochs=4)
    run = load_run(tmp_path)
    assert run.steps.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(run.values[:3], first.values)
    np.testing.assert_allclose(run.number("distance")[4], drift(run.values[4], run.values[0]), atol=1e-9)
    np.testing.assert_allclose(run.number("drift")[2], drift(run.values[2], run.values[1]), atol=1e-9)


@pytest.mark.parametrize("together, steps", [(1, [0, 3, 6, 8]), (2, [0, 4, 6, 8])])
def test_maps_every_few_batches(tmp_path, together, steps):
    """40 examples in batches of 10, two epochs; with two steps per execution a map comes when a multiple is crossed."""
    model = linear()
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=together)
    logger = everything(tmp_path, X[:1], every=3, unit="batch", on_error="raise")
    model.fit(X, Y, batch_size=10, epochs=2, callbacks=[logger], verbose=0)
    assert load_run(tmp_path).steps.tolist() == steps


def test_a_data_set_of_its_own_is_read_once(tmp_path):
    read = []

    def examples():
        read.append(1)
        yield from zip(X[:3], Y[:3], strict=True)

    signature = (tf.TensorSpec((H, W, 3)), tf.TensorSpec((), tf.int64))
    data = tf.data.Dataset.from_generator(examples, output_signature=signature).batch(2)
    fit(linear(), everything(tmp_path, data, on_error="raise"), epochs=2)
    run = load_run(tmp_path)
    assert len(read) == 1 and run.examples == [f"{n} label {label}" for n, label in enumerate(Y[:3])]
    assert run.values.shape == (3, 3, H, W)


def test_a_visualizer_of_the_user(tmp_path):
    seen = []

    def draw(saliency, n):
        seen.append((n, saliency.shape))
        return Figure(figsize=(2, 1), dpi=50) if n else np.full((9, 8, 3), 7, np.uint8)

    fit(linear(), everything(tmp_path, X[:2], visualizer=draw, on_error="raise"), epochs=1)
    pictures = Logs(tmp_path).images[RUN]
    assert seen == [(0, (H, W)), *[(0, (H, W)), (1, (H, W))] * 2]  # the first shows whether it can be drawn
    assert (pictures["saliency/0"][1] == 7).all() and pictures["saliency/1"][1].shape == (70, 100, 3)


def test_a_film_strip_ends_the_run(tmp_path):
    """Each example's maps of steps 0, 1, 2 on one scale: the strongest red where the strongest number is."""
    fit(linear(), everything(tmp_path, X[:2], method="raw", on_error="raise"), epochs=2)
    strips = {tag: steps for tag, steps in Logs(tmp_path).images[RUN].items() if tag.startswith("strip/")}
    assert {tag: list(steps) for tag, steps in strips.items()} == {"strip/0": [2], "strip/1": [2]}
    assert all(picture[2].shape[1] > 4 * 100 and np.ptp(picture[2]) == 255 for picture in strips.values())


def test_a_budget_leaves_maps_out_and_says_so_once(tmp_path):
    """One that pays for nothing: the first and the last map alone."""
    logger = everything(tmp_path, X[:1], max_overhead=1e-9, on_error="raise")
    with pytest.warns(UserWarning, match="spaced out so that they cost at most") as said:
        fit(linear(), logger, epochs=5)
    assert sum("spaced out" in str(warning.message) for warning in said) == 1
    assert load_run(tmp_path).steps.tolist() == [0, 5]
    assert not any(tag.startswith("strip/") for tag in Logs(tmp_path).images[RUN])  # strips cost, too
    fit(linear(), everything(tmp_path, X[:1], name="rich", max_overhead=1e9, on_error="raise"), epochs=5)
    assert load_run(tmp_path, "rich").steps.tolist() == [0, 1, 2, 3, 4, 5]
    with refused("max_overhead"):
        everything(tmp_path, X[:1], max_overhead=0)


def test_what_was_cut_short_is_passed_over(tmp_path):
    archive = Archive(tmp_path, ["0"], {})
    for step in (0, 1, 2):
        archive.write(step, Saliency([[step, 1.0]]), {"numbers": {"score": [step]}})
    index = tmp_path / "arrays" / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-9])
    assert load_run(tmp_path).steps.tolist() == [0, 1]
    Archive(tmp_path, ["0"], {}).write(3, Saliency([[3, 1.0]]), {})
    (tmp_path / "arrays" / "1.npz").unlink()
    run = load_run(tmp_path)
    assert run.steps.tolist() == [0, 3] and run.values[:, 0, 0].tolist() == [0, 3]
    np.testing.assert_array_equal(run.number("score"), [[0], [np.nan]])


def test_other_examples_begin_another_history(tmp_path):
    Archive(tmp_path, ["0"], {}).write(0, Saliency([[1.0, 2.0]]), {})
    Archive(tmp_path, ["0", "1"], {}).write(5, Saliency(np.ones((2, 3))), {})
    assert load_run(tmp_path).steps.tolist() == [5]


def test_kill_at_any_moment_leaves_whole_files(tmp_path):
    """A process that does nothing but write is killed; every step of the index can be read, and the next goes on."""
    code = """
        import sys, numpy as np
        from kerasal import Saliency
        from kerasal.tensorboard.archive import Archive
        archive = Archive(sys.argv[1], ["0"], {})
        for step in range(10**6):
            archive.write(step, Saliency(np.full((1, 300, 300), step, "float32")), {})
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)])
    index, deadline = tmp_path / "arrays" / "index.jsonl", time.time() + 120
    while time.time() < deadline and not (index.exists() and index.read_text().count("\n") > 20):
        time.sleep(0.01)
    process.kill()
    process.wait()
    run = load_run(tmp_path)
    assert len(run) >= 20 and [int(run.saliency(step).values.max()) for step in run.steps] == run.steps.tolist()


def test_what_load_run_refuses(tmp_path):
    with refused("SaliencyLogger", error=FileNotFoundError):
        load_run(tmp_path)
    for name in ("one", "two"):
        Archive(tmp_path / "saliency" / name, ["0"], {}).write(0, Saliency([[1.0]]), {})
    with refused("one", "two"):
        load_run(tmp_path)
    with refused("three", error=FileNotFoundError):
        load_run(tmp_path, "three")
    assert load_run(tmp_path, "two").name == "two" == load_run(tmp_path / "saliency" / "two").name
    with pytest.raises(KeyError, match="Received: 4"):
        load_run(tmp_path, "two").saliency(4)
    other = tmp_path / "other" / "arrays"
    other.mkdir(parents=True)
    (other / "index.jsonl").write_text(json.dumps({"kind": "kerasal.run 9", "examples": []}) + "\n")
    with refused("kerasal.run 9"):
        load_run(tmp_path / "other")


OF_0_1 = Path(__file__).parents[1] / "data" / "logs_0.1"  # written by release 0.1


@pytest.mark.parametrize(
    "name, kind, facts, arrays",
    [
        ("image", "image", set(), ["images"]),
        ("table", None, {"columns"}, []),
        ("text", "text", {"tokens"}, []),
        ("molecule", "molecule", {"molecules"}, []),
    ],
)
def test_a_run_of_0_1_is_read(name, kind, facts, arrays):
    run = load_run(OF_0_1, name)
    assert (run.picture.kind, set(run.picture.facts), run.picture.arrays) == (kind, facts, arrays)
    assert run.steps.tolist() == [0, 1] and np.isfinite(run.values).all() and run.number("score").shape == (2, 2)
    assert all(run.facts[name] == value for name, value in run.picture.facts.items())
    assert (run.images is None) == (name != "image")


def test_a_run_of_0_1_goes_on(tmp_path):
    """Its maps are those before; its images are of the same examples."""
    arrays = tmp_path / "arrays"
    arrays.mkdir()
    for path in (OF_0_1 / "saliency" / "image" / "arrays").iterdir():
        (arrays / path.name).write_bytes(path.read_bytes())
    old = load_run(tmp_path)
    facts = {name: old.facts[name] for name in ("shape", "inputs")}
    archive = Archive(tmp_path, old.examples, {"start": 2, **facts}, Depiction("image", arrays={"images": old.images}))
    archive.write(2, old.saliency(1), {})
    run = load_run(tmp_path)
    assert run.steps.tolist() == [0, 1, 2] and run.picture.kind == "image"
    np.testing.assert_array_equal(run.values[:2], old.values)


def test_arrays_of_another_kind_are_forgotten(tmp_path):
    """A directory that is used again for what are no images has none."""
    images = np.zeros((1, 4, 4, 3), "uint8")
    Archive(tmp_path, ["0"], {}, Depiction("image", arrays={"images": images})).write(0, Saliency([[1.0]]), {})
    assert load_run(tmp_path).images.shape == images.shape
    Archive(tmp_path, ["0"], {}).write(0, Saliency([[1.0]]), {})
    run = load_run(tmp_path)
    assert run.images is None and run.picture.arrays == []
    with pytest.raises(KeyError, match="Received: 'images'"):
        run.array("images")


@pytest.mark.parametrize(
    "picture", [{"kind": "../x", "facts": [1], "arrays": ["../../secret", 3]}, {"kind": {}, "arrays": {}}, {}]
)
def test_a_picture_that_is_damaged_or_hostile_is_none(tmp_path, picture):
    Archive(tmp_path, ["0"], {}).write(0, Saliency([[1.0]]), {})
    index = tmp_path / "arrays" / "index.jsonl"
    first, *others = index.read_text().splitlines()
    index.write_text("\n".join([json.dumps({**json.loads(first), "picture": picture}), *others, ""]))
    assert load_run(tmp_path).picture == (None, {}, [])
