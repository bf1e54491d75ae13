"""All that differs between Keras 2 and Keras 3, and every private name of Keras; no other module names one."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasal._tree import paths

KERAS_2: bool = keras.__version__.startswith("2.")

# Methods through which Keras runs a layer; Keras 2 has no layers with quantized weights.
CALLS = ("call", "quantized_call")

# What a node of a graph holds for `training` where the user left it out: Keras 3 notes the default of `call` too, and
# `fit` overrules it.
TRAINING_LEFT_OUT: tuple[bool | None, ...] = (None,) if KERAS_2 else (None, False)

# Method that gives a recurrent cell its masks -> the attribute with their rate. Keras 2 has the names with "for_cell".
MASKS_OF_CELLS: Mapping[str, str] = {
    "get_dropout_mask": "dropout",
    "get_recurrent_dropout_mask": "recurrent_dropout",
    "get_dropout_mask_for_cell": "dropout",
    "get_recurrent_dropout_mask_for_cell": "recurrent_dropout",
}

_ENGINE = tuple(f"keras.src.engine.{name}" for name in ("functional", "input_layer", "sequential"))
_NEVER_DRAWING = (  # modules of Keras whose layers never draw
    "keras.src.layers.activation",
    "keras.src.layers.convolutional",
    "keras.src.layers.core.dense",
    "keras.src.layers.core.activation",
    "keras.src.layers.core.embedding",
    "keras.src.layers.core.input_layer",
    "keras.src.layers.merging",
    "keras.src.layers.normalization",
    "keras.src.layers.pooling",
    "keras.src.layers.preprocessing.normalization",
    "keras.src.layers.reshaping",
    "keras.src.models",
    *_ENGINE,
)

_LAYERS = ("keras.src.layers", "keras.src.models", *_ENGINE)  # modules of Keras' layers
_QUIET = (*_LAYERS, "keras.src.ops")  # those whose layers and operations draw in training alone
# Those that run functions of the user's, or TensorFlow's.
_RUNNING_CODE = ("keras.src.layers.core.lambda_layer", "keras.src.layers.core.tf_op_layer")


# Layers


def layers_inside(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """List the layers that a layer is made of, one level down."""
    return list(layer._flatten_layers(recursive=False, include_self=False))


def never_draws(layer: keras.layers.Layer) -> bool:
    """Tell whether a layer is one of Keras' own that draw no random numbers."""
    return type(layer).__module__.startswith(_NEVER_DRAWING) or isinstance(layer, keras.layers.Rescaling)


def draws_nothing_in_inference(layer: Any) -> bool:
    """Tell whether a layer, or an operation in a graph, is one of Keras' own, with functions of Keras or TensorFlow."""
    return _is_kerass(layer, _QUIET, ("keras.src", "tensorflow"))


def keeps_rows_apart(layer: Any) -> bool:
    """Tell whether a layer is one of Keras' own, with functions of Keras, that mixes no rows in inference."""
    axes = tf.nest.flatten([getattr(layer, name, None) for name in ("axis", "axes")])
    may_be_rows = any(isinstance(axis, int) and (axis == 0 or axis < -1) for axis in axes)
    return not may_be_rows and _is_kerass(layer, _LAYERS, ("keras.src.activations", "keras.src.layers"))


def _is_kerass(layer: Any, modules: tuple[str, ...], of_functions: tuple[str, ...]) -> bool:
    """Tell whether a layer is of modules of Keras, runs no code of the user's, and has its activations from some modules."""
    functions = [getattr(layer, name, None) for name in ("activation", "recurrent_activation")]
    is_known = all(each is None or each.__module__.startswith(of_functions) for each in functions)
    kind = type(layer).__module__
    is_kerass = kind.startswith(modules) and not kind.startswith(_RUNNING_CODE)
    return is_known and is_kerass and not any(name in vars(layer) for name in CALLS)


def augments_images(layer: keras.layers.Layer) -> bool:
    """Tell whether a layer is one of Keras' random image layers, or made from one."""
    return any(".preprocessing" in kind.__module__ for kind in type(layer).__mro__ if kind is not keras.layers.Layer)


def noise_shape(layer: keras.layers.Layer, x: tf.Tensor) -> Any:
    """Give the shape of a dropout layer's mask for inputs x, a list or tensor of sizes; None for that of x."""
    return layer._get_noise_shape(x) if hasattr(layer, "_get_noise_shape") else layer.noise_shape


