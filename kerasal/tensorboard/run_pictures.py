"""Pictures of a run: all examples at a step, and the steps one after another as a film, on one scale of colours."""

import abc
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasal._errors import listed
from kerasal.saliency import Saliency

MOST = 16  # examples that are drawn
FRAMES = 100  # steps of a film
FILMS = (".gif", ".webp")
_TILE, _DPI, _WIDEST = 1.7, 80, 24  # inches, dots per inch, letters of a title


class RunPictures(abc.ABC):
    """The part of a `Run` that draws it."""

    name: str
    examples: list[str]
    steps: np.ndarray
    facts: dict[str, Any]

    @property
    @abc.abstractmethod
    def images(self) -> np.ndarray | None:
        """The examples as they look, or None."""

    @property
    @abc.abstractmethod
    def values(self) -> np.ndarray:
        """All maps, (S, N, ...)."""

    @abc.abstractmethod
    def saliency(self, step: int) -> Saliency:
        """Return the `Saliency` of a step."""

    def plot(
        self,
        step: int | None = None,
        examples: Sequence[int] | None = None,
        save_filepath: str | os.PathLike[str] | None = None,
    ) -> Any:
        """Draw examples at a step, on one scale over all steps of the run, with a colour bar.

        Maps (N, H, W) are drawn beside their images, (N, T, F) with time from left to right, (N, F) as a row for each example.

        Args:
            step: One of `steps`; None: the last.
            examples: Their positions; None: the first 16.
            save_filepath: Of a picture that is written too, e.g. "run.png".

        Returns:
            A matplotlib figure, which a notebook shows. Its title has the step; those of the examples their name and, where it is
            known, the predicted class with its probability.

        Raises:
            KeyError: There is no such step.
            IndexError: There is no such example.
            ValueError: The maps are of other shapes, or the picture has another ending.
        """
        from kerasal.visualizers.base import check_picture_path, save_picture

        check_picture_path(save_filepath)
        shown = self._shown(examples)
        last = int(self.steps[-1]) if len(self.steps) else 0
        figure = self._figure(last if step is None else step, shown, self._limits(shown))
        save_picture(figure, save_filepath)
        return figure

    def animate(
        self, path: str | os.PathLike[str], examples: Sequence[int] | None = None, frames_per_second: float = 4
    ) -> None:
        """Write a film of the steps, each as `plot` draws it; of more than 100 steps every second, third … and the last.

        Args:
            path: Ends in .gif or .webp.
            examples: Their positions; None: the first 16.
            frames_per_second: Steps in a second, above 0; the last one stays for two more.

        Raises:
            IndexError: There is no such example.
            ValueError: The path has another ending, there is no step, or the maps cannot be drawn.
        """
        from PIL import Image  # of matplotlib's, and only a film needs it

        if Path(path).suffix.lower() not in FILMS:
            raise ValueError(
                f"A film is written as {' or '.join(FILMS)}. Received: {os.fspath(path)!r}. Change the ending, e.g. to 'training.gif'."
            )
        if not 0 < frames_per_second <= 50:
            raise ValueError(
                f"frames_per_second is a number above 0, of at most 50. Received: {frames_per_second!r}. Pass 4 for a quarter "
                "of a second a step."
            )
        shown = self._shown(examples)
        limits, steps = self._limits(shown), self._of_film()
        frames = [Image.fromarray(_pixels(self._figure(step, shown, limits))) for step in steps]
        times = [round(1000 / frames_per_second)] * len(frames)
        times[-1] += 2000
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0)

    def _of_film(self) -> list[int]:
        steps: list[int] = self.steps.tolist()
        every = -(-len(steps) // FRAMES)
        return steps[::every] + ([steps[-1]] if (len(steps) - 1) % every else [])

    def _shown(self, examples: Sequence[int] | None) -> list[int]:
        """Check positions of examples, and that there is something to draw."""
        if not len(self.steps):
            raise ValueError(
                f"A run has steps to draw. Received: {self.name!r}, which has none yet. Wait for the first."
            )
        count = len(self.examples)
        shown = list(range(min(count, MOST))) if examples is None else [int(n) for n in examples]
        if not shown or not all(0 <= n < count for n in shown):
            raise IndexError(f"{self.name!r} has {count} examples, from 0. Received: {listed(shown)}. Choose others.")
        if "class" in self.facts.get("axes", ()):
            raise ValueError(
                f"A run is drawn where it has one map for each example. Received: {self.name!r}, which has one for each class. Draw a "
                f"class of a step: kerasal.Saliency(run.saliency({self.steps[-1]}).values[:, 0]).plot(), or choose it in TensorBoard."
            )
        if self.values.ndim not in (3, 4):
            raise ValueError(
                f"A run is drawn where its maps are (N, H, W), (N, T, F) or (N, F). Received: {self.values.shape[1:]}. Draw a step of it: "
                f"run.saliency({self.steps[-1]})[0].plot(), or look at it in TensorBoard."
            )
        return shown

    def _limits(self, shown: list[int]) -> tuple[float, float]:
        from kerasal.visualizers.colors import color_limits

        values = self.values[:, shown]
        return color_limits(values[np.isfinite(values)])

    def _figure(self, step: int, shown: list[int], limits: tuple[float, float]) -> Any:
        from kerasal.visualizers.colors import color_scale
        from kerasal.visualizers.shown import Picture

        saliency, colors = self.saliency(step), color_scale(*limits)
        words = [f"{self.examples[n]}\n{_predicted(saliency, n)}".strip() for n in shown]
        maps = saliency.values[shown]
        if maps.ndim == 2:
            figure = Picture(figsize=(6.2, 1.6 + 0.26 * len(shown)), dpi=_DPI, layout="constrained")
            axes = _rows(figure, maps, words, self.facts.get("columns"), colors)
        else:
            images = self.images
            beside = images is not None and images.shape[1:3] == maps.shape[1:]
            tiles = _heats(maps if images is not None else maps.transpose(0, 2, 1), colors)
            if images is not None and beside:
                tiles = [_joined(images[n] / 255, tile) for n, tile in zip(shown, tiles, strict=True)]
            figure, axes = _tiled(tiles, words)
        figure.colorbar(colors, ax=axes, label="saliency", shrink=0.9)
        of = "" if len(shown) == len(self.examples) else f", {len(shown)} of {len(self.examples)} examples"
        figure.suptitle(f"{textwrap.shorten(self.name, 40, placeholder='…')}, step {step}{of}", fontsize=11)
        return figure


def _predicted(saliency: Saliency, n: int) -> str:
    """Write the predicted class of an example and its probability, or nothing where they are not known."""
    found = saliency.predictions
    fields = () if found is None else found.dtype.names or ()
    if found is None or "class" not in fields:
        return ""
    k = int(found["class"][n])
    name = str(k) if saliency.class_names is None else str(saliency.class_names[k])
    words = f"pred {textwrap.shorten(name, 14, placeholder='…')}"
    return f"{words} ({found['probability'][n]:.2f})" if "probability" in fields else words


def _heats(maps: np.ndarray, colors: Any) -> list[np.ndarray]:
    return [np.asarray(colors.to_rgba(values))[..., :3] for values in maps]


def _joined(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Set a map beside its image, with a white line between."""
    gap = np.ones((heat.shape[0], max(1, heat.shape[1] // 24), 3))
    return np.concatenate([image, gap, heat], 1)


def _tiled(tiles: list[np.ndarray], words: list[str]) -> tuple[Any, Any]:
    from kerasal.visualizers.shown import Picture

    natural = tiles[0].shape[1] / tiles[0].shape[0]
    ratio = float(np.clip(natural, 0.5, 4))
    width, height = _TILE * max(ratio, 1.0) ** 0.5, _TILE / max(1.0, ratio) ** 0.5
    columns = int(np.clip(round((len(tiles) * height / width) ** 0.5 * 1.3), 1, len(tiles)))
    rows = -(-len(tiles) // columns)
    size = (columns * max(width, 1.9) + 1.0, rows * (height + 0.45) + 0.5)
    figure = Picture(figsize=size, dpi=_DPI, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, tile, title in zip(axes.flat, tiles, words, strict=False):
        ax.imshow(tile, aspect="equal" if ratio == natural else "auto")
        ax.set_title(
            "\n".join(textwrap.shorten(line, _WIDEST, placeholder="…") for line in title.split("\n")),
            fontsize=8,
            parse_math=False,
        )
    return figure, axes


def _rows(figure: Any, maps: np.ndarray, words: list[str], columns: Any, colors: Any) -> Any:
    """Draw a row for each example and a column for each feature."""
    ax = figure.subplots()
    ax.imshow(np.asarray(colors.to_rgba(maps))[..., :3], aspect="auto", interpolation="nearest")
    ax.set_yticks(range(len(words)), [word.replace("\n", ", ") for word in words], fontsize=8, parse_math=False)
    if isinstance(columns, list) and len(columns) == maps.shape[1] <= 40:
        ax.set_xticks(range(len(columns)), list(map(str, columns)), fontsize=8, rotation=90, parse_math=False)
    else:
        ax.set_xlabel("feature", fontsize=8)
    return ax


def _pixels(figure: Any) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
