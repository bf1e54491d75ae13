"""PAIR's saliency, made and called as the functions of ways.py. It explains one example at a time by a function that it is given."""

import numpy as np
import tensorflow as tf
from peers import Cannot, classes_of, one_input
from workloads import SCALE


def maps(job, explain, of_element=lambda gradient: gradient):
    """explain(example, function of PAIR, class) for each example; the function is compiled, as a careful user would.

    `of_element`, which is compiled with it, is what PAIR takes for the gradient.
    """
    from saliency import core

    model, classes = one_input(job), classes_of(job)

    @tf.function(input_signature=[tf.TensorSpec([None, *job.points.shape[1:]]), tf.TensorSpec([], tf.int32)])
    def gradient(points, label):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            score = model(points)[:, label]
        return of_element(tape.gradient(score, points))

    def call_model(points, call_model_args=None, expected_keys=None):
        return {core.INPUT_OUTPUT_GRADIENTS: gradient(np.asarray(points, "float32"), call_model_args).numpy()}

    return np.stack([explain(x, call_model, np.int32(label)) for x, label in zip(job.points, classes, strict=True)])


def gradient_by_pair(job, scale=SCALE, of_element=lambda gradient: gradient):
    from saliency import core

    one_input(job)

    def call(M):
        def explain(*what):
            how = {"stdev_spread": scale, "nsamples": M, "magnitude": False}
            method = core.GradientSaliency()
            return method.GetSmoothedMask(*what, **how) if M else method.GetMask(*what)

        return maps(job, explain, of_element), None

    return call


def magnitudes_by_pair(job, scale):
    """The mean of |gradient|, which the user's function has to take."""
    return gradient_by_pair(job, scale, tf.abs)


def path_by_pair(job):
    from saliency import core

    one_input(job)

    def call(nodes):
        def explain(x, function, label):
            how = {"x_baseline": np.zeros_like(x), "x_steps": nodes, "batch_size": job.rows}
            return core.IntegratedGradients().GetMask(x, function, label, **how)

        return maps(job, explain), None

    return call


def occlusion_by_pair(job):
    raise Cannot("moves its window by one pixel")
