import functools
import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasal import Recipe
from kerasal.saliency import Saliency

DATA = Path(__file__).parent / "data"

AXES = ("example", "height", "width", "channel")


RECIPE = Recipe("GradientCalculator", score=[0, 2], M=16, train={"fc": 0.5}, ch_axis=(1, 2))


def make_saliency(**changes):
    """Two examples, 3 high, 4 wide, 5 channels; every number tells where it sits."""
    values = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5) - 50
    arguments = dict(
        values=values,
        std=np.abs(values) / 2,
        M=16,
        scores=[0.25, -4.5],
        score_name="logit of the predicted class",
        axes=AXES,
        completeness_gap=[0.125, 0.0],
        about={"method": "raw", "seed": 3, "sampler": {"scale": 0.15}, "clip": [0, 1], "mask": None},
        unpaired=("my_dropout",),
    )
    return Saliency(**{**arguments, **changes})


def assert_same(one, other):
    for name in ("values", "std", "scores", "completeness_gap"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)
    for name in ("M", "score_name", "axes", "recipe", "about", "unpaired"):
        assert getattr(one, name) == getattr(other, name), name


def test_error_and_bounds_by_hand():
    saliency = Saliency([[1.0, -3.0], [0.0, 2.0]], std=[[2.0, 4.0], [0.0, 1.0]], M=4)
    np.testing.assert_array_equal(saliency.standard_error, [[1, 2], [0, 0.5]])  # std / sqrt(4)
    np.testing.assert_array_equal(saliency.lower(), [[-1, -7], [0, 1]])
    np.testing.assert_array_equal(saliency.upper(0.5), [[2, -1], [0, 2.5]])
    np.testing.assert_array_equal(saliency.lower(-2), [[5, 5], [0, 4]])
    assert saliency.lower().dtype == saliency.standard_error.dtype == np.float32
    assert saliency.axes == ("example", "axis_1")


def test_without_std():
    saliency = Saliency([[1.0, 2.0]])
    assert saliency.std is None and saliency.standard_error is None and saliency.M == 1
    with pytest.raises(ValueError, match=r"Received: std=None, M=1.*M >= 2"):
        saliency.upper()


def test_integer_drops_the_example_axis_and_keeps_its_metadata():
    saliency = make_saliency()
    last = saliency[-1]
    np.testing.assert_array_equal(last.values, saliency.values[1], strict=True)
    np.testing.assert_array_equal(last.std, saliency.std[1], strict=True)
    assert last.axes == AXES[1:] and last.shape == (3, 4, 5)
    assert last.scores == -4.5 and last.completeness_gap == 0.0 and f"{last.scores:.1f}" == "-4.5"
    assert (last.M, last.score_name, last.recipe) == (16, saliency.score_name, saliency.recipe)
    assert last.unpaired == ("my_dropout",)
    assert_same(saliency[np.int64(1)], last)


@pytest.mark.parametrize(
    "key, rows",
    [
        (slice(1, None), [1]),
        (slice(None, None, -1), [1, 0]),
        ([1, 1, 0], [1, 1, 0]),
        (np.array([-1]), [1]),
        (np.array([True, False]), [0]),
        ([], []),
    ],
)
def test_other_keys_keep_the_example_axis(key, rows):
    saliency = make_saliency()
    picked = saliency[key]
    assert picked.axes == AXES and len(picked) == len(rows)
    np.testing.assert_array_equal(picked.values, saliency.values[rows])
    np.testing.assert_array_equal(picked.scores, saliency.scores[rows])
    np.testing.assert_array_equal(picked.completeness_gap, saliency.completeness_gap[rows])


@pytest.mark.parametrize("key", [2, -3, (0, 1), 0.0, [True], "0"])
def test_keys_that_are_no_examples(key):
    with pytest.raises(IndexError, match=r"indexed by example.*Received: .* of 2 examples"):
        make_saliency()[key]


@pytest.mark.parametrize("key", [None, True, [[0, 1]]])
def test_keys_that_would_add_an_axis(key):
    with pytest.raises(TypeError, match="indexed by example.*Received: "):
        make_saliency()[key]


def test_iteration_and_length():
    saliency = make_saliency()
    assert len(saliency) == 2
    assert [float(one.scores) for one in saliency] == [0.25, -4.5]
    for act in (len, iter, lambda one: one[0]):
        with pytest.raises(TypeError, match="one example with the axes"):
            act(saliency[0])


