"""Saliency of text: every token on a background in the colour of its saliency, as a picture or as HTML."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal._storage.base import StrPath
from kerasal._storage.file_systems import write_aside
from kerasal._vocabulary import checks_keywords
from kerasal.visualizers.base import TEXT_ENDINGS, BaseVisualizer, check_picture_path, save_picture
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.fonts import warn_of_letters
from kerasal.visualizers.image_grid import caption
from kerasal.visualizers.scalers import Scaler, abs_max_scaler, scaled_name
from kerasal.visualizers.text_html import html_page
from kerasal.visualizers.text_layout import Line, Page, TextBlock, draw_page, token_line, words_on

SIGNED, UNSIGNED = "RdBu_r", "Reds"  # both white at zero, the colour of the page


class TextVisualizer(BaseVisualizer):
    """Visualizer of texts, token by token; zero is white, as the page is.

    Example:
        >>> import os, tempfile
        >>> saliency, tokens = [0.1, -2.0, 0.0, 1.5], ["not", "bad", "<br>", "acting"]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     figure = TextVisualizer().visualize(saliency, tokens, os.path.join(folder, "text.png"))
        >>> "&lt;br&gt;" in TextVisualizer().html(saliency, tokens)
        True
    """

    def visualize(
        self,
        saliency: ArrayLike,
        tokens: Sequence[str | None],
        save_filepath: StrPath | None = None,
        scaler: Scaler | None = abs_max_scaler,
        title: str | None = "Text saliency",
        cmap: str | Colormap | None = None,
        show_colorbar: bool = True,  # noqa: FBT001, FBT002 (a position since 0.1)
        *,
        limit: float | tuple[float, float] | None = None,
        label: Any = None,
        probability: float | None = None,
        colorbar_label: str | None = None,
        width: float = 6.5,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw one example.

        Args:
            saliency: array or `Saliency` of one example, shape `(tokens,)` or `(tokens, 1)`.
            tokens: one string per position; None for padding, which is not drawn and does not count.
            save_filepath: `.png`, `.svg`, `.pdf` or `.html` file to write, in a folder that exists.
            scaler: applied to the saliency of the tokens drawn. None: draw it in its own units.
            title: text above, None for none.
            cmap: colour map or its matplotlib name. None: diverging for signed saliency, else from white to red.
            show_colorbar: draw the colour bar.
            limit: scaled saliency at the end of the colours, or the pair of both ends, to compare pictures; None: the strongest.
            label: predicted class, added to the title.
            probability: its probability, 0 to 1, added to the title.
            colorbar_label: None: names what the scaler makes of the saliency.
            width: of the text, in inches.
            bbox_inches: passed to matplotlib's `savefig`.

        Returns:
            The figure.

        Raises:
            ValueError: a batch, tokens that do not fit, an unknown file ending. Nothing is drawn.
            TypeError: a token that is no string.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        check_picture_path(save_filepath, TEXT_ENDINGS)
        line = token_line(saliency, tokens, scaler)
        heading = "\n".join(words for words in (title, caption(label, probability)) if words)
        label = colorbar_label or scaled_name("saliency", scaler)
        page = Page([TextBlock("", [line])], heading, _colors([line], cmap, limit), label)
        figure = draw_page(page, width, show_colorbar=show_colorbar)
        _save(figure, page, save_filepath, bbox_inches)
        return figure

    def visualize_batch(
        self,
        saliencies: Mapping[str, Any],
        tokens: Sequence[Sequence[str | None]],
        labels: Sequence[Any] | None = None,
        probabilities: Sequence[float] | None = None,
        save_filepath: StrPath | None = None,
        title: str | None = None,
        cmap: str | Colormap | None = None,
        *,
        scaler: Scaler | None = abs_max_scaler,
        limit: float | tuple[float, float] | None = None,
        colorbar_label: str | None = None,
        width: float = 6.5,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw one text under another, each once per method.

        Args:
            saliencies: name of the method -> one saliency per text, `(N, tokens)`, `(N, tokens, 1)`, or a list of N.
            tokens: for each text one string per position; None for padding.
            labels: predicted class of each text.
            probabilities: their probabilities, 0 to 1.
            save_filepath: as for `visualize`.
            title: as for `visualize`.
            cmap: as for `visualize`.
            scaler: applied to each text and method by itself. None: all share one scale in their own units.
            limit: as for `visualize`; None: the strongest of all.
            colorbar_label: as for `visualize`.
            width: as for `visualize`.
            bbox_inches: as for `visualize`.

        Returns:
            The figure.

        Raises:
            ValueError: as for `visualize`, or lengths that differ.
            TypeError: as for `visualize`.
            FileNotFoundError: as for `visualize`.
        """
        check_picture_path(save_filepath, TEXT_ENDINGS)
        _check_lengths(saliencies, tokens, labels, probabilities)
        blocks = [
            TextBlock(
                caption(None if labels is None else labels[n], None if probabilities is None else probabilities[n]),
                [token_line(of_texts[n], tokens[n], scaler, name) for name, of_texts in saliencies.items()],
            )
            for n in range(len(tokens))
        ]
        colors = _colors([line for block in blocks for line in block.lines], cmap, limit)
        page = Page(blocks, title or "", colors, colorbar_label or scaled_name("saliency", scaler))
        figure = draw_page(page, width, show_colorbar=True)
        _save(figure, page, save_filepath, bbox_inches)
        return figure

    @checks_keywords
    def html(
        self,
        saliency: ArrayLike,
        tokens: Sequence[str | None],
        scaler: Scaler | None = abs_max_scaler,
        title: str = "",
        cmap: str | Colormap | None = None,
        limit: float | tuple[float, float] | None = None,
    ) -> str:
        """Write one example as an HTML fragment: tokens escaped, the value and its standard deviation shown on hovering.

        Args:
            saliency: as for `visualize`.
            tokens: as for `visualize`.
            scaler: as for `visualize`.
            title: text above, empty for none.
            cmap: as for `visualize`.
            limit: as for `visualize`.

        Returns:
            A `<div>` that fetches nothing.

        Raises:
            ValueError: as for `visualize`.
            TypeError: as for `visualize`.
        """
        line = token_line(saliency, tokens, scaler)
        colors = _colors([line], cmap, limit)
        return html_page(Page([TextBlock("", [line])], title, colors, scaled_name("saliency", scaler)))


