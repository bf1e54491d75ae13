"""Base of attention rollouts: matrices of all blocks, multiplied."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal.calculators.base import Calculator
from kerasal.calculators.feature_map import checked_grid
from kerasal.calculators.tokens import AttentionSeeker, Tokens, checked_row, find_tokens


class RolloutBase(Calculator):
    """Base of attention rollouts. A subclass says how a block hands its tokens on.

    Attention is found in the traced graph, of any layer: softmaxes over keys that multiply values, with the masks of the pass. The map is
    the row of the tokens that the score reads: that of a token that is cut out, or the mean over tokens that are averaged, without those
    that are masked; `about["row"]` says which. MLPs and normalization keep tokens apart and are passed over. Tokens of
    the map are those that the first attention is of: patches, words, time steps.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; the target is token numbers, their embeddings, or images.
        row: the token that the map starts from, 0 for a class token in front, or "mean"; None finds what the score reads.
        grid: (rows, columns) of the tokens, for patches that cannot be followed; other tokens come first.

    Shapes:
        tokens (N, T) -> compute (M, N, T), embeddings (N, T, F) -> (M, N, T, 1). Images (N, H, W, C) -> (M, N, H, W, 1): the patches'
        shares at the size of the image (bilinear), without that of a class token.

    Raises:
        ValueError: at use: no attention between target and score, cross-attention, windows, tokens that something else mixes between
            blocks, or a score of other mixtures of tokens while `row` is not named.
    """

    traits = Traits(needs_gradient=False, asks_missing=True)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        row: int | str | None = None,
        grid: tuple[int, ...] | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.row, self.grid = checked_row(row), checked_grid(grid)

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the attentions, and the places of the tokens."""
        return Points(context=find_tokens(shape, forward, self.grid, self.row))

    def rolled(self, score: BoundScore, seeker: AttentionSeeker, matrices: Sequence[tf.Tensor]) -> tf.Tensor:
        """Multiply the matrices of the blocks, (R, T, T) each, with the row that the score reads, from the last to the first."""
        tokens: Tokens = score.context
        real = tokens.real(score.rest.real)
        relevance = tf.cast(tokens.read(tf.shape(matrices[0])[0], seeker.mask, real), matrices[0].dtype)
        for matrix in reversed(matrices):
            relevance = tf.einsum("rt,rts->rs", relevance, matrix)
        if real is not None:
            relevance *= tf.cast(real, relevance.dtype)
        return tokens.at_target(relevance)

    def describe(self, context: Tokens) -> dict[str, Any]:
        """Say which row it is, and of how many blocks and tokens."""
        return {"row": context.reading.words, "blocks": len(context.queries), "tokens": context.count}


def identity_of(matrix: tf.Tensor) -> tf.Tensor:
    """Make the identity (T, T) that goes with matrices (R, T, T)."""
    return tf.eye(tf.shape(matrix)[-1], dtype=matrix.dtype)
