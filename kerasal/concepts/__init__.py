"""Concepts of a user's own, such as stripes: how often more of them, at a layer, raises the score of a model."""

from kerasal.concepts.result import ConceptScores
from kerasal.concepts.tcav import TCAV

__all__ = ["TCAV", "ConceptScores"]
