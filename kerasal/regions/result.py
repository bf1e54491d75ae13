"""The outcome of XRAI: regions of pictures in the order of their saliency."""

import dataclasses
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal._vocabulary import checks_keywords
from kerasal.regions.growing import Ranked
from kerasal.saliency import Saliency


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Regions:
    """Regions of N pictures, the largest mean of the map first.

    Attributes:
        saliency: a `Saliency` (N, H, W): at each pixel the mean of the map over its region.
        ranks: (N, H, W), integers: 1 in the first region of each picture, 2 in the second, …
        means: of each picture, (R,): the mean of the map over each of its regions; areas: their pixels.
        has_rest: (N,), whether the last region is what no segment has.
    """

    saliency: Saliency
    ranks: np.ndarray
    means: tuple[np.ndarray, ...]
    areas: tuple[np.ndarray, ...]
    has_rest: np.ndarray

    @classmethod
    def of(cls, saliency: Saliency, found: Sequence[Ranked], settings: dict[str, Any]) -> "Regions":
        """Make it of what was found for each picture; `saliency` is that which was cut."""
        values = np.stack([each.values for each in found])
        kept = ("scores", "score_name", "unpaired", "class_names", "predictions", "labels", "inputs")
        made = Saliency(
            values,
            M=saliency.M,
            axes=("example", "height", "width"),
            kind="image",
            about={**saliency.about, "regions": settings},
            **{name: getattr(saliency, name) for name in kept},
        )
        means, areas = tuple(each.means for each in found), tuple(each.areas for each in found)
        return cls(
            made, np.stack([each.ranks for each in found]), means, areas, np.array([each.has_rest for each in found])
        )

    def __len__(self) -> int:
        return len(self.ranks)

    def __repr__(self) -> str:
        shown = "; ".join(", ".join(f"{mean:.3g}" for mean in means[:3]) for means in self.means[:3])
        count = sorted({len(means) for means in self.means})
        many = f"{count[0]} to {count[-1]}" if len(count) > 1 else f"{count[0]}"
        return f"Regions of {len(self)} pictures, {many} in each, largest means {shown}{'; …' if len(self) > 3 else ''}"

    def top(self, share: float = 0.2) -> np.ndarray:
        """Give the pixels of the first regions, so many that they make up a share of the picture.

        Args:
            share: above 0, up to 1.

        Returns:
            Booleans (N, H, W); the first region is always among them.
        """
        if isinstance(share, bool) or not isinstance(share, numbers.Real) or not 0 < float(share) <= 1:
            raise ValueError(f"share is a part of the picture, above 0, up to 1. Received: {share!r}. Give e.g. 0.2.")
        reached = [np.searchsorted(np.cumsum(areas), float(share) * areas.sum()) + 1 for areas in self.areas]
        return self.ranks <= np.array(reached)[:, None, None]

    @checks_keywords
    def plot(self, n: int = 0, share: float = 0.2, save_filepath: Any = None, title: str | None = None) -> Any:
        """Draw a picture, the means of its regions, and its first regions alone.

        Args:
            n: the picture's place in the batch.
            share: of the picture that is shown on the right; see `top`.
            save_filepath: of a picture to write, `.png`, `.svg` or `.pdf`.
            title: text above; None: what the model says, and what was scored.

        Returns:
            A figure, which a notebook shows.
        """
        from kerasal.visualizers.plots.regions import plot_regions  # only what draws needs matplotlib

        return plot_regions(self.saliency[n], self.top(share)[n], share, save_filepath, title)
