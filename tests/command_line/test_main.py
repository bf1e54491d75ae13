"""The command as a whole: help, exit codes, errors of one line, and every example of its help."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import shell
import tensorflow as tf

import kerasal
from kerasal import metrics, recipes
from kerasal.command_line import compare, demo, explain, export, measure
from kerasal.command_line.main import COMMANDS, main


def test_help_is_quick_and_loads_no_tensorflow():
    code = "import sys, kerasal.command_line.main as m; m.main(['--help']); print(*sys.modules)"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.perf_counter() - began < 5  # a tenth of a second on a machine that does nothing else
    loaded = set(done.stdout.splitlines()[-1].split())
    assert done.stdout.startswith("usage: kerasal") and not {"tensorflow", "keras", "matplotlib", "pandas"} & loaded
    done = subprocess.run([sys.executable, "-m", "kerasal", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{kerasal.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name, capsys):
    assert main([name, "--help"]) == 0
    assert f"examples:\n  kerasal {name}" in capsys.readouterr().out


def lines_of(module):
    return [line.strip() for line in module.EXAMPLES.splitlines() if line.startswith("  kerasal ")]


@pytest.mark.parametrize("line", [line for module in (explain, compare, measure, export) for line in lines_of(module)])
def test_examples_of_help_run(line, shop, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    argv = shlex.split(line)[1:]
    shell.with_model(shop[0], tmp_path, argv[2] if argv[2] in shell.MODEL_OF else "table.csv")
    assert main(argv) == 0
    printed = capsys.readouterr().out.split("\n")[:-1]
    assert printed and all(os.path.exists(path) for path in printed)


def refused(capsys, code, *argv):
    """The one line to stderr of a command that ends with a code."""
    capsys.readouterr()
    assert main([str(part) for part in argv]) == code
    told = capsys.readouterr()
    last = told.err.splitlines()[-1]
    assert last.startswith("kerasal: error: ") and "Received: " in last and "Traceback" not in told.err
    return last


def test_what_can_be_mended_is_1_and_wrong_arguments_are_2(shop, tmp_path, capsys):
    folder, *_ = shop
    model, photographs, out = folder / "pictures.keras", folder / "photographs", tmp_path / "out"
    begin, end = ("explain", model, photographs), ("--recipe", "vanilla", "--out", out)
    assert "not there" in refused(capsys, 1, "explain", tmp_path / "no.keras", photographs, *end)
    assert "not there" in refused(capsys, 1, "explain", model, tmp_path / "none", *end)
    assert "Did you mean 'smooth_grad'" in refused(capsys, 2, *begin, "--recipe", "smoothgrad", "--out", out)
    assert "Did you mean 'M'" in refused(capsys, 2, *begin, *end, "--set", "n_samples=3")
    assert "size=VALUE" in refused(capsys, 2, *begin, "--recipe", "occlusion", "--out", out)
    assert "NAME=VALUE" in refused(capsys, 2, *begin, *end, "--set", "M")
    assert "18 × 14" in refused(capsys, 2, *begin, *end, "--size", "20", "20")
    assert "mobilenet_v2" in refused(capsys, 2, *begin, *end, "--preprocess", "tf")
    assert "4 classes" in refused(capsys, 1, *begin, *end, "--class-names", folder / "reviews.txt")
    assert "atoms, bonds" in refused(capsys, 1, "explain", model, folder / "molecules.csv", "--smiles", "smiles", *end)
    assert "TextVectorization" in refused(capsys, 1, "explain", model, folder / "reviews.txt", *end)
    assert "--drop" in refused(capsys, 1, "explain", folder / "table.keras", folder / "table.csv", *end)
    assert "(N, H, W" in refused(capsys, 1, "explain", folder / "table.keras", photographs, *end)
    assert not out.exists()
    assert main(["explain", str(model)]) == 2 and main(["nonsense"]) == 2 and main([]) == 2


def test_a_folder_with_files_is_refused_and_kept(shop, tmp_path, capsys):
    folder, *_ = shop
    (tmp_path / "mine.txt").write_text("mine")
    argv = (
        "explain",
        folder / "table.keras",
        folder / "table.csv",
        "--drop",
        "species",
        "--recipe",
        "vanilla",
        "--out",
        tmp_path,
    )
    assert "--overwrite" in refused(capsys, 1, *argv)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert main([*map(str, argv), "--overwrite"]) == 0 and (tmp_path / "mine.txt").read_text() == "mine"


def test_code_in_files_runs_only_where_it_is_allowed(shop, tmp_path, capsys):
    folder, *_ = shop
    doubled = keras.layers.Lambda(lambda x: x * 2, output_shape=(4,))
    model = keras.Sequential([keras.Input((4,)), doubled, keras.layers.Dense(2)])
    (tmp_path / "mine.py").write_text(
        "import keras\ndef build():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])\n"
    )
    names = [str(tmp_path / name) for name in ("model.keras", "model.h5")]
    for name in names:
        model.save(name)
    for n, name in enumerate([*names, f"{tmp_path / 'mine.py'}:build"]):
        argv = [
            "explain",
            name,
            folder / "table.csv",
            "--drop",
            "species",
            "--recipe",
            "vanilla",
            "--out",
            tmp_path / str(n),
        ]
        assert "with all your rights" in refused(capsys, 1, *argv)
        assert main([*map(str, argv), "--unsafe"]) == 0


CHANGING = """
import keras

class Counting(keras.layers.Layer):
    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, x):
        self.calls.assign_add(1.0)
        return x * 2.0

def build():
    return keras.Sequential([keras.Input((4,)), Counting(), keras.layers.Dense(2)])
