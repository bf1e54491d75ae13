"""The tokens of a transformer: its attentions, and the places of its tokens in the target."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.forward import Forward
from kerasal._engine.seeking import Ends, Handlers
from kerasal._network.attention.blocks import Transformer, transformer_between
from kerasal._network.attention.reading import Reading
from kerasal._network.positions.candidates import Candidates
from kerasal._network.positions.view import View
from kerasal.calculators.feature_map import FeatureMap

Shape = tuple[int | None, ...]


class AttentionSeeker:
    """A way to find the attention probabilities of one pass; see `Seeker`.

    Attributes:
        mask: of the tokens that the score reads, (rows, tokens), in the pass that was looked at last; None where all count.
    """

    mask: tf.Tensor | None = None

    def handlers(self) -> Handlers:
        """Make interception handlers for the pass: none."""
        return {}

    def find(self, ends: Ends) -> list[tf.Tensor]:
        """Find the tensors, first to last."""
        blocks, reading = transformer_between(*ends)
        mask = reading.mask if isinstance(reading, Reading) else None
        if mask is not None:
            count = blocks[-1].probabilities.shape[-1]
            self.mask = tf.reshape(tf.cast(mask, tf.float32), [-1, count])
        return [each.probabilities for each in blocks]


@dataclasses.dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of a transformer and where they are in the target.

    Attributes:
        queries: the axis of the queries of each attention; skips: whether tokens also go past it.
        shape: of the tokens, without rows and features.
        reading: those that the score is made of, or that the user named.
        places: the `FeatureMap` that the tokens are.
    """

    queries: tuple[int, ...]
    skips: tuple[bool, ...]
    shape: tuple[int, ...]
    reading: Reading
    places: FeatureMap

    @property
    def count(self) -> int:
        """The number of tokens."""
        return int(np.prod(self.shape))

    def heads(self, probabilities: tf.Tensor, place: int) -> list[int]:
        """List the axes of the heads of an attention (rows, …)."""
        return [axis for axis in range(1, probabilities.shape.rank - 1) if axis != self.queries[place]]

    def read(self, rows: tf.Tensor, mask: tf.Tensor | None, real: tf.Tensor | None) -> tf.Tensor:
        """Return how much each token counts for the score, (rows, tokens), adding up to 1.

        Args:
            rows: their number.
            mask: of the tokens that the score reads, (rows, tokens), or None.
            real: True where the target is not missing, or None.
        """
        weights = tf.tile(tf.constant(self.reading.weights[None], tf.float32), [rows, 1])
        if mask is not None and self.reading.mask is not None:
            weights *= mask
        if real is not None and np.count_nonzero(self.reading.weights) > 1:
            weights *= tf.cast(real, weights.dtype)
        return tf.math.divide_no_nan(weights, tf.reduce_sum(weights, 1, keepdims=True))

    def real(self, of_target: tf.Tensor | None) -> tf.Tensor | None:
        """Return True where a token is not missing, (rows, tokens), for what is real of the target; None where all are."""
        real = self.places.real(of_target) if self.places.view.positions == self.shape else None
        return None if real is None else tf.reshape(real, [-1, self.count])

    def at_target(self, relevance: tf.Tensor) -> tf.Tensor:
        """Bring the relevance of tokens (rows, tokens) to the target."""
        whole = tf.reshape(relevance, [-1, *self.shape, 1])
        return self.places.at_target(self.places.view.read(whole)[..., 0])


def find_tokens(shape: Shape, forward: Forward, grid: tuple[int, ...] | None, row: int | str | None) -> Tokens:
    """Find the attentions and the places of their tokens.

    Args:
        shape: of the target.
        forward: the model, for a trace of a pass.
        grid: (rows, columns) of the tokens, as the user tells it, or None.
        row: the token that the map starts from, or "mean", as the user tells it, or None.

    Raises:
        ValueError: there are none, or their places are not known.
    """
    ends = forward.trace({})
    found = transformer_between(*ends)
    tokens = found.blocks[0].tokens
    view = Candidates(ends.points, tokens, grid).view(tokens)
    if not isinstance(view, View) or view.order != tuple(range(len(tokens.shape))):
        lacks = view if isinstance(view, str) else f"has its tokens along the axes {view.order[1:-1]}"
        raise ValueError(
            "Attention rollout needs tokens whose places in the target are known, (rows, tokens, features). Received: "
            f"{tuple(tokens.shape)}, which {lacks}. Give grid=(rows, columns) of the patches, or an embedding as target_extractor."
        )
    count = int(np.prod(tokens.shape[1:-1]))
    reading = _reading(found, row, count)
    view = dataclasses.replace(view, shape=(*view.shape[:-1], 1))
    places = FeatureMap(forward.model, None, view, shape, "the tokens", grid)
    skips = tuple(each.has_skip for each in found.blocks)
    return Tokens(tuple(each.query for each in found.blocks), skips, tuple(tokens.shape[1:-1]), reading, places)


def _reading(found: Transformer, row: int | str | None, count: int) -> Reading:
    """The tokens that the map starts from: those that the user names, else those that the score is made of."""
    if row is None:
        if isinstance(found.reading, Reading):
            return found.reading
        raise ValueError(
            "Attention rollout starts from the tokens that the score is made of: one that is cut out, or the mean of some. Received: "
            f'{found.reading}. Name them: row=0 for a class token in front, row="mean" for the mean of all.'
        )
    if row == "mean":
        return Reading(np.full(count, 1 / count))
    if not -count <= int(row) < count:
        raise ValueError(
            f"row is one of {count} tokens, from 0. Received: row={row!r}. Give 0 for a class token, or None."
        )
    return Reading(np.eye(count)[int(row) % count])


def checked_row(row: Any) -> int | str | None:
    """Return the row that a user gave; ValueError where it is none."""
    is_number = isinstance(row, (int, np.integer)) and not isinstance(row, bool)
    if row is None or is_number or (isinstance(row, str) and row == "mean"):
        return None if row is None else int(row) if is_number else "mean"
    raise ValueError(
        f'row is the number of a token, "mean" or None. Received: row={row!r}. Give 0 for a class token, or None for what the score reads.'
    )
