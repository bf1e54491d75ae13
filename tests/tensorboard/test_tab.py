"""The tab in a real browser inside TensorBoard: what it shows is what the run holds."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, open_tab
from matplotlib.image import imread
from stored_run import HOSTILE, IMAGES, OF_IMAGES, STD, VALUES

from kerasal import Saliency
from kerasal.callbacks import TextPictures
from kerasal.callbacks.pictures.series import SeriesPictures
from kerasal.callbacks.pictures.video import VideoPictures
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.visualizers.colors import color_scale
from kerasal.visualizers.image_pixels import overlay_image

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it to test the tab in a browser")

OF_TABLE = np.array([1, -2, 0.5, 3, 0.1, 0.2, 4, 5, 6, 7.0])
TOKENS = [["not", HOSTILE, "\n", None, "bad"], ["good"]]
OF_TEXT = np.array([[1, -4, 2, 9, 0, 9], [3, 0, 0, 0, 0, 0]], "float32")  # 9: padding
OF_ATOMS = np.array([[0, -1, 2, 0]], "float32")
ETHANOL = {"atoms": [["", 0, 0], ["", 1.3, 0.75], ["OH", 2.6, 0]], "bonds": [[0, 1, 1.0], [1, 2, 2.0]]}
FRAMES = np.arange(18, dtype="uint8").reshape(1, 3, 1, 2, 3) * 10
OF_VIDEO = np.zeros((1, 3, 1, 2), "float32")
OF_VIDEO[0, 1, 0, 0], OF_VIDEO[0, 2, 0, 1] = 2, -2
OF_TOKENS, OF_ETHANOL = TextPictures(TOKENS).depiction(), Depiction("molecule", {"molecules": [ETHANOL]})
RED, WHITE, BLUE = "rgb(103, 0, 31)", "rgb(247, 247, 247)", "rgb(5, 48, 97)"  # ColorBrewer RdBu, 11 classes


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The tab on a log of two runs with hostile names, a truncated file, and a table."""
    root = tmp_path_factory.mktemp("logs")
    for name, factor in (("a smooth", 1.0), ("b " + HOSTILE.replace("/", ""), 2.0)):
        archive = Archive(root / "saliency" / name, ["0", HOSTILE], {"about": {"M": 4, "note": HOSTILE}}, OF_IMAGES)
        for k, step in enumerate((0, 5, 7)):
            saliency = Saliency(factor * VALUES[k], STD[k], M=4)
            archive.write(step, saliency, {"time": k, "numbers": {"score": [1.0, k], "gap": [None, 0.5]}})
    table = Archive(root / "saliency" / "c table", ["row"], {}, Depiction("table", {"columns": ["age", HOSTILE]}))
    table.write(3, Saliency([[1.0, -2.0]], std=[[0.5, 0.25]], M=4, axes=("example", "feature")), {"time": 0})
    many = Archive(root / "saliency" / "d table over steps", ["row"], {})
    for step in range(4):
        table = Saliency([OF_TABLE * (1 + step)], std=[np.full(10, 0.5)], M=4, axes=("example", "feature"))
        many.write(step, table, {"time": step})
    for name, factor in (("e text", 1.0), ("f text", 3.0)):
        text = Archive(root / "saliency" / name, ["0", "1"], {}, OF_TOKENS)
        text.write(0, Saliency(factor * OF_TEXT, std=np.full_like(OF_TEXT, 0.25), M=4), {"time": 0})
        text.write(1, Saliency(-factor * OF_TEXT, std=np.full_like(OF_TEXT, 0.5), M=4), {"time": 1})
    long_names = Depiction("table", {"columns": [f"{'long ' * 20}{k}" for k in range(10)]})
    single = Archive(root / "saliency" / "i single samples", ["row"], {}, long_names)
    for step in range(2):
        single.write(step, Saliency([OF_TABLE * (1 + step)], axes=("example", "feature")), {"time": step})
    Archive(root / "saliency" / "j empty", ["0"], {})
    video = Archive(root / "saliency" / "k video", ["0"], {}, VideoPictures(FRAMES).depiction())
    video.write(0, Saliency(OF_VIDEO), {"time": 0})
    for name, factor in (("g molecule", 1.0), ("h molecule", 3.0)):
        molecule = Archive(root / "saliency" / name, ["0"], {}, OF_ETHANOL)
        molecule.write(0, Saliency(factor * OF_ATOMS, std=np.full_like(OF_ATOMS, 0.25), M=4), {"time": 0})
    broken = root / "saliency" / "a smooth" / "arrays" / "5.npz"
    broken.write_bytes(broken.read_bytes()[:100])
    with open_tab(root, tmp_path_factory.mktemp("profile")) as shown:
        yield shown


