"""The truth board on small settings: planted tasks, a file of molecules, the page."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BOARD = [sys.executable, str(ROOT / "benchmarks" / "truth" / "board.py"), "--quick"]
sys.path.append(str(ROOT / "benchmarks" / "truth"))


def run(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([*BOARD, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_quick_board(tmp_path):
    said = run("--folder", tmp_path)
    for task in ("series, box moving, LSTM", "tetrominoes, xor", "shapes", "words", "columns"):
        assert f"{task}: accuracy" in said
    assert said.count("  chosen") == len(list(tmp_path.glob("*.json"))) >= 5
    found = json.loads((tmp_path / "columns_0.json").read_text())
    assert found["own"] > 0.8 and "gradient" in found["recipes"]
    assert np.mean(found["recipes"]["gradient"]["test"]) > 0.7  # chance is .2
    words = json.loads((tmp_path / "words_0.json").read_text())
    assert words["own"] > 0.9 and np.mean(words["recipes"]["gradient"]["test"]) > 0.4  # chance is .075


@pytest.mark.slow
def test_a_file_of_molecules(tmp_path):
    pytest.importorskip("rdkit")
    rows = ["smiles,split,label,truth"]
    for n in range(60):
        chain, ring = "C" * (1 + n % 5), "c1ccccc1"
        has_ring, split = n % 2, "train" if n < 40 else "test"
        smiles = chain + ring if has_ring else chain + "OC(C)C"
        atoms = len(chain) + (6 if has_ring else 4)
        truth = "0" * len(chain) + "1" * 6 if has_ring else "0" * atoms
        rows.append(f"{smiles},{split},{has_ring},{truth}")
    path = tmp_path / "rings.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("\n".join(rows))
    found = json.loads(run("--task", path, "--folder", tmp_path))
    assert found["task"] == "rings" and found["best"]["recipe"] in found["recipes"]
    low, high = found["best"]["interval"]
    assert 0 <= low <= found["best"]["mean AUROC"] <= high <= 1 and 0 <= found["best"]["network test AUROC"] <= 1


def test_what_is_planted_is_where_the_mask_says():
    planted, planted_series = pytest.importorskip("planted"), pytest.importorskip("planted_series")
    planted_pictures = pytest.importorskip("planted_pictures")
    rng = np.random.default_rng(0)
    for kind in ("middle", "moving", "small", "rare in time", "rare in features"):
        made = planted_series.series(rng, 400, kind)
        for label in (0, 1):
            inside = made.x[made.y == label][made.mask[made.y == label]].mean()
            assert abs(inside - (2 * label - 1)) < 0.05
        assert abs(made.x[~made.mask].mean()) < 0.01
    for kind, cells in (("linear", 4), ("xor", 8), ("xor, correlated", 8), ("translations, correlated", 4)):
        made = planted_pictures.tetrominoes(rng, 200, kind)
        assert (made.mask.sum((1, 2)) == cells).all() and made.x.shape == (200, 8, 8, 1)
        if not kind.startswith("xor"):
            assert made.x[..., 0][made.mask].mean() > 0.8 and abs(made.x[..., 0][~made.mask].mean()) < 0.05
    made = planted_pictures.shapes(rng, 50, "")
    assert ((made.mask.sum((1, 2)) == 69) == (made.y == 0)).all() and (made.mask.sum((1, 2)) == 57)[made.y == 1].all()
    assert made.x[made.mask].std(-1).mean() > 0.1 and (made.x >= 0).all() and (made.x <= 1).all()
    inside = [picture[mask].std(0).max() for picture, mask in zip(made.x, made.mask, strict=True)]
    assert max(inside) < 0.06  # of one colour but for noise
    made = planted.words(rng, 50, "")
    assert ((made.x[made.mask] - 1) // 20 == np.repeat(made.y, 3)).all() and (made.x[~made.mask] > 40).all()


def test_backgrounds_are_what_they_are_called():
    planted_series = pytest.importorskip("planted_series")
    rng = np.random.default_rng(0)
    for kind in ("middle", "autoregressive", "harmonic", "NARMA"):
        noise = planted_series.background(rng, 300, 50, 6, kind)
        assert abs(noise.mean()) < 0.05 and abs(noise.var() - (1.09 if kind == "harmonic" else 1)) < 0.05
    following = planted_series.background(rng, 300, 50, 6, "autoregressive")
    assert abs(np.mean(following[:, 1:] * following[:, :-1]) - 0.9) < 0.03
    first, last = planted_series.background(rng, 4000, 50, 1, "autoregressive")[:, [0, -1], 0].T
    assert abs(first.var() - 1) < 0.1 and abs(last.var() - 1) < 0.1  # as wide from the first step on
    assert abs(np.corrcoef(*planted_series.background(rng, 4000, 50, 1, "NARMA")[:, [20, 21], 0].T)[0, 1]) > 0.2


def test_the_page_tells_the_figures():
    page = pytest.importorskip("page")
    figures = json.loads((ROOT / "benchmarks" / "truth" / "figures.json").read_text("utf-8"))
    assert (ROOT / "docs" / "truth.md").read_text("utf-8") == page.text(figures)
    for row in figures:
        assert len(row["own"]) >= 5 and row["chosen"] in row["recipes"]