def test_class_axis_belongs_to_the_scores():
    values = np.zeros((2, 3, 4, 5), np.float32)
    saliency = Saliency(values, scores=np.arange(6).reshape(2, 3), axes=("example", "class", "height", "width"))
    np.testing.assert_array_equal(saliency[1].scores, [3, 4, 5])
    assert saliency[1].axes == ("class", "height", "width")
    with pytest.raises(ValueError, match=r"scores must .* shape \(2, 3\)\. Received: shape \(2,\)"):
        Saliency(values, scores=[1, 2], axes=saliency.axes)


def test_is_an_array_to_numpy():
    saliency = make_saliency()
    assert np.asarray(saliency) is saliency.values
    assert np.asarray(saliency, dtype=np.float64).dtype == np.float64
    copy = np.array(saliency)
    copy[:] = 7
    assert saliency.values[0, 0, 0, 0] == -50
    assert np.abs(saliency).max() == 69  # of -50 .. 69
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":  # before, copy=False meant: if needed
        assert np.array(saliency, copy=False) is saliency.values
        assert np.array(saliency, dtype=np.float64, copy=True)[1, 2, 3, 4] == 69
        with pytest.raises(ValueError, match="copy"):
            np.array(saliency, dtype=np.float64, copy=False)


@pytest.mark.parametrize(
    "changes, message",
    [
        (dict(std=np.zeros((2, 3, 4, 1))), r"std is not negative, has the shape.*Received: shape \(2, 3, 4, 1\)"),
        (dict(std=-np.ones((2, 3, 4, 5))), "std is not negative.*Received: .*minimum -1"),
        (dict(M=1), "std .* two samples or more. Received: .*M=1"),
        (dict(M=0), "M, the number of samples, is an integer of at least 1.*Received: M=0"),
        (dict(scores=[1, 2, 3]), r"scores must .* shape \(2,\)\. Received: shape \(3,\)"),
        (dict(scores=1.0), r"scores must .* Received: shape \(\)"),
        (dict(completeness_gap=[[1], [2]]), r"completeness_gap must .* Received: shape \(2, 1\)"),
        (dict(axes=("example", "height", "width")), r"axes must name each of the 4 axes.*Received: \('example'"),
    ],
)
def test_what_does_not_fit_together(changes, message):
    with pytest.raises(ValueError, match=message):
        make_saliency(**changes)


@pytest.mark.parametrize(
    "changes, message",
    [
        (dict(values=np.array(["a"])), "values must be an array of real numbers. Received: dtype <U1"),
        (dict(scores=[1j, 2]), "scores must be an array of real numbers. Received: dtype complex128"),
        (dict(about={"model": object()}), "about must be a dict that JSON can hold. Received: "),
        (dict(M=2.5), "M, the number of samples, is an integer"),
    ],
)
def test_wrong_types(changes, message):
    with pytest.raises(TypeError, match=message):
        make_saliency(**changes)


def test_about_is_a_copy():
    about = {"seed": 1}
    saliency = Saliency([[1.0]], about=about)
    about["seed"] = 2
    assert saliency.about == {"seed": 1} and saliency.recipe is None


def test_about_is_copied_as_through_json():
    about = {"parts": [{"names": ["a", 1.5, None]}, (1, True)], "sizes": {2: "b"}}
    saliency = Saliency([[1.0]], about=about)
    about["parts"][0]["names"].append("later")
    assert saliency.about == {"parts": [{"names": ["a", 1.5, None]}, [1, True]], "sizes": {"2": "b"}}
    about["parts"].append(about)
    with pytest.raises(TypeError, match="about must be a dict that JSON can hold.*Circular"):
        Saliency([[1.0]], about=about)
    deep = functools.reduce(lambda inside, _: {"a": inside}, range(800), {})
    assert Saliency([[1.0]], about=deep).about == deep


@pytest.mark.parametrize(
    "M, held", [(4, 4), (np.int8(4), 4), ([4, 4], 4), (np.uint8([4, 7]), [4, 7]), (np.int64([[4]]).reshape(()), 4)]
)
def test_sample_counts(M, held):
    counts = Saliency(np.zeros((2, 3)), M=M).M
    assert np.array_equal(counts, held) and isinstance(counts, int) is isinstance(held, int)


