"""A `Saliency` as other packages' tables: pandas, xarray and shap."""

from typing import Any

import numpy as np

from kerasal._errors import needed
from kerasal._saliency.columns import own_values

_PARTS = {"molecule": "atom", "text": "token", "series": "step"}  # what a map of one number for each has, by kind


def to_frame(saliency: Any) -> Any:
    """Make a pandas frame.

    Args:
        saliency: a `Saliency`.

    Returns:
        Of a table, a row per example and a column per feature. Else a row per number, with its place in the index, and the columns
        `saliency` and, where they are known, `std` and `standard_error`.
    """
    with needed("pandas", "Saliency.to_frame"):
        import pandas as pd
    if (
        saliency.axes in (("example", "feature"), ("feature",))
        or saliency.axes[0] == "example"
        and saliency.values.ndim == 2
    ):
        part = _PARTS.get(saliency.kind, "feature")
        names = saliency.feature_names or [f"{part} {k}" for k in range(saliency.shape[-1])]
        rows = np.atleast_2d(saliency.values)
        return pd.DataFrame(rows, columns=list(names), index=pd.RangeIndex(len(rows), name="example"))
    places = pd.MultiIndex.from_product(
        [_names_along(saliency, axis) for axis in range(saliency.values.ndim)], names=saliency.axes
    )
    parts = {"saliency": saliency.values, "std": saliency.std, "standard_error": saliency.standard_error}
    return pd.DataFrame({name: np.ravel(part) for name, part in parts.items() if part is not None}, index=places)


def to_xarray(saliency: Any) -> Any:
    """Make an xarray data set.

    Args:
        saliency: a `Saliency`.

    Returns:
        Variables `saliency`, `std`, `standard_error`, `score`, `base_score`, `predicted_class`, `probability`, `output` and `label`, those
        that are known; axes and names of features and classes as coordinates; how it was made as attributes.
    """
    with needed("xarray", "Saliency.to_xarray"):
        import xarray as xr
    of_example = saliency.axes[:1] if saliency.axes[:1] == ("example",) else ()
    of_score = tuple(name for name in saliency.axes if name in ("example", "class"))
    per_element = {"saliency": saliency.values, "std": saliency.std, "standard_error": saliency.standard_error}
    per_score = {
        "score": saliency.scores,
        "base_score": saliency.base_scores,
        "completeness_gap": saliency.completeness_gap,
    }
    predicted = (
        {}
        if saliency.predictions is None
        else {name: saliency.predictions[name] for name in saliency.predictions.dtype.names}
    )
    per_example = {{"class": "predicted_class"}.get(name, name): part for name, part in predicted.items()} | {
        "label": saliency.labels
    }
    parts = [(per_element, saliency.axes), (per_score, of_score), (per_example, of_example)]
    variables = {name: (axes, part) for known, axes in parts for name, part in known.items() if part is not None}
    named = {axis: _names_along(saliency, k) for k, axis in enumerate(saliency.axes) if _has_names(saliency, k)}
    about = {"score_name": saliency.score_name, "kind": saliency.kind, "samples": str(saliency.M), **saliency.about}
    attributes = {name: fact if isinstance(fact, (str, int, float)) else str(fact) for name, fact in about.items()}
    return xr.Dataset(variables, coords=named, attrs=attributes)


def to_shap(saliency: Any) -> Any:
    """Make a `shap.Explanation`, whose base values and values add up to the scores.

    Args:
        saliency: a `Saliency` with `base_scores`, of every axis but the last folded.

    Returns:
        The explanation: values (N, features), or (N, features, classes).

    Raises:
        ValueError: values of another shape, or that do not start at a baseline.
    """
    with needed("shap", "Saliency.to_shap"):
        import shap
    axes = saliency.axes
    is_of_classes = "class" in axes
    if saliency.base_scores is None:
        raise ValueError(
            "shap's pictures add values up, from a base value to the score. Received: a Saliency without base_scores, of "
            f"{saliency.about.get('calculator', 'no calculator')}, whose values do not. Explain by IntegratedGradientsCalculator."
        )
    if saliency.about.get("method", "raw") != "raw":
        raise ValueError(
            f"Values add up to the score where they have their signs. Received: method={saliency.about['method']!r}. Explain with "
            "method='raw'."
        )
    if saliency.unattributed is None:
        raise ValueError(
            "Values and base value add up to the score. Received: a part of them, or values that were made from them. Explain one target, "
            "and channels with ch_reduce='sum'."
        )
    values = np.moveaxis(saliency.values, axes.index("class"), -1) if is_of_classes else saliency.values
    names = saliency.feature_names
    return shap.Explanation(
        values=values,
        base_values=saliency.base_scores,
        data=_data_of(saliency),
        feature_names=list(names) if names else [f"feature {k}" for k in range(saliency.values.shape[-1])],
        output_names=list(saliency.class_names) if is_of_classes and saliency.class_names else None,
    )


def _data_of(saliency: Any) -> np.ndarray | None:
    """Give what shap calls data: the examples in the shape of the values, "" for what is not known."""
    table = saliency.feature_values
    if table is None:
        return own_values(saliency)
    if table.dtype == object:
        table[np.frompyfunc(lambda value: value is None, 1, 1)(table).astype(bool)] = ""
    return table


def _has_names(saliency: Any, axis: int) -> bool:
    """Tell whether the places along an axis have names."""
    if saliency.axes[axis] == "class":
        return saliency.class_names is not None and len(saliency.class_names) == saliency.shape[axis]
    return saliency.feature_names is not None and axis == saliency.values.ndim - 1


def _names_along(saliency: Any, axis: int) -> list[Any]:
    """Name the places along an axis, by numbers where they have no names."""
    if _has_names(saliency, axis):
        return list(saliency.class_names if saliency.axes[axis] == "class" else saliency.feature_names)
    return list(range(saliency.shape[axis]))
