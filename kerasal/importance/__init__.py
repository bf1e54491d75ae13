"""Importance over a data set: what a model loses without a column, and mean saliency of each class, both with intervals."""

from kerasal.importance.classes import by_class
from kerasal.importance.permuted import permutation
from kerasal.importance.result import Importance

__all__ = ["Importance", "by_class", "permutation"]
