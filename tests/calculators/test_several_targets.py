"""A list of targets gives what each gives alone, from one pass where passes are the same."""

import numpy as np
import pytest
from by_hand import distance
from keras import Input, Model
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal, randomised

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
)

CASE = ZOO["two inputs"]
TARGETS = [LayerExtractor("inner"), InputExtractor(0), InputExtractor("table")]


@pytest.mark.parametrize("score", [None, "all"])
@pytest.mark.parametrize("how", [{}, {"M": 3, "train": True}])
def test_each_is_what_it_is_alone(score, how):
    model, fold = built("two inputs"), {"method": "abs", "ch_axis": -1}
    together = GradientCalculator(model, score, TARGETS, multiply_target=True).explain(
        CASE.x, batch_size=4, **fold, **how
    )
    for target, found in zip(TARGETS, together, strict=True):
        alone = GradientCalculator(model, score, target, multiply_target=True).explain(CASE.x, **fold, **how)
        assert distance(found.values, alone.values) < 1e-5 and found.axes == alone.axes
        assert found.about["target"] == repr(target) and (found.std is None) == (alone.std is None)


def test_each_with_several_methods():
    how = {"M": 3, "train": True, "ch_axis": -1}
    found = GradientCalculator(built("two inputs"), "all", TARGETS).explain(CASE.x, method=("abs", "var"), **how)
    for target, both in zip(TARGETS, found, strict=True):
        for name, each in zip(("abs", "var"), both, strict=True):
            alone = GradientCalculator(built("two inputs"), "all", target).explain(CASE.x, method=name, **how)
            assert distance(each.values, alone.values) < 1e-5 and each.axes == alone.axes


def test_samples_are_a_list_too():
    found = GradientCalculator(built("two inputs"), target_extractor=TARGETS).compute(CASE.x, M=2, train=True)
    assert [samples.shape for samples in found] == [(2, 5, 6, 4, 3), (2, 5, 7, 5, 2), (2, 5, 4)]


def test_a_layer_and_the_one_behind_it():
    """Nothing is put in a target's place, so what lies before it keeps its gradient; an integer input is no hindrance."""
    model, x = built("lstm"), ZOO["lstm"].x
    targets = [LayerExtractor("inner"), LayerExtractor("head", timing="pre")]
    for target, found in zip(targets, GradientCalculator(model, target_extractor=targets).explain(x), strict=True):
        assert distance(found.values, GradientCalculator(model, target_extractor=target).explain(x).values) < 1e-5


def test_other_calculators_do_one_after_the_other():
    found = OcclusionCalculator(built("two inputs"), target_extractor=TARGETS).explain(CASE.x)
    alone = OcclusionCalculator(built("two inputs"), target_extractor=TARGETS[2]).explain(CASE.x)
    assert len(found) == 3 and distance(found[2].values, alone.values) < 1e-6
    with refused("noise", "OcclusionCalculator"):
        OcclusionCalculator(built("two inputs"), target_extractor=TARGETS).explain(
            CASE.x, noise_sampler=GaussianNoiseSampler()
        )


class Counts(L.Layer):
    calls = 0

    def call(self, x):
        type(self).calls += 1
        return x


def test_one_pass_for_all():
    inputs = Input((6,))
    x = L.Dense(8, activation="tanh", name="inner")(Counts()(inputs))
    model = randomised(Model(inputs, L.Dense(3, name="head")(L.Dense(4, name="next")(x))))
    calculator = GradientCalculator(
        model, target_extractor=[InputExtractor(0), LayerExtractor("inner"), LayerExtractor("next")]
    )
    looked = Counts.calls
    calculator.explain(normal(6))
    first = Counts.calls - looked
    GradientCalculator(model).explain(normal(6))
    alone = Counts.calls - looked - first
    assert first <= alone + 2  # one look at each layer's shape


def test_what_is_refused():
    model = built("lstm")
    with refused("list of them", error=TypeError):
        GradientCalculator(model, target_extractor=[3])
    with refused("integers"):
        GradientCalculator(model, target_extractor=[LayerExtractor("inner"), InputExtractor(0)]).explain(ZOO["lstm"].x)
    with refused("nowhere"):
        GradientCalculator(model, target_extractor=[LayerExtractor("nowhere")])


def test_aggregate_of_one_of_them():
    calculator = GradientCalculator(built("two inputs"), target_extractor=TARGETS)
    samples = calculator.compute(CASE.x, M=3, train=True)
    explained = calculator.explain(CASE.x, M=3, train=True, ch_axis=-1)
    folded = [calculator.aggregate(part, ch_axis=-1) for part in samples]
    assert all(distance(a.values, b.values) < 1e-5 for a, b in zip(folded, explained, strict=True))
    assert np.shape(folded[1].values) == (5, 7, 5)


def test_targets_by_their_names():
    inputs = [Input((4,), name="one"), Input((4,), name="other")]
    model = Model(inputs, L.Dense(2)(L.Multiply()(inputs)))
    x = [normal(4), normal(4, seed=1)]
    for kind in (GradientCalculator, IntegratedGradientsCalculator):
        found = kind(model, target_extractor=["one", "other"]).explain(x)
        same = kind(model, target_extractor=[InputExtractor("one"), InputExtractor("other")]).explain(x)
        for each, wanted in zip(found, same, strict=True):
            np.testing.assert_array_equal(each.values, wanted.values)
            assert each.recipe == wanted.recipe
