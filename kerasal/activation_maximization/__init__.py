"""Feature visualization: inputs optimised for a score, and what there is to choose for it."""

from kerasal.activation_maximization import presets
from kerasal.activation_maximization.callbacks import Gif, Moment, Print
from kerasal.activation_maximization.maximizer import ActivationMaximizer
from kerasal.activation_maximization.parameterizations import Fourier, Parameterization, Pixels
from kerasal.activation_maximization.regularizers import AnisotropicTotalVariation, LPNorm, SquaredNorm, TotalVariation
from kerasal.activation_maximization.result import OptimizedInputs
from kerasal.activation_maximization.transforms import Blur, Jitter, Rotate, Scale, Transform, transformed

__all__ = [
    "ActivationMaximizer",
    "AnisotropicTotalVariation",
    "Blur",
    "Fourier",
    "Gif",
    "Jitter",
    "LPNorm",
    "Moment",
    "OptimizedInputs",
    "Parameterization",
    "Pixels",
    "Print",
    "Rotate",
    "Scale",
    "SquaredNorm",
    "TotalVariation",
    "Transform",
    "presets",
    "transformed",
]
