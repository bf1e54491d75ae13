"""Run the tests of what changed: `python tests/quick.py [FILE …]`, by default the files changed since the last commit.

The folders of tests/ are those of kerasal/. A change of `kerasal/scores/loss.py` is tested by `tests/scores/`, where there is such a
folder, and by the tests of other folders that are listed here. A few laws and the shape of the code are tested in any case.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
ALWAYS = [
    "test_architecture.py",
    "laws/test_tracing.py::test_nothing_retraces",
    "laws/test_every_calculator.py::test_every_kind_of_model[guided-cnn]",
    "laws/test_every_calculator.py::test_every_kind_of_model[integrated-sigmoid]",
]
# Tests of a room, or of a module of one, outside the folder and the file of its name.
ALSO = {
    "__init__": ["test_import.py"],
    "_bonds": ["molecules/test_graphs.py", "visualizers/test_molecule_plots.py"],
    "_engine": ["laws/test_batching.py", "laws/test_tracing.py"],
    "_errors": ["laws/test_errors.py", "laws/test_errors_options.py"],
    "_folds": ["laws/test_batching.py"],
    "_folds/student": ["concepts/test_inference.py"],
    "_incremental": ["calculators/test_occlusion.py"],
    "_keyed_random": ["samplers", "_network/test_dropout_masks.py"],
    "_network": ["laws/test_side_effects.py", "laws/test_failures_and_threads.py"],
    "_saliency": ["test_saliency.py", "test_exports.py", "laws/test_results_know.py"],
    "_spatial": ["calculators/test_cam.py", "activation_maximization/test_transforms.py"],
    "_tree": ["_engine/test_inputs.py"],
    "_vocabulary": ["laws/test_vocabulary.py"],
    "baselines": ["calculators/test_integrated_gradients.py", "calculators/test_occlusion.py"],
    "calculators": ["calculators/test_base.py"],
    "calculators/attribution": ["calculators/test_gradient.py"],
    "calculators/base": ["calculators/test_gradient.py"],
    "calculators/feature_map": ["calculators/test_cam.py"],
    "calculators/integration_path": [
        "calculators/test_completeness_tolerance.py",
        "calculators/test_integrated_gradients.py",
    ],
    "calculators/integrated_gradients": ["calculators/test_completeness_tolerance.py"],
    "calculators/remainders": ["calculators/test_full_gradient.py"],
    "calculators/windows": ["calculators/test_occlusion.py"],
    "visualizers/measures": ["metrics/test_comparison.py"],
    "rules": ["calculators/test_lrp.py"],
    "serving": ["layers/test_saliency_layer.py"],
    "__main__": ["command_line/test_main.py"],
    "callbacks": ["laws/test_training_untouched.py"],
}
LONG = {"calculators"}  # rooms of which only the tests named above and those of the module's name are run


def changed():
    """Files that differ from the last commit or are new, relative to the root."""
    commands = ("git diff --name-only --diff-filter=d HEAD", "git ls-files --others --exclude-standard")
    found = [subprocess.run(words.split(), cwd=ROOT, capture_output=True, text=True, check=True) for words in commands]
    return sorted({line for done in found for line in done.stdout.splitlines()})


def of_module(parts):
    """Tests of a module of the package, given the parts of its path below kerasal/."""
    room, module = parts[0].removesuffix(".py"), "/".join(parts).removesuffix(".py")
    own = (
        TESTS.glob(f"{room}/test_{Path(module).name}.py") if room in LONG else [TESTS / room, TESTS / f"test_{room}.py"]
    )
    also = {name: None for key in (room, module) for name in ALSO.get(key, ())}
    found = [path for path in (*own, *(TESTS / name for name in also)) if path.exists()]
    dotted = f"kerasal.{module.replace('/', '.')}".removesuffix(".__init__")
    return [*found, f"{TESTS}/test_docs.py::test_docstring_examples[{dotted}]"]


def users_of(name):
    """Tests that import a module of tests/."""
    wanted = re.compile(rf"^(?:from|import) {name}\b", re.MULTILINE)
    return [path for path in TESTS.rglob("test_*.py") if wanted.search(path.read_text("utf-8"))]


def tests_of(path):
    """Tests of one file of the repository, given its path relative to the root."""
    first, *rest = Path(path).parts
    if first == "kerasal" and path.endswith(".py"):
        return of_module(rest)
    if first == "kerasal":
        return [TESTS / rest[0]]
    if first == "tests" and rest[-1].endswith(".py"):
        return [ROOT / path] if rest[-1].startswith("test_") else users_of(Path(path).stem)
    if first == "examples":
        return [TESTS / "examples"]
    if first == "docs" or path == "README.md":
        return [TESTS / "test_docs.py", TESTS / "test_repository.py", TESTS / "test_site.py"]
    return [TESTS / "test_repository.py"]


def main(files):
    """Print what is tested for which file, and run it."""
    chosen = [f"{TESTS}/{name}" for name in ALWAYS]
    for path in files or changed():
        found = [str(test) for test in tests_of(path)]
        print(f"{path}: {', '.join(Path(test).relative_to(TESTS).as_posix() for test in found) or 'nothing'}")
        chosen += found
    command = [sys.executable, "-m", "pytest", "-q", *dict.fromkeys(chosen)]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
