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

    @property
    def values(self) -> np.ndarray:
        """The mean of each pixel's region, (H, W)."""
        values: np.ndarray = self.means[self.ranks - 1]
        return values


class Atoms(NamedTuple):
    """Sets of pixels that lie in the same segments: all that ranking wants to know of these.

    Attributes:
        of_pixel: the set of each pixel, (P,), int32; members: whether each segment has each set, (K, A), booleans.
    """

    of_pixel: np.ndarray
    members: np.ndarray

    @classmethod
    def of(cls, masks: np.ndarray) -> "Atoms":
        """Find the sets of pixels of segments, masks (K, H, W), which may overlap."""
        masks = masks.reshape(len(masks), int(np.prod(masks.shape[1:])))
        packed = np.ascontiguousarray(np.packbits(masks, axis=0).T)  # (P, K / 8)
        packed = packed if packed.shape[1] else np.zeros((masks.shape[1], 1), "uint8")
        codes = packed.view(f"V{packed.shape[1]}")[:, 0]
        _, first, of_pixel = np.unique(codes, return_index=True, return_inverse=True)
        return cls(of_pixel.reshape(-1).astype("int32"), masks[:, first])

    def has_segment(self, min_area: int) -> bool:
        """Tell whether a segment has so many pixels."""
        sizes = self.members @ np.bincount(self.of_pixel, minlength=self.members.shape[1])
        return bool((sizes >= max(min_area, 1)).any())

    def to_bytes(self) -> bytes:
        """Write them down, for `from_bytes`."""
        size = np.array(self.members.shape, "int64")
        return size.tobytes() + np.packbits(self.members).tobytes() + self.of_pixel.tobytes()

    @classmethod
    def from_bytes(cls, written: bytes) -> "Atoms":
        """Read what `to_bytes` wrote."""
        segments, sets = np.frombuffer(written, "int64", 2).tolist()
        count = -(-segments * sets // 8)
        members = np.unpackbits(np.frombuffer(written, "uint8", count, 16), count=segments * sets).astype(bool)
        return cls(np.frombuffer(written, "int32", offset=16 + count), members.reshape(segments, sets))


def ranked(values: np.ndarray, atoms: Atoms, min_area: int, coverage: float = 1.0) -> Ranked:
    """Rank the regions that segments make of a map.

    Args:
        values: the map, (H, W).
        atoms: the sets of pixels that the segments make.
        min_area: a segment with fewer new pixels is left out.
        coverage: share of the picture at which no further segment is taken.

    Example:
        >>> values = np.array([[4.0, 4.0, 1.0, 0.0]])
        >>> masks = np.array([[[True, True, False, False]], [[False, True, True, False]]])
        >>> ranked(values, Atoms.of(np.array(masks)), 1)
        Ranked(ranks=array([[1, 1, 2, 3]], dtype=int32), means=array([4., 1., 0.]), areas=array([2, 1, 1]), has_rest=True)
    """
    flat, number = np.asarray(values, "float64").ravel(), atoms.members.shape[1]
    areas = np.bincount(atoms.of_pixel, minlength=number).astype("float64")
    sums = np.bincount(atoms.of_pixel, flat, minlength=number)
    taken_in, means = _taken(atoms.members.astype("float64"), areas, sums, min_area, coverage)
    order = np.argsort(-means, kind="stable")
    place = np.empty(len(order) + 1, "int32")
    place[order], place[-1] = np.arange(1, len(order) + 1), len(order) + 1  # the rest is -1, the last
    ranks = place[taken_in][atoms.of_pixel]
    found_areas = np.bincount(ranks, minlength=1)[1:]
    found = np.bincount(ranks, flat, minlength=1)[1:] / np.maximum(found_areas, 1)
    return Ranked(ranks.reshape(values.shape), found, found_areas, bool((taken_in < 0).any()))


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
