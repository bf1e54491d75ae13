"""Pictures of saliency: arrays in, figures out (SVG for molecules).

Every name below is imported on first use: matplotlib with the first visualizer, RDKit with one of molecules.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kerasal._errors import needed

if TYPE_CHECKING:  # the table below once more, for editors and type checkers
    from kerasal.visualizers.base import BaseVisualizer as BaseVisualizer
    from kerasal.visualizers.colors import red_blue_cmap as red_blue_cmap
    from kerasal.visualizers.image import ImageVisualizer as ImageVisualizer
    from kerasal.visualizers.image_pixels import render as render
    from kerasal.visualizers.molecule import MolVisualizer as MolVisualizer
    from kerasal.visualizers.scalers import abs_max_scaler as abs_max_scaler
    from kerasal.visualizers.scalers import min_max_scaler as min_max_scaler
    from kerasal.visualizers.scalers import normalize_scaler as normalize_scaler
    from kerasal.visualizers.series import SeriesVisualizer as SeriesVisualizer
    from kerasal.visualizers.smiles import SmilesVisualizer as SmilesVisualizer
    from kerasal.visualizers.table import TableVisualizer as TableVisualizer
    from kerasal.visualizers.text import TextVisualizer as TextVisualizer

# public name -> module of this package that has it
_MODULE_OF = {
    "BaseVisualizer": "base",
    "ImageVisualizer": "image",
    "MolVisualizer": "molecule",
    "SeriesVisualizer": "series",
    "SmilesVisualizer": "smiles",
    "TableVisualizer": "table",
    "TextVisualizer": "text",
    "abs_max_scaler": "scalers",
    "min_max_scaler": "scalers",
    "normalize_scaler": "scalers",
    "red_blue_cmap": "colors",
    "render": "image_pixels",
}
__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(
            f"kerasal.visualizers has {', '.join(_MODULE_OF)}. Received: {name!r}. Check the spelling."
        )
    with needed("rdkit", name):
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value  # the next use does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
