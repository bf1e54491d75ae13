"""A grid of pictures: one example per row, the image and one method per column."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal.visualizers.arrangement import (
    GAP,
    Arrangement,
    Place,
    Spaces,
    arranged,
    lines_height,
    text_width,
    wrapped,
)
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_pixels import heat_image, overlay_image, saliency_map
from kerasal.visualizers.scale_words import color_words, cut_words, joined
from kerasal.visualizers.sheet import BAR_ROOM, HEADING, LABEL, LEAST_BAR, NOTE, TITLE, Sheet, room_for


def caption(label: Any = None, probability: float | None = None) -> str:
    """Write a prediction in words, e.g. `"7 (0.98)"`.

    Raises:
        ValueError: a probability outside [0, 1].
    """
    if probability is not None and not 0 <= probability <= 1:
        raise ValueError(f"probability must be in [0, 1]. Received: {probability}. Apply a softmax to logits first.")
    words = ["" if label is None else str(label), "" if probability is None else f"({probability:.2f})"]
    return " ".join(word for word in words if word)


def batch_maps(name: str, saliency: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return the saliency of a batch, `(N, H, W)`.

    Args:
        name: of the method, for the error.
        saliency: `(N, H, W)` or `(N, H, W, 1)`.
        shape: `(N, H, W)` of the images.

    Raises:
        ValueError: another shape.
    """
    values = np.asarray(saliency)
    if values.ndim not in (3, 4) or values.shape[:3] != shape:
        raise ValueError(
            f"Each method holds the saliency of the same images, shape {shape} or {(*shape, 1)}. "
            f"Received: {name!r} of shape {values.shape}. Explain the images that are drawn with every method."
        )
    return np.stack([saliency_map(example, f"visualize_batch, method {name!r},") for example in values])


def captions(labels: Sequence[Any] | None, probabilities: Sequence[float] | None, n_examples: int) -> list[str]:
    """Write the prediction of each example in words, see `caption`."""
    for name, given in (("labels", labels), ("probabilities", probabilities)):
        if given is not None and len(given) != n_examples:
            raise ValueError(f"{name} needs one entry per image, {n_examples}. Received: {len(given)}. Name each.")
    nothing = [None] * n_examples
    pairs = zip(nothing if labels is None else labels, nothing if probabilities is None else probabilities, strict=True)
    return [caption(label, probability) for label, probability in pairs]


class _SharedColors(NamedTuple):
    """Colours that some maps share, and the largest magnitude among those maps."""

    colors: ScalarMappable
    strongest: float


