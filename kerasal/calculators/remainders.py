"""Remainders: the part of each layer that is not linear in its input, the biases that FullGrad gives a share to.

A layer's output is J·u + r, with J its Jacobian at the input u; the score is then ∇ₓf·x + Σ ∇f·r over all layers.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from kerasal._engine.bound_score import Keep
from kerasal._network.gradients import value_and_derivative
from kerasal._network.interception import Call, place_in
from kerasal._network.layer_tree import walk
from kerasal._network.versions import layers_inside
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout


def _known(*names: str) -> tuple[Any, ...]:
    """The layers of these names that this Keras has."""
    return tuple(getattr(keras.layers, name) for name in names if hasattr(keras.layers, name))


def _in_space(*kinds: str) -> list[str]:
    return [kind.format(n) for kind in kinds for n in (1, 2, 3)]


_RANDOM = (MonteCarloDropout, *_known("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"))
_WITH_BIAS = _known(
    *_in_space("Conv{}D", "DepthwiseConv{}D", "SeparableConv{}D", "Conv{}DTranspose"), "Dense", "EinsumDense"
)
_SCALING = _known("BatchNormalization", "Rescaling", "Normalization")
_ELEMENTWISE = _known("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "ThresholdedReLU")
_PRODUCTS = _known("Multiply", "Dot")
_HOMOGENEOUS = _known(  # f(t u) = t f(u) for t > 0: nothing remains
    *_in_space("UpSampling{}D", "ZeroPadding{}D", "Cropping{}D", "SpatialDropout{}D"),
    *_in_space("MaxPooling{}D", "AveragePooling{}D", "GlobalMaxPooling{}D", "GlobalAveragePooling{}D"),
    *(
        "Add",
        "Subtract",
        "Average",
        "Maximum",
        "Minimum",
        "Concatenate",
        "Identity",
        "InputLayer",
        "ActivityRegularization",
    ),
    *[f"Random{what}" for what in ("Flip", "Rotation", "Zoom", "Translation", "Crop", "Height", "Width", "Contrast")],
    *("RandomBrightness", "RandomSharpness", "RandomShear", "RandomErasing"),  # in inference these change nothing
    *("Flatten", "Reshape", "Permute", "RepeatVector", "Resizing", "CenterCrop"),
)
_ACROSS = ("softmax", "log_softmax", "sparsemax", "sparse_plus", "glu")  # activations that mix elements


def remainder_probe(model: keras.Model, keep: Keep) -> dict[Any, list[Any]]:
    """Make interception handlers {layer: [handler]} that keep each layer's remainder.

    Args:
        model: the model.
        keep: function of (name, tensor) -> tensor, called with the name ("remainder", r) for a tensor z the score depends on:
            the layer's share of the score is ∇_z f · r; and with ("unknown", layer) for the output of a layer that cannot be
            accounted for.
    """
    handlers: dict[Any, list[Any]] = {}
    unknown: list[str] = []
    for path, layer, holder in walk(model)[1:]:
        if holder is None and not any(path.startswith(f"{above}/") for above in unknown):  # named as a whole
            rule = _rule(layer)
            if rule is _unknown:
                unknown.append(path)
            if rule is not None:
                handlers[layer] = [lambda call, rule=rule: rule(call, keep)]
    return handlers


def _rule(layer: Any) -> Any:
    """The rule that accounts for a layer; None where nothing remains, or where its layers are accounted for one by one."""
    rules = (
        (_WITH_BIAS, _with_bias),
        ((*_RANDOM, *_SCALING), _affine),
        (_ELEMENTWISE, _elementwise),
        (_PRODUCTS, _product),
        ((keras.layers.Embedding,), _constant),
        (_HOMOGENEOUS, None),
    )
    for kinds, rule in rules:
        if any(isinstance(layer, kind) and type(layer).call is kind.call for kind in kinds):
            return rule
    builtin = type(layer).__module__.split(".")[0] == "keras"
    inner = layers_inside(layer)
    return None if isinstance(layer, keras.Model) or (inner and not builtin) else _unknown


def _with_bias(call: Call, keep: Keep) -> tf.Tensor:
    with _activation_aside(call) as activation:
        output = call.run()
    bias = getattr(call.layer, "bias", None)
    if bias is not None:
        bias = tf.cast(tf.convert_to_tensor(bias), output.dtype)
        if getattr(call.layer, "data_format", None) == "channels_first":
            bias = tf.reshape(bias, [-1, *[1] * (output.shape.rank - 2)])
        output = keep(("remainder", bias), output)
    return output if activation is None else _activated(call.layer, activation, output, keep)


def _affine(call: Call, keep: Keep) -> tf.Tensor:
    inputs, output = _first(call), call.run()
    call.args = (tf.zeros_like(inputs if isinstance(call.layer, _RANDOM) else inputs[:1]), *call.args[1:])
    return keep(("remainder", call.run()), output)


def _elementwise(call: Call, keep: Keep) -> tf.Tensor:
    z = tf.identity(_first(call))

    def function(z: tf.Tensor) -> tf.Tensor:
        call.args = (z, *call.args[1:])
        return call.run()

    function.__name__ = getattr(getattr(call.layer, "activation", None), "__name__", "function")
    return _activated(call.layer, function, z, keep)


def _activated(layer: Any, function: Callable[[tf.Tensor], tf.Tensor], z: tf.Tensor, keep: Keep) -> tf.Tensor:
    output, derivative = value_and_derivative(function, z)
    if getattr(function, "__name__", type(function).__name__).lower() in _ACROSS:
        return keep(("unknown", layer), output)
    return keep(("remainder", output - derivative * z), output)


def _product(call: Call, keep: Keep) -> tf.Tensor:
    factors = len(_first(call))
    output = call.run()
    return keep(("remainder", (1 - factors) * output), output)


def _constant(call: Call, keep: Keep) -> tf.Tensor:
    output = call.run()
    return keep(("remainder", output), output)


def _unknown(call: Call, keep: Keep) -> Any:
    output = call.run()
    return keep(("unknown", call.layer), output) if tf.is_tensor(output) else output


def _first(call: Call) -> Any:
    """The first argument of the call, which is positional from here on."""
    call.args = call.args or (call.kwargs.pop("inputs"),)
    return call.args[0]


@contextlib.contextmanager
def _activation_aside(call: Call) -> Iterator[Any]:
    """Run the layer without its fused activation, in this trace and in no other thread; yields the activation, or None."""
    activation = call.layer.__dict__.get("activation")
    if activation is not None:
        call.layer.__dict__["activation"] = lambda z: activation(z) if place_in(call.graph) == "outside" else z
    try:
        yield activation
    finally:
        if activation is not None:
            call.layer.__dict__["activation"] = activation
