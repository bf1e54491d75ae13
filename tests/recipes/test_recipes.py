"""A recipe is a value: equal where it explains alike, the same after JSON, and explains as its calculator does."""

import copy
import dataclasses
import functools
import json
import pickle
import re
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

import kerasal
from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    InputExtractor,
    LayerExtractor,
    Recipe,
    UniformNoiseSampler,
    recipes,
    scores,
)

L = keras.layers
IMAGES = np.random.default_rng(0).random((2, 6, 5, 2), "float32")

NAMED = {
    "vanilla": lambda: recipes.vanilla(),
    "gradient_times_input": lambda: recipes.gradient_times_input(),
    "smooth_grad": lambda: recipes.smooth_grad(M=3),
    "square_grad": lambda: recipes.square_grad(M=3, scale=[0.1, 0.3]),
    "var_grad": lambda: recipes.var_grad(M=3, scale=np.array([0.1, 0.3], "float32")),
    "bayes_grad": lambda: recipes.bayes_grad(M=3),
    "bayes_smooth_grad": lambda: recipes.bayes_smooth_grad(M=3),
    "guided_backprop": lambda: recipes.guided_backprop(),
    "deconvnet": lambda: recipes.deconvnet(),
    "integrated_gradients": lambda: recipes.integrated_gradients(steps=5),
    "expected_gradients": lambda: recipes.expected_gradients(IMAGES / 2, M=3, steps=4),
    "deep_lift": lambda: recipes.deep_lift(baseline=0.2),
    "lrp": lambda: recipes.lrp(),
    "occlusion": lambda: recipes.occlusion((2, 3), stride=2),
    "shapley": lambda: recipes.shapley(size=2, M=3, exact_up_to=0),
    "rise": lambda: recipes.rise(grid=2, M=3),
    "lime": lambda: recipes.lime(size=2, M=3, perturbations=20),
    "xrai": lambda: recipes.xrai(np.arange(30).reshape(6, 5) // 8, steps=4),
    "grad_cam": lambda: recipes.grad_cam(),
    "grad_cam_plus_plus": lambda: recipes.grad_cam_plus_plus(),
    "layer_cam": lambda: recipes.layer_cam(),
    "score_cam": lambda: recipes.score_cam(),
    "conductance": lambda: recipes.conductance("conv", steps=4),
    "internal_influence": lambda: recipes.internal_influence("conv", steps=4),
    "temporal_rescaling": lambda: recipes.temporal_rescaling(fill="mean"),
    "full_grad": lambda: recipes.full_grad(psi="signed"),
    "attention_rollout": lambda: recipes.attention_rollout(heads="max", row=0),
    "gradient_rollout": lambda: recipes.gradient_rollout(row="mean", train=True, M=2),
}


def make_model():
    body = [L.Conv2D(3, 2, activation="relu", name="conv"), L.Dropout(0.3), L.GlobalAveragePooling2D(), L.Dense(3)]
    return keras.Sequential([keras.Input((6, 5, 2)), *body])


def model_for(name):
    """A network that a recipe is for: of pictures, with attention between their places where that is followed."""
    if "rollout" not in name:
        return make_model()
    inputs = keras.Input((6, 5, 2))
    x = L.Reshape((30, 3))(L.Conv2D(3, 1, name="conv")(inputs))
    x = L.Dropout(0.3)(L.Add()([x, L.MultiHeadAttention(2, 3)(x, x)]))
    return keras.Model(inputs, L.Dense(3)(L.GlobalAveragePooling1D()(x)))


def first_output(outputs):
    return outputs[:, 0]


@dataclasses.dataclass(frozen=True)
class Thing:
    """A setting of a user's own."""

    array: Any
    parts: Any = ()
    twice: Any = dataclasses.field(init=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "twice", (self.array, self.array))


@dataclasses.dataclass
class Changeable:
    number: int = 0


class Gentle(GaussianNoiseSampler):
    """A sampler of a user's own, with the settings of its base."""

    def place(self, target, spread, drawn):
        return super().place(target, spread / 2, drawn)


class Sized(GaussianNoiseSampler):
    """A sampler whose settings are not its fields."""

    def __init__(self, size):
        super().__init__(scale=size / 10)
        object.__setattr__(self, "size", size)


class Powered(GradientCalculator):
    """A calculator of a user's own, which passes the keywords it does not know on."""

    def __init__(self, model, power=2.0, thing=None, **keywords):
        super().__init__(model, **keywords)
        self.power, self.thing = power, thing

    def of_gradient(self, target, gradient, extractor):
        return super().of_gradient(target, gradient, extractor) ** self.power


def again(recipe):
    """A recipe after JSON."""
    return Recipe.from_json(recipe.to_json())


def test_there_is_a_recipe_for_every_name():
    assert {*NAMED, "Recipe"} == set(recipes.__all__)
    calculators = {name for name in kerasal.__all__ if name.endswith("Calculator")} - {"Calculator"}
    assert {make().calculator for make in NAMED.values()} == calculators


@pytest.mark.parametrize("name", NAMED)
def test_named_recipe_is_the_same_after_json(name):
    recipe = NAMED[name]()
    assert again(recipe) == recipe == NAMED[name]()
    assert again(recipe).to_json() == recipe.to_json() == NAMED[name]().to_json()
    assert again(recipe).settings.keys() == recipe.settings.keys()
    assert again(recipe).arguments.keys() == recipe.arguments.keys()
    assert hash(again(recipe)) == hash(recipe)


@pytest.mark.parametrize("name", NAMED)
def test_named_recipe_explains_as_its_calculator(name):
    model, recipe = model_for(name), NAMED[name]()
    calculator = getattr(kerasal, recipe.calculator)(model, **recipe.settings)
    expected = calculator.explain(IMAGES, **recipe.arguments)
    for found in (recipe.explain(model, IMAGES), again(recipe).explain(model, IMAGES)):
        for part in ("values", "std", "scores", "completeness_gap"):
            np.testing.assert_array_equal(getattr(found, part), getattr(expected, part))
        assert found.M == expected.M and found.recipe == recipe


def test_a_loaded_result_is_made_again(tmp_path):
    model = make_model()
    recipe = recipes.bayes_smooth_grad(
        M=3, score=scores.Unit("conv", 1), target_extractor=LayerExtractor("conv"), seed=7
    )
    recipe.explain(model, IMAGES).save(tmp_path / "map.npz")
    loaded = kerasal.Saliency.load(tmp_path / "map.npz")
    assert loaded.recipe == recipe
    np.testing.assert_array_equal(loaded.recipe.explain(model, IMAGES).values, loaded.values)


@pytest.mark.parametrize("name", NAMED)
def test_named_recipe_passes_settings_on(name):
    given = dict(score=1, target_extractor=InputExtractor(0), ch_axis=-1, method="abs", M=4, seed=3)
    required = {
        "expected_gradients": (IMAGES,),
        "occlusion": (2,),
        "conductance": ("conv",),
        "internal_influence": ("conv",),
    }
    recipe = getattr(recipes, name)(*required.get(name, ()), **given)
    assert {key: recipe[key] for key in given} == given
    assert recipe.settings["score"] == 1 and recipe.arguments["method"] == "abs"


def test_settings_of_a_named_recipe_give_way():
    noise = UniformNoiseSampler()
    assert recipes.smooth_grad(noise_sampler=noise)["noise_sampler"] is noise
    assert recipes.square_grad(method="abs") == recipes.smooth_grad(method="abs")
    assert recipes.gradient_times_input(multiply_target=False) == recipes.vanilla()
    assert recipes.bayes_grad(train={"conv": 0.5})["train"] == {"conv": 0.5}
    averaged = kerasal.Background(IMAGES)
    assert recipes.expected_gradients(averaged)["baseline"] is averaged
    assert recipes.expected_gradients(IMAGES)["baseline"].drawn


def test_keywords_are_sorted_by_who_takes_them():
    recipe = Recipe("GradientCalculator", M=50, relu_rule="guided", method="abs", score=3)
    assert recipe.calculator == "GradientCalculator"
    assert dict(recipe.settings) == {"score": 3, "relu_rule": "guided"}
    assert dict(recipe.arguments) == {"M": 50, "method": "abs"}
    assert recipe["M"] == 50 and "M" in recipe and "relu_rule" in recipe
    assert recipe["ch_reduce"] == "sum" and "ch_reduce" not in recipe and "nonsense" not in recipe
    with pytest.raises(KeyError, match="keywords of its calculator. Received: 'ch_redcue'.*mean 'ch_reduce'"):
        recipe["ch_redcue"]


def test_a_calculator_builds_and_takes_y():
    model = make_model()
    recipe = Recipe(GradientCalculator, score=scores.Label(), multiply_target=True)
    built = recipe.build(model)
    assert type(built) is GradientCalculator and built.model is model and built.multiply_target
    found = recipe.explain(model, IMAGES, [2, 0])
    np.testing.assert_array_equal(found.values, built.explain(IMAGES, [2, 0]).values)
    with refused("y="):
        recipe.explain(model, IMAGES)


SAME = [
    (Recipe("GradientCalculator"), Recipe(GradientCalculator, score=None, M=None, train=False, logits=True, seed=0)),
    (Recipe("OcclusionCalculator", fill=0), Recipe("OcclusionCalculator", fill=0.0, size=1)),
    (Recipe("OcclusionCalculator", fill=IMAGES), Recipe("OcclusionCalculator", fill=IMAGES.astype("float64"))),
    (Recipe("OcclusionCalculator", fill=IMAGES), Recipe("OcclusionCalculator", fill=tf.constant(IMAGES))),
    (Recipe(Powered, thing=Thing(IMAGES, (1,))), Recipe(Powered, thing=Thing(IMAGES.copy(), (1,)))),
    (Recipe(Powered, thing={"a": [IMAGES], "b": 1}), Recipe(Powered, thing={"b": 1, "a": [IMAGES.copy()]})),
    (Recipe(Powered, thing=first_output), Recipe(Powered, power=2.0, thing=first_output)),
]
DIFFERENT = [
    (Recipe("GradientCalculator"), Recipe("GradientCalculator", M=1)),
    (Recipe("GradCAMCalculator"), Recipe("LayerCAMCalculator")),
    (Recipe("GradientCalculator"), Recipe(Powered)),
    (Recipe("GradientCalculator", score=1), Recipe("GradientCalculator", score=True)),
    (Recipe("GradientCalculator", train=True), Recipe("GradientCalculator", train=1)),
    (Recipe("OcclusionCalculator", size=(2, 2)), Recipe("OcclusionCalculator", size=[2, 2])),
    (Recipe("OcclusionCalculator", fill=IMAGES), Recipe("OcclusionCalculator", fill=IMAGES[:1])),
    (Recipe("OcclusionCalculator", fill=IMAGES[0]), Recipe("OcclusionCalculator", fill=IMAGES[0] + 1)),
    (Recipe(Powered, thing=Thing(IMAGES)), Recipe(Powered, thing=Thing(IMAGES + 1))),
    (Recipe(Powered, thing=Gentle()), Recipe(Powered, thing=GaussianNoiseSampler())),
    (Recipe(Powered, thing=Sized(2)), Recipe(Powered, thing=Sized(3))),
    (Recipe(Powered, thing=[IMAGES]), Recipe(Powered, thing=[IMAGES, IMAGES])),
    (Recipe("GradientCalculator"), "GradientCalculator"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_recipes_that_explain_alike_are_equal(one, other):
    assert one == other and other == one and hash(one) == hash(other)
    assert again(one) == other


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_recipes_that_differ_are_not(one, other):
    assert one != other and other != one


def test_a_recipe_does_not_change():
    scale, classes = np.array([0.1, 0.2]), [1, 0]
    recipe = Recipe(Powered, thing=scale, score=classes)
    scale[0], classes[0] = 9, 9
    recipe["score"].append(2)
    recipe.settings["score"].append(2)
    assert recipe["score"] == [1, 0] and recipe["thing"].tolist() == [0.1, 0.2]
    with pytest.raises(ValueError, match="read-only"):
        recipe["thing"][0] = 9
    with pytest.raises(TypeError):
        recipe.settings["score"] = 3
    with pytest.raises(AttributeError, match="does not change. Received: calculator = 'x'.*replace"):
        recipe.calculator = "x"
    with pytest.raises(AttributeError, match="does not change"):
        del recipe._settings


def test_replace_leaves_the_original():
    recipe = recipes.smooth_grad(M=5)
    assert recipe.replace(M=7, score=2) == recipes.smooth_grad(M=7, score=2) and recipe["M"] == 5
    assert recipe.replace(M=None, noise_sampler=None) == recipes.vanilla()
    assert recipes.vanilla(score=1).replace(calculator=Powered, power=1.0) == Recipe(Powered, power=1.0, score=1)
    with pytest.raises(TypeError, match="Received: 'power', which is none of them"):
        recipe.replace(power=3)


def test_copies_are_equal():
    recipe = Recipe(Powered, thing=Thing(IMAGES), score=[1, 2])
    for other in (copy.copy(recipe), pickle.loads(pickle.dumps(recipe))):
        assert other == recipe and other is not recipe
    assert copy.deepcopy(recipe) is recipe  # which does not change


def test_repr_evaluates():
    recipe = Recipe(
        Powered,
        thing=Thing([0.5], (1,)),
        score=first_output,
        target_extractor=LayerExtractor("conv"),
        train={"conv": 0.5},
    )
    assert repr(recipe).startswith("Recipe(Powered, thing=Thing(array=[0.5], parts=(1,), twice=")
    recipe = recipe.replace(thing=[np.array([[1.0, 2.5], [3.0, 4.0]], "float32"), (7,)])
    assert repr(recipe) == (
        "Recipe(Powered, thing=[array([[1. , 2.5], [3. , 4. ]], dtype=float32), (7,)], score=first_output, "
        "target_extractor=LayerExtractor('conv', timing='post'), train={'conv': 0.5})"
    )
    assert eval(repr(recipe), {**globals(), "array": np.array, "float32": np.float32}) == recipe
    smooth = recipes.smooth_grad(M=50)
    assert repr(smooth).startswith("Recipe('GradientCalculator', M=50, noise_sampler=GaussianNoiseSampler(")
    assert eval(repr(smooth)) == smooth


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: Recipe("GradientCalculater"), ValueError, "Received: 'GradientCalculater'. Did you mean 'GradientCal"),
        (lambda: Recipe("Calculator"), ValueError, "Received: 'Calculator'"),
        (lambda: Recipe("ImageVisualizer"), ValueError, "Received: 'ImageVisualizer'"),
        (lambda: Recipe(3), TypeError, "Received: 3. Pass e.g. 'GradientCalculator'"),
        (lambda: Recipe(GradientCalculator(make_model())), TypeError, "calculator class or its name"),
        (lambda: Recipe(Changeable), TypeError, "calculator class or its name"),
        (lambda: Recipe("GradientCalculator", chaxis=1), TypeError, "Received: 'chaxis'.*Did you mean 'ch_axis'"),
        (lambda: Recipe("GradientCalculator", steps=1), TypeError, "Received: 'steps', which is none of them"),
        (lambda: Recipe("GradientCalculator", x=IMAGES), TypeError, "'x', .* The model, x and y are given to"),
        (lambda: Recipe("ScoreCAMCalculator", relu_rule="guided"), TypeError, "Received: 'relu_rule'"),
        (lambda: recipes.vanilla(multiply=True), TypeError, "Did you mean 'multiply_target'"),
    ],
)
def test_what_is_no_recipe(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_keywords_that_are_passed_on():
    assert dict(Recipe(Powered, power=3.0, relu_rule="guided").settings) == {"power": 3.0, "relu_rule": "guided"}
    with pytest.raises(TypeError, match="keywords of Powered .*power, thing, score,.*mean 'power'"):
        Recipe(Powered, powr=3.0)

    class Both(Powered):
        def explain(self, x, y=None, power=1, **keywords):
            return super().explain(x, y, **keywords)

    assert Recipe(Both, M=3)["M"] == 3
    with pytest.raises(TypeError, match="'power', which both its constructor and its explain take"):
        Recipe(Both, power=3.0)


def test_a_calculator_of_ones_own():
    model = make_model()
    recipe = Recipe(Powered, power=3.0, score=first_output, noise_sampler=None, method="abs")
    assert recipe.calculator is Powered
    assert json.loads(recipe.to_json())["calculator"] == {"name": f"{__name__}:Powered"}
    np.testing.assert_array_equal(
        again(recipe).explain(model, IMAGES).values,
        Powered(model, 3.0, score=first_output).explain(IMAGES, method="abs").values,
    )


VALUES = [
    None,
    True,
    3,
    0.1,
    1e-300,
    "text",
    (1, (2.5, None)),
    [1, [2]],
    {"a": 1, 2: (3,), None: {"b": []}},
    {"type": "kerasal:Recipe"},
    {"lost": 1},
    np.float32(0.1),
    np.int64(-3),
    np.bool_(True),
    np.arange(6, dtype="int16").reshape(2, 3),
    np.array([0.1, -0.0, 5e-324]),
    np.array([1 + 2j], "complex64"),
    np.array(1.5, "float16"),
    np.arange(4, dtype=">u4"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.zeros((0, 3), "float32"),
    np.array([["a", "bcd"]]),
    Thing(np.array([1.0, 2.0]), parts=[Thing((0.1, "x")), {"k": np.float64(2)}]),
    first_output,
    Thing,
    tf.nn.relu,
    np.mean,
    keras.losses.MeanSquaredError,
    InputExtractor("image"),
    LayerExtractor("outer/inner", timing="pre", call=2),
    GaussianNoiseSampler([0.1, 2.0], "absolute", axis=(1, 2), clip=(0.0, 1.0), stratified=True),
    UniformNoiseSampler(scale=np.array([0.1, 0.2], "float32"), mask=np.array([True, False])),
    Gentle(scale=0.3),
    scores.Label(),
    scores.Loss(),
    scores.Margin(2, 0),
    scores.Unit("conv", 3),
    scores.Labels(),
    scores.At((2, 5), 1),
    scores.Region(2, np.eye(3) > 0),
    {"digit": scores.Unit("conv", 1, position=(0, 2)), "color": None},
    kerasal.Background(IMAGES, drawn=True),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: re.sub(r" at 0x[0-9a-f]+|\s+", " ", repr(value))[:60])
def test_a_value_is_the_same_after_json(value):
    recipe = Recipe(Powered, thing=value)
    found = again(recipe)["thing"]
    assert type(found) is type(value) and again(recipe) == recipe
    assert again(recipe).to_json() == recipe.to_json()
    if isinstance(value, (np.ndarray, np.generic)):
        assert found.dtype == value.dtype and found.shape == value.shape and found.tobytes() == value.tobytes()


def test_json_is_as_documented():
    recipe = Recipe(
        Powered,
        thing=Thing(np.array([1.0], "<f4"), (1,)),
        score=first_output,
        target_extractor=LayerExtractor("conv"),
        M=3,
    )
    module = __name__
    assert json.loads(recipe.to_json()) == {
        "kerasal.Recipe": 1,
        "calculator": {"name": f"{module}:Powered"},
        "settings": {
            "score": {"name": f"{module}:first_output"},
            "target_extractor": {
                "type": "kerasal:LayerExtractor",
                "fields": {"layer": "conv", "timing": "post", "call": None},
            },
            "thing": {
                "type": f"{module}:Thing",
                "fields": {
                    "array": {"array": {"dtype": "<f4", "shape": [1], "base64": "AACAPw=="}},
                    "parts": {"tuple": [1]},
                },
            },
        },
        "arguments": {"M": 3},
    }


def _of_main():
    of_main = lambda outputs: outputs[:, 0]
    of_main.__module__, of_main.__qualname__ = "__main__", "of_main"
    return of_main


UNWRITABLE = {  # value, words
    "lambda": (lambda: lambda outputs: outputs, "thing.*Move it into a module"),
    "method of an object": (lambda: "text".upper, "thing.*Make its class|thing.*Move it"),
    "partial": (lambda: functools.partial(first_output), "thing.*Make its class a frozen dataclass"),
    "of __main__": (_of_main, "thing.*__main__.*Move it into a module"),
    "of a closure": (lambda: Thing([lambda: 0]), r"thing\.array\[0\].*Move it into a module"),
    "instance": (object, "thing.*Make its class a frozen dataclass"),
    "dataclass with a constructor of its own": (lambda: Sized(3), "thing.*Make its class a frozen dataclass"),
    "dataclass that changes": (Changeable, "thing.*Make its class a frozen dataclass"),
    "layer": (lambda: L.Dense(3, name="fc"), "thing.*Dense.*Give the layer's path"),
    "layer of an extractor": (lambda: LayerExtractor(L.Dense(3)), r"thing\.layer.*Give the layer's path"),
    "NaN": (lambda: [1.0, float("nan")], r"thing\[1\].*nan.*finite"),
    "Inf": (lambda: {"high": float("inf")}, "thing.*high.*inf.*finite"),
    "array with NaN": (lambda: np.array([np.nan]), "thing.*float64.*replace NaN"),
    "scalar that is Inf": (lambda: np.float32(np.inf), "thing.*float32.*replace NaN"),
    "array of objects": (lambda: np.array([object()]), "thing.*dtype object"),
    "set": (lambda: {1, 2}, "thing"),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_json_cannot_hold_is_refused_by_name(name):
    make, words = UNWRITABLE[name]
    with pytest.raises(ValueError, match=f"Received: setting .{words}"):
        Recipe(Powered, thing=make()).to_json()


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_json_cannot_hold_is_lost_where_that_is_allowed(name):
    recipe = Recipe(Powered, thing=UNWRITABLE[name][0](), power=1.0, method="abs")
    text = recipe.to_json(strict=False)
    found = Recipe.from_json(text, strict=False)
    assert found["power"] == 1.0 and found["method"] == "abs" and found.to_json(strict=False) == text
    assert "lost" in repr(found) and found == Recipe.from_json(text, strict=False) != recipe
    for use in (lambda: found.explain(make_model(), IMAGES), lambda: found.build(make_model()), found.to_json):
        with refused("'thing' was", "lost", "recipe.replace(thing=...)", error=ValueError):
            use()
    assert found.replace(thing=None) == Recipe(Powered, power=1.0, method="abs")


def test_an_argument_or_calculator_that_is_lost():
    class Local(GradientCalculator):
        """A class that no other program finds."""

    lost = Recipe.from_json(recipes.vanilla(method=lambda s: s).to_json(strict=False), strict=False)
    assert isinstance(lost.build(make_model()), GradientCalculator)
    with refused("'method' was <function"):
        lost.explain(make_model(), IMAGES)
    with pytest.raises(ValueError, match="setting 'calculator'.*Local.*Move it into a module"):
        Recipe(Local).to_json()
    lost = Recipe.from_json(Recipe(Local, score=1).to_json(strict=False), strict=False)
    assert lost["score"] == 1
    with refused("'calculator' was", "Local"):
        lost.build(make_model())
    assert lost.replace(calculator="GradientCalculator") == recipes.vanilla(score=1)


def test_what_is_not_there_is_kept_as_it_was():
    """A file from a machine that has other modules goes through one that has them not."""
    text = recipes.vanilla(score=first_output).to_json().replace(__name__, "not_installed")
    with pytest.raises(ValueError, match="Received: score=.*not_installed.*ModuleNotFoundError"):
        Recipe.from_json(text)
    found = Recipe.from_json(text, strict=False)
    with refused("'score' was", "not_installed"):
        found.build(make_model())
    assert found.to_json(strict=False) == text


def _text(**changes):
    return json.dumps({**json.loads(recipes.vanilla(score=1).to_json()), **changes})


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is JSON with 'kerasal.Recipe': 1"),
        ("[1]", "is JSON with 'kerasal.Recipe': 1"),
        ("{}", "is JSON with 'kerasal.Recipe': 1"),
        ("[" * 100_000, "is JSON with 'kerasal.Recipe': 1"),
        (_text(**{"kerasal.Recipe": 2}), "Read it with the kerasal that wrote it"),
        (_text(settings=[]), "without settings or arguments"),
        (_text(settings={"score": float("nan")}), "NaN is no number of JSON"),
        (_text(calculator=None), "Received: None"),
        (_text(calculator="NoCalculator"), "Received: 'NoCalculator'"),
        (_text(calculator={"name": "os:path"}), "calculator"),
        (_text(calculator={"name": "nowhere:Mine"}), "calculator=.*nowhere"),
        (_text(settings={"colour": 1}), "'colour'.*another version"),
        (_text(settings={"score": {"name": "kerasal:nothing"}}), "score=.*kerasal:nothing"),
        (_text(settings={"score": {"name": "no module"}}), "score="),
        (_text(settings={"score": {"pickle": "gASVAAAA"}}), "score=.*pickle"),
        (_text(settings={"score": {"name": 1, "tuple": []}}), "score="),
        (
            _text(settings={"score": {"type": "os:system", "fields": {"command": "true"}}}),
            "os:system is no frozen data",
        ),
        (_text(settings={"score": {"type": f"{__name__}:Changeable", "fields": {}}}), "is no frozen dataclass"),
        (_text(settings={"score": {"type": f"{__name__}:Thing", "fields": {"no": 1}}}), "score=.*unexpected keyword"),
        (_text(settings={"score": {"array": {"dtype": "|O", "shape": [1], "base64": "AAAA"}}}), "score=.*object"),
        (_text(settings={"score": {"array": {"dtype": "<f4", "shape": [2], "base64": "AACAPw=="}}}), "score="),
        (_text(arguments={"method": {"array": {"dtype": "<f4", "shape": [1], "base64": "!"}}}), "method="),
    ],
)
def test_other_json_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        Recipe.from_json(text)


def test_a_fresh_process_explains_the_same(tmp_path):
    (tmp_path / "my_scores.py").write_text("def second(outputs):\n    return outputs[:, 1]\n")
    model = make_model()
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", IMAGES)
    text = recipes.smooth_grad(M=3, target_extractor=LayerExtractor("conv")).to_json()
    content = json.loads(text)
    content["settings"]["score"] = {"name": "my_scores:second"}
    (tmp_path / "recipe.json").write_text(json.dumps(content))
    code = """if True:
        import keras, numpy as np
        from kerasal import Recipe
        recipe = Recipe.from_json(open("recipe.json").read())
        np.save("found.npy", recipe.explain(keras.models.load_model("model.keras"), np.load("images.npy")).values)
        print(recipe.to_json())
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    assert json.loads(done.stdout) == content
    expected = recipes.smooth_grad(M=3, target_extractor=LayerExtractor("conv"), score=lambda outputs: outputs[:, 1])
    np.testing.assert_allclose(
        np.load(tmp_path / "found.npy"), expected.explain(model, IMAGES).values, rtol=1e-5, atol=1e-7
    )


def test_import_and_reading_load_no_tensorflow():
    code = """if True:
        import sys
        import kerasal.recipes
        kerasal.recipes.Recipe.from_json(sys.argv[1], strict=False)
        assert not {"tensorflow", "keras"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", code, recipes.vanilla(M=3, train=True).to_json()], check=True)