def test_a_dict_as_recipe_is_taken_as_about_for_one_release():
    with pytest.warns(DeprecationWarning, match="takes a Recipe as recipe. Received: a dict.*Pass it as about") as told:
        saliency = Saliency([[1.0]], recipe={"seed": 1, "M": 2}, about={"M": 3})
    assert told[0].filename == __file__
    assert saliency.about == {"seed": 1, "M": 3} and saliency.recipe is None


def test_recipe_is_a_recipe():
    saliency = make_saliency(recipe=RECIPE)
    assert saliency.recipe is RECIPE and saliency[0].recipe is RECIPE and saliency[[True, False]].recipe is RECIPE
    saliency.recipe = None
    assert saliency.recipe is None
    for wrong in ("GradientCalculator", RECIPE.to_json(), 3):
        with pytest.raises(TypeError, match="recipe is a Recipe, or None. Received: "):
            make_saliency(recipe=wrong)


def test_repr_tells_the_axes():
    assert repr(make_saliency()) == (
        "<Saliency (example=2, height=3, width=4, channel=5), score: logit of the predicted class, M=16, std: known>"
    )


@pytest.mark.parametrize(
    "saliency",
    [
        make_saliency(),
        make_saliency(recipe=RECIPE),
        make_saliency(recipe=RECIPE)[1],
        Saliency(np.zeros((0, 3), np.float32)),
        Saliency([[1.5, np.nan]]),
    ],
)
def test_save_and_load_give_the_same(saliency, tmp_path):
    path = tmp_path / "map.npz"
    saliency.save(path)
    assert_same(Saliency.load(str(path)), saliency)
    assert os.listdir(tmp_path) == ["map.npz"]


def test_file_is_a_plain_npz(tmp_path):
    make_saliency().save(tmp_path / "map.npz")
    with np.load(tmp_path / "map.npz", allow_pickle=False) as stored:
        assert stored["values"].dtype == np.float32 and stored["values"].shape == (2, 3, 4, 5)
        metadata = json.loads(str(stored["metadata"]))
        assert metadata["kind"] == "kerasal.Saliency 3" and metadata["axes"] == list(AXES)
        assert "recipe" not in stored and metadata["about"]["seed"] == 3


def test_file_holds_the_recipe_as_json(tmp_path):
    make_saliency(recipe=RECIPE).save(tmp_path / "map.npz")
    with np.load(tmp_path / "map.npz", allow_pickle=False) as stored:
        assert bytes(stored["recipe"]).decode() == RECIPE.to_json()


def test_arrays_of_a_recipe_take_a_third_more_than_they_are(tmp_path):
    background = np.random.default_rng(0).random(100_000)
    small, large = (make_saliency(recipe=Recipe("OcclusionCalculator", fill=fill)) for fill in (0.5, background))
    added = large.save(tmp_path / "large.npz") - small.save(tmp_path / "small.npz")
    assert added < 1.34 * background.nbytes
    np.testing.assert_array_equal(Saliency.load(tmp_path / "large.npz").recipe["fill"], background, strict=True)


def test_file_of_0_1(tmp_path):
    """Written by 0.1: logits x₀ + 2 x₁ + x₂ / 2 and −x₀ + x₂ / 4 of a linear model, gradient with noise, method "abs"."""
    old = Saliency.load(DATA / "saliency_0.1.npz")
    np.testing.assert_array_equal(old.values, np.array([[1, 2, 0.5], [1, 0, 0.25]], np.float32), strict=True)
    np.testing.assert_array_equal(old.std, np.zeros((2, 3), np.float32), strict=True)
    np.testing.assert_allclose(old.scores, [6.5, 0.35], rtol=1e-6)
    assert (old.M, old.score_name, old.axes) == (4, "logit of the predicted class", ("example", "feature"))
    assert old.recipe is None and old.about["calculator"] == "GradientCalculator" and old.about["method"] == "abs"
    old.save(tmp_path / "again.npz")
    assert_same(Saliency.load(tmp_path / "again.npz"), old)


