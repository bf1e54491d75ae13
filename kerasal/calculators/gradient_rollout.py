"""Gradient-weighted attention rollout: heads count by what they do for the score."""

from typing import Any

import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated, Probed
from kerasal._network.precision import as_real
from kerasal.calculators.rollout_base import RolloutBase, identity_of
from kerasal.calculators.tokens import AttentionSeeker, Tokens


class GradientRolloutCalculator(RolloutBase):
    """Attention rollout weighed by gradients (Chefer et al. 2021, arXiv:2103.15679, of self-attention): R ← R + Ā R.

    Ā of a block is the mean over heads of ReLU(gradient × attention), the gradient being that of the score with respect to the attention;
    R begins as the identity, and a block without a skip past its attention has Ā R alone. It tells classes apart. Rows do not add up
    to 1. Arguments and shapes: see `RolloutBase`.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import GradientRolloutCalculator
        >>> x = keras.Input((6, 4))
        >>> y = keras.layers.Add()([x, keras.layers.MultiHeadAttention(2, 3)(x, x)])
        >>> model = keras.Model(x, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(y)))
        >>> GradientRolloutCalculator(model, score="all").explain(np.random.rand(5, 6, 4)).shape
        (5, 3, 6, 1)
    """

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Roll out the attention of the pass, weighed by its gradients."""
        tokens: Tokens = score.context
        seeker = AttentionSeeker()

        def of_blocks(evaluated: Evaluated) -> tf.Tensor:
            found = enumerate(evaluated.probed[-len(tokens.queries) :])
            return self.rolled(score, seeker, [_matrix(each, tokens, place) for place, each in found])

        return score.differentiate(target, of_blocks, seeker=seeker)


def _matrix(found: Probed, tokens: Tokens, place: int) -> tf.Tensor:
    """The matrix (R, T, T) of a block: what each head does for the score, and the skip."""
    probabilities = as_real(found.tensor)
    gradient = tf.zeros_like(probabilities) if found.gradient is None else as_real(found.gradient)
    mean = tf.reduce_mean(tf.nn.relu(gradient * probabilities), tokens.heads(found.tensor, place))
    return mean + identity_of(mean) if tokens.skips[place] else mean
