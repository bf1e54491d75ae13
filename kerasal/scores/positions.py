"""The classes at each position of an output: pixels of a segmentation, boxes of a detector, tokens of a text."""

import tensorflow as tf

from kerasal._network.logits import find_logits
from kerasal._network.precision import as_real
from kerasal.scores.passes import Pass
from kerasal.scores.two_classes import unit_by_loss


def classes_at_positions(run: Pass, who: str) -> tf.Tensor:
    """Give the logits of every position where the output ends in a softmax or sigmoid, else the output itself.

    One sigmoid unit at each position gives its two classes: −z and z, or 1 − p and p. `run.word()` names what they are.

    Args:
        run: the pass, of one output.
        who: the score, for the error.

    Returns:
        (rows, *positions, C), real.

    Raises:
        ValueError: the model has several outputs, or one without positions.
    """
    output = run.single_output()
    if output.shape.rank is None or output.shape.rank < 3:
        raise ValueError(
            f"{who} is for an output (N, positions, C), such as (N, H, W, C) of a segmentation. Received: an output of shape "
            f"{output.shape}. Give the class itself, score=k."
        )
    found = find_logits(output)
    values = as_real(found.values if run.logits else output)
    quantity = found.quantity if run.logits or not found.is_found else "probability"
    if output.shape[-1] == 1:
        unit = quantity if found.is_found else unit_by_loss(run.model, (run.whole or run).outputs, run.place)
        run.is_binary, quantity = unit is not None, unit or "output"
        if run.is_binary:
            values = tf.concat([1 - values if quantity == "probability" else -values, values], -1)
    run.quantity = quantity
    return values


def positions_of(output: tf.Tensor) -> tuple[int | None, ...]:
    """Give the sizes of the axes between the rows and the classes."""
    return tuple(output.shape[1:-1])
