"""A visualizer of one's own: a subclass with `visualize`, and what the base does for it."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from three_parts import refused

from kerasal.saliency import Saliency
from kerasal.visualizers import BaseVisualizer
from kerasal.visualizers.base import check_picture_path, one_example, save_picture, std_of


class Spectrum(BaseVisualizer):
    def visualize(self, saliency, frequencies, save_filepath=None):
        check_picture_path(save_filepath)
        values, std = one_example(saliency, "Spectrum", "shape (bands,)"), std_of(saliency)
        figure = Figure()
        figure.subplots().errorbar(frequencies, values, yerr=std)
        save_picture(figure, save_filepath)
        return figure


BATCH = Saliency([[1.0, -2.0], [0.0, 3.0]], std=[[0.5, 0.1], [0.0, 1.0]], M=4, axes=("example", "band"))


def test_it_draws_arrays_and_saliencies(tmp_path):
    for saliency, spread in (([1.0, -2.0], None), (BATCH[0], [0.5, 0.1])):
        figure = Spectrum().visualize(saliency, [10, 20], tmp_path / "a.png")
        (line,), *_, bars = figure.axes[0].containers[0].lines[0:1], figure.axes[0].collections
        np.testing.assert_array_equal(line.get_ydata(), [1.0, -2.0])
        lengths = [np.ptp(segment[:, 1]) / 2 for each in bars for segment in each.get_segments()]
        np.testing.assert_allclose(lengths, [] if spread is None else spread, rtol=1e-6)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_it_refuses_what_all_refuse(tmp_path):
    with refused("Spectrum draws one example", "a batch", "saliency[0]"):
        Spectrum().visualize(BATCH, [10, 20], tmp_path / "a.png")
    with refused("NaN or infinity"):
        Spectrum().visualize([np.nan, 1.0], [10, 20], tmp_path / "a.png")
    with refused(".gif"):
        Spectrum().visualize([0.0, 1.0], [10, 20], tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())


def test_without_visualize_it_is_no_visualizer():
    class Nothing(BaseVisualizer):
        pass

    with pytest.raises(TypeError, match="visualize"):
        Nothing()
