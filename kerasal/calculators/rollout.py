"""Attention rollout: attention and skip of each block as one matrix, multiplied over the blocks."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._network.precision import as_real
from kerasal.calculators.rollout_base import RolloutBase, identity_of
from kerasal.calculators.tokens import AttentionSeeker, Tokens

_HEADS = {"mean": tf.reduce_mean, "max": tf.reduce_max, "min": tf.reduce_min}


class RolloutCalculator(RolloutBase):
    """Attention rollout (Abnar and Zuidema 2020, arXiv:2005.00928): the product over blocks of (attention + identity) / 2.

    The identity stands for the skip past the attention; a block without one has its attention alone. It shows which tokens those that
    the score reads could be made of, for any score of the same tokens alike: it knows no classes and no signs. Rows add up to 1. Other
    arguments and shapes: see `RolloutBase`.

    Args:
        heads: "mean" of the heads, or the "max" or "min" of each pair of tokens, rows divided by their sums then.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import RolloutCalculator
        >>> x = keras.Input((6, 4))
        >>> y = keras.layers.Add()([x, keras.layers.MultiHeadAttention(2, 3)(x, x)])
        >>> model = keras.Model(x, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(y)))
        >>> found = RolloutCalculator(model).explain(np.random.rand(5, 6, 4))
        >>> found.shape, found.values.sum((1, 2)).round(4).tolist(), found.about["row"]
        ((5, 6, 1), [1.0, 1.0, 1.0, 1.0, 1.0], 'mean of all tokens')
    """

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        heads: str = "mean",
        row: int | str | None = None,
        grid: tuple[int, ...] | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, row, grid, logits)
        if not isinstance(heads, str) or heads not in _HEADS:
            raise ValueError(f"heads is one of {', '.join(map(repr, _HEADS))}. Received: heads={heads!r}. Choose one.")
        self.heads = heads

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Roll out the attention of the pass."""
        tokens: Tokens = score.context
        seeker = AttentionSeeker()

        def of_blocks(evaluated: Evaluated) -> tf.Tensor:
            found = enumerate(evaluated.probed[-1].tensor)
            return self.rolled(score, seeker, [self._matrix(each, tokens, place) for place, each in found])

        return score.evaluate(target, of_blocks, seeker=seeker)

    def _matrix(self, probabilities: tf.Tensor, tokens: Tokens, place: int) -> tf.Tensor:
        """The matrix (R, T, T) by which a block hands its tokens on, whose rows add up to 1."""
        heads = tokens.heads(probabilities, place)
        joined = _HEADS[self.heads](as_real(probabilities), heads)
        if tokens.skips[place]:
            joined = (joined + identity_of(joined)) / 2
        if self.heads == "mean":
            return joined
        return tf.math.divide_no_nan(joined, tf.reduce_sum(joined, -1, keepdims=True))

    def describe(self, context: Tokens) -> dict[str, Any]:
        """Say which row it is, and how heads are joined."""
        return {**super().describe(context), "heads": self.heads}