def title(page):
    return page.run("document.querySelector('.pane h2').textContent")


def value_at(page, row, column, pane=0):
    """The number under the pointer, as the page tells it."""
    page.run(
        f"""(() => {{
            const canvas = document.querySelectorAll('.pane canvas.map')[{pane}];
            const box = canvas.getBoundingClientRect();
            const at = {{clientX: box.left + box.width * ({column} + .5) / 4, clientY: box.top + box.height * ({row} + .5) / 5}};
            canvas.dispatchEvent(new PointerEvent('pointermove', at));
        }})()"""
    )
    words = page.run(f"document.querySelectorAll('.pane')[{pane}].querySelector('.under').textContent")
    assert words.startswith(f"row {row}, column {column}: ")
    return words.split(": ")[1].replace("−", "-")


def shown_colours(page, tmp_path):
    """The canvas as drawn, read from a screenshot, a colour per element: (5, 4, 3)."""
    page.wait("document.querySelector('.waiting') === null")  # what waits is dimmed
    box = page.run(
        "(() => { const b = document.querySelector('.pane canvas.map').getBoundingClientRect(); "
        "return [b.left, b.top, b.width, b.height]; })()"
    )
    page.screenshot(tmp_path / "tab.png")
    drawn = np.rint(255 * imread(tmp_path / "tab.png")[..., :3]).astype(int)
    rows = [int(box[1] + box[3] * (row + 0.5) / 5) for row in range(5)]
    columns = [int(box[0] + box[2] * (column + 0.5) / 4) for column in range(4)]
    return drawn[np.ix_(rows, columns)]


def test_it_opens_on_the_last_map_and_tells_the_number_under_the_pointer(page):
    page.wait("document.querySelector('.pane h2').textContent === 'saliency/a smooth · 0 · step 7'")
    number, spread = value_at(page, 3, 1).split(" ± ")
    assert float(number) == pytest.approx(VALUES[2, 0, 3, 1], rel=5e-3)
    assert float(spread) == pytest.approx(STD[2, 0, 3, 1], rel=5e-3)


def test_step_example_and_colours_can_be_chosen(page, tmp_path):
    page.choose("scale", "each step")
    page.choose("example", "1")
    page.choose("step", "0")
    page.choose("view", "heat")
    page.choose("percentile", "100")
    page.wait("document.querySelector('.pane h2').textContent.endsWith('step 0')")
    page.wait(f"document.querySelector('.pane .bar').textContent.includes('{np.abs(VALUES[0, 1]).max():.3g}')")
    values = VALUES[0, 1]
    strongest = np.unravel_index(np.argmax(np.abs(values)), values.shape)
    colours = shown_colours(page, tmp_path)
    expected = (103, 0, 31) if values[strongest] > 0 else (5, 48, 97)  # the ends of ColorBrewer RdBu, 11 classes
    np.testing.assert_allclose(colours[strongest], expected, atol=3)
    page.choose("view", "original")
    page.wait("document.getElementById('view').value === 'original'")
    np.testing.assert_allclose(shown_colours(page, tmp_path), IMAGES[1], atol=3)
    page.choose("view", "heat")
    page.choose("colormap", "jet")
    page.wait("document.getElementById('colormap').value === 'jet'")
    found = shown_colours(page, tmp_path)[strongest]
    np.testing.assert_allclose(found, (128, 0, 0) if values[strongest] > 0 else (0, 0, 128), atol=4)  # the ends of jet
    page.choose("colormap", "auto")


