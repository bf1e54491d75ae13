"""The calls of shared layers in the order in which the user wrote them, which may not be the order in which Keras runs them."""

import collections
import contextlib
import functools
import heapq
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras

from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import (
    calls_of,
    consumers_of,
    graph_model,
    layer_at,
    nodes_in_order,
    outputs_at,
    running_nodes,
    sources_at,
    symbolic_inputs,
)


class Site(NamedTuple):
    """A place in the graph of a functional model where a layer is called, or a model that calls the layer.

    Attributes:
        functional: the model; node: of its graph.
    """

    functional: keras.Model
    node: Any


def calls_as_written(model: keras.Model, layer: keras.layers.Layer) -> list[list[Site]] | None:
    """List the calls of a layer in one pass over a model, as written.

    Args:
        model: the model.
        layer: a layer in it, at any depth.

    Returns:
        For each call the sites that lead to it, from the outermost graph inwards; None where a call is not known from graphs,
        as in subclassed models.
    """
    functional = graph_model(model)
    if functional is None:
        return None
    found: list[list[Site]] = []
    for node in nodes_as_written(functional):
        called, site = layer_at(node), Site(functional, node)
        if called is layer:
            found.append([site])
        elif isinstance(called, keras.layers.Layer) and layer in layers_of(called):
            inside = calls_as_written(called, layer)
            if inside is None:
                return None
            found += [[site, *sites] for sites in inside]
    return found


def calls_in_words(model: keras.Model, layer: keras.layers.Layer) -> str:
    """Say of each call of a layer which inputs of the model it comes from.

    Example:
        >>> import keras
        >>> from kerasal._network.call_order import calls_in_words
        >>> a, b, shared = keras.Input((3,), name="a"), keras.Input((3,), name="b"), keras.layers.Dense(2)
        >>> first, second = shared(a), shared(b)
        >>> calls_in_words(keras.Model([a, b], keras.layers.Add()([second, first])), shared)
        "call=0 is made of input 'a', call=1 of input 'b'"
    """
    calls = calls_as_written(model, layer)
    if not calls:
        return "call=0 is the first that the model's `call` makes, call=1 the second, …"
    functional = calls[0][0].functional
    keys = {id(tensor): name for name, tensor in symbolic_inputs(functional).items()}
    names, reached = [keys[id(tensor)] for tensor in functional.inputs], _inputs_of_nodes(functional)
    parts = []
    for number, sites in enumerate(calls[:10]):
        of = " and ".join(f"'{names[place]}'" for place in sorted(reached[id(sites[0].node)]))
        parts.append(
            f"call={number}{'' if number else ' is made'} of input {of}" if of else f"call={number} of no input"
        )
    return ", ".join(parts) + (", …" if len(calls) > 10 else "")


@contextlib.contextmanager
def run_as_written(layers: Sequence[keras.layers.Layer]) -> Iterator[None]:
    """Let functional models run shared layers in the order written meanwhile, so that counting their calls gives that order.

    Keras runs the nodes of a graph by their depth; any order in which what a node needs comes before it gives the same numbers,
    also to another thread.

    Args:
        layers: of a model, the functional ones among them.
    """
    with contextlib.ExitStack() as stack:
        for layer in layers:
            if graph_model(layer) is layer and _shared_nodes(layer):
                nodes = nodes_as_written(layer)
                if _is_reordered(layer, nodes):
                    stack.enter_context(running_nodes(layer, nodes))
        yield


def nodes_as_written(functional: keras.Model) -> list[Any]:
    """List the nodes of a functional model's graph in an order in which the user may have written them.

    The nodes of one layer come in the order of its calls, as do those that take what one layer gives; where that leaves a choice,
    the node that is made of an earlier input of the model comes first.

    Args:
        functional: a model with a graph; see `graph_model`.
    """
    nodes = nodes_in_order(functional)
    place = {id(node): number for number, node in enumerate(nodes)}
    after: dict[int, set[int]] = {number: set() for number in range(len(nodes))}
    for before, node in _written_after(nodes):
        after[place[id(before)]].add(place[id(node)])
    waiting_for = collections.Counter(itertools.chain.from_iterable(after.values()))
    reached = _inputs_of_nodes(functional)
    rank = [(min(reached[id(node)], default=-1), number) for number, node in enumerate(nodes)]
    ready = [rank[number] for number in range(len(nodes)) if not waiting_for[number]]
    heapq.heapify(ready)
    found = []
    while ready:
        _, number = heapq.heappop(ready)
        found.append(nodes[number])
        for other in after[number]:
            waiting_for[other] -= 1
            if not waiting_for[other]:
                heapq.heappush(ready, rank[other])
    return found


def _written_after(nodes: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Give pairs of nodes of a graph of which the second was made after the first."""
    inside, maker = set(map(id, nodes)), {id(tensor): node for node in nodes for tensor in outputs_at(node)}
    for node in nodes:
        for source in sources_at(node):
            if id(source) in maker and maker[id(source)] is not node:
                yield maker[id(source)], node
    layers = {id(layer_at(node)): layer_at(node) for node in nodes}
    for layer in layers.values():
        for made in (calls_of(layer), consumers_of(layer)):
            distinct = {id(node): node for node in made if id(node) in inside}  # a node may take two outputs of a layer
            yield from itertools.pairwise(distinct.values())


def _inputs_of_nodes(functional: keras.Model) -> dict[int, set[int]]:
    """Find the positions of the model's inputs that each node is made of, {id of the node: positions}."""
    of_tensor = {id(tensor): {place} for place, tensor in enumerate(functional.inputs)}
    found: dict[int, set[int]] = {}
    for node in nodes_in_order(functional):
        reached = set().union(*(of_tensor.get(id(source), set()) for source in sources_at(node)))
        for tensor in outputs_at(node):
            reached |= of_tensor.setdefault(id(tensor), reached)
        found[id(node)] = reached
    return found


def _shared_nodes(functional: keras.Model) -> list[list[int]]:
    """List, for each layer that several nodes of a graph lead to, the ids of these nodes in the order they run."""
    nodes_of: dict[int, list[int]] = collections.defaultdict(list)
    inside = functools.cache(lambda layer: [id(each) for each in layers_of(layer)])
    for node in nodes_in_order(functional):
        called = layer_at(node)
        if isinstance(called, keras.layers.Layer):
            for each in inside(called):
                nodes_of[each].append(id(node))
    return [nodes for nodes in nodes_of.values() if len(nodes) > 1]


def _is_reordered(functional: keras.Model, nodes: Sequence[Any]) -> bool:
    """Tell whether the order of `nodes` changes that of the calls of a layer."""
    place = {id(node): number for number, node in enumerate(nodes)}
    return any(
        place[one] > place[other] for shared in _shared_nodes(functional) for one, other in itertools.pairwise(shared)
    )