"""


def test_a_model_that_changes_itself_is_not_exported(tmp_path, capsys):
    """Keras' words around the error are left out."""
    (tmp_path / "mine.py").write_text(CHANGING)
    argv = ("export", f"{tmp_path / 'mine.py'}:build", "--unsafe", "--recipe", "vanilla", "--out", tmp_path / "out")
    told = refused(capsys, 1, *argv)
    assert told.startswith("kerasal: error: A layer leaves the variables") and told.endswith("which puts them back.")


def test_folders_of_models(shop, tmp_path, capsys):
    """That of Keras 2 is read by Keras 2; one that was exported, and one of anything else, are refused for what they are."""
    folder, _, rows = shop
    model, end = keras.models.load_model(folder / "table.keras"), ("--recipe", "vanilla", "--out", tmp_path / "out")
    if keras.__version__ < "3":
        model.save(tmp_path / "saved")
        argv = ["explain", tmp_path / "saved", folder / "table.csv", "--drop", "species", *end]
        assert main([str(part) for part in argv]) == 0
        found = kerasal.Saliency.load(tmp_path / "out" / "values.npz")
        np.testing.assert_allclose(found.values, recipes.vanilla().explain(model, rows).values, atol=1e-6)
    tf.saved_model.save(model, str(tmp_path / "exported"))
    (tmp_path / "exported" / "keras_metadata.pb").unlink(missing_ok=True)
    assert "exported for serving" in refused(capsys, 1, "explain", tmp_path / "exported", folder / "table.csv", *end)
    assert "model comes first" in refused(capsys, 1, "explain", folder / "photographs", folder / "table.keras", *end)


def test_an_error_is_shown_where_it_was_raised(tmp_path):
    with pytest.raises(FileNotFoundError):
        main(["explain", str(tmp_path / "no.keras"), "x.npy", "--recipe", "vanilla", "--out", "o", "--traceback"])


def test_recipes(capsys):
    assert main(["recipes"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [name for name in recipes.__all__ if name != "Recipe"]
    assert main(["recipes", "occlusion"]) == 0
    told = capsys.readouterr().out
    assert (
        "  size, which has to be given\n  stride = 1" in told
        and "of OcclusionCalculator:" in told
        and "  fill = " in told
    )
    for name in ("expected_gradients", "smooth_grad", "conductance"):
        assert main(["recipes", name]) == 0


def test_measures_are_those_of_the_measure(shop, tmp_path):
    folder, _, rows = shop
    model, recipe = keras.models.load_model(folder / "table.keras"), recipes.integrated_gradients(8, score=1)
    argv = [
        "--set",
        "steps=8",
        "--score",
        "1",
        "--drop",
        "species",
        "--metrics",
        "deletion",
        "completeness",
        "max_sensitivity",
    ]
    begin = ["measure", str(folder / "table.keras"), str(folder / "table.csv"), "--recipe", "integrated_gradients"]
    assert main([*begin, *argv, "--out", str(tmp_path / "out")]) == 0
    found = np.genfromtxt(tmp_path / "out" / "examples.csv", delimiter=",", names=True)
    saliency = recipe.explain(model, rows)
    for name, each in (
        ("deletion", metrics.Deletion(model, score=1)),
        ("completeness", metrics.Completeness()),
        ("max_sensitivity", metrics.MaxSensitivity(model, recipe)),
    ):
        np.testing.assert_allclose(found[name], each(rows, saliency).values, rtol=1e-3, atol=1e-5)
    assert (tmp_path / "out" / "deletion.png").stat().st_size > 5_000


def test_an_export_answers_with_the_numbers_of_explain(shop, tmp_path):
    folder, _, rows = shop
    for recipe, name, more in (
        (recipes.bayes_smooth_grad(4), "bayes_smooth_grad", ["--set", "M=4"]),
        (recipes.vanilla(score="all"), "vanilla", ["--score", "all"]),
    ):
        out = tmp_path / name
        assert main(["export", str(folder / "table.keras"), "--recipe", name, *more, "--out", str(out)]) == 0
        answers = tf.saved_model.load(str(out)).signatures["serving_default"](tf.constant(rows))
        model = keras.models.load_model(folder / "table.keras")
        expected = recipe.explain(model, rows)
        np.testing.assert_allclose(answers["saliency"], expected.values, atol=1e-5)
        np.testing.assert_allclose(answers["prediction"], model.predict(rows, verbose=0), atol=1e-6)
        assert ("standard_error" in answers) == ("explained_class" in answers) == (name != "vanilla")


def test_the_demo(tmp_path, capsys):
    """It is right about its pictures, whose files are named by what is on them, and says what to look at."""
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert "look at" in told.err and all(os.path.exists(path) for path in told.out.split())
    found = kerasal.Saliency.load(out / "explained" / "values.npz")
    names = sorted(path.name for path in (out / "pictures").iterdir())
    truth = [demo.drawn(200, 1)[1][int(name[-5])] for name in names]
    assert found.shape == (8, 40, 40) and found.predictions["class"].tolist() == truth
    assert [name.startswith("ring") for name in names] == [bool(kind) for kind in truth]


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "docs/command_line.md"])
def test_lines_of_pages_run(page, shop, tmp_path, monkeypatch):
    """Those that are not examples of a command's help, which run above."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("kerasal ")]
    helped = {line for module in (explain, compare, measure, export) for line in lines_of(module)}
    assert lines
    for n, line in enumerate(each for each in lines if each not in helped):
        (tmp_path / str(n)).mkdir()
        monkeypatch.chdir(tmp_path / str(n))
        argv = shlex.split(line)[1:]
        data = argv[2] if len(argv) > 2 and argv[2] in shell.MODEL_OF else "table.csv"
        shell.with_model(shop[0], tmp_path / str(n), data)
        assert main(argv) == 0, line
