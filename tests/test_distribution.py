"""The wheel has the package and nothing else, the source distribution is the repository, and the page of an index has whole addresses."""

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import kerasal

ROOT = Path(__file__).parents[1]
URL = "https://example.org/kerasal/blob/main"
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"


def build(source, what, folder, url=""):
    """Build the sdist or wheel of a folder; its path."""
    environment = {**os.environ, "KERASAL_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(what), str(folder)],
        cwd=source,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return next(folder.iterdir())


def files_of_the_repository():
    if not (ROOT / ".git").exists():
        pytest.skip("what belongs to the repository is known where it is one of git's")  # not in an unpacked sdist
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The unpacked source distribution, made in a clean copy."""
    folder = tmp_path_factory.mktemp("source")
    for name in files_of_the_repository():
        (folder / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "copy" / name)
    (folder / "dist").mkdir()
    with tarfile.open(build(folder / "copy", "sdist", folder / "dist")) as file:
        file.extractall(folder / "unpacked", filter="data")
    return next((folder / "unpacked").iterdir())


@pytest.fixture(scope="module")
def wheels(source, tmp_path_factory):
    """Wheels made of the source distribution, without and with the address of the repository."""
    found = []
    for url in ("", URL):
        folder = tmp_path_factory.mktemp("wheel")
        found.append(zipfile.ZipFile(build(source, "wheel", folder, url)))
    return found


def about(wheel):
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_the_source_distribution_is_the_repository(source):
    found = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert files_of_the_repository() - found == {".gitignore"}
    made = found - files_of_the_repository()
    assert {name for name in made if not name.startswith("kerasal.egg-info/")} == {"PKG-INFO", "setup.cfg"}


def test_the_wheel_is_the_package(wheels):
    inside = {name for name in files_of_the_repository() if name.startswith("kerasal/")}
    found = set(wheels[0].namelist())
    assert {name for name in found if ".dist-info/" not in name} == inside
    assert "kerasal/py.typed" in inside and any(name.endswith("LICENSE") for name in found)


def test_the_wheel_says_what_it_is(wheels):
    told = about(wheels[0])
    assert (told["Name"], told["Version"]) == ("kerasal", kerasal.__version__)
    assert {"molecules", "store", "beam", "regions", "export", "addons"} <= set(told.get_all("Provides-Extra"))
    entries = wheels[0].read(f"kerasal-{kerasal.__version__}.dist-info/entry_points.txt").decode()
    assert "kerasal = kerasal.command_line.main:main" in entries and "[tensorboard_plugins]" in entries


def test_links_on_the_page_of_an_index_are_whole_or_none(wheels):
    links = re.compile(r"\]\(([^)]+)\)")
    bare, whole = (about(wheel).get_payload() for wheel in wheels)
    own = links.findall((ROOT / "README.md").read_text("utf-8"))
    assert len(own) > 20 and links.findall(bare) == []
    assert links.findall(whole) == [f"{URL}/{link}" for link in own]
    assert "![" not in bare and whole.count("![") == (ROOT / "README.md").read_text("utf-8").count("![")
    assert about(wheels[1]).get_all("Project-URL") == [f"Source, {URL}", f"Changelog, {URL}/CHANGELOG.md"]
