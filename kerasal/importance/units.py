"""Parts of examples that are permuted together: columns, channels, whole inputs, groups of them, regions."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasal._saliency.groups import all_groups
from kerasal.calculators.windows import Groups
from kerasal.importance.examples import Examples

_IMAGE = 4  # axes of images (N, H, W, C), and more of videos


class Unit(NamedTuple):
    """A part of every example.

    Attributes:
        name: of it; masks: {leaf: booleans that broadcast to it, True in the part}.
    """

    name: str
    masks: dict[int, np.ndarray]

    def exchanged(self, leaves: Sequence[np.ndarray], order: np.ndarray) -> list[np.ndarray]:
        """Return the leaves with this part of other examples.

        Args:
            leaves: (N, ...).
            order: (N,), the example that each takes the part from.
        """
        found = list(leaves)
        for place, mask in self.masks.items():
            found[place] = np.where(mask, leaves[place][order], leaves[place])
        return found


def units_of(examples: Examples, groups: Any, names: Sequence[str] | None) -> list[Unit]:
    """List the parts that are permuted.

    Args:
        examples: all of them.
        groups: None for each column, channel or input; {name: columns or inputs}; or integers of the shape of one example.
        names: of the last axis of the only input, or None.

    Raises:
        ValueError: groups that do not fit.
    """
    if groups is not None and not isinstance(groups, Mapping):
        return _regions(examples, groups)
    alone = _each(examples, names)
    if groups is None:
        return alone
    known = tuple(unit.name for unit in alone) if _have_names(examples, names) else None
    joined = all_groups(groups, known, len(alone))
    return [Unit(group.name, _together([alone[place].masks for place in group.places])) for group in joined]


def _have_names(examples: Examples, names: Any) -> bool:
    return names is not None or len(examples.leaves) > 1


def _each(examples: Examples, names: Sequence[str] | None) -> list[Unit]:
    """Every column or channel of the only input, else every column of inputs (N,) and (N, 1), and of the others alike."""
    single, found = len(examples.leaves) == 1, []
    inputs = sorted(examples.structure) if isinstance(examples.structure, dict) else None
    for place, leaf in enumerate(examples.leaves):
        name = None if single else str(inputs[place]) if inputs else f"x[{place}]"
        whole = {place: np.ones([1] * leaf.ndim, bool)}
        if leaf.ndim == 1 or leaf.shape[1:] == (1,):
            own = names[0] if single and names is not None and len(names) == 1 else name or "feature 0"
            found.append(Unit(own, whole))
            continue
        count, word = leaf.shape[-1], "channel" if leaf.ndim >= _IMAGE else "feature"
        if single and names is not None and len(names) != count:
            raise ValueError(
                f"feature_names names each of the {count} columns or channels. Received: {len(names)} names. Name all of them."
            )
        for column in range(count):
            own = (
                names[column] if single and names is not None else f"{word} {column}" if single else f"{name}[{column}]"
            )
            mask = (np.arange(count) == column).reshape([1] * (leaf.ndim - 1) + [count])
            found.append(Unit(str(own), {place: mask}))
    return found


def _regions(examples: Examples, groups: Any) -> list[Unit]:
    """Groups of positions of the only input, by their numbers."""
    numbers = Groups(groups)
    if len(examples.leaves) > 1:
        raise ValueError(
            f"Regions are of one input. Received: groups as an array, and {len(examples.leaves)} inputs. Give a dict of names and inputs: "
            "groups={'pictures': ['image'], …}."
        )
    leaf = examples.leaves[0]
    found = numbers.on((None, *leaf.shape[1:]), None)
    if found.per_example:
        raise ValueError(
            "Regions are the same for all examples, which exchange them. Received: groups of each example. Give those of one, shape "
            f"{leaf.shape[1:]}."
        )
    every = np.unique(np.asarray(groups))
    return [Unit(f"region {n}", {0: found.numbers == k}) for k, n in enumerate(every[every >= 0].tolist())]


def _together(parts: list[dict[int, np.ndarray]]) -> dict[int, np.ndarray]:
    """Join masks of the same leaf."""
    joined: dict[int, np.ndarray] = {}
    for part in parts:
        for place, mask in part.items():
            joined[place] = mask | joined[place] if place in joined else mask
    return joined
