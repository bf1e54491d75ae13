"""Every example in a docstring runs and prints what it says, and so does the README's code."""

import doctest
import importlib
import pkgutil
import re
import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kerasal

ROOT = Path(__file__).parents[1]
MODULES = [info.name for info in pkgutil.walk_packages(kerasal.__path__, "kerasal.")]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(name), optionflags=OPTIONS).failed == 0


def run_page(path, tmp_path, monkeypatch, least=4):
    """Run the Python blocks of a page one after another, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= least
    (tmp_path / "page.py").write_text("\n".join(blocks), "utf-8")
    return runpy.run_path(str(tmp_path / "page.py"))


def test_the_readme_runs_from_top_to_bottom(tmp_path, monkeypatch):
    run_page(ROOT / "README.md", tmp_path, monkeypatch)
    assert (tmp_path / "smooth.png").exists() and (tmp_path / "smooth.npz").exists()


def test_the_readme_takes_a_screen_and_a_half():
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(text.splitlines()) <= 130 and max(len(block.splitlines()) for block in blocks) <= 10


def test_the_page_of_recipes_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "recipes.md", tmp_path, monkeypatch)
    by_name = found["recipe"].explain(found["model"], found["images"])
    np.testing.assert_array_equal(by_name.values, found["smooth"].values)
    assert found["words"].explain(found["tokens"], ch_axis=-1).shape == (6, 12)


def test_the_page_of_training_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "training.md", tmp_path, monkeypatch, least=3)
    assert list(found["run"].steps) == [0, 1, 2] and found["run"].values.shape == (3, 3, 28, 20)


def test_the_page_of_first_pictures_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "first_pictures.md", tmp_path, monkeypatch, least=4)
    assert found["texts"].shape == (4,) and (tmp_path / "text.png").stat().st_size > 20_000
    assert found["result"].kind == "molecule" and (tmp_path / "molecules.png").stat().st_size > 20_000
    assert found["images"].shape == (1797, 8, 8, 1) and (tmp_path / "digits.png").stat().st_size > 20_000
    assert found["every"].shape == (1, 10, 8, 8, 1) and (tmp_path / "classes.png").stat().st_size > 20_000
    assert found["columns"].feature_values[100, 3] == "virginica" and found["of_space"].shape == (150, 6)
    assert all((tmp_path / f"{name}.png").stat().st_size > 15_000 for name in ("flower", "flowers", "columns"))
    assert found["found"].values.min() == 0 and (tmp_path / "photographs.png").stat().st_size > 100_000
    assert found["photos"].dtype == np.uint8 and (tmp_path / "beats.png").stat().st_size > 20_000
    x = found["x"]
    np.testing.assert_allclose(x[1::2, 120:132, 1].mean() - x[::2, 120:132, 1].mean(), 0.7, atol=0.01)


def test_first_pictures_take_ten_lines_or_fewer():
    page = (ROOT / "docs" / "first_pictures.md").read_text("utf-8")
    first = [
        section.split("```python\n")[1].split("```")[0] for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    ]
    counts = [sum(bool(line.strip()) for line in block.splitlines()) for block in first]
    assert counts and max(counts) <= 10


def test_the_page_of_metrics_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "metrics.md", tmp_path, monkeypatch, least=3)
    assert (
        found["found"].best("SensitivityN, fill 0.0") == ["integrated"]
        and found["check"](found["x"]).verdict == "passes"
    )
    assert (
        (tmp_path / "logs").is_dir()
        and (tmp_path / "compared.png").stat().st_size > 20_000
        and (tmp_path / "deletion.png").stat().st_size > 20_000
    )
    of_map, of_noise = (found["deletion"](found["x"], found[name]).mean for name in ("result", "noise"))
    assert of_map < of_noise - 1
    assert kerasal.metrics.RelevanceMass(found["middle"])(None, found["result"]).mean > 0.85


def test_the_page_of_serving_runs(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "serving.md", tmp_path, monkeypatch, least=2)
    right = found["classifier"].predict(found["later"], verbose=0).argmax(1) == found["y"]
    assert right.mean() > 0.9 and (tmp_path / "served").is_dir()


def test_the_page_of_data_sets_runs(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "data_sets.md", tmp_path, monkeypatch, least=1)
    assert len(found["store"]) == 2000 and found["one"].shape == (8, 6, 1) and found["statistics"].regions.count == 2000


def test_the_page_of_beam_runs(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "beam.md", tmp_path, monkeypatch, least=1)
    assert found["store"].is_complete and len(found["store"]) == 200


def test_the_page_of_which_method_runs(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "which_method.md", tmp_path, monkeypatch, least=1)
    assert set(found["tried"].costs) == {"occlusion", "integrated", "guided"} and len(found["tried"].measurements) == 2


def test_the_page_of_methods_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "methods.md", tmp_path, monkeypatch)
    assert found["result"].shape == (2, 24, 20, 3) and found["every"].shape == (2, 4, 24, 20)
    assert len(set(found["stripes"].values[0].ravel())) == 4 and found["of_features"].shape == (2, 9, 7, 8)
    assert all(map_.min() == 0 and map_.max() == 1 for map_ in found["keras_vis"])


def test_the_page_of_segmentation_and_detection_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "segmentation_and_detection.md", tmp_path, monkeypatch)
    classes = found["new_pixels"]
    on_discs, on_squares = (np.abs(found["discs"].values)[classes == kind].sum() for kind in (1, 2))
    assert on_discs > 5 * on_squares and found["labelled"].shape == found["column"].shape == (4, 32, 32, 1)
    assert np.all(found["best"] == (found["new_middles"][:, 1] // 8).astype(int) @ [4, 1])
    on_discs, on_squares = (np.abs(found["squares"].values)[classes == kind].sum() for kind in (1, 2))
    assert on_squares > 3 * on_discs and not found["last"].values[0, 4:].any()
    assert all((tmp_path / f"{name}.png").stat().st_size > 20_000 for name in ("segmentation", "detection"))


def test_the_page_of_units_and_regions_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "units_and_regions.md", tmp_path, monkeypatch, least=3)
    np.testing.assert_allclose(found["found"].values.sum(1), found["owed"], rtol=0.05)
    assert found["first"] > 2 * found["drawn"] > 0
    assert found["of_quarters"].ranks.max() == 4 and len(found["by_paper"].means[0]) > 3
    assert (tmp_path / "regions.png").stat().st_size > 15_000


def test_the_page_of_importance_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "importance.md", tmp_path, monkeypatch)
    assert found["found"].names[found["found"].values.argmax()].endswith("texture") and len(found["found"]) == 30
    assert found["means"].shape == (2, 30) and len(found["together"]) < 30 and found["of_accuracy"].base > 0.9
    assert all((tmp_path / f"{name}.png").stat().st_size > 15_000 for name in ("importance", "by_class"))


def test_the_page_of_backward_rules_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "backward_rules.md", tmp_path, monkeypatch, least=2)
    assert found["lifted"].relative_gap.max() < 1e-5 and np.abs(found["sizes"].completeness_gap).max() < 1e-3
    assert found["relevance"].values.shape == (4, 24, 20) and found["relevance"].completeness_gap.all()


def test_the_page_of_concepts_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "concepts.md", tmp_path, monkeypatch, least=2)
    assert (
        found["found"].verdicts == ("above random", "below random", "not separated") and found["found"].scores[0] > 0.95
    )
    assert (
        found["tcav"].vectors()["red"].concept.shape == (15, 16) and (tmp_path / "concepts.png").stat().st_size > 15_000
    )


def test_the_page_of_transformers_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "transformers.md", tmp_path, monkeypatch, least=3)
    rollout, weighed, words = found["rollout"], found["weighed"], found["words"][:5]
    assert rollout.about["row"] == "mean of all tokens that are not masked" and np.all(rollout.values[words == 0] == 0)
    np.testing.assert_allclose(rollout.values.sum(1), 1, rtol=1e-5)
    assert np.isin(np.take_along_axis(words, weighed.values.argmax(1)[:, None], 1), [6, 7]).mean() >= 0.8
    assert found["maps"].shape == (3, 16, 24, 1) and found["maps"].about["row"] == "token 0"
    assert (tmp_path / "words.png").stat().st_size > 3_000


def test_the_page_of_changes_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    run_page(ROOT / "docs" / "follows_changes.md", tmp_path, monkeypatch, least=1)
    assert capsys.readouterr().out.endswith("True\n")


def test_the_page_for_newcomers_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "coming_from.md", tmp_path, monkeypatch)
    assert found["vanilla"].shape == found["bayes"].shape == (3, 24, 20, 3)
    assert found["maps"].min() == 0 and found["maps"].shape == (3, 24, 20) and (tmp_path / "cam.png").exists()
    pixels = tf.Variable(found["images"])
    gradients = []
    for node in np.linspace(0, 1, 10, dtype="float32"):
        with tf.GradientTape() as tape:
            points = node * pixels
            score = tf.reduce_sum(found["model"](points)[:, 3])
        gradients.append(tape.gradient(score, points))
    np.testing.assert_allclose(found["its_path"].values, found["images"] * np.mean(gradients, 0), atol=1e-7)
    assert found["its_smooth"].shape == found["its_gradient"].shape == (3, 24, 20)
    np.testing.assert_allclose(found["its_gradient"].values, np.abs(gradients[-1]).max(-1), atol=1e-7)


def test_the_page_of_extensions_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "extending.md", tmp_path, monkeypatch)
    assert found["signs"].M == 5 and set(np.unique(found["signs"].values * 5)) <= set(range(-5, 6))
    assert found["shifted"].shape == (3, 8, 6, 2) and found["sure"].about["method"] == "SignalToNoise of abs"
    assert (tmp_path / "profile.png").stat().st_size > 1_000
    assert found["SpectrumPictures"]([400, 500]).facts() == {"wavelengths": [400, 500]}


def test_the_page_of_molecules_runs_from_top_to_bottom(tmp_path, monkeypatch):
    pytest.importorskip("rdkit")
    found = run_page(ROOT / "docs" / "molecules.md", tmp_path, monkeypatch)
    assert found["saliency"].shape == found["bayes"].shape == found["occluded"].shape == (6, 6)
    assert found["graphs"]["bonds"].shape == (6, 4, 6, 6)
    assert found["named"].kind == "molecule" and "CCO, predicted" in (tmp_path / "named.svg").read_text("utf-8")
    assert (tmp_path / "ethanol.svg").exists() and (tmp_path / "molecules.png").stat().st_size > 20_000


def test_the_page_of_feature_visualisation_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "feature_visualization.md", tmp_path, monkeypatch)
    assert found["channels"].images.shape == (10, 24, 20, 3) and (tmp_path / "units.gif").stat().st_size > 5_000
    assert found["four"].steps == 10 and found["changed"].images.shape == (2, 24, 20, 3)


def test_every_public_name_has_a_docstring():
    for name in kerasal.__all__:
        thing = getattr(kerasal, name)
        if isinstance(thing, type) or callable(thing):
            assert thing.__doc__ and len(thing.__doc__) > 60, name


def test_the_page_of_series_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "series.md", tmp_path, monkeypatch)
    assert (
        found["result"].kind == "series" and found["watched"].kind == "video" and found["occluded"].shape == (2, 120, 1)
    )
    pictures = ("first", "strip", "measured", "methods", "video", "volume")
    assert all((tmp_path / f"{name}.png").stat().st_size > 15_000 for name in pictures)
    first = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "series.md").read_text("utf-8"), re.DOTALL)[1]
    assert len(first.replace("\n\n", "\n").splitlines()) <= 10


def test_the_page_of_formulas_gives_the_numbers_by_hand(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "maths.md", tmp_path, monkeypatch, least=1)
    assert len(found["apart"]) == 4 and max(found["apart"].values()) < 1e-6


def test_the_bibliography_has_every_paper_of_the_calculators():
    page = (ROOT / "docs" / "maths.md").read_text("utf-8")
    calculators = [name for name in kerasal.__all__ if name.endswith("Calculator")]
    papers = {paper for name in calculators for paper in re.findall(r"arXiv:[\d.]+\d", getattr(kerasal, name).__doc__)}
    assert len(papers) > 20 and {paper for paper in papers if paper not in page} == set()
    text, _, listed = page.partition("## Bibliography")
    assert set(re.findall(r"\[\^\w+\]", text)) == set(re.findall(r"^(\[\^\w+\]):", listed, re.MULTILINE))


def test_the_page_of_pitfalls_has_the_numbers_of_closed_forms(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "pitfalls.md", tmp_path, monkeypatch, least=6)
    for name, numbers in {"slope": (0, 0.1), "path": (1, 0.2), "without": (1, 0.2), "of_data": (0.5, 0)}.items():
        np.testing.assert_allclose(found[name], [numbers], atol=1e-5)
    for sigma, smooth in found["smooth"].items():
        wave = 5 * np.cos(0.5) * np.exp(-12.5 * sigma**2)
        assert abs(smooth.values[0, 0] - wave) < 4 * smooth.standard_error[0, 0]
    np.testing.assert_allclose(found["before"].values, [[1, 0.2]], rtol=1e-4)
    assert abs(found["after"].values[0, 0]) < 4 / 4000**0.5
    few, many = found["few"], found["many"]
    np.testing.assert_allclose(few.std.mean() / many.std.mean(), 1, atol=0.1)
    np.testing.assert_allclose(few.standard_error.mean() / many.standard_error.mean(), 4, atol=0.4)


def test_the_page_of_several_inputs_runs_from_top_to_bottom(tmp_path, monkeypatch):
    found = run_page(ROOT / "docs" / "several_inputs.md", tmp_path, monkeypatch, least=3)
    assert found["of_picture"].shape == (5, 12, 10, 3) and found["of_row"].shape == (5, 4)
    np.testing.assert_array_equal(found["of_picture"].completeness_gap, found["of_row"].completeness_gap)
    sums = found["of_picture"].values.sum((1, 2, 3)) + found["of_row"].values.sum(1)
    with_baseline = {"picture": np.full((5, 12, 10, 3), 0.5, "float32"), "row": np.zeros((5, 4), "float32")}
    logits = keras.Model(found["model"].inputs, found["model"].layers[-1].input)
    dense = found["model"].layers[-1]
    classes = found["model"].predict(found["x"], verbose=0).argmax(1)
    values = [
        np.asarray(logits.predict(x, verbose=0) @ dense.kernel + dense.bias)[np.arange(5), classes]
        for x in (found["x"], with_baseline)
    ]
    np.testing.assert_allclose(sums, values[0] - values[1], atol=1e-2)
    assert found["price"].shape == found["kind"].shape == (5, 4)
