"""Training with a SaliencyLogger is training: the same weights, the same random state, and no error that stops it."""

import random
import signal
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import Logs
from keras import layers as L
from logged_training import everything
from three_parts import refused

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor, scores

RNG = np.random.default_rng(5)
X, Y = RNG.random((48, 6, 5, 2), "float32"), RNG.integers(0, 3, 48)
FULL = {"M": 3, "train": True, "noise_sampler": GaussianNoiseSampler()}
RUN = "saliency/saliency"


class Counts(L.Layer):
    """Counts how often Python runs its call."""

    calls = 0

    def call(self, x):
        type(self).calls += 1
        return x


class OwnStep(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, self(x, training=True)))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


def small(kind=keras.Model, **compile_with):
    inputs = keras.Input((6, 5, 2))
    x = Counts()(L.Conv2D(4, 3, name="conv")(inputs))
    x = L.Dropout(0.4)(L.Flatten()(L.ReLU()(L.BatchNormalization()(x))))
    model = kind(inputs, L.Dense(3, activation="softmax", dtype="float32")(x))
    model.compile("adam", "sparse_categorical_crossentropy", **compile_with)
    return model


def fit(model, *callbacks, epochs=2):
    model.fit(X, Y, batch_size=8, epochs=epochs, shuffle=True, callbacks=list(callbacks), verbose=0)


def state(model):
    """Weights, optimizer and what the global generators draw next."""
    variables = model.optimizer.variables
    variables = variables() if callable(variables) else variables
    keras_draws = keras.random.normal if hasattr(keras, "random") else keras.backend.random_normal
    draws = [float(draw) for draw in (random.random(), np.random.random(), tf.random.uniform([]), keras_draws([]))]
    return [np.asarray(variable).tobytes() for variable in [*model.variables, *variables]], draws


@pytest.mark.parametrize(
    "how, policy",
    [
        ({}, "float32"),
        ({"run_eagerly": True}, "float32"),
        ({"steps_per_execution": 3}, "float32"),
        ({"jit_compile": True}, "float32"),
        ({"kind": OwnStep}, "float32"),
        ({}, "mixed_float16"),
        ({}, "mixed_bfloat16"),
    ],
)
def test_training_ends_in_bit_identical_weights(tmp_path, how, policy):
    before = keras.mixed_precision.global_policy() if hasattr(keras.mixed_precision, "global_policy") else None
    ends = []
    try:
        for logged in (False, False, True):
            keras.mixed_precision.set_global_policy(policy)
            keras.utils.set_random_seed(6)
            model = small(**how)
            loggers = [everything(tmp_path, X[:3], Y[:3], on_error="raise", **FULL)] if logged else []
            fit(model, *loggers)
            ends.append(state(model))
    finally:
        keras.mixed_precision.set_global_policy(before or "float32")
    logs = Logs(tmp_path)
    pictures = {tag: tuple(steps) for tag, steps in logs.images[RUN].items()}
    assert {steps for tag, steps in pictures.items() if tag.startswith("saliency/")} == {(0, 1, 2)}
    assert {steps for tag, steps in pictures.items() if tag.startswith("strip/")} == {(2,)}
    assert tuple(logs.scalars[RUN]["saliency/uncertainty"]) == (0, 1, 2)
    if "jit_compile" in how and ends[0] != ends[1]:
        pytest.skip("under XLA, Keras 2 draws other dropout masks in every run")
    assert ends[0] == ends[1], "two plain runs must agree, or this test says nothing"
    assert ends[0] == ends[2]


