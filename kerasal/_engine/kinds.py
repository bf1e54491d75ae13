"""The kind of thing that an example is: an image, a table, a series or only numbers. It decides how maps are folded and drawn."""

from typing import NamedTuple

import numpy as np

from kerasal._network.layout import Layout

_SHORTEST_SIDE = 8  # of (N, H, W) that may be a picture
_COLOURS = (1, 3, 4)
_AXES_WITH_CHANNELS = {"image": 4, "video": 5, "volume": 5}


class Kind(NamedTuple):
    """The kind of the examples.

    Attributes:
        name: "image", "table", "series", "video" or "numbers", or as the user said; None where the shape of the maps decides.
        channels: The axis of the channels of images, videos and volumes, from the end; None where they have none.
        doubt: The reason why it might be another kind, in words; empty where there is none.
        is_said: True where the user said so.
    """

    name: str | None
    channels: int | None = None
    doubt: str = ""
    is_said: bool = False


BY_SHAPE = Kind(None)


def kind_of(target: np.ndarray | None, layout: Layout | None, said: str | None = None) -> Kind:
    """Decide what the examples are: as the user says, else as the network treats them, else by their values.

    Args:
        target: The input that is explained, (N, ...), or None where the target is the output of a layer.
        layout: Of the target's axes in the network, or None where it is not known.
        said: The user's word, or None.

    Returns:
        The kind.

    Example:

    >>> kind_of(np.zeros((5, 24, 3)), Layout(frozenset({1}), 2)).name
    'series'
    >>> kind_of(np.zeros((5, 28, 28)), Layout(frozenset({1, 2}), None)).name
    'image'
    """
    if target is None:
        return Kind(said, is_said=said is not None)
    likely = _likely(target, layout)
    if said is None or said == likely.name:
        return likely._replace(doubt="" if said else likely.doubt, is_said=said is not None)
    has_channels = target.ndim == _AXES_WITH_CHANNELS.get(said)
    return Kind(said, (_channels(target, layout) if said == "image" else -1) if has_channels else None, is_said=True)


def _likely(target: np.ndarray, layout: Layout | None) -> Kind:
    if target.ndim <= 2:
        return Kind("table")
    slid_over = len(layout.positions) if layout else 0
    if target.ndim == 3:
        return _of_three_axes(target, slid_over)
    if target.ndim > 4:
        is_video = target.ndim == 5 and target.shape[-1] in _COLOURS
        return Kind("video", -1) if is_video else Kind("numbers")
    shape = _in_words(target)
    if slid_over == 1:
        is_narrow = target.shape[-1] == 1
        taken = "a series" if is_narrow else "numbers, not for images"
        doubt = f"x of shape {shape} is taken for {taken}, since the network slides over one of its axes"
        return Kind("series" if is_narrow else "numbers", -1 if is_narrow else None, doubt)
    channels = _channels(target, layout)
    is_odd = not slid_over and channels != -1
    doubt = f"x of shape {shape} is taken for images whose channels come first" if is_odd else ""
    return Kind("image", channels, doubt)


def _of_three_axes(target: np.ndarray, slid_over: int) -> Kind:
    """Tell grey images (N, H, W) from series (N, T, F)."""
    shape, sides = _in_words(target), target.shape[1:]
    if slid_over > 1:
        return Kind("image")
    is_wide = min(sides) >= _SHORTEST_SIDE
    is_like_picture = is_wide and _has_values_of_pictures(target)
    if slid_over == 1:
        doubt = (
            f"x of shape {shape} is taken for series, {sides[0]} steps of {sides[1]} numbers, as the network treats it"
        )
        return Kind("series", doubt=doubt if is_like_picture and sides[0] == sides[1] else "")
    if is_like_picture:
        return Kind("image", doubt=f"x of shape {shape} is taken for grey images, by its values")
    doubt = f"x of shape {shape} is taken for series, {sides[0]} steps of {sides[1]} numbers, by its values"
    return Kind("series", doubt=doubt if is_wide else "")


def _channels(target: np.ndarray, layout: Layout | None) -> int:
    """Give the axis of the channels of (N, H, W, C) or (N, C, H, W), from the end."""
    if layout and len(layout.positions) == 2:
        return next(axis for axis in (3, 2, 1) if axis not in layout.positions) - 4
    return -3 if target.shape[-1] not in _COLOURS and target.shape[1] in _COLOURS else -1


def _has_values_of_pictures(target: np.ndarray) -> bool:
    if target.dtype in (np.uint8, np.bool_):
        return True
    low, high = float(target.min()), float(target.max())
    return (low >= 0 and high <= 255) or (low >= -1 and high <= 1)


def _in_words(target: np.ndarray) -> str:
    return f"({', '.join(['N', *map(str, target.shape[1:])])})"
