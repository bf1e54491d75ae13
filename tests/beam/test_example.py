"""examples/beam_pipeline.py, whole, on some of its digits."""

import importlib.util
import sys
from pathlib import Path

import keras
import numpy as np

PATH = Path(__file__).parents[2] / "examples" / "beam_pipeline.py"


def test_the_example_explains_its_digits(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("beam_pipeline", PATH)
    example = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "beam_pipeline", example)
    spec.loader.exec_module(example)
    x, y = (part[:200] for part in example.digits())
    monkeypatch.setattr(example, "digits", lambda: (x, y))
    monkeypatch.setattr(example, "SIZE", 64)
    monkeypatch.setattr(example, "OF_FILE", 128)  # two files, of two parts each
    store = example.main(tmp_path / "out", ["--runner=DirectRunner"], epochs=1)
    assert store.is_complete and len(store) == 200
    known = example.RECIPE.explain(keras.models.load_model(tmp_path / "out" / "model.keras"), x)
    np.testing.assert_array_equal(store[:].values, known.values)
    np.testing.assert_array_equal(store[:].labels, y)
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(" digits")[0] for line in told] == [f"{k}: {(y == k).sum()}" for k in range(10)]
