"""Layer-wise relevance propagation: Zennit's numbers, closed forms, what is conserved, and what is refused by name."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from rule_networks import rebuild, stored
from three_parts import refused
from zoo import randomised

import kerasal
from kerasal import GradientCalculator, IntegratedGradientsCalculator, LRPCalculator, rules
from kerasal.rules import AlphaBeta, Composite, Epsilon, Gamma, Unbiased, WSquare, ZBox, ZPlus

SHAPE = (6, 5, 2)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


IMAGES = normal(3, *SHAPE)


@pytest.mark.parametrize(
    "name, how",
    {
        "epsilon": "epsilon",
        "epsilon_large": Epsilon(0.1),
        "epsilon_plus": "epsilon_plus",
        "epsilon_gamma_box": Composite(convolution=Gamma(0.25), first=ZBox(0, 1)),
        "alpha_beta": Composite(convolution=AlphaBeta(2, 1)),
        "w_square": Composite(first=WSquare()),
    }.items(),
)
def test_zennit(name, how):
    """0.5.1: a LeNet with BatchNormalization, max and average pooling, a sum of two paths and a tanh."""
    if name == "epsilon_large":  # Zennit's sums have an ε of their own
        how = Composite(how, how)
    found = LRPCalculator(rebuild(), stored()["classes"].tolist(), rules=how).explain(stored()["x"])
    expected = stored()[f"zennit.{name}"]
    assert distance(found.values, expected) < 1e-5
    gap = expected.sum((1, 2, 3)) - np.take_along_axis(stored()["logits"], stored()["classes"][:, None], 1)[:, 0]
    np.testing.assert_allclose(found.completeness_gap, gap, atol=1e-5)


def unbiased(kind):
    """A ReLU network without biases: its score is gradient × input."""
    how = {"use_bias": False}

    def body(x):
        x = branch = L.Conv2D(4, 3, padding="same", activation="relu", **how)(x)
        x = L.MaxPooling2D(2)(L.Add()([L.DepthwiseConv2D(3, padding="same", **how)(x), branch]))
        x = L.ReLU()(L.Conv2DTranspose(3, 2, **how)(L.AveragePooling2D((1, 2))(x)))
        return L.Dense(3, **how)(L.Dense(5, "relu", **how)(L.Flatten()(L.Permute((2, 1, 3))(L.Dropout(0.2)(x)))))

    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, body(inputs))
    return {
        "functional": lambda: model,
        "nested": lambda: keras.Sequential([keras.Input(SHAPE), keras.Sequential([model])]),
        "subclassed": lambda: Around(model),
    }[kind]()


class Around(keras.Model):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def call(self, x):
        return tf.nn.relu(self.model(2.0 * x)) / 4


@pytest.mark.parametrize("kind", ["functional", "nested", "subclassed"])
def test_lrp_0_is_gradient_times_input(kind):
    """On ReLU networks without biases, for every class, and all of the score is handed back."""
    model = unbiased(kind)
    model(IMAGES)
    randomised(model)
    found = LRPCalculator(model, "all", rules=Epsilon(0)).explain(IMAGES)
    product = GradientCalculator(model, "all", multiply_target=True).explain(IMAGES).values
    assert distance(found.values, product) < 1e-5
    np.testing.assert_allclose(found.values.sum((2, 3, 4)), np.asarray(model(IMAGES)), atol=1e-5)
    assert np.abs(found.completeness_gap).max() < 1e-5


W, B = normal(4, 6, seed=1), normal(6, seed=2)
X = normal(5, 4, seed=3)


def up(array):
    return np.maximum(array, 0)


def down(array):
    return np.minimum(array, 0)


def steadied(total, epsilon=1e-6):
    return total + np.where(total < 0, -epsilon, epsilon)


def shares(x, w, b, relevance):
    """x⁺ w⁺ + x⁻ w⁻ over their sum and b⁺, and the same for what is negative, as (positive, negative)."""
    positive = up(x)[:, :, None] * up(w) + down(x)[:, :, None] * down(w)
    negative = up(x)[:, :, None] * down(w) + down(x)[:, :, None] * up(w)
    found = []
    for parts, bias in ((positive, up(b)), (negative, down(b))):
        found.append(np.einsum("nij,nj->ni", parts, relevance / steadied(parts.sum(1) + bias)))
    return found


def by_gamma(x, w, b, relevance, gamma):
    z, found = x @ w + b, 0
    for is_chosen, add, other in ((z > 0, up, down), (z < 0, down, up)):
        parts = up(x)[:, :, None] * (w + gamma * add(w)) + down(x)[:, :, None] * (w + gamma * other(w))
        found = found + np.einsum(
            "nij,nj->ni", parts, is_chosen * relevance / steadied(parts.sum(1) + b + gamma * add(b))
        )
    return found


def in_box(x, w, b, relevance, low, high):
    parts = x[:, :, None] * w - low * up(w) - high * down(w)
    return np.einsum("nij,nj->ni", parts, relevance / steadied(parts.sum(1)))


RULES = {  # rule -> relevance of x, of what (x w + b) has
    "epsilon": (Epsilon(0.1), lambda x, w, b, r: x * ((r / steadied(x @ w + b, 0.1)) @ w.T)),
    "z plus": (ZPlus(), lambda x, w, b, r: shares(x, w, b, r)[0]),
    "alpha beta": (AlphaBeta(3, 2), lambda x, w, b, r: 3 * shares(x, w, b, r)[0] - 2 * shares(x, w, b, r)[1]),
    "gamma": (Gamma(0.5), lambda x, w, b, r: by_gamma(x, w, b, r, 0.5)),
    "w square": (WSquare(), lambda x, w, b, r: (r / steadied((w**2).sum(0) + b**2)) @ (w**2).T),
    "z plus without biases": (Unbiased(ZPlus()), lambda x, w, b, r: shares(x, w, 0 * b, r)[0]),
    "epsilon without biases": (Unbiased(Epsilon(0.1)), lambda x, w, b, r: x * ((r / steadied(x @ w, 0.1)) @ w.T)),
    "box": (ZBox(-4, 3), lambda x, w, b, r: in_box(x, w, b, r, -4, 3)),
    "own box": (
        ZBox(),
        lambda x, w, b, r: in_box(x, w, b, r, x.min(1)[:, None, None], x.max(1)[:, None, None]),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_rules_by_hand(name):
    """Of the first of two layers; the second one is ε."""
    rule, expected = RULES[name]
    v, c = normal(6, 1, seed=4), np.array([0.2], "float32")
    model = keras.Sequential([keras.Input((4,)), L.Dense(6, "relu"), L.Dense(1)])
    model.set_weights([W, B, v, c])
    hidden = up(X @ W + B)
    score = hidden @ v + c
    relevance = hidden * v[:, 0] * score / steadied(score)
    found = LRPCalculator(model, rules=Composite(first=rule)).explain(X)
    assert distance(found.values, expected(X, W, B, relevance)) < 1e-5
    np.testing.assert_allclose(found.completeness_gap, found.values.sum(1) - score[:, 0], atol=1e-5)


@pytest.mark.parametrize("how", ["epsilon", "epsilon_plus", "epsilon_gamma_box", Composite(WSquare(), AlphaBeta())])
def test_normalization_is_one_layer_with_what_is_before_it(how):
    """As if its numbers were in the weights before, of either sign, also behind a Dense layer without a bias."""
    inputs = keras.Input(SHAPE)
    x = L.ReLU()(L.BatchNormalization(name="first_scale")(L.Conv2D(4, (3, 2), name="first")(inputs)))
    x = L.BatchNormalization(name="depth_scale")(L.DepthwiseConv2D(2, name="depth")(x))
    x = L.Dense(5, use_bias=False, name="dense")(L.Flatten()(L.Activation("tanh")(x)))
    x = L.ReLU()(L.BatchNormalization(name="dense_scale")(x))
    model = randomised(keras.Model(inputs, L.Dense(2, name="last")(x)))
    for name in ("first_scale", "depth_scale", "dense_scale"):
        layer = model.get_layer(name)
        gamma, *rest = layer.get_weights()
        layer.set_weights([gamma * np.where(np.arange(len(gamma)) % 2, -1, 1), *rest])

    merged = keras.Input(SHAPE)
    x = L.ReLU()(L.Conv2D(4, (3, 2), name="first")(merged))
    x = L.DepthwiseConv2D(2, name="depth")(x)
    x = L.ReLU()(L.Dense(5, name="dense")(L.Flatten()(L.Activation("tanh")(x))))
    merged = keras.Model(merged, L.Dense(2, name="last")(x))
    for name in ("first", "depth", "dense"):
        gamma, beta, mean, variance = model.get_layer(f"{name}_scale").get_weights()
        kernel, *bias = model.get_layer(name).get_weights()
        scale = gamma / np.sqrt(variance + 1e-3)
        wide = scale[:, None] if name == "depth" else scale
        merged.get_layer(name).set_weights([kernel * wide, ((bias[0] if bias else 0) - mean) * scale + beta])
    merged.get_layer("last").set_weights(model.get_layer("last").get_weights())
    np.testing.assert_allclose(np.asarray(model(IMAGES)), np.asarray(merged(IMAGES)), atol=1e-4)
    found, expected = (LRPCalculator(each, 1, rules=how).explain(IMAGES).values for each in (model, merged))
    assert distance(found, expected) < 1e-3


def test_another_path_of_a_sum_has_its_share():
    """f = w x + v y: y is no bias, so that x has w x of it."""
    pair = [keras.Input((1,), name="a"), keras.Input((1,), name="b")]
    summed = L.Add()([L.Dense(1, use_bias=False, name="w")(pair[0]), L.Dense(1, use_bias=False, name="v")(pair[1])])
    model = keras.Model(pair, summed)
    model.get_layer("w").set_weights([np.array([[2.0]])])
    model.get_layer("v").set_weights([np.array([[-5.0]])])
    x = [np.array([[3.0], [-2.0]]), np.array([[1.0], [4.0]])]
    calculator = LRPCalculator(model, target_extractor="a")
    np.testing.assert_allclose(calculator.explain(x).values, [[6.0], [-4.0]], rtol=1e-4)
    both = LRPCalculator(model, target_extractor=[kerasal.InputExtractor("a"), kerasal.InputExtractor("b")]).explain(x)
    np.testing.assert_allclose(both[1].values, [[-5.0], [-20.0]], rtol=1e-4)
    np.testing.assert_allclose(both[0].completeness_gap, 0, atol=1e-4)


@dataclasses.dataclass(frozen=True)
class Flat:
    """A rule of one's own: every input of a weight has the same share."""

    def __call__(self, layer, relevance):
        count, back = layer.run(tf.ones_like(layer.x), tf.ones_like)
        return back(relevance / count)


