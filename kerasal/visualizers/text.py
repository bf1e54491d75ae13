"""Saliency of text: every token on a background in the colour of its saliency, as a picture or as HTML."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from kerasal._storage.file_systems import write_aside
from kerasal.visualizers.base import TEXT_ENDINGS, BaseVisualizer, check_picture_path, save_picture
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_grid import caption
from kerasal.visualizers.scalers import abs_max_scaler, scaled_name
from kerasal.visualizers.text_layout import Line, draw_page, html_page, token_line

SIGNED, UNSIGNED = "RdBu_r", "Reds"  # both white at zero, the colour of the page


class TextVisualizer(BaseVisualizer):
    """Draws the saliency of a text token by token; zero is white, as the page is.

    Example:

    >>> import tempfile
    >>> saliency, tokens = [0.1, -2.0, 0.0, 1.5], ["not", "bad", "<br>", "acting"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     figure = TextVisualizer().visualize(saliency, tokens, os.path.join(folder, "text.png"))
    >>> "&lt;br&gt;" in TextVisualizer().html(saliency, tokens)
    True
    """

    def visualize(
        self,
        saliency,
        tokens: Sequence[str | None],
        save_filepath: str | os.PathLike | None = None,
        scaler=abs_max_scaler,
        title: str | None = "Text saliency",
        cmap: str | Colormap | None = None,
        show_colorbar: bool = True,
        *,
        limit: float | tuple[float, float] | None = None,
        label=None,
        probability: float | None = None,
        colorbar_label: str | None = None,
        width: float = 6.5,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draws one example.

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
            colorbar_label: None: what the scaler makes of the saliency.
            width: of the text, in inches.
            bbox_inches: passed to matplotlib's `savefig`.

        Returns: the figure.

        Raises:
            ValueError: a batch, tokens that do not fit, an unknown file ending. Nothing is drawn.
            TypeError: a token that is no string.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        check_picture_path(save_filepath, TEXT_ENDINGS)
        line = token_line(saliency, tokens, scaler)
        heading = "\n".join(words for words in (title, caption(label, probability)) if words)
        label = colorbar_label or scaled_name("saliency", scaler)
        return self._draw([("", [line])], heading, cmap, limit, show_colorbar, label, width, save_filepath, bbox_inches)

    def visualize_batch(
        self,
        saliencies: Mapping[str, Sequence],
        tokens: Sequence[Sequence[str | None]],
        labels: Sequence | None = None,
        probabilities: Sequence[float] | None = None,
        save_filepath: str | os.PathLike | None = None,
        title: str | None = None,
        cmap: str | Colormap | None = None,
        *,
        scaler=abs_max_scaler,
        limit: float | None = None,
        colorbar_label: str | None = None,
        width: float = 6.5,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draws one text under another, each once per method.

        Args:
            saliencies: name of the method -> one saliency per text, `(N, tokens)`, `(N, tokens, 1)`, or a list of N.
            tokens: for each text one string per position; None for padding.
            labels: predicted class of each text.
            probabilities: their probabilities, 0 to 1.
            save_filepath, title, cmap, width, bbox_inches: as for `visualize`.
            scaler: applied to each text and method by itself. None: all share one scale in their own units.
            limit: scaled saliency at the end of the colours; None: the strongest of all.
            colorbar_label: None: what the scaler makes of the saliency.

        Returns: the figure.

        Raises:
            ValueError, TypeError, FileNotFoundError: as for `visualize`.
        """
        check_picture_path(save_filepath, TEXT_ENDINGS)
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
        blocks = [
            (
                caption(None if labels is None else labels[n], None if probabilities is None else probabilities[n]),
                [token_line(of_texts[n], tokens[n], scaler, name) for name, of_texts in saliencies.items()],
            )
            for n in range(len(tokens))
        ]
        label = colorbar_label or scaled_name("saliency", scaler)
        return self._draw(blocks, title or "", cmap, limit, True, label, width, save_filepath, bbox_inches)

    def html(
        self, saliency, tokens: Sequence[str | None], scaler=abs_max_scaler, title="", cmap=None, limit=None
    ) -> str:
        """One example as an HTML fragment: tokens escaped, the value and its standard deviation shown on hovering.

        Args, errors: as for `visualize`.
        """
        line = token_line(saliency, tokens, scaler)
        return html_page([("", [line])], title, _colors([line], cmap, limit), scaled_name("saliency", scaler))

    def _draw(self, blocks, heading, cmap, limit, show_colorbar, label, width, save_filepath, bbox_inches):
        colors = _colors([line for _, lines in blocks for line in lines], cmap, limit)
        figure = draw_page(blocks, heading, colors, label if show_colorbar else None, width)
        if save_filepath is not None and Path(save_filepath).suffix.lower() == ".html":
            page = html_page(blocks, heading, colors, label)
            with write_aside(save_filepath) as aside:
                aside.write_text(f'<!doctype html>\n<meta charset="utf-8">\n{page}\n', "utf-8")
        else:
            save_picture(figure, save_filepath, bbox_inches)
        return figure


def _colors(lines: Sequence[Line], cmap, limit) -> ScalarMappable:
    values = np.concatenate([line.values for line in lines])
    low, high = color_limits(values, 100, limit)
    return color_scale(low, high, cmap or (SIGNED if low < 0 else UNSIGNED))
