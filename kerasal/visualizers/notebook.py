"""HTML of a `Saliency` for notebooks: the examples in their kind, and how the saliency was made."""

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasal.visualizers.notebook_facts import facts_html
from kerasal.visualizers.notebook_rows import rows_html
from kerasal.visualizers.plots.choose import kind_by_shape, plot
from kerasal.visualizers.plots.parts import is_batch
from kerasal.visualizers.plots.text import words_of
from kerasal.visualizers.shown import Svg
from kerasal.visualizers.text import TextVisualizer
from kerasal.visualizers.words import prediction_words, score_words

MOST_BYTES = 1_000_000  # of a picture; larger ones have fewer pixels
_RESOLUTIONS = (100, 70, 50, 35, 25)  # dots per inch
_MOST_TEXTS, _MOST_WORDS, _LONGEST_WORD, _LONGEST_ALT = 3, 300, 60, 300
_PAGE = "background:#fff;color:#000;padding:.3em"


def notebook_html(saliency: Any) -> str:
    """Write a batch or one example as HTML: tables and texts in words, other kinds as `Saliency.plot` draws them, facts below.

    Of many examples the first few are shown, and how many there are.

    Args:
        saliency: a `Saliency`.

    Returns:
        An HTML fragment that fetches nothing and runs nothing, with everything in it that is not of this package escaped.
    """
    return f'<div style="{_PAGE}">{_examples(saliency)}{facts_html(saliency)}</div>'


def _examples(saliency: Any) -> str:
    """Show the examples, or say why there is no picture of them."""
    if not saliency.values.size or not np.isfinite(saliency.values).all():
        why = "not all numbers are finite" if saliency.values.size else "there are no numbers"
        return f"<div>No picture: {why}.</div>"
    kind = saliency.kind or kind_by_shape(saliency)
    write: Callable[[Any], str] = {"table": rows_html, "text": _texts}.get(kind, _picture)
    try:
        return write(saliency)
    except (ValueError, TypeError, ImportError) as error:  # it is shown, not asked for: the rest is still worth a look
        return f"<div>No picture: {escape(str(error)[:500])}</div>"


def _picture(saliency: Any) -> str:
    """Draw what `plot` draws."""
    drawn = plot(saliency)
    words = "; ".join(filter(None, (_predicted(saliency), score_words(saliency))))
    source = _svg_source(drawn) if isinstance(drawn, Svg) else _png_source(drawn)
    return f'<img alt="{escape(words[:_LONGEST_ALT])}" style="max-width:100%" src="{source}">'


def _predicted(saliency: Any) -> str:
    """Say what is predicted for the first examples."""
    first = saliency[:_MOST_TEXTS] if is_batch(saliency) else [saliency]
    words = [prediction_words(one) for one in first]
    more = ["…"] if is_batch(saliency) and len(saliency) > _MOST_TEXTS and any(words) else []
    return ", ".join([*filter(None, words), *more])


def _texts(saliency: Any) -> str:
    """Write the words of a text in their order on coloured backgrounds, of a batch those of the first texts."""
    if "class" in saliency.axes or saliency.values.ndim - is_batch(saliency) > 2:
        return _picture(saliency)
    shown = list(saliency[:_MOST_TEXTS]) if is_batch(saliency) else [saliency]
    parts = [_text(one) for one in shown]
    if is_batch(saliency) and len(saliency) > len(shown):
        parts.append(f"<div>{len(shown)} of {len(saliency)} texts</div>")
    return "".join(parts)


def _text(saliency: Any) -> str:
    values = np.asarray(saliency.values)
    values = values.sum(-1) if values.ndim == 2 else values
    words = words_of(saliency, len(values))
    count = min(len(words), _MOST_WORDS)
    shown = [None if word is None else word[:_LONGEST_WORD] for word in words[:count]]
    title = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency))))
    page = TextVisualizer().html(values[:count], shown, scaler=None, title=title)
    left = sum(word is not None for word in words[count:])
    return page + (f"<div>and {left} more words</div>" if left else "")


def _png_source(figure: Figure) -> str:
    """Make the source of an image of a figure, with as many pixels as it may have."""
    for dots in _RESOLUTIONS:
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=dots, bbox_inches="tight")
        if stream.tell() <= MOST_BYTES:
            break
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _svg_source(svg: Svg) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
