"""`kerasal explain` gives the numbers of `recipe.explain`, for every kind of data, whole or not at all."""

import csv
import json

import keras
import numpy as np
import pytest
import shell

from kerasal import GaussianNoiseSampler, Recipe, Saliency, open_store, recipes, scores
from kerasal.command_line import explaining, pictures
from kerasal.command_line.main import main
from kerasal.molecules import from_smiles, to_graphs


def table_of(path):
    """Rows of a CSV file as dicts."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def explain(folder, model, data, *more):
    """Run the command into folder/out, which goes well; its `values.npz`."""
    out = folder / f"out {len([*folder.iterdir()])}"
    assert main(["explain", str(model), str(data), "--out", str(out), *map(str, more)]) == 0
    return out, Saliency.load(out / "values.npz")


def same(found, recipe, model, *given):
    """Compare with the recipe's own call of all examples at once."""
    expected = recipe.explain(model, *given)
    for name in ("values", "std", "scores", "relative_gap"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert (ours is None) == (theirs is None), name
        if theirs is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * np.abs(theirs).max())
    assert found.axes == expected.axes and found.score_name == expected.score_name and found.recipe == recipe


def test_photographs(shop, tmp_path, monkeypatch, capsys):
    """Read two at a time, with the numbers of all at once; overlays under the names of the files."""
    folder, photographs, _ = shop
    monkeypatch.setitem(explaining.AT_ONCE, "photographs", 2)
    how = [
        "--recipe",
        "smooth_grad",
        "--set",
        "M=4",
        "method=abs",
        "--class-names",
        folder / "names.txt",
        "--score",
        "dog",
    ]
    out, found = explain(tmp_path, folder / "pictures.keras", folder / "photographs", *how)
    recipe = recipes.smooth_grad(M=4, method="abs", score=1)
    same(found, recipe, keras.models.load_model(folder / "pictures.keras"), photographs)
    told = capsys.readouterr()
    written = [
        str(out / name) for name in ("a.png", "b.png", "more/c.png", "values.npz", "predictions.csv", "recipe.json")
    ]
    assert told.out.split("\n")[:-1] == written and "2 of 3 explained" in told.err and "warning: pixels" not in told.err
    rows = table_of(out / "predictions.csv")
    assert [row["example"] for row in rows] == ["a.png", "b.png", "more/c.png"]
    assert {row["class name"] for row in rows} <= {"cat", "dog", "bird", "fish"}
    np.testing.assert_allclose([float(row[found.score_name]) for row in rows], found.scores, rtol=1e-6)
    assert Recipe.from_json((out / "recipe.json").read_text()) == recipe
    assert json.loads((out / "recipe.json").read_text())["settings"] == {"score": 1}


def test_arrays_with_labels(shop, tmp_path):
    folder, photographs, _ = shop
    how = ["--recipe", "vanilla", "--score", "label", "--first", 2, "--pictures", 1]
    out, found = explain(tmp_path, folder / "pictures.keras", folder / "images.npz", *how)
    model = keras.models.load_model(folder / "pictures.keras")
    y = np.array([2, 0])
    same(found, recipes.vanilla(score=scores.Label()), model, photographs[:2], y)
    expected = [recipes.vanilla(score=int(k)).explain(model, photographs[n : n + 1]).values[0] for n, k in enumerate(y)]
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    assert [path.name for path in (out / "pictures").iterdir()] == ["0.png"] and list(found.labels) == [2, 0]


def test_a_table(shop, tmp_path):
    folder, _, rows = shop
    how = ["--recipe", "integrated_gradients", "--set", "steps=8", "baseline=0.5", "--label", "species"]
    out, found = explain(tmp_path, folder / "table.keras", folder / "table.csv", *how)
    model = keras.models.load_model(folder / "table.keras")
    same(found, recipes.integrated_gradients(8, baseline=0.5), model, rows)
    told = table_of(out / "saliency.csv")
    np.testing.assert_allclose([[float(row[name]) for name in shell.COLUMNS] for row in told], found.values, rtol=1e-6)
    assert (out / "table.png").stat().st_size > 15_000
    assert table_of(out / "predictions.csv")[4]["label"] == "kind 1"
    np.save(tmp_path / "zeros.npy", rows[:2])
    how = [
        "--recipe",
        "expected_gradients",
        "--set",
        f"background=@{tmp_path / 'zeros.npy'}",
        "M=3",
        "--drop",
        "species",
    ]
    _, found = explain(tmp_path, folder / "table.keras", folder / "table.csv", *how)
    same(found, recipes.expected_gradients(rows[:2], M=3), model, rows)


