"""One module of the package knows what differs between Keras 2 and 3, and Keras' private names; its functions on both."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L

from kerasal._network import attribute_names, versions

PACKAGE = Path(__file__).parents[2] / "kerasal"
VERSIONS = PACKAGE / "_network" / "versions.py"
NAMES = PACKAGE / "_network" / "attribute_names.py"
KERAS_ONLY = {  # private names of Keras 2, 3 or both, and others that only one of them has
    *("_flatten_layers", "_inbound_nodes", "_outbound_nodes", "_nodes_by_depth", "_functional", "_inputs_struct"),
    *("_nested_inputs", "_compile_config", "_get_noise_shape", "_eager_losses", "_thread_local", "_create_all_weights"),
    *("_call_spec", "_call_signature", "_self_tracked_trackables", "_keras_history", "_saved_model_inputs_spec"),
    *("_trainable_weights", "_non_trainable_weights", "_compute_dtype", "seed_generator"),
    *("_user_loss_weights", "_keras_mask", "_inbound_nodes_value", "_outbound_nodes_value"),
    *("_tracker",),
    *("get_dropout_mask", "get_recurrent_dropout_mask"),
    *("get_dropout_mask_for_cell", "get_recurrent_dropout_mask_for_cell"),
}
KERAS_ONLY |= {name for name in attribute_names.SET_BY_TRAINING if name.startswith("_")}
NODES = {"input_tensors", "output_tensors", "call_kwargs"}  # attributes of a graph's nodes, of one Keras or the other


def names_in(path):
    """Attributes and text that stand in a file's code, docstrings aside."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and ast.get_docstring(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def others():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path not in (VERSIONS, NAMES)]


def test_private_names_of_keras_are_in_one_module():
    assert {(path.name, name) for path in others() for name in names_in(path) if name in KERAS_ONLY} == set()


def test_the_list_holds_every_private_name_that_is_used():
    named = [*names_in(VERSIONS), *names_in(NAMES)]
    private = {name for name in named if name.startswith("_") and not name.startswith("__")}
    assert private <= KERAS_ONLY | {
        *attribute_names.NODES,
        *attribute_names._OF_GRAPHS,
        *attribute_names._OF_TRAINING,
        *attribute_names._DECIDING,
    }  # words that others may use too


def test_modules_of_keras_are_named_in_one_module():
    assert [path.name for path in others() if any(name.startswith("keras.src") for name in names_in(path))] == []


def test_nodes_of_graphs_are_looked_into_in_one_module():
    assert {path.name for path in others() if NODES & set(names_in(path))} == set()


def test_every_name_of_the_module_is_used():
    used = {
        alias.name
        for path in [*others(), NAMES]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "kerasal._network.versions"
        for alias in node.names
    }
    public = {name for name in vars(versions) if not name.startswith("_")} - {"keras", "tf", "Any", "contextlib", "re"}
    assert public - used <= {"Iterable", "Iterator", "Mapping", "Sequence", "paths"}


def test_private_names_are_seen(tmp_path):
    (tmp_path / "module.py").write_text(
        '"""_functional."""\nx = layer._flatten_layers\ny = getattr(layer, "_call_spec")\n'
    )
    assert KERAS_ONLY & set(names_in(tmp_path / "module.py")) == {"_flatten_layers", "_call_spec"}


def nested():
    a, inputs = keras.Input((3,), name="a"), keras.Input((3,), name="inputs")
    inner = keras.Model(a, L.Dense(4, name="dense")(L.Dropout(0.5, name="drop")(a, training=True)), name="inner")
    return keras.Model(inputs, L.Dense(2, name="head")(inner(inputs)), name="outer")


