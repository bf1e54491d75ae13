"""Properties of every calculator over models that are made up: what plain loops over the model give, and numbers that must agree.

KERASAL_FUZZ=50 tries fifty times as many models, each time others. The end of a run tells how many there were.
"""

import copy
import pickle
import warnings

import hypothesis
import keras
import numpy as np
import tensorflow as tf
from by_hand import find, spy
from fuzz import DONE, told, tried
from made import NOISE, Made
from made_models import SEEDS, N
from plain_points import PlainPoints, of_double

from kerasal import (
    FullGradientCalculator,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerCAMCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Saliency,
    scores,
)


def check_gradient(made):
    """The gradient is that of a tape, its products with directions are differences of the score."""
    found = made.calculator().explain(made.case.x)
    expected = made.plain.gradient(made.plain.start)
    made.agree(found.values, expected)
    made.agree(found.scores, made.plain.scores(made.plain.start))
    made.agree(made.calculator(multiply_target=True).explain(made.case.x).values, expected * made.plain.start)
    if not made.plan.is_mixed:
        twin = of_double(made.case, made.model, made.plain.place)
        way = np.random.default_rng(1).normal(size=twin.start.shape)
        slopes, expected = np.sum(found.values * way, tuple(range(1, way.ndim))), twin.slope(way)
        smooth = np.isfinite(expected)
        steep = np.abs(found.values).max() / (1e-3 + np.abs(slopes).max())
        made.agree(slopes[smooth], expected[smooth], factor=5 + steep)


def check_path(made):
    """Integrated gradients are the mean of gradients on the way, and tell what they miss."""
    steps = made.choose.randint(2, 5)
    found = made.calculator(IntegratedGradientsCalculator, steps=steps).explain(
        made.case.x, batch_size=made.choose.choice((None, 1, 4))
    )
    made.agree(found.values, made.plain.integrated(steps))
    ends = [made.plain.scores(value) for value in (made.plain.start, 0 * made.plain.start)]
    whole = found.values.sum(tuple(range(1, found.values.ndim)))
    made.agree(found.completeness_gap, whole - (ends[0] - ends[1]), factor=5 + np.abs(ends).max() * 20)


def check_windows(made):
    """Occlusion is what hiding windows one by one gives."""
    rank = made.plain.start.ndim
    axes, size = ((1, 2) if rank > 3 else (1,)), made.choose.randint(1, 2)
    if min(made.plain.start.shape[axis] for axis in axes) < size:
        return
    calculator = made.calculator(OcclusionCalculator, size=size, stride=size)
    found = calculator.explain(made.case.x, batch_size=made.choose.choice((None, 2, 7)))
    made.agree(
        found.values,
        made.plain.hidden(size, axes),
        factor=1 + np.abs(found.scores).max() / (1e-3 + np.abs(found.values).max()),
    )


def check_smooth(made):
    """Every sample of SmoothGrad is the gradient at the point that the sampler's draws give; the map is their mean."""
    seed, calculator = made.choose.randrange(2**40), made.calculator()
    how = {"noise_sampler": NOISE, "seed": seed}
    samples = calculator.compute(made.case.x, M=3, batch_size=made.choose.choice((None, 1, 5)), **how)
    for m in range(3):
        made.agree(samples[m], made.plain.gradient(made.plain.noisy(m, seed, 0.2).astype(made.plain.start.dtype)))
    found = calculator.explain(made.case.x, M=3, **how)
    made.agree(found.values, samples.mean(0))
    made.agree(found.std, samples.std(0, ddof=1), factor=5)


def check_packing(made):
    """No size of a batch, and no neighbour, changes a number; folding is folding the samples."""
    kind = made.choose.choice((GradientCalculator, OcclusionCalculator, IntegratedGradientsCalculator))
    calculator, how = made.calculator(kind, **({"steps": 3} if kind is IntegratedGradientsCalculator else {})), made.how
    samples = calculator.compute(made.case.x, M=3, batch_size=64, **how)
    made.agree(calculator.compute(made.case.x, M=3, batch_size=made.choose.choice((1, 2, 5)), **how), samples)
    alone = tf.nest.map_structure(lambda part: part[1:2], made.case.x)
    made.agree(calculator.compute(alone, M=2, first_example=1, **how), samples[:2, 1:2])
    fold = {
        "method": made.choose.choice(("raw", "abs", "square", "mean_abs", "var")),
        "ch_axis": made.choose.choice((None, -1)),
    }
    found, expected = (
        calculator.explain(made.case.x, M=3, batch_size=4, **how, **fold),
        calculator.aggregate(samples, **fold),
    )
    made.agree(found.values, expected.values, factor=5)


def check_classes(made):
    """All classes at once are each alone, and a margin is their difference."""
    if made.plan.outputs != "one":  # a class of one of the outputs
        found = made.calculator(score={"kind": 1}).explain(made.case.x)
        made.agree(found.values, made.plain.gradient(made.plain.start, np.full(N, 1)))
        return
    of_all = made.calculator(score="all").explain(made.case.x).values
    if made.plan.head in ("sigmoid", "one"):  # one unit: the last of its classes is the unit
        made.agree(of_all[:, -1], made.plain.gradient(made.plain.start))
        return
    for label in range(3):
        made.agree(of_all[:, label], made.plain.gradient(made.plain.start, np.full(N, label)))
    made.agree(
        made.calculator(score=scores.Margin(2, 0)).explain(made.case.x).values, of_all[:, 2] - of_all[:, 0], factor=3
    )
    by_label = made.calculator(score=scores.Label()).explain(made.case.x, made.case.y)
    made.agree(by_label.values, made.plain.gradient(made.plain.start, made.case.y))


