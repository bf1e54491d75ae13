"""Other people's attributions of the same networks (data/peers.npz), and plain loops over tapes.

Where a peer defines something otherwise, the difference is named at the test and repaired by hand there.
"""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, hand_gradient
from peer_networks import rebuild, stored
from zoo import ZOO, built, normal

from kerasal import (
    GradCAMCalculator,
    GradCAMPlusPlusCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerCAMCalculator,
    LayerExtractor,
    OcclusionCalculator,
    ScoreCAMCalculator,
)

STORED = stored()
X, CLASSES, BASELINE = STORED["image.x"], STORED["image.classes"].tolist(), STORED["image.baseline"]
NEAR = 1e-4  # relative L2 distance allowed


def explained(kind, **how):
    return kind(rebuild("image"), CLASSES, **how).explain(X).values


@pytest.mark.parametrize("name", ["image", "tokens"])
def test_the_networks_are_the_ones_the_peers_saw(name):
    assert distance(rebuild(name)(STORED[f"{name}.x"]), STORED[f"{name}.logits"]) < 1e-5


@pytest.mark.parametrize("key", ["pair.gradient", "tf_keras_vis.saliency"])
def test_gradient(key):
    assert distance(explained(GradientCalculator), STORED[key]) < NEAR


PATHS = {  # steps, quadrature, baseline
    "pair.integrated_gradients": (25, "linspace", BASELINE),
    "xplique.integrated_gradients": (20, "trapezoid", 0.25),
    "captum.integrated_gradients_middle": (16, "midpoint", BASELINE),
    "captum.integrated_gradients_gausslegendre": (20, "gauss_legendre", BASELINE),
}


@pytest.mark.parametrize("key", PATHS)
def test_integrated_gradients(key):
    steps, quadrature, baseline = PATHS[key]
    how = {"steps": steps, "quadrature": quadrature, "baseline": baseline}
    assert distance(explained(IntegratedGradientsCalculator, **how), STORED[key]) < NEAR


def test_trapezoid_of_captum():
    """Captum's weights of n nodes are 1/n with the ends halved, which add up to (n − 1)/n and not to 1."""
    found = explained(IntegratedGradientsCalculator, steps=16, quadrature="trapezoid", baseline=BASELINE)
    assert distance(found * 15 / 16, STORED["captum.integrated_gradients_trapezoid"]) < NEAR


@pytest.mark.parametrize("name, layer", [("image", "first"), ("tokens", "embed")])
def test_integrated_gradients_at_a_layer(name, layer):
    """Captum's path starts at what the layer gives for the baseline of the input, here zeros."""
    model, at, x = rebuild(name), LayerExtractor(layer), STORED[f"{name}.x"]
    start = np.asarray(at.submodel(model)(np.zeros_like(x)))
    calculator = IntegratedGradientsCalculator(
        model, STORED[f"{name}.classes"], at, baseline=start, steps=20, quadrature="gauss_legendre"
    )
    assert distance(calculator.explain(x).values, STORED[f"captum.layer_integrated_gradients_{layer}"]) < NEAR


OCCLUSIONS = {  # size, stride, overlap
    "pair.occlusion": ((4, 4), 1, "sum"),
    "xplique.occlusion": ((4, 3), 2, "sum"),
    "captum.occlusion": ((4, 3), 2, "mean"),
}


@pytest.mark.parametrize("key", OCCLUSIONS)
def test_occlusion(key):
    """PAIR and Captum repeat the map over the channels."""
    size, stride, overlap = OCCLUSIONS[key]
    found = explained(OcclusionCalculator, size=size, stride=stride, overlap=overlap, fill=0.25)
    assert found.shape == (3, 12, 9, 1)
    assert distance(np.broadcast_to(found, STORED[key].shape), STORED[key]) < NEAR


@pytest.mark.parametrize(
    "peer, rows, columns", [("xplique", (0, 3, 6), (0, 2, 4)), ("captum", (0, 3, 6, 9), (0, 2, 4, 6))]
)
def test_occlusion_where_windows_do_not_fit(peer, rows, columns):
    """Windows of 5 × 4 at strides 3 × 2 on 12 × 9: the last ones end at the edge here (row 7, column 5). Xplique leaves them
    out and Captum cuts them off where they stick out; their windows are hidden here as one group for each copy of the examples.
    """
    windows = np.full((len(rows) * len(columns), 12, 9, 1), -1)
    for window, (row, column) in zip(windows, itertools.product(rows, columns), strict=True):
        window[row : row + 5, column : column + 4] = 0
    count, key = len(windows), f"{peer}.occlusion_edge"
    calculator = OcclusionCalculator(rebuild("image"), CLASSES * count, groups=np.repeat(windows, 3, axis=0), fill=0.25)
    total = calculator.explain(np.tile(X, (count, 1, 1, 1))).values.reshape(count, 3, 12, 9, 1).sum(0)
    found = total if peer == "xplique" else total / np.sum(windows == 0, 0)
    assert distance(np.broadcast_to(found, STORED[key].shape), STORED[key]) < NEAR


