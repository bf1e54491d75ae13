"""A `Saliency` of tables as HTML: names of the columns, values of the features, and their saliency in colour."""

from html import escape
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable

from kerasal.visualizers.colors import color_limits, color_of, color_scale, number_text, readable_on
from kerasal.visualizers.plots.parts import is_batch, refuse_classes
from kerasal.visualizers.scale_words import color_words
from kerasal.visualizers.table_words import value_text
from kerasal.visualizers.words import prediction_words, score_words

_MOST_FEATURES, _MOST_COLUMNS, _MOST_ROWS, _LONGEST_NAME = 20, 10, 5, 60
_CELL = "text-align:right;padding:.15em .6em"


def rows_html(saliency: Any) -> str:
    """Write one row as a table of its features, the strongest first; of a batch the first rows, the columns in their order.

    Args:
        saliency: a `Saliency` of (features,) numbers for each example.

    Returns:
        An HTML fragment.

    Raises:
        ValueError: it has maps of another shape.
    """
    refuse_classes(saliency, "A table")
    if saliency.values.ndim - is_batch(saliency) != 1:
        raise ValueError(
            f"A table has maps (features,). Received: shape {saliency.values.shape}. Draw it as another kind, e.g. plot('numbers')."
        )
    return _batch(saliency) if is_batch(saliency) else _row(saliency)


def _row(saliency: Any) -> str:
    values, given, errors = saliency.values, saliency.feature_values, saliency.standard_error
    order = np.argsort(-np.abs(values), kind="stable")[:_MOST_FEATURES]
    colors = color_scale(*color_limits(values, 100))
    head = [
        "feature",
        *(["value"] if given is not None else []),
        "saliency",
        *(["± standard error"] if errors is not None else []),
    ]
    rows = []
    for k in order:
        cells = [] if given is None else [_plain_cell(_feature(given[k]))]
        cells.append(_colored_cell(number_text(float(values[k])), float(values[k]), colors))
        cells += [] if errors is None else [_plain_cell(number_text(float(errors[k])))]
        rows.append(f"<tr>{_heading(_name(saliency, k))}{''.join(cells)}</tr>")
    heading = "; ".join(filter(None, (prediction_words(saliency), score_words(saliency))))
    left = f"{len(order)} of {len(values)} features, the strongest" if len(values) > len(order) else ""
    return _table(heading, head, rows, "; ".join(filter(None, (color_words(colors), left))))


def _batch(saliency: Any) -> str:
    shown = saliency[:_MOST_ROWS]
    strongest = np.argsort(-np.abs(saliency.values).mean(0), kind="stable")[:_MOST_COLUMNS]
    columns = sorted(strongest.tolist())
    colors = color_scale(*color_limits(shown.values[:, columns], 100))
    has_words = any(prediction_words(one) for one in shown)
    head = ["example", *(["prediction"] if has_words else []), *(_name(saliency, k) for k in columns)]
    rows = []
    for n, one in enumerate(shown):
        given, cells = one.feature_values, [_plain_cell(prediction_words(one))] if has_words else []
        for k in columns:
            number = float(one.values[k])
            inner = number_text(number)
            words = inner if given is None else f"{_feature(given[k])} ({inner})"
            cells.append(_colored_cell(words, number, colors))
        rows.append(f"<tr>{_heading(str(n))}{''.join(cells)}</tr>")
    of_examples = f"{len(shown)} of {len(saliency)} examples" if len(saliency) > len(shown) else ""
    of_columns = (
        f"{len(columns)} of {saliency.shape[-1]} features, the strongest on average"
        if saliency.shape[-1] > len(columns)
        else ""
    )
    reading = "a feature's value (its saliency)" if shown.feature_values is not None else "saliency"
    return _table(
        score_words(saliency),
        head,
        rows,
        "; ".join(filter(None, (reading, color_words(colors), of_examples, of_columns))),
    )


def _feature(value: Any) -> str:
    """Write the value of a feature; "" where it is not known."""
    if value is None:
        return ""
    return _cut(value.decode(errors="replace") if isinstance(value, bytes) else value_text(value))


def _name(saliency: Any, k: int) -> str:
    return _cut(saliency.feature_names[k]) if saliency.feature_names else f"feature {k}"


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1] + "…"


def _heading(words: str, side: str = "left") -> str:
    return f'<th style="text-align:{side};padding:.15em .6em">{escape(words)}</th>'


def _plain_cell(words: str) -> str:
    return f'<td style="{_CELL}">{escape(words)}</td>'


def _colored_cell(words: str, value: float, colors: ScalarMappable) -> str:
    background = color_of(value, colors)
    return f'<td style="{_CELL};background:{background};color:{readable_on(background)}">{escape(words)}</td>'


def _table(heading: str, head: list[str], rows: list[str], note: str) -> str:
    title = f'<div style="font-weight:bold">{escape(heading)}</div>' if heading else ""
    top = _heading(head[0]) + "".join(_heading(words, "right") for words in head[1:])
    below = f'<div style="font-size:85%">{escape(note)}</div>' if note else ""
    return f'{title}<table style="border-collapse:collapse"><tr>{top}</tr>{"".join(rows)}</table>{below}'
