"""How examples and samples are packed into model calls never changes a number."""

import functools
import itertools
import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import linear, summed
from keras import layers as L
from snapshots import prepared, unchanged
from zoo import ZOO, normal

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor, UniformNoiseSampler

NOISE = GaussianNoiseSampler(scale=0.2)


model_of = functools.cache(lambda name: prepared(name)[1])


@functools.cache
def calculator(name):
    case = ZOO[name]
    return GradientCalculator(model_of(name), case.score, LayerExtractor(case.target) if case.target else None)


def both(name, x=None, **kwargs):
    """Samples with noise and, where there is any, dropout."""
    case = ZOO[name]
    kwargs = {"M": 3, "noise_sampler": NOISE, "train": case.dropout, **kwargs}
    return calculator(name).compute(case.x if x is None else x, **kwargs)


def rows(x, which):
    return tf.nest.map_structure(lambda part: part[which], x)


@pytest.mark.parametrize("name", ZOO)
def test_batch_size_neighbours_and_position(name):
    """And nothing is left behind: the first call is traced with noise and dropout."""
    case = ZOO[name]
    rtol = case.rtol
    with unchanged(model_of(name)):
        whole = both(name, batch_size=32)
    assert whole.dtype == np.float32 and whole.shape[:2] == (3, 5)
    for size in (1, 7):
        assert distance(both(name, batch_size=size), whole) < rtol
    alone = both(name, rows(case.x, slice(2, 3)), first_example=2)
    assert distance(alone, whole[:, 2:3]) < rtol
    tail = both(name, rows(case.x, slice(2, None)), first_example=2, batch_size=2)
    assert distance(tail, whole[:, 2:]) < rtol
    others = rows(case.x, [4, 3, 2, 1, 0])
    assert distance(both(name, others)[:, 2], whole[:, 2]) < rtol


@pytest.mark.parametrize(
    "noise", [None, NOISE, UniformNoiseSampler(), GaussianNoiseSampler(mode="absolute", clip=(-1, 1))]
)
@pytest.mark.parametrize("train", [False, True, {"inner": 0.4}])
def test_each_source_of_randomness(noise, train):
    if noise is None and not train:
        pytest.skip("nothing is random")
    whole = both("noisy", noise_sampler=noise, train=train, M=4, batch_size=32)
    assert distance(whole[0], whole[1]) > 1e-3 and distance(whole[:, :1], whole[:, 1:2]) > 1e-3
    for size in (1, 7):
        assert distance(both("noisy", noise_sampler=noise, train=train, M=4, batch_size=size), whole) < 1e-5
    alone = both("noisy", rows(ZOO["noisy"].x, slice(3, 4)), noise_sampler=noise, train=train, M=4, first_example=3)
    assert distance(alone, whole[:, 3:4]) < 1e-5


def test_more_samples_keep_the_first_ones():
    assert distance(both("cnn", M=9, batch_size=8)[:3], both("cnn", M=3, batch_size=8)) < 1e-5


def test_noise_of_an_example_depends_on_its_position_only():
    """Two equal rows get different noise; the same row at the same position gets the same."""
    x = np.repeat(normal(6)[:1], 4, axis=0)
    found = GradientCalculator(summed(shape=(6,), power=2)).compute(x, M=2, noise_sampler=NOISE)
    pairs = [found[m, n] for m in range(2) for n in range(4)]
    assert all(distance(a, b) > 1e-3 for a, b in itertools.combinations(pairs, 2))


FOLDS = [(None, "sum"), (2, "sum"), *((-1, reduce) for reduce in ("sum", "max", "mean", "l2"))]
HOW = {"M": 4, "noise_sampler": NOISE, "seed": 3}


@pytest.fixture(scope="module")
def folding():
    """A calculator of a cheap model, its input and samples."""
    calc, x = GradientCalculator(summed(shape=(11, 2), power=3)), normal(11, 2)
    return calc, x, calc.compute(x, **HOW)


@pytest.mark.parametrize("method", ["raw", "abs", "square", "mean_abs", "var", "std", lambda s: s * s * s])
@pytest.mark.parametrize("ch_axis, ch_reduce", FOLDS)
def test_explain_is_aggregate_of_compute(folding, method, ch_axis, ch_reduce):
    calc, x, samples = folding
    fold = {"method": method, "ch_axis": ch_axis, "ch_reduce": ch_reduce}
    expected, found = calc.aggregate(samples, **fold), calc.explain(x, batch_size=6, **HOW, **fold)
    assert found.values.shape == {None: (5, 11, 2), -1: (5, 11), 2: (5, 2)}[ch_axis] and found.M == expected.M == 4
    assert distance(found.values, expected.values) < 1e-5
    assert (found.std is None) == (expected.std is None) == (method in ("mean_abs", "var", "std"))
    if found.std is not None:
        assert distance(found.std, expected.std) < 1e-4
        assert distance(found.standard_error, np.asarray(found.std) / 2) < 1e-6


def test_explain_agrees_with_numpy_on_an_image():
    samples = both("cnn", M=4, seed=1).astype("float64")
    how = {"M": 4, "noise_sampler": NOISE, "train": True, "seed": 1, "ch_axis": -1}
    found = calculator("cnn").explain(ZOO["cnn"].x, method="abs", ch_reduce="max", batch_size=7, **how)
    assert distance(found.values, np.abs(samples).max(-1).mean(0)) < 1e-5
    assert distance(found.std, np.abs(samples).max(-1).std(0, ddof=1)) < 1e-4


def test_seeds():
    first, again, other = (both("cnn", seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert distance(other, first) > 1e-2
    assert distance(both("cnn", seed=2**40 + 4), first) > 1e-2  # no seed is cut to 32 bits


def test_global_seeds_do_not_matter():
    tf.random.set_seed(1)
    first = both("table")
    tf.random.set_seed(2)
    np.random.seed(3)
    np.testing.assert_array_equal(both("table"), first)


def test_many_samples_of_a_linear_model():
    """Streaming does not lose precision: the gradient of a linear model is its kernel, whatever M."""
    calc = GradientCalculator(linear([1, 3, 2]))
    saliency = calc.explain(np.array([[1, 5, 8], [2, -1, 0]], "float32"), M=20_000, noise_sampler=NOISE)
    np.testing.assert_allclose(saliency.values, [[1, 3, 2]] * 2, rtol=1e-6)
    np.testing.assert_allclose(saliency.std, np.zeros((2, 3)), atol=1e-5)


def _resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_memory_is_flat_in_m():
    """Kept, the samples would be 1500 x 2 x 200 x 100 x 2 floats: 480 MB."""
    calc = GradientCalculator(summed(L.Rescaling(2.0), shape=(200, 100, 2), power=2))
    x = np.random.default_rng(0).normal(size=(2, 200, 100, 2)).astype("float32")
    calc.explain(x, M=20, noise_sampler=NOISE, batch_size=8)
    start, peak, stop = _resident(), [0], threading.Event()

    def watch():
        while not stop.is_set():
            peak[0] = max(peak[0], _resident())
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    saliency = calc.explain(x, M=1500, noise_sampler=NOISE, batch_size=8)
    stop.set()
    thread.join()
    assert distance(saliency.values, 8 * x) < 0.06  # σ / √M is .044 of x
    assert peak[0] - start < 120e6
