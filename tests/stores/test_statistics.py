"""Means of |saliency| and their intervals, against NumPy and closed forms."""

import numpy as np
import pytest
from small_store import NOISY, X, Y, explained, small
from three_parts import refused

from kerasal.stores.statistics import Spread

STUDENT_20 = 2.0859634  # 97.5 % point of t with 20 degrees of freedom
REGIONS = np.where(np.arange(60).reshape(6, 5, 2) < 13, 0, np.where(np.arange(60).reshape(6, 5, 2) < 50, 4, -1))


def known(numbers, student):
    error = numbers.std(0, ddof=1) / np.sqrt(len(numbers))
    return numbers.mean(0), numbers.mean(0) - student * error


def check(estimate, numbers, student):
    mean, low = known(numbers.astype("float64"), student)
    np.testing.assert_allclose(estimate.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(estimate.low, low, rtol=1e-6, atol=1e-12)
    assert estimate.count == len(numbers)


def test_means_are_those_of_all_maps(tmp_path):
    store = explained(tmp_path / "maps", y=Y, regions=REGIONS)
    maps, found = np.abs(store[:].values), store.statistics()
    check(found.elements, maps, STUDENT_20)
    check(found.total, maps.reshape(21, -1).astype("float64").mean(1), STUDENT_20)
    check(found.regions, np.stack([maps[:, REGIONS == k].mean(1, dtype="float64") for k in (0, 4)], 1), STUDENT_20)
    assert found.region_names == (0, 4) and list(found.classes) == [0, 1, 2]
    for each, estimate in found.classes.items():
        np.testing.assert_allclose(estimate.mean, maps[each == Y].mean(0, dtype="float64"), rtol=1e-12)
        assert estimate.count == (each == Y).sum()


def test_without_labels_classes_are_those_predicted(tmp_path):
    store = explained(tmp_path / "maps")
    predicted = store[:].predictions["class"]
    assert list(store.statistics().classes) == sorted(set(predicted.tolist()))


def test_large_maps_have_one_mean_for_each_class(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasal.stores.statistics.ELEMENTS_OF_CLASSES", 59)
    store = explained(tmp_path / "maps", y=Y)
    maps = np.abs(store[:].values).reshape(21, -1).astype("float64").mean(1)
    for each, estimate in store.statistics().classes.items():
        np.testing.assert_allclose(estimate.mean, maps[each == Y].mean(), rtol=1e-12)


def test_sums_of_parts_are_those_of_all():
    numbers = 1e6 + np.random.default_rng(1).random((50, 3))
    parts = Spread.of(numbers[:7]).with_more(Spread.of(numbers[7:8])).with_more(Spread.of(numbers[8:]))
    np.testing.assert_allclose(parts.squares / 49, numbers.var(0, ddof=1), rtol=1e-9)


def test_one_example_has_no_interval(tmp_path):
    found = explained(tmp_path / "maps", X[:1]).statistics()
    assert np.isnan(found.elements.low).all() and np.isfinite(found.elements.mean).all()


@pytest.mark.parametrize("regions", [np.zeros((6, 5), int), np.full((6, 5, 2), -1)], ids=["shape", "none"])
def test_regions_that_fit_no_map_are_refused(tmp_path, regions):
    with refused("region of each element"):
        explained(tmp_path / "maps", regions=regions)
    assert not (tmp_path / "maps").exists()


def test_a_store_goes_on_with_the_same_regions(tmp_path):
    explained(tmp_path / "maps", regions=REGIONS, model=small())
    with refused("regions are others"):
        explained(tmp_path / "maps", regions=REGIONS + 1, recipe=NOISY)
