"""Refusals of examples of concepts, before work where that is possible, and warnings of those that tell little."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerasal._engine.blocks import Blocks
from kerasal._errors import warn_user
from kerasal._network.given_targets import as_extractors
from kerasal._network.targets import Extractor
from kerasal.concepts.inference import MOST_RUNS, least_p
from kerasal.concepts.parts import LEAST
from kerasal.concepts.result import LEVEL


def checked_layer(layer: Any, model: keras.Model) -> Extractor:
    """Return the extractor of the one layer or input that is meant."""
    if layer is None or isinstance(layer, (list, tuple)):
        raise ValueError(
            f"TCAV is at one layer. Received: layer={layer!r}. Name one, such as the last convolution, and make a TCAV for each other."
        )
    return as_extractors(layer, model)[0]


def divided(concepts: Any, random: Any) -> tuple[dict[str, Any], Any]:
    """Give the concepts that are tested, {name: examples}, and the examples they are told from.

    Args:
        concepts: {name: examples}.
        random: examples, or the name of one of the concepts.
    """
    if (
        not isinstance(concepts, Mapping)
        or not concepts
        or not all(isinstance(name, str) and name for name in concepts)
    ):
        what = f"names {list(concepts)!r}" if isinstance(concepts, Mapping) else f"{type(concepts).__name__}"
        raise ValueError(
            f"concepts is a dict of names and examples of each. Received: {what}. Give e.g. {{'striped': x_striped}}."
        )
    tested = dict(concepts)
    if not isinstance(random, str):
        return tested, random
    if random not in tested or len(tested) == 1:
        raise ValueError(
            f"random is examples, or the name of one of two or more concepts, which the others are told from. Received: {random!r}, and "
            f"the concepts {', '.join(map(repr, tested))}. Give random examples, or another concept's name."
        )
    other = tested.pop(random)
    return tested, other


def check_runs(runs: Any, concepts: int) -> None:
    """Refuse a number of runs that could tell nothing."""
    least = int(np.ceil(1 + np.log2(concepts / LEVEL)))
    is_integer = isinstance(runs, (int, np.integer)) and not isinstance(runs, bool)
    if not is_integer or not least <= runs <= MOST_RUNS:
        raise ValueError(
            f"runs is an integer from {least}, or p could not fall below {LEVEL} for {concepts} concept(s), to {MOST_RUNS}. Received: "
            f"runs={runs!r}. Give {max(least, 15)}."
        )


def check_ridge(ridge: Any) -> None:
    """Refuse a penalty that is no positive number."""
    is_number = isinstance(ridge, (int, float, np.integer, np.floating)) and not isinstance(ridge, bool)
    if not is_number or not 0 < ridge < np.inf:
        raise ValueError(f"ridge is a number above 0. Received: ridge={ridge!r}. Give e.g. 0.1.")


def check_known_counts(concepts: Mapping[str, Any], random: Any, against: str, runs: int, model: keras.Model) -> None:
    """Refuse too few examples where their number is known without reading them."""
    of_random = Blocks(random, None, model).total
    for name, x in concepts.items():
        total = Blocks(x, None, model).total
        _check_counts(name, total, of_random, against, runs)


def _check_counts(name: str, count: int | None, random: int | None, against: str, runs: int) -> None:
    for who, found, times in ((f"concept {name!r}", count, LEAST), (f"{against} examples", random, 2 * LEAST)):
        if found is not None and found < times * runs:
            possible = found // times
            way = f", or runs={possible}" if least_p(possible) <= LEVEL else ""
            raise ValueError(
                f"Every run has {times} examples or more of its own. Received: {found} of {who} for {runs} runs. Give {times * runs} "
                f"examples, better {10 * times * runs // 2}{way}."
            )


def check_activations(found: Mapping[str, list[np.ndarray]], against: str, runs: int) -> dict[str, np.ndarray]:
    """Return the activations of the concepts and, under "", of the examples they are told from, after a check of them.

    Args:
        found: {name: an array for each width}.
        against: the name of the others.
        runs: how many.
    """
    shapes = {name: {part.shape[1:] for part in parts} for name, parts in found.items()}
    if len(set.union(*shapes.values())) > 1:
        told = ", ".join(f"{name or against!s} {sorted(each)}" for name, each in shapes.items())
        raise ValueError(
            f"A vector belongs to activations of one shape. Received: {told}. Pad or resize all examples to one size, or take a layer "
            "behind a pooling."
        )
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    for name, layer in joined.items():
        if not np.isfinite(layer).all():
            bad = np.flatnonzero(~np.isfinite(layer.reshape(len(layer), -1)).all(1))
            raise ValueError(
                f"Activations are finite numbers. Received: NaN or infinity of {name or against!r}, example(s) {bad[:10].tolist()}. Look "
                "for the cause in the examples or the weights."
            )
    for name, layer in joined.items():
        if name:
            _check_counts(name, len(layer), len(joined[""]), against, runs)
    return joined


def check_apart(joined: Mapping[str, np.ndarray], against: str) -> None:
    """Refuse a concept whose examples are the random ones, and warn of examples that are given twice."""
    rows = {name: _digests(layer) for name, layer in joined.items()}
    for name, of_concept in rows.items():
        shared = np.isin(of_concept, rows[""]).mean() if name else 0
        if shared > 0.5:
            raise ValueError(
                f"A concept's examples are others than the {against} ones. Received: concept {name!r}, {shared:.0%} of whose examples give the "
                f"same at the layer as {against} ones. Give other {against} examples, or a layer that tells them apart."
            )
        copies = 1 - len(np.unique(of_concept)) / len(of_concept)
        if shared or copies:
            what = f"also among the {against} ones" if shared else "copies of others"
            warn_user(
                f"Runs tell the same independently where no example is in two of them. Received: {name or against!r}, {max(shared, copies):.0%} "
                f"of whose examples are {what}, by what passes the layer, so that p is too small. Give each example once."
            )


def _digests(layer: np.ndarray) -> np.ndarray:
    flat = np.ascontiguousarray(layer.reshape(len(layer), -1))
    return np.array([hash(row.tobytes()) for row in flat])


def warn_of_poor(names: tuple[str, ...], separates: np.ndarray, accuracy: np.ndarray, against: str) -> None:
    """Warn of concepts that the layer does not tell from random examples."""
    poor = [f"{name!r} {share:.2f}" for name, apart, share in zip(names, separates, accuracy, strict=True) if not apart]
    if poor:
        warn_user(
            f"A concept's vector tells its examples from {against} ones. Received: accuracy on examples not seen, where .5 is chance: "
            f"{', '.join(poor)}. What these score says nothing of the concept: give more examples of it, or another layer."
        )
