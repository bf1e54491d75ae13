"""Concept activation vectors of all runs, those of the random concepts beside them, and how well they separate."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from kerasal.concepts.linear import separating_vector
from kerasal.concepts.parts import Parts, parts_of


@dataclasses.dataclass(frozen=True, eq=False)
class ConceptVectors:
    """Vectors of length 1 that point from random examples to those of a concept.

    Attributes:
        concept: (R, *layer), a vector for each run; control: (R, *layer), of random examples against the same others.
        accuracy: (R,), of each run on examples that it has not seen: mean of the concept's and the random ones.
        accuracy_error: standard error of the mean accuracy, over runs and over the examples, which runs share here.
        size: how many examples of the concept, and as many random ones, a run is trained on.
    """

    concept: np.ndarray
    control: np.ndarray
    accuracy: np.ndarray
    accuracy_error: float
    size: int


def vectors_of(
    activations: Mapping[str, np.ndarray], random: np.ndarray, runs: int, ridge: float, seed: int
) -> dict[str, ConceptVectors]:
    """Fit the vectors of all concepts.

    Args:
        activations: {concept: (n, *layer)}.
        random: (m, *layer).
        runs: R.
        ridge: see `separating_vector`.
        seed: of the parts.
    """
    shape, drawn = random.shape[1:], random.reshape(len(random), -1)
    controls: dict[int, np.ndarray] = {}
    found = {}
    for place, (name, layer) in enumerate(activations.items()):
        examples = layer.reshape(len(layer), -1)
        parts = parts_of(len(examples), len(drawn), runs, seed, place)
        fits = [
            separating_vector(examples[own], drawn[others], ridge)
            for own, others in zip(parts.concept, parts.others, strict=True)
        ]
        if parts.size not in controls:
            of_random = [
                separating_vector(drawn[own], drawn[others], ridge)[0]
                for own, others in zip(parts.control, parts.others, strict=True)
            ]
            controls[parts.size] = _of_length_1(np.stack(of_random)).reshape(runs, *shape)
        vectors = np.stack([vector for vector, _ in fits])
        accuracy = _accuracy(vectors, np.array([bias for _, bias in fits]), examples, drawn, parts)
        made = _of_length_1(vectors).reshape(runs, *shape), controls[parts.size]
        of_examples = (0.25 / len(examples) + 0.25 / len(drawn)) / 4  # of a mean of two shares that are .5
        error = float(np.sqrt(accuracy.var(ddof=1) / runs + of_examples))
        found[name] = ConceptVectors(*made, accuracy, error, parts.size)
    return found


def _of_length_1(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length == 0, 1, length), "float32")


def _accuracy(
    vectors: np.ndarray, biases: np.ndarray, examples: np.ndarray, drawn: np.ndarray, parts: Parts
) -> np.ndarray:
    """The accuracy of each run on all examples that it was not trained on, (R,)."""
    hits = [sign * (rows @ vectors.T.astype("float32") + biases) > 0 for sign, rows in ((1, examples), (-1, drawn))]
    unseen = [np.ones(hit.shape, bool) for hit in hits]
    for run in range(len(biases)):
        unseen[0][parts.concept[run], run] = unseen[1][parts.others[run], run] = False
    return np.mean([np.sum(hit & new, 0) / np.sum(new, 0) for hit, new in zip(hits, unseen, strict=True)], 0)
