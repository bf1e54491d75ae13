"""Composites: which layer takes which rule of relevance."""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kerasal.rules.relevance import SMALL, Epsilon, Gamma, ZBox, ZPlus, check_number, check_rule, stabilized

_EPSILON = Epsilon()


@dataclasses.dataclass(frozen=True)
class Composite:
    """The rule of each kind of linear layer, found in the traced graph of the model.

    Args:
        dense: of Dense and EinsumDense layers, and of convolutions from one position to one.
        convolution: of other convolutions, plain, depthwise and transposed.
        first: of the layers that nothing but moving and scaling is before; None for that of their kind.
        sums: the ε of sums of several paths, and of average pooling.

    Example:
        >>> from kerasal import rules
        >>> rules.Composite(convolution=rules.AlphaBeta(2, 1), first=rules.WSquare())
        Composite(dense=Epsilon(epsilon=1e-06), convolution=AlphaBeta(alpha=2, beta=1), first=WSquare(), sums=1e-06)
    """

    dense: Callable[..., Any] = _EPSILON
    convolution: Callable[..., Any] = _EPSILON
    first: Callable[..., Any] | None = None
    sums: float = SMALL

    def __post_init__(self) -> None:
        for name in ("dense", "convolution", "first"):
            if name != "first" or self.first is not None:
                check_rule(name, getattr(self, name))
        check_number("sums", self.sums, 0, "1e-6")

    def rule_for(self, kind: str) -> Any:
        """Give the rule of a kind: "dense", "convolution"."""
        return getattr(self, kind)

    def share(self, relevance: tf.Tensor, total: tf.Tensor) -> tf.Tensor:
        """Divide relevance by what a sum came to."""
        return stabilized(relevance, total, self.sums)


COMPOSITES = {
    "epsilon": Composite(),
    "epsilon_plus": Composite(convolution=ZPlus()),
    "epsilon_gamma_box": Composite(convolution=Gamma(), first=ZBox()),
}


def composite_of(given: Any) -> Composite:
    """Make the composite of a name, a composite, or one rule for every layer."""
    if isinstance(given, Composite):
        return given
    if isinstance(given, str) and given in COMPOSITES:
        return COMPOSITES[given]
    if callable(given) and not isinstance(given, type):
        return Composite(given, given, sums=given.epsilon if isinstance(given, Epsilon) else SMALL)
    raise ValueError(
        f"rules is one of {', '.join(COMPOSITES)}, a kerasal.rules.Composite, or one rule for every layer. Received: {given!r}. Choose "
        "one."
    )
