"""The score: one number per example, the quantity whose saliency is taken. The one place that says which scalar that is."""

from kerasal.scores.base import Pass, Score, one_per_row
from kerasal.scores.classes import Label, Margin
from kerasal.scores.loss import Loss
from kerasal.scores.resolve import resolve
from kerasal.scores.unit import Unit

__all__ = ["Label", "Loss", "Margin", "Pass", "Score", "Unit", "one_per_row", "resolve"]
