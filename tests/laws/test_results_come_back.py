"""All that a result knows comes back from rows of it, and from a file without pickle, for every kind."""

import json
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers as L
from numpy.lib import format as npy
from three_parts import refused
from zoo import normal

from kerasal import IntegratedGradientsCalculator, Saliency
from kerasal._saliency.kinds import KINDS
from kerasal._tree import flattened, leaves, numbered

SHAPES = {
    "image": (5, 4, 3),
    "table": (3,),
    "text": (4,),
    "series": (6, 3),
    "video": (3, 4, 5, 3),
    "volume": (3, 4, 5, 1),
    "molecule": (4, 3),
    "numbers": (2, 2, 2, 2, 3),
}
OF_ROWS = ("values", "std", "standard_error", "scores", "completeness_gap", "relative_gap", "base_scores")
OF_EACH = ("predictions", "labels")
SHARED = ("score_name", "feature_names", "class_names", "kind", "about", "unpaired")


def inputs_of(kind, x):
    graph = {"atoms": x[..., 0].astype("int32"), "bonds": [x, x * 2], "mask": x[..., 0] > 0}
    texts = np.array([[f"ä{n}"] for n in range(len(x))], object)
    return {"molecule": graph, "text": texts, "table": (x, {"b": x + 1})}.get(kind, x)


def result_of(kind, *, of_numbers=False):
    """A result all of whose fields are different and known."""
    shape = (5, *SHAPES[kind])
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    of_each = np.arange(5.0)
    predictions = {"class": [0, 1, 0, 1, 1], "probability": [0.9, 0.8, 0.7, 0.6, 0.55]}
    return Saliency(
        x - 3,
        std=x / 7,
        standard_error=x / 9,
        M=[2, 3, 4, 5, 6],
        scores=of_each / 3,
        score_name="logit of class 1",
        axes=("example", *(f"axis {k}" for k in range(len(shape) - 1))),
        completeness_gap=of_each / 11,
        relative_gap=of_each / 13,
        base_scores=-of_each,
        unpaired=["dropout"],
        about={"input": 0, "note": "é"},
        inputs=inputs_of(kind, x),
        feature_names=[f"β{k}" for k in range(shape[-1])],
        class_names=["no", "yes"],
        predictions={"output": of_each} if of_numbers else predictions,
        labels=["a", "b", "ccc", "d", "é"] if kind == "text" else [0, 1, 1, 0, 1],
        tokens=[["good", None]] * 4 + [["bad", "é"]] if kind == "text" else None,
        smiles=["C", "CO", "CC", "N", "O"] if kind == "molecule" else None,
        kind=kind,
    )


def assert_rows(found, whole, rows, *, with_inputs=True):
    """`found` is `whole` at `rows`, in every field."""
    for name in (*OF_ROWS, *OF_EACH):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[rows], err_msg=name)
    for name in SHARED:
        assert getattr(found, name) == getattr(whole, name), name
    np.testing.assert_array_equal(found.M, whole.M[rows])
    assert found.axes == (whole.axes if np.ndim(np.arange(5)[rows]) else whole.axes[1:])
    for name in ("tokens", "smiles"):
        words = getattr(whole, name)
        taken = None if words is None else tuple(np.array(range(5))[rows].reshape(-1).tolist())
        expected = None if taken is None else tuple(words[row] for row in taken)
        assert getattr(found, name) == (expected if expected is None or np.ndim(np.arange(5)[rows]) else expected[0])
    if not with_inputs:
        assert found.inputs is None
        return
    structures = [
        json.dumps(numbered(flattened(each.inputs)[0])) for each in (found, whole)
    ]  # tuples are lists in a file
    assert structures[0] == structures[1]
    for own, given in zip(leaves(found.inputs), leaves(whole.inputs), strict=True):
        np.testing.assert_array_equal(own, given[rows])


