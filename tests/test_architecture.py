"""The shape of the code: imports go downwards, files and functions are short, one module differentiates."""

import ast
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = SimpleNamespace(**runpy.run_path(str(ROOT / "benchmarks" / "house.py")))

# From the bottom up: parts of the package, a folder or a module of the root. Each imports from tiers below its own, and itself.
TIERS = (
    ("_tree", "_errors", "_vocabulary", "_spatial", "_keyed_random", "_bonds", "layers"),
    ("_network", "_folds", "_storage", "samplers", "molecules", "_saliency"),
    ("scores", "baselines", "rules", "recipes", "_incremental", "visualizers"),
    ("_engine", "saliency"),
    ("calculators", "tensorboard", "activation_maximization", "serving"),
    ("metrics", "importance", "concepts", "regions", "stores"),
    ("callbacks", "beam"),
    ("summary", "command_line"),
    ("__main__",),
)
TIER_OF = {name: tier for tier, names in enumerate(TIERS) for name in names}
VISUALIZERS_MAY_IMPORT = {"visualizers", "_bonds", "_errors", "_saliency", "_storage", "_vocabulary"}
MEANINGLESS = {"common", "core", "helper", "helpers", "misc", "util", "utils"}


def part(module):
    """kerasal.calculators.base -> calculators; the package itself -> None."""
    return module.split(".")[1] if "." in module else None


def upward_imports(graph):
    """(importer, imported) pairs that do not go to a lower tier, nor stay in one package."""
    height = {None: len(TIERS), **TIER_OF}
    return [
        (importer, imported)
        for importer, targets in graph.items()
        for imported in sorted(targets)
        if part(importer) != part(imported) and height[part(imported)] >= height[part(importer)]
    ]


MODULES = HOUSE.read_package(ROOT)
GRAPH = HOUSE.imports_inside(MODULES)


def test_every_module_has_a_tier():
    unplaced = {part(module) for module in MODULES} - {None} - set(TIER_OF)
    assert not unplaced, f"place {sorted(unplaced)} in TIERS of this file: which modules may import them?"


def test_imports_go_downwards():
    assert upward_imports(GRAPH) == []


def test_visualizers_are_numpy_in_picture_out():
    visualizers = [module for module in MODULES if part(module) == "visualizers"]
    reached = set(visualizers).union(*(HOUSE.everything_below(module, GRAPH) for module in visualizers))
    assert {part(module) for module in reached} <= VISUALIZERS_MAY_IMPORT
    foreign = {target.split(".")[0] for module in reached for target in HOUSE.imported_names(module, MODULES[module])}
    assert not foreign & {"tensorflow", "keras"}


def test_one_module_differentiates():
    def differentiates(tree):
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        plain = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        gradients = any(
            ast.unparse(node) == "tf.gradients" for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        )
        return gradients or "GradientTape" in attributes | plain

    found = [name for name, module in MODULES.items() if differentiates(module.tree)]
    assert found == ["kerasal._network.gradients"]


@pytest.mark.parametrize("line", HOUSE.static_lines(ROOT), ids=lambda line: line.name)
def test_figure_is_as_wanted(line):
    assert line.is_met, f"{line.name}: {line.measured}, wanted {line.wanted}. {line.detail}"


def test_names_of_files_say_what_is_in_them():
    paths = [path for folder in ("kerasal", "tests", "benchmarks", "examples") for path in (ROOT / folder).rglob("*")]
    assert [path for path in paths if path.stem in MEANINGLESS] == []


@pytest.mark.parametrize(
    "line",
    [
        "from kerasal._engine import Engine",
        "from kerasal import _engine",
        "from . import _engine",
        "import kerasal._engine",
    ],
)
def test_an_upward_import_and_its_cycle_are_seen(tmp_path, line):
    package = tmp_path / "kerasal"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "samplers.py").write_text(f"def late():\n    {line}\n")
    (package / "_engine.py").write_text("import kerasal.samplers\n")
    graph = HOUSE.imports_inside(HOUSE.read_package(tmp_path))
    assert upward_imports(graph) == [("kerasal.samplers", "kerasal._engine")]
    assert HOUSE.cycles(graph) == [["kerasal._engine", "kerasal.samplers"]]


def test_going_through_the_package_itself_is_seen():
    assert upward_imports({"kerasal.scores": {"kerasal"}}) == [("kerasal.scores", "kerasal")]
