"""Files of others: refused in words before they take memory, and never believed against what they hold."""

import gc
import io
import json
import os
import weakref
import zipfile

import numpy as np
import pytest
from hostile_files import bomb, edited_metadata, hostile_files, metadata, npz
from memory import peak
from three_parts import refused

from kerasal import Saliency
from kerasal._storage.arrays import load_arrays, save_arrays
from kerasal._storage.stored_arrays import Bounds, StoredArrays

HOSTILE, EDITED = hostile_files(), edited_metadata()
VALUES = np.arange(6, dtype="float32").reshape(2, 3)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_takes_no_memory(name, tmp_path):
    path = tmp_path / "map.npz"
    path.write_bytes(HOSTILE[name])
    with peak() as memory, refused("map.npz", "kerasal.Saliency 3", error=ValueError):
        Saliency.load(path)
    assert memory.bytes < 3_000_000 + 2 * len(HOSTILE[name])


@pytest.mark.parametrize("name", EDITED)
def test_metadata_that_do_not_fit_the_arrays_are_refused(name, tmp_path):
    path = tmp_path / "map.npz"
    std = {"std": np.ones_like(VALUES)} if "beside std" in name else {}
    path.write_bytes(npz(told=EDITED[name], values=VALUES, **std))
    with refused("map.npz", error=ValueError):
        Saliency.load(path)


def test_metadata_that_fit_are_believed(tmp_path):
    (tmp_path / "map.npz").write_bytes(npz(told=metadata(M=[4, 9]), values=VALUES))
    loaded = Saliency.load(tmp_path / "map.npz")
    assert loaded.M.tolist() == [4, 9] and loaded.axes == ("example", "feature")
    np.testing.assert_array_equal(loaded.values, VALUES, strict=True)


def test_a_packed_file_is_read_up_to_a_ratio(tmp_path):
    """Packed by hand: 64 MB are free, and beyond that 16 times the file's own size."""
    path = tmp_path / "map.npz"
    path.write_bytes(bomb(60_000_000))
    assert Saliency.load(path).values.nbytes == 60_000_000
    path.write_bytes(bomb(70_000_000))
    with peak() as memory, refused("unpacks to", error=ValueError):
        Saliency.load(path)
    assert memory.bytes < 1_000_000


def test_no_more_is_held_than_the_arrays(tmp_path):
    values = np.random.default_rng(0).random((10, 500_000)).astype("float32")
    Saliency(values).save(tmp_path / "map.npz")
    with peak() as memory:
        loaded = Saliency.load(tmp_path / "map.npz")
    assert memory.bytes < 1.1 * values.nbytes
    np.testing.assert_array_equal(loaded.values, values)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype="float32").reshape(2, 3, 4),
        np.arange(24, dtype="uint8").reshape(4, 6).T,
        np.float32(3),
        np.zeros((0, 4)),
        np.zeros((2, 0)),
        np.array(["a", "bcd"]),
        np.asarray(b"bytes"),
        np.asarray(""),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_arrays_come_back_as_numpy_reads_them(array, save, tmp_path):
    content = io.BytesIO()
    save(content, metadata=json.dumps({"kind": "k", "arrays": ["a"]}), a=array)
    (tmp_path / "a.npz").write_bytes(content.getvalue())
    np.testing.assert_array_equal(load_arrays(tmp_path / "a.npz", "k")[0]["a"], np.asarray(array), strict=True)


def test_one_example_is_read_alone_and_all_bytes_are_checked(tmp_path):
    path, array = tmp_path / "a.npz", np.random.default_rng(0).random((8, 200_000)).astype("float32")
    save_arrays(path, "k", {"a": array, "transposed": array.T}, {})
    with StoredArrays(path, ("k",)) as stored:
        assert stored.headers["a"].shape == (8, 200_000) and not stored.headers["transposed"].is_fortran
        with peak() as memory:
            found = stored.read("a", 5)
        np.testing.assert_array_equal(found, array[5], strict=True)
        assert memory.bytes < 1.5 * array[5].nbytes
        np.testing.assert_array_equal(stored.read("transposed", 7), array.T[7], strict=True)
    content = bytearray(path.read_bytes())
    content[content.index(array[0].tobytes())] ^= 1  # of another example
    path.write_bytes(bytes(content))
    with StoredArrays(path, ("k",), "step 3") as stored, refused("step 3", error=ValueError):
        stored.read("a", 5)


def test_bounds_are_held_before_anything_is_read(tmp_path):
    save_arrays(tmp_path / "a.npz", "k", {"a": np.zeros(1_000_000)}, {"note": "x" * 10_000})
    for bounds, words in ((Bounds(unpacked=1e6), "at most 1000000"), (Bounds(metadata=1e3), "metadata")):
        with peak() as memory, refused(words, error=ValueError):
            StoredArrays(tmp_path / "a.npz", ("k",), bounds=bounds)
        assert memory.bytes < 300_000


def test_an_encrypted_member_and_one_that_overlaps_are_refused(tmp_path):
    content = bytearray(npz(values=VALUES))
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1  # the flag in the table of contents
    (tmp_path / "map.npz").write_bytes(bytes(content))
    with refused("map.npz", error=ValueError):
        Saliency.load(tmp_path / "map.npz")
    content = bytearray(npz(values=VALUES, std=VALUES))
    at = content.rindex(b"PK\x01\x02")
    content[at + 42 : at + 46] = bytes(4)  # begins where the first one does
    (tmp_path / "map.npz").write_bytes(bytes(content))
    with refused("map.npz", error=ValueError):
        Saliency.load(tmp_path / "map.npz")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "map.npz")
    with refused("map.npz", error=OSError):
        Saliency.load(tmp_path / "map.npz")


def test_a_file_that_was_packed_again_is_the_same(tmp_path):
    Saliency(VALUES, scores=[1, 2]).save(tmp_path / "map.npz")
    with zipfile.ZipFile(tmp_path / "map.npz") as old, zipfile.ZipFile(tmp_path / "b.npz", "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    np.testing.assert_array_equal(Saliency.load(tmp_path / "b.npz").values, VALUES)


@pytest.mark.parametrize("compress", [False, True])
def test_an_interrupt_stays_one(compress, tmp_path, monkeypatch):
    """Also between the steps of a zip file, which cannot be closed then; and who was writing, with the lock of a run, is let go."""
    opened, writers = zipfile.ZipFile.open, []

    def interrupted(*arguments, **how):
        handle = opened(*arguments, **how)  # noqa: F841  open as long as this frame is
        raise KeyboardInterrupt

    def write():
        writer = Saliency(VALUES)
        writers.append(weakref.ref(writer))
        save_arrays(tmp_path / "map.npz", "kerasal", {"values": np.zeros((3, 2))}, {}, compress=compress)

    monkeypatch.setattr(zipfile.ZipFile, "open", interrupted)
    gc.disable()
    try:
        write()
    except KeyboardInterrupt:
        writers.append("interrupted")
    finally:
        gc.enable()
    assert writers[0]() is None and writers[1] == "interrupted"
    assert not list(tmp_path.iterdir())
