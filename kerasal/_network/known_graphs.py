"""Facts of graphs of Keras' own layers, known without a trace."""

from typing import Any

import keras

from kerasal._network.dropout import formula_of
from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import (
    TRAINING_LEFT_OUT,
    calls_of,
    draws_nothing_in_inference,
    graph_model,
    keeps_rows_apart,
    keywords_at,
    layer_at,
    never_draws,
    nodes_in_order,
)


def nodes_inside(model: keras.Model) -> list[Any]:
    """List the nodes of all graphs in a model, not those of other models with the same layers."""
    graphs = {id(graph): graph for graph in map(graph_model, layers_of(model)) if graph is not None}
    return [node for graph in graphs.values() for node in nodes_in_order(graph)]


def is_plain_graph(model: keras.Model) -> bool:
    """Tell whether a model is a graph of Keras' layers that never draw, and of dropout, all called without `training`.

    Nothing of it has to be traced to know what draws.
    """
    functional, layers = graph_model(model), layers_of(model)
    if functional is None or not nodes_in_order(functional):
        return False
    if not all(never_draws(layer) or formula_of(layer) for layer in layers):
        return False
    nodes = [node for layer in layers for node in calls_of(layer)]
    return all(keywords_at(node).get("training") in TRAINING_LEFT_OUT for node in nodes)


def is_quiet_graph(model: keras.Model) -> bool:
    """Tell whether a model is a graph of layers of Keras that draw nothing in inference, unless called with training=True."""
    functional = graph_model(model)
    if functional is None or not nodes_in_order(functional):
        return False
    layers = [*layers_of(model), *map(layer_at, nodes_inside(model))]  # also operations, which are no layers
    return all(layer is functional or draws_nothing_in_inference(layer) for layer in layers)


def is_row_wise_graph(model: keras.Model) -> bool:
    """Tell whether a model is a graph of layers of Keras that compute each row for itself, none called in training mode."""
    functional, nodes = graph_model(model), nodes_inside(model)
    if functional is None or any(keywords_at(node).get("training") for node in nodes):
        return False
    layers = [*layers_of(model), *map(layer_at, nodes)]
    return all(layer is functional or keeps_rows_apart(layer) for layer in layers)
