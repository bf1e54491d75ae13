"""A small training whose saliency is known from its weights, for loggers to be part of."""

import keras
import numpy as np
from keras import layers as L

from kerasal import SaliencyLogger
from kerasal.callbacks import Storage

H, W, C = 5, 4, 3
RUN = "saliency/saliency"
RNG = np.random.default_rng(3)
X, Y = RNG.random((40, H, W, C), "float32"), RNG.integers(0, 3, 40)
NAMES = [f"{n} label {label}" for n, label in enumerate(Y[:2])]


def linear():
    """Its saliency is the kernel's column of the predicted class."""
    model = keras.Sequential([keras.Input((H, W, C)), L.Flatten(), L.Dense(3, "softmax", name="dense")])
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    return model


def fit(model, *callbacks, epochs=3, x=X, y=Y, **kwargs):
    model.fit(x, y, batch_size=20, epochs=epochs, callbacks=list(callbacks), verbose=0, **kwargs)


def everything(*args, **how):
    """A logger that writes all there is to the event file, whatever that costs."""
    return SaliencyLogger(*args, **{"storage": Storage(pictures="all", scalars="all"), "max_overhead": None, **how})
