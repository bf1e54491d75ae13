"""Keywords of other packages are met with the one that is meant here, wherever they are given."""

import importlib
import importlib.util
import inspect

import keras
import numpy as np
import pytest
from keras import layers as L

from kerasal import (
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    LIMECalculator,
    OcclusionCalculator,
    Recipe,
    RISECalculator,
    RolloutCalculator,
    SaliencyLogger,
    ShapleyCalculator,
    XRAICalculator,
    recipes,
    samplers,
)
from kerasal._vocabulary import _ELSEWHERE
from kerasal.visualizers import ImageVisualizer, TableVisualizer

ROOMS = [
    "",
    "metrics",
    "recipes",
    "scores",
    "visualizers",
    "callbacks",
    "activation_maximization",
    "summary",
    "concepts",
]
ROOMS += ["activation_maximization.presets", *(["molecules"] if importlib.util.find_spec("rdkit") else [])]
MADE_BY_US = {
    "ConceptScores",
    "Cost",
    "Curve",
    "Measurement",
    "Moment",
    "OptimizedInputs",
    "Pass",
    "one_per_row",
    "resolve",
}  # results
METHODS = {  # called by users; all others are called by the engine, by position
    "Calculator": ["aggregate", "compute", "explain"],
    "ActivationMaximizer": ["maximize"],
    "Comparison": ["best", "plot"],
    "ConceptScores": ["plot"],
    "Measurement": ["plot"],
    "Recipe": ["build", "explain", "to_json"],
    "Saliency": ["plot", "save"],
    "TCAV": ["explain"],
    "TextVisualizer": ["html"],
}
ASKED = {  # of Captum, SHAP, tf-keras-vis, Keras
    "n_samples": "M",
    "n_steps": "steps",
    "class_index": "score",
    "layer_name": "target_extractor",
    "stdev": "scale",
    "filename": "save_filepath",
}


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((5,), dtype="int32", name="words")
    embedded = L.Embedding(9, 4, name="embed")(inputs)
    return keras.Model(inputs, L.Dense(2, "softmax")(L.GlobalAveragePooling1D()(embedded)))


MEANT = [
    (GradientCalculator, "class_index", "score"),
    (GradientCalculator, "layer_name", "target_extractor"),
    (GradientCalculator, "targt_extractor", "target_extractor"),
    (IntegratedGradientsCalculator, "n_steps", "steps"),
    (IntegratedGradientsCalculator, "baselines", "baseline"),
    (OcclusionCalculator, "patch_size", "size"),
    (OcclusionCalculator, "sliding_window_shapes", "size"),
    (OcclusionCalculator, "strides", "stride"),
    (ShapleyCalculator, "feature_mask", "groups"),
    (ShapleyCalculator, "baselines", "fill"),
    (RISECalculator, "n_masks", "masks"),
    (LIMECalculator, "segmentation_fn", "groups"),
    (RolloutCalculator, "head_fusion", "heads"),
    (XRAICalculator, "segmentation_fn", "segments"),
    (XRAICalculator, "area_threshold", "coverage"),
]


@pytest.mark.parametrize("kind, name, meant", MEANT)
def test_of_a_calculator_and_of_a_recipe(kind, name, meant, model):
    for make in (lambda: kind(model, **{name: 1}), lambda: Recipe(kind, **{name: 1})):
        with pytest.raises(TypeError, match=f"Received: '{name}'.* Did you mean '{meant}'"):
            make()


@pytest.mark.parametrize(
    "name, meant",
    [("n_samples", "M"), ("nt_samples", "M"), ("internal_batch_size", "batch_size"), ("random_state", "seed")],
)
def test_of_a_call(name, meant, model):
    calc = GradientCalculator(model, target_extractor="embed")
    for call in (calc.explain, calc.compute):
        with pytest.raises(TypeError, match=f"Did you mean '{meant}'"):
            call(np.ones((2, 5), "int32"), **{name: 3})


def test_of_pictures_and_the_logger(tmp_path):
    with pytest.raises(TypeError, match="ImageVisualizer.visualize takes .*Did you mean 'save_filepath'"):
        ImageVisualizer().visualize(np.ones((3, 4)), filename="a.png")
    with pytest.raises(TypeError, match="Did you mean 'num_visualize'"):
        TableVisualizer().visualize([1.0, 2.0], max_display=1)
    with pytest.raises(TypeError, match="SaliencyLogger takes .*Did you mean 'M'"):
        SaliencyLogger(tmp_path, np.ones((2, 3)), n_samples=3)


def test_what_nobody_means_is_to_be_left_out(model):
    with pytest.raises(TypeError, match="Received: 'zebra'. Leave it out"):
        GradientCalculator(model, zebra=1)


