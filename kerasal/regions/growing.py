"""The order of regions: at each step the segment whose new pixels have the largest mean (Kapishnikov et al. 2019, algorithm 1)."""

from typing import NamedTuple

import numpy as np


class Ranked(NamedTuple):
    """The regions of one map, the largest mean first, what no region has last.

    Attributes:
        ranks: (H, W), from 1 on; means, areas: (R,), of the map over each region, and its pixels.
        has_rest: whether the last region is what no segment has.
    """

    ranks: np.ndarray
    means: np.ndarray
    areas: np.ndarray
    has_rest: bool


def ranked(values: np.ndarray, masks: np.ndarray, min_area: int, coverage: float = 1.0) -> Ranked:
    """Rank the regions that segments make of a map.

    Args:
        values: the map, (H, W).
        masks: of the segments, (K, H, W), which may overlap.
        min_area: a segment with fewer new pixels is left out.
        coverage: share of the picture at which no further segment is taken.

    Example:
        >>> values = np.array([[4.0, 4.0, 1.0, 0.0]])
        >>> masks = np.array([[[True, True, False, False]], [[False, True, True, False]]])
        >>> ranked(values, masks, 1)
        Ranked(ranks=array([[1, 1, 2, 3]], dtype=int32), means=array([4., 1., 0.]), areas=array([2, 1, 1]), has_rest=True)
    """
    flat, atoms = np.asarray(values, "float64").ravel(), _atoms(masks.reshape(len(masks), values.size))
    areas = np.bincount(atoms.of_pixel, minlength=atoms.number).astype("float64")
    sums = np.bincount(atoms.of_pixel, flat, minlength=atoms.number)
    taken_in, means = _taken(atoms.members, areas, sums, min_area, coverage)
    order = np.argsort(-means, kind="stable")
    place = np.empty(len(order) + 1, "int32")
    place[order], place[-1] = np.arange(1, len(order) + 1), len(order) + 1  # the rest is -1, the last
    ranks = place[taken_in][atoms.of_pixel]
    found_areas = np.bincount(ranks, minlength=1)[1:]
    found = np.bincount(ranks, flat, minlength=1)[1:] / np.maximum(found_areas, 1)
    return Ranked(ranks.reshape(values.shape), found, found_areas, bool((taken_in < 0).any()))


class _Atoms(NamedTuple):
    """Sets of pixels that lie in the same segments: of each pixel its set, (P,), and of each segment its sets, (K, A)."""

    of_pixel: np.ndarray
    members: np.ndarray

    @property
    def number(self) -> int:
        return int(self.members.shape[1])


def _atoms(masks: np.ndarray) -> _Atoms:
    """Find the sets of pixels; masks (K, P)."""
    packed = np.ascontiguousarray(np.packbits(masks, axis=0).T)  # (P, K / 8)
    packed = packed if packed.shape[1] else np.zeros((masks.shape[1], 1), "uint8")
    codes = packed.view(f"V{packed.shape[1]}")[:, 0]
    _, first, of_pixel = np.unique(codes, return_index=True, return_inverse=True)
    return _Atoms(of_pixel.reshape(-1), masks[:, first].astype("float64"))


def _taken(
    members: np.ndarray, areas: np.ndarray, sums: np.ndarray, min_area: int, coverage: float
) -> tuple[np.ndarray, np.ndarray]:
    """Take segments one after another: the step at which each set was taken, -1 for none, and the mean of each step."""
    step, means = np.full(len(areas), -1), list[float]()
    new_areas, new_sums = members @ areas, members @ sums
    while len(members) and areas[step >= 0].sum() <= coverage * areas.sum():
        is_enough = new_areas >= max(min_area, 1)
        if not is_enough.any():
            break
        best = int(np.argmax(np.where(is_enough, new_sums / np.maximum(new_areas, 1), -np.inf)))
        new = np.flatnonzero((members[best] > 0) & (step < 0))
        step[new] = len(means)
        means.append(float(sums[new].sum() / areas[new].sum()))
        shared = members[:, new]
        new_areas, new_sums = new_areas - shared @ areas[new], new_sums - shared @ sums[new]
    return step, np.array(means)
