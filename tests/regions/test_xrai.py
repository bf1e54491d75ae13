"""Regions of maps: by hand, against the definition written out, and what is refused."""

import functools
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from closed_forms import summed
from keras import layers as L
from three_parts import refused
from zoo import normal

from kerasal import Extremes, IntegratedGradientsCalculator, Recipe, Saliency, recipes, regions, scores
from kerasal.regions.growing import Atoms, ranked
from kerasal.regions.segmentation import widened

HALVES = np.repeat([[0, 0, 0, 1, 1, 1, 1]], 5, 0)


def plain(values, masks, min_area, coverage=1.0):
    """The definition, pixel by pixel: (values, order of each pixel's step)."""
    taken, left, steps = np.zeros(values.shape, bool), list(range(len(masks))), []
    while taken.mean() <= coverage:
        left = [k for k in left if (masks[k] & ~taken).sum() >= min_area]
        if not left:
            break
        best = max(left, key=lambda k: values[masks[k] & ~taken].mean())
        steps.append(masks[best] & ~taken)
        taken = taken | masks[best]
    found = np.zeros(values.shape)
    for new in [*steps, ~taken]:
        found[new] = values[new].mean() if new.any() else 0
    return found, len(steps)


@pytest.mark.parametrize("coverage", [1.0, 0.4])
@pytest.mark.parametrize("min_area", [1, 6])
def test_as_the_definition(min_area, coverage):
    rng = np.random.default_rng(min_area)
    values = rng.normal(size=(13, 9))
    masks = np.concatenate(
        [widened(rng.integers(0, 6, (13, 9)), 1), widened(HALVES.repeat(3, 0)[:13].repeat(2, 1)[:, :9], 0)]
    )
    found, (expected, steps) = (
        ranked(values, Atoms.of(masks), min_area, coverage),
        plain(values, masks, min_area, coverage),
    )
    np.testing.assert_allclose(found.means[found.ranks - 1], expected, rtol=1e-12)
    assert len(found.means) == steps + found.has_rest and found.areas.sum() == values.size
    assert np.all(np.diff(found.means[:steps]) <= 0)
    np.testing.assert_allclose((found.means * found.areas).sum(), values.sum())


def test_by_hand_with_what_is_in_no_segment():
    values = np.array([[[6.0, 2, 1, 1], [0, 0, 9, 9]]])
    segments = np.array([[0, 0, 1, 1], [0, 0, -1, -1]])
    found = regions.xrai(values, segments, min_area=1)
    assert found.saliency.values.tolist() == [[[2, 2, 1, 1], [2, 2, 9, 9]]]
    assert found.ranks.tolist() == [[[1, 1, 2, 2], [1, 1, 3, 3]]] and found.has_rest.tolist() == [True]
    assert found.means[0].tolist() == [2, 1, 9] and found.areas[0].tolist() == [4, 2, 2]
    assert (
        found.top(0.5).tolist() == [[[1, 1, 0, 0], [1, 1, 0, 0]]]
        and found.top(0.51).sum() == 6
        and found.top(1.0).all()
    )


@functools.cache
def model():
    body = [L.Conv2D(4, 3, activation="relu", name="conv"), L.Flatten(name="flat"), L.Dense(3, name="head")]
    return keras.Sequential([keras.Input((20, 28, 2)), *body])


X = normal(20, 28, 2)[:3]
BASE = functools.cache(lambda: recipes.vanilla().explain(model(), X))


def test_any_map_of_a_batch_and_each_alone():
    labels = np.random.default_rng(1).integers(0, 5, (3, 20, 28))
    found = regions.xrai(BASE(), labels)
    for n in range(3):
        alone = regions.xrai(BASE()[n : n + 1], labels[n])
        np.testing.assert_array_equal(alone.ranks[0], found.ranks[n])
        again = regions.xrai(BASE().values[n : n + 1].max(-1), [widened(labels[n], 0)])
        np.testing.assert_array_equal(again.saliency.values, alone.saliency.values)
    np.testing.assert_array_equal(found.saliency.scores, BASE().scores)
    assert found.saliency.kind == "image" and len(found) == 3
    assert found.saliency.about["regions"] == {"min_area": 1, "coverage": 1.0, "segments": "given"}
    assert found.saliency.recipe is None and found.saliency.axes == ("example", "height", "width")
    np.testing.assert_allclose(found.saliency.values.sum((1, 2)), BASE().values.max(-1).sum((1, 2)), rtol=1e-4)


def test_segments_of_scikit_image_and_of_a_function():
    found = regions.xrai(BASE())
    of_function = regions.xrai(BASE(), lambda image: regions.felzenszwalb(image))
    np.testing.assert_array_equal(found.ranks, of_function.ranks)
    shifted = regions.xrai(BASE(), images=100 + 3 * X)  # the range of a picture's numbers does not matter
    np.testing.assert_array_equal(found.ranks, shifted.ranks)


def test_channels_first():
    first = Saliency(np.moveaxis(BASE().values, -1, 1), inputs=np.moveaxis(X, -1, 1))
    found = regions.xrai(first, ch_axis=1)
    np.testing.assert_array_equal(found.ranks, regions.xrai(BASE()).ranks)
    with refused("ch_axis=1"):
        regions.xrai(np.zeros((2, 3, 20, 28)), HALVES)


