"""What every layer of kerasal owes a Keras user: configuration, files, shapes, half precision, gradients, refusals."""

from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

import kerasal.layers
from kerasal import recipes
from kerasal.layers import GatedGraphConv, MaskedReadout, MonteCarloDropout, Saliency

NUMBERS = np.random.default_rng(3)


def some(*shape):
    return NUMBERS.normal(size=shape).astype("float32")


class Case(NamedTuple):
    """A layer, inputs of two examples, and inputs that it refuses."""

    make: object
    inputs: tuple
    wrong: tuple = ()


def explained():
    """A saliency that depends on every weight: the last layer has no bias, and no class is as likely as another."""
    layers = [keras.layers.Dense(5, "tanh"), keras.layers.Dense(3, use_bias=False)]
    return Saliency(keras.Sequential([keras.Input((4,)), *layers]), recipes.integrated_gradients(steps=3, score=1))


EDGES = (NUMBERS.random((2, 3, 5, 5)) < 0.4).astype("float32")
MASK = np.float32([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
CASES = {
    "GatedGraphConv": Case(
        lambda: GatedGraphConv(6, steps=2, dropout=0.2, kernel_initializer="he_normal"),
        (some(2, 5, 4), EDGES),
        ((some(2, 5, 7), EDGES), (some(2, 5), EDGES), (some(2, 5, 4), EDGES[0])),
    ),
    "MaskedReadout": Case(
        lambda: MaskedReadout(3, activation="relu"),
        (some(2, 5, 4), some(2, 5, 2), MASK),
        ((some(2, 4), some(2, 5, 2), MASK), (some(2, 5, 4), some(2, 5, 2), EDGES)),
    ),
    "MonteCarloDropout": Case(lambda: MonteCarloDropout(0.25), (some(2, 5, 4),)),
    "Saliency": Case(explained, (some(2, 4),)),
}
every_layer = pytest.mark.parametrize("name", CASES)


def fed(inputs):
    """One input as itself, several as a list of tensors."""
    tensors = [tf.constant(each) for each in inputs]
    return tensors if len(tensors) > 1 else tensors[0]


def model_of(layer, inputs):
    """A model of the layer alone, any number of nodes."""
    given = [keras.Input((*[None] * (x.ndim - 2), x.shape[-1]) if x.ndim == 3 else x.shape[1:]) for x in inputs]
    return keras.Model(given, layer(given if len(given) > 1 else given[0]))


def test_no_layer_is_left_out():
    assert set(CASES) == set(kerasal.layers.__all__)


@every_layer
def test_configuration_round_trip(name):
    layer = CASES[name].make()
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config() and again.name == layer.name
    built = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(built) is type(layer) and built.get_config() == layer.get_config()


@every_layer
def test_saved_and_loaded(name, tmp_path):
    """Without custom_objects, and with the very same predictions (random ones are compared under one seed)."""
    case = CASES[name]
    model = model_of(case.make(), case.inputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if name != "MonteCarloDropout":
        np.testing.assert_array_equal(model(fed(case.inputs)), loaded(fed(case.inputs)))


@every_layer
def test_shape_is_as_computed(name):
    case = CASES[name]
    layer = case.make()
    shapes = [each.shape for each in case.inputs]
    found = tuple(layer(fed(case.inputs)).shape)
    assert tuple(layer.compute_output_shape(shapes if len(shapes) > 1 else shapes[0])) == found
    symbolic = model_of(case.make(), case.inputs).output_shape
    assert len(symbolic) == len(found) and all(a in (None, b) for a, b in zip(symbolic, found, strict=True))


@every_layer
def test_half_precision(name):
    case = CASES[name]
    layer = case.make()
    layer_in_half = type(layer).from_config({**layer.get_config(), "dtype": "mixed_float16"})
    found = layer_in_half(fed(case.inputs))
    assert found.dtype == tf.float16 and all(
        weight.dtype in ("float32", tf.float32) for weight in layer_in_half.weights
    )
    if name != "MonteCarloDropout":
        expected = layer(fed(case.inputs))
        layer_in_half.set_weights(layer.get_weights())
        np.testing.assert_allclose(layer_in_half(fed(case.inputs)), expected, atol=0.02)


@every_layer
def test_every_weight_and_input_has_a_gradient(name):
    case = CASES[name]
    inputs = fed(case.inputs)
    model = model_of(case.make(), case.inputs)
    first = inputs[0] if isinstance(inputs, list) else inputs
    with tf.GradientTape() as tape:
        tape.watch(first)
        total = tf.reduce_sum(tf.square(model(inputs, training=True)))
    gradients = tape.gradient(total, [*model.trainable_weights, first])
    assert all(gradient is not None and np.any(gradient) for gradient in gradients)


@pytest.mark.parametrize("name, wrong", [(name, wrong) for name, case in CASES.items() for wrong in case.wrong])
def test_wrong_shapes_are_refused(name, wrong):
    with refused(name, "reorder"):
        CASES[name].make()(fed(wrong))


def test_sizes_below_one_are_refused():
    for make in (lambda: GatedGraphConv(0), lambda: GatedGraphConv(4, steps=0), lambda: MaskedReadout(0)):
        with refused("raise"):
            make()


@every_layer
def test_eager_graph_and_symbolic_calls_agree(name):
    """Numbers, shapes and dtypes; `compute_output_spec` of Keras 3 tells the latter two."""
    case = CASES[name]
    layer, inputs = case.make(), fed(case.inputs)
    eager, graph = layer(inputs), tf.function(layer)(inputs)
    model = model_of(layer, case.inputs)
    assert eager.shape == graph.shape == model(inputs).shape and eager.dtype == graph.dtype
    if name != "MonteCarloDropout":
        np.testing.assert_allclose(graph, eager, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.predict(list(case.inputs), verbose=0), eager, rtol=1e-5, atol=1e-6)
    if hasattr(keras.layers.Layer, "compute_output_spec"):
        spec = layer.compute_output_spec(model.inputs if len(model.inputs) > 1 else model.inputs[0])
        assert len(spec.shape) == eager.shape.rank and tf.as_dtype(spec.dtype) == eager.dtype


@every_layer
def test_training_turns_on_what_it_should(name):
    """Dropout of the graph layer alone; Monte-Carlo dropout is random in any case, the others in none."""
    case = CASES[name]
    layer, inputs = case.make(), fed(case.inputs)
    first, second = (np.asarray(layer(inputs, training=False)) for _ in range(2))
    trained = np.asarray(model_of(layer, case.inputs)(inputs, training=True))
    assert np.array_equal(first, second) == (name != "MonteCarloDropout")
    assert np.array_equal(first, trained) == (name in ("MaskedReadout", "Saliency"))


@every_layer
@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
def test_dtype_policy(name, policy):
    case = CASES[name]
    layer = type(case.make()).from_config({**case.make().get_config(), "dtype": policy})
    again = type(layer).from_config(layer.get_config())
    found = again(fed(case.inputs))
    assert found.dtype == (tf.float64 if policy == "float64" else tf.bfloat16) and again.dtype_policy.name == policy
    assert all(
        tf.as_dtype(weight.dtype) == (tf.float64 if policy == "float64" else tf.float32) for weight in again.weights
    ) or (
        name == "Saliency"  # whose weights are those of its model
    )


def test_masks_pass():
    """Atoms that Keras masks stay masked behind a graph layer and behind dropout, and are left out of a readout."""
    nodes, first = some(2, 5, 4), some(2, 5, 2)
    mask, every = tf.constant(MASK, tf.bool), np.ones_like(MASK)
    layer = GatedGraphConv(6, steps=1)
    np.testing.assert_array_equal(layer.compute_mask([nodes, EDGES], [mask, None]), mask)
    np.testing.assert_array_equal(MonteCarloDropout(0.3).compute_mask(nodes, mask), mask)
    readout = MaskedReadout(3)
    expected = readout([nodes, first, MASK])
    np.testing.assert_allclose(readout([nodes, first, every], mask=[mask, None, None]), expected, rtol=1e-6)
    assert readout.compute_mask([nodes, first, every], [mask, None, None]) is None
    assert explained().compute_mask(nodes, mask) is None
