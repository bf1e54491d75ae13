"""The choice of a picture for a `Saliency`, by the kind of its examples."""

import importlib
from typing import Any

from kerasal._errors import needed
from kerasal._saliency.kinds import check_kind


def plot(saliency: Any, kind: str | None = None, **options: Any) -> Any:
    """Draw a `Saliency`, a batch or one example.

    Args:
        saliency: the `Saliency`.
        kind: as which it is drawn; None: as its `kind` says, else by its shape.
        **options: of the kind's visualizer.

    Returns:
        A figure, or the SVG of molecules; a notebook shows either.

    Raises:
        ValueError: an unknown kind, or what a kind cannot draw.
    """
    name = kind or saliency.kind or kind_by_shape(saliency)
    check_kind(name)
    name = "classes" if name == "image" and "class" in saliency.axes else name
    with needed("rdkit", f"A picture of kind {name!r}"):  # only what is drawn needs its packages
        draw = importlib.import_module(f"kerasal.visualizers.plots.{name}").plot
    return draw(saliency, **options)


def kind_by_shape(saliency: Any) -> str:
    """Guess a kind from the axes of values: (features,) a table, (H, W) or (H, W, C) an image, else numbers."""
    axes = [name for name in saliency.axes if name not in ("example", "class")]
    return {1: "table", 2: "image", 3: "image"}.get(len(axes), "numbers")
