"""Pictures of tables: a waterfall that adds up, a swarm with a dot per example, bars with their standard errors."""

import itertools
import re

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers as L
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text
from three_parts import refused

from kerasal import GaussianNoiseSampler, GradientCalculator, IntegratedGradientsCalculator, Saliency
from kerasal.visualizers.beeswarm import UNKNOWN, color_map, swarm_offsets
from kerasal.visualizers.table_words import value_text
from kerasal.visualizers.waterfall import GAP_COLOR

RED, BLUE = "#b2182b", "#2166ac"
WEIGHTS, ROW, START = np.array([2.0, -1.0, 0.5]), np.array([3.0, 4.0, 2.0]), np.array([1.0, 1.0, 1.0])


def linear(baseline=START, **how):
    """0.25 + 2 a − b + c / 2, explained at (3, 4, 2) from (1, 1, 1): 4, −3 and .5 lead from 1.75 to 3.25."""
    model = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    model.layers[0].set_weights([WEIGHTS[:, None].astype("float32"), np.array([0.25], "float32")])
    calculator = IntegratedGradientsCalculator(model, baseline=baseline.astype("float32"), **how)
    return calculator.explain(np.stack([ROW, -ROW]).astype("float32"), feature_names=["a", "b", "c"])


def texts_of(figure):
    """Everything that is written in a figure."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def names_of(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def rows(figure):
    """(name, from, to, colour) of each bar of a waterfall from the top."""
    names = names_of(figure)
    found = []
    for bar in figure.axes[0].patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends = bar.get_x(), bar.get_x() + bar.get_width()
        found.append((row, names[row], *np.round(ends, 6), to_hex(bar.get_facecolor())))
    return [tuple(rest) for _, *rest in sorted(found)]


def numbers(figure):
    """Numbers that are written beside the rows, from the top: the score, each bar, the base value."""
    written = sorted((text.xy[1], text.get_text()) for text in figure.axes[0].texts)
    return [float(words.replace("−", "-")) for _, words in written]


def test_a_waterfall_leads_from_the_base_value_to_the_score():
    result = linear()
    figure = result[0].plot()
    assert names_of(figure) == ["output", "a = 3", "b = 4", "c = 2", "at the baseline"]
    steps = [("a = 3", -0.75, 3.25, RED), ("b = 4", 2.25, -0.75, BLUE), ("c = 2", 1.75, 2.25, RED)]
    assert rows(figure) == steps
    assert numbers(figure) == [3.25, 4, -3, 0.5, 1.75]
    assert "output; red raises the score, blue lowers it" in texts_of(figure)
    assert numbers(result[1].plot())[0] == -2.75 and rows(result[1].plot())[0][0] == "a = −3"


def test_bars_have_their_colours_in_the_picture():
    figure = linear()[0].plot()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels, ax = np.asarray(canvas.buffer_rgba()), figure.axes[0]
    for place, color in (((1.25, 1), RED), ((0.75, 2), BLUE), ((2.0, 3), RED), ((0.0, 3), "#ffffff")):
        x, y = ax.transData.transform(place)
        assert to_hex(pixels[len(pixels) - 1 - int(y), int(x)] / 255) == color


def small_net():
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((4,)), L.Dense(6, "tanh"), L.Dense(2, "softmax")])


def test_a_waterfall_of_a_network_adds_up_as_shaps_does():
    model, x = small_net(), np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    result = IntegratedGradientsCalculator(model, score=1, steps=600).explain(x, class_names=["no", "yes"])
    explanation = result.to_shap()
    for n, one in enumerate(result):
        figure = one.plot()
        steps = rows(figure)
        base = float(explanation.base_values[n])
        lengths = [end - start for _, start, end, _ in steps]
        expected = sorted(explanation.values[n], key=lambda value: -abs(value))
        np.testing.assert_allclose(lengths, expected, atol=2e-6)
        assert abs(base + sum(lengths) - result.scores[n]) < 1e-4 and abs(steps[0][2] - result.scores[n]) < 1e-4
        assert steps[-1][1] == pytest.approx(base, abs=1e-6) and names_of(figure)[0] == "logit of yes"
        name = ["no", "yes"][result.predictions["class"][n]]
        assert f"{name} {100 * result.predictions['probability'][n]:.0f} %" in texts_of(figure)


def test_the_gap_is_a_bar_of_its_own():
    """Base 1, values 2 and −.5, score 3: a half is not explained. Written out, all of it adds up."""
    known = {"scores": [3.0], "base_scores": [1.0], "completeness_gap": [-0.5], "axes": ("example", "feature")}
    figure = Saliency([[2.0, -0.5]], feature_names=["x", "y"], **known).plot()
    assert rows(figure)[-1] == ("not explained (gap)", 1.0, 1.5, to_hex(GAP_COLOR))
    assert numbers(figure) == [3, 2, -0.5, 0.5, 1]
    small = {**known, "scores": [2.501], "completeness_gap": [-0.001]}
    found = numbers(Saliency([[2.0, -0.5]], **small).plot())
    assert found == [2.501, 2, -0.5, 0.001, 1] and sum(found[1:]) == pytest.approx(found[0])
    none = Saliency([[2.0, -0.5]], **{**known, "scores": [2.50001], "completeness_gap": [-0.00001]}).plot()
    assert len(rows(none)) == 2


def test_the_rest_of_many_features_is_one_bar():
    values = np.array([[5.0, *np.arange(1, 20) / 10]])
    known = {"scores": values.sum(1) + 1, "base_scores": [1.0], "axes": ("example", "feature")}
    one = Saliency(values, **known)[0]
    figure = one.plot(num_visualize=3)
    assert names_of(figure)[1:-1] == ["feature 0", "feature 19", "feature 18", "17 others"]
    np.testing.assert_allclose(rows(figure)[-1][1:3], [1, 1 + sum(range(1, 18)) / 10])
    assert len(rows(one.plot(num_visualize=-1))) == len(rows(one.plot(num_visualize=19))) == 20
    assert len(rows(one.plot())) == 13


def whiskers(figure):
    """(low, high) of the whisker of each bar of a waterfall, from the top."""
    bars = [each for each in figure.axes[0].containers if getattr(each, "errorbar", None)]
    return [bar.errorbar[2][0].get_segments()[0][:, 0] for bar in bars]


def test_whiskers_are_standard_errors_over_samples():
    known = {"scores": [4.0], "base_scores": [1.0], "axes": ("example", "feature")}
    one = Saliency([[2.0, 0.5, 0.5]], std=[[0.4, 0.2, 0.6]], M=16, **known)[0]
    figure = one.plot()
    np.testing.assert_allclose(whiskers(figure), [[3.9, 4.1], [1.95, 2.05], [1.35, 1.65]], atol=1e-6)
    told = "whiskers: ±1 standard error of the mean over 16 samples"
    assert figure.axes[0].get_xlabel().replace("\n", " ").endswith(told)
    others = one.plot(num_visualize=1)
    np.testing.assert_allclose(whiskers(others)[1], [1.8, 2.2], atol=1e-6)  # .05 + .15
    assert others.axes[0].get_xlabel().replace("\n", " ").endswith("of sums at most")
    bars = one.plot(style="bars")
    np.testing.assert_allclose(whiskers_of_bars(bars), [[1.9, 2.1], [0.45, 0.55], [0.35, 0.65]], atol=1e-6)
    assert told in bars.axes[0].get_xlabel()


def whiskers_of_bars(figure):
    (container,) = [each for each in figure.axes[0].containers if getattr(each, "errorbar", None)]
    return [segment[:, 0] for segment in container.errorbar[2][0].get_segments()]


def test_bars_of_a_batch_are_means_with_their_standard_errors():
    values = np.random.default_rng(1).normal(size=(9, 2)) + [3, -5]
    figure = Saliency(values, axes=("example", "feature"), feature_names=["x", "y"]).plot()
    mean, error = values.mean(0), values.std(0, ddof=1) / 3
    assert names_of(figure) == ["y", "x"]
    np.testing.assert_allclose([bar.get_width() for bar in figure.axes[0].patches], mean[::-1], rtol=1e-5)
    np.testing.assert_allclose(whiskers_of_bars(figure), np.stack([mean - error, mean + error], 1)[::-1], rtol=1e-5)
    told = "mean saliency over 9 examples\nwhiskers: ±1 standard error of this mean, as the 9 examples differ"
    assert figure.axes[0].get_xlabel() == told


def test_where_values_do_not_add_up_bars_are_drawn_and_a_waterfall_is_refused():
    model, x = small_net(), np.ones((2, 4), "float32")
    gradient = GradientCalculator(model).explain(x)[0]
    figure = gradient.plot()
    lengths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(lengths, sorted(gradient.values, key=lambda value: -abs(value)), rtol=1e-6)
    with refused("IntegratedGradientsCalculator", "style='bars'"):
        gradient.plot(style="waterfall")
    of_all = IntegratedGradientsCalculator(model).explain(x)
    absolute = IntegratedGradientsCalculator(model).explain(x, method="abs")
    with refused("method='raw'"):
        absolute[0].plot(style="waterfall")
    with refused("Index it"):
        of_all.plot(style="waterfall")
    with refused("one row"):
        of_all[0].plot(style="beeswarm")
    with refused("Pass 'waterfall'"):
        of_all[0].plot(style="waterfal")
    with refused("Did you mean 'title'?", error=TypeError):
        of_all[0].plot(titel="x")
    with refused("feature_names names 4", error=ValueError):
        of_all[0].plot(feature_names=["a"])
    with refused("at least 1"):
        of_all[0].plot(num_visualize=0)
    with refused("grouped({})"):
        Saliency(np.ones((2, 3, 4)), axes=("example", "column", "feature"), kind="table").plot()


def table(count=40):
    """x: saliency is its value; colour: ±1 by its name; y: half as strong, always positive."""
    draw = np.random.default_rng(2)
    x, y = draw.normal(size=count) * 2, draw.random(count)
    colour = np.array(["red", "blue"])[np.arange(count) % 2]
    values = np.column_stack([y / 2, np.where(colour == "red", 1, -1), x])
    inputs = {"x": x, "y": y, "colour": colour}
    names = ["y", "colour", "x"]
    return Saliency(values, axes=("example", "feature"), feature_names=names, inputs=inputs, score_name="cost"), inputs


def dots(figure):
    """(name, places (N, 2), colours) of the dots of each row, from the top."""
    names, found = names_of(figure), []
    for points in figure.axes[0].collections:
        places = np.asarray(points.get_offsets())
        found.append((names[int(np.round(places[:, 1].mean()))], places, points.get_facecolors()))
    return found


def test_a_beeswarm_has_a_dot_per_example_and_feature():
    result, inputs = table()
    figure = result.plot()
    assert names_of(figure) == ["x", "colour", "y"]  # the largest mean magnitude on top
    swarm = {name: (places, colors) for name, places, colors in dots(figure)}
    for name, column in zip(result.feature_names, result.values.T, strict=True):
        np.testing.assert_allclose(swarm[name][0][:, 0], column, rtol=1e-6)
        row = names_of(figure).index(name)
        assert np.abs(swarm[name][0][:, 1] - row).max() <= 0.42
    assert {to_hex(color) for color in swarm["colour"][1]} == {to_hex(UNKNOWN)}
    lowest, highest = (to_hex(swarm["x"][1][place(inputs["x"])]) for place in (np.argmin, np.argmax))
    assert (lowest, highest) == (to_hex(color_map()(0.0)), to_hex(color_map()(1.0)))
    written = texts_of(figure)
    assert {"cost", "low", "high", "value of the feature"} <= set(written)
    label = figure.axes[0].get_xlabel().replace("\n", " ")
    assert label == "saliency; a dot for each of 40 examples; grey: no number, as of categories"
    assert any(np.allclose(line.get_xdata(), 0) for line in figure.axes[0].lines)
    assert result.plot()._repr_png_() == figure._repr_png_()


def test_fewer_features_are_said_and_values_may_be_unknown():
    result, _ = table()
    figure = result.plot(num_visualize=2)
    assert names_of(figure) == ["x", "colour"] and "the 2 strongest of 3 features" in figure.axes[0].get_xlabel()
    unknown = Saliency(result.values, axes=result.axes).plot()
    assert "grey: values not known" in unknown.axes[0].get_xlabel().replace("\n", " ") and len(unknown.axes) == 1
    assert result[:19].plot().axes[0].patches and not result[:20].plot().axes[0].patches


@pytest.mark.parametrize("count, features", [(20, 4), (5000, 30)])
def test_dots_of_many_stay_in_their_rows(count, features):
    values = np.random.default_rng(3).normal(size=(count, features)) ** 3
    figure = Saliency(values, axes=("example", "feature")).plot(num_visualize=-1)
    FigureCanvasAgg(figure).draw()
    assert len(names_of(figure)) == features and sum(len(places) for _, places, _ in dots(figure)) == values.size
    for name, places, _ in dots(figure):
        assert np.abs(places[:, 1] - names_of(figure).index(name)).max() <= 0.42 + 1e-9
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(above.y0 >= below.y1 for above, below in itertools.pairwise(boxes))


def test_no_two_dots_of_few_examples_meet():
    places = np.array([0.5, 0.5, 0.1, 0.5, 0.5, 0.9])
    offsets = swarm_offsets(places, 50, 0.1)
    assert sorted(np.round(offsets[[0, 1, 3, 4]], 6)) == [-0.15, -0.05, 0.05, 0.15] and offsets[2] == offsets[5] == 0
    full = swarm_offsets(np.zeros(1000), 50, 0.1)
    assert np.abs(full).max() <= 0.42 and len(np.unique(full)) == 1000


def test_groups_are_drawn_as_the_users_columns():
    frame = pd.DataFrame({"size": np.linspace(-1, 1, 24), "colour": ["red", "blue", "green"] * 8})
    x = pd.get_dummies(frame, dtype="float32")
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((4,)), L.Dense(6, "tanh"), L.Dense(1)])
    result = IntegratedGradientsCalculator(model, steps=300).explain(x)
    groups = {"colour": [name for name in x if name.startswith("colour_")]}
    figure = result[1].plot(groups=groups)
    found = {name: end - start for name, start, end, _ in rows(figure)}
    np.testing.assert_allclose(found["colour = blue"], result.values[1, 1:].sum(), atol=1e-5)
    assert set(names_of(result.plot(groups=groups))) == {"size", "colour"}
    noisy = IntegratedGradientsCalculator(model).explain(x[:2], M=8, noise_sampler=GaussianNoiseSampler(scale=0.01))
    label = noisy[0].plot(groups=groups).axes[0].get_xlabel().replace("\n", " ")
    assert re.search("over 8 samples; of sums at most$", label)


def test_values_are_written_as_users_know_them():
    values = [
        1993.0,
        -0.123456,
        12345678.0,
        0.5,
        "red",
        np.float32(2.5),
        np.int64(7),
        True,
        1e12,
        10793.27,
        -9999.6,
        999.96,
    ]
    written = ["1993", "−0.1235", "12345678", "0.5", "red", "2.5", "7", "yes", "1e+12", "10793", "−10000", "1000"]
    assert [value_text(value) for value in values] == written


def test_numbers_have_whiskers_too():
    values = np.random.default_rng(4).normal(size=(16, 2, 2))
    batch = Saliency(values, std=np.full((16, 2, 2), 0.4), M=4, axes=("example", "a", "b"), kind="numbers")
    figure, one = batch.plot(), batch[3].plot()
    strength = np.abs(values).reshape(16, 4)
    order = np.argsort(-strength.mean(0))
    mean, error = strength.mean(0)[order], strength.std(0, ddof=1)[order] / 4
    np.testing.assert_allclose(whiskers_of_bars(figure), np.stack([mean - error, mean + error], 1), rtol=1e-5)
    lengths = [high - low for low, high in whiskers_of_bars(one)]
    np.testing.assert_allclose(lengths, np.full(4, 0.4), rtol=1e-5)
    assert "over 4 samples" in one.axes[0].get_xlabel() and "16 examples differ" in figure.axes[0].get_xlabel()


def test_long_names_leave_room_and_small_numbers_have_digits():
    known = {"axes": ("example", "feature"), "scores": [8e-13], "base_scores": [1e-13]}
    names = ["a very long name of a measurement, with its unit in parentheses (mmol per litre)", "b"]
    figure = Saliency([[1e-12, -3e-13]], inputs=np.array([[0.5, 2.0]]), feature_names=names, **known).plot()
    FigureCanvasAgg(figure).draw()
    assert names_of(figure)[1].startswith("a very long name") and names_of(figure)[1].endswith(" = 0.5")
    assert "…" in names_of(figure)[1] and figure.axes[0].get_position().width > 0.4
    assert numbers(figure) == [8e-13, 1e-12, -3e-13, 1e-13]
    beeswarm = Saliency(np.ones((20, 2)), axes=("example", "feature"), feature_names=names).plot()
    FigureCanvasAgg(beeswarm).draw()
    assert "…" in names_of(beeswarm)[0] and beeswarm.axes[0].get_position().width > 0.4
