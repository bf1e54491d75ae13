"""Maps in a store are those of one call for all examples, to the bit, whatever holds the examples."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
import zarr
from small_store import NOISY, RNG, TRACES, Counting, X, Y, check_same, explained, small
from three_parts import refused

from kerasal import GaussianNoiseSampler, Recipe, explain_dataset, open_store, recipes, scores

RECIPES = {
    "noise": NOISY,
    "dropout": recipes.bayes_grad(M=3, batch_size=4),
    "one pass": recipes.vanilla(batch_size=4),
    "path": recipes.integrated_gradients(steps=3, batch_size=4),
    "windows": recipes.occlusion(size=3, batch_size=4),
    "every class": recipes.vanilla(score="all", batch_size=4, ch_axis=-1),
    "stratified": NOISY.replace(noise_sampler=GaussianNoiseSampler(stratified=True), M=64),
    "error": NOISY.replace(M=None, target_error=0.3, max_samples=64),
    "position": NOISY.replace(first_example=100),
}


@pytest.mark.parametrize("name", RECIPES)
def test_maps_are_those_of_one_call(tmp_path, name):
    model, recipe = small(), RECIPES[name]
    store = explained(tmp_path / "maps", model=model, recipe=recipe)
    assert store.chunk == 8 and len(store) == 21 and store.is_complete
    check_same(store[:], recipe.explain(model, X))


def test_a_call_of_more_rows_than_examples_is_as_large_as_in_one_call(tmp_path):
    recipe = recipes.smooth_grad(M=3)
    store = explained(tmp_path / "maps", recipe=recipe, chunk_size=None)
    assert store.chunk > 21
    check_same(store[:], recipe.explain(small(), X))


def test_nothing_is_traced_twice(tmp_path):
    recipe, model = NOISY.replace(score=Counting()), small()
    TRACES.clear()
    recipe.explain(model, X)
    alone = len(TRACES)
    explained(tmp_path / "maps", model=model, recipe=recipe)
    assert alone and len(TRACES) == 2 * alone


class Batches(getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence):
    def __len__(self):
        return 5

    def __getitem__(self, n):
        return X[5 * n : 5 * n + 5], Y[5 * n : 5 * n + 5]


def pairs(size):
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(size)


def records(folder, name="a.tfrecord", first=0, last=None):
    path = folder / name
    with tf.io.TFRecordWriter(str(path)) as file:
        for x, y in zip(X[first:last], Y[first:last], strict=True):
            file.write(x.tobytes() + bytes([y]))
    return path


def parse(record):
    content = tf.io.decode_raw(tf.strings.substr(record, 0, X[0].nbytes), tf.float32)
    return tf.reshape(content, X[0].shape), tf.io.decode_raw(tf.strings.substr(record, X[0].nbytes, 1), tf.uint8)[0]


def in_npz(folder):
    np.savez_compressed(folder / "a.npz", x=X, y=Y)
    return folder / "a.npz"


def in_npy(folder):
    np.save(folder / "a.npy", X)
    return folder / "a.npy"


SOURCES = {
    "data set of batches of 5": lambda folder: {"data": pairs(5)},
    "data set of unknown length": lambda folder: {"data": pairs(3).filter(lambda x, y: True)},
    "PyDataset": lambda folder: {"data": Batches()},
    "arrays": lambda folder: {"data": X, "y": Y},
    "npz": lambda folder: {"data": in_npz(folder)},
    "npy": lambda folder: {"data": str(in_npy(folder)), "y": Y},
    "memory map": lambda folder: {"data": np.load(in_npy(folder), mmap_mode="r"), "y": Y},
    "records": lambda folder: {"data": records(folder), "parse": parse},
    "two files of records": lambda folder: {
        "data": [records(folder, "a", 0, 9), records(folder, "b", 9)],
        "parse": parse,
    },
}


@pytest.mark.parametrize("name", SOURCES)
def test_of_whatever_holds_the_examples(tmp_path, name):
    recipe, model = NOISY.replace(score=scores.Label()), small()
    store = explained(tmp_path / "maps", model=model, recipe=recipe, **SOURCES[name](tmp_path))
    whole = recipe.explain(model, X, Y)
    assert len(store) == 21
    np.testing.assert_array_equal(store[:].values, whole.values)
    np.testing.assert_array_equal(store[:].labels, Y)
    np.testing.assert_array_equal(zarr.open_group(tmp_path / "maps" / "arrays", mode="r")["values"][:], whole.values)
    np.testing.assert_array_equal(store.ids, np.arange(21))


def test_of_several_inputs(tmp_path):
    inputs = [keras.Input((4,), name="left"), keras.Input((3,), name="right")]
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Concatenate()(inputs)))
    x = {"left": RNG.random((9, 4), "float32"), "right": RNG.random((9, 3), "float32")}
    recipe = recipes.gradient_times_input(target_extractor="right", batch_size=4)
    store = explain_dataset(model, recipe, x, tmp_path / "maps", chunk_size=4, show_progress=False)
    check_same(store[:], recipe.explain(model, x))
    listed = explain_dataset(model, recipe, tuple(x.values()), tmp_path / "more", chunk_size=4, show_progress=False)
    np.testing.assert_array_equal(listed[:].values, store[:].values)


def test_ids_are_those_given(tmp_path):
    names = [f"picture {'é' * n}" for n in range(21)]
    store = explained(tmp_path / "maps", ids=(name for name in names))
    assert store.ids.tolist() == names == zarr.open_group(tmp_path / "maps" / "arrays", mode="r")["ids"][:].tolist()
    for count in (20, 22):
        with refused("one entry for each example"):
            explained(tmp_path / f"{count}", ids=range(count))


def test_another_program_reads_it_by_zarr_alone(tmp_path):
    whole = NOISY.explain(small(), X)
    explained(tmp_path / "maps")
    group = zarr.open_group(tmp_path / "maps" / "arrays", mode="r")
    for name in ("values", "std", "scores"):
        np.testing.assert_array_equal(group[name][:], getattr(whole, name))
    assert group["values"].metadata.dimension_names == whole.axes
    facts = group.attrs["kerasal"]
    assert Recipe.from_json(facts["recipe"]) == NOISY and facts["chunk"] == 8
    np.testing.assert_array_equal(group["predicted_class"][:], whole.predictions["class"])


@pytest.mark.parametrize(
    "key", [slice(None, None, -3), slice(5, 19, 4), slice(7, 9), slice(30, 40), slice(-3, None)], ids=str
)
def test_parts_are_those_of_the_whole(tmp_path, key):
    store, whole = explained(tmp_path / "maps"), NOISY.explain(small(), X)
    np.testing.assert_array_equal(store[key].values, whole.values[key])
    assert store[key].recipe == NOISY
    np.testing.assert_array_equal(store[-2].values, whole.values[-2])
    np.testing.assert_array_equal([each.scores for each in store], whole.scores)
    with pytest.raises(IndexError, match="21 examples"):
        store[21]


class Looking(Batches):
    """Looks at the store each time that a batch is asked for."""

    path = None

    def __getitem__(self, n):
        self.found.append(len(open_store(self.path)) if self.path.joinpath("arrays", "zarr.json").exists() else 0)
        return super().__getitem__(n)


def test_a_store_can_be_read_while_it_is_written(tmp_path):
    data = Looking()
    data.path, data.found = tmp_path / "maps", []
    explained(data.path, data)
    assert data.found == sorted(data.found) and set(data.found) <= {0, 8, 16}
    assert data.found[:3] == [0, 0, 0]  # the first is a look before the work
    assert data.found[5] >= 8  # a chunk is written while the next is computed, and before the one behind it is read


@pytest.mark.parametrize("form", ["array", "data set"])
def test_progress_has_the_rate_and_the_time_left(tmp_path, capsys, form):
    """It counts whole chunks; a data set, of which nobody knows the length, has no time left."""
    data, total = (X, "21") if form == "array" else (pairs(5).map(lambda x, y: x), "Unknown")
    explained(tmp_path / "maps", data, show_progress=True)
    shown = re.sub("\x1b.*?m|\b", "", capsys.readouterr().out).split("\r")[1:]
    counts = [int(step.split("/")[0]) for step in shown]
    assert counts == sorted(counts) and (counts[0], counts[-1]) == (0, 21) and set(counts) <= {0, 8, 16, 21}
    assert all(f"/{total}" in step for step in shown) and re.search(r"\d+m?s/example\s*$", shown[-1])
    assert all(re.search(r"(ETA: |━ )\d+s", step) for step in shown[:-1]) == (form == "array")
    explained(tmp_path / "more", data)
    assert capsys.readouterr().out == ""
