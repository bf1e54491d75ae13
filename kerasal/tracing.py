"""Tracing: a function of tensors to a graph, the model of it left as it was."""

import contextlib
import gc

import tensorflow as tf

from kerasal.interception import untouched


def traced(model, function, *specs):
    """The concrete function of `function` for `TensorSpec`s, with the model's layers and the random state left as they were.

    Args:
        model: the Keras model that the function calls.
        function: of tensors; what it returns is what the concrete function returns.
        specs: a structure of `tf.TensorSpec`s for each argument.
    """
    with untouched(model), _no_collection():
        return tf.function(function, autograph=False).get_concrete_function(*specs)


@contextlib.contextmanager
def _no_collection():
    """No garbage collection meanwhile: a graph is many objects and little garbage; a pause would be up to a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
