"""Results of PAIR's saliency, tf-keras-vis and Xplique for a Keras network, in the least processed form each offers.

Each function returns {key: (array, settings)}.
"""

import numpy as np
import tensorflow as tf
from saliency import core as saliency
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.layercam import Layercam
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.scorecam import Scorecam
from tf_keras_vis.utils.scores import CategoricalScore
from xplique import attributions


def pair(model, x, classes, baseline):
    """PAIR explains one image at a time, by a function that it is given."""

    def call_model(points, call_model_args, expected_keys):
        points = tf.convert_to_tensor(points, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(points)
            score = model(points)[:, call_model_args]
        if expected_keys == [saliency.INPUT_OUTPUT_GRADIENTS]:
            return {saliency.INPUT_OUTPUT_GRADIENTS: tape.gradient(score, points).numpy()}
        return {saliency.OUTPUT_LAYER_VALUES: score.numpy()}

    def each(method, options, **arrays):
        maps = [
            method().GetMask(x[n], call_model, int(classes[n]), **options, **{name: a[n] for name, a in arrays.items()})
            for n in range(len(x))
        ]
        return np.stack(maps), {"network": "image", **options, **{name: "image.baseline" for name in arrays}}

    return {
        "pair.gradient": each(saliency.GradientSaliency, {}),
        "pair.integrated_gradients": each(
            saliency.IntegratedGradients, {"x_steps": 25, "batch_size": 25}, x_baseline=baseline
        ),
        "pair.occlusion": each(saliency.Occlusion, {"size": 4, "value": 0.25}),
    }


def tf_keras_vis(model, x, classes):
    """Scores are the logits, but Scorecam takes a softmax over the classes of whatever the model gives."""
    score = CategoricalScore(classes.tolist())

    def explain(method, **options):
        return np.asarray(method(model)(score, x, **options)), {"network": "image", **options}

    def cam(method, layer, **options):
        options = {"normalize_cam": False, "expand_cam": False, **options}
        return explain(method, penultimate_layer=layer, **options)

    return {
        "tf_keras_vis.saliency": explain(Saliency, gradient_modifier=None, keepdims=True, normalize_map=False),
        "tf_keras_vis.saliency_default": explain(Saliency),
        "tf_keras_vis.gradcam": cam(Gradcam, "last"),
        "tf_keras_vis.gradcam_expanded": cam(Gradcam, "last", expand_cam=True),
        "tf_keras_vis.gradcam_plus_plus": cam(GradcamPlusPlus, "last"),
        "tf_keras_vis.layercam": cam(Layercam, "last"),
        "tf_keras_vis.scorecam": cam(Scorecam, "last"),
        "tf_keras_vis.scorecam_first": cam(Scorecam, "first"),
    }


def xplique(model, x, classes):
    """Scores are the logits, chosen by one-hot targets."""
    targets = np.eye(model.output_shape[-1], dtype="float32")[classes]

    def explain(method, **options):
        return method(model, **options)(x, targets).numpy(), {"network": "image", **options}

    def occlude(patch_size, patch_stride):
        return explain(attributions.Occlusion, patch_size=patch_size, patch_stride=patch_stride, occlusion_value=0.25)

    return {
        "xplique.integrated_gradients": explain(
            attributions.IntegratedGradients, steps=20, baseline_value=0.25, reducer=None
        ),
        "xplique.occlusion": occlude((4, 3), (2, 2)),
        "xplique.occlusion_edge": occlude((5, 4), (3, 2)),
    }
