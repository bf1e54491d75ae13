"""The files around the package agree with it and with one another."""

import itertools
import re
import runpy
from pathlib import Path

import pytest

import kerasal
from kerasal._storage import stored_arrays
from kerasal.tensorboard import bounds, index_files

ROOT = Path(__file__).parents[1]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
RELEASES = re.findall(r"^## (\d\S*) — (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_the_changelog_has_the_version_and_its_date():
    assert RELEASES and RELEASES[0][0] == kerasal.__version__
    assert RELEASES == sorted(RELEASES, key=lambda release: release[1], reverse=True)


def test_the_citation_is_of_the_last_release():
    cited = dict(
        re.findall(r"^(version|date-released): (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    )
    assert (cited["version"], cited["date-released"]) == RELEASES[0]


@pytest.mark.parametrize("stack", ["main", "addons"])
def test_commits_are_checked_by_the_ruff_of_the_constraints(stack):
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    pinned = re.search(r"^ruff==(.+)$", (ROOT / "constraints" / f"{stack}.txt").read_text("utf-8"), re.MULTILINE)
    assert f"ruff-pre-commit\n    rev: v{pinned[1]}\n" in hooks


def targets_named(page):
    """Every target of make that a page tells one to make, and those of the matrix of a workflow."""
    text = (ROOT / page).read_text("utf-8")
    matrix = re.search(r"target: \[(.+)\]", text)
    return {
        *re.findall(r"(?:^|`|run: |exec )make ([a-z][a-z-]*)", text, re.MULTILINE),
        *(matrix[1].split(", ") if matrix else ()),
    }


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", ".github/workflows/test.yml", ".ci/run"])
def test_every_target_that_is_named_exists(page):
    assert targets_named(page) and targets_named(page) <= TARGETS


@pytest.mark.parametrize(
    "page, first, least", [("security.md", "## Results", 25), ("reliability.md", "## Interrupts", 40)]
)
def test_every_promise_has_its_test(page, first, least):
    text = (ROOT / "docs" / page).read_text("utf-8")
    named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", text)
    assert len(named) >= least
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), name
    rows = re.findall(r"^\| (?!promise).*$", text.partition(first)[2], re.MULTILINE)
    assert rows and all("| `tests/" in row for row in rows)
    assert f"docs/{page}" in (ROOT / "README.md").read_text("utf-8")


def test_every_promise_has_its_number():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    for number in (bounds.ANSWER, bounds.MAPS, bounds.INDEX.kept, bounds.INDEX.line, stored_arrays.FREE):
        assert f"{number // 10**6} MB" in page
    assert f"{stored_arrays.RATIO} times" in page and f"{bounds.FOLDERS:,} folders".replace(",", " ") in page
    assert f"{index_files.CLOSED // 1024} kB again" in (ROOT / "docs" / "reliability.md").read_text("utf-8")


QUICK, CONFTEST = (runpy.run_path(str(ROOT / "tests" / name)) for name in ("quick.py", "conftest.py"))


def test_every_module_has_tests_in_make_quick():
    modules = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "kerasal").rglob("*.py"))
    assert [path for path in modules if len(QUICK["tests_of"](path)) < 2] == []  # one is of its docstrings


def test_lists_of_tests_name_what_exists():
    named = {*QUICK["ALWAYS"], *itertools.chain(*QUICK["ALSO"].values()), *CONFTEST["ONE_STACK"]}
    assert [name for name in named if not (ROOT / "tests" / name.split("::")[0]).exists()] == []


def test_folders_of_tests_are_rooms_or_say_what_else_they_are():
    rooms = {path.stem for path in (ROOT / "kerasal").iterdir()}
    besides = set(re.findall(r"`tests/(\w+)/`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))) | {"data", "examples"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders <= rooms | besides
