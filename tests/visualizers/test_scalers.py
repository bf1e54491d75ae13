import numpy as np
import pytest

from kerasal.saliency import Saliency
from kerasal.visualizers.scalers import abs_max_scaler, min_max_scaler, normalize_scaler, scaled_name

SCALERS = [abs_max_scaler, min_max_scaler, normalize_scaler]


@pytest.mark.parametrize(
    "scaler, values, expected",
    [
        (abs_max_scaler, [1, 2, 3], [1 / 3, 2 / 3, 1]),  # chainer-chemistry's own tests
        (min_max_scaler, [1, -3, 3], [4 / 6, 0, 1]),
        (normalize_scaler, [1, 2, 3], [1 / 6, 2 / 6, 3 / 6]),
        (abs_max_scaler, [1, -4, 2], [1 / 4, -1, 1 / 2]),
        (normalize_scaler, [1, -2, 5], [1 / 8, -2 / 8, 5 / 8]),
        (min_max_scaler, [5, 5, 5], [0, 0, 0]),
    ],
)
def test_known_numbers(scaler, values, expected):
    np.testing.assert_allclose(scaler(values), expected, rtol=1e-12)


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("axis", [None, 1, (1, 2)])
def test_zeros_stay_zeros(scaler, axis):
    np.testing.assert_array_equal(scaler(np.zeros((2, 3, 4)), axis=axis), np.zeros((2, 3, 4)))


@pytest.mark.parametrize("scaler", SCALERS)
def test_axis_scales_each_part_by_itself(scaler):
    values = np.random.default_rng(0).normal(size=(2, 3, 4)) * np.array([1.0, 100.0])[:, None, None]
    values[1, :, 2] = 0
    by_image = scaler(values, axis=(1, 2))
    by_column = scaler(values, axis=-2)  # over the height
    for n in range(2):
        np.testing.assert_allclose(by_image[n], scaler(values[n]), rtol=1e-12)
        for column in range(4):
            np.testing.assert_allclose(by_column[n, :, column], scaler(values[n, :, column]), rtol=1e-12)


def test_axis_by_hand():
    values = [[1.0, -2.0], [30.0, 10.0]]
    np.testing.assert_allclose(abs_max_scaler(values, axis=1), [[0.5, -1], [1, 1 / 3]])
    np.testing.assert_allclose(abs_max_scaler(values, axis=0), [[1 / 30, -0.2], [1, 1]])
    np.testing.assert_allclose(min_max_scaler(values, axis=1), [[1, 0], [1, 0]])
    np.testing.assert_allclose(normalize_scaler(values, axis=1), [[1 / 3, -2 / 3], [0.75, 0.25]])


@pytest.mark.parametrize("scaler", SCALERS)
def test_types_and_input(scaler):
    values = np.array([[1, 2], [3, 5]])
    kept = values.copy()
    assert scaler(values).dtype == np.float64
    assert scaler(values.astype(np.float16)).dtype == np.float16
    np.testing.assert_array_equal(values, kept)
    np.testing.assert_allclose(scaler(Saliency(values)), scaler(values), rtol=1e-6)
    assert scaler(np.full(5, 3e38, np.float32)).max() <= 1  # their sum is beyond float32


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite(scaler, bad):
    with pytest.raises(ValueError, match="finite numbers. Received: 1 NaN or infinite of 3"):
        scaler([1.0, bad, 2.0])


def test_names():
    assert scaled_name("saliency", None) == "saliency"
    assert scaled_name("saliency", abs_max_scaler) == "saliency / max |saliency|"
    assert scaled_name("saliency", np.sqrt) == "scaled saliency"
