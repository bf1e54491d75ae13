"""Everything of a model and of the random state that must be bit-identical before and after."""

import contextlib
import random

import keras
import numpy as np
import tensorflow as tf
from zoo import ZOO

TRAINED = ("cnn", "table", "lstm", "losses", "mixed", "graph call")


def layers_of(model):
    return list(model._flatten_layers())


def holds(value):
    """What an attribute is, and what it holds where it is a plain container."""
    if isinstance(value, dict):
        return id(value), [(key, id(entry)) for key, entry in value.items()]
    if isinstance(value, (list, tuple, set)):
        return id(value), [id(entry) for entry in value]
    return id(value)


def snapshot(model):
    """Everything that must not change, as comparable parts by name."""
    optimizer = getattr(model, "optimizer", None)
    variables = optimizer.variables if optimizer else []
    layers = layers_of(model)
    return {
        "attributes": {(i, key): holds(value) for i, layer in enumerate(layers) for key, value in vars(layer).items()},
        "variables": [np.asarray(variable).tobytes() for variable in model.variables],
        "optimizer": [np.asarray(v).tobytes() for v in (variables() if callable(variables) else variables)],
        "flags": [(layer.trainable, layer.built) for layer in layers],
        "eager losses": [[id(loss) for loss in getattr(layer, "_eager_losses", [])] for layer in layers],
        "python": random.getstate(),
        "numpy": [np.asarray(part).tolist() for part in np.random.get_state()],
        "tensorflow": tf.random.get_global_generator().state.numpy().tolist(),
    }


def next_draws():
    """What the global generators of TensorFlow and Keras would give next."""
    draws = [tf.random.uniform([2]), tf.random.normal([2], seed=3)]
    if hasattr(keras, "random"):
        draws.append(keras.random.uniform([2]))
    return [np.asarray(draw).tolist() for draw in draws]


@contextlib.contextmanager
def unchanged(model):
    keras.utils.set_random_seed(11)
    expected = next_draws()
    keras.utils.set_random_seed(11)
    losses = [float(loss) for loss in model.losses]
    before, alive = snapshot(model), [dict(vars(layer)) for layer in layers_of(model)]  # alive: no id is used again
    yield
    assert len(alive) == len(layers_of(model))
    after = snapshot(model)
    for part, value in before.items():
        if isinstance(value, dict):
            now = after[part]
            assert {
                k: (value.get(k), now.get(k)) for k in value.keys() | now.keys() if value.get(k) != now.get(k)
            } == {}
        assert after[part] == value, part
    assert [float(loss) for loss in model.losses] == losses
    assert next_draws() == expected
    assert not any("call" in vars(layer) for layer in layers_of(model))


def prepared(name):
    """A fresh model that has been used: called, predicted with and, for some kinds, trained for a step."""
    case, model = ZOO[name], ZOO[name].build()
    if name in TRAINED:
        model.compile("adam", "mse")
        model.train_on_batch(case.x, np.eye(model.output_shape[-1], dtype="float32")[case.y])
        model.predict_on_batch(case.x)
    model(case.x)
    return case, model
