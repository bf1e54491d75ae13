"""Print the measures that the package's own code is held to, beside what is wanted and what release 0.1 had.

The figures are of size, imports, types and words, read from the syntax trees, and two that are seen while a small model
is explained: how many functions lie between `explain` and the model, and how many are handed x before the compiled
program runs.
"""

import ast
import collections
import dataclasses
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
QUESTION_WORDS = {"How", "That", "Those", "What", "When", "Where", "Whether", "Which", "Who"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


@dataclasses.dataclass(frozen=True)
class Module:
    """A file of the package.

    Attributes:
        path: relative to the folder that has the package.
        lines: its number of lines.
        tree: its syntax tree.
    """

    path: Path
    lines: int
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """True for an `__init__.py`."""
        return self.path.name == "__init__.py"


class Line(NamedTuple):
    """A row of the table: a figure is good up to `wanted`, or from there on where `at_least`."""

    name: str
    measured: float
    wanted: float
    before: float
    detail: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """True where the figure is as wanted."""
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted


def read_package(root: Path) -> dict[str, Module]:
    """Map dotted names to modules, for every file of the package kerasal in `root`."""
    modules = {}
    for path in sorted((root / "kerasal").rglob("*.py")):
        text, parts = path.read_text("utf-8"), path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(path.relative_to(root), len(text.splitlines()), ast.parse(text, str(path)))
    return modules


def imported_names(name: str, module: Module) -> Iterator[str]:
    """Yield every dotted name that a module imports, wherever in the file; `from a import b` gives a.b."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if module.is_package else name.split(".")[:-1]
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, node.module] if node.module else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_inside(modules: dict[str, Module]) -> dict[str, set[str]]:
    """Map each module to the modules of kerasal that it imports, imports inside functions included."""
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for name, module in modules.items():
        for target in imported_names(name, module):
            if target.split(".")[0] == "kerasal":
                graph[name].add(target if target in modules else target.rpartition(".")[0])
    return graph


def everything_below(module: str, graph: dict[str, set[str]]) -> set[str]:
    """Return the modules that importing `module` may import, without itself unless it is in a cycle."""
    reached: set[str] = set()
    waiting = [*graph[module]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph.get(name, ()))
    return reached


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import one another, directly or not."""
    below = {name: everything_below(name, graph) for name in graph}
    groups = {
        frozenset(other for other in below[name] if name in below[other]) for name in graph if name in below[name]
    }
    return sorted(sorted(group) for group in groups if len(group) > 1)


def functions(modules: dict[str, Module]) -> Iterator[tuple[str, Function]]:
    """Yield every function and method, those inside others too, with file:name."""
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield f"{module.path}:{node.name}", node


def body_lines(function: Function) -> int:
    """Return the number of lines from the first statement behind the docstring to the last."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def share_annotated(modules: dict[str, Module]) -> float:
    """Return the share of parameters, without self and cls, that say their type."""
    parameters = [
        parameter
        for _, node in functions(modules)
        for parameter in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if parameter.arg not in ("self", "cls")
    ]
    return sum(parameter.annotation is not None for parameter in parameters) / max(1, len(parameters))


def questions(modules: dict[str, Module]) -> list[str]:
    """Return file:line of every docstring that begins with a question word."""
    found = []
    for module in modules.values():
        for node in ast.walk(module.tree):
            text = ast.get_docstring(node) if isinstance(node, Documented) else None
            if text and text.split()[0].strip("`\"'(") in QUESTION_WORDS:
                found.append(f"{module.path}:{getattr(node, 'lineno', 1)}")
    return found


def at_rank(numbers: list[int], share: float) -> int:
    """Return the number below which that share of all lies."""
    return sorted(numbers)[round(share * (len(numbers) - 1))]


def static_lines(root: Path = ROOT) -> list[Line]:
    """Measure what can be read from the files of the package in `root`."""
    modules = read_package(root)
    at_root = [name for name, module in modules.items() if len(module.path.parts) == 2 and not module.is_package]
    largest = max(modules.values(), key=lambda module: module.lines)
    bodies = [(body_lines(node), name) for name, node in functions(modules)]
    lengths, longest = [length for length, _ in bodies], max(bodies)
    circles, asking = cycles(imports_inside(modules)), questions(modules)
    return [
        Line("modules at the root", len(at_root), 10, 63),
        Line("import cycles, lazy imports counted", len(circles), 0, 1, ", ".join(map(str, circles[:1]))),
        Line("lines of the largest file", largest.lines, 300, 200, str(largest.path)),
        Line("lines of a function's body, median", at_rank(lengths, 0.5), 10, 4),
        Line("lines of a function's body, 90 % have at most", at_rank(lengths, 0.9), 20, 15),
        Line("lines of a function's body, longest", longest[0], 40, 59, longest[1]),
        Line("share of annotated parameters", round(share_annotated(modules), 3), 0.8, 0.19, at_least=True),
        Line("docstrings that begin with a question word", len(asking), 0, 143, ", ".join(asking[:3])),
    ]


class Seen:
    """The package's functions met while a small model is explained by SmoothGrad.

    Attributes:
        frames: file and function of each frame from `explain` to a layer of the model, as the compiled loop is traced.
        stops: file and function of each call that is handed x before the compiled program runs, traced before.
    """

    def __init__(self) -> None:
        """Explain twice: the first call traces, the second one is watched."""
        import numpy as np

        import kerasal

        self.frames: list[tuple[str, str]] = []
        self.stops: list[tuple[str, str]] = []
        self._folder = f"{Path(kerasal.__file__).parent}{os.sep}"
        self._has_run = False
        self._x = np.random.default_rng(0).random((4, 8, 6, 2), "float32")
        calculator, noise = kerasal.GradientCalculator(self._model()), kerasal.GaussianNoiseSampler()
        calculator.explain(self._x, noise_sampler=noise, M=4)
        sys.setprofile(self._watch)
        calculator.explain(self._x, noise_sampler=noise, M=4)
        sys.setprofile(None)

    def _model(self) -> Any:
        import keras

        class Spy(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
            def call(layer, x: Any) -> Any:
                stack = [(frame.filename, frame.name) for frame in traceback.extract_stack()]
                self.frames = [self._inside(*frame) for frame in stack if frame[0].startswith(self._folder)]
                return x

        layers = [keras.Input((8, 6, 2)), Spy(), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
        return keras.Sequential(layers)

    def _inside(self, path: str, name: str) -> tuple[str, str]:
        return path[len(self._folder) :], name

    def _watch(self, frame: FrameType, event: str, _: Any) -> None:
        """Note a function of the package that is handed x; a profiler, as `sys.setprofile` calls it."""
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if event != "call" or self._has_run:
            return
        if path.endswith("_function.py") and name == "_call_flat":  # of TensorFlow: a compiled function is run
            self._has_run = True
        elif path.startswith(self._folder) and any(map(self._holds_x, self._arguments(frame))):
            self.stops.append(self._inside(path, name))

    @staticmethod
    def _arguments(frame: FrameType) -> list[Any]:
        code = frame.f_code
        number = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4)  # 4: it has an *args
        return [frame.f_locals.get(name) for name in code.co_varnames[:number]]

    def _holds_x(self, value: Any, depth: int = 3) -> bool:
        if hasattr(value, "__array_interface__") and not isinstance(value, type):
            return bool(value.shape[1:] == self._x.shape[1:])
        if depth and isinstance(value, (list, tuple, dict)):
            parts = value.values() if isinstance(value, dict) else value
            return any(self._holds_x(part, depth - 1) for part in parts)
        return False


def seen_lines() -> list[Line]:
    """Measure what is seen while a small model is explained."""
    seen = Seen()
    files = list(dict.fromkeys(path for path, _ in seen.frames))
    stops = ", ".join(f"{path}:{name} {count}" for (path, name), count in collections.Counter(seen.stops).items())
    return [
        Line("functions from `explain` to the model", len(seen.frames), 12, 19, " → ".join(n for _, n in seen.frames)),
        Line("files from `explain` to the model", len(files), 8, 9, ", ".join(files)),
        Line("functions handed x before the compiled program", len(seen.stops), 20, 49, stops),
    ]


def main() -> None:
    """Print the table; exit with 1 where a figure is not as wanted."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    lines = static_lines() + seen_lines()
    print(f"{'':48}{'measured':>9}{'wanted':>9}{'0.1':>7}")
    for line in lines:
        wanted = f"{'≥' if line.at_least else '≤'} {line.wanted:g}"
        print(
            f"{line.name:48}{line.measured:9g}{wanted:>9}{line.before:7g}{'' if line.is_met else '  MISSED ' + line.detail}"
        )
    sys.exit(not all(line.is_met for line in lines))


if __name__ == "__main__":
    main()