def _check_lengths(
    saliencies: Mapping[str, Any],
    tokens: Sequence[Sequence[str | None]],
    labels: Sequence[Any] | None,
    probabilities: Sequence[float] | None,
) -> None:
    """Refuse what has not one entry per text."""
    if not isinstance(saliencies, Mapping) or not saliencies or not len(tokens):
        raise ValueError(
            "visualize_batch draws at least one method and one text. Received: saliencies of type "
            f'{type(saliencies).__name__}, {len(tokens)} texts. Name the methods, e.g. {{"gradient": saliency}}.'
        )
    given = {**saliencies, "labels": labels, "probabilities": probabilities}
    wrong = {name: len(each) for name, each in given.items() if each is not None and len(each) != len(tokens)}
    if wrong:
        raise ValueError(
            f"Everything needs one entry per text, {len(tokens)}. Received: {wrong}. Explain the texts that are drawn."
        )


def _colors(
    lines: Sequence[Line], cmap: str | Colormap | None, limit: float | tuple[float, float] | None
) -> ScalarMappable:
    low, high = color_limits(np.concatenate([line.values for line in lines]), 100, limit)
    return color_scale(low, high, cmap or (SIGNED if low < 0 else UNSIGNED))


def _save(figure: Figure, page: Page, path: StrPath | None, bbox_inches: str | None) -> None:
    """Write the page as HTML or as a picture, as the ending says."""
    if path is None or Path(path).suffix.lower() != ".html":
        warn_of_letters(words_on(page), "A browser has them: save as .html, or show TextVisualizer().html(…).")
        save_picture(figure, path, bbox_inches)
        return
    with write_aside(path) as aside:
        aside.write_text(f'<!doctype html>\n<meta charset="utf-8">\n{html_page(page)}\n', "utf-8")
