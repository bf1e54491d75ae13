"""XRAI as a calculator: the regions of each sample's integrated gradients, over the segments of the clean picture."""

import functools
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import normal

from kerasal import (
    Extremes,
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    Recipe,
    XRAICalculator,
    metrics,
    recipes,
    regions,
)
from kerasal.regions.growing import Atoms

X = normal(20, 28, 2)[:3]
LABELS = np.random.default_rng(1).integers(-1, 9, (3, 20, 28))
NOISE = GaussianNoiseSampler(scale=0.3)


@functools.cache
def model():
    body = [
        L.Conv2D(4, 3, activation="relu", name="conv"),
        L.Flatten(name="flat"),
        L.Dropout(0.3),
        L.Dense(3, name="head"),
    ]
    return keras.Sequential([keras.Input((20, 28, 2)), *body])


@functools.cache
def base():
    return IntegratedGradientsCalculator(model(), baseline=Extremes(), steps=8).explain(X)


@functools.cache
def own():
    return XRAICalculator(model(), segments=LABELS, steps=8)


def dark_and_light(image):
    return (image[..., 0] > 0).astype(int)


GIVEN = {
    "labels of each": LABELS,
    "labels of all": LABELS[0],
    "lists": LABELS[1].tolist(),
    "masks": LABELS[0] == np.arange(9)[:, None, None],
    "a list": [LABELS[0], LABELS[1] == np.arange(3)[:, None, None], LABELS[2] % 2],
    "a function": dark_and_light,
    "scikit-image": None,
}


@pytest.mark.parametrize("name", GIVEN)
def test_the_regions_of_integrated_gradients(name):
    found = XRAICalculator(model(), segments=GIVEN[name], steps=8).explain(X, batch_size=2)
    expected = regions.xrai(base(), GIVEN[name]).saliency
    assert found.shape == (3, 20, 28, 1) and found.kind == "image"
    assert distance(found.values[..., 0], expected.values) < 1e-6
    np.testing.assert_allclose(found.scores, base().scores, rtol=1e-6)
    np.testing.assert_allclose(found.values.sum((1, 2, 3)), base().values.max(-1).sum((1, 2)), rtol=1e-4)
    assert found.completeness_gap is None and found.relative_gap is None and found.base_scores is None


def test_the_settings_of_regions():
    for how in ({"min_area": 30}, {"coverage": 0.3}, {"min_area": 3, "coverage": 0.6}):
        found = XRAICalculator(model(), segments=LABELS, steps=8, **how).explain(X)
        assert distance(found.values[..., 0], regions.xrai(base(), LABELS, **how).saliency.values) < 1e-6
        assert found.about["regions"] == {"segments": "given", "min_area": None, "coverage": 1.0, **how}


def test_each_sample_has_regions_of_its_own_over_the_clean_segments():
    how = {"M": 4, "noise_sampler": NOISE, "train": True, "seed": 3}
    maps = IntegratedGradientsCalculator(model(), baseline=Extremes(), steps=8).compute(X, **how)
    for segments in (LABELS, dark_and_light):
        calc = XRAICalculator(model(), segments=segments, steps=8)
        samples = calc.compute(X, batch_size=5, **how)
        expected = np.stack([regions.xrai(each, segments, images=X).saliency.values for each in maps])
        assert distance(samples[..., 0], expected) < 1e-5
        found = calc.explain(X, **how)
        assert distance(found.values[..., 0], expected.mean(0)) < 1e-5
        assert distance(found.std[..., 0], expected.std(0, ddof=1)) < 1e-4


def test_every_class_is_what_it_is_alone():
    every = XRAICalculator(model(), "all", segments=LABELS, steps=8).compute(X, M=3, noise_sampler=NOISE, batch_size=7)
    for index in range(3):
        alone = XRAICalculator(model(), index, segments=LABELS, steps=8).compute(X, M=3, noise_sampler=NOISE)
        assert distance(every[:, :, index], alone) < 1e-5


