"""Grids fill their space, whatever the shape and number of the pictures: no dead gaps, no overlap, legible across a page."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kerasal.saliency import Saliency
from kerasal.visualizers import ImageVisualizer
from kerasal.visualizers.arrangement import PAGE, wrapped
from kerasal.visualizers.film_strip import film_strip

RNG = np.random.default_rng(0)
SHAPES = {"small": (28, 20), "square": (32, 32), "wide": (20, 90), "tall": (90, 20)}


def result(count, shape, **known):
    classes = {"class": RNG.integers(0, 2, count), "probability": RNG.random(count)}
    inputs = RNG.integers(0, 256, (count, *shape, 3)).astype(np.uint8)
    known = {"predictions": classes, "class_names": ["cat", "dog"], "labels": RNG.integers(0, 2, count), **known}
    axes = ("example", "height", "width")
    return Saliency(
        RNG.normal(size=(count, *shape)), axes=axes, inputs=inputs, kind="image", about={"input": 0}, **known
    )


def boxes(figure):
    """What is drawn, in inches: pictures, and every word and bar, [(left, bottom, right, top)]."""
    FigureCanvasAgg(figure).draw()
    renderer = figure.canvas.get_renderer()
    pictures = [ax.get_window_extent(renderer) for ax in figure.axes]
    words = [text for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text().strip()]
    shown = [text.get_window_extent(renderer) for text in words if text.get_visible()]
    bars = [child.get_window_extent(renderer) for ax in figure.axes for child in ax.child_axes]
    return [np.array([box.extents for box in group]) / figure.dpi for group in (pictures, shown, bars)]


def check(figure, least=0.5):
    """Nothing is cut or over something else; pictures have their shape and fill at least this share of the figure."""
    width, height = figure.get_size_inches()
    assert width <= PAGE + 0.05
    pictures, words, bars = boxes(figure)
    everything = np.concatenate([pictures, words, bars] if len(bars) else [pictures, words])
    assert (
        everything.min() >= -0.01
        and (everything[:, 2] <= width + 0.01).all()
        and (everything[:, 3] <= height + 0.01).all()
    )
    for one, other in itertools.combinations(np.concatenate([pictures, words]), 2):
        overlap = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
        assert overlap.min() <= 0.02, (one, other)
    areas = (pictures[:, 2] - pictures[:, 0]) * (pictures[:, 3] - pictures[:, 1])
    assert areas.sum() >= least * width * height, areas.sum() / (width * height)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 5, 8])
def test_a_batch_fills_its_figure(shape, count):
    least = {"tall": 0.25, "wide": 0.28}.get(shape, 0.35)
    check(result(count, SHAPES[shape], score_name="logit of the predicted class").plot(), least)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_image_fills_its_figure(shape):
    check(result(1, SHAPES[shape])[0].plot(), {"tall": 0.3, "wide": 0.28}.get(shape, 0.5))


@pytest.mark.parametrize("scale", ["method", "map", "all"])
@pytest.mark.parametrize("methods", [2, 10])
def test_methods_that_do_not_fit_go_on_below(scale, methods):
    maps = {f"method number {k}": RNG.normal(size=(3, 12, 10)) for k in range(methods)}
    images = RNG.integers(0, 256, (3, 12, 10)).astype(np.uint8)
    figure = ImageVisualizer().visualize_batch(maps, images, scale=scale, labels=["a", "b", "c"], title="Ten methods")
    check(figure, 0.33)
    titles = [ax.get_title().replace("\n", " ") for ax in figure.axes if ax.get_title()]
    assert [title for title in titles if title != "input"] == list(maps)
    assert titles.count("input") == titles.index("method number 1") - 1 + titles[1:].count("input")
    assert (len(figure.axes) - 3 * titles.count("input")) == 3 * methods


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [2, 10])
def test_strips_are_legible_as_cards_of_tensorboard(shape, steps):
    figure = film_strip(
        RNG.normal(size=(steps, *SHAPES[shape])), range(steps), original=RNG.random((*SHAPES[shape], 3))
    )
    figure.dpi = 80  # as the logger draws: few pixels make letters wider
    check(figure, 0.2)
    assert figure.get_size_inches()[0] <= 5.3  # nine points at 80 dots per inch: 7.9 pixels where a card is 330 wide


def test_lines_break_between_words_and_a_number_keeps_its_unit():
    assert wrapped("basketball 89 %", 1.0, 9.5) == "basketball\n89 %"
    assert wrapped("SmoothGrad: std", 0.8, 9.5) == "SmoothGrad:\nstd"
    assert wrapped("short\nand two", 2.0, 9.5) == "short\nand two"


def test_words_beside_a_row_are_those_of_the_result():
    many = result(5, (28, 20))
    labels = [ax.get_ylabel().replace("\n", " ") for ax in many.plot().axes if ax.get_ylabel()]
    names = ["cat", "dog"]
    told = [names[int(one.labels)] == names[int(one.predictions["class"])] for one in many]
    assert [label.endswith("(right)") for label in labels] == told and len(labels) == 5


def test_a_result_given_to_the_visualizer_says_its_class_and_probability():
    many = result(2, (28, 20), predictions={"class": [1, 0], "probability": [0.93, 0.5]}, labels=None)
    images = many.inputs
    assert ImageVisualizer().visualize(many[0], images[0]).axes[0].get_title().endswith("dog 93 %")
    grid = ImageVisualizer().visualize_batch({"a": many.values, "b": many}, images)
    assert [ax.get_ylabel() for ax in grid.axes if ax.get_ylabel()] == ["dog 93 %", "cat 50 %"]


@pytest.mark.parametrize(
    "values, words",
    [
        ([[1.0, -1.0]], "red raises the score, blue lowers it"),
        ([[1.0, 0.5]], "the brighter, the stronger"),
        (
            np.r_[np.ones(996), 4, 5, 6, 7].reshape(25, 40),
            "the brighter, the stronger; scale cut at the 99.5th percentile, 1; the strongest is 7",
        ),
    ],
)
def test_every_picture_says_what_colours_mean_and_where_the_scale_is_cut(values, words):
    figures = [
        ImageVisualizer().visualize(values, scaler=None),
        ImageVisualizer().visualize_batch({"a": np.array([values])}, np.array([values]) > 2),
    ]
    for figure in figures:
        said = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
        assert words in said and ("cut" in words or "cut" not in said)
