"""The shape of the code: imports go downwards, files are short, the engine alone differentiates."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the bottom up: parts of the package, a folder or a module of the root. Each imports from tiers below its own, and itself.
TIERS = (
    ("_tree", "_errors", "_spatial", "_keyed_random", "layers"),
    ("_network", "_folds", "_storage", "samplers", "molecules"),
    ("scores", "baselines", "_incremental", "visualizers"),
    ("_engine", "saliency"),
    ("calculators", "tensorboard", "activation_maximization"),
    ("callbacks",),
    ("summary",),
)
TIER_OF = {name: tier for tier, names in enumerate(TIERS) for name in names}
VISUALIZERS_MAY_IMPORT = {"visualizers", "_errors", "_storage"}
MEANINGLESS = {"common", "core", "helper", "helpers", "misc", "util", "utils"}


def read_package(root):
    """Dotted module name -> syntax tree, for every file of the package kerasal in `root`."""
    trees = {}
    for path in sorted((root / "kerasal").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text("utf-8"), str(path))
        trees[name].is_package = parts[-1] == "__init__"
    return trees


def imported_names(name, tree):
    """Every dotted name that the module imports, wherever in the file; `from a import b` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if tree.is_package else name.split(".")[:-1]
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join(above + ([node.module] if node.module else []))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_inside(trees):
    """Module -> the modules of kerasal that it imports."""
    graph = {}
    for name, tree in trees.items():
        graph[name] = set()
        for target in imported_names(name, tree):
            if target.split(".")[0] == "kerasal":
                graph[name].add(target if target in trees else target.rpartition(".")[0])
    return graph


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


def everything_below(module, graph):
    """The modules that importing `module` may import, itself included."""
    reached, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph.get(name, ()))
    return reached


TREES = read_package(ROOT)
GRAPH = imports_inside(TREES)


def test_every_module_has_a_tier():
    unplaced = {part(module) for module in TREES} - {None} - set(TIER_OF)
    assert not unplaced, f"place {sorted(unplaced)} in TIERS of this file: which modules may import them?"


def test_imports_go_downwards():
    assert upward_imports(GRAPH) == []


def test_imports_have_no_cycle():
    graphlib.TopologicalSorter(GRAPH).prepare()


def test_visualizers_are_numpy_in_picture_out():
    visualizers = [module for module in TREES if part(module) == "visualizers"]
    reached = set().union(*(everything_below(module, GRAPH) for module in visualizers))
    assert {part(module) for module in reached} <= VISUALIZERS_MAY_IMPORT
    foreign = {target.split(".")[0] for module in reached for target in imported_names(module, TREES[module])}
    assert not foreign & {"tensorflow", "keras"}


def test_one_module_differentiates():
    def differentiates(tree):
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        plain = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        gradients = any(
            ast.unparse(node) == "tf.gradients" for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        )
        return gradients or "GradientTape" in attributes | plain

    assert [module for module, tree in TREES.items() if differentiates(tree)] == ["kerasal._network.gradients"]


@pytest.mark.parametrize("path", sorted((ROOT / "kerasal").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_file_has_at_most_300_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 300


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
    graph = imports_inside(read_package(tmp_path))
    assert upward_imports(graph) == [("kerasal.samplers", "kerasal._engine")]
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(graph).prepare()


def test_going_through_the_package_itself_is_seen():
    assert upward_imports({"kerasal.scores": {"kerasal"}}) == [("kerasal.scores", "kerasal")]
