"""The lines of a run's index as they are written."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasal.saliency import Saliency


def facts_of(saliency: Saliency) -> dict[str, Any]:
    """Return what the index of a run says of a training's maps."""
    return {
        "shape": list(saliency.shape),
        "score": saliency.score_name,
        "axes": saliency.axes,
        "about": saliency.about,
    }


def line_of(numbers: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what the index of a run says of a step that is written now: the time, and numbers of each example."""
    as_lists = {name: np.asarray(values, np.float64).tolist() for name, values in numbers.items()}
    return {"time": time.time(), "numbers": as_lists}
