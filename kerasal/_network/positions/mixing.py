"""Sites behind operations that mix elements: sums over axes, products of matrices, convolutions, pools, sizes changed."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from kerasal._network.positions.sites import Places, Sites, joined, mean, slim, varies


@dataclasses.dataclass
class Roles:
    """The roles that axes of the target have been seen in.

    Attributes:
        space: axes that something slid along; channels: axes that were summed over while others stayed.
    """

    space: set[int] = dataclasses.field(default_factory=set)
    channels: set[int] = dataclasses.field(default_factory=set)


def reduced(sites: Sites, axes: Sequence[int], *, keeps: bool) -> Sites:
    """Find the sites of what is summed, averaged or the like over axes: those in the middle."""
    axes = [axis % len(sites.shape) for axis in axes]
    rest = [axis for axis in range(len(sites.shape)) if axis not in axes]

    def each(array: np.ndarray) -> np.ndarray:
        found = mean(array, axes)
        return found if keeps else found.reshape([found.shape[axis] for axis in rest])

    shape = tuple(1 if axis in axes else length for axis, length in enumerate(sites.shape) if keeps or axis in rest)
    return Sites(shape, tuple({key: each(array) for key, array in layer.items()} for layer in sites.layers))


def contracted(parts: Sequence[tuple[Sites, str]], output: str, sizes: dict[str, int], roles: Roles) -> Sites:
    """Find the sites of a sum of products over axes, as `tf.einsum` names them.

    Args:
        parts: (sites, letters of the axes) of each factor that has places.
        output: letters of the axes of the product.
        sizes: {letter: length}.
        roles: where channels are noted.
    """
    shape = tuple(sizes[letter] for letter in output)
    found = []
    for sites, letters in parts:
        axes = [place for place, letter in enumerate(letters) if letter not in output]
        averaged = reduced(sites, axes, keeps=True)
        _note_channels(sites, averaged, axes, roles)
        layers = tuple({k: _lettered(a, letters, output) for k, a in each.items()} for each in averaged.layers)
        found.append(Sites(shape, layers))
    return joined(shape, found)


def _lettered(array: np.ndarray, letters: str, output: str) -> np.ndarray:
    kept = [letter for letter in letters if letter in output]
    lengths = {letter: array.shape[place] for place, letter in enumerate(letters)}
    array = array.reshape([lengths[letter] for letter in kept])
    order = sorted(range(len(kept)), key=lambda place: output.index(kept[place]))
    return array.transpose(order).reshape([lengths.get(letter, 1) for letter in output])


def _note_channels(before: Sites, after: Sites, axes: Sequence[int], roles: Roles) -> None:
    """Note the axes of the target that end in a sum while others go on."""
    for one, other in zip(before.layers, after.layers, strict=True):
        ended = {key for key, array in one.items() if key and varies(array) and not varies(other[key])}
        along_these = {key for key in ended if any(one[key].shape[axis] > 1 for axis in axes)}
        if any(key and varies(array) for key, array in other.items()):
            roles.channels |= along_these


@dataclasses.dataclass(frozen=True)
class Window:
    """The way of a window along one axis.

    Attributes:
        length: of the output; extent: of the window, with its gaps; stride; before: positions put before the first.
        is_spread: for a transposed convolution, whose positions are put `stride` apart.
    """

    length: int
    extent: int = 1
    stride: int = 1
    before: int = 0
    is_spread: bool = False

    def centres(self) -> np.ndarray:
        """Return the positions of the input, as fractions, that stand in the middle of those of the output."""
        places, middle = np.arange(self.length), (self.extent - 1) / 2
        if self.is_spread:
            return (places + self.before - middle) / self.stride
        return places * self.stride - self.before + middle


def slid(sites: Sites, windows: dict[int, Window], channel: int, length: int, roles: Roles, *, mixes: bool) -> Sites:
    """Find the sites of what a convolution or pool makes: those in the middle of each window.

    Args:
        sites: of what it slides over.
        windows: {axis: window}.
        channel: axis of the channels.
        length: number of channels that come out.
        roles: where space and channels are noted.
        mixes: whether each channel of the output is made of all.
    """
    shape = tuple(
        windows[axis].length if axis in windows else length if axis == channel else each
        for axis, each in enumerate(sites.shape)
    )
    layers = []
    for layer in sites.layers:
        roles.space |= {key for key, array in layer.items() if key and _runs_along(array, windows)}
        places = {}
        for key, array in layer.items():
            if array.shape[channel] > 1:
                averaged = mean(array, [channel])
                array = averaged if mixes else np.repeat(array, length // array.shape[channel], channel)
            for axis, window in windows.items():
                array = sampled(array, axis, window.centres())
            places[key] = slim(array)
        if mixes:
            _note_channels(
                Sites(sites.shape, (layer,)),
                reduced(Sites(sites.shape, (layer,)), [channel], keeps=True),
                [channel],
                roles,
            )
        layers.append(places)
    return Sites(shape, tuple(layers))


def _runs_along(array: np.ndarray, axes: dict[int, Window]) -> bool:
    return any(array.shape[axis] > 1 for axis in axes) and varies(array)


def sampled(array: np.ndarray, axis: int, at: np.ndarray) -> np.ndarray:
    """Interpolate coordinates along an axis at fractions of positions, beyond the ends as if they went on alike."""
    if array.shape[axis] == 1:
        return array
    lines = np.moveaxis(array, axis, 0)
    flat = lines.reshape(len(lines), -1)
    valid = ~np.isnan(flat).any(1)
    places = np.flatnonzero(valid)
    if not len(places):
        return np.full_like(mean(array, [axis]), np.nan)
    known = flat[places]
    step = (known[-1] - known[0]) / max(1, places[-1] - places[0])
    inside = np.clip(at, places[0], places[-1])
    left = np.clip(np.searchsorted(places, inside, "right") - 1, 0, max(0, len(places) - 2))
    right = np.minimum(left + 1, len(places) - 1)
    width = np.maximum(places[right] - places[left], 1)
    share = ((inside - places[left]) / width)[:, None]
    found = known[left] * (1 - share) + known[right] * share + (at - inside)[:, None] * step
    return np.moveaxis(found.reshape(len(at), *lines.shape[1:]), 0, axis)


def resampled(sites: Sites, shape: Sequence[int]) -> Sites:
    """Find the sites of pictures (rows, height, width, channels) brought to another size."""
    whole = (sites.shape[0], *shape, sites.shape[3])

    def each(array: np.ndarray) -> np.ndarray:
        for axis, length in enumerate(shape, start=1):
            at = (np.arange(length) + 0.5) * sites.shape[axis] / length - 0.5
            array = sampled(array, axis, np.clip(at, 0, sites.shape[axis] - 1))
        return array

    layers: tuple[Places, ...] = tuple({key: each(array) for key, array in one.items()} for one in sites.layers)
    return Sites(whole, layers)


def window_of(operation: tf.Operation, axis: int, before: int, after: int, extent: int) -> Window:
    """Read the window of a convolution or pool along one axis.

    Args:
        operation: of the graph.
        axis: of its input.
        before: length of its input there.
        after: length of its output there.
        extent: of the kernel, without gaps.
    """
    dilations = operation.node_def.attr["dilations"].list.i
    extent = (extent - 1) * (dilations[axis] if dilations else 1) + 1
    stride = operation.get_attr("strides")[axis]
    padding = operation.get_attr("padding")
    if padding == b"SAME":
        return Window(after, extent, stride, max(0, (after - 1) * stride + extent - before) // 2)
    explicit = operation.node_def.attr["explicit_paddings"].list.i if padding == b"EXPLICIT" else ()
    return Window(after, extent, stride, int(explicit[2 * axis]) if explicit else 0)


def letters_of(equation: str, ranks: Sequence[int]) -> list[str] | None:
    """Name the axes of the factors and of the product of an `Einsum`, without dots; None where an axis is named twice."""
    left, output = equation.replace(" ", "").split("->")
    factors = left.split(",")
    free = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in equation]
    counts = [rank - len(names.replace("...", "")) for names, rank in zip(factors, ranks, strict=True)]
    dots = "".join(free[: max(counts)])
    named = [
        names.replace("...", dots[len(dots) - count :] if count else "")
        for names, count in zip(factors, counts, strict=True)
    ]
    found = [*named, output.replace("...", dots)]
    return None if any(len(set(names)) != len(names) for names in found) else found


def letters_of_matrices(operation: tf.Operation, ranks: Sequence[int]) -> list[str]:
    """Name the axes of the factors and of the product of matrices."""
    turned = ("transpose_a", "transpose_b") if operation.type == "MatMul" else ("adj_x", "adj_y")
    batch = "ABCDEFGHIJKLMNOPQRSTUVW"[: max(ranks) - 2]
    pairs = [pair[::-1] if operation.get_attr(name) else pair for pair, name in zip(("ij", "jk"), turned, strict=True)]
    named = [
        batch[len(batch) - (rank - 2) :] + pair if rank > 2 else pair for rank, pair in zip(ranks, pairs, strict=True)
    ]
    return [*named, batch + "ik"]
