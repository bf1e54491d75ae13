"""Facts of how a `Saliency` was made, and how far it may be off, as HTML."""

from html import escape
from typing import Any

import numpy as np

from kerasal._errors import samples_in_words
from kerasal.visualizers.colors import number_text

_LONGEST, _MOST = 100, 40  # letters of a fact, and facts
_LEFT = "text-align:left"


def facts_html(saliency: Any) -> str:
    """Write what is known of a `Saliency` as a table that opens at a click."""
    facts = {**_shape(saliency), **errors_in_words(saliency), **_how_made(saliency)}
    rows = "".join(
        f'<tr><th style="{_LEFT}">{escape(_short(name))}</th><td style="{_LEFT}">{escape(value)}</td></tr>'
        for name, value in facts.items()
    )
    return f"<details><summary>{escape(repr(saliency)[:300])}</summary><table>{rows}</table></details>"


def errors_in_words(saliency: Any) -> dict[str, str]:
    """Say how far values may be off, each measure with its meaning; nothing where it is not known."""
    found = {}
    if saliency.std is not None and saliency.values.size:
        strongest = float(np.abs(saliency.values).max())
        share = 100 * float(np.median(saliency.standard_error)) / strongest if strongest else 0.0
        found["standard error"] = (
            f"median {share:.2g} % of the strongest value: how far a single value may be off, as it is a mean of so many samples"
        )
        errors = np.atleast_1d(saliency.relative_error)
        middle, worst = (_percent(float(error)) for error in (np.median(errors), errors.max()))
        share_of_map = f"median {middle}, worst {worst}" if len(errors) > 1 else middle
        found["relative error"] = (
            f"{share_of_map}: how far a whole map may be from that of endless samples, as a share of its length (L2)"
        )
    if saliency.relative_gap is not None and np.size(saliency.relative_gap):
        found["completeness gap"] = (
            f"at most {_percent(float(np.max(saliency.relative_gap)))}: how much the values' sum misses the difference of scores that it should be"
        )
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if np.isfinite(share) else "all of it, hidden in noise"


def _shape(saliency: Any) -> dict[str, str]:
    axes = zip(saliency.axes, saliency.shape, strict=True)
    known = {
        "score": _short(saliency.score_name or "not named"),
        "shape": ", ".join(f"{_short(name)} {size}" for name, size in axes),
        "samples M": samples_in_words(saliency.M),
        "kind": _short(saliency.kind),
        "classes": _short(", ".join(saliency.class_names or ())),
    }
    if saliency.base_scores is not None and not np.ndim(saliency.base_scores):
        known["score at the baseline"] = number_text(float(saliency.base_scores))
    return {name: words for name, words in known.items() if words}


def _how_made(saliency: Any) -> dict[str, str]:
    known = [(name, value) for name, value in saliency.about.items() if value not in (None, False, "", [], {})]
    facts = {str(name): _short(value) for name, value in known[:_MOST]}
    if saliency.unpaired:
        facts["unpaired"] = _short(", ".join(saliency.unpaired))
    return facts


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
