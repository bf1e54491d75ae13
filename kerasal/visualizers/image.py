"""Saliency of images: over the image, alone, beside it, or as a grid of examples and methods."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal._storage.base import StrPath
from kerasal.visualizers.base import BaseVisualizer, SaliencyLike, check_picture_path, save_picture
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_grid import ImageGrid, batch_maps, caption, captions
from kerasal.visualizers.image_pixels import PANELS, heat_image, overlay_image, rgb_batch, rgb_image, saliency_map
from kerasal.visualizers.image_values import ImageRange
from kerasal.visualizers.panels import Panels
from kerasal.visualizers.scale_words import scale_note
from kerasal.visualizers.scalers import Scaler, abs_max_scaler, scaled_name
from kerasal.visualizers.words import known_words


class ImageVisualizer(BaseVisualizer):
    """Visualizer of images, which draws zero always in the same colour.

    Maps with negative values get a diverging colour map with zero in its middle, others a sequential one from zero.

    Example:
        >>> saliency, image = [[0.0, 1.0, -2.0], [0.5, 0.0, 0.0]], [[0, 0.5, 1], [1, 0.5, 0]]
        >>> figure = ImageVisualizer().visualize(saliency, image, panels=("original", "heat", "overlay"))
        >>> [ax.get_title() for ax in figure.axes]
        ['original', 'heat', 'overlay']
    """

    def visualize(
        self,
        saliency: ArrayLike,
        image: ArrayLike | None = None,
        save_filepath: StrPath | None = None,
        scaler: Scaler | None = abs_max_scaler,
        title: str | None = "Image saliency map",
        cmap: str | Colormap | None = None,
        alpha: float = 0.8,
        show_colorbar: bool = True,  # noqa: FBT001, FBT002 (a position since 0.1)
        *,
        panels: Sequence[str] | None = None,
        percentile: float = 99.5,
        limit: float | None = None,
        image_range: ImageRange = None,
        label: Any = None,
        probability: float | None = None,
        colorbar_label: str | None = None,
        ax: Axes | None = None,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw one example.

        Args:
            saliency: array or `Saliency` of one example, shape `(H, W)` or `(H, W, 1)`.
            image: the image, shape `(H, W)`, `(H, W, C)` or `(C, H, W)` with C of 1, 3 or 4 (the fourth is opacity). Its
                numbers are 0 to 255, [0, 1], [-1, 1] or as preprocessing for ImageNet makes them; which of these is found
                by `kerasal.visualizers.image_values.reading_of`, and a warning says where that leaves a doubt.
            save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
            scaler: applied to the saliency first. None: draw it in its own units.
            title: text above, None for none.
            cmap: colour map or its matplotlib name, e.g. `"jet"`.
            alpha: largest opacity of the heat over the image, 0 to 1: that of the strongest saliency. It falls in
                proportion to 0 where the saliency is 0; there the image keeps its own colours.
            show_colorbar: draw the colour bar of the heat. Pointed ends mean that stronger values were cut.
            panels: some of `"original"`, `"heat"`, `"overlay"`, from left to right. None: the overlay if there is an
                image, else the heat.
            percentile: see `color_limits`: the strongest 0.5 percent share the colour of the end.
            limit: scaled saliency at the end of the colours, in place of `percentile`, to compare pictures.
            image_range: in place of that rule: the numbers of black and white, e.g. `(0, 16)`; or `"imagenet"`, red
                first, less the mean (.485, .456, .406), divided by the standard deviation (.229, .224, .225); or
                `"caffe"`, blue first, less (103.939, 116.779, 123.68).
            label: predicted class, added to the title. None: what a `Saliency` knows of its prediction.
            probability: its probability, 0 to 1, added to the title.
            colorbar_label: None: what the scaler makes of the saliency.
            ax: axes to draw a single panel in.
            bbox_inches: passed to matplotlib's `savefig`.

        Returns:
            The figure (that of `ax`, if given).

        Raises:
            ValueError: a batch, several channels, sizes that differ, image values outside the range, an unknown panel,
                scale or file ending. Nothing is drawn.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        check_picture_path(save_filepath)
        panels = _check_panels(panels, image, ax)
        values = saliency_map(saliency, "ImageVisualizer")
        values = values if scaler is None else scaler(values)
        colors = color_scale(*color_limits(values, percentile, limit), cmap)
        pictures = {"heat": heat_image(values, colors)}
        if image is not None:
            pictures["original"] = rgb_image(image, values.shape, image_range)
            pictures["overlay"] = overlay_image(pictures["original"], values, colors, alpha)
        words = caption(label, probability) or known_words(saliency)
        strongest, has_map = float(np.abs(values).max()), panels != ("original",)
        drawn = Panels(
            pictures={panel: pictures[panel] for panel in panels},
            heading="\n".join(filter(None, (title, words))),
            note=scale_note(colors, strongest, percentile, is_given=limit is not None) if has_map else "",
            colors=colors if show_colorbar and has_map else None,
            strongest=strongest,
            bar_label=colorbar_label or scaled_name("saliency", scaler),
        )
        figure = drawn.draw() if ax is None else drawn.draw_into(ax)
        save_picture(figure, save_filepath, bbox_inches)
        return figure

    def visualize_batch(
        self,
        saliencies: Mapping[str, ArrayLike],
        images: ArrayLike,
        labels: Sequence[Any] | None = None,
        probabilities: Sequence[float] | None = None,
        save_filepath: StrPath | None = None,
        title: str | None = None,
        cmap: str | Colormap | None = None,
        alpha: float = 0.8,
        *,
        scale: str = "method",
        overlay: bool = False,
        percentile: float = 99.5,
        image_range: ImageRange = None,
        colorbar_label: str | Mapping[str, str] = "saliency",
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw a grid: one example per row; its image and then one method per column.

        Args:
            saliencies: name of the method -> `Saliency` or array of the batch, shape `(N, H, W)` or `(N, H, W, 1)`.
                A standard deviation is drawn like any other, e.g. `{"SmoothGrad": s, "its std": s.std}`.
            images: `(N, H, W)`, `(N, H, W, C)` or `(N, C, H, W)` with C of 1, 3 or 4; values as for `visualize`, the same
                black and white for all.
            labels: predicted class of each example, written beside its row. None: what a `Saliency` knows of its predictions.
            probabilities: their probabilities, 0 to 1, written likewise.
            save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
            title: text above the grid.
            cmap: colour map or its matplotlib name, for all maps.
            alpha: largest opacity of the heat over the image, for `overlay`; see `visualize`.
            scale: maps that share their colours, and so can be compared: `"method"`, those of a column;
                `"all"`; `"map"`, each has its own.
            overlay: draw the heat over the image.
            percentile: see `color_limits`, over the maps that share a scale.
            image_range: see `visualize`.
            colorbar_label: name of the numbers, or of those of each method; they are drawn in their own units.
            bbox_inches: passed to matplotlib's `savefig`.

        Returns:
            The figure.

        Raises:
            ValueError: shapes or lengths that differ, image values outside the range, an unknown scale or file ending.
            FileNotFoundError: the folder of `save_filepath` is missing.

        Example:
            >>> vanilla, smooth = np.array([[[1.0, -1.0]], [[0.0, 2.0]]]), np.array([[[0.5, 0]], [[0, 1]]])
            >>> maps, images = {"vanilla": vanilla, "SmoothGrad": smooth}, np.zeros((2, 1, 2))
            >>> figure = ImageVisualizer().visualize_batch(maps, images, labels=[3, 7], probabilities=[0.9, 0.8])
            >>> [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()]
            ['3 (0.90)', '7 (0.80)']
        """
        check_picture_path(save_filepath)
        images = np.asarray(images)
        if not isinstance(saliencies, Mapping) or not saliencies or not len(images):
            raise ValueError(
                "visualize_batch draws at least one method and one image. "
                f"Received: saliencies of type {type(saliencies).__name__}, images of shape {images.shape}. "
                'Name the methods, e.g. {"vanilla": saliency}.'
            )
        shape = (len(images), *np.shape(next(iter(saliencies.values())))[1:3])
        maps = {name: batch_maps(name, saliency, shape) for name, saliency in saliencies.items()}
        originals = rgb_batch(images, shape[1:], image_range)
        figure = ImageGrid(
            maps=maps,
            originals=originals,
            row_labels=captions(_known(saliencies) if labels is None else labels, probabilities, len(images)),
            title=title,
            cmap=cmap,
            alpha=alpha if overlay else None,
            scale=scale,
            percentile=percentile,
            colorbar_label=colorbar_label,
        ).draw()
        save_picture(figure, save_filepath, bbox_inches)
        return figure


def _known(saliencies: Mapping[str, ArrayLike]) -> list[str] | None:
    """Say what the first `Saliency` that knows its predictions tells of each example; None where there is none."""
    knowing = (each for each in saliencies.values() if isinstance(each, SaliencyLike) and each.axes[:1] == ("example",))
    return next(filter(any, ([known_words(one) for one in cast(Any, each)] for each in knowing)), None)


def _check_panels(panels: Sequence[str] | None, image: ArrayLike | None, ax: Axes | None) -> tuple[str, ...]:
    """Return the panels to draw; refuse those that do not exist, lack an image, or do not fit into `ax`."""
    if panels is None:
        return ("heat",) if image is None else ("overlay",)
    panels = (panels,) if isinstance(panels, str) else tuple(panels)
    allowed = ("heat",) if image is None else PANELS
    if not panels or not set(panels) <= set(allowed):
        raise ValueError(
            f"panels are some of {allowed}{' where there is no image' if image is None else ''}. Received: {panels}. "
            "Pass the image to draw the original or the overlay."
        )
    if ax is not None and len(panels) > 1:
        raise ValueError(f"One pair of axes takes one panel. Received: ax and panels={panels}. Call once per panel.")
    return panels
