"""XRAI as the board takes recipes: a map of the ranks of regions."""

from typing import Any

import keras
import numpy as np

from kerasal import Saliency, regions


class RegionsRecipe:
    """XRAI by the paper's map; what is in an earlier region has a larger number.

    Attributes:
        arguments: of `explain`, none.
    """

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {}

    def build(self, model: keras.Model) -> "_Ranks":
        """Bind it to a model."""
        return _Ranks(model)


class _Ranks:
    def __init__(self, model: keras.Model):
        self._model = model

    def explain(self, x: np.ndarray) -> Saliency:
        """Give 1 ÷ rank, (N, H, W)."""
        return Saliency(1 / regions.explain(self._model, x).ranks)