def test_a_recipe_that_json_cannot_hold_does_not_stop_save(tmp_path):
    make_saliency(recipe=RECIPE.replace(score=lambda outputs: outputs[:, 0])).save(tmp_path / "map.npz")
    loaded = Saliency.load(tmp_path / "map.npz")[0]
    np.testing.assert_array_equal(loaded.values, make_saliency().values[0])
    assert loaded.recipe["M"] == 16 and loaded.recipe.replace(score=[0, 2]) == RECIPE
    with pytest.raises(ValueError, match="Received: 'score' was <function .*lambda.*, which is lost.*replace.score="):
        loaded.recipe.explain(None, None)
    loaded.save(tmp_path / "again.npz")
    assert Saliency.load(tmp_path / "again.npz").recipe == loaded.recipe


def test_loading_imports_nothing_that_a_recipe_names(tmp_path):
    (tmp_path / "own_scores.py").write_text("def first(outputs):\n    return outputs[:, 0]\n")
    code = """if True:
        import sys
        import numpy as np
        from kerasal import Saliency
        saliency = Saliency.load("map.npz")
        np.asarray(saliency[0]), saliency.about
        saliency[:1].save("again.npz")
        assert not {"own_scores", "tensorflow", "keras"} & set(sys.modules)
        assert Saliency.load("again.npz").recipe["score"] is sys.modules["own_scores"].first
    """
    recipe = json.loads(RECIPE.to_json())
    recipe["settings"]["score"] = {"name": "own_scores:first"}
    make_saliency(recipe=Recipe.from_json(json.dumps(recipe), strict=False)).save(tmp_path / "map.npz")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_a_recipe_of_a_newer_version_is_told_when_it_is_asked_for(tmp_path):
    saliency = make_saliency(recipe=RECIPE)
    saliency._recipe = RECIPE.to_json().replace('"kerasal.Recipe": 1', '"kerasal.Recipe": 2')
    saliency.save(tmp_path / "map.npz")
    loaded = Saliency.load(tmp_path / "map.npz")
    assert loaded.M == 16
    with pytest.raises(ValueError, match="Read it with the kerasal that wrote it"):
        _ = loaded.recipe


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "map.npz"
    Saliency([[1.0, 2.0]], about={"seed": 0}).save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(
            ValueError,
            match="Expected a whole file of kind 'kerasal.Saliency 3' or 'kerasal.Saliency 2' or 'kerasal.Saliency 1'. Received: ",
        ):
            Saliency.load(path)


def _npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _npy():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello, this is text",
        pickle.dumps({"values": 1}),
        _npy(),
        _npz(values=np.zeros((2, 2))),
        _npz(values=np.zeros((2, 2)), metadata="not json"),
        _npz(values=np.zeros((2, 2)), metadata="[1, 2]"),
        _npz(values=np.zeros((2, 2)), metadata=json.dumps({"kind": "kerasal.Saliency 99", "arrays": ["values"]})),
        _npz(std=np.zeros((2, 2)), metadata=json.dumps({"kind": "kerasal.Saliency 1", "arrays": ["values"]})),
        _npz(values=np.array([{"an": "object"}], dtype=object), metadata=json.dumps({"kind": "kerasal.Saliency 1"})),
    ],
)
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(
        ValueError,
        match="kind 'kerasal.Saliency 3' or 'kerasal.Saliency 2' or 'kerasal.Saliency 1'. Received: .*other.npz",
    ):
        Saliency.load(path)


def test_paths_that_cannot_be(tmp_path):
    saliency = make_saliency()
    with pytest.raises(ValueError, match=r"saved as \.npz\. Received: .*map\.npy"):
        saliency.save(tmp_path / "map.npy")
    with pytest.raises(FileNotFoundError, match="folder that exists. Received: .*missing.*mkdir"):
        saliency.save(tmp_path / "missing" / "map.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(IsADirectoryError, match="Received: .*folder.npz', a folder"):
        saliency.save(tmp_path / "folder.npz")
    with pytest.raises(FileNotFoundError):
        Saliency.load(tmp_path / "nothing.npz")
    assert os.listdir(tmp_path) == ["folder.npz"]


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "map.npz"
    make_saliency().save(path)

    def full_disk(path, content):
        with open(path, "wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        make_saliency(M=99).save(path)
    assert Saliency.load(path).M == 16
    assert os.listdir(tmp_path) == ["map.npz"]
