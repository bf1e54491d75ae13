"""FullGrad: the score divided among the input and the biases of every layer, without a rest."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Traits
from kerasal._engine.folded import Folded
from kerasal._errors import warn_user
from kerasal._network.gradients import NoGradient
from kerasal._network.layer_tree import has_channels_first
from kerasal._spatial.axes import resized, scaled_to_one
from kerasal.calculators.attribution import row_sums
from kerasal.calculators.base import Calculator
from kerasal.calculators.remainders import remainder_probe

_TOLERANCE = 0.01  # relative gap above which something in the model was not seen


_PSI: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "abs": tf.abs,
    "rescaled": lambda terms: scaled_to_one(tf.abs(terms)),
    "signed": tf.identity,
}


class FullGradientCalculator(Calculator):
    """FullGrad (Srinivas and Fleuret 2019, arXiv:1905.00780): f = ∇ₓf · x + Σ over layers ∇_z f · b, exactly.

    b is the bias of every affine layer (convolutions, Dense, BatchNormalization, Rescaling, Normalization), and a(z) − a′(z) z
    of every element-wise activation: 0 for ReLU, 6 for a saturated ReLU6. The map adds up ψ of the input's term and of every
    term with spatial axes, channels summed, resized to the target (bilinear); terms without positions are in the
    completeness gap only.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row. The score is
            an output or a difference of outputs: nothing accounts for what a function does to them.
        psi: ψ, applied to the terms (R, *spatial, channels) of each sample: "abs"; "rescaled" (the paper's: |term| scaled to
            [0, 1] over all of a layer's term); "signed"; or a function of such a tensor.

    Shapes:
        x (N, H, W, C) -> compute (M, N, H, W, 1), explain (N, H, W, 1); without channels (N, H, W) -> (N, H, W); of
        targets without spatial axes (N, F) -> (N, F), the input's term alone. Units: of the score ("rescaled": none).

    Raises:
        ValueError: naming the layer, for what cannot be accounted for: layer normalisation, attention, recurrent layers.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import FullGradientCalculator
        >>> body = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(3)]
        >>> model = keras.Sequential([keras.Input((8, 6, 2)), *body])
        >>> result = FullGradientCalculator(model).explain(np.random.rand(5, 8, 6, 2))
        >>> result.shape, bool(result.relative_gap.max() < 1e-3)
        ((5, 8, 6, 1), True)
    """

    traits = Traits(reports_completeness=True, extra_sums=2)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        psi: str | Callable[[tf.Tensor], tf.Tensor] = "abs",
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        if not callable(psi) and psi not in _PSI:
            raise ValueError(
                f"psi is one of {', '.join(_PSI)}, or a function of the terms. Received: {psi!r}. Choose one."
            )
        self.psi = psi

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        """Add up the terms of the input and of every layer."""
        is_first = has_channels_first(score.model)

        def of_terms(evaluated: Evaluated) -> tuple[tf.Tensor, ...]:
            if evaluated.gradient is None:
                raise NoGradient(score.target)
            return self._of_terms(evaluated, target, is_first=is_first)

        found: tuple[tf.Tensor, ...]
        found = score.differentiate(target, of_terms, lambda keep: remainder_probe(score.model, keep))
        return found

    def warn(self, folded: Folded) -> None:
        """Warn where something in the model was not seen."""
        worst = float(np.max(folded.relative_gap))
        if worst > _TOLERANCE:
            warn_user(
                f"FullGrad does not account for {worst:.1%} of the score: something between the layers adds to it (code in a "
                "call, an operation such as x / 255 - 1 in place of Rescaling, a function of the outputs as score). See "
                "Saliency.relative_gap.",
            )

    def describe(self, context: Any) -> dict[str, Any]:
        """Name ψ."""
        return {"psi": self.psi if isinstance(self.psi, str) else getattr(self.psi, "__name__", "function")}

    def _of_terms(self, evaluated: Evaluated, target: tf.Tensor, *, is_first: bool) -> tuple[tf.Tensor, ...]:
        """(map, completeness gap, score) of a target; `is_first` where channels come first."""
        of_input = evaluated.gradient * target
        ranks = [kept.tensor.shape.rank for kept in evaluated.probed if kept.name[0] == "remainder"]
        if of_input.shape.rank > 2 and of_input.shape.rank + 1 in ranks:  # pictures without an axis for channels
            of_input, of_target = of_input[..., None], False
        else:
            of_input, of_target = _channels_last(of_input, is_first=is_first), is_first
        explained, maps = row_sums(of_input), self._map(of_input)
        for (kind, what), tensor, gradient in evaluated.probed:
            if gradient is None:
                continue
            if kind == "unknown":
                raise ValueError(_unaccounted(what))
            remainder = what if kind == "remainder" else tensor
            term = tf.cast(gradient, of_input.dtype) * tf.cast(remainder, of_input.dtype)
            explained += row_sums(term)
            if term.shape.rank == of_input.shape.rank > 2 and kind == "remainder":
                maps += self._map(_channels_last(term, is_first=is_first), of_input.shape)
        maps = maps if maps.shape.rank == target.shape.rank else maps[..., 0]
        if of_target and maps.shape.rank > 2:
            maps = tf.transpose(maps, [0, maps.shape.rank - 1, *range(1, maps.shape.rank - 1)])
        return maps, explained - evaluated.values, evaluated.values

    def _map(self, term: tf.Tensor, like: Any = None) -> tf.Tensor:
        """ψ of a term, channels summed, at the size of another."""
        psi = self.psi if callable(self.psi) else _PSI[self.psi]
        if term.shape.rank < 3:
            return psi(term)
        maps = tf.reduce_sum(psi(term), -1, keepdims=True)
        return maps if like is None else resized(maps, like[1:-1])


def _channels_last(term: tf.Tensor, *, is_first: bool) -> tf.Tensor:
    """Put the channels of a term with positions last."""
    rank = term.shape.rank
    return tf.transpose(term, [0, *range(2, rank), 1]) if is_first and rank > 2 else term


def _unaccounted(layer: Any) -> str:
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    kind = type(layer).__name__ + (f" with activation '{activation}'" if activation else "")
    return (
        "FullGrad gives every layer's bias its share: of convolutions, Dense, BatchNormalization, Rescaling, Normalization and "
        f"element-wise activations. Received: layer '{layer.name}' ({kind}), between the target and the score. Use "
        "IntegratedGradientsCalculator, or a target behind that layer."
    )
