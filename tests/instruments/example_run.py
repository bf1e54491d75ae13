"""The examples, run as from the shell."""

import runpy
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, monkeypatch, *arguments):
    """Run the example `name` in this process, with these arguments of its command line."""
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    monkeypatch.syspath_prepend(str(EXAMPLES))  # as for any script: one takes functions of another
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
