"""The score: one number per example, the quantity whose saliency is taken. The one place that says which scalar that is.

`score=None` is the class predicted at the clean input, an integer that class, a list one class or score per example, "all"
every class, a function any function of the outputs. For everything else there are objects: `Label`, `Labels`, `Loss`, `Unit`, `Margin`,
and of models that classify every position `Region` and `At`.
A score of your own is a subclass of `Score` with `value(run)`, which returns one number per row; see the example there.
"""

from kerasal.scores.at import At
from kerasal.scores.base import Score
from kerasal.scores.checks import one_per_row
from kerasal.scores.classes import Label, Margin
from kerasal.scores.loss import Loss
from kerasal.scores.passes import Pass
from kerasal.scores.region import Region
from kerasal.scores.resolve import resolve
from kerasal.scores.several_labels import Labels
from kerasal.scores.unit import Unit

__all__ = ["At", "Label", "Labels", "Loss", "Margin", "Pass", "Region", "Score", "Unit", "one_per_row", "resolve"]