def test_a_rule_and_a_composite_of_ones_own():
    """A 2 × 1 window hands half to each of its two positions; the recipe of the result holds the rule."""
    model = keras.Sequential([keras.Input((4, 1, 1)), L.Conv2D(1, (2, 1)), L.Flatten(), L.Dense(1)])
    model.set_weights([np.array([[[[3.0]]], [[[-1.0]]]]), np.array([0.5]), np.ones((3, 1)), np.zeros(1)])
    x = np.array([[1.0, 2.0, 4.0, 0.0]])[..., None, None]
    found = LRPCalculator(model, rules=Composite(first=Flat())).explain(x)
    a, b, c = 1.5, 2.5, 12.5  # 3 x − next + .5, of which the score is the sum
    np.testing.assert_allclose(found.values[0, :, 0, 0], [a / 2, (a + b) / 2, (b + c) / 2, c / 2], rtol=1e-5)
    assert found.recipe["rules"] == Composite(first=Flat())
    np.testing.assert_array_equal(found.recipe.explain(model, x).values, found.values)


def test_bounds_of_a_box_go_through_what_is_before_the_first_layer():
    """z^B of pixels that the model itself scales is z^B of scaled pixels, where a scale below 0 changes the ends."""
    body = [L.Conv2D(3, 2, activation="relu"), L.Flatten(), L.Dense(2)]
    plain = randomised(keras.Sequential([keras.Input(SHAPE), *body]))
    scaled = keras.Sequential([keras.Input(SHAPE), L.Rescaling(-2.0, 1.0), *body])
    x = np.random.default_rng(0).random((3, *SHAPE), "float32")
    found = LRPCalculator(scaled, 1, rules=Composite(first=ZBox(0, 1))).explain(x).values
    assert distance(found, LRPCalculator(plain, 1, rules=Composite(first=ZBox(-1, 1))).explain(1 - 2 * x).values) < 1e-5