def test_a_target_by_its_name(model):
    x = np.arange(10).reshape(2, 5) % 9
    by_name = GradientCalculator(model, target_extractor="embed")
    assert by_name.target == LayerExtractor("embed")
    expected = GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(x)
    np.testing.assert_array_equal(by_name.explain(x).values, expected.values)
    assert OcclusionCalculator(model, target_extractor="words").target == InputExtractor("words")
    of_layer = GradientCalculator(model, target_extractor=model.get_layer("embed"))
    np.testing.assert_array_equal(of_layer.explain(x).values, expected.values)
    assert GradientCalculator(model, target_extractor=["embed"]).explain(x)[0].shape == (2, 5, 4)
    with pytest.raises(ValueError, match="Did you mean 'embed'"):
        GradientCalculator(model, target_extractor="embd")


def public_callables():
    """Yield (words, callable, keywords it takes, arguments before them) of all that users call, each once."""
    met = set()
    for room in ROOMS:
        module = importlib.import_module(f"kerasal.{room}".rstrip("."))
        own = [name for name, each in vars(module).items() if getattr(each, "__module__", "") == module.__name__]
        for name in getattr(module, "__all__", own):
            each = getattr(module, name)
            if name.startswith("_") or inspect.ismodule(each) or not callable(each) or id(each) in met:
                continue
            met.add(id(each))
            methods = METHODS.get(name, []) + [key for key in dir(each) if key.startswith("visualize")]
            for method in methods:
                function = inspect.getattr_static(each, method)
                yield f"{name}.{method}", function, inspect.signature(function).parameters, [None]
            if name not in MADE_BY_US and not inspect.isabstract(each):
                takes = inspect.signature(each.__init__ if inspect.isclass(each) else each).parameters
                yield name, each, takes, []


CALLABLES = {words: rest for words, *rest in public_callables()}


@pytest.mark.parametrize("words", CALLABLES)
def test_of_everything_that_is_public(words):
    """Other packages' words are met with the one that is meant, and what nobody means is refused in words too."""
    function, takes, before = CALLABLES[words]
    hands_on = any(each.kind is each.VAR_KEYWORD for each in takes.values())
    for ours in takes:
        for theirs in _ELSEWHERE.get(ours, ()):
            if theirs not in takes:
                with pytest.raises(TypeError, match=f"takes the keywords .*Received: '{theirs}'. Did you mean '"):
                    function(*before, **{theirs: 1})
    for theirs, ours in ASKED.items():
        ours = "layer" if ours == "target_extractor" and "layer" in takes else ours  # a map is of a layer there
        if ours in takes and theirs not in takes:
            with pytest.raises(TypeError, match=f"Received: '{theirs}'. Did you mean '{ours}'"):
                function(*before, **{theirs: 1})
    if not hands_on:
        with pytest.raises(TypeError, match="takes (the keywords .*|no keywords). Received: 'zebra_crossing'. "):
            function(*before, zebra_crossing=1)


def test_where_keywords_are_handed_on(model, tmp_path):
    result = GradientCalculator(model, target_extractor="embed").explain(np.ones((2, 5), "int32"))
    with pytest.raises(TypeError, match="Did you mean 'save_filepath'"):
        result[0].plot(filename=tmp_path / "a.png")
    with pytest.raises(TypeError, match="smooth_grad takes .*Received: 'stdev'. Did you mean 'scale'"):
        recipes.smooth_grad(stdev=0.1)
    with pytest.raises(TypeError, match="Did you mean 'size'"):
        recipes.occlusion(patch_size=3)
    with pytest.raises(TypeError, match="Did you mean 'background'"):
        recipes.expected_gradients(baselines=np.zeros((2, 3)))
    with pytest.raises(TypeError, match="Did you mean 'M'"):
        recipes.vanilla(n_samples=3)
    with pytest.raises(TypeError, match="explain takes .*Received: 'inputs'. Did you mean 'x'"):
        GradientCalculator(model).explain(inputs=np.ones((2, 5), "int32"))


@pytest.mark.parametrize("kind", [samplers.GaussianNoiseSampler, samplers.UniformNoiseSampler])
def test_noise_by_its_scale(kind):
    """The scale comes first; the order of 0.1, mode first, is understood and warned of."""
    assert kind(0.3) == kind(scale=0.3) and kind(0.3).mode == "relative" and kind(0.3, "absolute").mode == "absolute"
    for old in (lambda: kind("absolute", 0.3), lambda: kind("absolute", scale=0.3)):
        with pytest.warns(DeprecationWarning, match="takes scale first") as warned:
            assert old() == kind(scale=0.3, mode="absolute")
        assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning):
        assert kind("absolute", 0.3, 1, clip=(0, 1)) == kind(0.3, "absolute", 1, clip=(0, 1))
    with pytest.raises(ValueError, match="scale is a positive number"):
        kind("gaussian")
    for theirs in ("stdev", "sigma", "stddev", "noise_level"):
        with pytest.raises(TypeError, match=f"{kind.__name__} takes .*Did you mean 'scale'"):
            kind(**{theirs: 0.3})


def test_a_sampler_of_ones_own_has_its_own_order():
    class Named(samplers.NoiseSampler):
        def __init__(self, name, **settings):
            super().__init__(**settings)
            object.__setattr__(self, "name", name)

    assert Named("speckle", scale=0.2).name == "speckle"
    with pytest.raises(TypeError, match="Did you mean 'scale'"):
        samplers.NoiseSampler(stdev=1)
