"""A `Saliency` as the arrays and the facts of a store, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasal._storage.saliency_file import PER_ELEMENT, PER_EXAMPLE
from kerasal.recipes import Recipe
from kerasal.saliency import Saliency

_FACTS = ("score_name", "axes", "about", "unpaired", "feature_names", "class_names", "kind")
_PREDICTED = {"class": "predicted_class", "probability": "probability", "output": "output"}  # field -> array


def arrays_of(saliency: Saliency, ids: np.ndarray) -> dict[str, np.ndarray]:
    """List what a store keeps of each example.

    Args:
        saliency: a batch.
        ids: of its examples, (n,).

    Returns:
        {name: (n, ...)}.
    """
    parts: dict[str, Any] = {name: getattr(saliency, name) for name in (*PER_ELEMENT, *PER_EXAMPLE)}
    if saliency.std is not None and not _is_stratified(saliency):
        del parts["standard_error"]  # std / √M
    parts |= {"ids": ids, "M": np.broadcast_to(np.asarray(saliency.M, "int32"), len(saliency))}
    if saliency.labels is not None:
        parts["labels"] = _wide(np.asarray(saliency.labels))
    if saliency.predictions is not None:
        parts |= {_PREDICTED[name]: saliency.predictions[name] for name in saliency.predictions.dtype.names or ()}
    return {name: np.asarray(array) for name, array in parts.items() if array is not None}


def facts_of(saliency: Saliency) -> dict[str, Any]:
    """List what is true of all examples, as JSON can hold it."""
    facts = {name: getattr(saliency, name) for name in _FACTS}
    about = {name: value for name, value in facts["about"].items() if name not in ("M", "first_example")}
    return {**facts, "about": about}


def saliency_of(arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any], recipe: Recipe) -> Saliency:
    """Make the `Saliency` of some examples.

    Args:
        arrays: as `arrays_of` gives them.
        facts: as `facts_of` gives them.
        recipe: of the store.
    """
    M = arrays["M"] if len(arrays["M"]) else np.full(1, 2, "int32")  # of no examples
    predictions = {field: arrays[name] for field, name in _PREDICTED.items() if name in arrays}
    parts: dict[str, Any] = {name: arrays.get(name) for name in (*PER_ELEMENT, *PER_EXAMPLE, "labels")}
    if parts["labels"] is not None and parts["labels"].dtype.kind in "OT":
        parts["labels"] = np.array(parts["labels"].tolist(), str)
    return Saliency(
        **parts,
        M=int(M[0]) if (M[0] == M).all() else M,
        predictions=predictions or None,
        recipe=recipe,
        **{name: facts[name] for name in _FACTS},
    )


def _is_stratified(saliency: Saliency) -> bool:
    sampler = saliency.recipe["noise_sampler"] if saliency.recipe is not None else None
    return bool(getattr(sampler, "stratified", False))


def _wide(labels: np.ndarray) -> np.ndarray:
    """Labels in a type that holds those of all chunks."""
    return labels.astype({"i": "int64", "u": "int64", "f": "float64", "b": "int64"}.get(labels.dtype.kind, str))
