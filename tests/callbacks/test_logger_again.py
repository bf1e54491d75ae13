"""Directories that are used again, mistakes that surface before training, pictures that fail: no map is lost or mixed up."""

import copy
import warnings

import keras
import numpy as np
import pytest
from event_files import Logs
from logged_training import RUN, C, H, W, X, everything, fit, linear
from three_parts import refused

from kerasal import GradientCalculator, InputExtractor, load_run


def black(saliency, n):
    return np.zeros((4, 4, 3), np.uint8)


def test_a_training_that_begins_anew_is_a_run_of_its_own(tmp_path):
    """As the trials of a tuner, which copies one logger for each; of other examples, too. It is said once."""
    logger = everything(tmp_path, X[:2], on_error="raise")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for epochs in (4, 2, 3):
            fit(linear(), copy.deepcopy(logger), epochs=epochs)
    said = [str(each.message) for each in heard if "has ended" in str(each.message)]
    assert len(said) == 1 and "saliency_2" in said[0] and "name=" in said[0]
    for name, last in {"saliency": 4, "saliency_2": 2, "saliency_3": 3}.items():
        assert load_run(tmp_path, name).steps.tolist() == list(range(last + 1))
    other = everything(tmp_path, X[5:7], ch_axis=None, visualizer=black, on_error="raise")
    fit(linear(), other, epochs=3, initial_epoch=2)
    assert load_run(other.directory).values.shape == (2, 2, H, W, C) and other.directory.endswith("saliency_4")


def test_a_training_that_goes_on_stays_in_its_run(tmp_path):
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=4)
    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), epochs=3, initial_epoch=2)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3]  # those after its first are of the training before


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
            everything(
                tmp_path,
                X[:2],
                calculator=lambda model: GradientCalculator(model, target_extractor=[InputExtractor(0)]),
            )
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