def test_until_the_error_is_small():
    found = own().explain(X, noise_sampler=NOISE, target_error=0.2)
    assert np.all(found.relative_error < 0.2)
    for n, count in enumerate(np.broadcast_to(found.M, 3).tolist()):
        again = own().compute(X, M=count, noise_sampler=NOISE)[:, n].mean(0)
        assert distance(found.values[n], again) < 1e-5


def test_a_path_that_is_refined_cuts_once():
    seen = []

    def cut(image):
        seen.append(image.shape)
        return dark_and_light(image)

    how = {"baseline": 0.0, "steps": 4, "completeness_tolerance": 0.01}
    found = XRAICalculator(model(), segments=cut, **how).explain(X)
    maps = IntegratedGradientsCalculator(model(), **how).explain(X)
    assert seen == [(20, 28, 2)] * 3
    assert distance(found.values[..., 0], regions.xrai(maps, dark_and_light).saliency.values) < 1e-5
    found = XRAICalculator(model(), segments=cut, steps=4).explain(X, M=8, noise_sampler=NOISE, batch_size=2)
    assert len(seen) == 6


def test_a_data_set_is_cut_as_it_comes():
    batches = tf.data.Dataset.from_tensor_slices(X).batch(2)
    calc = XRAICalculator(model(), segments=dark_and_light, steps=8)
    np.testing.assert_allclose(calc.explain(batches).values, calc.explain(X).values, rtol=1e-5, atol=1e-7)
    calc.explain(batches.shuffle(2))  # nothing goes by position
    np.testing.assert_allclose(own().explain(batches).values, own().explain(X).values, rtol=1e-5, atol=1e-7)
    with refused("segments with one entry per example"):
        own().explain(batches.shuffle(2))


def test_a_layer_with_segments_of_its_own():
    calc = XRAICalculator(model(), None, "conv", segments=LABELS[:, 1:-1, 1:-1], steps=8)
    maps = IntegratedGradientsCalculator(model(), None, "conv", baseline=Extremes(), steps=8).explain(X)
    assert (
        distance(calc.explain(X).values[..., 0], regions.xrai(maps.values, LABELS[:, 1:-1, 1:-1]).saliency.values)
        < 1e-5
    )


def test_several_inputs_and_the_second_is_explained():
    one, two = keras.Input((20, 28, 2), name="left"), keras.Input((6, 9, 1), name="right")
    joined = L.Concatenate()([L.Flatten()(L.Conv2D(2, 3, activation="relu")(each)) for each in (one, two)])
    both, x = keras.Model([one, two], L.Dense(2)(joined)), [X, normal(6, 9, 1)[:3]]
    calc = XRAICalculator(both, 1, "right", segments=dark_and_light, steps=8)
    maps = IntegratedGradientsCalculator(both, 1, "right", baseline=Extremes(), steps=8).explain(x)
    assert distance(calc.explain(x).values[..., 0], regions.xrai(maps, dark_and_light).saliency.values) < 1e-6


def test_numbers_of_twice_the_precision():
    body = [L.Conv2D(2, 3, activation="relu", dtype="float64"), L.Flatten(dtype="float64"), L.Dense(2, dtype="float64")]
    fine = keras.Sequential([keras.Input((20, 28, 2), dtype="float64"), *body])
    found = XRAICalculator(fine, 0, segments=LABELS, steps=8).explain(X)
    maps = IntegratedGradientsCalculator(fine, 0, baseline=Extremes(), steps=8).explain(X)
    assert distance(found.values[..., 0], regions.xrai(maps, LABELS).saliency.values) < 1e-6


def test_a_recipe_is_written_compared_and_measured():
    recipe = recipes.xrai(LABELS, steps=8, M=2, noise_sampler=NOISE)
    assert Recipe.from_json(recipe.to_json()) == recipe
    found = recipe.explain(model(), X)
    np.testing.assert_array_equal(found.recipe.explain(model(), X).values, found.values)
    measured, alone = (metrics.Deletion(model(), steps=4)(X, each) for each in (found, found.values[..., 0]))
    np.testing.assert_allclose(measured.values, alone.values, rtol=1e-5)


