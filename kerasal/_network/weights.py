"""The weights of a model layer by layer, in the order of the traced graph, and set to other numbers for a while."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.layer_tree import walk
from kerasal._network.versions import tensorflow_variable


class LayerWeights(NamedTuple):
    """The weights of a layer that are of none inside it.

    Attributes:
        path: names of the layers around it and its own; variables: of real numbers.
    """

    path: str
    variables: Sequence[tf.Variable]


def weights_from_the_end(model: keras.Model, graph: tf.Graph) -> list[LayerWeights]:
    """List the layers whose weights a graph reads, those that it reads last first.

    Args:
        model: the model.
        graph: of a pass.
    """
    places = _first_uses(graph)
    found, seen = list[tuple[int, LayerWeights]](), set[int]()
    for path, layer, _ in reversed(walk(model)):  # inner layers before the ones around them
        own = [tensorflow_variable(weight) for weight in layer.weights]
        own = [each for each in own if tf.is_tensor(each) and id(each) not in seen and each.dtype.is_floating]
        seen |= set(map(id, own))
        used = [places[id(each.handle)] for each in own if id(each.handle) in places]
        if used:
            found.append((min(used), LayerWeights(path or model.name, own)))
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _first_uses(graph: tf.Graph) -> dict[int, int]:
    """{id of the handle of a variable: place of the first operation that reads it}."""
    order = {operation: place for place, operation in enumerate(graph.get_operations())}
    found = {}
    for handle, inside in graph.captures:
        uses = [order[operation] for operation in inside.consumers() if operation in order]
        if uses:
            found[id(handle)] = min(uses)
    return found


def shuffled(weights: LayerWeights, seed: int) -> dict[Any, np.ndarray]:
    """Return the numbers of each of a layer's variables in random places: {reference: array}.

    Args:
        weights: of a layer.
        seed: the same gives the same places.
    """
    words = [int(seed) & (2**63 - 1), *weights.path.encode()]
    random = np.random.default_rng(words)
    return {each.ref(): random.permutation(each.numpy().ravel()).reshape(each.shape) for each in weights.variables}


@contextlib.contextmanager
def put_back(variables: Sequence[tf.Variable]) -> Iterator[None]:
    """Give variables back, bit by bit, the numbers that they have now, whatever happens inside.

    Args:
        variables: those that change inside.
    """
    before = [each.numpy() for each in variables]
    try:
        yield
    finally:
        for each, numbers in zip(variables, before, strict=True):
            each.assign(numbers)


def assign(numbers: Mapping[Any, np.ndarray]) -> None:
    """Set variables, {reference: array}."""
    for reference, array in numbers.items():
        reference.deref().assign(array)
