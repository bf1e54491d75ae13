"""Results of neighbouring examples as one result."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal._storage.saliency_file import METADATA, PER_ELEMENT, PER_EXAMPLE
from kerasal._tree import leaves, mapped

_KEPT = 256 * 2**20  # bytes of inputs that a result keeps


def joined(parts: Sequence[Any], recipe: Any) -> Any:
    """Join results of some examples each to one of all.

    Args:
        parts: a `Saliency` each, made in the same way.
        recipe: the `Recipe` of all.

    Returns:
        The `Saliency` of all; with inputs where they take 256 MB or less.

    Example:
        >>> from kerasal import Saliency
        >>> joined([Saliency([[1.0, 2.0]], M=1), Saliency([[3.0, 4.0], [5.0, 6.0]], M=1)], None).values.tolist()
        [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    """
    first = parts[0]
    arrays = (*PER_ELEMENT, *PER_EXAMPLE, "predictions", "labels")
    of_each = {name: [getattr(part, name) for part in parts] for name in arrays}
    whole: dict[str, Any] = {name: None if each[0] is None else np.concatenate(each) for name, each in of_each.items()}
    samples = np.concatenate([np.broadcast_to(part.M, len(part)) for part in parts])
    whole |= {name: getattr(first, name) for name in METADATA} | {"recipe": recipe}
    whole["M"] = samples if np.ndim(first.M) or (samples != first.M).any() else first.M
    whole |= {name: _words([getattr(part, name) for part in parts]) for name in ("tokens", "smiles")}
    inputs = [part.inputs for part in parts if part.inputs is not None]
    if len(inputs) == len(parts) and sum(leaf.nbytes for leaf in leaves(inputs)) <= _KEPT:
        whole["inputs"] = mapped(lambda *each: np.concatenate(each), *inputs)
    make: Any = type(first)
    return make(**whole)


def _words(parts: Sequence[Any]) -> list[Any] | None:
    return None if parts[0] is None else [word for part in parts for word in part]
