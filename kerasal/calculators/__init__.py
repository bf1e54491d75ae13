"""Saliency calculators: each is one attribution on the engine."""

from kerasal.stack import check_backend

check_backend()
