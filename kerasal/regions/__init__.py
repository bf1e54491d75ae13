"""Regions of pictures in the order of their saliency, made of any map (XRAI, Kapishnikov et al. 2019, arXiv:1906.02825)."""

from kerasal.regions.result import Regions
from kerasal.regions.segmentation import felzenszwalb
from kerasal.regions.xrai import explain, xrai

__all__ = ["Regions", "explain", "felzenszwalb", "xrai"]
