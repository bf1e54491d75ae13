"""The tokens of the last block that a score is made of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._network.attention.tokens import Marks, axes_with_tokens, layers_of_tokens, mixes
from kerasal._network.positions.sites import Sites
from kerasal._network.positions.step_types import KEEPING

_KEEPING_MASKS = (*KEEPING, "StridedSlice", "BroadcastTo")


class Reading(NamedTuple):
    """The tokens of the last block that a score is made of.

    Attributes:
        weights: (tokens,), adding up to 1: how much each counts.
        mask: a tensor of the pass, (rows, *tokens, 1): where it is 0 a token counts nothing; None where all count.
    """

    weights: np.ndarray
    mask: tf.Tensor | None = None

    @property
    def words(self) -> str:
        """Say which tokens they are."""
        taken = np.flatnonzero(self.weights)
        if len(taken) == 1:
            return f"token {taken[0]}"
        count = "all" if len(taken) == len(self.weights) else f"{len(taken)}"
        return f"mean of {count} tokens" + ("" if self.mask is None else " that are not masked")


def reading_of(between: Sequence[tf.Tensor], marks: Marks, tokens: Sites) -> Reading | str:
    """Find the tokens that a score is made of.

    Args:
        between: the tensors between the last block and the score, in order.
        marks: which tokens they are of.
        tokens: marks of the tokens of the last block.

    Returns:
        The reading: of one token that is cut out, or of the mean of some; or words for what else is made of them.
    """
    count, found = int(layers_of_tokens(tokens)[0].size), list[Reading]()
    apart = set(marks) - {tensor.ref() for tensor in between}  # references of tensors with all tokens, none read yet
    for tensor in between:
        sources = [each for each in tensor.op.inputs if each.ref() in apart]
        own = _read(tensor, sources[0], marks, count) if sources else None
        if isinstance(own, str):
            return own
        if own is not None:
            found.append(own)
        elif sources:
            apart.add(tensor.ref())
    if not found:
        return "no step that takes some of the tokens"
    if between[-1].ref() in apart:
        return "each token, one number of the score"
    first = found[0]
    if any(not np.allclose(each.weights, first.weights) or each.mask is not first.mask for each in found):
        return f"several at once: {'; '.join(dict.fromkeys(each.words for each in found))}"
    return first


def _read(tensor: tf.Tensor, source: tf.Tensor, marks: Marks, count: int) -> Reading | str | None:
    """The tokens that one step takes: None where it keeps them apart."""
    operation, sites = tensor.op, marks.get(tensor.ref())
    if not isinstance(sites, Sites):
        return f"what {operation.name!r} ({operation.type}) makes of them"
    if mixes(operation, marks):
        if operation.type in ("Mean", "Sum") and not axes_with_tokens(sites):
            return _averaged(source, marks, count)
        return f"what {operation.name!r} ({operation.type}) makes of several"
    if axes_with_tokens(sites):
        return None
    values = {float(value) for layer in sites.layers for value in np.ravel(layer.get(1, np.nan))}
    if len(values) != 1 or not float(next(iter(values))).is_integer():
        return f"what {operation.name!r} ({operation.type}) makes of them"
    return Reading(np.eye(count)[int(values.pop())])


def _averaged(source: tf.Tensor, marks: Marks, count: int) -> Reading | str:
    """The tokens that a sum or mean of a tensor is of."""
    sites = marks[source.ref()]
    assert isinstance(sites, Sites)
    (numbers,) = layers_of_tokens(sites)
    taken = np.unique(numbers)
    if np.isnan(taken).any() or np.any(taken != np.round(taken)):
        return f"what {source.op.name!r} makes of them"
    weights = np.zeros(count)
    weights[taken.astype(int)] = 1 / len(taken)
    mask = _mask_of(source, marks, axes_with_tokens(sites))
    if isinstance(mask, str):
        return mask
    if mask is not None and len(taken) != count:
        return "some that a mask takes out of others"
    return Reading(weights, mask)


def _mask_of(tensor: tf.Tensor, marks: Marks, axes: set[int]) -> tf.Tensor | str | None:
    """The mask that tokens were multiplied by; words where they were weighed by something else, None where they were not."""
    while tensor.op.type in ("Identity", "Cast", "Mul", "MulNoNan", "SelectV2", "Select"):
        operation = tensor.op
        beside = [each for each in operation.inputs if each.ref() not in marks]
        inside = [each for each in operation.inputs if each.ref() in marks]
        weights = [each for each in beside[:1] if _is_along(each, tensor, axes)]
        if len(inside) != 1:
            return f"a sum weighed by {operation.name!r}, which the network computes of the tokens"
        if weights and _is_mask(weights[0]):
            return weights[0]
        if weights:
            return f"a sum weighed by {weights[0].op.name!r}"
        tensor = inside[0]
    return None


def _is_along(factor: tf.Tensor, whole: tf.Tensor, axes: set[int]) -> bool:
    """Tell whether a factor differs from token to token, as far as its shape says."""
    lead = (whole.shape.rank or 0) - (factor.shape.rank or 0)
    return any(axis >= lead and factor.shape[axis - lead] != 1 for axis in axes)


def _is_mask(tensor: tf.Tensor) -> bool:
    """Tell whether numbers are those of a mask: true and false, or integers."""
    while tensor.dtype.is_floating and tensor.op.type in _KEEPING_MASKS:
        tensor = tensor.op.inputs[0]
    return tensor.dtype.is_bool or tensor.dtype.is_integer
