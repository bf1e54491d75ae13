"""One number per column of the user's table: sums over one-hot columns, embeddings and what a FeatureSpace makes."""

import keras
import numpy as np
import pandas as pd
import pytest
import shap
import tensorflow as tf
from keras import layers as L
from matplotlib import pyplot
from three_parts import refused

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Saliency,
)

FRAME = pd.DataFrame(
    {"size": np.linspace(-1, 1, 12), "colour": ["red", "blue", "red", "green"] * 3, "age": np.arange(12.0) % 5}
)
ENCODED = pd.get_dummies(FRAME, dtype="float32")  # size, age, colour_blue, colour_green, colour_red
COLOURS = [name for name in ENCODED if name.startswith("colour_")]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((5,)), L.Dense(6, "tanh"), L.Dense(2, "softmax")])


@pytest.fixture(scope="module")
def result(model):
    return IntegratedGradientsCalculator(model, score=1, steps=300).explain(ENCODED, class_names=["no", "yes"])


def test_values_are_summed_with_their_signs(result):
    grouped = result.grouped({"colour": COLOURS})
    assert grouped.feature_names == ("size", "age", "colour") and grouped.axes == ("example", "feature")
    expected = np.column_stack([result.values[:, :2], result.values[:, 2:].sum(1)])
    np.testing.assert_allclose(grouped.values, expected, rtol=1e-6)
    np.testing.assert_allclose(grouped.base_scores + grouped.values.sum(1), result.scores, atol=1e-4)
    for part in ("scores", "base_scores", "predictions", "completeness_gap"):
        np.testing.assert_array_equal(getattr(grouped, part), getattr(result, part))
    assert grouped.class_names == ("no", "yes") and list(grouped.to_frame().columns) == ["size", "age", "colour"]
    assert grouped.about["groups"] == {"size": ["size"], "age": ["age"], "colour": COLOURS} and grouped.recipe is None


@pytest.mark.parametrize("members", [COLOURS, [2, 3, 4], [-3, "colour_red", np.int64(3)], slice(2, None), range(2, 5)])
def test_features_are_meant_by_name_or_number(result, members):
    np.testing.assert_array_equal(
        result.grouped({"colour": members}).values, result.grouped({"colour": COLOURS}).values
    )


def test_one_feature_is_renamed(result):
    assert result.grouped({"length": "size", "n": 1}).feature_names == ("length", "n", *COLOURS)


def test_the_values_of_one_hot_columns_are_their_names(result, tmp_path):
    grouped = result.grouped({"colour": COLOURS})
    np.testing.assert_array_equal(grouped.feature_values[:, 2], FRAME["colour"])
    np.testing.assert_allclose(grouped.feature_values[:, 0].astype(float), FRAME["size"], rtol=1e-6)
    assert grouped[1].feature_values.tolist() == [pytest.approx(-9 / 11), 1.0, "blue"]
    grouped.save(tmp_path / "a.npz")
    np.testing.assert_array_equal(Saliency.load(tmp_path / "a.npz").feature_values, grouped.feature_values)
    np.testing.assert_array_equal(result.feature_values, ENCODED.to_numpy())


def test_the_values_may_be_those_of_the_users_table(result):
    raw = FRAME.assign(size=np.arange(12) * 10)
    grouped = result.grouped({"colour": COLOURS}, inputs=raw)
    np.testing.assert_array_equal(grouped.feature_values, raw[["size", "age", "colour"]].to_numpy(object))
    coded = (ENCODED[COLOURS] - 0.5).to_numpy()  # standardised: no category can be read off
    other = Saliency(result.values, axes=result.axes, inputs=np.column_stack([ENCODED[["size", "age"]], coded]))
    assert other.grouped({"colour": [2, 3, 4]}).feature_values[:, 2].tolist() == [None] * 12


def test_no_column_set_is_said(model):
    x = ENCODED.assign(colour_red=0.0)
    values = GradientCalculator(model, multiply_target=True).explain(x).grouped({"colour": COLOURS}).feature_values
    np.testing.assert_array_equal(values[:, 2], FRAME["colour"].replace("red", "none"))