def test_a_sign_is_known_of_all_that_is_joined():
    """Numbers below 0 count as such, in whatever order they are put beside those of a ReLU."""
    found = []
    for names in (("up", "plain"), ("plain", "up")):
        inputs = keras.Input((4,))
        parts = {"up": L.Dense(5, "relu", name="up")(inputs), "plain": L.Dense(3, name="plain")(inputs)}
        x = L.Dense(6, "relu", name="joined")(L.Concatenate()([parts[name] for name in names]))
        model = keras.Model(inputs, L.Dense(1, name="last")(x))
        weights = {"up": (W[:, :5], B[:5]), "plain": (W[:, 3:], B[3:]), "last": (normal(6, 1, seed=7), B[:1])}
        kernels = {"up": normal(5, 6, seed=5), "plain": normal(3, 6, seed=6)}
        weights["joined"] = np.concatenate([kernels[name] for name in names]), B
        for name, own in weights.items():
            model.get_layer(name).set_weights(own)
        found.append([LRPCalculator(model, rules=rule).explain(X).values for rule in (ZPlus(), AlphaBeta(), Gamma())])
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_a_convolution_of_one_position_is_dense():
    """A head that is written as a 1 × 1 convolution of a pooled map has the rule of a Dense layer."""
    body, kernel = [L.Conv2D(4, 3, activation="relu"), L.GlobalAveragePooling2D(keepdims=True)], normal(4, 2)
    found = []
    for head in ([L.Conv2D(2, 1), L.Flatten()], [L.Flatten(), L.Dense(2)]):
        model = keras.Sequential([keras.Input(SHAPE), *body, *head])
        last = next(each for each in head if each.weights)
        last.set_weights([np.reshape(kernel, last.weights[0].shape), B[:2]])
        found.append(LRPCalculator(model, 1, rules="epsilon_plus").explain(IMAGES).values)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_a_box_of_several_targets_is_that_of_each():
    """With bounds of one's own, which do not depend on what is explained together."""
    pair = [keras.Input((6, 5, 2), name="a"), keras.Input((4,), name="b")]
    parts = [L.Flatten()(L.Conv2D(3, 2, activation="relu")(L.UpSampling2D(2)(pair[0]))), L.Dense(5, "relu")(pair[1])]
    model = randomised(keras.Model(pair, L.Dense(2)(L.Concatenate()(parts))))
    x, how = [IMAGES, normal(3, 4)], Composite(first=ZBox(-4, 4))
    names = [kerasal.InputExtractor("a"), kerasal.InputExtractor("b")]
    both = LRPCalculator(model, 1, names, rules=how).explain(x)
    for name, found in zip(names, both, strict=True):
        np.testing.assert_allclose(
            found.values, LRPCalculator(model, 1, name, rules=how).explain(x).values, rtol=1e-3, atol=1e-5
        )


