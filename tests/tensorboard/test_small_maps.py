"""Small maps: what a grid of all examples is drawn from."""

from types import SimpleNamespace

import numpy as np
import pytest
from memory import peak
from werkzeug.test import Client

from kerasal import Saliency
from kerasal.tensorboard import bounds
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.plugin import SaliencyPlugin
from kerasal.tensorboard.small_maps import ends, small

RNG = np.random.default_rng(0)


def asking(root):
    """A function that asks a route of the tab about the first step of a run."""
    apps = SaliencyPlugin(SimpleNamespace(logdir=str(root), flags=None)).get_plugin_apps()
    told = {"run": "saliency/run", "step": 0, "example": 0, "first": 0, "thousandths": 99_500}
    return lambda path, **query: Client(apps[path]).get("/", query_string={**told, **query})


def test_small_maps_are_means_of_blocks_in_batches(tmp_path):
    values = RNG.normal(size=(130, 100, 66)).astype("float32")
    images = RNG.integers(0, 256, (130, 100, 66, 3)).astype("uint8")
    archive = Archive(
        tmp_path / "saliency" / "run", [str(n) for n in range(130)], {}, Depiction("image", {}, {"images": images})
    )
    archive.write(0, Saliency(values), {"time": 0})
    ask = asking(tmp_path)
    expected = values.reshape(130, 50, 2, 33, 2).mean((2, 4))
    for first, count in ((0, 128), (128, 2), (500, 0)):
        found = np.frombuffer(ask("/small", first=first).data, "<f4").reshape(count, 50, 33)
        np.testing.assert_allclose(found, expected[first : first + count], atol=1e-6)
    small = np.frombuffer(ask("/small_array", first=128, name="images").data, "u1").reshape(2, 50, 33, 3)
    np.testing.assert_allclose(small, images.reshape(130, 50, 2, 33, 2, 3).mean((2, 4))[128:], atol=0.5)
    ends = ask("/ends", thousandths=100_000).json
    np.testing.assert_allclose(ends["limits"], np.abs(expected).max((1, 2)), rtol=1e-5)
    assert all(ends["signed"])


def test_blocks_at_the_edge_are_means_of_what_is_there():
    picture = RNG.normal(size=(129, 7)).astype("float32")  # blocks of 3: 43 rows, 3 columns of 3, 3 and 1
    found = small(picture, 64)
    assert found.shape == (43, 3)
    np.testing.assert_allclose(found[:, 2], picture[:, 6].reshape(43, 3).mean(1), rtol=1e-5)
    np.testing.assert_array_equal(small(picture[:64], 64), picture[:64])


@pytest.mark.parametrize("percentile", [0, 50, 99.5, 100])
def test_ends_are_the_magnitude_at_a_percentile(percentile):
    """The first number that is at or beyond it; where that is 0 the largest, and 1 for zeros."""
    maps = RNG.normal(size=(3, 7, 11)).astype("float32")
    maps[1, 1:], maps[2] = 0, 0
    found = ends(maps, percentile)
    for values, limit, signed in zip(maps, found["limits"], found["signed"], strict=True):
        ordered = sorted(abs(float(value)) for value in values.flat)
        assert limit == (ordered[int(np.ceil(percentile / 100 * 76))] or ordered[-1] or 1)
        assert signed == any(value < 0 for value in values.flat)


def test_small_maps_are_made_while_one_example_is_held(tmp_path):
    values = RNG.random((40, 1_000, 500), "float32")  # 80 MB
    archive = Archive(tmp_path / "saliency" / "run", [str(n) for n in range(40)], {})
    archive.write(0, Saliency(values), {"time": 0})
    ask = asking(tmp_path)
    with peak() as memory:
        answer = ask("/small", first=0)
    assert answer.status_code == 200 and memory.bytes < 4 * values[0].nbytes


@pytest.mark.parametrize("shape", [(2, bounds.SMALL // 8 + 1), (2, 1, bounds.SMALL // 8 + 1, 1)])
def test_more_than_is_kept_is_refused_with_a_way_out(tmp_path, shape):
    archive = Archive(tmp_path / "saliency" / "run", ["0", "1"], {})
    archive.write(0, Saliency(np.zeros(shape, "float32")), {"time": 0})
    answer = asking(tmp_path)("/small", first=0)
    assert answer.status_code == 400 and "one example at a time" in answer.text