def test_constant_pictures_maps_and_one_segment():
    flat = regions.xrai(np.ones((1, 8, 9)), images=np.full((1, 8, 9, 3), 7, "uint8"))
    assert flat.saliency.values.tolist() == np.ones((1, 8, 9)).tolist() and flat.means[0].tolist() == [1]
    one = regions.xrai(BASE(), np.zeros((20, 28), int))
    assert one.ranks.max() == 1 and not one.has_rest.any()
    for labels, area in ((np.zeros((20, 28), int), 600), (np.full((20, 28), -1), 1)):
        with pytest.warns(UserWarning, match=f"min_area={area}"):
            assert regions.xrai(BASE(), labels, min_area=area).has_rest.all()


def test_channels_of_any_number(recwarn):
    found = regions.xrai(np.ones((1, 9, 8, 6)), images=np.random.default_rng(0).random((1, 9, 8, 6)))
    assert found.ranks.shape == (1, 9, 8) and not recwarn.list


MAPS = np.zeros((2, 5, 7))
BAD = {
    "maps of one example": lambda: regions.xrai(BASE()[0], HALVES),
    "every class": lambda: regions.xrai(Saliency(np.zeros((2, 3, 5, 7)), axes=("example", "class", "h", "w")), HALVES),
    "a table": lambda: regions.xrai(Saliency(np.zeros((2, 5)), kind="table"), HALVES),
    "a series": lambda: regions.xrai(Saliency(MAPS, kind="series"), HALVES),
    "volumes": lambda: regions.xrai(np.zeros((2, 5, 7, 3, 2)), HALVES),
    "NaN": lambda: regions.xrai(np.full((2, 5, 7), np.nan), HALVES),
    "NaN in pictures": lambda: regions.xrai(MAPS, images=np.full((2, 5, 7, 1), np.inf)),
    "no pictures": lambda: regions.xrai(MAPS),
    "pictures of another size": lambda: regions.xrai(MAPS, images=np.zeros((2, 7, 5, 3))),
    "segments of another size": lambda: regions.xrai(MAPS, HALVES.T),
    "segments that are numbers": lambda: regions.xrai(MAPS, HALVES / 2),
    "too few labels": lambda: regions.xrai(MAPS, np.zeros((3, 5, 7), int)),
    "too few lists": lambda: regions.xrai(MAPS, [HALVES]),
    "min_area": lambda: regions.xrai(MAPS, HALVES, min_area=0),
    "min_area of half": lambda: regions.xrai(MAPS, HALVES, min_area=0.5),
    "coverage": lambda: regions.xrai(MAPS, HALVES, coverage=0),
    "ch_axis": lambda: regions.xrai(np.zeros((2, 5, 7, 2)), HALVES, ch_axis=0),
    "share": lambda: regions.xrai(MAPS, HALVES).top(2),
    "several": lambda: regions.xrai([BASE(), BASE()], HALVES),
    "no recipe": lambda: regions.explain(model(), X, recipe="vanilla", segments=HALVES),
    "words": lambda: regions.xrai(MAPS, "slic"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    with refused():
        BAD[name]()


def test_black_and_white_baselines_are_those_of_each_example():
    squares = summed(shape=(4, 3), power=2)
    points = normal(4, 3)
    found = IntegratedGradientsCalculator(squares, baseline=Extremes(), steps=4).explain(points)
    low, high = (extreme(points, (1, 2), keepdims=True) for extreme in (np.min, np.max))
    np.testing.assert_allclose(found.values, points**2 - (low**2 + high**2) / 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.base_scores, 6 * (low**2 + high**2)[:, 0, 0], rtol=1e-4)
    recipe = recipes.integrated_gradients(baseline=Extremes())
    assert Recipe.from_json(recipe.to_json()) == recipe and found.recipe["baseline"] == Extremes()
    apart = found.recipe.explain(squares, points[2:4])
    np.testing.assert_allclose(apart.values, found.values[2:4], rtol=1e-5, atol=1e-6)


def test_explain_takes_the_recipe_and_y(tmp_path):
    labels = np.array([0, 1, 2])
    recipe = recipes.gradient_times_input(score=scores.Label())
    found = regions.explain(model(), X, labels, recipe=recipe, segments=np.arange(560).reshape(20, 28) // 56)
    base = recipe.explain(model(), X, labels)
    np.testing.assert_array_equal(found.saliency.scores, base.scores)
    assert np.array_equal(found.saliency.labels, labels) and "Regions of 3 pictures, 10 in each" in repr(found)
    found.plot(1, save_filepath=tmp_path / "regions.png")
    assert (tmp_path / "regions.png").stat().st_size > 10_000
    regions.xrai(BASE().values, HALVES.repeat(4, 0).repeat(4, 1)).plot()


def test_without_scikit_image_segments_of_your_own_work():
    code = """if True:
        import json, sys
        from importlib.machinery import PathFinder
        class Hidden(PathFinder):
            @classmethod
            def find_spec(cls, name, *args):
                return None if name.partition(".")[0] == "skimage" else super().find_spec(name, *args)
        sys.meta_path = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
        import numpy as np
        from kerasal import regions
        found = regions.xrai(np.ones((1, 4, 4)), np.zeros((4, 4), int))
        try:
            regions.xrai(np.ones((1, 4, 4)), images=np.ones((1, 4, 4)))
        except ImportError as error:
            print(json.dumps([len(found), str(error)]))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, words = json.loads(done.stdout.splitlines()[-1])
    assert count == 1 and "Received: No module named 'skimage'" in words and "pip install kerasal[regions]" in words
