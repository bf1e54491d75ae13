"""The knowledge of a result about its examples: inputs, names, predictions, labels, and what kind of thing they are."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasal._engine.kinds import kind_of
from kerasal._engine.session import Session
from kerasal._network.targets import InputExtractor
from kerasal._network.words import has_embedding, words_of
from kerasal._saliency.kinds import check_kind
from kerasal._saliency.known import OF_CLASSES, OF_CLASSES_ALONE, OF_NUMBERS
from kerasal._tree import leaves

_GRAPH = {"atoms", "bonds", "mask"}  # of `kerasal.molecules.to_graphs`


class Told(NamedTuple):
    """The words of a user about the examples.

    Attributes:
        x: as given; feature_names, class_names, tokens, kind, smiles: see `Calculator.explain`.
    """

    x: Any = None
    feature_names: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    tokens: Sequence[Sequence[str | None]] | None = None
    kind: str | None = None
    smiles: Sequence[str] | None = None

    def checked(self) -> "Told":
        """Return the same; ValueError for a kind that there is not."""
        if self.kind is not None:
            check_kind(self.kind)
        return self


def knowledge_of(
    session: Session, target: Any, predicted: np.ndarray, shape: tuple[int, ...], told: Told
) -> dict[str, Any]:
    """Collect the keywords of a `Saliency` that tell what its examples are.

    Args:
        session: of the call.
        target: what is explained.
        predicted: what the model says of the clean inputs, (N, C).
        shape: of the map, (N, ...), without axes of classes.
        told: what the user tells.
    """
    inputs = session.kept.inputs(session.forward.inputs.structure)
    flat, is_input = [] if inputs is None else leaves(inputs), isinstance(target, InputExtractor)
    place = 0 if len(flat) == 1 else session.forward.inputs.position_of(target) if flat and is_input else None
    own = None if place is None else flat[place]
    kind = told.kind or told.smiles is not None and "molecule" or _kind(inputs, own, session, target, shape)
    names = told.feature_names if told.feature_names is not None else _columns(told.x, own, shape, is_input=is_input)
    tokens = told.tokens
    if tokens is None and kind == "text" and own is not None and own.dtype.kind in "USO":
        tokens = words_of(session.objective.model, own)
    about = {} if place is None else {"input": place}
    return {
        "about": about,
        "inputs": inputs,
        "feature_names": names,
        "class_names": told.class_names,
        "predictions": _predictions(predicted, session.quantity),
        "labels": session.kept.labels(),
        "kind": kind,
        "tokens": tokens,
        "smiles": told.smiles,
    }


def _predictions(predicted: np.ndarray, quantity: str) -> np.ndarray | None:
    """Give the class of each example, with its probability where that is known; the largest output of what is no classifier."""
    if not quantity or not predicted.shape[1]:
        return None
    if quantity == "output":
        return np.asarray(predicted.max(1)).view(OF_NUMBERS)
    found = np.zeros(len(predicted), OF_CLASSES if quantity == "probability" else OF_CLASSES_ALONE)
    found["class"] = predicted.argmax(1)
    if quantity == "probability":
        found["probability"] = predicted.max(1)
    return found


def _kind(inputs: Any, own: np.ndarray | None, session: Session, target: Any, shape: tuple[int, ...]) -> str:
    """Decide what the examples are; "" where nothing tells it."""
    is_input = isinstance(target, InputExtractor)
    if isinstance(inputs, dict) and set(inputs) >= _GRAPH and _is_of_graph(inputs, own, is_input=is_input):
        is_of_units = not is_input and session.objective.target is target and len(session.shape) == 2
        return "molecule" if _is_per_atom(inputs["mask"], shape) and not is_of_units else "numbers"
    if own is None:
        return ""
    is_of_words = (
        own.dtype.kind in "USO" or own.dtype.kind in "iu" and own.ndim == 2 and has_embedding(session.objective.model)
    )
    if is_of_words:
        return "text" if len(shape) in (2, 3) else ""
    return kind_of(own, session.layout).name or "" if is_input else ""


def _is_of_graph(inputs: dict[str, np.ndarray], own: np.ndarray | None, *, is_input: bool) -> bool:
    """Tell whether the target is a part of a graph or a layer, and no other input beside the graph."""
    return not is_input or any(own is inputs[name] for name in _GRAPH)


def _is_per_atom(mask: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Tell whether maps (N, A) or (N, A, features) go with the atoms of a mask (N, A)."""
    return len(shape) in (2, 3) and shape[:2] == mask.shape


def _columns(x: Any, own: np.ndarray | None, shape: tuple[int, ...], *, is_input: bool) -> list[str] | None:
    """Give the names of the columns of a frame, where the map has a number for each."""
    columns = getattr(x, "columns", None)
    if columns is None or not is_input or own is None:
        return None
    return [str(column) for column in columns] if shape[1:] == (len(columns),) else None
