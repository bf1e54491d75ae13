"""A Keras on another backend and a model of another Keras are refused, each with the way out."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasal._network.checks import check_backend, check_model

KERAS_3 = int(keras.__version__.split(".")[0]) >= 3


def small_layers():
    return [keras.Input((3,)), keras.layers.Dense(2)]


class Subclassed(keras.Model):
    def call(self, x):
        return 2 * x


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backend_is_refused(backend):
    """Whether that backend is installed or not; Keras 2 runs on TensorFlow whatever KERAS_BACKEND says."""
    done = subprocess.run(
        [sys.executable, "-c", "from kerasal._network.checks import check_backend; check_backend()"],
        env={**os.environ, "KERAS_BACKEND": backend},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if KERAS_3:
        assert done.returncode == 1
        error = done.stderr.strip().splitlines()[-1]
        assert error.startswith("RuntimeError: kerasal expected Keras to run on TensorFlow.")
        assert f"Received: the Keras backend '{backend}'" in error
        assert "KERAS_BACKEND=tensorflow" in error and "keras.config.set_backend('tensorflow')" in error
    else:
        assert done.returncode == 0


def test_backend_that_keras_reports_is_refused(monkeypatch):
    check_backend()
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(RuntimeError, match="Received: the Keras backend 'torch'"):
        check_model(keras.Sequential(small_layers()))


def test_models_of_this_keras_pass():
    functional = keras.Model(inputs := keras.Input((3,)), keras.layers.Dense(2)(inputs))
    for model in (functional, keras.Sequential(small_layers()), Subclassed(), tf.keras.Sequential(small_layers())):
        check_model(model)


def test_tf_keras_model_is_refused_with_both_ways_out():
    legacy_model = type("Model", (), {"__module__": "tf_keras.src.engine.training"})
    users_model = type("Classifier", (legacy_model,), {"__module__": "__main__"})
    with pytest.raises(TypeError, match=r"Received: Classifier, a model of tf_keras") as error:
        check_model(users_model())
    assert "`import keras`" in str(error.value) and "TensorFlow 2.14 with Keras 2.14" in str(error.value)


@pytest.mark.parametrize("thing", [keras.layers.Dense(2), Subclassed, np.zeros((2, 3)), None, lambda x: x])
def test_what_is_no_model_is_refused(thing):
    with pytest.raises(TypeError, match=rf"expected a keras.Model. Received: an object of type {type(thing).__name__}"):
        check_model(thing)
