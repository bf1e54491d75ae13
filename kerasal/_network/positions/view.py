"""A tensor of a pass read as a map of the target: (rows, *positions, channels), the positions in the target's own order."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from kerasal._network.positions.mixing import Roles
from kerasal._network.positions.sites import Places, Sites, Unknown, along, mean, varies

_LOOPS = ("TensorListFromTensor", "While", "StatelessWhile", "Scan")


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """The way to read a tensor as a map of the target.

    Attributes:
        axes: of the target that the map has positions along, in order; as many as the map has axes between rows and channels.
        shape: of the map, (None, *positions, channels).
        order: axes of the tensor: rows, positions, channels; those of length 1 that are none of these are left out.
        spans: how many axes of space the tensor has, those with one position included.
        taken: places of a sequence of tokens that are positions, in the order of the grid; None: all are, as they stand.
    """

    axes: tuple[int, ...]
    shape: tuple[int | None, ...]
    order: tuple[int, ...]
    spans: int
    taken: tuple[int, ...] | None = None

    def read(self, tensor: tf.Tensor) -> tf.Tensor:
        """Return the map that a tensor, or its gradient, is."""
        if self.taken is not None:
            length = tensor.shape[self.order[1]]
            if length is None or self.taken != tuple(range(length)):
                tensor = tf.gather(tensor, list(self.taken), axis=self.order[1])
        rest = [axis for axis in range(tensor.shape.rank) if axis not in self.order]
        if [*self.order, *rest] != list(range(tensor.shape.rank)):
            tensor = tf.transpose(tensor, [*self.order, *rest])
        if tensor.shape.rank != len(self.shape) or self.taken is not None:
            tensor = tf.reshape(tensor, [-1, *self.shape[1:]])
        return tf.ensure_shape(tensor, self.shape)

    @property
    def is_in_order(self) -> bool:
        """True where the axes of the tensor follow one another as those of the target do."""
        places = self.order[1 : 1 + len(self.axes)]
        return self.taken is not None or list(places) == sorted(places)

    @property
    def positions(self) -> tuple[int | None, ...]:
        """The numbers of positions along each axis."""
        return self.shape[1:-1]


def view_of(sites: Sites | Unknown, roles: Roles, rank: int) -> View | str:
    """Find how to read a tensor as a map of the target.

    Args:
        sites: of the tensor.
        roles: in which roles axes of the target were seen.
        rank: of the target; where all its axes are left, or its last one alone, and none is known to be the channels, its last one is.

    Returns:
        The view; or, where there is none, what the tensor lacks.
    """
    if isinstance(sites, Unknown):
        step = "a loop over time" if sites.step in _LOOPS else f"the operation {sites.step}"
        return f"passes {step}, behind which positions are not known"
    if not sites.layers:
        return "has no positions"
    if len(sites.layers) > 1:
        return "stands for several positions at once, as pairs of tokens do"
    places, shape = sites.layers[0], sites.shape
    rows = places.get(0)
    if rows is None or len(shape) < 2 or any(n > 1 for n in _axes_of(rows)) or shape[0] != rows.shape[0]:
        return "has rows that are not the examples (windows, heads or frames are folded into them)"
    found = {key: _axes_of(array) for key, array in places.items() if key and varies(array)}
    channels = roles.channels - roles.space
    if (
        not channels and set(found) in (set(range(1, rank)), {rank - 1}) and rank > 2
    ):  # all are left, or all others gone
        channels = {rank - 1} - roles.space
    keys = sorted(set(found) - channels)
    if not keys:
        return "has no positions" if set(found) <= channels and len(shape) == 2 else "has one position"
    if any(0 in found[key] for key in keys):
        return "has positions folded into its rows (windows)"
    if len(set(itertools.chain(*(found[key] for key in keys)))) == len(keys) and all(
        len(found[key]) == 1 for key in keys
    ):
        return _of_axes(shape, places, {key: found[key][0] for key in keys}, roles)
    return _of_tokens(shape, places, {key: found[key] for key in keys})


def _axes_of(array: np.ndarray) -> list[int]:
    """The axes along which the places differ; less than a step along another axis, as between branches, does not count."""
    spread = {axis: _spread(array, axis) for axis, length in enumerate(array.shape) if length > 1}
    axes = [axis for axis, width in spread.items() if width > 1e-3]
    steps = {axis: spread[axis] / (array.shape[axis] - 1) for axis in axes}
    return [axis for axis in axes if all(spread[axis] >= steps[each] - 1e-3 for each in axes if each != axis)]


def _spread(array: np.ndarray, axis: int) -> float:
    """The largest distance of places along an axis."""
    low, high = (np.where(np.isnan(array), end, array) for end in (np.inf, -np.inf))
    apart = high.max(axis) - low.min(axis)
    return float(np.max(apart[np.isfinite(apart)], initial=0.0))


def _line(array: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """The places along some axes, of an array that is alike along the others."""
    others = [axis for axis in range(array.ndim) if axis not in axes]
    return mean(array, others).reshape([array.shape[axis] for axis in axes])


def _of_axes(shape: Sequence[int], places: Places, axes: dict[int, int], roles: Roles) -> View | str:
    """The view of a tensor whose positions have an axis each."""
    for key, axis in axes.items():
        line = _line(places[key], [axis])
        if np.isnan(line).any():
            return "has positions outside of the input (padding)"
        if np.any(np.diff(line) < 0):
            return "has its positions in another order"
    single = [axis for axis in range(1, len(shape)) if shape[axis] == 1 and axis not in axes.values()]
    wide = [axis for axis in range(1, len(shape)) if shape[axis] > 1 and axis not in axes.values()]
    if len(wide) > 1:
        return f"has {len(wide)} axes that are no positions, {tuple(shape[axis] for axis in wide)}, as heads of attention are"
    channel = wide[0] if wide else single[-1] if single else None
    order = [0, *axes.values()] + ([] if channel is None else [channel])
    lengths = [shape[axis] for axis in axes.values()]
    channels = 1 if channel is None else shape[channel]
    if channels == 1 and any(np.any(np.diff(_line(places[key], [axis])) == 0) for key, axis in axes.items()):
        return "has positions and channels in one axis (flattened)"
    return View(tuple(axes), (None, *lengths, channels), tuple(order), len(shape) - 1 - (channel is not None))


def _of_tokens(shape: Sequence[int], places: Places, axes: dict[int, list[int]]) -> View | str:
    """The view of a sequence of tokens, each a place of a grid."""
    used = sorted(set(itertools.chain(*axes.values())))
    if len(used) > 1:
        return "has positions split over several axes (windows)"
    token = used[0]
    wide = [axis for axis in range(1, len(shape)) if shape[axis] > 1 and axis != token]
    if len(wide) > 1:
        return f"has {len(wide)} axes that are no positions, {tuple(shape[axis] for axis in wide)}, as heads of attention are"
    if not wide and len(shape) < 3:
        return "has positions and channels in one axis (flattened)"
    lines = [np.round(_line(places[key], [token]), 3) for key in axes]
    valid = np.flatnonzero(~np.isnan(lines).any(0))
    grid = np.stack([line[valid] for line in lines], 1)
    lengths = [len(np.unique(line)) for line in grid.T]
    if len(np.unique(grid, axis=0)) != len(valid) or np.prod(lengths) != len(valid):
        return f"has {len(valid)} tokens with positions, which are no grid"
    order = valid[np.lexsort(grid.T[::-1])]
    channel = wide[0] if wide else next(axis for axis in range(1, len(shape)) if axis != token)
    return View(tuple(axes), (None, *lengths, shape[channel]), (0, token, channel), len(axes), tuple(map(int, order)))


def view_as_grid(tensor: tf.Tensor, grid: tuple[int, ...], roles: Roles) -> View | str:
    """Read a sequence of tokens (rows, tokens, channels) as a grid that the user tells; other tokens come before its own."""
    shape, count = tensor.shape, int(np.prod(grid))
    if shape.rank != 3 or None in shape[1:] or shape[1] < count:
        return f"is no sequence of {count} tokens or more"
    axes = sorted(roles.space) if len(roles.space) == len(grid) else range(1, len(grid) + 1)
    taken = tuple(range(shape[1] - count, shape[1]))
    return View(tuple(axes), (None, *grid, shape[2]), (0, 1, 2), len(grid), taken)


def extras_of(view: View, shape: Sequence[int]) -> np.ndarray | None:
    """Mark the tokens of a sequence that are positions by 1, others by NaN; None where all are."""
    if view.taken is None or len(view.taken) == shape[view.order[1]]:
        return None
    marks = np.full(shape[view.order[1]], np.nan)
    marks[list(view.taken)] = 1
    return along(marks, view.order[1], len(shape))
