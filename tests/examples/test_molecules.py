"""The examples on molecules, on small settings: they write what they promise, and what they measure is above chance."""

import json
import runpy

import numpy as np
import pytest
from example_run import EXAMPLES, run

import kerasal

pytest.importorskip("rdkit")


def figures_of(name, monkeypatch, out, *arguments):
    """Run an example; its JSON, after a look that its pictures are there."""
    pytest.importorskip("sklearn")
    run(f"{name}.py", monkeypatch, "--out", out, *arguments)
    pictures = list(out.glob("*.png"))
    assert out / f"{name}.png" in pictures and all(picture.stat().st_size > 15_000 for picture in pictures)
    assert all(drawing.read_text("utf-8").startswith("<?xml") for drawing in out.glob("*.svg"))
    return json.loads((out / f"{name}.json").read_text("utf-8"))


def test_solubility_computed(tmp_path, monkeypatch):
    small = ("--molecules", 300, "--seeds", 1, "--epochs", 6, "--units", 16, "--steps", 8, "--shown", 3)
    found = figures_of("molecule_solubility", monkeypatch, tmp_path, *small)
    assert "Delaney's formula" in found["solubilities"] and found["molecules"] == 300
    assert found["test RMSE"]["graph network"]["mean"] < 1.5
    assert set(found["mean saliency, log S"]) == {"oxygen of OH", "carbon of a chain"}
    assert found["median completeness gap"] < 0.1


def test_solubility_measured(tmp_path, monkeypatch):
    """A table of alcohols and alkanes, whose solubility falls with every carbon and rises with OH."""
    table = tmp_path / "some.csv"
    rows = [(f"{'C' * n}{'O' * oh}", 2.0 * oh - 0.6 * n) for n in range(1, 16) for oh in (0, 1) for _ in range(4)]
    heading = "smiles,measured log solubility in mols per litre\n"
    table.write_text(heading + "".join(f"{text},{value}\n" for text, value in rows), "utf-8")
    small = ("--csv", table, "--seeds", 1, "--epochs", 15, "--units", 16, "--steps", 8, "--shown", 2)
    found = figures_of("molecule_solubility", monkeypatch, tmp_path / "out", *small)
    saliency = found["mean saliency, log S"]
    assert saliency["oxygen of OH"]["mean"] > saliency["carbon of a chain"]["mean"]
    assert found["solubilities"] == "measured, some.csv"


def test_solubility_says_what_it_lacks(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run("molecule_solubility.py", monkeypatch, "--out", tmp_path, "--csv", tmp_path / "none.csv")
    assert "none.csv is no file" in capsys.readouterr().err


def test_substructure(tmp_path, monkeypatch):
    small = (
        "--molecules",
        1500,
        "--few",
        300,
        "--seeds",
        2,
        "--full-seeds",
        1,
        "--updates",
        150,
        "--full-updates",
        150,
    )
    small += ("--samples", 3, "--steps", 4, "--depth", 2, "--max-atoms", 25, "--explained", 12, "--shown", 2)
    found = figures_of("molecule_substructure", monkeypatch, tmp_path, *small)
    chance = next(value for key, value in found.items() if key.startswith("share"))
    precision = found["average precision"]
    assert set(precision) == {"300 molecules", "all molecules"} and 0.2 < chance < 0.6
    assert precision["all molecules"]["occlusion"]["mean"] > chance
    assert all(each["from"] <= each["mean"] <= each["to"] for data in precision.values() for each in data.values())


def test_intervals():
    """Student's, three numbers: 2 ± 4.303 / √3; one number has none."""
    interval = runpy.run_path(str(EXAMPLES / "molecule_solubility.py"))["interval"]
    assert interval([1.0, 2.0, 3.0]) == {"mean": 2.0, "from": -0.484, "to": 4.484}
    assert interval([1.5]) == {"mean": 1.5, "from": None, "to": None}


def test_rank_correlations():
    """1 - 6 · 2 / 24 = .5 for one exchange among three; of two networks, each molecule's over its own atoms."""
    crippen = runpy.run_path(str(EXAMPLES / "molecule_crippen.py"))
    truths = [np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0]), np.array([5.0, 1.0])]
    found = crippen["spearman"](truths, np.array([[1.0, 3.0, 2.0], [1.0, 2.0, 0.0], [1.0, 2.0, 0.0]]))
    np.testing.assert_allclose(found, [0.5, np.nan, -1.0])
    one, two = (kerasal.Saliency(np.array(rows)) for rows in ([[1, 2, 3.0], [4, 5, 0]], [[1, 3, 2.0], [5, 4, 0]]))
    np.testing.assert_allclose(crippen["agreement"]([one, two, one]), [(0.5 + 1 + 0.5) / 3, (-1 + 1 - 1) / 3])


def test_crippen(tmp_path, monkeypatch):
    """What is additive by construction is attributed exactly, however little was learnt."""
    small = ("--molecules", 700, "--seeds", 1, "--epochs", 3, "--units", 16, "--depth", 2, "--max-atoms", 25)
    small += ("--steps", 4, "--explained", 40, "--shown", 2)
    found = figures_of("molecule_crippen", monkeypatch, tmp_path, *small)
    correlations = found["Spearman correlation with the true shares"]
    assert correlations["linear network of types, IG"]["median"] > 0.95
    assert found["R² on them"]["linear network of types"] > 0.9
    assert found["median completeness gap"]["terms of atoms, IG at the terms"] < 1e-4
    assert len(correlations["graph network, IG from the mean atom"]["median of each network"]) == 1