@pytest.mark.parametrize("kind, key", [(GradCAMCalculator, "gradcam"), (LayerCAMCalculator, "layercam")])
def test_class_activation_maps(kind, key):
    """tf-keras-vis' maps have the size of the layer, and its enlarging puts corners on corners; here as tf.image.resize."""
    maps = tf.image.resize(STORED[f"tf_keras_vis.{key}"][..., None], (12, 9))
    assert distance(explained(kind, layer="last"), maps) < NEAR


def of_maximum(maps):
    return maps / np.max(maps, (1, 2), keepdims=True)


def test_grad_cam_plus_plus():
    """tf-keras-vis divides the α of a channel by their sum over positions, which the paper does not; and has its exp(f)."""
    at = LayerExtractor("last")
    gradient = np.float64(explained(GradientCalculator, target_extractor=at))
    feature_map, divisor = np.asarray(at.submodel(rebuild("image"))(X)), 2 * gradient**2
    divisor += gradient**3 * feature_map.sum((1, 2), keepdims=True)
    alpha = np.divide(gradient**2, divisor, out=np.zeros_like(gradient), where=gradient != 0)
    total = alpha.sum((1, 2), keepdims=True)

    def weighed(alpha):
        weights = np.sum(alpha * np.maximum(gradient, 0), (1, 2), keepdims=True)
        return np.maximum(np.sum(weights * feature_map, -1), 0)

    divided = weighed(alpha / np.where(total == 0, 1, total))
    assert distance(of_maximum(divided), of_maximum(STORED["tf_keras_vis.gradcam_plus_plus"])) < NEAR
    maps = tf.image.resize(np.float32(weighed(alpha))[..., None], (12, 9))
    assert distance(explained(GradCAMPlusPlusCalculator, layer="last"), maps) < NEAR


@pytest.mark.parametrize("layer, key, near", [("first", "scorecam_first", NEAR), ("last", "scorecam", 0.02)])
def test_score_cam(layer, key, near):
    """tf-keras-vis weighs a channel by the class's probability p; so does a softmax of log p over channels, up to a factor per
    example. It resizes masks with corners on corners, which "first", of the size of the image, does not need.
    """
    model = rebuild("image")
    model = keras.Model(model.inputs, keras.layers.Activation(tf.nn.log_softmax)(model.output))
    found = ScoreCAMCalculator(model, CLASSES, layer=layer, logits=False).explain(X).values
    maps = tf.image.resize(STORED[f"tf_keras_vis.{key}"][..., None], (12, 9)).numpy()
    assert distance(of_maximum(found), of_maximum(maps)) < near


@pytest.mark.parametrize("name", ["cnn", "two inputs"])
def test_integrated_gradients_as_by_a_loop_over_tapes(name):
    case, model = ZOO[name], built(name)
    end, *others = tf.nest.flatten(case.x)
    baseline = 0.1 * normal(*end.shape[1:], seed=9)
    at = [tf.nest.pack_sequence_as(case.x, [baseline + a * (end - baseline), *others]) for a in (0, 0.5, 1)]
    how = {"score": 1, "baseline": baseline, "steps": 3, "quadrature": "linspace"}
    found = IntegratedGradientsCalculator(model, **how).explain(case.x)
    loop = sum(hand_gradient(case, model, point, classes=[1] * 5)[0] for point in at) / 3 * (end - baseline)
    assert distance(found.values, loop) < 1e-5
    start, _, owed = (np.asarray(case.logits(model, point))[:, 1] for point in at)
    np.testing.assert_allclose(found.scores, owed, rtol=1e-4, atol=1e-5)
    owed, total = owed - start, loop.reshape(5, -1).sum(1)
    np.testing.assert_allclose(found.completeness_gap, total - owed, atol=1e-4 * np.abs(owed).max())
    np.testing.assert_allclose(found.relative_gap, np.abs((total - owed) / owed), rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize(
    "name, rule", [("cnn", None), ("cnn", "guided"), ("residual", "rectified"), ("two inputs", None)]
)
def test_all_classes(name, rule):
    """All classes of one pass are those of one calculator each; without a rule, they are the Jacobian."""
    case, model = ZOO[name], built(name)
    found = GradientCalculator(model, "all", relu_rule=rule).explain(case.x)
    logits = np.asarray(case.logits(model, case.x))
    np.testing.assert_allclose(found.scores, logits, rtol=1e-4, atol=1e-5)
    assert found.shape == (5, logits.shape[1], *case.first.shape[1:])
    for c in range(0, logits.shape[1], 2):
        assert distance(found.values[:, c], GradientCalculator(model, c, relu_rule=rule).explain(case.x).values) < 1e-5
    if rule is None:
        first, *others = [tf.constant(part) for part in tf.nest.flatten(case.x)]
        with tf.GradientTape() as tape:
            tape.watch(first)
            outputs = case.logits(model, tf.nest.pack_sequence_as(case.x, [first, *others]))
        assert distance(found.values, tape.batch_jacobian(outputs, first)) < 1e-5
