"""Steps of made-up models: one or a few layers that fit whatever comes, their settings chosen by a number."""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import layers as L

ACTIVATIONS = ("relu", "tanh", "elu", None, "sigmoid", "swish", "softplus")


@dataclasses.dataclass(eq=False)
class Step:
    """Layers one after the other.

    Attributes:
        make: (symbolic x) -> the layers; [] where nothing fits.
        joint: what becomes of x and of what the layers made of it; None for a plain chain: see `JOINTS`.
        layers: those made for what came, the symbolic x.
    """

    make: Callable[[Any], list[Any]]
    joint: str | None = None
    layers: list[Any] = dataclasses.field(default_factory=list)
    came: Any = None

    def layers_for(self, x):
        self.came, self.layers = x, self.make(x)
        return self.layers

    def applied(self, x):
        """The outcome of a symbolic x, by layers."""
        self.layers_for(x)
        return JOINTS[self.joint](self.layers, x, lambda kind, *each: kind()(list(each)))

    def in_code(self, x):
        """The outcome of x in the code of a `call`."""
        return JOINTS[self.joint](self.layers, x, lambda kind, *each: _IN_CODE[kind](each))

    def made_anew(self):
        """The same layers, never called."""
        self.layers = self.make(self.came)


_IN_CODE = {L.Add: tf.add_n, L.Multiply: lambda each: each[0] * each[1]}


def _chain(layers, x):
    for layer in layers:
        x = layer(x)
    return x


def _attention(layers, x, merge):
    """A block of a transformer: the first layer attends from x to x."""
    y = merge(L.Add, x, layers[0](x, x))
    return _chain(layers[1:], y)


JOINTS = {
    None: lambda layers, x, merge: _chain(layers, x),
    "residual": lambda layers, x, merge: merge(L.Add, x, _chain(layers, x)),
    "gate": lambda layers, x, merge: merge(L.Multiply, x, _chain(layers, x)),
    "shared": lambda layers, x, merge: _chain(layers, _chain(layers, x)),
    "attention": _attention,
}


def _act(k):
    return ACTIVATIONS[k % len(ACTIVATIONS)]


def _of(make, joint=None):
    """A function of the number that makes a step; `make` is (k, symbolic x) -> layers."""

    def of_number(k):
        return Step(lambda x: make(k, x), joint)

    return of_number


def _wide(x, least):
    """Whether every axis with positions has at least so many."""
    return all(size >= least for size in x.shape[1:-1])


def _padding(k, x, least=4):
    return "valid" if k % 3 == 0 and _wide(x, least) else "same"


def _conv(k, x):
    strides = 2 if k % 4 == 1 and _wide(x, 4) else 1
    dilation = 2 if strides == 1 and k % 5 == 2 else 1
    padding = "same" if dilation > 1 else _padding(k, x)
    kernel = (3, 2) if k % 2 and len(x.shape) == 4 else 2 + k % 2
    kind = L.Conv2D if len(x.shape) == 4 else L.Conv1D
    return [kind(3 + k % 3, kernel, strides, padding, dilation_rate=dilation, activation=_act(k), use_bias=k % 5 > 0)]


def _separable(k, x):
    kind = L.SeparableConv2D if len(x.shape) == 4 else L.SeparableConv1D
    return [kind(3 + k % 3, 3, padding=_padding(k, x), depth_multiplier=1 + k % 2, activation=_act(k))]


def _depthwise(k, x):
    return [L.DepthwiseConv2D(2 + k % 2, padding=_padding(k, x), depth_multiplier=1 + k % 2, activation=_act(k))]


def _transposed(k, x):
    kind = L.Conv2DTranspose if len(x.shape) == 4 else L.Conv1DTranspose
    return [
        kind(2 + k % 3, 2 + k % 2, strides=1 + (k % 3 == 0), padding="same" if k % 2 else "valid", activation=_act(k))
    ]


def _pool(k, x):
    if not _wide(x, 2):
        return []
    is_image = len(x.shape) == 4
    kinds = (L.MaxPooling2D, L.AveragePooling2D) if is_image else (L.MaxPooling1D, L.AveragePooling1D)
    return [kinds[k % 2](2, strides=1 + k % 3 % 2, padding="same" if k % 5 == 0 else "valid")]


def _resized(k, x):
    if len(x.shape) == 3:
        return [L.UpSampling1D(2)] if k % 2 else [L.ZeroPadding1D((1, 2)), L.Cropping1D((0, 1))]
    several = ([L.UpSampling2D((2, 1))], [L.ZeroPadding2D(((1, 0), (2, 1)))], [L.Permute((2, 1, 3))])
    return several[k % 3]


def _normal(k, x):
    kinds = (
        L.BatchNormalization,
        L.LayerNormalization,
        lambda: L.GroupNormalization(1),
        lambda: L.BatchNormalization(scale=False),
    )
    return [kinds[k % (4 if len(x.shape) > 2 else 2)]()]


