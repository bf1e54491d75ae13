"""Types as a user's type checker sees them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import numpy as np

import kerasal

x = np.zeros((2, 4))


def explained(model: object) -> None:
    calculator = kerasal.GradientCalculator(model, score=1)
    reveal_type(calculator.explain(x))
    reveal_type(calculator.explain(x, None, 5, kerasal.GaussianNoiseSampler(), True, "abs", -1))
    reveal_type(calculator.explain(x, method=kerasal.Fold())[0])
    reveal_type(calculator.explain(x, method=["abs", "var"]))
    reveal_type(calculator.aggregate(calculator.compute(x)))
    reveal_type(calculator.explain(x).standard_error)
    reveal_type(calculator.explain(x).recipe)
    calculator.explain(x, methode="abs")
"""
SALIENCY = "kerasal.saliency.Saliency"


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What mypy says of the script, in strict mode."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("typed")
    (folder / "user.py").write_text(SCRIPT)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--ignore-missing-imports",
        "--follow-imports=silent",
        "user.py",
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    return subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True).stdout


def test_a_call_gives_a_saliency(said):
    types = re.findall(r'Revealed type is "(.*)"', said)
    array = types[5].replace(" | None", "").replace("None | ", "")
    assert types[:5] == [SALIENCY, SALIENCY, SALIENCY, "list[Any]", SALIENCY]
    assert array.startswith("numpy.ndarray") and "None" in types[5]
    assert "kerasal.recipes.recipe.Recipe" in types[6] and "None" in types[6]


def test_an_unknown_keyword_is_the_only_error(said):
    errors = [line for line in said.splitlines() if ": error: " in line]
    assert {line.split(": error: ")[0] for line in errors} == {"user.py:18"} and 'did you mean "method"' in errors[0]
