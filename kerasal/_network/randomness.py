"""The layers that are random in samples: Monte-Carlo dropout as `fit` has it, or dropout put behind named layers."""

import dataclasses
import numbers
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import keras

from kerasal._keyed_random import Rows
from kerasal._network.dropout import dropout_behind, is_random, keyed_handler, unpaired_handler
from kerasal._network.interception import Handlers
from kerasal._network.known_graphs import is_plain_graph, is_quiet_graph, nodes_inside
from kerasal._network.layer_tree import layers_of
from kerasal._network.own_draws import own_draws
from kerasal._network.random_layers import RandomLayers, random_layers
from kerasal._network.targets import LayerExtractor
from kerasal._network.versions import keywords_at, layer_at
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout


@dataclasses.dataclass(frozen=True, eq=False)
class Randomness:
    """The layers that are random in samples; false where there is none.

    Args:
        keyed: layers drawn as a function of (seed, m, n, layer, call).
        unpaired: layers that draw by themselves.
        behind: {layer: rate}: dropout put behind layers.
        by_itself: names of what draws in inference too, in a way that cannot be reached.
    """

    keyed: Sequence[keras.layers.Layer] = ()
    unpaired: Sequence[keras.layers.Layer] = ()
    behind: Mapping[keras.layers.Layer, float] = dataclasses.field(default_factory=dict)
    by_itself: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.keyed or self.unpaired or self.behind or self.by_itself)

    @property
    def unpaired_names(self) -> tuple[str, ...]:
        """The names of all that is random, but no function of (seed, m, n)."""
        return tuple(dict.fromkeys([*(layer.name for layer in self.unpaired), *self.by_itself]))

    @property
    def key(self) -> Hashable:
        """Everything that distinguishes one from another, for the same model."""
        behind = tuple((id(layer), rate) for layer, rate in self.behind.items())
        return tuple(map(id, self.keyed)), tuple(map(id, self.unpaired)), behind, tuple(self.by_itself)

    def handlers(self, model: keras.Model, rows: Rows) -> Handlers:
        """Make the interception handlers of one pass.

        Args:
            model: the model of the layers.
            rows: of the pass.

        Returns:
            {layer: [handler]}.
        """
        position = {layer: number for number, layer in enumerate(layers_of(model))}
        found: Handlers = {layer: [keyed_handler(layer, position[layer], rows)] for layer in self.keyed}
        found.update({layer: [unpaired_handler(rows)] for layer in self.unpaired})
        for layer, rate in self.behind.items():
            found.setdefault(layer, []).insert(0, dropout_behind(rate, position[layer], rows))
        return found


def always_random(model: keras.Model) -> list[keras.layers.Layer]:
    """List the layers that are random in inference too: `kerasal.layers.MonteCarloDropout`."""
    return [layer for layer in layers_of(model) if isinstance(layer, MonteCarloDropout) and layer.rate]


def behind_layers(model: keras.Model, rates: Mapping[Any, Any], anyway: Randomness) -> Randomness:
    """Make the `Randomness` of dropout put behind layers.

    Args:
        model: the model of the layers.
        rates: {layer, name, path or `LayerExtractor`: rate}.
        anyway: what is random without it, and stays so.

    Raises:
        ValueError: a layer is unknown, or named twice.
    """
    behind: dict[keras.layers.Layer, float] = {}
    for name, rate in rates.items():
        layer = (name if isinstance(name, LayerExtractor) else LayerExtractor(name)).find(model)
        if layer in behind:
            raise ValueError(
                f"train={{layer: rate}} has one rate for a layer. Received: two for '{layer.name}', which is named in two ways. Leave one out."
            )
        behind[layer] = float(rate)
    return dataclasses.replace(anyway, behind=behind)


def check_train(train: Any) -> None:
    """Refuse a `train` that no model can have: before one is looked at.

    Args:
        train: False, True, or {layer, name, path or `LayerExtractor`: rate}.

    Raises:
        TypeError: it is none of these, or a key is no layer.
        ValueError: a rate is not between 0 and 1.
    """
    if not isinstance(train, bool) and not (isinstance(train, dict) and train):
        raise TypeError(
            f"train is False, True (Monte-Carlo dropout as in fit) or a dict {{layer: rate}}. Received: {train!r}. Choose one."
        )
    for layer, rate in train.items() if isinstance(train, dict) else ():
        if not isinstance(layer, (str, keras.layers.Layer, LayerExtractor)):
            raise TypeError(
                f"train={{layer: rate}} has layers, or their names, for keys. Received: train={{{layer!r}: {rate!r}}}. Give e.g. "
                "train={'dense': 0.5}."
            )
        if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not 0 < float(rate) < 1:
            name = layer if isinstance(layer, str) else layer.layer if isinstance(layer, LayerExtractor) else layer.name
            raise ValueError(
                f"A dropout rate is between 0 and 1. Received: train={{{name!r}: {rate!r}}}. Give e.g. 0.5, the share of "
                "elements set to 0."
            )


def no_dropout(model: keras.Model) -> ValueError:
    """Make the error for Monte-Carlo dropout in a model that `fit` would run without any."""
    near = [layer.name for layer in layers_of(model)[1:] if layer.weights][-2:-1] or ["layer"]
    return ValueError(
        "train=True draws dropout masks in the layers that fit would make random. Received: model "
        f"'{model.name}', which has none that is on in training. Put dropout behind layers of your choice: "
        f"train={{'{near[0]}': 0.5}}."
    )


def _random_in_inference(model: keras.Model, forward: Any) -> Randomness:
    """Find what is random whatever `train` says: `MonteCarloDropout`, what is called with training=True, draws of users' own."""
    always, called = always_random(model), [node for node in nodes_inside(model) if keywords_at(node).get("training")]
    forced = [layer for node in called for layer in layers_of(layer_at(node)) if is_random(layer)]
    if not called and not forward.runs_users_code and is_quiet_graph(model):
        return Randomness(always)
    found = own_draws(forward, [*always, *forced])
    keyed = list(dict.fromkeys([*always, *forced, *found.keyed]))
    return Randomness(keyed, found.unpaired, by_itself=found.by_itself)


def randomness_of(model: keras.Model, train: Any, forward: Any, inputs: Any) -> Randomness:
    """Find the layers meant by `train`.

    Args:
        model: the Keras model.
        train: False; True for the layers that `fit` would make random; {layer: rate} for dropout put behind layers.
        forward: the `Forward` of the calculator, which runs the model (or `eval_fun`).
        inputs: the `Inputs`, for `TensorSpec`s.

    Raises:
        ValueError: train=True for a model without dropout, or an unknown layer.

    Warns:
        UserWarning: a layer draws by itself.
    """
    if isinstance(train, dict):
        return behind_layers(model, train, _random_in_inference(model, forward))
    if not train:
        return _random_in_inference(model, forward)
    if forward.eval_fun is None and is_plain_graph(model):
        found = RandomLayers([layer for layer in layers_of(model) if is_random(layer)], [])
    else:
        found = random_layers(model, forward.run_model, inputs.specs)
    if not found.keyed and not found.unpaired:
        raise no_dropout(model)
    if found.unpaired:
        warnings.warn(
            f"Layers that draw by themselves are random, but not a function of (seed, m, n): "
            f"{', '.join(layer.name for layer in found.unpaired)}. Their draws change with the batch size; see "
            "Saliency.unpaired.",
            stacklevel=4,
        )
    return Randomness(found.keyed, found.unpaired, by_itself=_random_in_inference(model, forward).by_itself)
