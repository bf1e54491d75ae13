"""BatchNormalization fused with the convolution before it gives Keras' own numbers, and leaves nothing to multiply."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L

from kerasal import FullGradientCalculator, GradCAMCalculator, GradientCalculator, LayerExtractor
from kerasal._network.fused_normalization import fused_normalizations
from kerasal._network.graphs import ancestors, traced
from kerasal._network.interception import intercepted

IMAGE = (19, 15, 4)

FUSED = {
    "convolution": (IMAGE, L.Conv2D(6, 3, strides=2, padding="same"), L.BatchNormalization()),
    "without bias": (IMAGE, L.Conv2D(6, (3, 2), use_bias=False), L.BatchNormalization(axis=3)),
    "one channel": (IMAGE, L.Conv2D(1, 3), L.BatchNormalization()),
    "unscaled": (IMAGE, L.Conv2D(6, 3), L.BatchNormalization(scale=False)),
    "uncentred": (IMAGE, L.Conv2D(6, 3), L.BatchNormalization(center=False)),
    "depthwise": (IMAGE, L.DepthwiseConv2D(3, depth_multiplier=2), L.BatchNormalization()),
    "separable": (IMAGE, L.SeparableConv2D(6, 3), L.BatchNormalization()),
}
OTHERS = {
    "dense": ((40,), L.Dense(5), L.BatchNormalization()),
    "other axis": (IMAGE, L.Conv2D(6, 3), L.BatchNormalization(axis=1)),
    "activation between": (IMAGE, L.Conv2D(6, 3, activation="tanh"), L.BatchNormalization()),
    "of one position": (IMAGE, L.Conv2D(6, (19, 15)), L.BatchNormalization()),  # a kernel larger than what it gives
    "one dimension": ((9, 4), L.Conv1D(6, 3), L.BatchNormalization()),
    "dilated": (IMAGE, L.Conv2D(6, 2, dilation_rate=2), L.BatchNormalization()),
    "grouped": (IMAGE, L.Conv2D(6, 3, groups=2), L.BatchNormalization()),
    "transposed": (IMAGE, L.Conv2DTranspose(6, 3, strides=2), L.BatchNormalization()),
    "dense of positions": (IMAGE, L.Dense(6), L.BatchNormalization()),
    "two normalizations": (IMAGE, L.Conv2D(6, 3), L.BatchNormalization(), L.BatchNormalization()),
}


def randomised(model):
    """The model with statistics and factors of BatchNormalization that matter."""
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 2.0, array.shape) for array in layer.get_weights()])
    return model


def chain(shape, *layers):
    layers = [layer.__class__.from_config(layer.get_config()) for layer in layers]
    return randomised(keras.Sequential([keras.Input(shape), *layers, L.Activation("tanh"), L.Flatten(), L.Dense(3)]))


def examples(shape):
    return np.random.default_rng(1).normal(size=(5, *shape)).astype("float32")


def by_keras(model, x, label=1):
    """Gradient of an output that Keras' own layers give."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = model(x, training=False)[:, label]
    return tape.gradient(values, x).numpy()


def operations(model, shape):
    """What a pass with the shortcuts computes from the input."""

    def run(x):
        with intercepted(model, {layer: [shortcut] for layer, shortcut in fused_normalizations(model).items()}):
            return model(x, training=False)

    return ancestors(traced(model, run, tf.TensorSpec([None, *shape])).graph.outputs)


