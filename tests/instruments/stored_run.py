"""Numbers of a stored run that TensorBoard's tab is asked for, and a name that must not be taken for HTML."""

import numpy as np

from kerasal.tensorboard.depiction import Depiction

RNG = np.random.default_rng(0)
VALUES, STD = RNG.normal(size=(3, 2, 5, 4)).astype("float32"), RNG.random((3, 2, 5, 4), "float32")
IMAGES = RNG.integers(0, 256, (2, 5, 4, 3)).astype("uint8")
OF_IMAGES = Depiction("image", arrays={"images": IMAGES})
HOSTILE = '<img src=x onerror="document.title=1">'