ROWS = [slice(None), 3, -1, slice(1, 4, 2), [4, 0, 0], np.array([True, False, True, True, False])]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_files_keep_every_field(kind, tmp_path):
    whole = result_of(kind, of_numbers=kind == "series")
    for rows in ROWS:
        taken = whole[rows]
        assert_rows(taken, whole, rows)
        for with_inputs in (True, False):
            taken.save(tmp_path / "a.npz", with_inputs=with_inputs)
            assert_rows(Saliency.load(tmp_path / "a.npz"), whole, rows, with_inputs=with_inputs)
    again = Saliency.load(tmp_path / "a.npz")
    again.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_has_no_pickle_and_no_inputs_where_they_are_left_out(kind, tmp_path):
    for with_inputs in (True, False):
        result_of(kind).save(tmp_path / "a.npz", with_inputs=with_inputs)
        with zipfile.ZipFile(tmp_path / "a.npz") as archive:
            assert with_inputs == any(name.startswith("inputs") for name in archive.namelist())
            for name in archive.namelist():
                with archive.open(name) as file:
                    npy.read_magic(file)
                    assert not npy.read_array_header_1_0(file)[2].hasobject, name
        with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
            assert all(array.dtype.kind in "fiubUS" for array in arrays.values())


def test_a_result_has_no_field_that_is_not_in_the_law():
    law = {*OF_ROWS, *OF_EACH, *SHARED, "M", "axes", "tokens", "smiles", "inputs", "recipe"}
    assert {name.removeprefix("_") for name in vars(result_of("table"))} == law


def explained():
    """{kind: (layers, x, keywords of explain)}."""
    frame = pd.DataFrame(normal(3, seed=3), columns=["age", "size", "β"])
    said = {"class_names": ["no", "yes"]}
    yield "table", (3,), [L.Dense(4, "tanh")], frame, {**said}
    yield "image", (7, 5, 2), [L.Conv2D(3, 2), L.Flatten()], normal(7, 5, 2, seed=1), {"ch_axis": -1}
    yield (
        "series",
        (9, 3),
        [L.Conv1D(3, 4), L.Flatten()],
        normal(9, 3, seed=2),
        {"feature_names": ["a", "b", "c"], **said},
    )
    yield "video", (3, 6, 5, 3), [L.Conv3D(2, 2), L.Flatten()], normal(3, 6, 5, 3, seed=4), {**said}


@pytest.mark.filterwarnings("ignore:y was given", "ignore:.*misses")
@pytest.mark.parametrize("kind, shape, body, x, how", explained(), ids=lambda v: v if isinstance(v, str) else "")
def test_samples_that_are_aggregated_know_what_the_explanation_knows(kind, shape, body, x, how):
    model = keras.Sequential([keras.Input(shape), *body, L.Dense(2, "softmax")])
    calc, folding = IntegratedGradientsCalculator(model, steps=3), {k: how[k] for k in how if k == "ch_axis"}
    result = calc.explain(x, [0, 1, 1, 0, 1], **how)
    made = calc.aggregate(calc.compute(x), like=result, **folding)
    for name in ("values", "scores", "base_scores"):
        np.testing.assert_allclose(getattr(made, name), getattr(result, name), rtol=1e-4, atol=1e-6, err_msg=name)
    for name in ("predictions", "labels", "inputs"):
        np.testing.assert_array_equal(getattr(made, name), getattr(result, name), err_msg=name)
    for name in (*SHARED, "axes"):
        assert name == "about" or getattr(made, name) == getattr(result, name), name
    other = calc.aggregate(calc.compute(x), "abs", 2, like=result)
    assert other.base_scores is None and other.predictions is result.predictions
    assert other.feature_names is None or other.axes[-1] == result.axes[-1]
    with refused("5 examples", "example=4"):
        calc.aggregate(calc.compute(x), like=result[:4])
    with refused("Saliency", "'like'"):
        calc.aggregate(calc.compute(x), like="like")
    assert made.kind == kind and made.about["input"] == result.about["input"] == 0
