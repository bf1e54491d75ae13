"""Rules of layer-wise relevance propagation, and composites of them by kind of layer; see `LRPCalculator`."""

from kerasal.rules.composites import COMPOSITES, Composite, composite_of
from kerasal.rules.relevance import AlphaBeta, Epsilon, Gamma, Unbiased, WSquare, ZBox, ZPlus

__all__ = [
    "COMPOSITES",
    "AlphaBeta",
    "Composite",
    "Epsilon",
    "Gamma",
    "Unbiased",
    "WSquare",
    "ZBox",
    "ZPlus",
    "composite_of",
]
