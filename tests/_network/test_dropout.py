"""Monte-Carlo dropout: which layers are on, and the distribution of each in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import find
from closed_forms import levels, linear, ones, samples_of, summed
from keras import layers as L
from zoo import ZOO, built, randomised
from zoo_layers import DrawsByItself, FrozenBase, PassesNothing, UpdatesInTraining

from kerasal import GradientCalculator
from kerasal._network.dropout import is_random
from kerasal._network.known_graphs import is_plain_graph
from kerasal._network.layer_tree import layers_of
from kerasal._network.random_layers import random_layers

M = 2000


def _with_a_base(called):
    a = keras.Input((50,))
    base = keras.Model(a, L.Dropout(0.5)(a), name="base")
    base.trainable = called != "frozen"
    x = inputs = keras.Input((50,))
    x = base(x, training=False) if called == "training=False" else base(x)
    return keras.Model(inputs, L.Dropout(0.25)(x))


@pytest.mark.parametrize("called", ["training=False", "as fit does", "frozen", "in user code"])
def test_on_is_what_keras_makes_random(called):
    """The slopes are those of the model in training mode; whether training=False stays differs between Keras 2 and 3."""
    model = FrozenBase() if called == "in user code" else _with_a_base(called)
    by_keras = levels(np.concatenate([model(ones(50), training=True) for _ in range(5)]))
    whole = summed(model, shape=(50,))
    if by_keras == [1]:
        with pytest.raises(ValueError, match="train={"):
            samples_of(whole, ones(50))
    else:
        assert levels(samples_of(whole, ones(50))) == by_keras


def test_training_is_passed_down_as_keras_does():
    """y = Σ drop(x) x: dy/dx = mask/(1-p) x + mask/(1-p) x = 0 or 8/3 at x = 1."""
    model = PassesNothing()
    model(ones(50))
    assert levels(samples_of(model, ones(50))) == [0, 2.6667]


def test_batch_normalization_stays_in_inference():
    model = randomised(summed(L.BatchNormalization(name="norm"), L.Dropout(0.25), shape=(3,)))
    gamma, _, _, variance = (np.asarray(weight) for weight in find(model, "norm").weights)
    slope = gamma / np.sqrt(variance + find(model, "norm").epsilon)
    x = np.array([[1, -2, 30], [4, 0, 7]], "float32")
    assert levels(samples_of(model, x) / slope) == [0, 1.3333]


def test_random_images_and_changing_state_stay_in_inference():
    """Only the dropout is on: the weights seen are neither flipped nor divided by a new norm."""
    convolution = L.Conv2D(1, (4, 3), use_bias=False)
    if not keras.__version__.startswith("2."):  # Keras 2 cannot fit with it: a Python `if` over a tensor
        convolution = L.SpectralNormalization(convolution)
    model = randomised(summed(L.RandomFlip(), L.Dropout(0.25), UpdatesInTraining(), convolution, shape=(4, 3, 2)))
    before = [np.asarray(variable) for variable in model.variables]
    clean = samples_of(model, ones(4, 3, 2), M=1, train=False)
    assert levels(samples_of(model, ones(4, 3, 2)) / clean) == [0, 1.3333]
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), value)


def test_nothing_is_on_without_train():
    model = summed(L.Dropout(0.5), L.GaussianNoise(1.0), shape=(4,))
    np.testing.assert_array_equal(samples_of(model, ones(4), M=1, train=False), np.ones((1, 2, 4)))


def test_m_is_30_when_something_is_random():
    calculator = GradientCalculator(summed(L.Dropout(0.5), shape=(4,)))
    assert (calculator.explain(ones(4), train=True).M, calculator.explain(ones(4)).M) == (30, 1)


@pytest.mark.parametrize("where", ["dense", "outer/dense"])
def test_dropout_behind_a_named_layer(where):
    a = keras.Input((3,))
    outer = keras.Model(a, L.Dense(40, use_bias=False, kernel_initializer="ones", name="dense")(a), name="outer")
    model = summed(outer, L.Dropout(0.9), shape=(3,))
    samples = samples_of(model, ones(3), M=400, train={where: 0.2})  # Σ of 40 kept with .8, each worth 1.25
    assert samples.min() < 40 < samples.max()
    np.testing.assert_allclose(samples.mean(), 40, atol=6 * np.sqrt(40 * 0.25 / 800))
    np.testing.assert_allclose(samples[..., 0].var(), 40 * 0.25, rtol=0.3)
    np.testing.assert_allclose(samples / 1.25, (samples / 1.25).round(), atol=1e-4)  # its own dropout of .9 is off


def test_a_layer_that_draws_by_itself_warns():
    calculator = GradientCalculator(summed(DrawsByItself(name="selfish"), L.Dropout(0.5), shape=(4,)))
    with pytest.warns(UserWarning, match="selfish"):
        saliency = calculator.explain(ones(4), M=3, train=True)
    assert list(saliency.unpaired) == ["selfish"]


def test_a_rate_for_a_layer_without_dropout_of_its_own():
    samples = samples_of(linear(np.eye(3, dtype="float32") * 2), ones(3), train={"linear": 0.5}, score=1)
    assert levels(samples) == [0, 4] and not samples[..., [0, 2]].any()


P, ALPHA = 0.2, 1.6732632423543772 * 1.0507009873554805
SELU = ((1 - P) * (1 + P * ALPHA**2)) ** -0.5
FAMILY = {  # layer, power of the sum, mean and variance of dy/dx at x = 1
    "dropout": (L.Dropout(P), 1, 1, P / (1 - P)),
    "spatial 1d": (L.SpatialDropout1D(P), 1, 1, P / (1 - P)),
    "gaussian dropout": (L.GaussianDropout(P), 1, 1, P / (1 - P)),
    "gaussian noise": (L.GaussianNoise(0.3), 2, 2, 4 * 0.3**2),
    "alpha": (L.AlphaDropout(P), 1, SELU * (1 - P), SELU**2 * P * (1 - P)),
}


@pytest.mark.parametrize("name", FAMILY)
def test_moments_of_the_dropout_family(name):
    layer, power, mean, variance = FAMILY[name]
    saliency = GradientCalculator(summed(layer, shape=(5, 2), power=power)).explain(ones(5, 2), M=M, train=True)
    assert np.abs(saliency.values - mean).max() < 6 * np.sqrt(variance / M)
    np.testing.assert_allclose(saliency.std**2, np.full((2, 5, 2), variance), rtol=0.25)


def test_spatial_dropout_drops_whole_channels():
    for layer, shape in ((L.SpatialDropout1D(0.4), (5, 8)), (L.SpatialDropout2D(0.4), (3, 4, 8))):
        samples = samples_of(summed(layer, shape=shape), ones(*shape))
        flat = samples.reshape(40, 2, -1, 8)
        assert np.all(flat == flat[:, :, :1]) and levels(flat) == [0, 1.6667]


def test_dropout_with_a_noise_shape():
    samples = samples_of(summed(L.Dropout(0.25, noise_shape=(None, 1, 4)), shape=(6, 4)), ones(6, 4))
    assert np.all(samples == samples[:, :, :1]) and levels(samples) == [0, 1.3333]
    assert not np.all(samples == samples[..., :1])


@pytest.mark.parametrize("name", ZOO)
def test_a_graph_of_kerass_layers_need_not_be_traced_to_know_what_is_random(name):
    """What its list of layers says is what a pass in training mode shows."""
    case, model = ZOO[name], built(name)
    if not is_plain_graph(model):
        pytest.skip("has layers that are not Keras' own, recurrent ones or attention: it is traced")
    specs = [tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype) for leaf in tf.nest.flatten(case.x)]
    keyed, unpaired = random_layers(
        model, lambda leaves: model(tf.nest.pack_sequence_as(case.x, leaves), training=False), [specs]
    )
    assert not unpaired and set(keyed) == {layer for layer in layers_of(model) if is_random(layer)}