def show_alone(page):
    """Nothing beside the run."""
    page.choose("compareWith", "")
    page.wait("document.querySelectorAll('.pane').length === 1")


def test_two_runs_and_their_difference_stand_side_by_side(page):
    other = page.run(
        "[...document.getElementById('compareWith').options].map(o => o.value).find(v => v.includes('b '))"
    )
    page.choose("compareWith", other)
    page.wait("document.querySelectorAll('.pane').length === 3")
    page.wait("document.querySelectorAll('.pane h2')[1].textContent.endsWith('step 0')")
    first, second = (float(value_at(page, 2, 3, pane).split(" ± ")[0]) for pane in (0, 1))
    assert first == pytest.approx(VALUES[0, 1, 2, 3], rel=5e-3) and second == pytest.approx(2 * first, rel=1e-2)
    assert float(value_at(page, 2, 3, 2)) == pytest.approx(-first, rel=1e-2)
    show_alone(page)


def test_a_damaged_step_is_told_and_the_next_is_shown(page):
    page.choose("step", "1")
    page.wait("document.querySelector('.panes [role=alert]')?.textContent.includes('damaged')")
    page.choose("step", "2")
    page.wait("document.querySelector('.pane h2')?.textContent.endsWith('step 7')")


def test_a_table_is_bars(page, tmp_path):
    page.choose("run", "saliency/c table")
    page.wait("document.querySelectorAll('.bars rect').length === 2")
    widths = page.run("[...document.querySelectorAll('.bars rect')].map(r => r.width.baseVal.value)")
    assert widths[1] == pytest.approx(2 * widths[0], rel=1e-6)
    assert page.run("[...document.querySelectorAll('.bars .whisker')].length") == 2
    page.screenshot(tmp_path / "table.png")


def told(page, pane=0):
    """What stands below a pane of what is pointed at."""
    words = page.run(f"document.querySelectorAll('.pane')[{pane}].querySelector('.under').textContent")
    return words.replace("−", "-")


def test_the_original_and_the_overlay_stand_side_by_side(page, tmp_path):
    page.choose("run", page.run("[...document.getElementById('run').options][0].value"))
    page.wait("document.querySelectorAll('#example option').length === 2")
    page.choose("example", "1")
    page.choose("step", "2")
    page.choose("view", "side by side")
    page.wait("document.querySelector('.pane h2').textContent.endsWith('step 7')")
    page.wait("document.querySelectorAll('.pane canvas.map').length === 2")
    np.testing.assert_allclose(shown_colours(page, tmp_path), IMAGES[1], atol=3)  # the first is the original
    assert float(value_at(page, 3, 1).split(" ± ")[0]) == pytest.approx(VALUES[2, 1, 3, 1], rel=5e-3)
    page.choose("view", "overlay")
    page.wait("document.querySelectorAll('.pane canvas.map').length === 1")
    for opacity in (1, 0.5):
        page.choose("opacity", str(opacity))
        page.wait(f"document.querySelector('#opacity + output').textContent === '{opacity:.2f}'")
        values = VALUES[2, 1]
        colors = color_scale(-np.abs(values).max(), np.abs(values).max())
        expected = overlay_image(IMAGES[1] / 255, values, colors, opacity)
        np.testing.assert_allclose(shown_colours(page, tmp_path), 255 * expected, atol=4)


def test_a_video_is_frames_with_the_strongest_marked_and_zero_leaves_them_alone(page, tmp_path):
    page.choose("run", "saliency/k video")
    page.wait("document.querySelectorAll('.pane .frame').length === 3")
    words = page.run("[...document.querySelectorAll('.pane figcaption')].map(each => each.textContent)")
    assert words == ["frame 0", "frame 1, strongest", "frame 2"]
    assert page.run("document.querySelector('.facts dd').textContent") == "video"
    assert page.run("document.querySelectorAll('.pane .strong canvas').length") == 1
    pixels = page.run(
        "[...document.querySelectorAll('.pane canvas.map')].map(c => [...c.getContext('2d').getImageData(0, 0, 2, 1).data])"
    )
    image = FRAMES[0].reshape(3, 2, 3)
    expected = np.float64(image)
    for where, end in ((1, 0), (103, 0, 31)), ((2, 1), (5, 48, 97)):  # of the scale, at the opacity chosen before
        expected[where] = (image[where] + np.array(end)) / 2
    np.testing.assert_allclose(np.reshape(pixels, (3, 2, 4))[..., :3], expected, atol=1)