def test_what_is_masked_has_no_part():
    """Steps that a Masking layer leaves out are as if they were not there."""
    layers = [L.Dense(4, "relu"), L.GlobalAveragePooling1D(), L.Dense(2)]
    masked = randomised(keras.Sequential([keras.Input((6, 3)), L.Masking(), *layers]))
    plain, x = keras.Sequential([keras.Input((4, 3)), *layers]), normal(3, 6, 3)
    x[:, 4:] = 0
    found = LRPCalculator(masked, 1, rules="epsilon_plus").explain(x).values
    np.testing.assert_allclose(
        found[:, :4], LRPCalculator(plain, 1, rules="epsilon_plus").explain(x[:, :4]).values, rtol=1e-4
    )
    assert not found[:, 4:].any()


def test_half_precision():
    """Shares of sums that are 0 or nearly so stay finite, and the map is that of 32 bits to 1 %."""
    x, models = IMAGES, []
    for dtype in ("mixed_float16", "float32"):
        inputs = keras.Input(SHAPE)
        hidden = L.Conv2D(4, 2, activation="tanh", dtype=dtype)(inputs)
        hidden = L.Flatten(dtype=dtype)(L.AveragePooling2D(2, dtype=dtype)(hidden))
        models.append(keras.Model(inputs, L.Dense(2, dtype="float32")(L.Dense(5, "tanh", dtype=dtype)(hidden))))
    randomised(models[0])
    kernel, *rest = models[0].get_weights()
    models[0].set_weights([np.where(np.arange(4) < 2, -np.abs(kernel), kernel), *rest])  # without positive parts
    models[1].set_weights(models[0].get_weights())
    for how in (ZPlus(), "epsilon_plus", AlphaBeta()):
        half, single = (LRPCalculator(each, 1, rules=how).explain(np.abs(x)).values for each in models)
        assert distance(half, single) < 0.01


def test_relevance_that_blows_up_is_told():
    """A sum that a bias takes to nearly 0, and behind it a shift: and the way out is one."""
    body = [L.Dense(1), L.ReLU(), L.BatchNormalization(), L.Dense(1, use_bias=False)]
    model = keras.Sequential([keras.Input((1,)), *body])
    for layer, own in zip((body[0], body[2], body[3]), ([1, 1e-7 - 1], [1, 1, 0, 1], [1]), strict=True):
        layer.set_weights([np.reshape(one, part.shape) for one, part in zip(own, layer.weights, strict=True)])
    with pytest.warns(UserWarning, match=r"Relevance is far from adding up .*rules\.Epsilon") as told:
        found = LRPCalculator(model).explain(np.ones((2, 1)))
    assert len(told) == 1 and found.relative_gap.min() > 1e5
    assert LRPCalculator(model, rules=Epsilon(0.1)).explain(np.ones((2, 1))).relative_gap.max() < 10


