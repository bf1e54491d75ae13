"""Keras layers of general use."""

import importlib
from typing import Any

from kerasal.layers.gated_graph_conv import GatedGraphConv
from kerasal.layers.in_files import register_saliency
from kerasal.layers.masked_readout import MaskedReadout
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout

__all__ = ["GatedGraphConv", "MaskedReadout", "MonteCarloDropout", "Saliency"]

register_saliency()


def __getattr__(name: str) -> Any:
    if name != "Saliency":
        raise AttributeError(f"kerasal.layers has {', '.join(__all__)}. Received: {name!r}. Check the spelling.")
    module = importlib.import_module("kerasal.serving.saliency_layer")  # above the engine, which knows the layers here
    return module.Saliency
