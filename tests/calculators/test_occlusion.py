"""Occlusion against closed forms, a slow loop over windows in NumPy, and every form of window, group and fill."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import linear, summed
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal, tokens

from kerasal import Background, GaussianNoiseSampler, GradientCalculator, LayerExtractor, OcclusionCalculator, scores

LINE = np.array([[1.0, 5.0, 8.0], [2.0, -1.0, 0.5]], "float32")
IMAGE = ZOO["cnn"].x  # (5, 7, 5, 2)


def occluded(model, x, *args, **kwargs):
    return OcclusionCalculator(model, *args, **kwargs).explain(x)


@pytest.mark.parametrize("target", [None, LayerExtractor("linear", timing="pre")])
@pytest.mark.parametrize("slide_axis", [None, 1, -1, (1,)])
def test_linear_model(target, slide_axis):
    found = occluded(linear([1, 3, 2]), LINE, target_extractor=target, slide_axis=slide_axis)
    np.testing.assert_allclose(found.values, [[1, 15, 16], [2, -3, 1]], rtol=1e-5)


def test_convolution_of_ones():
    """The sum of 3 × 3 is what hiding each element takes from it."""
    x = np.array([[1, 5, 8], [2, 4, 1], [3, 2, 9]], "float32")
    model = keras.Sequential([keras.Input((3, 3, 1)), L.Conv2D(1, 3, use_bias=False), L.Flatten()])
    model.set_weights([np.ones((3, 3, 1, 1))])
    found = occluded(model, np.stack([x, -2 * x])[..., None], slide_axis=(1, 2))
    np.testing.assert_allclose(found.values[..., 0], np.stack([x, -2 * x]), rtol=1e-5)


def logit(x, c=1):
    """(N,) of the zoo's cnn, by hand."""
    return np.float64(ZOO["cnn"].logits(built("cnn"), x))[:, c]


def starts(length, size, stride):
    """Every stride, and the last one at the edge."""
    return sorted({*range(0, length - size + 1, stride), length - size})


def by_loop(x, size, stride, fill, overlap, c=1):
    """A window after the other, of all channels; `fill` like x."""
    total, count, whole = np.zeros(x.shape[:3]), np.zeros(x.shape[1:3]), logit(x, c)
    for i in starts(x.shape[1], size[0], stride[0]):
        for j in starts(x.shape[2], size[1], stride[1]):
            hidden, window = x.copy(), np.s_[:, i : i + size[0], j : j + size[1]]
            hidden[window] = np.broadcast_to(fill, x.shape)[window]
            total[window] += (whole - logit(hidden, c))[:, None, None]
            count[window[1:]] += 1
    return (total if overlap == "sum" else total / count)[..., None]


@pytest.mark.parametrize(
    "size, stride, overlap",
    [(1, 1, "mean"), ((3, 4), 3, "mean"), ((3, 4), 3, "sum"), (4, (2, 3), "mean"), ((7, 5), 1, "mean")],
)
def test_windows_as_by_a_loop(size, stride, overlap):
    found = occluded(built("cnn"), IMAGE, 1, size=size, stride=stride, overlap=overlap, fill=0.3)
    both = [tuple(np.broadcast_to(given, 2)) for given in (size, stride)]
    assert distance(found.values, by_loop(IMAGE, *both, 0.3, overlap)) < 1e-4


def blurred(x):
    """A Gaussian of a tenth of each side, but at least 1, its weights made to add up to 1 within the image."""
    for axis in (1, 2):
        at = np.arange(x.shape[axis])
        weights = np.exp(-0.5 * (at - at[:, None]) ** 2 / max(1, len(at) / 10) ** 2)
        x = np.moveaxis(np.tensordot(weights / weights.sum(1, keepdims=True), x, (1, axis)), 0, axis)
    return x


ONE = normal(7, 5, 2, seed=4)[0]
FILLS = {  # as given -> like x
    "one example": (ONE, ONE),
    "channels": ([0.5, -0.5], np.array([0.5, -0.5])),
    "mean": ("mean", IMAGE.mean((1, 2), keepdims=True)),
    "blur": ("blur", blurred(IMAGE)),
    "function": (lambda target: -target, -IMAGE),
    "function of rows": (lambda t: tf.reduce_max(t, [1, 2, 3], keepdims=True), IMAGE.max((1, 2, 3), keepdims=True)),
}


@pytest.mark.parametrize("form", FILLS)
def test_fills(form):
    given, fill = FILLS[form]
    found = occluded(built("cnn"), IMAGE, 1, size=(4, 2), stride=(3, 2), fill=given)
    assert distance(found.values, by_loop(IMAGE, (4, 2), (3, 2), fill, "mean")) < 1e-4


def test_a_long_side_is_blurred_by_a_tenth_of_it():
    x, at = normal(40, 3), np.arange(40)
    found = occluded(summed(shape=(40, 3)), x, size=40, fill="blur")  # all at once
    weights = np.exp(-((at - at[:, None]) ** 2) / (2 * 4.0**2))
    expected = np.sum(x - np.einsum("ij,njc->nic", weights / weights.sum(1, keepdims=True), x), (1, 2))
    np.testing.assert_allclose(found.values[:, :, 0], np.repeat(expected[:, None], 40, 1), atol=1e-3)