def seed_generators(layers: Iterable[keras.layers.Layer]) -> list[Any]:
    """List the generators of seeds that layers draw with; Keras 2 has none that have a `next`."""
    found = [getattr(layer, "seed_generator", None) for layer in layers]
    return [generator for generator in found if hasattr(generator, "next")]


def losses_of_calls(layer: keras.layers.Layer) -> list[tf.Tensor] | None:
    """Copy the losses that a layer's calls added; None with Keras 3, which keeps them in the layer's attributes."""
    return list(layer._eager_losses) if hasattr(layer, "_eager_losses") else None


def put_back_losses_of_calls(layer: keras.layers.Layer, losses: list[tf.Tensor]) -> None:
    """Put back what `losses_of_calls` gave."""
    layer._thread_local._eager_losses = losses


def replace_layer_inside(layer: keras.layers.Layer, name: str, other: keras.layers.Layer) -> None:
    """Give a layer another one as its attribute of this name, which it is made of in place of the one before."""
    if not KERAS_2:
        layer._tracker.unlock()
        layer._tracker.untrack(getattr(layer, name))
    setattr(layer, name, other)


# Models and the graphs of functional ones


def graph_model(model: Any) -> keras.Model | None:
    """Give the functional model that a model's graph belongs to: itself, or what a Sequential runs; None without one."""
    functional = getattr(model, "_functional", None) or model
    return functional if hasattr(functional, "_nodes_by_depth") else None


def nodes_in_order(functional: keras.Model) -> list[Any]:
    """List the nodes of a functional model's graph in the order they run."""
    by_depth = functional._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def calls_of(layer: keras.layers.Layer) -> Sequence[Any]:
    """List the nodes of all graphs at which a layer is called."""
    nodes: Sequence[Any] = getattr(layer, "_inbound_nodes", ())
    return nodes


def consumers_of(layer: keras.layers.Layer) -> Sequence[Any]:
    """List the nodes of all graphs that take what a layer gives, in the order they were made."""
    nodes: Sequence[Any] = getattr(layer, "_outbound_nodes", ())
    return nodes


@contextlib.contextmanager
def running_nodes(functional: keras.Model, nodes: Sequence[Any]) -> Iterator[None]:
    """Let a functional model run the nodes of its graph in this order meanwhile."""
    attributes = functional.__dict__  # past Keras' tracking of what is set
    before = attributes["_nodes_by_depth"]
    attributes["_nodes_by_depth"] = {-number: [node] for number, node in enumerate(nodes)}
    try:
        yield
    finally:
        attributes["_nodes_by_depth"] = before


def layer_at(node: Any) -> keras.layers.Layer:
    """Give the layer that is called at a node."""
    return node.operation if hasattr(node, "operation") else node.layer


def inputs_at(node: Any) -> list[Any]:
    """List the symbolic tensors that go into a node."""
    return list(tf.nest.flatten(node.input_tensors))


def sources_at(node: Any) -> list[Any]:
    """List the symbolic tensors among all arguments of the call at a node; of an input's node none."""
    if node.is_input:
        return []
    return list(node.keras_inputs if hasattr(node, "keras_inputs") else tf.nest.flatten(node.input_tensors))


def outputs_at(node: Any) -> list[Any]:
    """List the symbolic tensors that come out of a node."""
    return list(tf.nest.flatten(node.output_tensors if hasattr(node, "output_tensors") else node.outputs))


def keywords_at(node: Any) -> Mapping[str, Any]:
    """Give the keyword arguments of the call at a node."""
    keywords: Mapping[str, Any] = node.arguments.kwargs if hasattr(node, "arguments") else node.call_kwargs
    return keywords


def input_structure(model: keras.Model) -> Any:
    """Give the symbolic inputs of a functional model as it takes them: one, a list or a dict; None of any other model."""
    return getattr(model, "_inputs_struct", getattr(model, "_nested_inputs", None))