def test_too_small_segments_are_told():
    with pytest.warns(UserWarning, match="No segment of example 0 has min_area=600"):
        found = XRAICalculator(model(), segments=LABELS, steps=8, min_area=600).explain(X)
    assert found.values.std((1, 2, 3)).max() < 1e-6


def test_atoms_are_read_as_they_were_written():
    for labels in (LABELS[0], LABELS[0] * 0 - 1, LABELS[0] * 0):
        atoms = Atoms.of(np.array([labels == label for label in range(labels.max() + 1)], bool).reshape(-1, 20, 28))
        again = Atoms.from_bytes(atoms.to_bytes())
        np.testing.assert_array_equal(again.of_pixel, atoms.of_pixel)
        np.testing.assert_array_equal(again.members, atoms.members)


TABLE = functools.cache(lambda: keras.Sequential([keras.Input((5,)), L.Dense(2)]))
FIRST = functools.cache(lambda: keras.Sequential([keras.Input((3, 20, 28)), L.Flatten(), L.Dense(2)]))
REFUSED = {
    "a table": ("pictures", lambda: XRAICalculator(TABLE(), segments=LABELS[0]).explain(normal(5))),
    "a layer of numbers": ("pictures", lambda: XRAICalculator(model(), None, "flat", segments=LABELS[0]).explain(X)),
    "a layer that is cut": ("no input", lambda: XRAICalculator(model(), None, "conv").explain(X)),
    "channels first": ("ch_axis", lambda: XRAICalculator(FIRST(), segments=LABELS[0]).explain(normal(3, 20, 28))),
    "several targets": ("2 of them", lambda: XRAICalculator(model(), None, [LayerExtractor("conv"), "head"])),
    "another size": ("segments", lambda: XRAICalculator(model(), segments=LABELS[:, 1:]).explain(X)),
    "too few": ("segments", lambda: XRAICalculator(model(), segments=LABELS[:2]).explain(X)),
    "too many": ("segments", lambda: XRAICalculator(model(), segments=list(LABELS)).explain(X[:2])),
    "a function of numbers": ("segments", lambda: XRAICalculator(model(), segments=lambda image: image).explain(X)),
    "gaps of two baselines": (
        "completeness_tolerance",
        lambda: XRAICalculator(model(), segments=LABELS, completeness_tolerance=0.1),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    word, bad = REFUSED[name]
    with refused(word):
        bad()


def test_the_ways_out():
    """Those that the refusals name."""
    turned = np.moveaxis(normal(20, 28, 3)[:2], -1, 1)
    found = regions.explain(FIRST(), turned, recipe=recipes.vanilla(), segments=LABELS[0], ch_axis=1)
    assert found.ranks.shape == (2, 20, 28)
    maps = GradientCalculator(model(), None, ["conv", LayerExtractor("conv", timing="pre")]).explain(X)
    assert [len(regions.xrai(each.values, LABELS[0][:18, :26])) for each in maps[:1]] == [3]


def test_without_scikit_image():
    code = """if True:
        import json, sys
        from importlib.machinery import PathFinder
        class Hidden(PathFinder):
            @classmethod
            def find_spec(cls, name, *args):
                return None if name.partition(".")[0] == "skimage" else super().find_spec(name, *args)
        sys.meta_path = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
        import keras, numpy as np
        from kerasal import XRAICalculator
        model = keras.Sequential([keras.Input((4, 5, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
        found = XRAICalculator(model, segments=np.zeros((4, 5), int), steps=2).explain(np.ones((2, 4, 5, 1)))
        try:
            XRAICalculator(model)
        except ImportError as error:
            print(json.dumps([len(found), str(error)]))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, words = json.loads(done.stdout.splitlines()[-1])
    assert count == 2 and "pip install kerasal[regions]" in words
