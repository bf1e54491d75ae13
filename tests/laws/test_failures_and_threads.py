"""Nothing is left behind when the user's code raises, and another thread's predictions are its own."""

import concurrent.futures
import threading

import keras
import numpy as np
import pytest
from every_calculator import METHODS, WAYS
from snapshots import layers_of, prepared, unchanged
from zoo import IMAGE, ZOO, normal, randomised
from zoo_models import any_size

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


def question(number, method):
    """Arguments of a call, other ones in each thread: sizes, examples, samples, seeds, batch sizes, what is random."""
    shape = IMAGE.shape[1:] if method in ("expected", "deep shap") else (5 + number % 2, 4, 2)
    x = normal(*shape, seed=number)[: 1 + number % 5]
    how = {"seed": number, "M": 2 + number % 3, "batch_size": (None, 1, 4)[number % 3], "first_example": number}
    return x, {**how, "train": number % 2 > 0, "noise_sampler": NOISE}


@pytest.mark.parametrize("method", WAYS)
def test_threads_share_a_calculator(method):
    """Eight threads, each with calls of its own, also while the programs are traced: the very numbers of one thread."""
    model = randomised(any_size())
    shared, alone = METHODS[method].make(model), METHODS[method].make(model)
    begin = threading.Barrier(8)

    def explain(number):
        x, how = question(number, method)
        begin.wait()
        return [shared.explain(x, **how) for _ in range(2)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(explain, range(8)))
    for number in range(8):
        x, how = question(number, method)
        expected = (shared, alone)[number % 2].explain(x, **how)  # a new program for half of them
        for each in found[number]:
            assert each.M == expected.M
            for part in ("values", "std", "scores", "completeness_gap"):
                one, other = getattr(each, part), getattr(expected, part)
                assert (one is None) == (other is None)
                if other is not None:
                    np.testing.assert_array_equal(one, other)
    assert not any("call" in vars(layer) for layer in layers_of(model))
