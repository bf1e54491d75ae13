"""Comparisons: a planted loser is found, equal recipes are not told apart, intervals and costs."""

import keras
import numpy as np
import pytest
from three_parts import refused

from kerasal import Calculator, IntegratedGradientsCalculator, Recipe, metrics, recipes
from kerasal._engine.pace import Progress
from kerasal.metrics import (
    Complexity,
    Deletion,
    Infidelity,
    Insertion,
    MaxSensitivity,
    RandomizationCheck,
    SensitivityN,
    compare,
)
from kerasal.metrics.differences import differences_of, holm

RNG = np.random.default_rng(0)
X = RNG.random((40, 8, 6, 2)).astype("float32")


def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 6, 2)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


class WrongCalculator(Calculator):
    """Minus the gradient × input."""

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: -target * found.gradient)


def test_the_planted_loser_is_found_and_twins_are_not_told_apart():
    model = network()
    recipes_of = {
        "loser": Recipe(WrongCalculator, ch_axis=-1),
        "one": recipes.gradient_times_input(ch_axis=-1),
        "twin": recipes.gradient_times_input(ch_axis=-1),
    }
    mask = np.zeros((8, 6), bool)
    mask[2:5, 1:4] = True
    measures = [
        Deletion(model),
        Insertion(model),
        Complexity(),
        lambda recipe: MaxSensitivity(model, recipe, samples=2),
    ]
    found = compare(model, X, recipes_of, measures, masks=mask)
    assert list(found.measurements)[4:] == ["RelevanceMass", "RelevanceRank", "RocAuc", "PointingGame"]
    told = {(each.measure, each.first, each.second): each for each in found.differences}
    for measure in ("Deletion, fill 0.0", "Insertion, fill 0.0"):
        assert told[measure, "loser", "one"].verdict == "worse" and found.best(measure) == ["one", "twin"]
        assert told[measure, "one", "twin"].verdict == "cannot tell"
        difference = found.measurements[measure]["loser"].values - found.measurements[measure]["one"].values
        assert np.isclose(told[measure, "loser", "one"].mean, difference.mean())
    assert told["Complexity", "loser", "one"].verdict == "cannot tell"  # the same but for the sign
    assert found.costs["one"].passes == 1 and found.costs["one"].seconds > 0
    assert any("one fill only" in note for note in found.notes)
    frame = found.to_frame()
    assert frame.shape == (24, 7) and frame["recipe"].nunique() == 3
    assert "among the best" in repr(found) and "passes an example" in repr(found)


def test_fills_that_disagree_are_told():
    model = network()

    class ByFill(Calculator):
        """What a fill of .5 finds."""

        def attribution(self, score, target, at):
            return score.differentiate(target, lambda found: (target - 0.5) * found.gradient)

    both = {"from 0": recipes.gradient_times_input(), "from .5": Recipe(ByFill)}
    found = compare(model, X, both, [Deletion(model), Deletion(model, fill=0.5)])
    assert found.notes == ["Deletion: fills disagree on from 0 and from .5."]


def test_intervals_cover_and_equal_recipes_are_rarely_told_apart():
    wrong = covered = 0
    for trial in range(200):
        rng = np.random.default_rng(trial)
        of_example, step = 3 * rng.normal(size=(100, 1)), np.array([0.0, 0.0])
        values = of_example + rng.normal(size=(100, 2)) + step
        (found,) = differences_of("m", {"a": values[:, 0], "b": values[:, 1]}, higher_is_better=True, seed=trial)
        wrong += found.verdict != "cannot tell"
        covered += found.low <= 0 <= found.high
        assert np.isclose(found.mean, np.mean(values[:, 0] - values[:, 1]))
        expected = 1.96 * np.std(values[:, 0] - values[:, 1], ddof=1) / 10  # by the normal distribution
        assert np.isclose(found.high - found.low, 2 * expected, rtol=0.1)
    assert wrong <= 14 and covered >= 186  # 93 %


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06]
    assert holm([0.5, 0.9]) == [1.0, 1.0]


def test_few_examples_tell_nothing():
    values = {"a": np.array([1.0, 2.0, 3.0, 4.5]), "b": np.zeros(4)}  # alike in four signs: one of eight by chance
    (found,) = differences_of("m", values, higher_is_better=True)
    assert (found.p, found.verdict) == (0.125, "cannot tell")
    (found,) = differences_of("m", {name: np.tile(each, 2) for name, each in values.items()}, higher_is_better=True)
    assert found.p == 2**-7 and found.verdict == "better"


def test_a_difference_in_a_known_direction():
    values = {"a": np.arange(50.0), "b": np.arange(50.0) + 1 + 0.1 * np.sin(np.arange(50))}
    assert differences_of("m", values, higher_is_better=True)[0].verdict == "worse"
    assert differences_of("m", values, higher_is_better=False)[0].verdict == "better"
    assert differences_of("m", values, higher_is_better=None)[0].verdict == "cannot tell"
    assert "is worse than" in str(differences_of("m", values, higher_is_better=True)[0])