@dataclass(frozen=True)
class ImageGrid:
    """Maps in columns, by method, beside their images.

    `ImageVisualizer.visualize_batch` describes the attributes and checks what the user gives.

    Attributes:
        maps: name of the method -> `(N, H, W)`.
        originals: N images `(H, W, 3)`, floats in [0, 1].
        row_labels: words beside each row.
        title: text above the grid, or None.
        cmap: colour map or its name, or None.
        alpha: largest opacity of the heat over the image; None: the heat alone.
        scale: `"method"`, `"all"` or `"map"`.
        percentile: see `color_limits`.
        colorbar_label: name of the numbers, or of those of each method.

    Raises:
        ValueError: another `scale`.
    """

    maps: Mapping[str, np.ndarray]
    originals: np.ndarray | Sequence[np.ndarray]
    row_labels: Sequence[str]
    title: str | None
    cmap: str | Colormap | None
    alpha: float | None
    scale: str
    percentile: float
    colorbar_label: str | Mapping[str, str]

    def __post_init__(self) -> None:
        if self.scale not in ("method", "all", "map"):
            raise ValueError(
                f"scale is 'method', 'all' or 'map'. Received: {self.scale!r}. Pass 'method' to compare examples."
            )

    def draw(self) -> Figure:
        """Draw the grid."""
        shared = self._shared_colors()
        shape = self.originals[0].shape[:2]
        labels = [wrapped(label, 1.0, LABEL) for label in self.row_labels]
        note = self._note(shared)
        arrangement, titles, heading = self._arrangement(shape, max(text_width(label, LABEL) for label in labels), note)
        sheet = Sheet(arrangement, heading, wrapped(note, arrangement.size[0] - 0.2, NOTE))
        names = list(self.maps)
        for place in arrangement.places():
            title = titles[place.column] if place.is_top else ""
            if place.column == 0:
                sheet.show(place, self.originals[place.row], title, labels[place.row])
                continue
            name = names[place.column - 1]
            colors, strongest = shared[self._group(name, place.row)]
            ax = sheet.show(place, self._picture(place.row, self.maps[name][place.row], colors), title)
            if self._has_bar(place, arrangement):
                label = self._label(name) if self.scale != "map" or place.column == len(names) else ""
                is_below = self._bars == "method"
                rows = arrangement.rows_of_block if self._bars == "one" else 1
                sheet.bar(ax, colors, strongest, label, is_below=is_below, rows=rows)
        return sheet.figure

    @property
    def _bars(self) -> str:
        """Tell for what there is a colour bar: one for all, one for each method, or one for each map."""
        return "one" if self.scale == "all" or self.scale == "method" and len(self.maps) == 1 else self.scale

    def _has_bar(self, place: Place, arrangement: Arrangement) -> bool:
        if self._bars == "one":
            is_last = (
                place.column == len(self.maps) and place.row // arrangement.rows_of_block == arrangement.across - 1
            )
            return place.is_top and is_last
        return self._bars == "map" or place.is_bottom

    def _label(self, name: str) -> str:
        """Name the numbers of a method."""
        return (
            self.colorbar_label if isinstance(self.colorbar_label, str) else self.colorbar_label.get(name, "saliency")
        )

    def _picture(self, n: int, values: np.ndarray, colors: ScalarMappable) -> np.ndarray:
        if self.alpha is None:
            return heat_image(values, colors)
        return overlay_image(self.originals[n], values, colors, self.alpha)

    def _note(self, shared: Mapping[Hashable, "_SharedColors"]) -> str:
        """Say what colours mean and where scales are cut."""
        meanings = dict.fromkeys(color_words(colors) for colors, _ in shared.values())
        cuts = [cut_words(*each, self.percentile) for each in shared.values()]
        if sum(map(bool, cuts)) > 1:
            cuts = [f"scales with a pointed end are cut at the {self.percentile:g}th percentile"]
        return joined(*meanings, *cuts)

    def _arrangement(self, shape: tuple[int, ...], label: float, note: str) -> tuple[Arrangement, list[str], str]:
        """Choose the places, and break the titles of columns so that they stand above their pictures."""
        bars, titles = self._bars, ["input", *self.maps]
        below = 0.45 + max(lines_height(wrapped(self._label(name), LEAST_BAR, NOTE), NOTE) for name in self.maps)
        heading, lines = self.title or "", 1
        for _ in range(4):  # words are broken by the width, and need room by their lines
            spaces = Spaces(
                label=label + 0.12 if label else 0.0,
                beside=BAR_ROOM if bars == "map" else 0.0,
                below=below if bars == "method" else 0.0,
                pitch=LEAST_BAR + 0.05 if bars == "method" else 0.0,
                right={"one": BAR_ROOM + 0.35, "map": 0.2, "method": 0.0}[bars],
                width=text_width(heading, HEADING),
                **room_for(heading, note + "\n", "\n" * (lines - 1) or " "),
            )
            found = arranged(Arrangement(shape, len(self.originals), len(titles), spaces), side_by_side=bars == "one")
            broken = [
                wrapped(title, max(found.cell[0], min(found.pitch - GAP, found.cell[0] + 0.2)), TITLE)
                for title in titles
            ]
            before = heading, lines
            heading = wrapped(self.title or "", max(found.size[0] - 0.2, 4.0), HEADING)
            lines = max(lines, *(title.count("\n") + 1 for title in broken))
            if (heading, lines) == before:
                break
        return found, broken, heading

    def _group(self, name: str, n: int) -> Hashable:
        """Name the group of maps that the map of a method and an example shares its colours with."""
        return {"map": (name, n), "method": name, "all": "all"}[self.scale]

    def _shared_colors(self) -> dict[Hashable, _SharedColors]:
        """Choose the colours of each group of maps."""
        members: dict[Hashable, list[np.ndarray]] = {}
        for name, maps in self.maps.items():
            for n, values in enumerate(maps):
                members.setdefault(self._group(name, n), []).append(values)
        return {group: self._colors_of(np.stack(values)) for group, values in members.items()}

    def _colors_of(self, values: np.ndarray) -> _SharedColors:
        colors = color_scale(*color_limits(values, self.percentile), self.cmap)
        return _SharedColors(colors, float(np.abs(values).max()))