def test_the_strongest_features_are_lines_with_bands_over_steps(page):
    page.choose("run", "saliency/d table over steps")
    page.wait("document.querySelectorAll('.pane .lines polyline').length === 8")  # of 10 features
    assert page.run("document.querySelectorAll('.pane .lines .band').length") == 8
    first = page.run("document.querySelector('.pane .lines polyline').getAttribute('points')")
    heights = [float(point.split(",")[1]) for point in first.split()]
    np.testing.assert_allclose(np.diff(heights), heights[1] - heights[0], rtol=1e-6)  # 7, 14, 21, 28: a straight line
    names = page.run("[...document.querySelectorAll('.pane .key span')].map(s => s.textContent)")
    assert names[:3] == ["feature 9", "feature 8", "feature 7"] and "feature 4" not in names
    bounds = page.run("[...document.querySelectorAll('.pane .lines text')].slice(0, 2).map(t => t.textContent)")
    assert bounds == ["28.5", "−8.5"]  # 4 · 7 + .5, −4 · 2 − .5


def test_a_text_is_tokens_on_the_colours_of_their_numbers(page):
    page.choose("run", "saliency/e text")
    page.choose("example", "0")
    page.choose("step", "0")
    page.choose("colormap", "auto")
    page.wait("document.querySelector('.pane h2').textContent.endsWith('step 0')")
    page.wait("document.querySelectorAll('.token').length === 4")
    tokens = page.run(
        "[...document.querySelectorAll('.token')].map(t => [t.textContent, t.style.background, t.style.color])"
    )
    assert [token for token, *_ in tokens] == ["not", HOSTILE, "↵", "bad"]
    assert [color for _, color, _ in tokens][1::2] == [BLUE, WHITE]  # −4 is the strongest: 9 is padding
    assert [ink for *_, ink in tokens][1::2] == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    page.choose("colormap", "grey")
    page.wait("document.querySelectorAll('.token')[3].style.background === 'rgb(128, 128, 128)'")
    page.choose("colormap", "auto")
    page.wait(f"document.querySelectorAll('.token')[3].style.background === '{WHITE}'")
    page.run("document.querySelectorAll('.token')[1].focus()")
    assert told(page) == f"{HOSTILE}: -4 ± 0.25"
    page.run("document.querySelectorAll('.token')[0].dispatchEvent(new PointerEvent('pointerenter'))")
    assert told(page) == "not: 1 ± 0.25"
    page.run("document.querySelectorAll('.token')[1].dispatchEvent(new PointerEvent('pointerenter'))")
    page.choose("step", "1")
    page.wait("document.querySelector('.pane h2').textContent.endsWith('step 1')")
    assert told(page) == f"{HOSTILE}: 4 ± 0.5"  # the pointer is where it was
    assert page.run("document.activeElement.dataset.k") == "1"


def test_two_texts_and_their_difference(page):
    page.choose("step", "0")
    page.choose("compareWith", "saliency/f text")
    page.wait("document.querySelectorAll('.pane .tokens').length === 3")
    page.wait("[...document.querySelectorAll('.pane h2')].slice(0, 2).every(h => h.textContent.endsWith('step 0'))")
    page.run("document.querySelectorAll('.pane')[2].querySelectorAll('.token')[1].focus()")
    assert told(page, 2) == f"{HOSTILE}: 8"


