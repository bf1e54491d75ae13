"""Saliency calculators: each is one attribution on the engine."""

from kerasal._network.checks import check_backend

check_backend()
