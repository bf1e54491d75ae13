"""DeepLIFT by the rescale rule: Captum's numbers, closed forms, sums that are exact, and what is refused by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from rule_networks import rebuild, stored
from three_parts import refused
from zoo import randomised

from kerasal import (
    Background,
    DeepLIFTCalculator,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
)

SHAPE = (6, 5, 2)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


IMAGES, LOW = normal(3, *SHAPE), 0.3 * normal(3, *SHAPE, seed=4)


def test_captum():
    """0.9: a LeNet with BatchNormalization, max and average pooling and a sum; an own baseline each, and a batch of baselines."""
    x, classes, model = stored()["x"], stored()["classes"].tolist(), rebuild()
    np.testing.assert_allclose(np.asarray(model(x)), stored()["logits"], atol=1e-5)
    for name, baseline in {
        "deep_lift": stored()["baseline"],
        "deep_lift_shap": Background(stored()["background"]),
    }.items():
        found = DeepLIFTCalculator(model, classes, baseline=baseline).explain(x)
        np.testing.assert_allclose(found.values, stored()[f"captum.{name}"], atol=1e-6)
        assert np.abs(found.completeness_gap).max() < 1e-6


def test_one_layer_of_relus():
    """Σ v Δrelu(z) ÷ Δz · w (x − b), also where a baseline makes the unit sleep or the target does."""
    w, c, v = normal(4, 7, seed=1), normal(7, seed=2), normal(7, 2, seed=3)
    model = keras.Sequential([keras.Input((4,)), L.Dense(7, "relu"), L.Dense(2)])
    model.set_weights([w, c, v, np.array([0.5, -0.3])])
    x, b = normal(5, 4, seed=6), normal(4, seed=7)
    z, z0 = x @ w + c, b @ w + c
    multipliers = (np.maximum(z, 0) - np.maximum(z0, 0)) / (z - z0)
    expected = np.einsum("nj,jk,ij,ni->nki", multipliers, v, w, x - b)
    assert distance(DeepLIFTCalculator(model, "all", baseline=b).explain(x).values, expected) < 1e-6


class Hard(L.Layer):
    """Functions of one number that are written by hand, by comparing, choosing and multiplying."""

    def call(self, x):
        parts = [x * tf.nn.relu6(x + 3) / 6, tf.where(x > 0, x, 0.1 * tf.exp(x)), tf.maximum(x, 0.2 * x)]
        return tf.concat([*parts, x * tf.cast(x > 0.1, x.dtype), x * x * x, 1 / (2 + tf.abs(x))], -1)


NUMPY = [
    lambda x: x * np.clip(x + 3, 0, 6) / 6,
    lambda x: np.where(x > 0, x, 0.1 * np.exp(x)),
    lambda x: np.maximum(x, 0.2 * x),
    lambda x: x * (x > 0.1),
    lambda x: x**3,
    lambda x: 1 / (2 + np.abs(x)),
]
ACTIVATIONS = [
    "relu",
    "elu",
    "selu",
    "sigmoid",
    "tanh",
    "softplus",
    "softsign",
    "gelu",
    "swish",
    "exponential",
    "hard_sigmoid",
]


def test_every_element_wise_function_hands_on_by_its_difference():
    inputs = keras.Input((1,))
    own = [L.Activation(name)(inputs) for name in ACTIVATIONS] + [
        L.LeakyReLU()(inputs),
        L.PReLU()(inputs),
        Hard()(inputs),
    ]
    model = randomised(keras.Model(inputs, L.Concatenate()(own)))
    x, b = np.array([[-3.5], [-0.7], [0.02], [0.4], [2.0], [4.0]], "float32"), 0.15
    found = DeepLIFTCalculator(model, "all", baseline=b).explain(x)
    expected = np.asarray(model(x)) - np.asarray(model(np.full_like(x, b)))
    np.testing.assert_allclose(found.values[..., 0], expected, atol=2e-6)
    by_hand = np.concatenate([each(x) - each(b) for each in NUMPY], -1)
    np.testing.assert_allclose(found.values[:, -6:, 0], by_hand, atol=1e-5)


def test_a_product_is_divided_as_shapley_does():
    """x y, x ÷ y and max(x, y) of two inputs: each has the mean of what it changes, before and after the other."""
    pair = [keras.Input((1,), name="a"), keras.Input((1,), name="b")]

    def three(parts):
        return tf.concat([parts[0] * parts[1], parts[0] / parts[1], tf.maximum(parts[0], parts[1])], -1)

    model = keras.Model(pair, L.Lambda(three, output_shape=(3,))(pair))
    x, y, x0, y0 = np.array([[2.0], [-1.0]]), np.array([[3.0], [5.0]]), 0.5, 1.5
    targets = [InputExtractor("a"), InputExtractor("b")]
    found = DeepLIFTCalculator(model, "all", targets, baseline=[x0, y0]).explain([x, y])
    for place, f in enumerate((lambda x, y: x * y, lambda x, y: x / y, np.maximum)):
        of_x = (f(x, y) - f(x0, y) + f(x, y0) - f(x0, y0)) / 2
        of_y = (f(x, y) - f(x, y0) + f(x0, y) - f(x0, y0)) / 2
        np.testing.assert_allclose(found[0].values[:, place], of_x, atol=1e-6)
        np.testing.assert_allclose(found[1].values[:, place], of_y, atol=1e-6)


class Squeezed(keras.Model):
    """A subclassed model: depthwise and strided convolutions, channels weighed by a gate."""

    def __init__(self):
        super().__init__()
        self.first, self.depth = L.Conv2D(4, 3, padding="same", activation="gelu"), L.DepthwiseConv2D((2, 3), strides=2)
        self.gate, self.largest, self.head = L.Dense(4, "sigmoid"), L.GlobalMaxPooling2D(), L.Dense(3)

    def call(self, x):
        x = tf.nn.elu(self.depth(self.first(x)))
        x = x * self.gate(tf.reduce_mean(x, (1, 2)))[:, None, None]
        return self.head(self.largest(x) - 0.5 * tf.reduce_mean(x, (1, 2)))


def nested():
    inner = keras.Sequential([keras.Input((6, 5, 3)), L.Conv2DTranspose(2, 2), L.BatchNormalization(), L.LeakyReLU()])
    body = [
        L.Conv2D(3, 1),
        inner,
        L.UpSampling2D(2, interpolation="bilinear"),
        L.ZeroPadding2D(1),
        L.Cropping2D((1, 2)),
    ]
    return keras.Sequential([keras.Input(SHAPE), *body, L.AveragePooling2D(3, 2, "same"), L.Flatten(), L.Dense(3)])


def functional():
    inputs = keras.Input(SHAPE)
    x = L.SeparableConv2D(4, 3, activation="swish")(L.Rescaling(2.0, -0.5)(inputs))
    x = L.Conv2D(4, 2, dilation_rate=2, padding="same")(x)
    x = L.Permute((2, 1, 3))(L.BatchNormalization()(x))
    x = L.Concatenate()([L.Activation("tanh")(x), L.ReLU(6.0)(x)])
    parts = [L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)]
    return keras.Model(inputs, L.Dense(3)(L.Subtract()(parts)))


class Normalized(L.Layer):
    """Each position less its mean, divided by its deviation."""

    def call(self, x):
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) / tf.sqrt(variance + 0.1)


def in_time():
    body = [
        L.Reshape((6, 10)),
        L.Conv1D(4, 2, padding="causal", activation="softplus"),
        L.TimeDistributed(L.Dense(3, "relu")),
    ]
    return keras.Sequential([keras.Input(SHAPE), *body, L.MaxPooling1D(2, 1), Normalized(), L.Flatten(), L.Dense(3)])


@pytest.mark.parametrize("make", [Squeezed, nested, functional, in_time])
def test_values_add_up_to_the_last_digits(make):
    """Σ values = f(x) − f(b) of networks of every kind, for three classes; without a gap told."""
    model = make()
    model(IMAGES)
    randomised(model)
    found = DeepLIFTCalculator(model, "all", baseline=LOW).explain(IMAGES)
    owed = np.asarray(model(IMAGES)) - np.asarray(model(LOW))
    np.testing.assert_allclose(found.values.sum((2, 3, 4)), owed, atol=2e-5 * np.abs(owed).max())
    assert np.abs(found.completeness_gap).max() < 1e-5 * np.abs(owed).max()
    np.testing.assert_allclose(found.base_scores, np.asarray(model(LOW)), atol=1e-4)


def test_several_baselines_are_the_mean_of_each():
    model = randomised(nested())
    several = DeepLIFTCalculator(model, 1, baseline=Background(LOW)).explain(IMAGES, batch_size=2).values
    each = [DeepLIFTCalculator(model, 1, baseline=low).explain(IMAGES).values for low in LOW]
    assert distance(several, np.mean(each, 0)) < 1e-5


def test_a_layer_is_explained_as_the_rest_of_the_model_is():
    model = randomised(functional())
    layer = next(each for each in model.layers if isinstance(each, L.BatchNormalization))
    rest = keras.Model(layer.output, model.output)
    features = np.asarray(keras.Model(model.input, layer.output)(IMAGES))
    found = DeepLIFTCalculator(model, 2, LayerExtractor(layer), baseline=0.2).explain(IMAGES)
    assert distance(found.values, DeepLIFTCalculator(rest, 2, baseline=0.2).explain(features).values) < 1e-6


def test_a_linear_model_has_its_gradient():
    model = randomised(keras.Sequential([keras.Input(SHAPE), L.Conv2D(3, 2), L.Flatten(), L.Dense(2)]))
    gradient = GradientCalculator(model, 0).explain(IMAGES).values
    assert distance(DeepLIFTCalculator(model, 0, baseline=LOW).explain(IMAGES).values, gradient * (IMAGES - LOW)) < 1e-6


def test_what_is_masked_stays_so():
    """Steps that a Masking layer leaves out are as if they were not there, whatever the baseline has at them."""
    layers = [L.Dense(4, "relu"), L.GlobalAveragePooling1D(), L.Dense(2)]
    masked = randomised(keras.Sequential([keras.Input((6, 3)), L.Masking(), *layers]))
    plain, x, b = keras.Sequential([keras.Input((4, 3)), *layers]), normal(3, 6, 3), normal(3, 6, 3, seed=5)
    x[:, 4:] = 0
    for baseline, rest in ((b, b[:, :4]), (b[0], b[0, :4]), (Background(b), Background(b[:, :4]))):
        found = DeepLIFTCalculator(masked, 1, baseline=baseline).explain(x).values
        assert distance(found[:, :4], DeepLIFTCalculator(plain, 1, baseline=rest).explain(x[:, :4]).values) < 1e-5
        assert not found[:, 4:].any()


def test_a_convolution_of_groups_is_one_of_each():
    """Keras compiles one on a CPU by itself; the numbers are those of two convolutions side by side."""
    inputs, last = keras.Input((6, 5, 4)), L.Dense(2)
    own = L.Conv2D(6, 2, groups=2, activation="relu")
    model = randomised(keras.Model(inputs, last(L.Flatten()(own(inputs)))))
    parts = [L.Conv2D(3, 2, activation="relu") for _ in range(2)]
    halves = L.Concatenate()([part(inputs[..., 2 * n : 2 * n + 2]) for n, part in enumerate(parts)])
    split, (kernel, bias) = keras.Model(inputs, last(L.Flatten()(halves))), own.get_weights()
    for n, part in enumerate(parts):
        part.set_weights([kernel[..., 3 * n : 3 * n + 3], bias[3 * n : 3 * n + 3]])
    x, b = normal(3, 6, 5, 4), normal(3, 6, 5, 4, seed=3)
    for baseline in (b, Background(b)):
        found, expected = (DeepLIFTCalculator(each, 1, baseline=baseline).explain(x).values for each in (model, split))
        assert distance(found, expected) < 1e-5


@pytest.mark.filterwarnings("error::UserWarning")
def test_rounding_is_no_gap():
    """Of scores that differ by their last digits; nothing is told of that."""
    model = randomised(keras.Sequential([keras.Input((6,)), L.Dense(8, "tanh"), L.Dense(1)]))
    model.layers[-1].set_weights([1e-7 * normal(8, 1), np.array([3.0])])
    found = DeepLIFTCalculator(model).explain(normal(4, 6))
    assert np.abs(found.completeness_gap).max() < 2e-6


def with_inside(function):
    inputs = keras.Input((6,))
    x = L.Dense(6, "relu", name="before")(inputs)
    x = L.Lambda(function, name="inside", output_shape=(6,))(x)
    return randomised(keras.Model(inputs, L.Dense(3, name="after")(x)))


def attending():
    inputs = keras.Input((4, 6))
    x = L.MultiHeadAttention(2, 3, name="inside")(inputs, inputs)
    return randomised(keras.Model(inputs, L.Dense(3, name="after")(L.Flatten()(x))))


def recurring():
    return randomised(keras.Sequential([keras.Input((4, 6)), L.SimpleRNN(5, name="inside"), L.Dense(3, name="after")]))


@pytest.mark.parametrize(
    "make, word",
    [
        (lambda: with_inside(tf.nn.softmax), "Softmax"),
        (lambda: with_inside(lambda x: tf.math.cumprod(x, 1)), "Cumprod"),
        (lambda: with_inside(lambda x: tf.sort(x, 1)), "inside"),
        (attending, "Softmax"),
        (recurring, "inside"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(make, word):
    """And the ways out that the error names are ways out."""
    model = make()
    x = normal(2, *model.input_shape[1:])
    with refused(word, "inside"):
        DeepLIFTCalculator(model, 1).explain(x)
    assert IntegratedGradientsCalculator(model, 1, steps=4).explain(x, show_progress=False).values.any()
    assert DeepLIFTCalculator(model, 1, "after").explain(x).relative_gap.max() < 1e-5


def test_probabilities_are_refused():
    model = randomised(keras.Sequential([keras.Input((6,)), L.Dense(3, "softmax", name="after")]))
    x = normal(2, 6)
    with refused("Softmax"):
        DeepLIFTCalculator(model, 1, logits=False).explain(x)
    assert DeepLIFTCalculator(model, 1).explain(x).relative_gap.max() < 1e-5