def with_inside(function):
    inputs = keras.Input((6,))
    x = L.Dense(6, "relu", name="before")(inputs)
    x = L.Lambda(function, name="inside", output_shape=(6,))(x)
    return randomised(keras.Model(inputs, L.Dense(3, name="after")(x)))


def multiplying():
    inputs = keras.Input((6,))
    parts = [L.Dense(4, "relu")(inputs), L.Dense(4, "sigmoid")(inputs)]
    return randomised(keras.Model(inputs, L.Dense(3, name="after")(L.Multiply(name="inside")(parts))))


def attending():
    inputs = keras.Input((4, 6))
    x = L.MultiHeadAttention(2, 3, name="inside")(inputs, inputs)
    return randomised(keras.Model(inputs, L.Dense(3, name="after")(L.Flatten()(x))))


def looping():
    return randomised(keras.Sequential([keras.Input((4, 6)), L.LSTM(5, name="inside"), L.Dense(3, name="after")]))


@pytest.mark.parametrize(
    "make, word",
    [
        (lambda: with_inside(tf.nn.softmax), "Softmax"),
        (lambda: with_inside(tf.sigmoid), "Sigmoid, which is not 0 at 0"),
        (lambda: with_inside(lambda x: tf.math.cumprod(x, 1)), "Cumprod"),
        (looping, "a loop"),
        (multiplying, "Mul of two tensors that depend on the target"),
        (attending, "of two tensors that depend on the target"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(make, word):
    """And the ways out that the error names are ways out."""
    model = make()
    x = normal(2, *model.input_shape[1:])
    with refused(word, "inside"):
        LRPCalculator(model, 1).explain(x)
    assert IntegratedGradientsCalculator(model, 1, steps=4).explain(x, show_progress=False).values.any()
    assert LRPCalculator(model, 1, "after").explain(x).values.any()


FUNCTIONS = [
    *(tf.nn.silu, tf.nn.gelu, tf.tanh, tf.nn.elu, lambda x: x * tf.nn.relu6(x + 3) / 6),
    lambda x: tf.maximum(x, 0.1 * x) - tf.nn.relu(-x),
]


def test_functions_of_one_number_hand_on_what_they_get():
    """Where they are 0 at 0, by name or by hand: what goes in has the relevance of what comes out."""
    model = with_inside(lambda x: tf.concat([f(x[:, n : n + 1]) for n, f in enumerate(FUNCTIONS)], 1))
    x, inside = normal(20, 6), functools.partial(kerasal.LayerExtractor, "inside")
    before, after = (LRPCalculator(model, 1, inside(timing=when)).explain(x).values for when in ("pre", "post"))
    assert after.any(0).all()
    np.testing.assert_allclose(before, after, rtol=1e-4)


def test_a_first_layer_that_is_not_there():
    model = with_inside(tf.nn.relu)
    layer = keras.Sequential([keras.Input((6,)), L.Activation("tanh"), L.Dense(2, name="after")])
    with refused("ZBox", "epsilon_plus"):
        LRPCalculator(layer, 1, rules="epsilon_gamma_box").explain(normal(2, 6))
    assert LRPCalculator(layer, 1, rules="epsilon_plus").explain(normal(2, 6)).values.any()
    assert LRPCalculator(model, 1, rules="epsilon_gamma_box").explain(normal(2, 6)).values.any()


@pytest.mark.parametrize(
    "make, word",
    [
        (lambda: Epsilon(-1), "epsilon"),
        (lambda: Epsilon("small"), "epsilon"),
        (lambda: Gamma(np.nan), "gamma"),
        (lambda: AlphaBeta(1, 1), "alpha"),
        (lambda: AlphaBeta(0.5, -0.5), "beta"),
        (lambda: ZBox(1, 0), "low"),
        (lambda: ZBox("0", 1), "low"),
        (lambda: Unbiased(ZPlus), "rule"),
        (lambda: Composite(dense=None), "dense"),
        (lambda: Composite(convolution=ZPlus), "convolution"),
        (lambda: Composite(first="box"), "first"),
        (lambda: Composite(sums=-1), "sums"),
    ],
)
def test_settings_of_rules(make, word):
    with refused(word):
        make()


def test_public_names():
    assert rules.Epsilon() == Epsilon(1e-6) and hash(Composite()) == hash(rules.COMPOSITES["epsilon"])
