"""Networks of the planted tasks, each with dropout, so that BayesGrad applies."""

from typing import Any

import keras

L = keras.layers


def _head() -> list[keras.layers.Layer]:
    return [L.Dropout(0.2, name="dropout"), L.Dense(2)]


def cnn_of_series() -> keras.Model:
    """Make a temporal convolutional network."""
    body = [L.Conv1D(32, 5, padding="same", dilation_rate=2**k, activation="relu", name=f"conv{k}") for k in range(3)]
    return keras.Sequential([keras.Input((50, 50)), *body, L.GlobalAveragePooling1D(), *_head()])


def lstm_of_series() -> keras.Model:
    """Make a recurrent network."""
    return keras.Sequential([keras.Input((50, 50)), L.LSTM(16, name="lstm"), *_head()])


def cnn_of_pictures() -> keras.Model:
    """Make a small convolutional network."""
    body = [L.Conv2D(24, 3, padding="same", activation="relu", name=f"conv{k}") for k in range(3)]
    return keras.Sequential([keras.Input((8, 8, 1)), *body, L.Flatten(), L.Dense(32, "relu"), *_head()])


def cnn_of_shapes() -> keras.Model:
    """Make a convolutional network of colour pictures, with BatchNormalization and pooling."""
    body: list[keras.layers.Layer] = []
    for k, units in enumerate((16, 32, 48)):
        body += [L.Conv2D(units, 3, padding="same", use_bias=False, name=f"conv{k}")]
        body += [L.BatchNormalization(momentum=0.9)]
        body += [L.ReLU(name=f"relu{k}"), L.MaxPooling2D()]
    return keras.Sequential([keras.Input((32, 32, 3)), *body[:-1], L.GlobalAveragePooling2D(), *_head()])


class Places(keras.layers.Layer):
    """Add a learnt vector to each place of a text."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the vectors."""
        self.vectors = self.add_weight(shape=shape[1:], initializer="random_normal", name="vectors")

    def call(self, x: Any) -> Any:
        """Add them."""
        return x + self.vectors


def transformer_of_words() -> keras.Model:
    """Make an encoder of two blocks with attention."""
    tokens = keras.Input((40,), dtype="int32")
    x = Places()(L.Embedding(541, 32, name="embed")(tokens))
    for k in range(2):
        y = L.LayerNormalization()(x)
        x = L.Add()([x, L.MultiHeadAttention(4, 8, name=f"attention{k}")(y, y)])
        y = L.Dense(64, "relu")(L.LayerNormalization()(x))
        x = L.Add()([x, L.Dense(32)(y)])
    x = L.GlobalAveragePooling1D()(L.LayerNormalization()(x))
    for layer in _head():
        x = layer(x)
    return keras.Model(tokens, x)


def network_of_words() -> keras.Model:
    """Make a convolutional network of words."""
    body = [L.Embedding(541, 16, name="embed"), L.Conv1D(32, 3, padding="same", activation="relu", name="conv")]
    return keras.Sequential([keras.Input((40,), dtype="int32"), *body, L.GlobalMaxPooling1D(), *_head()])


def network_of_columns() -> keras.Model:
    """Make a multilayer perceptron."""
    return keras.Sequential([keras.Input((20,)), L.Dense(64, "relu"), L.Dense(64, "relu"), *_head()])
