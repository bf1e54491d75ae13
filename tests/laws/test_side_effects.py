"""Nothing is left behind: the user's model, optimizer and random state are bit-identical before and after."""

import concurrent.futures
import contextlib
import random
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from zoo import ZOO
from zoo_layers import CountsCalls

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor

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


@pytest.mark.parametrize("name", ZOO)
def test_explaining_changes_nothing(name):
    case, model = prepared(name)
    noise = GaussianNoiseSampler()
    target = LayerExtractor("inner")
    with unchanged(model):
        calculator = GradientCalculator(model, case.score, target if case.target else None)
        calculator.explain(case.x)
    with unchanged(model):
        calculator.explain(case.x, M=2, noise_sampler=noise)
    if case.dropout:
        with unchanged(model):
            calculator.explain(case.x, M=3, noise_sampler=noise, train=True, batch_size=4)
    with unchanged(model):
        GradientCalculator(model, case.score, target).compute(case.x, M=2, train={"inner": 0.5})


def test_a_layer_that_counts_its_calls_is_set_back():
    inputs = keras.Input((6,))
    x = keras.layers.Dropout(0.5)(CountsCalls()(keras.layers.Dense(4, name="inner")(inputs)))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    model(np.ones((2, 6), "float32"))
    for target in (None, LayerExtractor("inner")):
        with unchanged(model):
            GradientCalculator(model, target_extractor=target).explain(np.ones((3, 6), "float32"), M=4, train=True)


def test_dropout_of_a_trained_model_goes_on_as_if_nothing_was():
    """Training after an explanation draws the very masks it would have drawn."""
    results = []
    for explained in (False, True):
        keras.utils.set_random_seed(5)
        case, model = prepared("cnn")
        if explained:
            GradientCalculator(model).explain(case.x, M=2, noise_sampler=GaussianNoiseSampler(), train=True)
        for _ in range(2):
            model.train_on_batch(case.x, np.eye(4, dtype="float32")[case.y])
        results.append([np.asarray(weight).tobytes() for weight in model.weights])
    assert results[0] == results[1]


class UsersError(Exception):
    pass


class Breaks(keras.layers.Layer):
    broken = False

    def call(self, x):
        if self.broken:
            raise UsersError("from the user's layer")
        return x


def _raise(*_):
    raise UsersError("from the user's function")


@pytest.mark.parametrize("name", ["cnn", "lstm", "losses", "graph call", "nested"])
@pytest.mark.parametrize("kind", ["eval_fun", "score", "late"])
def test_nothing_changes_when_the_users_function_raises(name, kind):
    case, model = prepared(name)

    def late(*inputs):
        model(*inputs)
        _raise()

    how = {"eval_fun": {"eval_fun": _raise}, "score": {"score": _raise}, "late": {"eval_fun": late}}[kind]
    with unchanged(model), pytest.raises(UsersError, match="from the user's function"):
        calculator = GradientCalculator(model, target_extractor=LayerExtractor("inner"), **how)
        calculator.explain(case.x, M=2, noise_sampler=GaussianNoiseSampler(), train=case.dropout)
    good = GradientCalculator(model, target_extractor=LayerExtractor("inner")).explain(case.x)
    assert np.isfinite(good.values).all()


def test_nothing_changes_when_a_layer_raises_while_it_is_traced(monkeypatch):
    inputs = keras.Input((6,))
    x = keras.layers.Dropout(0.5)(keras.layers.Dense(4, name="inner")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(Breaks()(x)))
    calculator = GradientCalculator(model, target_extractor=LayerExtractor("inner"))
    monkeypatch.setattr(Breaks, "broken", True)
    with unchanged(model), pytest.raises(UsersError, match="from the user's layer"):
        calculator.explain(np.ones((2, 6), "float32"), train=True)


def test_a_call_of_the_users_own_is_put_back():
    case, model = prepared("cnn")
    inner = next(layer for layer in layers_of(model) if layer.name == "inner")
    original = inner.call
    inner.__dict__["call"] = mine = lambda x: 2.0 * original(x)
    GradientCalculator(model, target_extractor=LayerExtractor("inner")).explain(case.x, train=True, M=2)
    assert inner.__dict__["call"] is mine


@pytest.mark.parametrize("name", ["cnn", "table", "subclassed softmax", "graph call", "lstm", "losses"])
def test_another_thread_predicts_the_same_all_the_while(name):
    """Also where its function is first traced meanwhile: the expected numbers are those of a twin."""
    case = ZOO[name]
    model, twin = case.build(), case.build()
    expected = twin.predict_on_batch(case.x), np.asarray(twin(case.x))
    wrong, rounds, stop = [], [0], threading.Event()

    def predict():
        while not stop.is_set():
            got = model.predict_on_batch(case.x), np.asarray(model(case.x))
            wrong.extend(i for i in (0, 1) if got[i].tobytes() != expected[i].tobytes())
            rounds[0] += 1

    pool = concurrent.futures.ThreadPoolExecutor(1)
    predicting = pool.submit(predict)
    try:
        for target in (LayerExtractor("inner"), None, LayerExtractor("inner")):
            target = LayerExtractor("inner") if case.target else target
            calculator = GradientCalculator(model, target_extractor=target)
            alone = calculator.explain(case.x, M=2, noise_sampler=GaussianNoiseSampler(), train=True)
            again = calculator.explain(case.x, M=2, noise_sampler=GaussianNoiseSampler(), train=True)
            np.testing.assert_array_equal(alone.values, again.values)
    finally:
        stop.set()
        predicting.result()
    assert not wrong and rounds[0] > 1
    assert not any("call" in vars(layer) for layer in layers_of(model))
