"""Texts as HTML: tokens on coloured backgrounds, their numbers shown on hovering."""

from html import escape

import numpy as np
from matplotlib.cm import ScalarMappable

from kerasal.visualizers.colors import color_of, number_text, readable_on
from kerasal.visualizers.text_layout import Line, Page

STOPS = 11  # colours of the bar


def html_page(page: Page) -> str:
    """Write a `<div>` with a block per text, and the colour bar below."""
    parts = [
        '<div style="font-family:sans-serif;line-height:1.9;max-width:60em;background:#fff;color:#000;padding:.5em">'
    ]
    parts += [f'<div style="font-weight:bold">{escape(words)}</div>' for words in page.heading.splitlines()]
    for block in page.blocks:
        if block.caption:
            parts.append(f'<div style="font-weight:bold;margin-top:.6em">{escape(block.caption)}</div>')
        parts += [_line(line, page.colors) for line in block.lines]
    return "\n".join([*parts, _bar(page.colors, page.label), "</div>"])


def _line(line: Line, colors: ScalarMappable) -> str:
    name = f'<span style="color:#666;font-size:80%">{escape(line.name)}</span> ' if line.name else ""
    spans = []
    for token, value, note in zip(line.tokens, line.values, line.notes, strict=True):
        background = color_of(value, colors)
        style = f"background:{background};color:{readable_on(background)};padding:.1em .2em;border-radius:.2em"
        spans.append(f'<span title="{escape(note)}" style="{style}">{escape(token)}</span>')
    return f'<div dir="auto">{name}{" ".join(spans)}</div>'


def _bar(colors: ScalarMappable, label: str) -> str:
    low, high = colors.get_clim()
    stops = ",".join(color_of(value, colors) for value in np.linspace(low, high, STOPS))
    ends = [number_text(number) for number in (low, high)]
    bar = f'<span style="display:inline-block;width:12em;height:.8em;background:linear-gradient(to right,{stops})"></span>'
    return f'<div style="font-size:80%;margin-top:.6em">{ends[0]} {bar} {ends[1]} &nbsp; {escape(label)}</div>'
