"""What the tab draws of each kind of picture, compared number by number with the colours that NumPy computes."""

import base64
import importlib.util
import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, open_tab
from matplotlib import colormaps
from PIL import Image

from kerasal import Saliency
from kerasal.callbacks import TextPictures
from kerasal.callbacks.pictures.series import SeriesPictures
from kerasal.callbacks.pictures.video import VideoPictures, VolumePictures
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it to test the tab in a browser")

RED_BLUE = np.array(  # ColorBrewer RdBu, 11 classes, from blue to red
    "5,48,97 33,102,172 67,147,195 146,197,222 209,229,240 247,247,247 253,219,199 244,165,130 214,96,77 178,24,43 103,0,31".replace(
        " ", ","
    ).split(","),
    float,
).reshape(11, 3)
WITHIN = 2  # of 255: the tab has 257 colours, between them half a step of at most 64 / 25.6

RNG = np.random.default_rng(0)
N = 3
IMAGES = RNG.integers(0, 256, (N, 5, 7, 3)).astype("uint8")
OF_IMAGES = RNG.normal(size=(2, N, 5, 7)).astype("float32")  # steps, examples, rows, columns
OF_CLASSES = RNG.normal(size=(2, N, 4, 5, 7)).astype("float32")
CLASSES = ["cat", "dog", "<b>owl</b>", "fox"]
PREDICTED = [2, 0, 3]
OF_TABLE = np.array([[1, -2, 0.5, 3], [0.1, 0.2, 4, -5], [1, 1, 1, -1]], "float32")
TOKENS = [["not", "so", None, "bad"], ["a", "good", "film", "!"], ["x", "y", None, None]]
OF_TEXT = np.array([[1, -4, 9, 2], [3, 0, -1, 0.5], [2, -1, 9, 9]], "float32")
SERIES, OF_SERIES = RNG.normal(size=(2, N, 40, 2)).astype("float32")
FRAMES = RNG.integers(0, 256, (N, 3, 4, 6, 3)).astype("uint8")
OF_FRAMES = RNG.normal(size=(N, 3, 4, 6)).astype("float32")
ATOMS = {"atoms": [["", 0, 0], ["", 1.3, 0.75], ["OH", 2.6, 0]], "bonds": [[0, 1, 1.0], [1, 2, 2.0]]}
OF_ATOMS = np.array([[0.5, -1, 2], [1, -3, 0], [-1, 1, 0.25]], "float32")
OF_NUMBERS = np.abs(RNG.normal(size=(N, 2, 3, 4))).astype("float32")
KINDS = {
    "image": (Depiction("image", {}, {"images": IMAGES}), OF_IMAGES[-1]),
    "molecule": (Depiction("molecule", {"molecules": [ATOMS] * N}), OF_ATOMS),
    "numbers": (Depiction("numbers"), OF_NUMBERS),
    "series": (SeriesPictures(SERIES, ["pulse", "breath"]).depiction(), OF_SERIES),
    "table": (Depiction("table", {"columns": ["age", "fare", "a long name of a column", "deck"]}), OF_TABLE),
    "text": (TextPictures(TOKENS).depiction(), OF_TEXT),
    "video": (VideoPictures(FRAMES).depiction(), OF_FRAMES),
    "volume": (VolumePictures(FRAMES[..., :1]).depiction(), OF_FRAMES),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The tab on a run of each kind, two steps of three examples, and one of four classes."""
    root = tmp_path_factory.mktemp("logs")
    names = [f"{n} label {CLASSES[n]}" for n in range(N)]
    facts = {"class_names": CLASSES, "about": {"method": "raw"}}
    for kind, (depiction, values) in KINDS.items():
        archive = Archive(root / "saliency" / kind, names, facts, depiction)
        for step, factor in ((0, -0.5), (4, 1.0)):
            numbers = {"prediction": PREDICTED, "drift": RNG.random(N).tolist(), "probability": RNG.random(N).tolist()}
            archive.write(step, Saliency(factor * values), {"time": step, "numbers": numbers})
    axes = ["example", "class", "height", "width"]
    of_classes = Archive(root / "saliency" / "of classes", names, {**facts, "axes": axes}, KINDS["image"][0])
    for step, values in zip((0, 4), OF_CLASSES, strict=True):
        line = {"time": step, "numbers": {"prediction": PREDICTED}}
        of_classes.write(step, Saliency(values, axes=axes), line)
    with open_tab(root, tmp_path_factory.mktemp("profile")) as shown:
        shown.wait("document.querySelector('.waiting') === null")
        shown.choose("scale", "each step")
        shown.choose("percentile", "100")
        yield shown


def show(page, run, **choices):
    """A run, and what else is chosen, shown."""
    for key, value in {"run": f"saliency/{run}", **choices}.items():
        page.choose(key, value)
        page.wait("document.querySelector('.waiting') === null")
    if page.run("document.querySelector('.panes').hidden"):
        return
    page.wait(f"document.querySelector('.pane h2').textContent.startsWith('saliency/{run} ·')")


def colours(values, limit=None):
    """Of numbers on a scale around zero: (..., 3)."""
    share = np.clip(values / (np.abs(values).max() if limit is None else limit), -1, 1) / 2 + 0.5
    return np.stack([np.interp(share, np.linspace(0, 1, 11), channel) for channel in RED_BLUE.T], -1)


def over(images, values, opacity=0.8):
    """Those of a map over images uint8, as opaque as it is strong."""
    weight = opacity * np.abs(values[..., None]) / np.abs(values).max()
    return (1 - weight) * images + weight * colours(values)


def canvases(page, where=".pane"):
    """The pixels of each canvas: [(rows, columns, 3)]."""
    script = f"""[...document.querySelectorAll('{where} canvas.map')].map(c =>
        [c.height, c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data])"""
    return [np.reshape(pixels, (height, width, 4))[..., :3] for height, width, *pixels in page.run(script)]


def css(page, what, of):
    """Colours of elements: (N, 3)."""
    texts = page.run(f"[...document.querySelectorAll({what!r})].map(e => {of})")
    return np.array([[int(part) for part in re.findall(r"\d+", text)[:3]] for text in texts])


def same(found, expected):
    np.testing.assert_allclose(found, expected, atol=WITHIN)


@pytest.mark.parametrize("example", [0, 2])
def test_images(page, example):
    values = OF_IMAGES[-1, example]
    show(page, "image", example=str(example), view="heat")
    same(canvases(page)[0], colours(values))
    show(page, "image", view="overlay")
    same(canvases(page)[0], over(IMAGES[example], values))
    show(page, "image", view="original")
    np.testing.assert_array_equal(canvases(page)[0], IMAGES[example])


def test_classes_are_chosen_and_compared(page):
    show(page, "of classes", example="1", view="heat")
    words = page.run("[...document.getElementById('ofClass').options].map(o => o.textContent)")
    assert words == ["cat (predicted)", "dog", "<b>owl</b>", "fox"]
    for k in (0, 2):
        show(page, "of classes", ofClass=str(k))
        assert page.run("document.querySelector('.pane h2').textContent").endswith(f"step 4 · class {CLASSES[k]}")
        same(canvases(page)[0], colours(OF_CLASSES[1, 1, k]))
    page.choose("compareWith", "#class 3")
    page.wait("document.querySelectorAll('.pane').length === 3 && document.querySelector('.waiting') === null")
    for found, values in zip(
        canvases(page),
        (OF_CLASSES[1, 1, 2], OF_CLASSES[1, 1, 3], OF_CLASSES[1, 1, 2] - OF_CLASSES[1, 1, 3]),
        strict=True,
    ):
        same(found, colours(values))
    page.choose("compareStep", "0")
    page.wait("document.querySelectorAll('.pane h2')[1].textContent.endsWith('step 0 · class fox')")
    page.choose("compareWith", "")
    page.wait("document.querySelectorAll('.pane').length === 1 && document.querySelector('.waiting') === null")
    page.run("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'c', bubbles: true}))")
    page.wait("document.querySelector('.pane h2').textContent.endsWith('class fox')")
    page.run("window.isOld = true; location.reload()")  # the address tells the class
    page.wait("!window.isOld && document.querySelector('.pane h2')?.textContent.endsWith('class fox')")
    page.wait("document.querySelector('.waiting') === null")
    show(page, "image")
    assert page.run("document.getElementById('ofClass').closest('label').hidden")


def test_the_grid_and_the_steps_are_of_the_class(page):
    show(page, "of classes", ofClass="1", view="heat")
    thumbs = canvases(page, ".thumb")
    for found, values in zip(thumbs, OF_CLASSES[:, 1, 1], strict=True):
        same(found, colours(values))
    page.run("document.getElementById('show').click()")
    page.wait("document.querySelectorAll('.card canvas').length === 3 && document.querySelector('.waiting') === null")
    for k in (1, 2):
        show(page, "of classes", ofClass=str(k))
        assert f"class {CLASSES[k]}" in page.run("document.querySelector('.told').textContent")
        for found, values in zip(canvases(page, ".card"), OF_CLASSES[1, :, k], strict=True):
            same(found, colours(values))
    page.run("document.getElementById('show').click()")
    page.wait("document.querySelector('.grid').hidden && document.querySelector('.waiting') === null")


def test_tables(page):
    """Bars begin at zero, are as long as their numbers, and red where they are positive."""
    show(page, "table", example="1")
    script = "[...document.querySelectorAll('.bars g rect')].map(r => ['x', 'width'].map(a => r[a].baseVal.value))"
    zero = page.run("document.querySelector('.bars line.zero').x1.baseVal.value")
    x, width = np.transpose(page.run(script))
    signed = np.where(np.isclose(x, zero), width, -width)
    np.testing.assert_allclose(signed / np.abs(signed).max(), OF_TABLE[1] / 5, rtol=1e-5)
    fills = css(page, ".bars g rect", "getComputedStyle(e).fill")
    np.testing.assert_array_equal(fills, np.where(OF_TABLE[1, :, None] > 0, (178, 24, 43), (33, 102, 172)))


def test_texts(page):
    show(page, "text", example="0")
    same(css(page, ".pane .token", "e.style.background"), colours(OF_TEXT[0, [0, 1, 3]]))  # the third is padding


def test_series(page):
    show(page, "series", example="2")
    for channel, found in enumerate(canvases(page)):
        same(found, colours(OF_SERIES[2, :, channel], np.abs(OF_SERIES[2]).max())[None])
    for channel, d in enumerate(
        page.run("[...document.querySelectorAll('.signal path')].map(p => p.getAttribute('d'))")
    ):
        heights = np.array([float(each.split(",")[1]) for each in re.findall(r"[ML][^ML]+", d)])[::2]
        signal = SERIES[2, :, channel]
        np.testing.assert_allclose(
            (heights - heights.max()) / (heights.min() - heights.max()),
            (signal - signal.min()) / np.ptp(signal),
            atol=1e-5,
        )


@pytest.mark.parametrize("kind", ["video", "volume"])
def test_frames(page, kind):
    images = FRAMES[1] if kind == "video" else FRAMES[1, ..., :1].repeat(3, -1)
    show(page, kind, example="1", view="heat")
    same(canvases(page), colours(OF_FRAMES[1]))
    if kind == "video":
        show(page, kind, view="overlay")
        same(canvases(page), over(images, OF_FRAMES[1]))


def test_molecules(page):
    show(page, "molecule", example="1")
    expected = colours(OF_ATOMS[1])
    same(css(page, ".pane .disc", "e.getAttribute('fill')"), expected)
    same(css(page, ".pane line.band", "e.getAttribute('stroke')"), expected[[0, 1, 1, 2]])  # halves of bonds


def test_numbers(page):
    """Without negative numbers, the colours begin at zero."""
    show(page, "numbers", example="2")
    expected = 255 * colormaps["inferno"].resampled(257)(OF_NUMBERS[2].reshape(2, 12) / OF_NUMBERS[2].max())[..., :3]
    same(canvases(page)[0], expected)


def grid(page, *, shown):
    """All examples of the step, or one of them."""
    if page.run("document.querySelector('.grid').hidden") == shown:
        page.run("document.getElementById('show').click()")
        page.wait(f"document.querySelector('.grid').hidden === {json.dumps(not shown)}")
    page.wait("document.querySelector('.waiting') === null")


@pytest.mark.parametrize("kind", [*KINDS, "of classes"])
def test_cards_hold_their_pictures(page, kind):
    grid(page, shown=True)
    show(page, kind, scale="all steps")
    page.wait("document.querySelectorAll('.card .picture > *').length === 3")
    sizes = page.run(
        "[...document.querySelectorAll('.card .picture')].map(p => [p.scrollHeight - p.clientHeight, p.scrollWidth - p.clientWidth])"
    )
    assert np.max(sizes) <= 1
    ends = page.run("document.querySelector('.grid .bar').textContent").replace("−", "-")
    if kind == "table":
        assert ends == "-55" and page.run("document.querySelectorAll('.grid .signs span').length") == 2
        widths = page.run("[...document.querySelectorAll('.card:nth-of-type(2) rect')].map(r => r.width.baseVal.value)")
        np.testing.assert_allclose(np.array(widths) / max(widths), np.abs(OF_TABLE[1]) / 5, rtol=1e-5)
    page.choose("scale", "each step")
    grid(page, shown=False)


def test_names_below_charts_are_whole(page):
    show(page, "image", example="0")
    ends = "[...document.querySelectorAll('.charts .end')].map(e => e.textContent)"
    assert page.run(ends) == [CLASSES[PREDICTED[0]]]
    assert "…" not in page.run("document.querySelector('.charts').textContent")
    left = page.run(
        "[...document.querySelectorAll('.charts svg')].map(s => Math.min(...[...s.querySelectorAll('text')]"
        ".map(t => t.getBoundingClientRect().left - s.getBoundingClientRect().left)))"
    )
    assert min(left) >= 0


def test_what_is_not_yet_what_was_chosen_is_dimmed(page):
    show(page, "numbers", example="1")
    page.run("window.isOld = true; location.reload()")  # so that other examples are not known
    page.wait("!window.isOld && Boolean(document.querySelector('.right:not(.waiting) .pane'))")
    page.run(
        """(window.real = window.fetch, window.gate = new Promise((open) => { window.open_ = open; }),
            window.fetch = async (...asked) => { await window.gate; return window.real(...asked); }, 0)"""
    )
    try:
        page.choose("example", "0")
        opacity = "getComputedStyle(document.querySelector('.panes')).opacity"
        page.wait(f"{opacity} === '0.45'")
        assert page.run("document.querySelector('.right').ariaBusy") == "true"
        assert page.run("document.querySelector('.pane h2').textContent").startswith("saliency/numbers · 1 ")
    finally:
        page.run("(window.fetch = window.real, window.open_(), 0)")
    page.wait(
        f"document.querySelector('.pane h2').textContent.startsWith('saliency/numbers · 0 ') && {opacity} === '1'"
    )


def test_boxes_of_runs_say_what_they_do(page):
    show(page, "image")
    titles = page.run("[...document.querySelectorAll('.run input')].map(box => box.title)")
    assert titles[0] == "The run that is shown" and titles[1] == "Shows saliency/molecule beside the first"


def test_a_film_has_every_step_with_its_colours(page):
    show(page, "image", example="1", view="heat")
    film = page.run(
        """new Promise((done) => {
            const [url, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
            HTMLAnchorElement.prototype.click = function () {};
            URL.createObjectURL = (blob) => {
                [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [url, click];
                const reader = new FileReader();
                reader.onload = () => done(reader.result.split(",")[1]);
                reader.readAsDataURL(blob);
                return "#";
            };
            document.getElementById("film").click();
        })"""
    )
    page.wait("document.querySelector('.waiting') === null")
    left, top, width, height = page.run(
        """(([a, b]) => [a.left - b.left, a.top - b.top, a.width, a.height])(
            [".pane canvas", ".right"].map((what) => document.querySelector(what).getBoundingClientRect()))"""
    )
    pictures = Image.open(io.BytesIO(base64.b64decode(film)))
    assert pictures.format == "PNG" and pictures.n_frames == 2
    for k, values in enumerate(OF_IMAGES[-1, 1] * factor for factor in (-0.5, 1)):
        pictures.seek(k)
        assert pictures.info["duration"] == (250, 2000)[k]
        pixels = np.asarray(pictures.convert("RGB"))
        rows, columns = (
            np.int64(at + (np.arange(n) + 0.5) * size / n) for at, size, n in ((top, height, 5), (left, width, 7))
        )
        same(pixels[np.ix_(rows, columns)], colours(values))


def key(page, name, code=0, *, shift=False):
    """A key of a keyboard."""
    text = {"Enter": "\r", " ": " "}.get(name)
    for type_ in ("keyDown", "keyUp"):
        pressed = {"type": type_, "key": name, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        page.ask("Input.dispatchKeyEvent", **pressed, **({"text": text} if text and type_ == "keyDown" else {}))


def test_a_keyboard_alone_reaches_and_uses_every_control(page):
    show(page, "of classes", example="0", view="overlay")
    page.ask("Page.bringToFront")
    page.run("(document.activeElement.blur(), window.scrollTo(0, 0), 0)")
    what = "[...document.querySelectorAll('.controls :is(button, input, select)')].filter(e => e.checkVisibility() && !e.disabled)"
    wanted = page.run(f"{what}.map((e, k) => (e.dataset.at = k))")
    reached, used = [], {}
    for _ in range(len(wanted) + 40):
        key(page, "Tab", 9)
        at, id_, type_ = page.run("(e => [e.dataset.at ?? null, e.id, e.type ?? ''])(document.activeElement)")
        if at is not None and int(at) not in reached:
            reached.append(int(at))
            used[id_] = type_
        if len(reached) == len(wanted):
            break
    assert reached == wanted
    changed = {}
    for id_, type_ in used.items():
        if type_ not in ("range", "select-one") or page.run(f"document.getElementById({id_!r}).options?.length === 1"):
            continue
        page.run(f"(document.getElementById({id_!r}).focus(), 0)")
        before = page.run("document.activeElement.value + location.hash")
        key(page, *(("ArrowLeft", 37) if id_ in ("step", "percentile", "opacity") else ("ArrowDown", 40)))
        time.sleep(0.05)
        page.wait("document.querySelector('.waiting') === null")
        changed[id_] = before != page.run(f"document.getElementById({id_!r}).value + location.hash")
        key(page, *(("ArrowRight", 39) if id_ in ("step", "percentile", "opacity") else ("ArrowUp", 38)))
        page.wait("document.querySelector('.waiting') === null")
    assert all(changed.values()) and {"step", "example", "ofClass", "opacity", "colormap"} <= set(changed), changed
    for id_ in ("show", "help"):
        page.run(f"(document.getElementById({id_!r}).focus(), 0)")
        key(page, "Enter", 13)
        page.wait("document.querySelector('.waiting') === null")
    assert page.run("document.querySelector('dialog').open && !document.querySelector('.grid').hidden")
    key(page, "Escape", 27)
    page.wait("!document.querySelector('dialog').open")
    page.wait("document.querySelector('.card .open') !== null")
    page.run("(document.querySelectorAll('.card .open')[1].focus(), 0)")
    key(page, "Enter", 13)
    page.wait("document.querySelector('.grid').hidden && document.querySelector('.waiting') === null")
    assert page.run("document.getElementById('example').value") == "1"


def test_a_narrow_window_folds_controls_away(page):
    show(page, "image")
    try:
        page.ask("Emulation.setDeviceMetricsOverride", width=420, height=900, deviceScaleFactor=1, mobile=False)
        page.wait("!document.querySelector('.folded').open && document.querySelector('.waiting') === null")
        assert page.run("document.querySelector('.pane canvas').getBoundingClientRect().top") < 300
        page.run("document.querySelector('.folded > summary').click()")
        page.wait("document.getElementById('colormap').checkVisibility()")
    finally:
        page.ask("Emulation.clearDeviceMetricsOverride")
    page.wait("document.querySelector('.folded').open")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_kind_hinders_whom_a_screen_is_read_to(page, scheme):
    """axe-core finds no serious fault of a kind, large and in the grid, and nothing is wider than the window."""
    package = importlib.util.find_spec("axe_core_python")
    axe = (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    page.run(f"{axe}; document.documentElement.style.colorScheme = {scheme!r}")
    try:
        for width in (420, 1280, 2560):
            page.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            for kind in (*KINDS, "of classes"):
                grid(page, shown=width == 1280)
                show(page, kind)
                assert page.run("document.documentElement.scrollWidth") <= width, kind
                found = page.run(
                    "axe.run('.right', {resultTypes: ['violations']}).then(({violations}) => violations"
                    ".filter(v => ['serious', 'critical'].includes(v.impact))"
                    ".map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + n.failureSummary)]))"
                )
                assert found == [], json.dumps([kind, width, found], indent=1)
    finally:
        page.ask("Emulation.clearDeviceMetricsOverride")
        grid(page, shown=False)
        page.run("document.documentElement.style.colorScheme = 'light'")
