"""Other people's code, made and called as the functions of ways.py. All are told the classes, which those find by themselves.

They are imported when made: no process loads a library that it does not measure.
"""

from functools import cache

import keras
import numpy as np
from workloads import SCALE


def classes_of(model, x):
    """Each example's predicted class, (N,)."""
    return np.argmax(model(x, training=False), -1)


def gradient_by_tf_keras_vis(model, x, rows):
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    saliency = Saliency(model, clone=False)
    score = CategoricalScore(classes_of(model, x).tolist())

    def call(M):
        raw = dict(keepdims=True, gradient_modifier=None, normalize_map=False)
        return np.asarray(saliency(score, x, smooth_samples=M, smooth_noise=SCALE, **raw)), None

    return call


def path_by_xplique(model, x, rows):
    """Integrated gradients by the trapezoid rule."""
    from xplique.attributions import IntegratedGradients

    explainer = cache(lambda nodes: IntegratedGradients(model, batch_size=rows, steps=nodes, reducer=None))
    one_hot = np.eye(model.output_shape[-1], dtype="float32")[classes_of(model, x)]
    return lambda nodes: (explainer(nodes)(x, one_hot).numpy(), None)


def occlusion_by_xplique(model, x, rows):
    """The sum over the windows that cover a pixel."""
    from xplique.attributions import Occlusion

    explainer = cache(lambda windows: Occlusion(model, rows, patch_size=windows[0], patch_stride=windows[1]))
    one_hot = np.eye(model.output_shape[-1], dtype="float32")[classes_of(model, x)]
    return lambda windows: (explainer(windows)(x, one_hot).numpy(), None)


def path_by_tf_explain(model, x, rows, picture=True):
    """The mean gradient from zeros to the example, both ends with full weight: as a picture, which is what is timed, or raw.

    It takes one class a call, so there is one call for each class of the examples.
    """
    from tf_explain.core import IntegratedGradients

    classes = classes_of(model, x)

    def call(nodes):
        values = np.zeros_like(x)
        for label in np.unique(classes).tolist():
            images = x[classes == label]
            if picture:
                IntegratedGradients().explain((images, None), model, label, n_steps=nodes)
            else:
                points = IntegratedGradients.generate_interpolations(images, nodes)
                values[classes == label] = IntegratedGradients.get_integrated_gradients(points, model, label, nodes)
        return None if picture else values, None

    return call


def occlusion_by_tf_explain(model, x, rows):
    """A picture of 1 − score where a patch is grey; patches lie side by side, as many as the others have windows."""
    from tf_explain.core import OcclusionSensitivity

    keras.utils.disable_interactive_logging()  # no progress bars of model.predict
    classes, length = classes_of(model, x), x.shape[1]

    def call(windows):
        size, stride = windows
        patch = -(-length // ((length - size) // stride + 1))
        for label in np.unique(classes).tolist():
            OcclusionSensitivity(rows).explain((x[classes == label], None), model, label, patch)
        return None, None

    return call