def test_two_molecules_and_their_difference(page):
    page.choose("run", "saliency/g molecule")
    page.choose("compareWith", "saliency/h molecule")
    page.wait("document.querySelectorAll('.pane .molecule').length === 3")
    fills = page.run(
        "[...document.querySelector('.molecule').querySelectorAll('.disc')].map(c => c.getAttribute('fill'))"
    )
    assert [fills[0], fills[2]] == [WHITE, RED]
    radii = page.run("[...document.querySelector('.molecule').querySelectorAll('.disc')].map(c => c.r.baseVal.value)")
    assert radii[1] == radii[2] > radii[0] > 0  # 0 ± .25 is in doubt
    assert (
        page.run("document.querySelector('.molecule').querySelectorAll('.bond').length") == 2 + 4
    )  # halves, one double
    assert page.run(
        "[...document.querySelectorAll('.molecule')[0].querySelectorAll('text')].map(t => t.textContent)"
    ) == ["OH"]
    page.run("document.querySelectorAll('.spot')[2].dispatchEvent(new PointerEvent('pointerenter'))")
    assert told(page) == "atom 2, OH: 2 ± 0.25"
    page.run("document.querySelectorAll('.pane')[2].querySelectorAll('.spot')[2].focus()")
    assert told(page, 2) == "atom 2, OH: -4"
    fills = page.run(
        "[...document.querySelectorAll('.molecule')[2].querySelectorAll('.disc')].map(c => c.getAttribute('fill'))"
    )
    assert fills[2] == BLUE
    show_alone(page)


def test_a_training_that_goes_on_is_followed(page):
    page.choose("run", "saliency/h molecule")
    page.wait("document.querySelector('.pane h2').textContent.includes('h molecule · 0 · step 0')")
    again = Archive(page.root / "saliency" / "h molecule", ["0"], {}, OF_ETHANOL)
    again.write(6, Saliency(5 * OF_ATOMS), {"time": 6})
    page.run("window.dispatchEvent(new Event('focus'))")
    page.wait("document.querySelector('.pane h2').textContent.endsWith('step 6')")
    page.run("document.querySelectorAll('.spot')[2].focus()")
    assert told(page) == "atom 2, OH: 10"


def alert(page):
    return page.run("document.querySelector('.panes [role=alert]')?.textContent")


def test_a_table_without_a_standard_deviation_is_bars_and_lines(page):
    page.choose("run", "saliency/i single samples")
    page.wait("document.querySelectorAll('.pane .lines polyline').length === 8")
    assert page.run("document.querySelectorAll('.bars rect').length") == 10
    assert page.run("document.querySelectorAll('.bars .whisker, .lines .band').length") == 0


def test_long_names_are_shortened_at_their_end_and_whole_in_a_title(page):
    names = page.run("[...document.querySelectorAll('.bars g')].map(g => g.querySelector('text').textContent)")
    assert all(name.startswith("long long") and name.endswith("…") for name in names)
    boxes = page.run("[...document.querySelectorAll('.bars g text:first-of-type')].map(t => t.getBBox().x)")
    assert len(boxes) == 10 and min(boxes) >= 0
    assert page.run("document.querySelector('.bars g title').textContent") == "long " * 20 + "0"


def test_a_run_without_a_standard_deviation_is_shown_as_saliency(page):
    page.choose("run", "saliency/d table over steps")
    page.choose("quantity", "std")
    page.choose("compareWith", "saliency/i single samples")
    page.wait("Boolean(document.querySelectorAll('.pane')[1]?.querySelector('[role=alert]'))")
    assert "A standard deviation" in alert(page)
    assert page.run("document.querySelectorAll('.pane')[0].querySelectorAll('.bars rect').length") == 10
    page.choose("run", "saliency/i single samples")
    page.wait("document.querySelectorAll('.panes [role=alert]').length === 0")
    assert page.run("document.getElementById('quantity').value") == "values"
    show_alone(page)


