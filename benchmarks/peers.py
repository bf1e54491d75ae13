"""Other people's code for Keras, made and called as the functions of ways.py. All are told the classes, which those find by themselves.

They are imported when made: no process loads a library that it does not measure. Where the target is an embedding they are given the
model behind it, which their users have to build.
"""

from functools import cache

import keras
import numpy as np
import tensorflow as tf
from workloads import SCALE


class Cannot(Exception):
    """A way cannot do a job: in a few words, why."""


def classes_of(job):
    """Each example's predicted class, (N,)."""
    return np.argmax(job.tail(job.points), -1)


def one_input(job):
    """The model of a peer that takes one array."""
    if not isinstance(job.tail, keras.Model):
        raise Cannot("takes one input")
    return job.tail


def an_image(job):
    if job.points.ndim != 4:
        raise Cannot("takes images")
    return one_input(job)


def one_hot(job):
    return np.eye(job.tail.output_shape[-1], dtype="float32")[classes_of(job)]


def gradient_by_tf_keras_vis(job, scale=SCALE):
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    saliency, score = Saliency(one_input(job), clone=False), CategoricalScore(classes_of(job).tolist())

    def call(M, **options):
        raw = dict(keepdims=True, gradient_modifier=None, normalize_map=False, **options)
        return np.asarray(saliency(score, job.points, smooth_samples=M, smooth_noise=scale, **raw)), None

    return call


def dropout_by_tf_keras_vis(job):
    """Once a sample, with training=True."""
    if isinstance(job.train, dict):
        raise Cannot("has no dropout behind layers")
    once = gradient_by_tf_keras_vis(job)
    return lambda M: (sum(once(0, training=True)[0] for _ in range(M)) / M, None)


def dropout_by_eager_tape(job):
    """A Python loop over samples, as one writes it today."""
    points, rows, classes = tf.constant(job.points), np.arange(len(job.points)), classes_of(job)

    def call(M):
        total = 0
        for _ in range(M):
            with tf.GradientTape() as tape:
                tape.watch(points)
                score = tf.gather_nd(job.random(points), np.stack([rows, classes], -1))
            total += tape.gradient(score, points)
        return (total / M).numpy(), None

    return call


def gradient_by_xplique(job, scale=SCALE):
    from xplique.attributions import Saliency, SmoothGrad

    model, targets = one_input(job), one_hot(job)

    @cache
    def explainer(M):
        how = {"batch_size": max(job.rows, len(job.points)), "reducer": None}
        return SmoothGrad(model, nb_samples=M, noise=scale, **how) if M else Saliency(model, **how)

    return lambda M: (np.asarray(explainer(M)(job.points, targets)), None)


def path_by_xplique(job):
    """Integrated gradients by the trapezoid rule."""
    from xplique.attributions import IntegratedGradients

    model, targets = one_input(job), one_hot(job)
    explainer = cache(lambda nodes: IntegratedGradients(model, batch_size=job.rows, steps=nodes, reducer=None))
    return lambda nodes: (np.asarray(explainer(nodes)(job.points, targets)), None)


def occlusion_by_xplique(job):
    """The sum over the windows that cover a pixel."""
    from xplique.attributions import Occlusion

    model, targets = an_image(job), one_hot(job)
    explainer = cache(lambda windows: Occlusion(model, job.rows, patch_size=windows[0], patch_stride=windows[1]))
    return lambda windows: (np.asarray(explainer(windows)(job.points, targets)), None)


def functional(job):
    """tf-explain knows no Sequential of Keras 3."""
    model = an_image(job)
    return keras.Model(model.inputs[0], model.outputs[0])


def by_tf_explain(job, explain):
    """It takes one class a call, so there is one call for each class of the examples."""
    model, classes = functional(job), classes_of(job)
    keras.utils.disable_interactive_logging()  # no progress bars of model.predict

    def call(amount):
        for label in np.unique(classes).tolist():
            explain((job.points[classes == label], None), model, label, amount)
        return None, None  # pictures

    return call


def gradient_by_tf_explain(job, scale=SCALE):
    from tf_explain.core import SmoothGrad, VanillaGradients

    def explain(data, model, label, M):
        how = {"num_samples": M, "noise": scale} if M else {}
        (SmoothGrad if M else VanillaGradients)().explain(data, model, label, **how)

    return by_tf_explain(job, explain)


def path_by_tf_explain(job):
    """The mean gradient from zeros to the example, both ends with full weight, as a picture."""
    from tf_explain.core import IntegratedGradients

    return by_tf_explain(
        job, lambda data, model, label, nodes: IntegratedGradients().explain(data, model, label, nodes)
    )


def raw_path_by_tf_explain(job, nodes):
    """The mean gradients before they become a picture."""
    from tf_explain.core import IntegratedGradients

    model, classes, values = functional(job), classes_of(job), np.zeros_like(job.points)
    for label in np.unique(classes).tolist():
        points = IntegratedGradients.generate_interpolations(job.points[classes == label], nodes)
        values[classes == label] = IntegratedGradients.get_integrated_gradients(points, model, label, nodes)
    return values


def occlusion_by_tf_explain(job):
    """A picture of 1 − score where a patch is grey; patches lie side by side, as many as the others have windows."""
    from tf_explain.core import OcclusionSensitivity

    def explain(data, model, label, windows):
        (size, stride), length = windows, job.points.shape[1]
        patch = -(-length // ((length - size) // stride + 1))
        OcclusionSensitivity(job.rows).explain(data, model, label, patch)

    return by_tf_explain(job, explain)


def path_by_shap(job):
    """Expected gradients from one example of zeros, as many random nodes."""
    import warnings

    import shap

    model = one_input(job)
    explainer = shap.GradientExplainer(model, np.zeros_like(job.points[:1]))

    def call(nodes):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Keras, about inputs in a list
            values, _ = explainer.shap_values(job.points, nsamples=nodes, ranked_outputs=1)
        return np.asarray(values)[..., 0], None

    return call
