"""A kind of picture of a user's own: one class here, one JavaScript module beside it, nothing of the package touched."""

from pathlib import Path

import keras
import numpy as np
import pytest
from browser import CHROMIUM, open_tab
from event_files import Logs
from logged_training import everything
from three_parts import refused

from kerasal import Saliency, load_run
from kerasal.callbacks import Pictures
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.picture_kinds import BUILT_IN, GROUP, VARIABLE, picture_kinds

MODULE = Path(__file__).with_name("spectrum.js")
SIGNALS = np.array([[0.0, 0.25, 0.5, 1.0, 0.5], [1.0, 0.5, 0.0, 0.0, 0.25]], "float32")
WAVELENGTHS = [400, 450, 500, 600, 700]
DARK_RED, WHITE = "rgb(103, 0, 31)", "rgb(247, 247, 247)"  # of ColorBrewer RdBu, 11 classes
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it to test the tab in a browser")


class SpectrumPictures(Pictures):
    """Spectra as strips of red."""

    kind = "spectrum"

    def __init__(self, signals, wavelengths):
        self._signals, self._wavelengths = signals, wavelengths

    def draw(self, n, saliency, text, scale):
        _, limit = scale.update(n, saliency.values)
        red = np.rint(255 * np.abs(saliency.values) / limit).astype("uint8")
        return np.stack([red, 0 * red, 0 * red], -1)[None].repeat(4, 0)

    def facts(self):
        return {"wavelengths": self._wavelengths}

    def arrays(self):
        return {"signals": self._signals}


def test_a_logger_draws_it_and_keeps_all_that_the_tab_needs(tmp_path):
    """The saliency of a linear model is its kernel."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    pictures = SpectrumPictures(SIGNALS, WAVELENGTHS)
    logger = everything(tmp_path, SIGNALS, method="raw", visualizer=pictures, on_error="raise")
    model.fit(SIGNALS, np.ones((2, 1)), epochs=1, callbacks=[logger], verbose=0)
    run = load_run(tmp_path)
    assert (run.picture.kind, run.picture.facts) == ("spectrum", {"wavelengths": WAVELENGTHS})
    np.testing.assert_array_equal(run.array("signals"), SIGNALS)
    drawn = Logs(tmp_path).images["saliency/saliency"]["saliency/1"]
    kernel = np.abs(model.get_weights()[0][:, 0])
    limit = max(kernel.max(), np.abs(run.values[0, 1]).max())
    np.testing.assert_allclose(drawn[1][0, :, 0], 255 * kernel / limit, atol=1)
    assert list(drawn) == [0, 1] and run.images is None


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    """A run of spectra, and in it a script that a run must not be able to run."""
    root = tmp_path_factory.mktemp("logs")
    depiction = SpectrumPictures(SIGNALS, WAVELENGTHS).depiction()
    archive = Archive(root / "saliency" / "run", ["0", "1"], {}, depiction)
    archive.write(0, Saliency(np.array([[0.0, 1.0, 2.0, 4.0, -1.0], [0, 0, 0, 0, 1]])), {"time": 0})
    for folder in (root, root / "saliency" / "run", root / "saliency" / "run" / "arrays"):
        (folder / "spectrum.js").write_text("document.title = 'run'; export const draw = () => ({ nodes: ['run'] });")
    return root


@needs_browser
def test_the_tab_draws_it_with_its_own_module(log_dir, tmp_path):
    with open_tab(log_dir, tmp_path, **{VARIABLE: str(MODULE)}) as page:
        page.wait("document.querySelectorAll('.of-spectrum .spectrum rect').length === 5")
        fills = page.run("[...document.querySelectorAll('.spectrum rect')].map(r => r.getAttribute('fill'))")
        assert (fills[0], fills[3]) == (WHITE, DARK_RED)
        page.run("document.querySelectorAll('.spectrum rect')[3].focus()")
        assert page.run("document.querySelector('.under').textContent") == "600 nm: 4"
        page.choose("example", "1")
        start = "document.querySelector('.spectrum polyline').getAttribute('points').split(' ')[0].split(',')[1]"
        page.wait(f"{start} === '0'")  # the second spectrum begins at 1, at the top
        assert page.run("document.title") != "run"


@needs_browser
def test_without_the_module_the_numbers_are_shown_and_no_script_of_the_run(log_dir, tmp_path):
    with open_tab(log_dir, tmp_path) as page:
        page.wait("document.querySelector('.of-numbers') !== null")
        words = page.run("document.querySelector('.of-numbers [role=alert]').textContent")
        assert "does not know pictures of the kind “spectrum”" in words and VARIABLE in words
        rows = page.run("[...document.querySelectorAll('.strongest tr')].map(row => row.textContent)")
        assert rows == ["[3]4", "[2]2", "[1]1", "[4]−1", "[0]0"]
        assert page.run("document.querySelector('.of-numbers canvas').width") == 5
        page.run("document.querySelectorAll('.strongest tr')[3].focus()")
        assert page.run("document.querySelector('.under').textContent") == "[4]: −1"
        loaded = page.run("performance.getEntriesByType('resource').map(entry => entry.name)")
        assert page.run("document.title") != "run" and not any("spectrum" in address for address in loaded)


def test_a_package_registers_it_without_being_imported(tmp_path, monkeypatch):
    package, info = tmp_path / "optics", tmp_path / "optics-1.0.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").write_text("")
    (package / "spectrum.py").write_text("raise RuntimeError('it would load TensorFlow')")
    (package / "spectrum.js").write_text(MODULE.read_text("utf-8"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: optics\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nspectrum = optics.spectrum\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert picture_kinds()["spectrum"] == package / "spectrum.js"


@pytest.mark.parametrize(
    "name, words", [("image.js", "has one module"), ("Top Ten.js", "'Top Ten'"), ("no.js", "no.js")]
)
def test_a_module_that_cannot_be_used_is_left_out_and_said(tmp_path, monkeypatch, name, words):
    path = tmp_path / name
    if name != "no.js":
        path.write_text("export const draw = () => ({});")
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.warns(UserWarning, match=f"(?s){words}.*{VARIABLE}"):
        kinds = picture_kinds()
    assert path not in kinds.values() and kinds["image"] == BUILT_IN / "image.js"


def test_mistakes_surface_before_training(tmp_path):
    with refused("'Top Ten'"):
        type("TopTen", (SpectrumPictures,), {"kind": "Top Ten"})
    facts = type("Facts", (SpectrumPictures,), {"facts": lambda self: {"a": SIGNALS}})
    arrays = type("Arrays", (SpectrumPictures,), {"arrays": lambda self: {"signals": SIGNALS.astype("float64")}})
    draws = type("Draws", (SpectrumPictures,), {"draw": lambda self, *_: SIGNALS})
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for kind, error, words in (
        (facts, TypeError, "JSON"),
        (arrays, ValueError, "float64"),
        (draws, TypeError, "Draws"),
    ):
        logger = everything(tmp_path, SIGNALS, visualizer=kind(SIGNALS, WAVELENGTHS))
        with refused(words, error=error):
            model.fit(SIGNALS, np.ones((2, 1)), callbacks=[logger], verbose=0)
    assert not (tmp_path / "saliency").exists()