def test_a_picture_that_cannot_be_drawn_leaves_the_numbers_and_says_why(page):
    damaged = Archive(page.root / "saliency" / "m damaged", ["0", "1"], {}, Depiction("text", {"tokens": [["a"]]}))
    damaged.write(0, Saliency([[1.0, 2.0], [3.0, -4.0]]), {"time": 0})
    there = "[...document.getElementById('run').options].some(o => o.value === 'saliency/m damaged')"
    page.wait(f"(window.dispatchEvent(new Event('focus')), {there})")
    page.choose("run", "saliency/m damaged")
    page.wait("document.querySelectorAll('#example option').length === 2")
    page.choose("example", "1")
    page.wait("document.querySelectorAll('.strongest tr').length === 2")
    assert "“text” cannot draw this" in alert(page)
    assert page.run("document.querySelector('.strongest tr').textContent") == "[1]−4"
    page.choose("example", "0")
    page.wait("document.querySelectorAll('.token').length === 1")


@pytest.mark.parametrize("shape", [(3, 1, 5, 2), (4, 5, 1, 6)])
def test_maps_of_any_shape_are_numbers(page, shape):
    """The pointer tells where a number is, an index per axis that is longer than 1."""
    values = np.arange(np.prod(shape), dtype="float32").reshape(1, *shape)
    name = f"n {shape}"
    Archive(page.root / "saliency" / name, ["0"], {}).write(0, Saliency(values), {"time": 0})
    there = f"[...document.getElementById('run').options].some(o => o.value === 'saliency/{name}')"
    page.wait(f"(window.dispatchEvent(new Event('focus')), {there})")
    page.choose("run", f"saliency/{name}")
    page.wait(f"document.querySelector('.pane h2').textContent.includes('{name}')")
    page.wait("document.querySelectorAll('.strongest tr').length === 10")
    last = [size - 1 for size in shape if size > 1]
    assert page.run("document.querySelector('.strongest tr').textContent") == f"{last}{values.size - 1}"
    size = page.run("(c => [c.height, c.width])(document.querySelector('.of-numbers canvas'))")
    assert size == [shape[0], values.size // shape[0]]
    assert alert(page) is None


def show_series(page, name, series, values, std=None, channels=None):
    """A run of one step, shown."""
    depiction = SeriesPictures(series, channels).depiction()
    M = 1 if std is None else 4
    Archive(page.root / "saliency" / name, [str(n) for n in range(len(values))], {}, depiction).write(
        0, Saliency(values, std, M=M), {"time": 0}
    )
    there = f"[...document.getElementById('run').options].some(o => o.value === 'saliency/{name}')"
    page.wait(f"(window.dispatchEvent(new Event('focus')), {there})")
    page.choose("run", f"saliency/{name}")
    page.choose("quantity", "values")
    page.wait(f"document.querySelector('.pane h2').textContent.includes('{name}')")
    page.wait("document.querySelector('.of-series .ends') !== null && document.querySelector('.waiting') === null")


def point_at(page, what, share):
    """The words for the pointer at a share of the width of the element of a selector."""
    page.run(
        f"""(() => {{
            const node = {what};
            const box = node.getBoundingClientRect();
            const at = {{clientX: box.left + box.width * {share}, clientY: box.top + box.height / 2}};
            node.dispatchEvent(new PointerEvent('pointermove', at));
        }})()"""
    )
    return told(page)


def test_a_series_is_its_signal_over_a_strip_of_its_map(page, tmp_path):
    """2000 steps of two channels in 400 pixels; a spike of each is one step wide."""
    series, values = np.zeros((1, 2000, 2), "float32"), np.zeros((1, 2000, 2), "float32")
    series[0, :, 0] = np.sin(np.arange(2000) / 50)
    series[0, 1500, 0], series[0, 700:1100, 1], series[0, 1234, 1] = 9.0, np.nan, -2.0
    values[0, 333, 1], values[0, 1999, 0] = -5.0, 5.0
    show_series(page, "p series", series, values, np.full_like(values, 0.25), ["pulse", HOSTILE])
    assert alert(page) is None
    names = page.run("[...document.querySelectorAll('.signal')].map(s => s.lastChild.textContent)")
    assert names == ["pulse", HOSTILE]
    ends = page.run("[...document.querySelectorAll('.signal text')].map(t => t.textContent)")
    assert ends[:2] == ["9", "−1"] and ends[3:5] == ["0", "−2"]
    strip_width, other = page.run("[...document.querySelectorAll('.series canvas')].map(c => c.width)")
    assert 300 < strip_width == other < 2000
    column = {step: -(-(step + 1) * strip_width // 2000) - 1 for step in (333, 1500)}  # that holds a step
    first, second = (page.run(f"document.querySelectorAll('.signal path')[{k}].getAttribute('d')") for k in range(2))
    assert first.count("M") == 1 and second.count("M") == 2  # the gap
    heights = [float(point.split(",")[1]) for point in first[1:].split("L")]
    assert (
        min(heights) == pytest.approx(16) and int(np.argmin(heights)) // 2 == column[1500]
    )  # the spike is its column's highest
    strip = "document.querySelectorAll('.series canvas')[1]"
    assert point_at(page, strip, (column[333] + 0.5) / strip_width) == f"step 333, {HOSTILE} (input 0): -5 ± 0.25"
    assert (
        point_at(page, "document.querySelectorAll('.signal')[0]", 0.999)
        == f"step 1999, pulse (input {float(series[0, 1999, 0]):.3g}): 5 ± 0.25"
    )
    pixel = page.run(f"[...{strip}.getContext('2d').getImageData({column[333]}, 0, 1, 1).data].slice(0, 3)")
    assert f"rgb({', '.join(map(str, pixel))})" == BLUE
    page.screenshot(tmp_path / "series.png")


def test_a_series_of_many_channels_is_rows(page, tmp_path):
    series, values = np.zeros((1, 50, 9), "float32"), np.zeros((1, 50, 9), "float32")
    values[0, 20, 7], series[0, 20, 7] = 3.0, 1.0
    show_series(page, "q series", series, values)
    sizes = "[...document.querySelectorAll('.series canvas')].map(c => `${c.width} ${c.height}`).join()"
    page.wait(f"{sizes} === '50 9,50 9'")  # the series comes after the map
    page.run("document.querySelector('.pane').scrollIntoView()")
    show_series(page, "r series", None, values[..., 0] + np.arange(50))
    page.wait(f"{sizes} === '50 1'")
    assert point_at(page, "document.querySelector('.series canvas')", 0.41) == "step 20: 20"
    show_series(page, "s series", series[..., :2], values[..., :1])  # a map of the steps under two channels
    page.wait("document.querySelectorAll('.series .signal').length === 2")
    page.wait(f"{sizes} === '50 1'")


def test_runs_of_0_1_are_shown(page):
    shutil.copytree(Path(__file__).parents[1] / "data" / "logs_0.1" / "saliency", page.root / "z old" / "saliency")
    there = "[...document.getElementById('run').options].some(o => o.value === 'z old/saliency/text')"
    page.wait(f"(window.dispatchEvent(new Event('focus')), {there})")
    shown = {"image": "canvas.map", "table": ".bars rect.negative", "text": ".token", "molecule": ".molecule"}
    for name, what in shown.items():
        page.choose("run", f"z old/saliency/{name}")
        page.wait(f"document.querySelector('.pane h2').textContent ?.startsWith('z old/saliency/{name} ·')")
        page.wait(f"document.querySelector('.of-{name} {what}') !== null")
        assert alert(page) is None
        assert page.run("document.querySelector('#view').closest('label').hidden") == (name != "image")
    names = "[...document.querySelectorAll('.facts dt')].map(term => term.textContent)"
    assert {"calculator", "versions"} <= set(page.run(names))


def test_a_run_without_a_map_says_so_and_others_are_shown(page):
    page.choose("run", "saliency/j empty")
    page.wait("document.querySelector('.panes [role=alert]')?.textContent.startsWith('No map yet: saliency/j empty')")
    page.choose("run", "saliency/c table")
    page.wait("document.querySelectorAll('.bars rect').length === 2")
    page.choose("compareWith", "saliency/j empty")
    page.wait("document.querySelectorAll('.pane')[1]?.textContent.includes('No map yet')")
    assert page.run("document.querySelectorAll('.bars rect').length") == 2
    show_alone(page)


def test_a_difference_without_negative_numbers_is_diverging(page):
    """And whatever colours are chosen."""
    for name, factor in (("k texts", 3.0), ("l texts", 1.0)):
        text = Archive(page.root / "saliency" / name, ["0", "1"], {}, OF_TOKENS)
        text.write(0, Saliency(factor * np.abs(OF_TEXT)), {"time": 0})
    there = "[...document.getElementById('run').options].some(o => o.value === 'saliency/l texts')"
    page.wait(f"(window.dispatchEvent(new Event('focus')), {there})")  # without loading the page again
    page.choose("run", "saliency/k texts")
    page.choose("compareWith", "saliency/l texts")
    page.choose("colormap", "inferno")
    page.wait("document.querySelectorAll('.pane .tokens').length === 3")
    colours = page.run(
        "[...document.querySelectorAll('.pane')[2].querySelectorAll('.token')].map(t => t.style.background)"
    )
    assert colours[1] == RED and colours[3] == WHITE
    page.choose("colormap", "auto")
    show_alone(page)


def test_a_training_that_is_repeated_replaces_its_maps(page):
    page.run("document.querySelectorAll('.token')[0].focus()")
    assert told(page) == "not: 3"
    text = Archive(page.root / "saliency" / "k texts", ["0", "1"], {"start": 0}, OF_TOKENS)
    text.write(0, Saliency(7 * OF_TEXT), {"time": 100})
    page.run("window.dispatchEvent(new Event('focus'))")
    page.wait("document.querySelector('.pane .under').textContent.startsWith('not: 7')")


def test_the_page_goes_on_where_its_first_run_cannot_be_read(page):
    folder = page.root / "saliency" / "0 of another kind" / "arrays"
    folder.mkdir(parents=True)
    (folder / "index.jsonl").write_text('{"kind": "another", "examples": []}\n')
    first = "document.getElementById('run')?.options[0].value === 'saliency/0 of another kind'"
    page.wait(f"(window.dispatchEvent(new Event('focus')), {first})")
    page.ask("Page.navigate", url=f"{page.address}data/plugin_entry.html?name=kerasal")
    page.wait(f"{first} && document.querySelector('.panes [role=alert]') !== null")
    assert "A run is of kind" in alert(page)
    page.choose("run", "saliency/c table")
    page.wait("document.querySelectorAll('.bars rect').length === 2")
    page.choose("compareWith", "saliency/0 of another kind")
    page.wait("document.querySelectorAll('.pane')[1]?.textContent.includes('A run is of kind')")
    assert page.run("document.querySelectorAll('.bars rect').length") == 2


def test_a_history_of_every_second_step_leaves_the_others_out(page):
    rows = page.run(
        """(async () => {
            const real = window.fetch;
            const headers = {"x-kerasal-every": "2"};
            window.fetch = async () => new Response(new Float32Array([1, 2, 3, 4]).buffer, {headers});
            const { history } = await import("./server.js");
            const rows = await history({name: "many", times: ["a"], steps: [0, 1, 2]}, 0, "values");
            window.fetch = real;
            return rows.map((row) => row && [...row]);
        })()"""
    )
    assert rows == [[1, 2], None, [3, 4]]


def test_names_are_never_markup(page):
    assert page.run("document.querySelectorAll('img').length") == 0 and page.run("document.title") != "1"


def test_it_is_dark_where_tensorboard_is(page):
    """TensorBoard says so by a class on its own page's body, around the tab's frame."""
    page.ask("Page.navigate", url=f"{page.address}#kerasal")
    scheme = "document.querySelector('iframe')?.contentDocument?.documentElement?.style.colorScheme"
    page.wait(f"{scheme} === 'light'")
    page.run("document.body.classList.add('dark-mode')")
    page.wait(f"{scheme} === 'dark'")
    frame = "document.querySelector('iframe').contentDocument"
    page.wait(f"{frame}.querySelector('.panes *') !== null")
    assert page.run(f"getComputedStyle({frame}.body).backgroundColor") == "rgb(48, 48, 48)"
