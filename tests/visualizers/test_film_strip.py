"""Strips: one scale over all steps, in the order of the steps, first row at the top."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from three_parts import refused

from kerasal.visualizers.film_strip import chosen_steps, film_strip

DARK_RED, NEAR_WHITE, DARK_BLUE = (103, 0, 31), (247, 247, 247), (5, 48, 97)  # ColorBrewer RdBu, 11 classes


def colour_at(figure, ax, across, down):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[..., :3]
    x, y = ax.transAxes.transform((across, 1 - down))
    return tuple(int(part) for part in drawn[int(len(drawn) - y), int(x)])


def test_maps_of_images_share_their_scale():
    maps = np.zeros((3, 2, 3))
    maps[0, 0, 2], maps[2, 1, 0] = 2.0, -2.0
    figure = film_strip(maps, [0, 5, 20], original=np.full((2, 3, 3), 0.5))
    assert [ax.get_title() for ax in figure.axes] == ["input", "step 0", "step 5", "step 20"]
    assert colour_at(figure, figure.axes[1], 5 / 6, 1 / 4) == DARK_RED
    assert colour_at(figure, figure.axes[3], 1 / 6, 3 / 4) == DARK_BLUE
    assert colour_at(figure, figure.axes[2], 1 / 2, 1 / 4) == NEAR_WHITE


def test_tables_have_a_row_per_feature():
    maps = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])  # steps × features
    figure = film_strip(maps, [0, 7], ["a", "b", "c"])
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert colour_at(figure, ax, 1 / 4, 1 / 2) == DARK_RED and colour_at(figure, ax, 3 / 4, 5 / 6) == DARK_BLUE


@pytest.mark.parametrize(
    "steps, most, expected", [([3], 5, [3]), (range(4), 10, [0, 1, 2, 3]), (range(10), 4, [0, 3, 6, 9])]
)
def test_the_first_and_the_last_step_are_always_chosen(steps, most, expected):
    assert chosen_steps(steps, most) == expected


def test_other_shapes_are_refused():
    for maps in (np.ones((2, 3, 4, 5)), np.ones((3, 4)), np.ones((2, 0))):
        with refused("film strip"):
            film_strip(maps, [0, 1])
