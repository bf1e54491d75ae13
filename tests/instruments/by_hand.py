"""Gradients written by hand: eager tapes over the model as given, independent of kerasal."""

import contextlib

import numpy as np
import tensorflow as tf


def find(model, name):
    return next(layer for layer in model._flatten_layers() if layer.name == name)


def distance(a, b):
    """Relative L2 distance of a from b."""
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    assert a.shape == b.shape, f"{a.shape} is not {b.shape}"
    assert np.linalg.norm(b) > 0, "nothing to compare with: the reference is zero"
    return np.linalg.norm(a - b) / np.linalg.norm(b)


@contextlib.contextmanager
def spy(layer, tape=None):
    """Eager only: the (first input, output) of every call of a layer, both watched by the tape."""
    calls, call = [], layer.call

    def spied(x, *args, **kwargs):
        x = tf.identity(x)
        if tape is not None:
            tape.watch(x)
        output = call(x, *args, **kwargs)
        if tape is not None:
            tape.watch(output)
        calls.append((x, output))
        return output

    layer.__dict__["call"] = spied
    try:
        yield calls
    finally:
        del layer.__dict__["call"]


def plain(model, x):
    return model(x, training=False)


def head(name):
    """Logits of one of several outputs."""

    def logits(model, x):
        with spy(find(model, name)) as calls:
            model(x, training=False)
        return calls[0][1]

    return logits


def into(name):
    """Logits: what goes into the layer."""

    def logits(model, x):
        with spy(find(model, name)) as calls:
            model(x, training=False)
        return calls[0][0]

    return logits


def dense(name):
    """Logits: a layer's input times its kernel plus its bias, without its activation."""

    def logits(model, x):
        kernel, bias = (tf.convert_to_tensor(weight) for weight in find(model, name).weights)
        return into(name)(model, x) @ kernel + bias

    return logits


def hand_gradient(case, model, x=None, layer=None, call=0, timing="post", classes=None):
    """Gradient of the predicted class's logit with respect to the first input, or to what passes a layer.

    Returns:
        gradient, target: float32 NumPy arrays of one shape.
    """
    flat = [tf.convert_to_tensor(part) for part in tf.nest.flatten(case.x if x is None else x)]
    with tf.GradientTape() as tape:
        if layer is None:
            tape.watch(flat[0])
        with spy(find(model, layer), tape) if layer else contextlib.nullcontext() as calls:
            logits = case.logits(model, tf.nest.pack_sequence_as(case.x, flat))
        if classes is None:
            classes = tf.argmax(logits, -1)
        score = tf.reduce_sum(tf.gather(tf.cast(logits, "float32"), classes, axis=-1, batch_dims=1))
    target = calls[call][timing == "post"] if layer else flat[0]
    return np.asarray(tape.gradient(score, target), "float32"), np.asarray(target, "float32")
