"""Measures in training: the numbers are those of the measure itself, at the weights of the step; training is not touched."""

import keras
import numpy as np
import pytest
from event_files import Logs
from logged_training import RUN, everything
from three_parts import refused

from kerasal import load_run, recipes
from kerasal.metrics import Completeness, Complexity, Deletion, RandomizationCheck

RNG = np.random.default_rng(0)
X, Y = RNG.random((30, 6, 5, 2)).astype("float32"), RNG.integers(0, 3, 30)


def network():
    keras.utils.set_random_seed(0)
    body = [keras.layers.Conv2D(3, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((6, 5, 2)), *body])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def fit(model, *callbacks):
    model.fit(X, Y, epochs=2, batch_size=10, callbacks=list(callbacks), verbose=0, shuffle=False)
    return model.get_weights()


def test_numbers_are_those_of_the_measures(tmp_path):
    recipe = recipes.integrated_gradients(steps=8, ch_axis=-1)
    measures = [
        lambda model: Deletion(model, fill="mean"),
        Complexity(),
        Completeness(),
        lambda model: RandomizationCheck(model, recipes.vanilla(ch_axis=-1)),
    ]
    model = network()
    left = fit(model, everything(tmp_path, X[:4], recipe=recipe, measures=measures))
    for one, other in zip(left, fit(network()), strict=True):
        np.testing.assert_array_equal(one, other)
    run, result = load_run(tmp_path), recipe.explain(model, X[:4])
    np.testing.assert_allclose(
        run.number("deletion_fill_mean")[-1], Deletion(model, fill="mean")(X[:4], result).values, rtol=1e-5
    )
    np.testing.assert_allclose(run.number("complexity")[-1], Complexity()(None, result).values, rtol=1e-5)
    np.testing.assert_allclose(run.number("completeness")[-1], result.relative_gap, atol=1e-6)
    assert run.number("randomization_check_from_the_output_down").shape == (3, 4)
    scalars = Logs(tmp_path).scalars[RUN]["saliency/deletion_fill_mean"]
    np.testing.assert_allclose(list(scalars.values()), run.number("deletion_fill_mean").mean(1), rtol=1e-5)


def test_what_cannot_be_measured_stops_before_training(tmp_path):
    with refused("Deletion", "Complexity"):
        everything(tmp_path, X[:2], measures=["deletion"])
    for measures, words in (
        ([Completeness()], "integrated gradients"),
        ([lambda model: 3], "gives a measure"),
        ([Complexity(), Complexity()], "complexity"),
    ):
        with refused(words):
            fit(network(), everything(tmp_path, X[:2], measures=measures))
    assert not list(tmp_path.iterdir())


def test_without_value_without_number(tmp_path):
    class Zero(keras.layers.Layer):
        def call(self, x):
            return 0 * x

    model = keras.Sequential([keras.Input((6, 5, 2)), Zero(), keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.warns(UserWarning, match="0 everywhere"):
        fit(model, everything(tmp_path, X[:2], measures=Complexity()))
    with pytest.raises(KeyError):
        load_run(tmp_path).number("complexity")
