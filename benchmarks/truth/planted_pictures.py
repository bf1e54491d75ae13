"""Pictures whose cause is planted: tetrominoes in noise, and shapes on patches of colour."""

import numpy as np
from task import Planted

_TETROMINOES = ([(0, 0), (1, 0), (2, 0), (2, 1)], [(0, 0), (0, 1), (0, 2), (1, 1)])  # L and T


def tetrominoes(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make pictures of 8 × 8 with tetrominoes in noise (XAI-TRIS, Clark et al. 2023, arXiv:2306.12816).

    Args:
        rng: of the noise.
        count: of pictures.
        kind: "linear": an L at the top left or a T at the bottom right says the class; "xor": both are there, with signs that are
            alike or not; "translations": either, anywhere; "correlated" behind it: smooth noise.
    """
    y, mask = rng.integers(0, 2, count), np.zeros((count, 8, 8), bool)
    signal = np.zeros((count, 8, 8))
    for n in range(count):
        if kind.startswith("translations"):
            cells = np.rot90(_bitmap(y[n]), rng.integers(0, 4))
            row, column = rng.integers(0, 8 - cells.shape[0] + 1), rng.integers(0, 8 - cells.shape[1] + 1)
            places = [(cells, row, column, 1.0)]
        elif kind.startswith("xor"):
            sign = rng.choice([-1.0, 1.0])
            places = [(_bitmap(0), 1, 1, sign), (_bitmap(1), 5, 4, sign * (2 * y[n] - 1))]
        else:
            places = [(_bitmap(y[n]), *((1, 1), (5, 4))[y[n]], 1.0)]
        for cells, row, column, height in places:
            at = (n, slice(row, row + cells.shape[0]), slice(column, column + cells.shape[1]))
            signal[at] += height * cells
            mask[at] |= cells
    noise = rng.normal(size=(count, 8, 8))
    if kind.endswith("correlated"):
        for axis in (1, 2):
            noise = sum(np.roll(noise, shift, axis) * weight for shift, weight in ((-1, 1), (0, 2), (1, 1)))
        noise /= noise.std()
    x = 0.9 * signal + 0.35 * noise
    return Planted(x[..., None].astype("float32"), y, mask)


def _bitmap(which: int) -> np.ndarray:
    cells = np.zeros((3, 3), bool)
    cells[tuple(np.array(_TETROMINOES[which]).T)] = True
    return cells[: cells.any(1).nonzero()[0][-1] + 1, : cells.any(0).nonzero()[0][-1] + 1]


_SIDE, _PATCHES, _REACH = 32, 10, 5  # pixels, patches of colour behind, half the width of a shape


def shapes(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make colour pictures of 32 × 32: a disk or a cross, which says the class, and a square that says nothing, on patches of colour."""
    y = rng.integers(0, 2, count)
    x, mask = np.empty((count, _SIDE, _SIDE, 3), "float32"), np.zeros((count, _SIDE, _SIDE), bool)
    grid = np.stack(np.mgrid[:_SIDE, :_SIDE], -1)
    for n in range(count):
        seeds = rng.uniform(0, _SIDE, (_PATCHES, 2))
        nearest = np.square(grid[:, :, None] - seeds).sum(-1).argmin(-1)
        x[n] = rng.uniform(0, 0.6, (_PATCHES, 3))[nearest]
        first, second = _two_places(rng)
        inside = _inside(grid - first, "cross" if y[n] else "disk")
        x[n][_inside(grid - second, "square")] = _bright(rng)
        x[n][inside] = _bright(rng)
        mask[n] = inside
    return Planted(np.clip(x + rng.normal(0, 0.03, x.shape), 0, 1).astype("float32"), y, mask)


def _bright(rng: np.random.Generator) -> np.ndarray:
    """A colour, (3,), with one channel that no patch behind has so strong."""
    return np.where(np.arange(3) == rng.integers(3), rng.uniform(0.8, 1), rng.uniform(0, 1, 3))


def _two_places(rng: np.random.Generator) -> np.ndarray:
    """Centres of two shapes that do not touch."""
    while True:
        places = rng.integers(_REACH, _SIDE - _REACH, (2, 2))
        if np.abs(places[0] - places[1]).max() > 2 * _REACH:
            return places


def _inside(away: np.ndarray, shape: str) -> np.ndarray:
    """Which pixels are in a shape, given how far (H, W, 2) they are from its centre."""
    size = np.abs(away)
    if shape == "disk":
        return np.square(away).sum(-1) <= (_REACH - 0.5) ** 2
    if shape == "square":
        return size.max(-1) < _REACH - 1
    return (size.min(-1) <= 1) & (size.max(-1) <= _REACH)