def _activation(k, x):
    kinds = (L.ReLU, lambda: L.ReLU(6.0), L.LeakyReLU, L.PReLU, L.ELU, lambda: L.Activation("gelu"), L.Softmax)
    return [kinds[k % len(kinds)]()]


def _dropout(k, x):
    spatial = {3: L.SpatialDropout1D, 4: L.SpatialDropout2D}.get(len(x.shape))
    return [spatial(0.3)] if spatial and k % 3 == 0 else [L.Dropout(0.2 + 0.1 * (k % 4))]


def _noise(k, x):
    return [(L.GaussianNoise(0.2), L.GaussianDropout(0.2), L.AlphaDropout(0.1))[k % 3]]


def _like(k, x):
    """Layers that keep the shape, for what is added to x or called twice."""
    width = x.shape[-1]
    if len(x.shape) == 4:
        return [L.Conv2D(width, 3, padding="same", activation=_act(k))]
    if len(x.shape) == 3:
        return [L.Conv1D(width, 2, padding="same", activation=_act(k))]
    return [L.Dense(width, activation=_act(k))]


def _residual(k, x):
    return [*_normal(k, x), *_like(k, x), *([L.Dropout(0.2)] if k % 2 else [])]


def _gate(k, x):
    if len(x.shape) == 4 and k % 2:  # squeeze and excite
        return [L.GlobalAveragePooling2D(keepdims=True), L.Conv2D(x.shape[-1], 1, activation="sigmoid")]
    return [*_like(k, x), L.Activation("sigmoid")]


def _recurrent(k, x):
    kind, several = (L.LSTM, L.GRU, L.SimpleRNN)[k % 3], k % 4 > 0
    layer = kind(3 + k % 2, return_sequences=True, go_backwards=k % 5 == 4)
    return [layer if several else L.Bidirectional(kind(2, return_sequences=True))]


def _drop_recurrent(k, x):
    return [(L.LSTM, L.GRU)[k % 2](3, return_sequences=True, dropout=0.2, recurrent_dropout=0.2 * (k % 3 > 0))]


def _attends(k, x, dropout=0.0):
    return [L.MultiHeadAttention(1 + k % 2, 3, dropout=dropout), L.LayerNormalization()]


def _dense(k, x):
    return [L.Dense(4 + k % 3, activation=_act(k), use_bias=k % 5 > 0)]


def _distributed(k, x):
    return [L.TimeDistributed(L.Dense(3 + k % 2, activation=_act(k)))]


def _pooled(k, x):
    return [L.Lambda(lambda z: z * 0.5 + 0.25)] if k % 2 else [L.Rescaling(0.5, 0.1)]


def _named(make):
    """A first step: its layer is called "inner"."""

    def of_number(k):
        def layers(x):
            (layer,) = make(k, x)
            return [type(layer).from_config({**layer.get_config(), "name": "inner"})]

        return Step(layers)

    return of_number


def _first_of_image(k, x):
    return (_conv, _separable, _depthwise, _transposed)[k % 4](k // 4 * 3 + k % 3, x)


def _first_of_series(k, x):
    return (_conv, _separable, _dense, _recurrent, _transposed)[k % 5](1 + k // 5 * 2, x)


_SERIES = {
    "conv": _of(_conv),
    "separable": _of(_separable),
    "transposed": _of(_transposed),
    "pool": _of(_pool),
    "resized": _of(_resized),
    "normal": _of(_normal),
    "activation": _of(_activation),
    "dropout": _of(_dropout),
    "noise": _of(_noise),
    "residual": _of(_residual, "residual"),
    "shared": _of(_like, "shared"),
    "gate": _of(_gate, "gate"),
    "recurrent": _of(_recurrent),
    "drop_recurrent": _of(_drop_recurrent),
    "attention": _of(_attends, "attention"),
    "drop_attention": _of(lambda k, x: _attends(k, x, 0.2), "attention"),
    "distributed": _of(_distributed),
    "scaled": _of(_pooled),
}
_ALSO_OF_IMAGES = ("conv", "separable", "transposed", "pool", "resized", "normal", "activation", "dropout", "noise")
_ALSO_OF_TABLES = ("normal", "activation", "dropout", "noise", "residual", "shared", "gate", "scaled")
STEPS = {  # kind of input -> {name: function of a number that gives a Step}
    "image": {
        **{name: _SERIES[name] for name in (*_ALSO_OF_IMAGES, "residual", "shared", "gate", "scaled")},
        "depthwise": _of(_depthwise),
    },
    "series": _SERIES,
    "table": {**{name: _SERIES[name] for name in _ALSO_OF_TABLES}, "dense": _of(_dense)},
    "tokens": _SERIES,
}
FIRST = {
    "image": _named(_first_of_image),
    "series": _named(_first_of_series),
    "table": _named(lambda k, x: [L.Dense(4 + k % 4, activation=_act(k))]),
    "tokens": _named(lambda k, x: [L.Embedding(9, 3 + k % 3)]),
}