def symbolic_inputs(model: keras.Model) -> dict[str, Any]:
    """Map the name (or key) of each input of a functional or Sequential model to its symbolic tensor, in the model's order.

    Returns:
        {name: symbolic tensor}; {} for a subclassed model, whose inputs are not known before it is called.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((3,), name="columns"), keras.layers.Dense(2)])
        >>> {name: tuple(tensor.shape) for name, tensor in symbolic_inputs(model).items()}
        {'columns': (None, 3)}
    """
    structure = input_structure(model)
    if isinstance(structure, dict):
        is_flat = not any(isinstance(part, (dict, list, tuple)) for part in structure.values())
        return dict(structure) if is_flat else dict(paths(structure))
    return {tensor.name.split(":")[0]: tensor for tensor in getattr(model, "inputs", None) or []}


def is_made_up(name: str) -> bool:
    """Tell whether the name of an input is one that Keras gave it.

    Example:
        >>> is_made_up("keras_tensor_12"), is_made_up("input_1"), is_made_up("image")
        (True, True, False)
    """
    return re.fullmatch(r"(keras_tensor|input|input_layer)(_\d+)?|x(\[\d+\])?", name) is not None


def output_names(model: keras.Model, count: int) -> Sequence[str]:
    """List the names that Keras gives the outputs of a model that returns `count` of them, without a dict; [] for none.

    Functional models name outputs by their layers; Keras 2 numbers those of a subclassed model from 1.
    """
    names: Sequence[str] = getattr(model, "output_names", None) or ()
    if len(names) == count:
        return names
    return [f"output_{number}" for number in range(1, count + 1)] if KERAS_2 and count > 1 else []


def loss_weights(model: keras.Model) -> Any:
    """Give the `loss_weights` that a model was compiled with: None, a number, a list or a dict."""
    return getattr(getattr(model, "compiled_loss" if KERAS_2 else "_compile_loss", None), "_user_loss_weights", None)


def loss_object(loss: Any, y: tf.Tensor, output: tf.Tensor) -> keras.losses.Loss:
    """Make the object by which Keras computes a loss: a name, a function or an object, as `compile` takes it."""
    if KERAS_2:
        found = keras.losses.get(loss)
        return found if isinstance(found, keras.losses.Loss) else keras.__internal__.losses.LossFunctionWrapper(found)
    from keras.src.trainers.compile_utils import get_loss

    return get_loss(loss, y, output)


def arguments_of_loss(loss: keras.losses.Loss, y: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Give the labels and the output as Keras hands them to a loss: Keras 3 in its dtype, Keras 2 in that of the output."""
    if not KERAS_2:
        return tf.cast(y, loss.dtype), tf.cast(output, loss.dtype)
    if y.shape.rank == 1 and output.shape.rank == 2:
        y = y[:, None]
    same = (y.dtype.is_floating and output.dtype.is_floating) or (y.dtype.is_integer and output.dtype.is_integer)
    return tf.cast(y, output.dtype) if same else y, output


def computes_own_loss(model: keras.Model) -> bool:
    """Tell whether a model has a `compute_loss` of its own in place of the compiled loss."""
    return type(model).compute_loss is not keras.Model.compute_loss


def in_safe_mode() -> bool:
    """Tell whether Keras is loading what may be of others, so that no code but known layers' may be taken from it."""
    return bool(keras.src.saving.serialization_lib.in_safe_mode())


def mask_of(tensor: Any) -> Any:
    """Give the mask that Keras left on a tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


# Variables and optimizers


def tensorflow_variable(variable: Any) -> tf.Variable:
    """Give the variable of TensorFlow that a variable of Keras 3 wraps; one of TensorFlow itself as it is."""
    value = getattr(variable, "value", variable)
    return variable if callable(value) else value


def new_variable(value: tf.Tensor, name: str) -> Any:
    """Make a variable such as optimizers of this Keras take."""
    return getattr(keras, "Variable", tf.Variable)(value, name=name)


def build_optimizer(optimizer: Any, variables: Sequence[Any]) -> None:
    """Make an optimizer create what it remembers of variables; those of tensorflow-addons are older than `build`."""
    if hasattr(optimizer, "build"):
        optimizer.build(variables)
    else:
        optimizer._create_all_weights(variables)


def optimizer_state(optimizer: Any) -> list[Any]:
    """List the variables of an optimizer that is built."""
    listed = optimizer.variables() if callable(optimizer.variables) else optimizer.variables
    unlisted = [value for value in vars(optimizer).values() if isinstance(value, tf.Variable)]  # Nadam of Keras 2
    return [*listed, *unlisted]
