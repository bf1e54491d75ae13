"""Measures of maps: what drives the score, what is stable, what is complete, and what is true where the truth is known."""

from kerasal.metrics.base import Measure
from kerasal.metrics.comparison import Comparison, compare
from kerasal.metrics.completeness import Completeness
from kerasal.metrics.costs import Cost
from kerasal.metrics.deletion import Deletion, Insertion
from kerasal.metrics.differences import Difference
from kerasal.metrics.infidelity import Infidelity
from kerasal.metrics.max_sensitivity import MaxSensitivity
from kerasal.metrics.measurement import Curve, Measurement
from kerasal.metrics.perturbations import Squares
from kerasal.metrics.randomization import RandomizationCheck
from kerasal.metrics.sensitivity_n import SensitivityN
from kerasal.metrics.spread import Complexity, Sparseness
from kerasal.metrics.truth import AveragePrecision, PointingGame, RelevanceMass, RelevanceRank, RocAuc

__all__ = [
    "AveragePrecision",
    "Comparison",
    "Completeness",
    "Complexity",
    "Cost",
    "Curve",
    "Deletion",
    "Difference",
    "Infidelity",
    "Insertion",
    "MaxSensitivity",
    "Measure",
    "Measurement",
    "PointingGame",
    "RandomizationCheck",
    "RelevanceMass",
    "RelevanceRank",
    "RocAuc",
    "SensitivityN",
    "Sparseness",
    "Squares",
    "compare",
]
