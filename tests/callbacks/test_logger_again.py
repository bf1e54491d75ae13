"""Directories that are used again, mistakes that surface before training, pictures that fail: no map is lost or mixed up."""

import keras
import numpy as np
import pytest
from event_files import Logs
from logged_training import RUN, C, H, W, X, everything, fit, linear
from three_parts import refused

from kerasal import GradientCalculator, load_run


def black(saliency, n):
    return np.zeros((4, 4, 3), np.uint8)


def test_a_training_repeated_in_one_directory_is_a_history_of_its_own(tmp_path):
    """Of fewer epochs: no map of the first training is left in it; of other examples or shapes: nor any before."""
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=4)
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=2)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2]
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=3, initial_epoch=2)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3]
    fit(linear(), everything(tmp_path, X[5:7], on_error="raise"), epochs=3, initial_epoch=2)
    run = load_run(tmp_path)
    assert run.steps.tolist() == [2, 3] and run.number("distance")[0].tolist() == [0, 0]
    fit(linear(), everything(tmp_path, X[5:7], ch_axis=None, visualizer=black, on_error="raise"), epochs=1)
    assert load_run(tmp_path).values.shape == (2, 2, H, W, C)


def test_damaged_maps_of_before_cost_no_map(tmp_path):
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=2)
    with open(tmp_path / RUN / "arrays" / "0.npz", "r+b") as file:
        file.truncate(100)
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=4, initial_epoch=2)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3, 4]


def test_mistakes_surface_before_training(tmp_path):
    """A visualizer that draws nothing, several maps per example, two loggers of one name."""
    for what, logger in {
        "visualizer returns": [everything(tmp_path, X[:2], visualizer=lambda *_: np.zeros((4, 4, 3)))],
        "one map per example": [
            everything(tmp_path, X[:2], calculator=lambda model: GradientCalculator(model, score="all"))
        ],
        "different names": [everything(tmp_path, X[:2]), everything(tmp_path, X[:2])],
    }.items():
        with refused(what):
            fit(linear(), *logger, epochs=1)
    assert not (tmp_path / RUN / "arrays").exists()
    with refused("max_overhead"):
        everything(tmp_path, X[:1], max_overhead="5%")


def test_a_picture_that_fails_costs_no_map(tmp_path):
    drawn = iter([black(None, 0)] * 2)
    with pytest.warns(UserWarning, match="failed at step 1"):
        fit(linear(), everything(tmp_path, X[:1], visualizer=lambda *_: next(drawn)), epochs=3)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3]
    with pytest.raises(KeyError, match="Received: 'entropy'"):
        load_run(tmp_path).number("entropy")


def test_grey_images_without_an_axis_of_colours_are_drawn(tmp_path):
    x = np.random.default_rng(0).random((40, 9, 8), "float32")
    model = keras.Sequential([keras.Input((9, 8)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    logger = everything(tmp_path, x[:2], on_error="raise")
    fit(model, logger, epochs=1, x=x)
    assert load_run(tmp_path).images.shape == (2, 9, 8, 3) and Logs(tmp_path).images[RUN].keys() >= {"saliency/0"}


def test_a_loop_with_a_list_of_callbacks_needs_no_params(tmp_path):
    callbacks = keras.callbacks.CallbackList([everything(tmp_path, X[:1], on_error="raise")], model=linear())
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.on_epoch_end(0)
    callbacks.on_train_end()
    assert load_run(tmp_path).steps.tolist() == [0, 1]
