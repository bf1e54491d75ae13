"""Tables of what was explained: predictions and scores of examples, and saliency by column, word or atom."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kerasal.command_line.output import OutputFolder


def write_tables(folder: OutputFolder, saliency: Any, names: Sequence[str]) -> None:
    """Write `predictions.csv`, and `saliency.csv` where an example has a number per column, word or atom.

    Args:
        folder: to write into.
        saliency: a `Saliency` of a batch.
        names: of the examples.
    """
    columns = dict(_known(saliency))
    rows = zip(names, *columns.values(), strict=True)
    folder.table("predictions.csv", ["example", *columns], rows)
    values, error = (
        per_element(saliency.values, saliency),
        per_element(saliency.standard_error, saliency, is_error=True),
    )
    if values.ndim != 2 or "class" in saliency.axes:
        return
    if saliency.kind == "table":
        features = saliency.feature_names or [f"feature {k}" for k in range(values.shape[1])]
        told = [(name, *row) for name, row in zip(names, values.tolist(), strict=True)]
        folder.table("saliency.csv", ["example", *features], told)
    elif saliency.kind in ("text", "molecule"):
        heading = [
            "example",
            "position",
            "word" if saliency.kind == "text" else "atom",
            "saliency",
            *([] if error is None else ["standard error"]),
        ]
        folder.table("saliency.csv", heading, _positions(saliency, names, values, error))


def per_element(values: np.ndarray | None, saliency: Any, *, is_error: bool = False) -> Any:
    """Sum the features of an embedding, as pictures do: (N, positions).

    Args:
        values: of the shape of the saliency, or None.
        saliency: the `Saliency`.
        is_error: True for errors, of whose sum nothing is known.
    """
    if values is None or saliency.kind not in ("text", "molecule") or values.ndim != 3:
        return values
    return None if is_error else values.sum(-1)


def _known(saliency: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    """Columns of what is known of each example."""
    predicted = saliency.predictions
    if predicted is not None:
        for field in predicted.dtype.names:
            yield {"class": "predicted class", "output": "prediction"}.get(field, field), predicted[field].tolist()
        if "class" in predicted.dtype.names and saliency.class_names is not None:
            yield "class name", [saliency.class_names[k] for k in predicted["class"]]
    if saliency.labels is not None:
        yield "label", np.asarray(saliency.labels).tolist()
    if saliency.scores is not None and np.ndim(saliency.scores) == 1:
        yield saliency.score_name or "score", saliency.scores.tolist()
    if saliency.relative_error is not None and np.ndim(saliency.relative_error) == 1:
        yield "relative error of the map", np.asarray(saliency.relative_error).tolist()
    if saliency.relative_gap is not None and np.ndim(saliency.relative_gap) == 1:
        yield "relative completeness gap", saliency.relative_gap.tolist()


def _positions(saliency: Any, names: Sequence[str], values: np.ndarray, error: Any) -> Iterator[Sequence[Any]]:
    """A row for each word or atom that is no padding."""
    for n, name in enumerate(names):
        words = _words_of(saliency, n, values.shape[1])
        for place, word in enumerate(words):
            if word is not None:
                told = () if error is None else (float(error[n, place]),)
                yield name, place, word, float(values[n, place]), *told


def _words_of(saliency: Any, n: int, count: int) -> Sequence[Any]:
    """Words of a text, or numbers of the elements of a molecule's atoms; None for padding."""
    if saliency.tokens is not None:
        return list(saliency.tokens[n])[:count]
    inputs = saliency.inputs
    if isinstance(inputs, dict) and "atoms" in inputs:
        return [int(number) or None for number in inputs["atoms"][n]]
    return list(range(count))
