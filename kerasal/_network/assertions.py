"""Checks inside a compiled function, and the ValueError that a failed one becomes."""

import re

import tensorflow as tf

_LOOKED_UP = re.compile(r"indices\[([\d,]*)\] = (-?\d+) is not in \[0, (\d+)\)")
_LABEL = re.compile(r"label value of (-?\d+) which is outside the valid range of \[0, (\d+)\)")
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
    """Give the ValueError meant by an error of the running graph: a failed `require`, or a number out of range; others as they are.

    Args:
        error: as TensorFlow raised it.
        first: position of the first example of the pass.
        count: how many examples it has, of which its rows are repetitions; None where rows are examples.
    """
    text: str = error.message
    if f"[{_MARK}]" not in text:
        return _of_operations(text, first, count) or error
    _, _, rest = text.partition(f"[{_MARK}] [")
    expected, received, remedy, *row = [part.split("]")[0].strip("[ ") for part in rest.split("] [")[:4]]
    if row and row[0].isdigit():
        received += f" for example {first + (int(row[0]) % count if count else int(row[0]))}"
    return ValueError(f"{expected} {received}{remedy}.".replace("..", "."))


def _of_operations(text: str, first: int, count: int | None) -> ValueError | None:
    """Make the error for a number that is looked up in a table that has no such entry, or a label that is no class."""
    looked_up, label = _LOOKED_UP.search(text), _LABEL.search(text)
    if looked_up:
        place, number, size = looked_up.groups()
        row = int(place.split(",")[0] or 0)
        of_example = f" in example {first + (row % count if count else row)}" if "," in place else ""
        return ValueError(
            f"Numbers that a layer looks up, as the words of an Embedding, are from 0 to {int(size) - 1}. Received: {number}{of_example}. "
            f"Give the numbers that the model was trained on, or build the layer for more, Embedding(input_dim={int(number) + 1}, …)."
        )
    if label:
        number, size = label.groups()
        return ValueError(
            f"Labels of the loss are classes, from 0 to {int(size) - 1}. Received: {number}. Give the labels that the model was trained "
            "on; if they begin at 1, subtract 1."
        )
    return None
