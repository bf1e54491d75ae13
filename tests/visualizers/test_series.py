"""Pictures of series: positions, colours, ticks and words known from elsewhere; nothing that is one step wide is lost."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from three_parts import refused

from kerasal import Saliency, SeriesVisualizer
from kerasal.visualizers.series_columns import columns_of, line_pieces

DARK_RED, DARK_BLUE, WHITE, GREY = (103, 0, 31), (5, 48, 97), (247, 247, 247), (196, 196, 196)
LONG = 100_000
RNG = np.random.default_rng(0)


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def window(figure, ax):
    """The pixels inside axes."""
    drawn, box = pixels(figure), ax.get_window_extent()
    inside = drawn[len(drawn) - int(box.y1) : len(drawn) - int(box.y0), int(box.x0) : int(box.x1)]
    return inside[3:-3, 3:-3]  # without the frame


def has_colour(picture, colour, apart=12):
    return np.abs(picture - colour).max(-1) <= apart


def words(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def place_of(mask, axis=1):
    """Where something is on average, as a share of the width."""
    return np.nonzero(mask)[axis].mean() / mask.shape[axis]


@pytest.mark.parametrize("style", ["line", "strip"])
def test_a_step_of_a_long_series_is_seen(style):
    """A spike of the signal at 70 %, one of the saliency at a third, one step of 100 000 each, in noise."""
    signal, saliency = RNG.normal(size=LONG), 0.01 * RNG.normal(size=LONG)
    signal[70_000], saliency[33_333] = 30.0, -5.0
    figure = SeriesVisualizer().visualize(saliency, signal, style=style)
    ax = figure.axes[0]
    seen = window(figure, ax)
    top = seen[: len(seen) // 2].min(-1) < 240  # only the spike is up there
    assert top.any() and place_of(top) == pytest.approx(0.7, abs=0.01)
    blue = has_colour(window(figure, figure.axes[style == "strip"]), DARK_BLUE)
    assert blue.any() and place_of(blue) == pytest.approx(1 / 3, abs=0.01)
    drawn = sum(len(path.vertices) for path in ax.collections[0].get_paths())
    assert drawn < 5_000 and "up to 178 steps" in " ".join(words(figure))


def test_a_step_is_seen_wherever_it_is():
    """At the ends, and next to gaps of the time axis."""
    time = np.concatenate([np.arange(1000.0), 1e6 + np.arange(1000.0)])
    for step in (0, 999, 1000, 1999):
        saliency = np.zeros(2000)
        saliency[step] = 1.0
        for style in ("line", "strip"):
            figure = SeriesVisualizer().visualize(saliency, np.sin(np.arange(2000)), time, style=style)
            assert has_colour(
                window(figure, figure.axes[style == "strip"]), (103, 0, 31) if style == "line" else (252, 255, 164), 20
            ).any()


def test_every_step_of_a_short_series_has_its_own_colour():
    saliency = np.array([0.0, 1.0, -1.0, 0.5])
    figure = SeriesVisualizer().visualize(saliency, [1.0, 2.0, 0.0, 4.0])
    line = figure.axes[0].collections[0]
    found = {tuple(path.vertices[1]): value for path, value in zip(line.get_paths(), line.get_array(), strict=True)}
    assert found == {(0.0, 1.0): 0.0, (1.0, 2.0): 1.0, (2.0, 0.0): -1.0, (3.0, 4.0): 0.5}
    colours = np.rint(255 * line.cmap(line.norm([-1.0, 0.0, 1.0])))[:, :3].astype(int)
    np.testing.assert_allclose(colours, [DARK_BLUE, GREY, DARK_RED], atol=2)


def test_a_strip_has_white_zero_and_red_above():
    figure = SeriesVisualizer().visualize([[0.0], [1.0], [-1.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]], style="strip")
    strip = window(figure, figure.axes[1])
    middle = strip[len(strip) // 2]
    colours = [tuple(middle[int(len(middle) * (k + 0.5) / 4)]) for k in range(4)]
    assert colours == [WHITE, DARK_RED, DARK_BLUE, WHITE]


def test_missing_steps_are_gaps():
    signal = np.ones(12)
    signal[[3, 4, 5, 7]] = np.nan
    figure = SeriesVisualizer().visualize(np.ones(12), signal)
    seen = window(figure, figure.axes[0])
    row = has_colour(seen, DARK_RED, 40).any(0)
    at = [int((step + 0.5) * len(row) / 12) for step in range(12)]
    drawn = [row[k - 9 : k + 9].any() for k in at]  # a step is 80 pixels wide
    assert drawn == [step not in (3, 4, 5, 7) for step in range(12)]


def test_a_long_gap_of_a_long_series():
    signal = RNG.normal(size=LONG)
    signal[40_000:60_000] = np.nan
    columns = columns_of(np.arange(float(LONG)), 600)
    pieces, which = line_pieces(np.arange(float(LONG)), signal, columns)
    assert len(which) == 480 and not ((pieces[..., 0] > 40_000) & (pieces[..., 0] < 59_999)).any()
    low, high = np.nanmin(signal), np.nanmax(signal)
    assert (pieces[..., 1].min(), pieces[..., 1].max()) == (low, high)


@pytest.mark.parametrize("most", [7, 100, 5000])
def test_columns_hold_each_step_once_and_its_extremes(most):
    time, values = np.cumsum(RNG.random(1000)), RNG.normal(size=1000)
    columns = columns_of(time, most)
    assert len(columns.starts) <= most and columns.starts[0] == 0 and columns.stops[-1] == 1000
    np.testing.assert_array_equal(columns.starts[1:], columns.stops[:-1])
    assert (np.diff(columns.edges) > 0).all()
    for k, (start, stop) in enumerate(zip(columns.starts, columns.stops, strict=True)):
        own = values[start:stop]
        assert columns.strongest(values)[k] == own[np.abs(own).argmax()]
        assert (columns.lowest(values)[k], columns.highest(values)[k]) == (own.min(), own.max())
        assert columns.edges[k] <= time[start] and time[stop - 1] <= columns.edges[k + 1]


DATES = pd.date_range("2024-03-01", periods=48, freq="h")


@pytest.mark.parametrize(
    "time, label",
    [
        (DATES, "time"),
        (DATES.to_numpy(), "time"),
        (list(DATES.to_pydatetime()), "time"),
        (pd.Series(DATES), "time"),
        (DATES.tz_localize("UTC").tz_convert("Europe/Berlin"), "time (Europe/Berlin)"),
        (pd.Series(DATES.tz_localize("Europe/Berlin")), "time (Europe/Berlin)"),
    ],
    ids=["index", "datetime64", "datetimes", "series", "zone", "series with a zone"],
)
def test_dates_have_ticks_that_are_dates(time, label):
    figure = SeriesVisualizer().visualize(np.ones(48), np.arange(48.0), time)
    pixels(figure)
    ax = figure.axes[0]
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert ax.get_xlabel() == label and "2024" in ax.xaxis.get_offset_text().get_text()
    midnight = ax.get_xticks()[ticks.index("Mar-02")] % 1  # of a day in UTC
    assert midnight == pytest.approx(23 / 24 if "Berlin" in label else 0, abs=1e-6)


def test_durations_and_numbers():
    for time, label in (
        (np.arange(3) * np.timedelta64(500, "ms"), "time (s)"),
        ([0.0, 0.5, 1.0], "time"),
        (None, "time step"),
    ):
        figure = SeriesVisualizer().visualize([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], time)
        assert figure.axes[0].get_xlabel() == label
        assert figure.axes[0].get_xlim() == pytest.approx((-0.5, 2.5) if time is None else (-0.25, 1.25))
    assert SeriesVisualizer().visualize([1.0], [2.0], time_label="hours").axes[0].get_xlabel() == "hours"


def test_channels_share_one_time_axis_and_have_names_and_units():
    signal, saliency = RNG.normal(size=(30, 3)), RNG.normal(size=(30, 3))
    figure = SeriesVisualizer().visualize(saliency, signal, None, ["I", "II", "pulse"], units=["mV", "mV", "1/min"])
    panels = figure.axes[:3]
    assert [ax.get_ylabel() for ax in panels] == ["I (mV)", "II (mV)", "pulse (1/min)"]
    assert all(ax.get_shared_x_axes().joined(ax, panels[0]) for ax in panels)
    assert [ax.get_xlabel() for ax in panels] == ["", "", "time step"]
    for k, ax in enumerate(panels):
        assert sorted(ax.collections[0].get_array()) == sorted(saliency[:, k])


def test_a_map_of_steps_colours_all_channels():
    signal, saliency = RNG.normal(size=(30, 2)), RNG.normal(size=30)
    for values in (saliency, saliency[:, None]):
        figure = SeriesVisualizer().visualize(values, signal)
        assert all(sorted(ax.collections[0].get_array()) == sorted(saliency) for ax in figure.axes[:2])
        assert len(SeriesVisualizer().visualize(values, signal, style="strip").axes) == 2 + 1 + 1  # one strip, one bar


def test_the_strongest_channels_are_drawn_and_the_others_are_said():
    signal, saliency = np.zeros((10, 6)), np.zeros((10, 6))
    saliency[:, 4], saliency[2, 1] = 1.0, -5.0
    figure = SeriesVisualizer().visualize(saliency, signal, num_visualize=2)
    assert [ax.get_ylabel() for ax in figure.axes[:-1]] == ["channel 1", "channel 4"]
    assert any("2 of 6 channels, those of the largest" in text for text in words(figure))
    of_all = SeriesVisualizer().visualize(saliency[:, 4], signal, num_visualize=2)  # none is stronger than another
    assert any("2 of 6 channels, which share one map" in text for text in words(of_all))
    rows = SeriesVisualizer().visualize(saliency, signal, num_visualize=2, style="strip")
    np.testing.assert_array_equal(rows.axes[1].collections[0].get_array().reshape(6, 10), saliency.T)


def test_the_band_is_one_standard_deviation():
    values, std = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, 0.0])
    result = Saliency(values, std=std, M=4, axes=("time",))
    figure = SeriesVisualizer().visualize(result, [1.0, 2.0, 3.0])
    band = figure.axes[1].collections[0].get_paths()[0].vertices
    inside = [band[(band[:, 0] > k - 0.51) & (band[:, 0] < k + 0.51)][:, 1] for k in range(3)]
    assert {0.5, 1.5} <= set(inside[0]) and {-3.0, -1.0} <= set(inside[1]) and 0.5 in inside[2]
    assert "saliency: red raises the score, blue lowers it, band: ±1 std" in words(figure)
    assert len(SeriesVisualizer().visualize(values, [1.0, 2.0, 3.0]).axes) == 2
    alone = SeriesVisualizer().visualize(result)
    assert len(alone.axes) == 2 and any("band: ±1 std" in text for text in words(alone))


def test_a_scale_that_is_cut_says_so():
    values = np.append(np.ones(399), [50.0])
    draw = SeriesVisualizer().visualize
    cut = "scale cut at the 99th percentile, 1; the strongest is 50"
    assert f"saliency: the redder, the stronger\n{cut}" in words(draw(values, values, percentile=99))
    assert f"saliency: the brighter, the stronger\n{cut}" in words(draw(values, values, percentile=99, style="strip"))
    assert any("cut at the limit given, 2" in text for text in words(draw(values, values, limit=2.0)))
    assert "saliency: the redder, the stronger" in words(draw(values, values))
    assert "saliency" in words(draw(values, values, cmap="jet"))


def test_a_batch_has_captions_and_methods_have_columns():
    maps, series = RNG.normal(size=(2, 20, 1)), RNG.normal(size=(2, 20))
    figure = SeriesVisualizer().visualize_batch({"gradient": maps, "its square": maps**2}, series, labels=["a", "b"])
    assert [ax.get_title(loc="left") for ax in figure.axes[:2]] == ["a", "b"]
    assert {"gradient", "its square"} <= set(words(figure))
    limits = [
        ax.collections[0].get_clim()
        for ax in figure.axes
        if ax.collections and not ax.get_xlabel().startswith("saliency")
    ]
    assert len({limit for limit in limits[:2]}) == 1
    twice = SeriesVisualizer().visualize_batch(
        {"all": maps[..., :1], "each": np.repeat(maps, 2, -1)}, np.stack([series] * 2, -1), style="strip"
    )
    assert len([ax for ax in twice.axes if ax.get_ylabel().startswith("channel")]) == 4


def test_files(tmp_path):
    for ending in (".png", ".svg", ".pdf"):
        SeriesVisualizer().visualize([1.0, 2.0], [1.0, 2.0], save_filepath=tmp_path / f"a{ending}")
        assert (tmp_path / f"a{ending}").stat().st_size > 2_000


@pytest.mark.parametrize(
    "how, said",
    [
        ({"saliency": np.ones((3, 4, 5))}, "visualize_batch"),
        ({"saliency": np.ones((4, 3)), "series": np.ones((3, 4))}, "time first"),
        ({"saliency": np.ones(5), "series": np.ones(4)}, "same steps"),
        ({"saliency": [1.0, np.nan]}, "finite"),
        ({"saliency": np.ones(4), "series": [1, 2, np.inf, 3]}, "infinity"),
        ({"saliency": np.ones(4), "series": list("abcd")}, "real numbers"),
        ({"saliency": np.ones(4), "time": [1, 2, 3]}, "(4,)"),
        ({"saliency": np.ones(3), "time": [1, 3, 2]}, "increases"),
        ({"saliency": np.ones(3), "time": ["2024-01-01", "2024-01-02", "2024-01-03"]}, "to_datetime"),
        ({"saliency": np.ones(2), "time": np.array(["2024-01-01", "NaT"], "datetime64[D]")}, "missing"),
        ({"saliency": np.ones((4, 2)), "feature_names": ["a"]}, "feature_names"),
        ({"saliency": np.ones((4, 2)), "units": ["a", "b", "c"]}, "units"),
        ({"saliency": np.ones(4), "style": "bar"}, "'line'"),
        ({"saliency": np.ones(4), "std": -np.ones(4)}, "not negative"),
        ({"saliency": np.ones((4, 2)), "series": np.ones((4, 2)), "num_visualize": 0}, "-1"),
        ({"saliency": np.ones(4), "save_filepath": "a.jpeg"}, ".png"),
    ],
)
def test_what_cannot_be_drawn_is_refused(how, said):
    with refused(said):
        SeriesVisualizer().visualize(**how)


def test_batches_that_do_not_fit_are_refused():
    with refused("labels"):
        SeriesVisualizer().visualize_batch(np.ones((2, 4)), labels=["a"])
    with refused("at least one"):
        SeriesVisualizer().visualize_batch({})
    with refused("same examples"):
        SeriesVisualizer().visualize_batch({"a": np.ones((2, 4)), "b": np.ones((3, 4))})
    with refused("saliency[0]"):
        SeriesVisualizer().visualize(Saliency(np.ones((2, 4))))
