"""A result draws itself: what is in the picture is what the result knows."""

import keras
import numpy as np
import pytest
from keras import layers as L

from kerasal import GradientCalculator, IntegratedGradientsCalculator, LayerExtractor, Saliency
from kerasal.visualizers.words import prediction_words, score_words


def texts_of(figure):
    """Everything that is written in a figure."""
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def predicted(**known):
    saliency = Saliency([[1.0, -2.0], [3.0, 4.0]], axes=("example", "feature"), **known)
    return [prediction_words(one) for one in saliency]


def test_predictions_in_words():
    of_classes = {"class": [1, 0], "probability": [0.93, 0.5]}
    assert predicted() == ["", ""]
    assert predicted(labels=["cat", "dog"]) == ["true: cat", "true: dog"]
    assert predicted(predictions=of_classes) == ["class 1 93 %", "class 0 50 %"]
    assert predicted(predictions=of_classes, class_names=["cat", "dog"]) == ["dog 93 %", "cat 50 %"]
    assert predicted(predictions=of_classes, class_names=["cat", "dog"], labels=[1, 1]) == [
        "dog 93 % (right)",
        "cat 50 % (true: dog)",
    ]
    assert predicted(predictions={"output": [3.14159, -2]}, labels=[3.0, 2.5]) == [
        "predicted 3.1, true 3",
        "predicted −2, true 2.5",
    ]


def test_scores_in_words():
    known = {"predictions": {"class": [1], "probability": [0.9]}, "class_names": ["cat", "dog"]}
    made = [
        Saliency([[1.0]], score_name=name, **known)
        for name in (
            "logit of the predicted class",
            "logit of class 0",
            "logit of class 1 minus class 0",
            "class 2",
            "loss",
        )
    ]
    named = ["logit of cat", "logit of dog minus cat", "class 2", "loss"]
    assert [score_words(one) for one in made] == ["logit of the predicted class", *named]
    assert [score_words(one[0]) for one in made] == ["logit of dog", *named]


def test_an_image_is_drawn_with_its_class_and_probability():
    model = keras.Sequential([keras.Input((9, 7, 3)), L.Conv2D(3, 2), L.GlobalMaxPooling2D(), L.Dense(2, "softmax")])
    x = np.random.default_rng(0).random((3, 9, 7, 3)).astype("float32")
    result = GradientCalculator(model).explain(x, class_names=["cat", "dog"])
    one = texts_of(result[1].plot())
    name = ["cat", "dog"][result.predictions["class"][1]]
    assert f"{name} {100 * result.predictions['probability'][1]:.0f} %\nlogit of {name}" in one
    assert {"original", "overlay", "saliency, summed over channels"} <= set(one)
    rows = texts_of(result.plot())
    assert [prediction_words(each) for each in result] == [text for text in rows if "%" in text]


def test_a_row_of_a_table_is_drawn_with_its_values():
    model = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    x = np.array([[39.0, 0.5, 2], [20, 0.25, 1]], "float32")
    result = IntegratedGradientsCalculator(model).explain(x, feature_names=["age", "share", "rooms"])
    assert {"age = 39", "share = 0.5", "rooms = 2"} <= set(texts_of(result[0].plot()))
    assert {"age", "share", "rooms"} <= set(texts_of(result.plot()))


def test_texts_are_drawn_in_their_words():
    words = L.TextVectorization(output_sequence_length=4, vocabulary=["good", "film"])
    inputs = keras.Input((1,), dtype="string")
    embedded = L.Embedding(4, 3, name="embed")(words(inputs))
    model = keras.Model(inputs, L.Dense(1, "sigmoid")(L.GlobalAveragePooling1D()(embedded)))
    result = GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(
        np.array(["Good film", "film"], object)
    )
    assert [text for text in texts_of(result[0].plot()) if text in ("good", "film")] == ["good", "film"]
    assert texts_of(result.plot()).count("film") == 2


def test_a_figure_shows_itself_and_pyplot_knows_nothing_of_it():
    from matplotlib import pyplot

    figure = Saliency([[1.0, 2.0]], axes=("example", "feature")).plot()
    assert figure._repr_png_().startswith(b"\x89PNG") and not pyplot.get_fignums()


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match="Pass 'image'"):
        Saliency([[1.0]]).plot("imgae")
    with pytest.raises(ValueError, match="maps of every class"):
        Saliency([[[1.0]]], axes=("example", "class", "feature")).plot("table")


def test_a_series_is_drawn_over_its_signal_with_class_and_probability():
    model = keras.Sequential([keras.Input((30, 2)), L.Conv1D(3, 5), L.GlobalMaxPooling1D(), L.Dense(2, "softmax")])
    x = np.random.default_rng(0).normal(size=(10, 30, 2)).astype("float32")
    result = GradientCalculator(model).explain(x, class_names=["rest", "walk"], feature_names=["arm", "leg"])
    assert result.kind == "series"
    one = result[1].plot(time=np.arange(30) / 50, units="g")
    name = ["rest", "walk"][result.predictions["class"][1]]
    assert f"{name} {100 * result.predictions['probability'][1]:.0f} %\nlogit of {name}" in texts_of(one)
    assert [ax.get_ylabel() for ax in one.axes[:2]] == ["arm (g)", "leg (g)"]
    for k, ax in enumerate(one.axes[:2]):
        pieces = sorted(path.vertices[1, 1] for path in ax.collections[0].get_paths())
        np.testing.assert_allclose(pieces, sorted(x[1, :, k]), rtol=1e-6)
    rows = result.plot(style="strip")
    captions = [ax.get_title(loc="left") for ax in rows.axes if ax.get_title(loc="left")]
    assert captions == [prediction_words(each) for each in result[:8]]
    assert any("8 of 10 examples" in text for text in texts_of(rows))
    folded = GradientCalculator(model).explain(x, ch_axis=-1)
    assert len(folded[0].plot(style="strip", feature_names=["arm", "leg"]).axes) == 4


