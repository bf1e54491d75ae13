"""The builders of the zoo: one small model per kind, each with a layer named "inner" that can be a target."""

import keras
from keras import layers as L
from zoo_layers import AddsLoss, Branch, GraphCall, SelfAttention

Model, Input = keras.Model, keras.Input
IMAGE = (7, 5, 2)  # neither square nor three channels


def cnn():
    x = inputs = Input(IMAGE)
    x = L.Conv2D(4, (3, 2), padding="same", use_bias=False, name="inner")(x)
    x = L.BatchNormalization()(x)
    x = L.ReLU()(x)
    x = L.Dropout(0.4)(x)
    x = L.Flatten()(x)
    return Model(inputs, L.Dense(4, activation="softmax", name="head")(x))


def any_size():
    """For pictures of any size, with dropout."""
    inputs = Input((None, None, 2))
    x = L.Conv2D(4, 3, padding="same", activation="relu", name="inner")(inputs)
    x = L.Dropout(0.3, name="dropout")(L.Rescaling(1.0, name="factor")(x))
    return Model(inputs, L.Dense(3, activation="softmax", name="head")(L.GlobalAveragePooling2D()(x)))


def sequential():
    body = [L.Conv2D(3, 2, activation="relu", name="inner"), L.MaxPooling2D(2), L.Flatten(), L.Dense(4)]
    return keras.Sequential([Input(IMAGE), *body, L.Softmax(name="softmax")])


def activation(output="softmax"):
    inputs = Input((6,))
    x = L.Dense(8, activation="tanh", name="inner")(inputs)
    return Model(inputs, L.Activation(output, name="softmax")(L.Dense(3)(x)))


def sigmoid():
    inputs = Input((6,))
    x = L.Dropout(0.3)(L.Dense(8, activation="tanh", name="inner")(inputs))
    return Model(inputs, L.Dense(1, activation="sigmoid", name="head")(x))


def nested():
    """The softmax is two models down."""
    a = Input((8,))
    innermost = Model(a, L.Dense(3, activation="softmax", name="head")(L.Dense(5, activation="tanh", name="inner")(a)))
    b = Input((6,))
    middle = Model(b, innermost(L.Dropout(0.3)(L.Dense(8, activation="tanh")(b))), name="middle")
    c = Input((6,))
    return Model(c, middle(L.Dense(6)(c)))


def nested_sequential():
    inputs = Input(IMAGE)
    base = Model(inputs, L.BatchNormalization()(L.Conv2D(3, 2, activation="tanh", name="inner")(inputs)), name="base")
    return keras.Sequential(
        [Input(IMAGE), base, L.GlobalAveragePooling2D(), L.Dense(4, activation="softmax", name="head")]
    )


def two_inputs():
    image, table = Input(IMAGE, name="image"), Input((4,), name="table")
    x = L.GlobalMaxPooling2D()(L.Conv2D(3, 2, activation="tanh", name="inner")(image))
    x = L.Concatenate()([x, L.Dropout(0.3)(L.Dense(3, activation="tanh")(table))])
    return Model([image, table], L.Dense(3, activation="softmax", name="head")(x))


def dict_inputs():
    image, table = Input(IMAGE, name="image"), Input((4,), name="table")
    x = L.Flatten()(L.Conv2D(3, 2, activation="tanh", name="inner")(image))
    x = L.Multiply()([L.Dense(5)(x), L.Dense(5)(table)])
    return Model({"image": image, "table": table}, L.Dense(3, name="head")(x))


def dict_with_tokens():
    image, tokens = Input(IMAGE, name="image"), Input((6,), dtype="int32", name="tokens")
    x = L.Flatten()(L.Conv2D(3, 2, activation="tanh", name="inner")(image))
    y = L.GlobalAveragePooling1D()(L.Embedding(9, 5, name="embed")(tokens))
    return Model({"image": image, "tokens": tokens}, L.Dense(3)(L.Multiply()([L.Dense(5)(x), y])))