@pytest.mark.parametrize("name", [*FUSED, *OTHERS])
def test_the_gradient_is_that_of_the_layers_themselves(name):
    shape, *layers = {**FUSED, **OTHERS}[name]
    model, x = chain(shape, *layers), examples(shape)
    found = GradientCalculator(model, score=1).explain(x)
    np.testing.assert_allclose(found.values, by_keras(model, x), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.scores, model(x, training=False)[:, 1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FUSED)
def test_nothing_of_a_row_is_multiplied_behind_a_convolution(name):
    shape, *layers = FUSED[name]
    model = chain(shape, *layers)
    of_rows = [each for each in operations(model, shape) if each.outputs and each.outputs[0].shape[:1] == [None]]
    kinds = [each.type for each in of_rows]
    assert "Mul" not in kinds and "FusedBatchNormV3" not in kinds
    heavy = [kind for kind in kinds if kind in ("Conv2D", "DepthwiseConv2dNative")]
    assert len(heavy) == 1 + (name == "separable")  # the one it replaces is not computed


def test_a_convolution_that_others_read_too_stays_for_them():
    inputs = keras.Input(IMAGE)
    convolved = L.Conv2D(6, 3, padding="same", name="convolved")(inputs)
    both = L.Concatenate()([convolved, L.Activation("tanh")(L.BatchNormalization()(convolved))])
    model = randomised(keras.Model(inputs, L.Dense(3)(L.Flatten()(both))))
    x = examples(IMAGE)
    np.testing.assert_allclose(GradientCalculator(model, 1).explain(x).values, by_keras(model, x), rtol=1e-4, atol=1e-6)


def test_shared_layers_are_fused_at_each_call():
    inputs, conv, norm = keras.Input(IMAGE), L.Conv2D(4, 3, padding="same"), L.BatchNormalization()
    values = inputs
    for _ in range(2):
        values = L.Activation("tanh")(norm(conv(values)))
    model = randomised(keras.Model(inputs, L.Dense(3)(L.Flatten()(values))))
    x = examples(IMAGE)
    np.testing.assert_allclose(GradientCalculator(model, 1).explain(x).values, by_keras(model, x), rtol=1e-4, atol=1e-6)
    assert sum(each.type == "Conv2D" for each in operations(model, IMAGE)) == 2


def test_layers_before_and_at_the_normalization_can_be_looked_at():
    model, x = chain(*FUSED["convolution"]), examples(IMAGE)
    head = keras.Sequential([keras.Input((10, 8, 6)), *model.layers[1:]])
    below = model.layers[0](x).numpy()
    at_layer = GradientCalculator(model, 1, LayerExtractor(model.layers[0].name)).explain(x)
    np.testing.assert_allclose(at_layer.values, by_keras(head, below), rtol=1e-4, atol=1e-6)
    gradient = by_keras(head, below)
    expected = np.maximum((gradient.mean((1, 2), keepdims=True) * below).sum(-1), 0)
    found = GradCAMCalculator(model, 1, layer=model.layers[0].name).explain(x).values
    np.testing.assert_allclose(found.max((1, 2, 3)), expected.max((1, 2)), rtol=0.3)  # at another size
    assert np.abs(FullGradientCalculator(model, 1).explain(x).completeness_gap).max() < 1e-5


def test_statistics_may_change_between_calls():
    model, x = chain(*FUSED["convolution"]), examples(IMAGE)
    calculator = GradientCalculator(model, 1)
    before = calculator.explain(x).values
    model.layers[1].set_weights([2.0 * array for array in model.layers[1].get_weights()])
    after = calculator.explain(x).values
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after, by_keras(model, x), rtol=1e-4, atol=1e-6)


def test_a_normalization_inside_a_function_of_the_users_is_left_alone():
    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.norm = L.BatchNormalization()
            self.normalized = tf.function(lambda x: self.norm(x, training=False))

        def build(self, shape):
            self.norm.build(shape)

        def call(self, x):
            return self.normalized(x)

        def compute_output_shape(self, shape):
            return shape

    inputs = keras.Input((6,))
    model = keras.Model(inputs, L.Dense(3)(L.Activation("tanh")(Block()(L.Dense(4)(inputs)))))
    x = examples((6,))
    np.testing.assert_allclose(GradientCalculator(model, 1).explain(x).values, by_keras(model, x), rtol=1e-4, atol=1e-6)


def test_a_number_added_between_is_a_bias_of_one_channel_at_most():
    inputs = keras.Input(IMAGE)
    values = L.BatchNormalization()(L.Rescaling(1.0, offset=0.5)(L.Conv2D(1, 3)(inputs)) + 1.0)
    model, x = randomised(keras.Model(inputs, L.Dense(3)(L.Flatten()(L.Activation("tanh")(values))))), examples(IMAGE)
    np.testing.assert_allclose(GradientCalculator(model, 1).explain(x).values, by_keras(model, x), rtol=1e-4, atol=1e-6)