SUM = functools.cache(lambda: summed(shape=(4, 3)))
X = np.arange(60, dtype="float32").reshape(5, 4, 3) ** 1.5
ROWS = np.array([0, 2, -1, 0])
GROUPS = {  # integers, the map's axes
    "elements of one example": (np.arange(12).reshape(4, 3) % 5 - 1, (4, 3)),
    "rows, trailing axis left out": (ROWS, (4, 1)),
    "columns": (np.array([[5, 7, 5]]), (1, 3)),
    "elements of the batch": (np.random.default_rng(1).integers(-1, 4, (5, 4, 3)), (4, 3)),
    "rows of the batch": (np.random.default_rng(2).integers(-1, 3, (5, 4)), (4, 1)),
}


@pytest.mark.parametrize("form", GROUPS)
def test_groups(form):
    """Of a sum, an element has the sum of its group within its example; those in no group have 0."""
    groups, axes = GROUPS[form]
    full = np.broadcast_to(groups.reshape(-1, *axes), X.shape)
    expected = sum((full == g) * np.sum(X * (full == g), (1, 2), keepdims=True) for g in range(8))
    calculator = OcclusionCalculator(SUM(), groups=groups)
    for size in (None, 3):
        found = calculator.explain(X, batch_size=size).values
        assert found.shape == (5, *axes)
        np.testing.assert_allclose(np.broadcast_to(found, X.shape), expected, rtol=1e-4)
    if len(groups) == 5:
        in_batches = calculator.explain(tf.data.Dataset.from_tensor_slices(X).batch(2)).values
        np.testing.assert_allclose(np.broadcast_to(in_batches, X.shape), expected, rtol=1e-4)
        with refused("groups", "5", "4"):
            calculator.explain(X[:4])


def test_words():
    """Words hidden by their number, and at the embedding by zeros; the last two words of rows 0, 2, 4 are padding, which stays."""
    case, model, ids = ZOO["lstm"], built("lstm"), tokens()
    whole = np.float64(case.logits(model, ids))[:, 2]
    found = occluded(model, ids, 2, fill=7)
    for word in range(6):
        other = ids.copy()
        other[:, word] = np.where(ids[:, word] == 0, 0, 7)
        expected = whole - np.float64(case.logits(model, other))[:, 2]
        np.testing.assert_allclose(found.values[:, word], expected, atol=1e-5)
    at = LayerExtractor("inner")
    inner = occluded(model, ids, 2, at, size=2, overlap="sum")
    columns = occluded(model, ids, 2, at, groups=np.arange(6))
    assert inner.shape == columns.shape == (5, 6, 1)
    zeroed = np.asarray(at.submodel(model)(ids)) * (np.arange(6) != 3)[:, None]
    mask = tf.constant(ids != 0)
    x = model.layers[2](zeroed, mask=mask)
    expected = whole - np.float64(x @ model.layers[3].weights[0] + model.layers[3].weights[1])[:, 2]
    np.testing.assert_allclose(columns.values[:, 3, 0], expected, atol=1e-5)


def test_scores():
    """All classes at once, a margin, and the predicted class; at a point with noise."""
    found = occluded(built("cnn"), IMAGE, "all", size=(4, 3), stride=2)
    assert found.shape == (5, 4, 7, 5, 1) and found.completeness_gap is None
    one, two = (by_loop(IMAGE, (4, 3), (2, 2), 0, "mean", c) for c in (1, 3))
    assert distance(found.values[:, 1], one) < 1e-4 and distance(found.values[:, 3], two) < 1e-4
    margin = occluded(built("cnn"), IMAGE, scores.Margin(1, 3), size=(4, 3), stride=2)
    assert distance(margin.values, one - two) < 1e-4
    how = {"noise_sampler": GaussianNoiseSampler(), "M": 3}
    points = GradientCalculator(summed(shape=(4, 3), power=2)).compute(X, **how) / 2
    samples = OcclusionCalculator(SUM(), size=2, overlap="sum", slide_axis=2).compute(X, **how)
    pairs = np.stack([points[..., :2].sum((2, 3)), points[..., 1:].sum((2, 3))], -1)
    expected = np.stack([pairs[..., 0], pairs.sum(-1), pairs[..., 1]], -1)[:, :, None]
    np.testing.assert_allclose(samples, expected, rtol=1e-4)


REFUSED = {  # arguments, words of the message
    "the axis of examples": ({"slide_axis": 0}, ["slide_axis", "0"]),
    "an axis too far": ({"slide_axis": (1, 4)}, ["slide_axis", "(1, 4)", "(None, 7, 5, 2)"]),
    "a large window": ({"size": (3, 6)}, ["size 6", "axis 2"]),
    "no stride": ({"stride": 0}, ["stride", "stride=0"]),
    "a stride over the window": ({"size": 2, "stride": 3}, ["stride", "3"]),
    "an unknown fill": ({"fill": "noise"}, ["fill", "noise", "blur"]),
    "NaN as fill": ({"fill": np.nan}, ["NaN"]),
    "a fill of another shape": ({"fill": np.zeros((7, 5, 3))}, ["(7, 5, 3)", "(7, 5, 2)"]),
    "a fill per example": ({"fill": IMAGE}, ["fill", "(5, 7, 5, 2)"]),
    "a background as fill": ({"fill": Background(IMAGE)}, ["fill", "5 examples", "ShapleyCalculator"]),
    "groups of numbers": ({"groups": np.zeros((7, 5))}, ["groups", "float64"]),
    "groups of none": ({"groups": -np.ones((7, 5), int)}, ["groups", "negative"]),
    "groups of another shape": ({"groups": np.zeros((4, 5), int)}, ["groups", "(4, 5)"]),
    "a sum over examples": ({"eval_fun": lambda x: tf.reduce_sum(x)}, ["eval_fun", "one number per"]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    with refused(*REFUSED[what][1]):
        occluded(built("cnn"), IMAGE, **REFUSED[what][0])
