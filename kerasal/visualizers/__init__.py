"""Pictures of saliency: arrays in, figures out (SVG for molecules). Importing this loads neither matplotlib nor RDKit until used."""

import importlib
from typing import TYPE_CHECKING

from kerasal._errors import needed

if TYPE_CHECKING:
    from kerasal.visualizers.base import BaseVisualizer as BaseVisualizer
    from kerasal.visualizers.image import ImageVisualizer as ImageVisualizer
    from kerasal.visualizers.image_pixels import render as render
    from kerasal.visualizers.molecule import MolVisualizer as MolVisualizer
    from kerasal.visualizers.molecule import red_blue_cmap as red_blue_cmap
    from kerasal.visualizers.scalers import abs_max_scaler as abs_max_scaler
    from kerasal.visualizers.scalers import min_max_scaler as min_max_scaler
    from kerasal.visualizers.scalers import normalize_scaler as normalize_scaler
    from kerasal.visualizers.smiles import SmilesVisualizer as SmilesVisualizer
    from kerasal.visualizers.table import TableVisualizer as TableVisualizer
    from kerasal.visualizers.text import TextVisualizer as TextVisualizer

_HOMES = {
    "BaseVisualizer": "base",
    "ImageVisualizer": "image",
    "MolVisualizer": "molecule",
    "SmilesVisualizer": "smiles",
    "TableVisualizer": "table",
    "TextVisualizer": "text",
    "abs_max_scaler": "scalers",
    "min_max_scaler": "scalers",
    "normalize_scaler": "scalers",
    "red_blue_cmap": "molecule",
    "render": "image_pixels",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"kerasal.visualizers has {', '.join(_HOMES)}. Received: {name!r}. Check the spelling.")
    with needed("rdkit", name):
        return getattr(importlib.import_module(f"kerasal.visualizers.{_HOMES[name]}"), name)


def __dir__():
    return __all__
