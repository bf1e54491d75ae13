"""Keras layers of general use."""

from kerasal.layers.gated_graph_conv import GatedGraphConv
from kerasal.layers.masked_readout import MaskedReadout
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout

__all__ = ["GatedGraphConv", "MaskedReadout", "MonteCarloDropout"]
