"""The colour maps of the tab."""

import numpy as np

COLORMAPS = {
    "red-blue": "RdBu_r",
    "reds": "Reds",
    "inferno": "inferno",
    "viridis": "viridis",
    "grey": "gray",
    "jet": "jet",
}


def colormaps() -> dict[str, list[list[int]]]:
    """Return {name: 257 RGB colours}, the one in the middle exactly that of the middle."""
    import matplotlib  # only a tab that is looked at needs it

    even = np.linspace(0, 1, 257)
    return {
        name: np.rint(255 * matplotlib.colormaps[of].resampled(257)(even)[:, :3]).astype(int).tolist()
        for name, of in COLORMAPS.items()
    }
