import os

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from kerasal.saliency import Saliency
from kerasal.visualizers.scalers import min_max_scaler, normalize_scaler
from kerasal.visualizers.table import TableVisualizer


def bars(figure):
    """(name, length, colour) of each bar from the top of the picture to its bottom."""
    FigureCanvasAgg(figure).draw()
    ax = figure.axes[0]
    names = {float(y): label.get_text() for y, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    found = []
    for bar in ax.patches:
        y = bar.get_y() + bar.get_height() / 2
        y_in_picture = ax.transData.transform((0, y))[1]
        found.append((y_in_picture, names[round(y)], round(float(bar.get_width()), 6), to_hex(bar.get_facecolor())))
    return [tuple(rest) for _, *rest in sorted(found, reverse=True)]


def whiskers(figure):
    """(low, high) of each error bar in the order of the rows."""
    (container,) = [c for c in figure.axes[0].containers if hasattr(c, "errorbar") and c.errorbar]
    return [tuple(np.round(segment[:, 0], 6)) for segment in container.errorbar[2][0].get_segments()]


def draw(values, *args, **kwargs):
    return TableVisualizer().visualize(values, *args, **kwargs)


def test_most_important_are_kept_largest_on_top():
    names_and_lengths = [bar[:2] for bar in bars(draw([0.1, 0.5, 0.3, 0.2], list("abcd"), num_visualize=2))]
    assert names_and_lengths == [("b", 1.0), ("c", 0.6)]  # chainer-chemistry draws a and d, the least important


@pytest.mark.parametrize(
    "sort, expected",
    [
        ("descending", [("b", -4.0), ("d", 3.0), ("c", 2.0)]),
        ("ascending", [("c", 2.0), ("d", 3.0), ("b", -4.0)]),
        ("none", [("b", -4.0), ("c", 2.0), ("d", 3.0)]),
    ],
)
def test_sort_is_by_magnitude(sort, expected):
    figure = draw([1, -4, 2, 3], list("abcd"), num_visualize=3, sort=sort, scaler=None)
    assert [bar[:2] for bar in bars(figure)] == expected


@pytest.mark.parametrize("num_visualize", [-1, 3, 100])
def test_all_features_and_default_names(num_visualize):
    figure = draw([1.0, 3.0, 2.0], num_visualize=num_visualize)
    assert [bar[0] for bar in bars(figure)] == ["feature 1", "feature 2", "feature 0"]


def test_signs_have_their_colours():
    red, blue = "#b2182b", "#2166ac"
    assert [bar[2] for bar in bars(draw([3.0, -2.0, 1.0]))] == [red, blue, red]
    assert [bar[2] for bar in bars(draw([3.0, -2.0], color="#00ff00"))] == ["#00ff00", "#00ff00"]
    assert [bar[2] for bar in bars(draw([3.0, -2.0], color=("#00ff00", "#ff00ff")))] == ["#00ff00", "#ff00ff"]


def test_scaler_sees_all_features():
    figure = draw([1.0, 2.0, 5.0], list("abc"), num_visualize=1, scaler=normalize_scaler)
    assert bars(figure)[0][:2] == ("c", 0.625)  # 5 / 8, though only c is drawn
    assert figure.axes[0].get_xlabel() == "importance / sum |importance|"


def test_error_bars_are_one_std_in_scaled_units():
    saliency = Saliency([[9, 9, 9], [1, -4, 2]], std=[[0, 0, 0], [1, 2, 0]], M=30, axes=("example", "feature"))
    figure = draw(saliency[1], list("abc"))
    assert [bar[:2] for bar in bars(figure)] == [("b", -1.0), ("c", 0.5), ("a", 0.25)]
    assert whiskers(figure) == [(-1.5, -0.5), (0.5, 0.5), (0.0, 0.5)]  # std / 4
    assert figure.axes[0].get_xlabel() == "importance / max |importance| (whiskers: ±1 std over 30 samples)"


def test_error_bars_of_other_scalers():
    std = [1.0, 0.5, 2.0]
    assert whiskers(draw([1, -4, 2], scaler=None, std=std)) == [(-4.5, -3.5), (0, 4), (0, 2)]
    low_high = whiskers(draw([1, -3, 3], scaler=min_max_scaler, std=std, sort="none"))  # values 4/6, 0, 1; std / 6
    np.testing.assert_allclose(low_high, [(3 / 6, 5 / 6), (-0.5 / 6, 0.5 / 6), (4 / 6, 8 / 6)], atol=1e-6)
    assert whiskers(draw([-2.0], std=[1.0])) == [(-1.5, -0.5)]


@pytest.mark.parametrize(
    "values, scaler", [([0, 0, 0], min_max_scaler), ([5, 5, 5], min_max_scaler), ([1, 2, 3], np.square)]
)
def test_error_bars_that_cannot_be_scaled(values, scaler):
    with pytest.raises(ValueError, match="linear scaler.*Pass scaler=None"):
        draw(values, scaler=scaler, std=[1.0, 0.5, 2.0])


def test_a_data_set_is_its_mean_and_the_middle_80_percent():
    """Eleven examples 0 … 10 of one feature: mean 5, percentiles 1 and 9; of another, all but one are zero."""
    every = np.stack([np.arange(11.0), -2 * np.arange(11.0), np.eye(11)[0] * 22], 1)
    figure = TableVisualizer().visualize_dataset(every, list("abc"), scaler=None)
    assert [bar[:2] for bar in bars(figure)] == [("b", -10.0), ("a", 5.0), ("c", 2.0)]
    assert whiskers(figure) == [(-18, -2), (1, 9), (0, 2)]
    assert figure.axes[0].get_xlabel() == "mean importance (whiskers: 80 % of 11 examples)"
    scaled = TableVisualizer().visualize_dataset(Saliency(every), list("abc"), num_visualize=2)
    assert [bar[:2] for bar in bars(scaled)] == [("b", -1.0), ("a", 0.5)]
    assert whiskers(scaled) == [(-1.8, -0.2), (0.1, 0.9)]
    alone = TableVisualizer().visualize_dataset(every[3:4])
    assert not [c for c in alone.axes[0].containers if getattr(c, "errorbar", None)]


@pytest.mark.parametrize("values", [np.ones(3), np.ones((0, 3)), np.ones((2, 3, 1)), np.full((2, 3), np.nan)])
def test_a_data_set_has_examples_and_features(values, tmp_path):
    with pytest.raises(ValueError, match=r"shape \(examples, features\). Received shape"):
        TableVisualizer().visualize_dataset(values, save_filepath=tmp_path / "table.png")
    assert os.listdir(tmp_path) == []


def test_no_error_bars_without_std():
    figure = draw(Saliency([[1.0, 2.0]])[0])
    assert not [c for c in figure.axes[0].containers if getattr(c, "errorbar", None)]


def test_pandas_series():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([0.2, 0.7], index=["age", "dose"])
    assert bars(draw(series, series.index, scaler=None)) == [("dose", 0.7, "#b2182b"), ("age", 0.2, "#b2182b")]


def test_words_in_the_picture():
    figure = draw([1.0, 2.0], ["price ($) of $x", "a_b"], title="costs in $ and $", xlabel="log odds per $")
    FigureCanvasAgg(figure).draw()  # raises if the dollars were taken for mathematics
    ax = figure.axes[0]
    assert (ax.get_title(), ax.get_xlabel()) == ("costs in $ and $", "log odds per $")


def test_draws_into_given_axes(tmp_path):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw([1.0, 2.0], ax=right, save_filepath=tmp_path / "both.pdf") is figure
    assert len(right.patches) == 2 and not left.patches
    assert (tmp_path / "both.pdf").read_bytes().startswith(b"%PDF")
    inside = Figure().subfigures(1, 2)[1].subplots()
    assert isinstance(draw([1.0, 2.0], ax=inside, save_filepath=tmp_path / "inside.png"), Figure)


@pytest.mark.parametrize(
    "values, kwargs, message",
    [
        (Saliency(np.ones((4, 3))), {}, r"one example, shape \(features,\)\. Received shape \(4, 3\).*saliency\[0\]"),
        (np.ones((4, 3)), {}, r"one example, shape \(features,\)\. Received shape \(4, 3\).*saliency\[0\]"),
        ([], {}, r"Received shape \(0,\)"),
        ([1.0, np.nan], {}, "finite real numbers. Received: dtype float64"),
        (["a", "b"], {}, "finite real numbers. Received: dtype <U1"),
        ([1, 2], dict(feature_names=["a"]), "one name per feature, 2. Received: 1"),
        ([1, 2], dict(num_visualize=0), "num_visualize is -1 for all, or at least 1. Received: 0"),
        ([1, 2], dict(num_visualize=-2), "num_visualize is -1 .* Received: -2"),
        ([1, 2], dict(sort="up"), "sort is one of .* Received: 'up'"),
        ([1, 2], dict(std=[1.0]), r"std needs one number per feature.*Received: shape \(1,\)"),
        ([1, 2], dict(std=[1.0, -1.0]), "std needs .* not negative"),
    ],
)
def test_errors_leave_no_file(values, kwargs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        draw(values, save_filepath=tmp_path / "table.png", **kwargs)
    assert os.listdir(tmp_path) == []
