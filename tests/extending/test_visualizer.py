"""A visualizer of a user's own: for arrays and for a `Saliency`, alone and as a picture of a logger."""

import keras
import numpy as np
import pytest
from logged_training import everything
from matplotlib.figure import Figure
from matplotlib.image import imread
from three_parts import refused

from kerasal import GaussianNoiseSampler, GradientCalculator
from kerasal.visualizers import BaseVisualizer
from kerasal.visualizers.base import check_picture_path, one_example, save_picture, std_of


class ProfileVisualizer(BaseVisualizer):
    """The mean of a map along its height, with a band of its standard deviation where that is known."""

    def visualize(self, saliency, save_filepath=None):
        check_picture_path(save_filepath)
        values, std = one_example(saliency, "ProfileVisualizer", "shape (H, W)"), std_of(saliency)
        figure = Figure(figsize=(4, 3))
        ax = figure.subplots()
        ax.plot(values.mean(0))
        if std is not None:
            ax.fill_between(
                range(values.shape[1]), values.mean(0) - std.mean(0), values.mean(0) + std.mean(0), alpha=0.3
            )
        save_picture(figure, save_filepath)
        return figure


X = np.random.default_rng(0).random((3, 8, 6, 2), "float32")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    body = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((8, 6, 2)), *body])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_arrays_and_saliency(model, tmp_path):
    found = GradientCalculator(model).explain(X, M=3, noise_sampler=GaussianNoiseSampler(), ch_axis=-1)
    line = ProfileVisualizer().visualize(found.values[0]).axes[0]
    np.testing.assert_allclose(line.lines[0].get_ydata(), found.values[0].mean(0))
    assert not line.collections
    figure = ProfileVisualizer().visualize(found[0], tmp_path / "profile.png")
    band = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx((found.values[0].mean(0) + found.std[0].mean(0)).max(), rel=1e-6)
    assert imread(tmp_path / "profile.png").std() > 0.01


def test_what_no_visualizer_draws_is_refused_before_anything_is_written(model, tmp_path):
    found = GradientCalculator(model).explain(X, ch_axis=-1)
    with refused("one example", "(3, 8, 6)"):
        ProfileVisualizer().visualize(found, tmp_path / "a.png")
    with refused(".png", "a.bmp"):
        ProfileVisualizer().visualize(found[0], tmp_path / "a.bmp")
    assert list(tmp_path.iterdir()) == []


def test_a_logger_draws_with_it(model, tmp_path):
    drawn = []

    def draw(saliency, n):
        drawn.append(n)
        return ProfileVisualizer().visualize(saliency)

    logger = everything(tmp_path, X, visualizer=draw, on_error="raise")
    model.fit(X, np.arange(3), epochs=1, verbose=0, callbacks=[logger])
    assert set(drawn) == {0, 1, 2}
