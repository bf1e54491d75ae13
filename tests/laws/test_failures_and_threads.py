"""Nothing is left behind when the user's code raises, and another thread's predictions are its own."""

import concurrent.futures
import threading

import keras
import numpy as np
import pytest
from snapshots import layers_of, prepared, unchanged
from zoo import ZOO

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor

NOISE = GaussianNoiseSampler()


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


@pytest.mark.parametrize("name", ["cnn", "losses", "graph call"])
@pytest.mark.parametrize("kind", ["eval_fun", "score", "late"])
def test_nothing_changes_when_the_users_function_raises(name, kind):
    case, model = prepared(name)

    def late(*inputs):
        model(*inputs)
        _raise()

    how = {"eval_fun": {"eval_fun": _raise}, "score": {"score": _raise}, "late": {"eval_fun": late}}[kind]
    with unchanged(model), pytest.raises(UsersError, match="from the user's function"):
        calculator = GradientCalculator(model, target_extractor=LayerExtractor("inner"), **how)
        calculator.explain(case.x, M=2, noise_sampler=NOISE, train=case.dropout)
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


@pytest.mark.parametrize("name", ["cnn", "subclassed softmax", "graph call", "lstm", "losses"])
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
        for target in [LayerExtractor("inner")] if case.target else [LayerExtractor("inner"), None]:
            calculator = GradientCalculator(model, target_extractor=target)
            alone = calculator.explain(case.x, M=2, noise_sampler=NOISE, train=True)
            again = calculator.explain(case.x, M=2, noise_sampler=NOISE, train=True)
            np.testing.assert_array_equal(alone.values, again.values)
    finally:
        stop.set()
        predicting.result()
    assert not wrong and rounds[0] > 1
    assert not any("call" in vars(layer) for layer in layers_of(model))