def test_classes_and_one_example(model, result):
    every = IntegratedGradientsCalculator(model, score="all", steps=300).explain(ENCODED)
    grouped = every.grouped({"colour": COLOURS})
    assert grouped.axes == ("example", "class", "feature") and grouped.feature_values.shape == (12, 3)
    np.testing.assert_allclose(grouped.values.sum(-1) + grouped.base_scores, grouped.scores, atol=1e-4)
    np.testing.assert_allclose(grouped.values[:, 1], result.grouped({"colour": COLOURS}).values, atol=1e-5)
    np.testing.assert_array_equal(
        result[4].grouped({"colour": COLOURS}).values, result.grouped({"colour": COLOURS})[4].values
    )


@pytest.mark.filterwarnings("ignore:The map of M")
def test_the_error_of_a_sum_is_known_from_above(model):
    """The spread of the sums themselves, from all samples, is no larger; of a feature alone it is the same."""
    calculator, how = IntegratedGradientsCalculator(model, score=1), {"noise_sampler": GaussianNoiseSampler(scale=0.3)}
    grouped = calculator.explain(ENCODED, M=12, **how).grouped({"colour": COLOURS})
    samples = calculator.compute(ENCODED, M=12, **how)
    true = np.column_stack([samples[..., 0].std(0, ddof=1), samples[..., 2:].sum(-1).std(0, ddof=1)])
    np.testing.assert_allclose(grouped.std[:, 0], true[:, 0], rtol=1e-3)
    assert np.all(grouped.std[:, 2] >= true[:, 1] * (1 - 1e-4)) and grouped.about["std"].startswith("at most")
    np.testing.assert_allclose(grouped.standard_error, grouped.std / np.sqrt(12), rtol=1e-5)
    renamed = calculator.explain(ENCODED, M=12, **how).grouped({"length": "size"})
    assert "std" not in renamed.about