def heads(kind):
    inputs = Input((6,))
    x = L.Dropout(0.3)(L.Dense(8, activation="tanh", name="inner")(inputs))
    a, b = L.Dense(3, activation="softmax", name="kind")(x), L.Dense(1, name="size")(x)
    return Model(inputs, {"kind": a, "size": b} if kind is dict else [a, b])


def recurrent(layer, vocabulary=9):
    inputs = Input((6,), dtype="int32")
    x = L.Embedding(vocabulary, 4, mask_zero=True, name="inner")(inputs)
    return Model(inputs, L.Dense(3, activation="softmax", name="head")(layer(x)))


def attention():
    inputs = Input((6, 4))
    x = L.Dense(4, name="inner")(inputs)
    x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 3, dropout=0.3)(x, x)]))
    x = SelfAttention()(x)
    return Model(inputs, L.Dense(3, activation="softmax", name="head")(L.GlobalAveragePooling1D()(x)))


def shared():
    """One layer called twice, its second input made from its first output."""
    inputs, layer = Input((6,)), L.Dense(6, activation="tanh", name="shared")
    x = L.Dropout(0.3)(L.Dense(6, name="inner")(inputs))
    return Model(inputs, L.Dense(3)(layer(layer(x))))


def residual():
    inputs = Input(IMAGE)
    x = L.Conv2D(3, 1, name="inner")(inputs)
    y = L.Conv2D(3, 3, padding="same", activation="relu")(x)
    x = L.Add()([x, L.SpatialDropout2D(0.3)(y)])
    return Model(inputs, L.Dense(4, activation="softmax", name="head")(L.Flatten()(x)))


def mixed():
    half = keras.mixed_precision.Policy("mixed_float16") if hasattr(keras, "mixed_precision") else "mixed_float16"
    inputs = Input(IMAGE)
    x = L.Conv2D(4, 3, padding="same", dtype=half, name="inner")(inputs)
    x = L.BatchNormalization(dtype=half)(x)
    x = L.Dropout(0.3, dtype=half)(L.Activation("tanh", dtype=half)(x))
    x = L.Dense(3, dtype=half, name="head")(L.Flatten(dtype=half)(x))
    return Model(inputs, L.Activation("softmax", dtype="float32")(x))


def table():
    body = [L.Dense(12, activation="relu", name="inner"), L.Dropout(0.5), L.Dense(8, activation="tanh"), L.Dropout(0.2)]
    return keras.Sequential([Input((6,)), *body, L.Dense(3)])


def series():
    inputs = Input((11, 2))
    x = L.Conv1D(3, 4, activation="tanh", name="inner")(inputs)
    x = L.AveragePooling1D(2)(L.SpatialDropout1D(0.3)(x))
    return Model(inputs, L.Dense(1, name="size")(L.Flatten()(x)))


def noisy():
    """Every layer of the Dropout family in a row."""
    x = inputs = Input(IMAGE)
    x = L.SpatialDropout2D(0.2)(L.Conv2D(4, 2, activation="tanh", name="inner")(x))
    x = L.Flatten()(L.GaussianNoise(0.2)(x))
    x = L.AlphaDropout(0.2)(L.Dense(8, activation="selu")(L.GaussianDropout(0.2)(x)))
    return Model(inputs, L.Dense(3)(L.Dropout(0.2)(x)))


def graph_call():
    inputs = Input((6,))
    return Model(inputs, L.Dense(3)(L.Dropout(0.3)(GraphCall(name="inner")(inputs))))


def branching():
    inputs = Input((6,))
    return Model(inputs, L.Dense(3)(L.Dense(4, activation="tanh", name="inner")(Branch()(inputs))))


def losses():
    inputs = Input((6,))
    x = AddsLoss(name="inner")(inputs)
    x = L.Dropout(0.3)(L.Dense(4, activation="tanh", activity_regularizer="l2", kernel_regularizer="l2")(x))
    return Model(inputs, L.Dense(3)(x))
