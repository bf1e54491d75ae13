"""The site is built without a warning, has every public name, and needs no other host to be looked at."""

import html.parser
import re
import runpy
import subprocess
import sys
import urllib.parse
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasal

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ROOMS = [room for name in kerasal.__all__ if hasattr(room := getattr(kerasal, name), "__path__")]
LOADS = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("image", "href")}


class Page(html.parser.HTMLParser):
    """What a page loads, where it leads to, and the places in it that one may lead to."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.links, self.places = set(), set(), set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.loads |= {value for name, value in attrs if (tag, name) in LOADS}
        self.links |= {found["href"]} if tag == "a" and "href" in found else set()
        self.places |= {found["id"]} if "id" in found else set()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    pytest.importorskip("sphinx")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", str(DOCS), str(folder)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-8000:]
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site."""
    return {path: Page(path) for path in site.rglob("*.html")}


def is_of_another_host(address):
    return bool(urllib.parse.urlsplit(address).netloc)


def test_nothing_comes_from_another_host(site, pages):
    assert len(pages) > 40
    assert {
        path.name: address for path, page in pages.items() for address in page.loads if is_of_another_host(address)
    } == {}
    sheets = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert sheets and not [sheet for sheet in sheets if re.search(r"url\([\"']?(https?:)?//|@import", sheet)]


def test_what_is_loaded_and_led_to_is_there(pages):
    missing = []
    for path, page in pages.items():
        for address in page.links | page.loads:
            target, _, place = urllib.parse.unquote(address).partition("#")
            if is_of_another_host(address) or address.startswith(("mailto:", "data:")):
                continue
            file = (path.parent / target.partition("?")[0]).resolve() if target else path
            if not file.exists() or (place and file in pages and place not in pages[file].places):
                missing.append((path.name, address))
    assert missing == []


@pytest.fixture(scope="module")
def documented(site):
    """Every name that the reference tells of."""
    from sphinx.util.inventory import InventoryFile

    known = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    return {name for kind, names in known.items() if kind.startswith("py:") for name in names}


@pytest.mark.parametrize("module", [kerasal, *ROOMS], ids=lambda module: module.__name__)
def test_every_public_name_is_in_the_reference(documented, module):
    names = {name: kerasal._MODULE_OF.get(name, "") for name in module.__all__}
    places = {name: {f"{module.__name__}.{name}", f"{home}.{name}", home} for name, home in names.items()}
    assert names and [name for name, found in places.items() if not found & documented] == []


def test_a_search_finds_names_and_words_without_a_server(site):
    index = (site / "searchindex.js").read_text("utf-8")
    assert index.startswith("Search.setIndex(") and "GradientCalculator" in index and "smoothgrad" in index


def test_the_first_lines_of_the_site_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Flatten(), keras.layers.Dense(4, "softmax")])
    code = re.search(r"```python\n(.*?)```", (DOCS / "index.md").read_text("utf-8"), re.DOTALL)[1]
    (tmp_path / "start.py").write_text(code, "utf-8")
    images = np.random.default_rng(0).random((2, 9, 7, 3))
    found = runpy.run_path(str(tmp_path / "start.py"), {"model": model, "images": images})
    assert found["result"].shape == (2, 9, 7, 3) and (tmp_path / "maps.png").stat().st_size > 5_000