def test_columns_of_an_embedding_are_one_number_each():
    """Summed over dimensions as the fold of channels does, then over the positions of a group."""
    inputs = keras.Input((3,), dtype="int32")
    embedded = L.Embedding(7, 4, name="embed")(inputs)
    model = keras.Model(inputs, L.Dense(1)(L.Dense(5, "tanh")(L.Flatten()(embedded))))
    calculator = IntegratedGradientsCalculator(model, target_extractor=LayerExtractor("embed"))
    ids = np.random.default_rng(0).integers(0, 7, (6, 3)).astype("int32")
    folded = calculator.explain(ids, ch_axis=-1)
    grouped = calculator.explain(ids).grouped({"both": [0, 2], "b": 1})
    np.testing.assert_allclose(grouped.values[:, 1], folded.values[:, 1], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(grouped.values[:, 0], folded.values[:, [0, 2]].sum(1), rtol=1e-5, atol=1e-7)
    assert folded.feature_values is None  # ids are the input's, not the layer's


def test_what_a_feature_space_makes_is_the_users_columns_again():
    space = keras.utils.FeatureSpace(
        {"size": "float_normalized", "colour": "string_categorical", "age": "float_normalized"}, output_mode="dict"
    )
    space.adapt(tf.data.Dataset.from_tensor_slices(dict(FRAME)))
    encoded = space.get_encoded_features()
    joined = L.Concatenate(name="encoded")(list(encoded.values()))
    model = keras.Model(space.get_inputs(), L.Dense(1)(L.Dense(5, "tanh")(joined)))
    x = {name: column.to_numpy() for name, column in FRAME.items()}
    groups, end = {}, 0
    for name, part in encoded.items():
        groups[name] = range(end, end := end + part.shape[-1])
    result = IntegratedGradientsCalculator(model, target_extractor=LayerExtractor("encoded")).explain(x)
    grouped = result.grouped(groups)
    for name, column in FRAME.items():
        place = grouped.feature_names.index(name)
        found = grouped.feature_values[:, place]
        np.testing.assert_array_equal(found, column.to_numpy(object))
        np.testing.assert_allclose(grouped.values[:, place], result.values[:, list(groups[name])].sum(1), rtol=1e-5)
    np.testing.assert_allclose(grouped.values.sum(1) + grouped.base_scores, grouped.scores, atol=1e-3)


def test_shaps_own_pictures_draw_groups(result):
    explanation = result.grouped({"colour": COLOURS}).to_shap()
    np.testing.assert_allclose(explanation.base_values + explanation.values.sum(1), result.scores, atol=1e-4)
    written = [text.get_text() for text in shap.plots.waterfall(explanation[1], show=False).figure.findobj(pyplot.Text)]
    assert any("blue = colour" in words.replace("$", "") for words in written)
    pyplot.close("all")
    beeswarm = shap.plots.beeswarm(explanation, show=False)
    assert {label.get_text() for label in beeswarm.get_yticklabels()} == {"size", "age", "colour"}
    pyplot.close("all")


@pytest.mark.parametrize(
    "groups, error, words",
    [
        (["colour_red"], TypeError, "groups is a dict"),
        ({"colour": ["colour_rod"]}, ValueError, "Pass 'colour_red'"),
        ({"colour": [5]}, ValueError, "0 to 4"),
        ({"colour": [True]}, TypeError, "by name or number"),
        ({"colour": []}, ValueError, "one feature or more"),
        ({"colour": 1.5}, TypeError, "Pass a list"),
        ({"colour": [2, 2]}, ValueError, "in a group once"),
        ({"a": [2, 3], "b": [3, 4]}, ValueError, "colour_green in more than one"),
        ({"age": [2, 3]}, ValueError, "age twice"),
    ],
)
def test_groups_that_cannot_be(result, groups, error, words):
    with refused(words, error=error):
        result.grouped(groups)


def test_values_without_signs_and_tables_without_columns_are_refused(model, result):
    with refused("method='abs'"):
        GradientCalculator(model).explain(ENCODED, method="abs").grouped({"colour": COLOURS})
    with refused("columns of the names"):
        result.grouped({"colour": COLOURS}, inputs={"x": np.zeros(12)})
    with refused("one entry per example"):
        result.grouped({"colour": COLOURS}, inputs=FRAME[:3])
    with refused("have no names"):
        Saliency(result.values, axes=result.axes).grouped({"colour": COLOURS})
    with refused("without ch_axis"):
        IntegratedGradientsCalculator(model).explain(ENCODED, ch_axis=-1).grouped({})


def test_sums_that_say_little_are_told(model):
    with pytest.warns(UserWarning, match="multiply_target=True") as caught:
        GradientCalculator(model).explain(ENCODED).grouped({"colour": COLOURS})
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="hidden one at a time"):
        OcclusionCalculator(model, size=1).explain(ENCODED).grouped({"colour": COLOURS})


def test_a_part_of_a_sum_is_no_explanation(model):
    """Values of one of two targets that move together, absolute values, and the largest channel do not give the score."""
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = keras.Model([a, b], L.Dense(1)(L.Dense(5, "tanh")(L.Concatenate()([a, b]))))
    x = [ENCODED.to_numpy()[:, :3], ENCODED.to_numpy()[:, 3:]]
    targets = [InputExtractor("a"), InputExtractor("b")]
    parts = IntegratedGradientsCalculator(joined, target_extractor=targets).explain(x)
    assert [part.unattributed for part in parts] == [None, None]
    with refused("a part of them"):
        parts[0].to_shap()
    largest = IntegratedGradientsCalculator(model).explain(ENCODED, ch_axis=-1, ch_reduce="max")
    assert largest.unattributed is None and GradientCalculator(model).explain(ENCODED).unattributed is None


def test_what_no_value_has_is_the_gap(model):
    few = IntegratedGradientsCalculator(model, steps=2, score=1).explain(ENCODED)
    assert np.abs(few.unattributed).max() > 1e-4
    np.testing.assert_allclose(few.unattributed, -few.completeness_gap, atol=1e-6)
