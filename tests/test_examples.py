"""The examples run from the shell's point of view, on small settings, and write what they promise."""

import json
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_methods(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    run("methods.py", monkeypatch, "--out", tmp_path, "--epochs", 1, "--samples", 2, "--digits", 2)
    figures = json.loads((tmp_path / "methods.json").read_text())
    assert (tmp_path / "methods.png").stat().st_size > 10_000
    assert figures["methods"]["FullGrad"]["worst relative gap"] < 1e-4
    assert figures["methods"]["integrated gradients"]["worst relative gap"] < 0.05


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_every_example_tells_how_to_use_it(path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    with pytest.raises(SystemExit):
        run(path.name, monkeypatch, "--help")
    assert "--out" in capsys.readouterr().out
