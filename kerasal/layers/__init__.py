"""Keras layers of general use."""

from kerasal.layers.monte_carlo_dropout import MonteCarloDropout

__all__ = ["MonteCarloDropout"]