def test_pictures(tmp_path):
    model = network()
    found = compare(
        model, X[:6], {"a": recipes.vanilla(), "b": recipes.smooth_grad(M=3)}, [Deletion(model), Complexity()]
    )
    figure = found.plot(tmp_path / "all.png")
    panels = [ax for ax in figure.axes if ax.get_title()]
    assert [ax.get_title() for ax in panels] == ["Deletion, fill 0.0", "Complexity", "Cost of one explanation of all"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["a", "b"]
    assert (tmp_path / "all.png").stat().st_size > 10_000
    curve = found.measurements["Deletion, fill 0.0"]["a"].plot().axes[0]
    assert (
        curve.get_xlabel() == "share hidden, most salient first"
        and curve.get_ylabel() == "output of the predicted class"
    )
    assert np.allclose(curve.lines[6].get_ydata(), found.measurements["Deletion, fill 0.0"]["a"].curve.mean)
    values = found.measurements["Complexity"]["a"].plot().axes[0]
    assert "nats" in values.get_ylabel()


class CountedCalculator(Calculator):
    """The gradient, with what it was asked to explain."""

    asked = ()
    fails = False

    def explain(self, x, *args, **kwargs):
        type(self).asked += (len(x),)
        if type(self).fails and len(x) > 2:
            raise KeyboardInterrupt
        return super().explain(x, *args, **kwargs)

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: found.gradient)


def test_two_examples_are_traced_and_all_explained_once(monkeypatch):
    model = network()
    monkeypatch.setattr(CountedCalculator, "asked", ())
    of_each = {"a": Recipe(CountedCalculator), "b": Recipe(CountedCalculator, score=[0, 1, 2, 0, 1] * 8)}
    found = compare(model, X, of_each, [Complexity()])
    assert CountedCalculator.asked == (
        2,
        40,
        2,
        40,
        40,
    )  # a class for each example: two are refused, and all are explained twice
    alone = CountedCalculator(model).explain(X)
    np.testing.assert_allclose(found.saliencies["a"].values, alone.values)


def test_progress_has_a_line_for_each_measure(capsys):
    model = network()
    both = {"a": recipes.vanilla(ch_axis=-1), "b": recipes.gradient_times_input(ch_axis=-1)}
    measures = [Deletion(model), lambda recipe: MaxSensitivity(model, recipe, samples=2)]
    compare(model, X[:5], both, measures, show_progress=True)
    done = [line for line in capsys.readouterr().out.splitlines() if "2/2" in line]
    for words in ("recipe explained", "recipe by Deletion, fill 0.0", "recipe by MaxSensitivity, radius 0.02"):
        assert any(words in line for line in done)
    compare(model, X[:5], both, measures)
    assert not capsys.readouterr().out


def test_every_measure_takes_the_same_arguments(capsys):
    model, x = network(), np.random.default_rng(0).random((3, 8, 6, 2))
    maps = IntegratedGradientsCalculator(model, steps=4).explain(x)
    mask, recipe = np.ones((8, 6, 2), bool), recipes.vanilla()
    mask[0] = False
    from_mask = [getattr(metrics, name)(mask) for name in ("PointingGame", "RelevanceMass", "RocAuc")]
    short = [Infidelity(model, samples=4), SensitivityN(model, samples=4)]
    slow = [MaxSensitivity(model, recipe, samples=2), RandomizationCheck(model, recipe)]
    shown = [Deletion(model), Insertion(model), *short, *slow]
    silent = [Complexity(), metrics.Sparseness(), metrics.Completeness(), *from_mask]
    for measure in shown + silent:
        found = measure(x, maps, None, batch_size=2, seed=1, show_progress=True)
        assert len(found) == 3 and bool(capsys.readouterr().out) == (measure in shown)


def test_an_interruption_leaves_the_model_as_it_was(monkeypatch):
    model = network()
    before = model.get_weights()
    monkeypatch.setattr(CountedCalculator, "fails", True)
    with pytest.raises(KeyboardInterrupt):
        compare(model, X, {"a": recipes.vanilla(), "b": Recipe(CountedCalculator)}, [Complexity()])
    monkeypatch.setattr(Progress, "add", lambda self, units: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        RandomizationCheck(model, recipes.vanilla())(X[:3], show_progress=True)
    for now, was in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, was)


def test_errors():
    model = network()
    with refused("two recipes"):
        compare(model, X, [recipes.vanilla()], [Complexity()])
    with refused("Recipe", "vanilla"):
        compare(model, X, {"a": "vanilla", "b": recipes.vanilla()}, [Complexity()])
    with refused("twice"):
        compare(model, X, [recipes.vanilla(), recipes.vanilla()], [Complexity()])
    with refused("different names"):
        compare(model, X, {"a": recipes.vanilla(), "b": recipes.vanilla()}, [Complexity(), Complexity()])
    with refused("function"):
        compare(model, X, {"a": recipes.vanilla(), "b": recipes.vanilla()}, ["Deletion"])
