"""Names of the package: one table, which the half for type checkers repeats."""

import ast
import importlib
from pathlib import Path

import pytest

from kerasal import visualizers

TABLE = visualizers._MODULE_OF


def names_for_type_checkers():
    """{name: module it is imported from} of the block that is for type checkers alone."""
    tree = ast.parse(Path(visualizers.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = [(line.module, alias) for line in block.body for alias in line.names]
    assert all(alias.name == alias.asname for _, alias in imports)  # what makes it public to a type checker
    return {alias.name: module.removeprefix("kerasal.visualizers.") for module, alias in imports}


def test_type_checkers_see_the_names_of_the_table():
    assert names_for_type_checkers() == TABLE


def test_the_table_is_what_is_public():
    assert visualizers.__all__ == list(TABLE) and set(TABLE) <= set(dir(visualizers))


@pytest.mark.parametrize("name", TABLE)
def test_every_name_is_found(name):
    if name in ("MolVisualizer", "SmilesVisualizer"):
        pytest.importorskip("rdkit")
    thing = getattr(visualizers, name)
    assert thing is getattr(importlib.import_module(f"kerasal.visualizers.{TABLE[name]}"), name)
    assert thing.__module__ == f"kerasal.visualizers.{TABLE[name]}"
