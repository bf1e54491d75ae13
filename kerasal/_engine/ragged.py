"""Ragged tensors as runs of examples of equal lengths, so that each is explained at its own length."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._tree import leaves, mapped


def dense_runs(x: Any, y: Any, count: int) -> Iterator[tuple[int, int, Any, Any]]:
    """Yield (begin, end, x, y) of neighbouring examples without ragged tensors: all of them where there are none.

    Args:
        x: structure of arrays and ragged tensors.
        y: alike, or None.
        count: how many examples.

    Raises:
        ValueError: a tensor that is ragged within its examples.
    """
    ragged = [leaf for leaf in (*leaves(x), *([] if y is None else leaves(y))) if isinstance(leaf, tf.RaggedTensor)]
    if not ragged:
        yield 0, count, x, y
        return
    for leaf in ragged:
        if leaf.ragged_rank > 1:
            raise ValueError(
                f"A ragged tensor has examples of several lengths. Received: shape {leaf.shape}, ragged within its examples too. "
                "Pad it as for the training: x.to_tensor()."
            )
    lengths = list(zip(*(leaf.row_lengths().numpy().tolist() for leaf in ragged), strict=True))
    begin = 0
    for _, run in itertools.groupby(lengths):
        end = begin + len(list(run))
        yield begin, end, _cut(x, begin, end), None if y is None else _cut(y, begin, end)
        begin = end


def _cut(tree: Any, begin: int, end: int) -> Any:
    def part(leaf: Any) -> np.ndarray:
        return leaf[begin:end].to_tensor().numpy() if isinstance(leaf, tf.RaggedTensor) else leaf[begin:end]

    return mapped(part, tree)
