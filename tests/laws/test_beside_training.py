"""Training, and everything that draws, is what it is alone while another thread traces models for saliency.

KERASAL_FUZZ=5 traces five times as often.
"""

import random
import threading
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from fuzz import DONE, FACTOR, told
from keras import layers as L
from logged_training import everything
from zoo import normal, randomised

from kerasal import GaussianNoiseSampler, GradientCalculator

X, Y = np.tile(normal(4), (8, 1)), np.arange(40) % 3
TRACES = 15 * FACTOR
"""Of each model, at least."""


def functional():
    """Layers that are called twice, random, of running statistics, and in a model of their own."""
    a, inner = keras.Input((6,)), L.Dense(6, "tanh", name="inner")
    nested = keras.Model(a, L.Dropout(0.2)(inner(inner(a))))
    b = keras.Input((4,))
    return keras.Model(b, L.Dense(3, "softmax")(nested(L.BatchNormalization()(L.Dense(6)(b)))))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.dropout, self.head = L.Dense(6, "tanh"), L.Dropout(0.2), L.Dense(3, "softmax")

    def call(self, x, training=False):
        return self.head(self.dropout(self.hidden(x), training=training))


def compiled(make):
    keras.utils.set_random_seed(3)
    model = make()
    model(X)
    randomised(model).compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def work(model, path):
    """Everything that training and its evaluation give; ended by what the global generators give next."""
    found = []
    for epoch in range(2 + FACTOR):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])  # its functions are made anew
        found += [model.fit(X, Y, batch_size=10, verbose=0).history["loss"], model.evaluate(X, Y, verbose=0)]
        found += [model.predict(X, verbose=0).tolist(), np.asarray(model(X)).tolist()]
        model.save_weights(path / f"{epoch}.weights.h5")
    weights = [weight.tolist() for weight in model.get_weights()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the optimizer, which is another one
        twin = compiled(type(model) if isinstance(model, Subclassed) else functional)
        twin.load_weights(path / f"{epoch}.weights.h5")
    assert [weight.tolist() for weight in twin.get_weights()] == weights
    return found, weights


@pytest.mark.parametrize("make", [functional, Subclassed])
def test_training_that_starts_beside_traces_is_training_alone(make, tmp_path):
    alone = work(compiled(make), tmp_path)
    model, found, traces = compiled(make), [], 0
    thread = threading.Thread(target=lambda: found.append(work(model, tmp_path)))
    with told():
        thread.start()
        while traces < TRACES or thread.is_alive():
            GradientCalculator(model, traces % 3).explain(X[:2], M=2, train=True)
            traces += 1
        thread.join()
    DONE["traces beside training"] += traces
    assert found, "it died"
    assert found[0] == alone


def draws(count, then=lambda number: None):
    """Numbers of every global generator."""
    keras.utils.set_random_seed(5)
    own = np.random.default_rng(1)
    made = [keras.random.SeedGenerator(7)] if hasattr(keras, "random") else []
    found = []
    for number in range(count):
        row = [random.random(), np.random.random(), own.random(), float(tf.random.uniform([]))]
        row += [float(tf.random.get_global_generator().uniform([]))]
        row += [float(keras.random.uniform([])) for _ in made] + [
            float(keras.random.uniform([], seed=seed)) for seed in made
        ]
        found.append(row)
        then(number)
    return found


def test_nothing_is_drawn_twice_or_left_out_beside_traces():
    model, done = compiled(functional), threading.Event()
    tf.random.set_global_generator(tf.random.Generator.from_seed(2))

    def explain():
        try:
            for score in range(9):
                how = {"M": 2, "train": True, "noise_sampler": GaussianNoiseSampler()}
                GradientCalculator(model, score % 3).explain(X[:2], **how)
        finally:
            done.set()

    thread = threading.Thread(target=explain)
    beside = draws(300, lambda number: thread.start() if number == 0 else done.wait(0.002))
    thread.join()
    tf.random.set_global_generator(tf.random.Generator.from_seed(2))
    assert draws(300) == beside


class Augmented(getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence):
    """Rows with noise from the global generator of NumPy, drawn in a thread of Keras'."""

    def __init__(self, **how):
        super().__init__(**how)
        self.drawn = []

    def __len__(self):
        return 60

    def __getitem__(self, number):
        self.drawn.append(np.random.random())
        return X[number % 40 : number % 40 + 1] + self.drawn[-1], Y[number % 40 : number % 40 + 1]


def test_a_loader_of_data_draws_what_it_draws_without_a_logger(tmp_path):
    """Also beside the first map, which is traced after the first batch of a model that is not built before."""
    ends = []
    for folder in (None, None, tmp_path):
        keras.utils.set_random_seed(0)
        threads = {"workers": 1, "use_multiprocessing": False}
        data = Augmented(**threads) if hasattr(keras.utils, "PyDataset") else Augmented()
        model = keras.Sequential([L.Dense(6, "relu"), L.Dropout(0.3), L.Dense(3, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        loggers = [everything(folder, X[:2], Y[:2], on_error="raise")] if folder else []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model.fit(
                data,
                epochs=2,
                shuffle=False,
                verbose=0,
                callbacks=loggers,
                **({} if hasattr(keras.utils, "PyDataset") else threads),
            )
        ends.append((data.drawn[:120], [weight.tolist() for weight in model.get_weights()]))
    assert len(set(ends[0][0])) == len(ends[0][0]) >= 120
    assert ends[0] == ends[1], "two plain runs must agree, or this test says nothing"
    assert ends[0] == ends[2]
