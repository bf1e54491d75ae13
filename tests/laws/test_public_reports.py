"""Scripts of kinds of fault met in public reports, beside the shared data; each ends by printing that it is ok."""

import os
import re
import runpy
import warnings
from pathlib import Path

import keras
import pytest

SHARED = Path(os.environ.get("KERASAL_DATA", Path(__file__).parents[3] / "shared" / "data")).parent


def scripts():
    """The scripts that this Keras can run, by name.

    Keras 2 has neither keras.ops nor keras.random, and its `fit` takes no frame of numbers and booleans.
    """
    found = {path.stem: path for path in sorted((SHARED / "cases").glob("*.py")) if path.stem != "run"}
    if hasattr(keras, "ops"):
        return found
    found.pop("bool_columns", None)
    return {name: path for name, path in found.items() if not re.search(r"keras\.(ops|random)\b", path.read_text())}


SCRIPTS = scripts()


@pytest.mark.skipif(not SCRIPTS, reason=f"{SHARED / 'cases'} has no scripts; set KERASAL_DATA to the data beside them")
@pytest.mark.parametrize("name", SCRIPTS or ["none"])
def test_is_right_or_refused_by_name(name, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        runpy.run_path(str(SCRIPTS[name]), run_name="__main__")
    assert capsys.readouterr().out.splitlines()[-1] == f"ok {name}"