@pytest.mark.parametrize("target", [None, LayerExtractor("conv")])
def test_the_model_is_traced_for_saliency_once_in_a_training(tmp_path, target):
    traces = []

    def make(model):
        return GradientCalculator(model, target_extractor=target)

    class Reads(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            traces.append(Counts.calls)

    logger = everything(tmp_path, X[:3], calculator=make, on_error="raise", **FULL)
    fit(small(), logger, Reads(), epochs=4)
    assert traces[0] > 0 and len(set(traces)) == 1


MISTAKES = {
    "M without randomness": ({"M": 5}, ["M > 1", "M=5"]),
    "axis of examples": ({"ch_axis": 1}, ["ch_axis=1"]),
    "one example": ({"x": X[0]}, ["shape (6, 5, 2)"]),
    "not finite": ({"x": np.where(X[:2] > 0.9, np.nan, X[:2])}, ["nan"]),
    "labels missing": ({"calculator": lambda m: GradientCalculator(m, scores.Label())}, ["y=None"]),
    "label beyond": ({"calculator": lambda m: GradientCalculator(m, scores.Label()), "y": [0, 7]}, ["7"]),
    "no such layer": ({"calculator": lambda m: GradientCalculator(m, None, LayerExtractor("cnov"))}, ["conv"]),
    "not a calculator": ({"calculator": lambda m: m}, ["returned"]),
    "image range": ({"x": 255 * X[:2], "image_range": (0, 1)}, ["image_range"]),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistakes_surface_before_the_first_step_and_before_any_file(tmp_path, kind):
    how, words = MISTAKES[kind]
    model = small()
    weights = model.get_weights()
    logger = everything(**{"log_dir": tmp_path / "logs", "x": X[:2], "on_error": "warn", **how})
    with refused(*words):
        fit(model, logger)
    assert not (tmp_path / "logs").exists()
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


class BreaksAfter(keras.callbacks.Callback):
    """The weights are not finite at the end of some epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.good = self.model.get_weights()

    def on_epoch_end(self, epoch, logs=None):
        good = self.model.get_weights()
        self.model.set_weights([weight * np.nan for weight in good] if epoch in self.epochs else self.good)


def test_a_later_error_is_said_once_and_training_goes_on(tmp_path):
    model = small()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fit(model, BreaksAfter([1, 2]), everything(tmp_path, X[:2]), BreaksAfter([]), epochs=4)
    said = [str(warning.message) for warning in said if "SaliencyLogger" in str(warning.message)]
    assert len(said) == 1 and "step 2" in said[0] and "finite" in said[0]
    assert model.history.epoch == [0, 1, 2, 3]
    assert list(Logs(tmp_path).images[RUN]["saliency/0"]) == [0, 1, 4]


def test_a_later_error_stops_training_if_asked_to(tmp_path):
    with pytest.raises(ValueError, match="finite"):
        fit(small(), BreaksAfter([1]), everything(tmp_path, X[:2], on_error="raise"), epochs=4)
    assert list(Logs(tmp_path).images[RUN]["saliency/0"]) == [0, 1]


def test_making_a_logger_touches_no_file(tmp_path):
    everything(tmp_path / "logs", X[:2])
    assert not list(tmp_path.iterdir())


SCRIPT = """
import os, signal, sys
import keras, numpy as np
from kerasal import SaliencyLogger
from kerasal.callbacks import Storage

class Dies(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations >= 5:  # the second of three batches of the second epoch
            os.kill(os.getpid(), signal.SIGKILL)

model = keras.Sequential([keras.Input((6, 5, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
model.compile("sgd", "mse")
x = np.random.rand(12, 6, 5, 2)
logger = SaliencyLogger(sys.argv[1], x[:2], max_overhead=None, storage=Storage(pictures="all"))
model.fit(x, x[:, 0, :3, 0], batch_size=4, epochs=3, callbacks=[logger, Dies()], verbose=0)
"""


def test_what_was_logged_survives_a_kill(tmp_path):
    killed = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    logs = Logs(tmp_path)
    assert list(logs.images[RUN]["saliency/1"]) == list(logs.scalars[RUN]["saliency/seconds"]) == [0, 1]


def test_the_running_record_is_kept_apart_from_the_users_writer(tmp_path):
    """A default writer of the user's gets nothing of ours, and is the default again afterwards."""
    writer = tf.summary.create_file_writer(str(tmp_path / "user"))
    with writer.as_default(step=0):
        fit(small(), everything(tmp_path, X[:2], on_error="raise"), epochs=1)
        tf.summary.write("mine", tf.constant(1.0))
    writer.close()
    assert not Logs(tmp_path / "user").images