def test_texts(shop, tmp_path, capsys):
    folder, *_ = shop
    out, found = explain(tmp_path, folder / "texts.keras", folder / "reviews.txt", "--recipe", "vanilla")
    assert "'embed', which embeds it" in capsys.readouterr().err
    model = keras.models.load_model(folder / "texts.keras")
    same(found, recipes.vanilla(target_extractor="embed"), model, np.array(shell.TEXTS, object))
    rows = table_of(out / "saliency.csv")
    assert [row["word"] for row in rows[:3]] == ["great", "[UNK]", "awful"] and len(rows) == 7
    assert abs(float(rows[3]["saliency"]) - found.values[1, 1].sum()) < 1e-6
    page = (out / "texts.html").read_text("utf-8")
    assert page.count(">great</span>") == 2 and "[UNK]" in page


def test_molecules(shop, tmp_path):
    folder, *_ = shop
    how = ["--smiles", "smiles", "--recipe", "bayes_grad", "--set", "M=3", "--label", "value"]
    out, found = explain(tmp_path, folder / "molecules.keras", folder / "molecules.csv", *how)
    graphs, model = to_graphs(from_smiles(shell.SMILES)), keras.models.load_model(folder / "molecules.keras")
    same(found, recipes.bayes_grad(3, target_extractor="embed"), model, graphs)
    assert len(table_of(out / "saliency.csv")) == 3 + 6 + 4 + 6
    assert sorted(path.name for path in (out / "pictures").iterdir()) == [f"{n}.svg" for n in range(4)]


def test_ctrl_c_leaves_what_is_complete(shop, tmp_path, monkeypatch, capsys):
    """Pressed when the first of the second half is drawn: pictures are whole, values those of what was explained."""
    folder, photographs, _ = shop
    monkeypatch.setitem(explaining.AT_ONCE, "photographs", 1)
    seen = []

    def pressed(path):
        seen.append(path)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(pictures, "wrote", pressed)
    out, model = tmp_path / "out", folder / "pictures.keras"
    assert main(["explain", str(model), str(folder / "photographs"), "--recipe", "vanilla", "--out", str(out)]) == 130
    found = Saliency.load(out / "values.npz")
    np.testing.assert_allclose(
        found.values, recipes.vanilla().explain(keras.models.load_model(model), photographs[:2]).values, atol=1e-6
    )
    assert "interrupted: 2 of 3 examples are complete" in capsys.readouterr().err
    assert len(table_of(out / "predictions.csv")) == 2 and not [path for path in out.iterdir() if path.name[0] == "."]


@pytest.mark.parametrize("how", ["signed", "caffe", "imagenet", "resnet", "mobilenet_v2"])
def test_pixels_are_prepared_and_drawn_again(how):
    """As `preprocess_input` of Keras does; the reading of the numbers gives the photograph back."""
    from kerasal.command_line.photographs import _conversion

    pixels = np.random.default_rng(1).integers(0, 256, (2, 5, 4, 3)).astype("float32")
    convert, reading = _conversion(how, None)
    expected = {"signed": "mobilenet_v2", "caffe": "resnet", "imagenet": "densenet"}.get(how, how)
    numbers = getattr(keras.applications, expected).preprocess_input(pixels.copy())
    np.testing.assert_allclose(convert(pixels.copy()), numbers, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(reading.pixels(np.asarray(numbers)), pixels / 255, atol=1e-5)


def test_noise_is_that_of_the_place_in_the_whole(shop, tmp_path):
    """Of a recipe from a file whose first example is not the first."""
    folder, _, rows = shop
    recipe = Recipe("GradientCalculator", noise_sampler=GaussianNoiseSampler(scale=0.3), M=3, first_example=5)
    (tmp_path / "mine.json").write_text(recipe.to_json())
    how = ["--recipe", tmp_path / "mine.json", "--drop", "species"]
    _, found = explain(tmp_path, folder / "table.keras", folder / "table.csv", *how)
    same(found, recipe, keras.models.load_model(folder / "table.keras"), rows)


def test_into_a_store(shop, tmp_path, capsys):
    """The maps and ids of photographs; the same command finds them done."""
    folder, photographs, _ = shop
    argv = [
        "explain",
        str(folder / "pictures.keras"),
        str(folder / "photographs"),
        "--recipe",
        "smooth_grad",
        "--set",
        "M=3",
    ]
    store = tmp_path / "maps"
    for _ in range(2):
        assert main([*argv, "--store", str(store)]) == 0
        assert capsys.readouterr().out == f"{store}\n"
    found, model = open_store(store), keras.models.load_model(folder / "pictures.keras")
    expected = recipes.smooth_grad(M=3).explain(model, photographs).values
    np.testing.assert_allclose(found[:].values, expected, atol=1e-6 * np.abs(expected).max())
    assert list(found.ids) == ["a.png", "b.png", "more/c.png"]
    assert main([*argv, "--store", str(store), "--out", str(tmp_path / "out")]) == main(argv) == 2
