"""Layer-wise relevance propagation: the score handed back through the network, layer by layer, in shares."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Traits
from kerasal._engine.diagnostics import gap_in_words
from kerasal._engine.folded import Folded
from kerasal._errors import warn_user
from kerasal._network.backward.relevance import RelevanceRules
from kerasal.calculators.attribution import row_sums, with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.rules import composite_of

_GAP_TO_TELL = 100  # times the score; biases and ε keep shares of it, and a score may be small by chance


class LRPCalculator(Calculator):
    """Layer-wise relevance propagation (Bach et al. 2015, doi:10.1371/journal.pone.0130140; Montavon et al. 2019).

    The score is handed back from layer to layer. Element-wise functions hand on what they get; BatchNormalization is one layer
    with the linear layer before it; the largest number of a max pooling gets all; sums and average pooling divide by shares;
    Dense and convolutional layers have the rule that the composite names. What was lost on the way, in biases or to ε, is
    `Saliency.completeness_gap`: Σ values − score.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        rules: "epsilon", ε everywhere; "epsilon_plus", ε for Dense and z⁺ for convolutions; "epsilon_gamma_box", γ for
            convolutions and z^B for the first layer; a `kerasal.rules.Composite` of yours; or one rule for every layer, such as
            `kerasal.rules.Epsilon(0)`, LRP-0: gradient × input on ReLU networks without biases.

    Shapes:
        x (N, *target) -> compute (M, N, *target), explain (N, *target) without the channels of `ch_axis`. Units: of the score.

    Raises:
        ValueError: naming the operation, for what has no rule: softmax, products of two paths, attention, recurrent layers.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import LRPCalculator
        >>> body = [keras.layers.Dense(2, activation="relu", use_bias=False), keras.layers.Dense(1, use_bias=False)]
        >>> model = keras.Sequential([keras.Input((2,)), *body])
        >>> model.set_weights([np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([[2.0], [1.0]])])
        >>> LRPCalculator(model).explain(np.array([[3.0, 1.0]])).values.round(3)
        array([[6., 4.]], dtype=float32)
    """

    traits = Traits(reports_completeness=True, extra_sums=2, is_joint=True, asks_missing=True)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        rules: Any = "epsilon",
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        composite_of(rules)
        self.rules = rules

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        """Hand the score back, and tell what was lost of it."""

        def of_shares(evaluated: Evaluated) -> tuple[tf.Tensor, ...]:
            shares, value = evaluated.gradient, evaluated.values
            saliency = shares * with_trailing_axes(value, shares.shape.rank)
            return saliency, row_sums(saliency) - value, value

        found: tuple[tf.Tensor, ...]
        found = score.differentiate(target, of_shares, rules=RelevanceRules(composite_of(self.rules)))
        return found

    def warn(self, folded: Folded) -> None:
        """Warn of examples whose relevance has nothing to do with their score."""
        missed = gap_in_words(folded, _GAP_TO_TELL)
        if missed:
            warn_user(
                f"Relevance is far from adding up to the score {missed} Unless the score itself is about 0, sums of large numbers of "
                "either sign that are nearly 0 are divided by: take rules='epsilon_plus', or a larger ε, such as "
                "kerasal.rules.Epsilon(0.1).",
            )

    def describe(self, context: Any) -> dict[str, Any]:
        """Name the rules."""
        return {"rules": self.rules if isinstance(self.rules, str) else repr(self.rules)}
