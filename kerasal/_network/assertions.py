"""Checks inside a compiled function, and the ValueError that a failed one becomes."""

import tensorflow as tf

_MARK = "kerasal:"


def require(condition, tensor, expected, received, remedy):
    """`tensor`, after a check inside the graph.

    Args:
        condition: boolean scalar tensor.
        tensor: what is passed on.
        expected: what was expected.
        received: a tensor to show.
        remedy: what to do.
    """
    check = tf.debugging.Assert(condition, [_MARK, f"{expected}. Received:", received, f". {remedy}"], summarize=10)
    with tf.control_dependencies([check]):
        return tf.identity(tensor)


def error_of(error):
    """The ValueError meant by an error of the running graph: a failed `require`, or the error itself."""
    text = error.message
    if f"[{_MARK}]" not in text:
        return error
    _, _, rest = text.partition(f"[{_MARK}] [")
    parts = rest.split("] [")[:3]
    last = parts[-1].split("]")[0]
    return ValueError(" ".join([*parts[:-1], last]).replace(" . ", ". ").replace("[", "").replace("]", ""))
