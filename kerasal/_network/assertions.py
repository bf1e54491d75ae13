"""Checks inside a compiled function, and the ValueError that a failed one becomes."""

import tensorflow as tf

_MARK = "kerasal:"


def require(condition: tf.Tensor, tensor: tf.Tensor, expected: str, received: tf.Tensor, remedy: str) -> tf.Tensor:
    """Pass a tensor on after a check inside the graph.

    Args:
        condition: boolean scalar.
        tensor: what is passed on.
        expected: what was expected.
        received: what to show.
        remedy: what to do.

    Returns:
        The tensor.
    """
    check = tf.debugging.Assert(condition, [_MARK, f"{expected}. Received:", received, f". {remedy}"], summarize=10)
    with tf.control_dependencies([check]):
        return tf.identity(tensor)


def error_of(error: tf.errors.InvalidArgumentError) -> Exception:
    """Give the ValueError meant by an error of the running graph, a failed `require`; any other error as it is."""
    text: str = error.message
    if f"[{_MARK}]" not in text:
        other: Exception = error
        return other
    _, _, rest = text.partition(f"[{_MARK}] [")
    parts = rest.split("] [")[:3]
    last = parts[-1].split("]")[0]
    return ValueError(" ".join([*parts[:-1], last]).replace(" . ", ". ").replace("[", "").replace("]", ""))
