"""The notebooks run from top to bottom, and their pictures stay small."""

import os
import sys

import pytest
from example_run import EXAMPLES

FACTS = {  # what is said in words, by a cell's last line
    "four_maps_and_an_image": ("[0, 3, 7]", "(True, "),
    "training_with_maps": ("((9, 4, 8, 8), [0.0, ",),
    "which_columns": ("0.9",),
}


def test_every_notebook_has_its_facts():
    assert {path.stem for path in (EXAMPLES / "notebooks").glob("*.ipynb")} == set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("sklearn")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    path = EXAMPLES / "notebooks" / f"{name}.ipynb"
    assert path.stat().st_size < 300_000
    resources = {"metadata": {"path": str(tmp_path)}}
    notebook = nbclient.NotebookClient(
        nbformat.read(path, as_version=4), timeout=300, kernel_name="python3", resources=resources
    ).execute()
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    words = [data["text/plain"] for data in shown]
    assert all(any(each.startswith(fact) for each in words) for fact in FACTS[name]), words
    assert any("image/png" in data for data in shown)
