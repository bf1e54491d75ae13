"""A trace puts back what calls of layers set, and nothing that anybody else sets meanwhile."""

import random
import threading

import keras
import numpy as np
from keras import layers as L
from zoo import normal

from kerasal import GradientCalculator

X = normal(4)


class Noting(keras.Model):
    """Counts its calls, keeps what passed, and tells somebody else."""

    def __init__(self, somebody):
        super().__init__()
        self.head, self.count, self.rate, self.somebody = L.Dense(2), 0, 0.1, somebody

    def call(self, x):
        self.count += 1
        self.last = x
        self.somebody()
        return self.head(x)


def explained(somebody):
    """A model that was traced for saliency while somebody else did something."""
    model = Noting(lambda: None)
    model(X)
    del model.last
    model.count, model.somebody = 0, lambda: somebody(model)
    GradientCalculator(model, 0).explain(X)
    return model


def test_what_the_call_sets_is_put_back():
    model = explained(lambda model: None)
    assert model.count == 0 and not hasattr(model, "last")


def test_what_others_set_stays():
    """A stop button, a schedule, a training that begins in another thread, a signal handler."""

    def elsewhere(model):
        model.stop_training, model.train_function, model.rate, model.flag = True, len, 0.3, "new"

    def in_a_thread(model):
        thread = threading.Thread(target=elsewhere, args=(model,))
        thread.start()
        thread.join()

    for somebody in (elsewhere, in_a_thread):
        model = explained(somebody)
        assert model.stop_training and model.train_function is len
        assert model.rate == 0.3 and model.flag == "new"


class Tells(L.Layer):
    """Tells somebody else of its first call."""

    somebody = None

    def call(self, x):
        somebody, self.somebody = self.somebody, None
        if somebody is not None:
            somebody()
        return 2.0 * x


def test_a_model_that_is_built_on_this_one_meanwhile_stays():
    """As a head for transfer learning is, in another thread."""
    inputs, tells = keras.Input((4,)), Tells()
    model, built = keras.Model(inputs, L.Dense(2)(tells(L.Dense(3)(inputs)))), []

    def build():
        other = keras.Input((4,))
        built.append((other, model(other)))

    def in_a_thread():
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()

    tells.somebody = in_a_thread
    found = GradientCalculator(model, 0).explain(X)
    larger = keras.Model(built[0][0], L.Dense(1)(built[0][1]))
    larger.compile("sgd", "mse")
    larger.fit(X, np.ones((5, 1)), verbose=0)
    assert found.values.shape == X.shape and len(larger.predict(X, verbose=0)) == 5


def test_no_number_is_drawn_twice_from_the_global_generators():
    drawn = []

    def draws(model):
        drawn.append((np.random.random(), random.random()))

    explained(draws)
    draws(None)
    assert len(drawn) > 1
    assert len({one for one, _ in drawn}) == len({other for _, other in drawn}) == len(drawn)
