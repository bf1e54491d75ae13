"""A store that was left at any moment goes on to the same files; another model, recipe or data, or a second writer, is refused."""

import os
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from disks import full, read_only
from small_store import NOISY, RNG, X, Y, explained, files_of, small
from three_parts import refused

from kerasal import open_store, recipes
from kerasal._storage.file_systems import LocalFiles
from kerasal._storage.locks import SystemLock


class Killed(BaseException):
    """Stands for the end of a process: nothing catches it."""


def killed_at(monkeypatch, moment, path, **options):
    """Explain until file `moment` is to be written, of which a part stays under a name of its own."""
    count, write = [0], LocalFiles.write

    def dying(self, file, content):
        count[0] += 1
        if count[0] == moment:
            aside = os.path.join(os.path.dirname(file), ".half.npz")
            with open(aside, "wb") as half:
                half.write(content[: len(content) // 2])
            raise Killed
        write(self, file, content)

    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "write", dying)
        try:
            explained(path, **options)
        except Killed:
            return True
    return False


def test_a_store_goes_on_to_the_same_files_from_every_moment(tmp_path, monkeypatch):
    how = {"model": small(), "recipe": recipes.vanilla(batch_size=4)}
    whole = explained(tmp_path / "whole", **how)
    known, moment = files_of(tmp_path / "whole"), 0
    while True:
        moment += 1
        path = tmp_path / f"{moment}"
        if not killed_at(monkeypatch, moment, path, **how):
            break
        if path.joinpath("arrays", "zarr.json").exists():
            left = open_store(path)
            assert len(left) in (0, 8, 16, 21)
            np.testing.assert_array_equal(left[:].values, whole[: len(left)].values)
        explained(path, **how)
        assert files_of(path) == known
        if moment > 12:  # a chunk and more, then the end
            moment += 6
    assert moment > 30


def test_finished_chunks_are_not_computed_again(tmp_path, monkeypatch):
    explained(tmp_path / "maps")
    monkeypatch.setattr("kerasal.stores.job.Explainer.__call__", None)
    assert len(explained(tmp_path / "maps")) == 21


def test_an_interrupt_leaves_what_is_finished(tmp_path, monkeypatch):
    def interrupted(self, first, portion, total):
        if first == 16:
            raise KeyboardInterrupt
        return explain(self, first, portion, total)

    from kerasal.stores.job import Explainer

    explain = Explainer.__call__
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Explainer, "__call__", interrupted)
        explained(tmp_path / "maps")
    store = open_store(tmp_path / "maps")
    assert len(store) == 16 and not store.is_complete
    assert len(explained(tmp_path / "maps")) == 21


def other_weights():
    model = small()
    model.set_weights([weight + 1e-6 for weight in model.get_weights()])
    return model


OTHERS = {
    "weights": (lambda: {"model": other_weights()}, "the model has other weights"),
    "layers": (lambda: {"model": relu_for_tanh()}, "the model has other layers"),
    "recipe": (lambda: {"recipe": NOISY.replace(M=4)}, "the recipe is"),
    "shape": (lambda: {"y": Y}, "the examples are"),
    "count": (lambda: {"data": X[:20]}, "there are 20 examples in place of 21"),
    "data": (lambda: {"data": np.concatenate([X[:9], X[10:], X[:1]])}, "others from 8 to 15"),
    "ids": (lambda: {"ids": range(1, 22)}, "others from 0 to 7"),
}


def relu_for_tanh():
    keras.utils.set_random_seed(3)
    hidden = [keras.layers.Conv2D(4, 3, activation="tanh"), keras.layers.Flatten(), keras.layers.Dropout(0.5)]
    return keras.Sequential([keras.Input((6, 5, 2)), *hidden, keras.layers.Dense(3, activation="softmax")])


@pytest.mark.parametrize("name", OTHERS)
def test_a_store_of_others_is_refused(tmp_path, name):
    explained(tmp_path / "maps", model=small())
    before = files_of(tmp_path / "maps")
    options, words = OTHERS[name]
    with refused(words, "another folder"):
        explained(tmp_path / "maps", **{"model": small(), **options()})
    assert files_of(tmp_path / "maps") == before


def test_names_of_layers_and_a_compilation_are_no_other_model(tmp_path):
    explained(tmp_path / "maps", model=small())
    model = small()
    model.compile("adam", "sparse_categorical_crossentropy")
    assert model.layers[0].name != small().layers[0].name
    assert len(explained(tmp_path / "maps", model=model)) == 21


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with refused("a folder of its own"):
        explained(tmp_path)
    assert os.listdir(tmp_path) == ["notes.txt"]
    with pytest.raises(FileNotFoundError, match="none. Check the path"):
        open_store(tmp_path)


def test_two_writers_at_once_are_refused(tmp_path):
    explained(tmp_path / "maps")
    lock = SystemLock(tmp_path / "maps")
    with refused("One call at a time", str(os.getpid()), error=BlockingIOError):
        explained(tmp_path / "maps")
    lock.free()
    explained(tmp_path / "maps")