def test_a_series_of_another_layer_is_drawn_alone():
    model = keras.Sequential([keras.Input((30, 2)), L.Conv1D(3, 5, name="conv"), L.Flatten(), L.Dense(1)])
    result = GradientCalculator(model, target_extractor=LayerExtractor("conv")).explain(np.ones((2, 30, 2), "float32"))
    assert [ax.get_ylabel() for ax in result[0].plot("series").axes[:3]] == ["channel 0", "channel 1", "channel 2"]


def of_all_classes(scores, probability, **known):
    """Two images of 6 x 4 pixels with a map of each of four classes, which is as strong as its number says."""
    maps = np.stack([[np.full((6, 4), k + 1.0) for k in range(4)]] * 2)
    predicted = {"class": np.argmax(scores, 1), "probability": probability}
    axes = ("example", "class", "height", "width")
    known = {"predictions": predicted, "class_names": ["ant", "bee", "cat", "dog"], "kind": "image", **known}
    return Saliency(maps, axes=axes, scores=scores, inputs=np.zeros((2, 6, 4, 3), np.uint8), **known)


def titles(figure):
    return [ax.get_title().replace("\n", " ") for ax in figure.axes]


def test_all_classes_are_a_grid_of_the_highest_named_with_their_probabilities():
    logits = np.log([[0.1, 0.6, 0.05, 0.25], [0.7, 0.05, 0.05, 0.2]]) + 3
    result = of_all_classes(logits, [0.6, 0.7])
    assert titles(result[0].plot(top=3)) == ["input", "bee 60 %", "dog 25 %", "ant 10 %"]
    both = result.plot(top=2)
    assert titles(both) == ["input", "bee 60 %", "dog 25 %", "input", "ant 70 %", "dog 20 %"]
    assert [ax.get_ylabel() for ax in both.axes if ax.get_ylabel()] == ["bee 60 %", "ant 70 %"]


def test_maps_of_all_classes_share_one_scale_over_the_photograph():
    result = of_all_classes([[1.0, 0.0, 0.0, 2.0]] * 2, [0.9, 0.9])
    shown = [np.asarray(ax.images[0].get_array()) for ax in result[0].plot(top=2, alpha=1.0, cmap="gray").axes]
    assert [int(picture[0, 0, 0]) for picture in shown] == [
        0,
        255,
        round(255 / 16),
    ]  # class 3 is 4 of 4, class 0 is 1 of 4


def test_classes_without_probabilities_have_their_scores():
    sigmoid = of_all_classes([[2.0, -1.0, 0.0, 1.0]] * 2, [1 / (1 + np.exp(-2.0))] * 2)
    assert titles(sigmoid[0].plot(top=2))[1:] == ["ant 88 %", "dog 73 %"]
    other = of_all_classes([[2.0, -1.0, 0.0, 1.0]] * 2, [0.123] * 2)
    assert titles(other[0].plot(top=2))[1:] == ["ant, score 2", "dog, score 1"]
    with pytest.raises(ValueError, match="top=0"):
        other.plot(top=0)


def test_a_model_with_score_all_draws_its_classes():
    model = keras.Sequential([keras.Input((9, 7, 3)), L.Conv2D(3, 2), L.GlobalMaxPooling2D(), L.Dense(3, "softmax")])
    x = np.random.default_rng(0).random((2, 9, 7, 3)).astype("float32")
    result = GradientCalculator(model, score="all").explain(x, class_names=["ant", "bee", "cat"])
    found = titles(result[0].plot())
    wanted = {
        f"{name} {100 * p:.0f} %" for name, p in zip(["ant", "bee", "cat"], model.predict(x, verbose=0)[0], strict=True)
    }
    assert found[0] == "input" and set(found[1:]) == wanted


def test_every_class_of_a_text_is_a_line():
    """The likeliest on top, on one scale; several texts are refused, and the way out goes."""
    result = Saliency(
        np.arange(24.0).reshape(2, 4, 3) - 12,
        scores=np.log([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]]),
        axes=("example", "class", "token"),
        tokens=[["not", "bad", None], ["good", "film", ""]],
        kind="text",
        predictions={"class": [3, 0], "probability": [0.4, 0.7]},
        class_names=["a", "b", "c", "d"],
        score_name="logit of each class",
    )
    words = [text.get_text() for text in result[0].plot(top=2).axes[0].texts]
    assert words == ["d 40 %", "not", "bad", "c 30 %", "not", "bad"]
    with pytest.raises(ValueError, match=r"Draw one of them, result\[0\].plot\(\), or explain with score=3"):
        result.plot()
