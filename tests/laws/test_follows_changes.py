"""A calculator that has been used sees every change of its model, score or function that the model itself sees at once."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from zoo import normal, randomised

from kerasal import GradientCalculator, OcclusionCalculator, scores

SLOPE = 1.0
X, Y = normal(4), np.ones((5, 2), "float32")


class Scaled(L.Layer):
    """A layer whose settings are of every kind that users keep on a layer."""

    offset = 0.0

    def __init__(self):
        super().__init__()
        self._factor, self.factors, self.table = 1.0, [1.0, 1.0], np.ones(4, "float32")
        self.config, self.by_name = types.SimpleNamespace(power=1), {"a": 1.0}
        self.shape_it = lambda x: x

    def call(self, x):
        factor = SLOPE * self._factor * self.factors[0] * self.by_name["a"]
        return self.shape_it(factor * (x + self.offset) ** self.config.power * self.table)


class Holder(keras.Model):
    def __init__(self):
        super().__init__()
        self.scaled, self.drop = Scaled(), L.Dropout(0.1)
        self.hidden, self.head = L.Dense(4, "tanh", name="hidden"), L.Dense(2, name="head")

    def call(self, x, training=False):
        return self.head(self.drop(self.hidden(self.scaled(x)), training=training))


def holder():
    model = Holder()
    model(X)
    model.compile("sgd", "mse")
    return randomised(model)


def _globally(_):
    global SLOPE
    SLOPE = 3.0


CHANGES = {
    "activation": lambda model: setattr(model.hidden, "activation", tf.nn.relu),
    "a private number": lambda model: setattr(model.scaled, "_factor", 3.0),
    "an entry of a list": lambda model: model.scaled.factors.__setitem__(0, 3.0),
    "an entry of a dict": lambda model: model.scaled.by_name.__setitem__("a", 3.0),
    "an entry of an array": lambda model: model.scaled.table.__setitem__(1, 3.0),
    "an attribute of an object": lambda model: setattr(model.scaled.config, "power", 2),
    "a function": lambda model: setattr(model.scaled, "shape_it", lambda x: x * x),
    "an attribute of the class": lambda model: setattr(Scaled, "offset", 1.0),
    "an attribute in place of the class's": lambda model: setattr(model.scaled, "offset", 1.0),
    "a global": _globally,
    "weights": lambda model: model.hidden.kernel.assign(model.hidden.kernel * 2),
}


@pytest.fixture(autouse=True)
def put_back():
    yield
    global SLOPE
    SLOPE, Scaled.offset = 1.0, 0.0


@pytest.mark.parametrize("make", [GradientCalculator, OcclusionCalculator])
@pytest.mark.parametrize("change", CHANGES)
def test_of_the_model(change, make):
    model = holder()
    used = make(model, 0)
    before = used.explain(X).values
    CHANGES[change](model)
    after = used.explain(X).values
    assert not np.allclose(after, before)
    np.testing.assert_array_equal(after, make(model, 0).explain(X).values)


def test_of_a_rate_of_dropout():
    model = holder()
    used = GradientCalculator(model, 0)
    before = used.explain(X, train=True, M=5).values
    model.drop.rate = 0.8
    after = used.explain(X, train=True, M=5).values
    assert not np.allclose(after, before)
    np.testing.assert_array_equal(after, GradientCalculator(model, 0).explain(X, train=True, M=5).values)


def test_of_the_compiled_loss():
    model = holder()
    used = GradientCalculator(model, scores.Loss())
    used.explain(X, Y)
    model.compile("sgd", "mae")
    again = GradientCalculator(model, scores.Loss()).explain(X, Y)
    np.testing.assert_array_equal(used.explain(X, Y).scores, again.scores)


def test_of_what_a_score_closes_over():
    model, factors, factor = holder(), [1.0], 1.0

    def of_list(outputs):
        return factors[0] * outputs[:, 0]

    def of_number(outputs):
        return factor * outputs[:, 0]

    used = [GradientCalculator(model, function) for function in (of_list, of_number)]
    before = [each.explain(X).values for each in used]
    factors[0] = factor = 3.0
    for each, was in zip(used, before, strict=True):
        np.testing.assert_allclose(each.explain(X).values, 3 * was, rtol=1e-5)


def test_of_another_model_that_a_function_calls():
    model, other = holder(), holder()
    used = GradientCalculator(model, eval_fun=lambda x: (model(x) + other(x))[:, 0])
    before = used.explain(X).values
    other.scaled._factor = 3.0
    assert not np.allclose(used.explain(X).values, before)


def test_what_training_notes_on_a_model_is_no_change():
    """Else every map of a logger would be traced anew."""
    model = holder()
    model.fit(X, Y, verbose=0)
    used = GradientCalculator(model, 0)
    used.explain(X)
    known = used.traces.of_now()
    model.stop_training = True
    model.fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y))
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)
    assert used.traces.of_now() is known