def check_function(made):
    """A function of the outputs, and one that calls the model, are what a tape says of the outputs."""
    if made.plan.kind == "tokens" or made.plan.outputs != "one":
        return
    weights = tf.constant(
        np.random.default_rng(2).normal(size=made.case.logits(made.model, made.case.x).shape[-1]), "float32"
    )

    def of_outputs(outputs):
        return tf.reduce_sum(outputs * weights, -1)

    def of_inputs(*inputs):
        return of_outputs(made.model(list(inputs) if len(inputs) > 1 else inputs[0]))

    for settings in ({"score": of_outputs}, {"eval_fun": of_inputs}):
        made.agree_with_tape(settings, of_outputs)


def check_loss(made):
    """The loss of an example is that of its outputs."""
    if made.plan.kind == "tokens" or made.plan.outputs != "one":
        return
    y = np.random.default_rng(3).normal(size=made.case.logits(made.model, made.case.x).shape).astype("float32")
    made.model.compile("sgd", "mse")
    made.agree_with_tape({"score": scores.Loss()}, lambda outputs: tf.reduce_mean((outputs - y) ** 2, -1), y)


def check_unit(made):
    """A unit of a layer is the mean of its channel."""
    if made.plan.kind == "tokens":
        return
    with spy(find(made.model, "inner")) as calls:
        made.agree_with_tape(
            {"score": scores.Unit("inner", 1)},
            lambda _: tf.reduce_mean(tf.reshape(tf.cast(calls[-1][1], tf.float32)[..., 1], [N, -1]), 1),
        )


def check_maps(made):
    """Class activation maps of a layer of the picture's size are the formulas over the layer's gradient."""
    plain = PlainPoints(made.case, made.model, ("post", "inner"))
    if made.plan.kind != "image" or plain.start.shape[1:3] != plain.flat[0].shape[1:3]:
        return
    gradient = plain.gradient(plain.start)
    expected = {
        GradCAMCalculator: np.sum(gradient.mean((1, 2), keepdims=True) * plain.start, -1, keepdims=True),
        LayerCAMCalculator: np.sum(np.maximum(gradient, 0) * plain.start, -1, keepdims=True),
    }
    for kind, unclipped in expected.items():
        try:
            found = kind(made.model, made.case.score, layer="inner").explain(made.case.x)
        except ValueError as error:  # padding that TensorFlow folds into a dilated convolution
            assert "Received: " in str(error), made.plan
            DONE["checks"] += 1
            continue
        made.agree(found.values, np.maximum(unclipped, 0), factor=3)


def check_full_gradient(made):
    """FullGrad adds up to the score, or says which layer it cannot account for, or that there is code between layers."""
    if made.plan.kind == "tokens":
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found = FullGradientCalculator(made.model, made.case.score, psi="signed").explain(made.case.x)
        except ValueError as error:
            assert "Received: " in str(error), made.plan
            DONE["checks"] += 1
            return
    if any("does not account for" in str(each.message) for each in told):
        assert found.relative_gap.max() > 0.01 and made.plan.form == "subclassed", made.plan
        DONE["checks"] += 1
        return
    made.agree(found.completeness_gap, np.zeros(N), factor=1e3 * (1 + np.abs(found.scores).max()))


def check_several(made):
    """Several targets of one pass are each of them alone."""
    if made.plan.kind == "tokens":
        return
    targets = [made.plain.extractor, LayerExtractor("inner")]
    found = made.calculator(target_extractor=targets).explain(made.case.x)
    for saliency, target in zip(found, targets, strict=True):
        made.agree(saliency.values, made.calculator(target_extractor=target).explain(made.case.x).values)


def check_copies(made, folder):
    """What is stored, copied, pickled or made again from a recipe has the same numbers."""
    calculator, how = made.calculator(), {**made.how, "M": 2}
    found = calculator.explain(made.case.x, **how)
    found.save(folder / "map.npz")
    for again in (Saliency.load(folder / "map.npz"), pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        np.testing.assert_array_equal(again.values, found.values, strict=True)
        np.testing.assert_array_equal(again.std, found.std, strict=True)
        DONE["checks"] += 1
    others = [found.recipe.explain(made.model, made.case.x)]
    if made.plan.form != "subclassed":  # Keras copies no model without get_config
        others.append(copy.deepcopy(calculator).explain(made.case.x, **how))
    for again in others:
        made.agree(again.values, found.values)
    if made.plan.form != "subclassed" and "scaled" not in dict(made.plan.steps):  # Keras loads no code
        made.model.save(folder / "model.keras")
        loaded = keras.models.load_model(folder / "model.keras")
        again = GradientCalculator(loaded, made.case.score, made.plain.extractor).explain(made.case.x, **how)
        made.agree(again.values, found.values)


CHECKS = (
    check_path,
    check_windows,
    check_smooth,
    check_packing,
    check_classes,
    check_function,
    check_loss,
    check_unit,
    check_maps,
    check_full_gradient,
    check_several,
)


def test_a_made_up_model_is_explained_as_plain_loops_do(tmp_path):
    @tried(9, shrinks=False)
    @hypothesis.given(SEEDS)
    def check(seed):
        made = Made(seed)
        DONE["models"] += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            check_gradient(made)
            for each in made.choose.sample(CHECKS, 3):
                each(made)
            if seed % 4 == 0:
                check_copies(made, tmp_path)

    with told():
        check()
