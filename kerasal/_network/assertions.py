"""Checks inside a compiled function, and the ValueError that a failed one becomes."""

import tensorflow as tf

_MARK = "kerasal:"


def require(
    condition: tf.Tensor,
    tensor: tf.Tensor,
    expected: str,
    received: tf.Tensor,
    remedy: str,
    row: tf.Tensor | None = None,
) -> tf.Tensor:
    """Pass a tensor on after a check inside the graph.

    Args:
        condition: boolean scalar.
        tensor: what is passed on.
        expected: what was expected.
        received: what to show.
        remedy: what to do.
        row: the row of the pass that it is about, integer scalar; None where it is about all.

    Returns:
        The tensor.
    """
    told = [_MARK, f"{expected}. Received:", received, f". {remedy}", *([] if row is None else [row])]
    check = tf.debugging.Assert(condition, told, summarize=10)
    with tf.control_dependencies([check]):
        return tf.identity(tensor)


def error_of(error: tf.errors.InvalidArgumentError, first: int = 0, count: int | None = None) -> Exception:
    """Give the ValueError meant by an error of the running graph, a failed `require`; any other error as it is.

    Args:
        error: as TensorFlow raised it.
        first: position of the first example of the pass.
        count: how many examples it has, of which its rows are repetitions; None where rows are examples.
    """
    text: str = error.message
    if f"[{_MARK}]" not in text:
        other: Exception = error
        return other
    _, _, rest = text.partition(f"[{_MARK}] [")
    expected, received, remedy, *row = [part.split("]")[0].strip("[ ") for part in rest.split("] [")[:4]]
    if row and row[0].isdigit():
        received += f" for example {first + (int(row[0]) % count if count else int(row[0]))}"
    return ValueError(f"{expected} {received}{remedy}.".replace("..", "."))
