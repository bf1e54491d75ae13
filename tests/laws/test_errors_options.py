"""Bad options, scores and functions raise an error that says what was expected, what came and what to do."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from closed_forms import ones, summed
from keras import layers as L
from three_parts import explain, refused
from zoo import ZOO, built, normal

from kerasal import GaussianNoiseSampler, GradientCalculator, UniformNoiseSampler, scores

X = ZOO["table"].x

SAMPLING = {  # model, arguments of explain, words of the message
    "M = 0": ("table", {"M": 0, "train": True}, ["M", "0"]),
    "M = -3": ("table", {"M": -3, "train": True}, ["M", "-3"]),
    "M = 2.5": ("table", {"M": 2.5, "train": True}, ["M", "2.5"]),
    "M > 1 with nothing random": ("table", {"M": 2}, ["M", "noise_sampler", "train"]),
    "no dropout": ("activation", {"M": 2, "train": True}, ["dropout", "train={"]),
    "no dropout, one sample": ("activation", {"M": 1, "train": True}, ["dropout", "train={"]),
    "a rate of 1": ("table", {"train": {"inner": 1.0}}, ["1.0", "inner"]),
    "dropout behind nothing": ("table", {"train": {"iner": 0.5}}, ["iner", "inner"]),
    "var of one sample": ("table", {"M": 1, "train": True, "method": "var"}, ["var", "M"]),
    "batch_size 0": ("table", {"batch_size": 0}, ["batch_size", "0"]),
    "unknown method": ("table", {"method": "absolute"}, ["absolute", "abs"]),
    "unknown method of several": ("table", {"method": ("raw", "absolute")}, ["absolute", "abs"]),
    "no method": ("table", {"method": []}, ["empty"]),
    "var of one sample, of several": ("table", {"M": 1, "train": True, "method": ("raw", "var")}, ["var", "M"]),
    "unknown reduction": ("cnn", {"ch_axis": -1, "ch_reduce": "median"}, ["median", "l2"]),
    "first_example < 0": ("table", {"first_example": -1}, ["first_example", "-1"]),
    "ch_axis 0": ("cnn", {"ch_axis": 0}, ["ch_axis", "0", "sample"]),
    "ch_axis 1": ("cnn", {"ch_axis": 1}, ["ch_axis", "1", "example"]),
    "ch_axis -5 of five": ("cnn", {"ch_axis": -5}, ["ch_axis", "-5"]),
    "ch_axis -4 of five": ("cnn", {"ch_axis": -4}, ["ch_axis", "-4"]),
    "ch_axis beyond": ("cnn", {"ch_axis": 5}, ["ch_axis", "5"]),
    "a sampler that is none": ("table", {"noise_sampler": 0.15}, ["0.15", "Sampler"]),
}


@pytest.mark.parametrize("what", SAMPLING)
def test_sampling(what):
    name, how, words = SAMPLING[what]
    with refused(*words):
        explain(built(name), ZOO[name].x, **how)
    if "ch_axis" in how and "ch_reduce" not in how:
        with refused(*words):
            GradientCalculator(built(name)).aggregate(np.ones((2, 5, 7, 5, 2), "float32"), ch_axis=how["ch_axis"])


MODELS = {
    "several outputs": ("dict of heads", {}, ["kind", "size"]),
    "unknown head": ("dict of heads", {"score": {"sort": 0}}, ["sort", "kind"]),
    "class beyond": ("table", {"score": 3}, ["3"]),
    "negative class": ("table", {"score": -1}, ["-1"]),
    "too few classes": ("table", {"score": [0, 1, 2]}, ["3", "5"]),
    "too many classes": ("table", {"score": [0, 1, 2, 0, 1, 2]}, ["6", "5"]),
    "no labels for Label": ("table", {"score": scores.Label()}, ["y", "Label"]),
    "no path": ("table", {"score": lambda y: tf.stop_gradient(y)[:, 0]}, ["gradient"]),
    "score and eval_fun": ("table", {"score": 1, "eval_fun": lambda x: x[:, 0]}, ["score", "eval_fun"]),
}


@pytest.mark.parametrize("what", MODELS)
def test_scores(what):
    name, how, words = MODELS[what]
    with refused(*words):
        explain(built(name), ZOO[name].x, calculator=how)


def test_an_output_that_is_no_class_asks_for_a_function():
    inputs = keras.Input((4, 3))
    with refused("score", "function"):
        explain(keras.Model(inputs, L.Dense(2)(inputs)), normal(4, 3))


EVAL_FUNS = {
    "two numbers per row": (lambda y: y[:, :2], [" 2)"]),
    "a batch mean": (lambda y: tf.reduce_mean(y[:, 0]), ["mean", "sum"]),
    "a mean of squares": (lambda y: tf.reduce_mean(y**2), ["mean", "sum"]),
    "too few rows": (lambda y: y[:-1, 0], ["4"]),
    "whole numbers": (lambda y: tf.argmax(y, -1), ["gradient"]),
    "nothing": (lambda y: None, ["None"]),
}


@pytest.mark.parametrize("what", EVAL_FUNS)
@pytest.mark.parametrize("kind", ["eval_fun", "score"])
def test_functions_of_the_wrong_shape(what, kind):
    function, words = EVAL_FUNS[what]
    model = built("table")
    how = {"score": function} if kind == "score" else {"eval_fun": lambda x: function(model(x))}
    with refused(*words):
        explain(model, X, calculator=how)


def test_a_sum_is_accepted():
    model = built("table")
    total = explain(model, X, calculator={"eval_fun": lambda x: tf.reduce_sum(model(x)[:, 1])}, batch_size=2)
    np.testing.assert_allclose(total.values, explain(model, X, calculator={"score": 1}).values, rtol=1e-5)


def test_labels_that_are_no_class():
    for labels in ([0, 1, 2, 3, 0], [0, 1, -1, 1, 0], [0.0, 1.0, 2.0, 0.5, 0.0]):
        with refused("label"):
            explain(built("table"), X, np.array(labels), calculator={"score": scores.Label()})


def test_loss_of_a_model_that_is_not_compiled():
    with refused("compile"):
        explain(ZOO["table"].build(), X, np.array([0, 1, 2, 0, 1]), calculator={"score": scores.Loss()})


def test_labels_of_the_wrong_length():
    for score in (scores.Label(), scores.Loss()):
        model = ZOO["table"].build()
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        for labels in ([0, 1, 2], [0, 1, 2, 0, 1, 2]):
            with refused(str(len(labels)), "5"):
                explain(model, X, np.array(labels), calculator={"score": score})


@pytest.mark.parametrize("make", [GaussianNoiseSampler, UniformNoiseSampler])
def test_samplers_check_at_construction(make):
    for arguments in ({"mode": "percent"}, {"scale": -1.0}, {"scale": np.nan}, {"clip": (1, 0)}):
        with refused(next(iter(arguments))):
            make(**arguments)


def test_a_score_of_a_batch_is_refused_with_any_batch_size():
    """The check of a scalar cannot be escaped with one row per call."""
    model = built("table")
    with refused("mean"):
        explain(model, X[:1], calculator={"eval_fun": lambda x: tf.reduce_mean(model(x)[:, 0])}, batch_size=1)


def test_x_of_zero_range_is_explained():
    """Relative noise of a constant example is none: not an error, not NaN."""
    found = explain(summed(shape=(3,), power=2), ones(3), M=3, noise_sampler=GaussianNoiseSampler())
    np.testing.assert_allclose(found.values, 2 * ones(3))
