"""The notebooks run from top to bottom and what is stored in them is what they show."""

import re

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

from notebook_run import NOTEBOOKS, execute, kernel

NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\+?\d+)?")


def stored(name):
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def outputs(cell):
    """[(kind, text)] of what a cell shows; of pictures the kind alone, of warnings nothing: numbers may be near their bounds."""
    found = []
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            continue
        data = output.get("data", {})
        is_picture = "image/png" in data
        kind = "picture" if is_picture else output.get("name", output.output_type)
        found.append((kind, "" if is_picture else data.get("text/plain", output.get("text", ""))))
    return found


@pytest.fixture(scope="module")
def manager():
    with kernel() as started:
        yield started


def test_there_are_notebooks():
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_a_page(name):
    cells = stored(name).cells
    shown = [kind for cell in cells for kind, _ in outputs(cell)]
    assert not [output for cell in cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    assert 10 <= len(cells) <= 22 and cells[0].source.startswith("# ") and "Read on: [" in cells[-1].source
    assert "picture" in shown and "error" not in shown
    assert (NOTEBOOKS / f"{name}.ipynb").stat().st_size < 400_000
    gallery = (NOTEBOOKS.parent / "gallery.md").read_text("utf-8")
    assert f"(notebooks/{name}.ipynb)" in gallery and f"(notebooks/{name}.png)" in gallery


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_gives_what_is_stored(name, tmp_path, manager):
    for known, cell in zip(
        stored(name).cells, execute(NOTEBOOKS / f"{name}.ipynb", tmp_path, manager).cells, strict=True
    ):
        assert [kind for kind, _ in outputs(cell)] == [kind for kind, _ in outputs(known)], cell.source
        if "varies" in cell.metadata.get("tags", []):
            continue
        for (_, before), (_, now) in zip(outputs(known), outputs(cell), strict=True):
            assert sorted(NUMBER.sub("", now).split()) == sorted(NUMBER.sub("", before).split()), cell.source
            numbers = [sorted(map(float, NUMBER.findall(text))) for text in (now, before)]
            assert numbers[0] == pytest.approx(numbers[1], rel=0.2, abs=0.1), cell.source