@pytest.mark.parametrize(
    "file", ["arrays/values/c.1.0.0.0", "arrays/ids/c.1", "statistics/00000001.npz", "commits/00000001.json"]
)
@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_damage_is_found_and_said_and_the_chunk_is_made_again(tmp_path, file, damage):
    explained(tmp_path / "maps", model=small())
    known, path = files_of(tmp_path / "maps"), tmp_path / "maps" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.unlink() if damage == "gone" else path.write_bytes(content)
    store = open_store(tmp_path / "maps")
    if (file, damage) != ("commits/00000001.json", "gone"):
        with refused(file, "examples 8 to 15", "end.json"):
            store.check()
        np.testing.assert_array_equal(store[0].values.shape, (6, 5, 2))  # others can be read
    (tmp_path / "maps" / "commits" / "00000001.json").unlink(missing_ok=True)
    (tmp_path / "maps" / "end.json").unlink()
    assert len(open_store(tmp_path / "maps")) == 8
    explained(tmp_path / "maps", model=small())
    assert files_of(tmp_path / "maps") == known


def wait_for(path, examples):
    """Wait until so many examples are in a store, which is written in a thread of its own."""
    end = time.monotonic() + 60
    while len(open_store(path)) < examples:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_full_disk_is_said_and_what_is_there_is_read(tmp_path):
    whole = explained(tmp_path / "whole")
    known = files_of(tmp_path / "whole")

    class Filling:
        def __iter__(self):
            for n in range(21):
                if n == 16:
                    wait_for(tmp_path / "maps", 16)
                    self.free = full(100)
                yield n

    ids = Filling()
    with pytest.raises(OSError, match="after 16 examples, which can be read. Make room") as told:
        explained(tmp_path / "maps", ids=ids)
    assert told.value.errno
    ids.free()
    np.testing.assert_array_equal(open_store(tmp_path / "maps")[:].values, whole[:16].values)
    explained(tmp_path / "maps", ids=range(21))
    assert files_of(tmp_path / "maps").keys() == known.keys()


def test_a_read_only_folder_is_said_before_work(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasal.stores.job.Explainer.__call__", None)
    folder = tmp_path / "disk"
    folder.mkdir()
    end = read_only(folder)
    try:
        with pytest.raises(PermissionError, match="after 0 examples.*Make the folder writable"):
            explained(folder / "maps")
    finally:
        end()
    with pytest.raises(NotADirectoryError, match="A store is written to a disk"):
        (tmp_path / "file").write_text("")
        explained(tmp_path / "file" / "maps")


REFUSED = {
    "a class of each example": ({"recipe": recipes.vanilla(score=[0, 1] * 10 + [0])}, "score with one entry"),
    "a baseline of each example": (
        {"recipe": recipes.integrated_gradients(baseline=np.repeat(RNG.random((1, 6, 5, 2), "float32"), 21, 0))},
        "one entry",
    ),
    "several methods": ({"recipe": NOISY.replace(method=["raw", "abs"])}, "a store for each"),
    "several targets": ({"recipe": recipes.vanilla(target_extractor=[0])}, "a store for each"),
    "no recipe": ({"recipe": "vanilla"}, "a Recipe"),
    "a size": ({"chunk_size": 0}, "number of examples"),
    "no examples": ({"data": X[:0]}, "one example or more"),
    "no function": ({"recipe": recipes.vanilla(score=lambda outputs: outputs[:, 0])}, "score"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_in_a_store_is_refused_before_work(tmp_path, name):
    options, words = REFUSED[name]
    with refused(words):
        explained(tmp_path / "maps", **options)
    assert not (tmp_path / "maps").exists()


def test_an_example_that_is_refused_is_named_by_its_position_in_all(tmp_path):
    x = X.copy()
    x[18, 2, 1, 0] = np.nan
    with refused("example(s) 2", "counted from 16"):
        explained(tmp_path / "maps", x)
    assert len(open_store(tmp_path / "maps")) == 16


STRATEGY = """
import sys, numpy as np, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from small_store import NOISY, X, small
from kerasal import explain_dataset
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = small()
data = tf.data.Dataset.from_tensor_slices(X).batch(5)
explain_dataset(model, NOISY, data, sys.argv[1], chunk_size=8, show_progress=False)
with strategy.scope():
    explain_dataset(model, NOISY, X, sys.argv[2], chunk_size=8, show_progress=False)
"""


def test_under_a_strategy_numbers_are_the_same(tmp_path):
    paths = [tmp_path / "outside", tmp_path / "inside"]
    instruments = os.path.dirname(sys.modules["small_store"].__file__)
    path = os.pathsep.join([instruments, *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", STRATEGY, *map(str, paths)], check=True, timeout=300, env=environment)
    known = NOISY.explain(small(), X).values
    for each in paths:
        np.testing.assert_array_equal(open_store(each)[:].values, known)
