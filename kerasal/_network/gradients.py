"""Gradients of a score: plain, with other rules for ReLUs, and of float16 models. The only place that differentiates."""

import contextlib

import tensorflow as tf

from kerasal._network.graphs import operations_inside
from kerasal._network.layer_tree import layers_of

_HALF_SCALES = (2.0**12, 2.0**8, 2.0**4, 1.0)  # of a float16 model's score, so that small gradients do not vanish
_RELUS = ("Relu", "Relu6", "LeakyRelu")
_RULES = (None, "guided", "rectified")


def gradients(values, sources, half=False):
    """Gradients of the sum of `values` with respect to each of `sources`.

    Args:
        values: float32 (rows,), or a scalar.
        sources: tensors (rows, ...) of the graph.
        half: whether something on the way is float16; a row whose gradient overflows at one scale of the score is then
            taken at the next smaller one.

    Returns:
        A list of tensors of the sources' shapes; None for a source that the values do not depend on.
    """
    if not half:
        return [None if g is None else tf.convert_to_tensor(g) for g in tf.gradients(values, sources)]
    reached = [source for source, g in zip(sources, tf.gradients(values, sources)) if g is not None]
    scales = tf.constant(_HALF_SCALES)

    def good(kept):
        rows = [tf.reduce_all(tf.math.is_finite(tf.reshape(g, [tf.shape(g)[0], -1])), 1) for g in kept]
        return tf.reduce_all(tf.stack(rows), 0)

    def lower(step, kept):
        found = [tf.cast(g, tf.float32) / scales[step] for g in tf.gradients(values * scales[step], reached)]
        fine = good(kept)
        return step + 1, [
            tf.where(tf.reshape(fine, [-1] + [1] * (g.shape.rank - 1)), old, g) for old, g in zip(kept, found)
        ]

    def again(step, kept):
        return (step < len(_HALF_SCALES)) & ~tf.reduce_all(good(kept))

    start = [tf.fill(tf.shape(source), float("nan")) for source in reached]
    shapes = [tf.TensorShape([]), [source.shape for source in reached]]
    kept = iter(tf.while_loop(again, lower, [0, start], shapes, parallel_iterations=1)[1] if reached else ())
    return [next(kept) if any(source is other for other in reached) else None for source in sources]


def no_gradient(target):
    """The error for a score that does not depend on a target."""
    return (
        f"The score must depend on the target through differentiable steps. Received: no gradient from the score to {target!r}. "
        "Check that the score uses this input or layer, and that no argmax, rounding or integer lies between."
    )


def derivative_of(function, z):
    """The derivative of an element-wise function at z, of z's shape; 0 where the function does not depend on z."""
    found = tf.gradients(function, z)[0]
    return tf.zeros_like(z) if found is None else found


@tf.RegisterGradient("KerasalGuidedRelu")
def _guided(op, gradient):
    """Springenberg et al. 2014, arXiv:1412.6806: only positive gradients pass, and only active units pass them."""
    out = op.outputs[0]
    active = out > 0 if op.type != "Relu6" else (out > 0) & (out < 6)
    return tf.where(active & (gradient > 0), gradient, tf.zeros_like(gradient))


@tf.RegisterGradient("KerasalRectifiedRelu")
def _rectified(op, gradient):
    """Zeiler and Fergus 2013, arXiv:1311.2901 (deconvnet): only positive gradients pass, whatever the unit did."""
    return tf.nn.relu(gradient)


def checked_rule(rule):
    """The ReLU rule itself; ValueError for one that does not exist."""
    if rule not in _RULES:
        raise ValueError(f"relu_rule is None, 'guided' or 'rectified'. Received: {rule!r}. Choose one.")
    return rule


@contextlib.contextmanager
def relu_rule(rule, model):
    """The ops of a pass traced inside get another gradient.

    Args:
        rule: "guided", "rectified", or None for the gradient as it is.
        model: the model of the pass, for the error.

    Raises:
        ValueError: the pass has no Relu, Relu6 or LeakyRelu, or one inside a loop, where gradients cannot be exchanged.
    """
    if rule is None:
        yield
        return
    graph = tf.compat.v1.get_default_graph()
    before = len(graph.get_operations())
    with graph.gradient_override_map(dict.fromkeys(_RELUS, f"Kerasal{rule.capitalize()}Relu")):
        yield
    added = graph.get_operations()[before:]
    inside = [kind for operation in added for kind in operations_inside(operation) if kind in _RELUS]
    if inside or not any(operation.type in _RELUS for operation in added):
        names = dict.fromkeys(
            getattr(layer.activation, "__name__", type(layer.activation).__name__)
            for layer in layers_of(model)
            if getattr(layer, "activation", None) is not None
        )
        has = "one inside a loop, a branch or a recurrent layer" if inside else "none"
        raise ValueError(
            f"relu_rule={rule!r} changes how Relu, Relu6 and LeakyRelu pass gradients back. Received: model '{model.name}', "
            f"which has {has}; its activations are: {', '.join(names) or 'none'}. Leave relu_rule out."
        )
