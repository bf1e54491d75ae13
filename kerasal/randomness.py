"""Which layers are random in samples: Monte-Carlo dropout as `fit` has it, or dropout put behind named layers."""

from kerasal.dropout import dropout_behind, keyed_handler, unpaired_handler
from kerasal.extractors import LayerExtractor
from kerasal.layer_tree import layers_of
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout


class Randomness:
    """Which layers are random in samples.

    Args:
        keyed: layers drawn as a function of (seed, m, n, layer, call).
        unpaired: layers that draw by themselves.
        behind: {layer: rate}: dropout put behind layers.
    """

    def __init__(self, keyed=(), unpaired=(), behind=None):
        self.keyed, self.unpaired, self.behind = list(keyed), list(unpaired), dict(behind or {})

    def __bool__(self):
        return bool(self.keyed or self.unpaired or self.behind)

    @property
    def key(self):
        return (
            tuple(map(id, self.keyed)),
            tuple(map(id, self.unpaired)),
            tuple((id(k), v) for k, v in self.behind.items()),
        )

    def handlers(self, model, rows):
        """{layer: [handler]} for one pass over these rows."""
        position = {layer: place for place, layer in enumerate(layers_of(model))}
        found = {layer: [keyed_handler(layer, position[layer], rows)] for layer in self.keyed}
        found.update({layer: [unpaired_handler(rows)] for layer in self.unpaired})
        for layer, rate in self.behind.items():
            found.setdefault(layer, []).insert(0, dropout_behind(rate, position[layer], rows))
        return found


def always_random(model):
    """The layers that are random in inference too: `kerasal.layers.MonteCarloDropout`."""
    return [layer for layer in layers_of(model) if isinstance(layer, MonteCarloDropout) and layer.rate]


def behind_layers(model, rates, anyway):
    """`Randomness` of dropout put behind layers, from {layer, name or path: rate}, beside what is random `anyway`."""
    behind = {}
    for name, rate in rates.items():
        layer = (name if isinstance(name, LayerExtractor) else LayerExtractor(name)).find(model)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < 1:
            raise ValueError(
                f"A dropout rate is between 0 and 1. Received: train={{{layer.name!r}: {rate!r}}}. Give e.g. 0.5, the share of "
                "elements set to 0."
            )
        behind[layer] = float(rate)
    return Randomness(anyway.keyed, anyway.unpaired, behind)


def no_dropout(model):
    """The error for Monte-Carlo dropout in a model that `fit` would run without any."""
    near = [layer.name for layer in layers_of(model)[1:] if layer.weights][-2:-1] or ["layer"]
    return ValueError(
        "train=True draws dropout masks in the layers that fit would make random. Received: model "
        f"'{model.name}', which has none that is on in training. Put dropout behind layers of your choice: "
        f"train={{'{near[0]}': 0.5}}."
    )
