"""Networks of the planted tasks, each with dropout, so that BayesGrad applies."""

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


def network_of_words() -> keras.Model:
    """Make a convolutional network of words."""
    body = [L.Embedding(541, 16, name="embed"), L.Conv1D(32, 3, padding="same", activation="relu", name="conv")]
    return keras.Sequential([keras.Input((40,), dtype="int32"), *body, L.GlobalMaxPooling1D(), *_head()])


def network_of_columns() -> keras.Model:
    """Make a multilayer perceptron."""
    return keras.Sequential([keras.Input((20,)), L.Dense(64, "relu"), L.Dense(64, "relu"), *_head()])
