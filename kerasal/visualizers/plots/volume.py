"""A `Saliency` of volumes: slices along the first axis, chosen evenly and the strongest, the map over each."""

from typing import Any

from kerasal.visualizers.plots.video import montage_of


def plot(saliency: Any, **options: Any) -> Any:
    """Draw slices of a volume, or of the volumes of a batch in rows; see `montage_of`."""
    return montage_of(saliency, "slice", **options)