def test_the_graph_of_a_functional_model():
    model = nested()
    inner = model.get_layer("inner")
    assert versions.graph_model(model) is model
    nodes = versions.nodes_in_order(model)
    assert [versions.layer_at(node).name for node in nodes] == ["inputs", "inner", "head"]
    assert versions.layer_at(nodes[1]) is inner
    assert versions.sources_at(nodes[0]) == [] and versions.consumers_of(inner)[0] is nodes[2]
    assert versions.sources_at(nodes[2])[0] is versions.outputs_at(nodes[1])[0]
    assert tuple(versions.inputs_at(nodes[2])[0].shape) == (None, 4)
    assert tuple(versions.outputs_at(nodes[2])[0].shape) == (None, 2)
    (call,) = versions.calls_of(inner.get_layer("drop"))
    assert versions.keywords_at(call)["training"] is True
    assert [layer.name for layer in versions.layers_inside(inner)] == ["a", "drop", "dense"]


def test_the_graph_of_a_sequential_model_and_of_none():
    sequential = keras.Sequential([keras.Input((3,)), L.Dense(2, name="dense")])
    graph = versions.graph_model(sequential)
    assert versions.layer_at(versions.nodes_in_order(graph)[-1]).name == "dense"

    class Own(keras.Model):
        def call(self, x):
            return x

    assert versions.graph_model(Own()) is None and versions.symbolic_inputs(Own()) == {}


@pytest.mark.parametrize("structure", ["one", "list", "dict"])
def test_symbolic_inputs_have_names_in_the_models_order(structure):
    zebra, apple = keras.Input((2,), name="zebra"), keras.Input((3,), name="apple")
    given = {"one": zebra, "list": [zebra, apple], "dict": {"zebra": zebra, "apple": apple}}[structure]
    model = keras.Model(given, L.Concatenate()([zebra, apple]) if structure != "one" else L.Dense(1)(zebra))
    found = {name: tuple(tensor.shape) for name, tensor in versions.symbolic_inputs(model).items()}
    assert (
        list(found.items()) == [("zebra", (None, 2)), ("apple", (None, 3))][: len(given) if structure != "one" else 1]
    )


def test_loss_weights_of_a_compiled_model():
    model = nested()
    assert versions.loss_weights(model) is None
    model.compile("sgd", "mse", loss_weights=[2.0])
    assert versions.loss_weights(model) == [2.0]


def test_noise_shape_of_dropout():
    x = tf.zeros([2, 6, 4])
    shapes = [versions.noise_shape(layer, x) for layer in (L.Dropout(0.5), L.Dropout(0.5, noise_shape=(None, 1, 4)))]
    assert shapes[0] is None
    assert [size if axis else None for axis, size in enumerate(shapes[1])] == [None, 1, 4]


@pytest.mark.parametrize("name, options", [("SGD", {"momentum": 0.9}), ("Adam", {}), ("Nadam", {})])
def test_what_an_optimizer_remembers(name, options):
    """All that a step changes is in its state: put back, the next step is the same."""
    optimizer = getattr(keras.optimizers, name)(0.1, **options)
    variable = versions.new_variable(tf.ones([3]), name="x")
    versions.build_optimizer(optimizer, [variable])
    before = [(each, np.asarray(each)) for each in [*versions.optimizer_state(optimizer), variable]]
    found = []
    for _ in range(2):
        for each, value in before:
            each.assign(value)
        for _ in range(3):
            optimizer.apply_gradients([(tf.constant([1.0, -2.0, 0.5]), variable)])
        found.append(np.asarray(variable))
    np.testing.assert_array_equal(*found)
    assert isinstance(versions.tensorflow_variable(variable), tf.Variable)


def test_layers_that_draw_and_those_that_do_not():
    still = [
        L.Dense(2),
        L.Conv2D(2, 3),
        L.ReLU(),
        L.Rescaling(2.0),
        L.Embedding(3, 2),
        L.BatchNormalization(),
        nested(),
    ]
    assert all(versions.never_draws(layer) for layer in still)
    assert not any(versions.never_draws(layer) for layer in (L.Dropout(0.5), L.RandomFlip(), L.LSTM(2)))
    assert versions.augments_images(L.RandomFlip()) and not versions.augments_images(L.Dropout(0.5))
