"""One of two processes that train a small model together and log its saliency; test_strategies.py starts both.

python worker.py <folder>: writes logs under <folder>/<index of the worker> and, as the chief, final weights to <folder>/weights.npz.
"""

import json
import os
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

import kerasal
from kerasal._network.workers import Workers

KERAS_2 = keras.__version__.startswith("2.")
RNG = np.random.default_rng(0)
X, Y = RNG.random((32, 6, 5, 2), "float32"), RNG.integers(0, 3, 32)
RECIPE = {"train": True, "M": 2, "method": "abs"}
EPOCHS = 2


def build():
    inputs = keras.Input((6, 5, 2))
    hidden = L.Dropout(0.3)(L.Flatten()(L.BatchNormalization()(L.Conv2D(4, 3)(inputs))))
    return keras.Model(inputs, L.Dense(3, activation="softmax")(hidden))


def data():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)


def fitted(strategy, folder):
    """Trained by `fit`; with a folder, logged."""
    with strategy.scope():
        model = build()
        model.compile("adam", "sparse_categorical_crossentropy")
    loggers = [kerasal.SaliencyLogger(folder, X[:3], on_error="raise", max_overhead=1e9, **RECIPE)] if folder else []
    model.fit(data(), epochs=EPOCHS, verbose=0, callbacks=loggers)
    return model


def looped(strategy, folder):
    """Trained by a written loop, since the `fit` of Keras 3 fails with several workers; with a folder, the chief logs."""
    with strategy.scope():
        model = build()
    calculator, batches = kerasal.GradientCalculator(model), strategy.experimental_distribute_dataset(data())

    @tf.function
    def step(batch):
        strategy.run(on_replica, batch)

    def on_replica(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x, training=True)))
        found = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        means = tf.distribute.get_replica_context().all_reduce("mean", found)
        for variable, mean in zip(model.trainable_variables, means, strict=True):
            variable.value.assign_sub(0.1 * mean)

    for epoch in range(1, EPOCHS + 1):
        for batch in batches:
            step(batch)
        if folder and Workers(model).is_chief:
            with tf.summary.create_file_writer(str(folder)).as_default():
                kerasal.summary.saliency("own", calculator.explain(X[:3], ch_axis=-1, **RECIPE), epoch)
    return model


def main(folder):
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    strategy, train = tf.distribute.MultiWorkerMirroredStrategy(), fitted if KERAS_2 else looped
    trained = []
    for logs in (None, folder / str(index)):
        keras.utils.set_random_seed(1)
        trained.append(train(strategy, logs))
    plain, logged = (model.get_weights() for model in trained)
    assert all(np.array_equal(*pair) for pair in zip(plain, logged, strict=True)), "training was changed"
    workers = Workers(trained[1])
    assert workers.several and workers.is_chief == (index == 0)
    assert workers.agreed(index == 0) and not workers.agreed(index == 1), "the chief decides"
    if workers.is_chief:
        np.savez(folder / "weights.npz", *logged)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
