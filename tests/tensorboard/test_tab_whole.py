"""The tab in a real browser: all examples at once, several runs, links, keys, what is taken along, and accessibility."""

import csv
import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, open_tab

from kerasal import Saliency
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.visualizers.colors import color_scale

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it to test the tab in a browser")

COUNT, STEPS = 300, (0, 10, 25)
RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(2, len(STEPS), COUNT, 12, 16)).astype("float32")  # runs, steps, examples, rows, columns
DRIFT = RNG.random((len(STEPS), COUNT))
PREDICTED = RNG.integers(0, 3, (len(STEPS), COUNT))
CLASSES = ["cat", "dog", "=horse"]
NAMES = [f"{n} label {CLASSES[n % 3]}" for n in range(COUNT)]
TRUTH = np.zeros((COUNT, 12, 16), "uint8")
TRUTH[:, :6] = 1
RUNS = ["saliency/seed_1", "saliency/seed_2"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The tab on two runs of 300 examples, the second of other steps, and a table."""
    root = tmp_path_factory.mktemp("logs")
    arrays = {"images": RNG.integers(0, 256, (COUNT, 12, 16, 3)).astype("uint8"), "truth": TRUTH}
    for run, steps in enumerate((STEPS, (0, 12, 25))):
        facts = {"class_names": CLASSES}
        archive = Archive(root / "saliency" / f"seed_{run + 1}", NAMES, facts, Depiction("image", {}, arrays))
        for k, step in enumerate(steps):
            numbers = {"drift": DRIFT[k].tolist(), "prediction": PREDICTED[k].tolist()}
            archive.write(step, Saliency(VALUES[run, k]), {"time": k, "numbers": numbers, "note": f"said of {step}"})
    table = Archive(root / "saliency" / "table", ["row", "other"], {}, Depiction("table", {"columns": ["b", "a", "c"]}))
    for step in range(2):
        table.write(step, Saliency([[1, -2, 3.0]] * 2, std=[[3, 2, 1.0]] * 2, M=4), {"time": 0})
    with open_tab(root, tmp_path_factory.mktemp("profile")) as shown:
        yield shown


def settled(page):
    page.wait("document.querySelector('.right:not(.waiting) :is(.pane, .card)') !== null")


def click(page, what):
    page.run(f"document.querySelector({what!r}).click()")
    settled(page)


def press(page, key):
    page.run(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: {key!r}, bubbles: true}}))")
    settled(page)


def told(page):
    """What the address tells."""
    return page.run(
        "Object.fromEntries([...new URLSearchParams(location.hash.slice(1))].map(([k, v]) => [k.slice(10), JSON.parse(v)]))"
    )


def names_of_cards(page):
    """As they stand on the page, row by row."""
    return page.run(
        """[...document.querySelectorAll('.card')].map(c => [c.getBoundingClientRect(), c.querySelector('.open').textContent])
            .sort(([a], [b]) => a.top - b.top || a.left - b.left).map(([, name]) => name)"""
    )


def choose(page, key, value):
    page.choose(key, value)
    settled(page)


def test_all_examples_are_sorted_filtered_and_enlarged(page, tmp_path):
    settled(page)
    click(page, "#show")
    assert f"{COUNT} of {COUNT} examples" in page.run("document.querySelector('.told').textContent")
    assert 10 < len(names_of_cards(page)) < COUNT  # those in the window, and near it
    assert names_of_cards(page)[:3] == NAMES[:3]
    choose(page, "sort", "drift")
    rising = np.argsort(DRIFT[2], kind="stable")
    assert names_of_cards(page)[:5] == [NAMES[n] for n in rising[:5]]
    click(page, "#descending")
    assert names_of_cards(page)[:5] == [NAMES[n] for n in rising[::-1][:5]]
    wrong = [n for n in rising[::-1] if PREDICTED[2, n] != n % 3]
    choose(page, "right", "wrong")
    assert names_of_cards(page)[:5] == [NAMES[n] for n in wrong[:5]]
    assert f"{len(wrong)} of {COUNT}" in page.run("document.querySelector('.told').textContent")
    page.run(
        "(f => { f.value = 'label dog → cat'; f.dispatchEvent(new Event('input')); })(document.getElementById('filter'))"
    )
    settled(page)
    mistaken = [n for n in wrong if n % 3 == 1 and PREDICTED[2, n] == 0]
    assert names_of_cards(page)[:5] == [NAMES[n] for n in mistaken[:5]]
    words = page.run("document.querySelector('.card.wrong .words').textContent")
    assert words.startswith("✗ → cat · drift 0.")
    choose(page, "view", "heat")
    choose(page, "percentile", "100")
    limit = np.abs(VALUES[0, 2]).max()  # of all, chosen or not
    colours = color_scale(-limit, limit)
    found = page.run(
        f"""(c => [...c.querySelector('canvas').getContext('2d').getImageData(0, 0, 16, 12).data])(
            [...document.querySelectorAll('.card')].find(c => c.querySelector('.open').textContent === {NAMES[mistaken[0]]!r}))"""
    )
    expected = 255 * colours.to_rgba(VALUES[0, 2, mistaken[0]])[..., :3]
    np.testing.assert_allclose(np.reshape(found, (12, 16, 4))[..., :3], expected, atol=4)
    page.run(f"[...document.querySelectorAll('.open')].find(b => b.textContent === {NAMES[mistaken[0]]!r}).click()")
    settled(page)
    assert NAMES[mistaken[0]] in page.run("document.querySelector('.pane h2').textContent")
    assert told(page)["example"] == mistaken[0]


def test_scrolling_draws_what_comes_into_the_window(page):
    choose(page, "right", "")
    page.run("(f => { f.value = ''; f.dispatchEvent(new Event('input')); })(document.getElementById('filter'))")
    press(page, "g")
    page.run("window.scrollTo(0, document.body.scrollHeight)")
    last = NAMES[int(np.argmin(DRIFT[2]))]
    page.wait(f"[...document.querySelectorAll('.card .open')].some(b => b.textContent === {last!r})")
    assert len(names_of_cards(page)) < COUNT
    press(page, "g")


def test_a_link_and_a_reload_show_what_was_seen(page):
    choose(page, "example", "4")
    choose(page, "step", "1")  # of the slider: step 10
    before = page.run("document.querySelector('.pane h2').textContent")
    assert before == f"{RUNS[0]} · {NAMES[4]} · step 10"
    assert page.run("document.querySelector('.pane .said').textContent") == "said of 10"
    page.run("location.reload()")
    page.wait(f"document.querySelector('.pane h2')?.textContent === {before!r}")
    settled(page)
    assert page.run("document.getElementById('view').value") == "heat" and told(page)["step"] == 10
    choose(page, "run", RUNS[1])  # the step is kept, not the place of the slider: the nearest to 10 is 12
    assert page.run("document.querySelector('.pane h2').textContent").endswith("step 12")
    choose(page, "run", RUNS[0])
    assert page.run("document.querySelector('.pane h2').textContent").endswith("step 10")
    page.run("location.hash = '#p.kerasal.step=%22x&p.kerasal.zoom=null&p.kerasal.__proto__=1&p.kerasal.example=3'")
    page.run("location.reload()")
    page.wait(f"document.querySelector('.pane h2')?.textContent === {f'{RUNS[0]} · {NAMES[3]} · step 25'!r}")


def test_runs_stand_side_by_side_in_the_colours_of_tensorboard(page):
    settled(page)
    page.run(
        "(f => { f.value = 'seed_[2]'; f.dispatchEvent(new Event('input')); })(document.getElementById('runFilter'))"
    )
    settled(page)
    assert page.run("[...document.querySelectorAll('.run')].map(l => l.title)") == RUNS  # the first, and what fits
    click(page, ".run [data-run$=seed_2]")
    page.wait("document.querySelectorAll('.pane').length === 2")
    swatches = page.run("[...document.querySelectorAll('.pane .swatch')].map(s => s.style.background)")
    assert len(set(swatches)) == 2 and len(told(page)["beside"]) == 1
    lines = page.run(
        "[...document.querySelectorAll('.charts figure:nth-of-type(1) polyline')].map(l => l.getAttribute('stroke'))"
    )
    assert len(set(lines)) == 2
    for scale, words in (("each step", "a scale of its own"), ("shown", "one scale for all maps that are shown")):
        choose(page, "scale", scale)
        bars = page.run("[...document.querySelectorAll('.pane .bar')].map(b => b.textContent)")
        assert (len(set(bars)) == 1) == (scale == "shown")
        assert words in page.run("document.querySelector('.pane').textContent")
    click(page, ".run [data-run$=seed_2]")
    choose(page, "percentile", "100")


def test_another_step_and_a_mask_are_compared(page):
    choose(page, "compareWith", RUNS[0])
    choose(page, "compareStep", "0")
    page.wait("document.querySelectorAll('.pane').length === 3")
    titles = page.run("[...document.querySelectorAll('.pane h2')].map(h => h.textContent)")
    assert titles[1].endswith("step 0") and titles[2] == "difference, first − compared"
    difference = VALUES[0, 2, 3] - VALUES[0, 0, 3]
    limit = np.abs(difference).max()
    found = page.run(
        "[...document.querySelectorAll('.pane')[2].querySelector('canvas').getContext('2d').getImageData(0, 0, 16, 12).data]"
    )
    expected = 255 * color_scale(-limit, limit).to_rgba(difference)[..., :3]
    np.testing.assert_allclose(np.reshape(found, (12, 16, 4))[..., :3], expected, atol=4)
    choose(page, "compareWith", "#truth")
    page.wait("document.querySelectorAll('.pane').length === 2")
    share = np.abs(VALUES[0, 2, 3, :6]).sum() / np.abs(VALUES[0, 2, 3]).sum()
    assert f"{share:.3g} of the map's magnitude is inside the mask, which is 0.5" in page.run(
        "document.querySelectorAll('.pane')[1].textContent"
    )
    choose(page, "compareWith", "")


def test_keys_alone_lead_everywhere(page):
    title = "document.querySelector('.pane h2').textContent"
    for key, words in (
        ("Home", f"{RUNS[0]} · {NAMES[3]} · step 0"),
        ("ArrowRight", f"{RUNS[0]} · {NAMES[3]} · step 10"),
        ("End", f"{RUNS[0]} · {NAMES[3]} · step 25"),
        ("ArrowLeft", f"{RUNS[0]} · {NAMES[3]} · step 10"),
        ("e", f"{RUNS[0]} · {NAMES[4]} · step 10"),
        ("E", f"{RUNS[0]} · {NAMES[3]} · step 10"),
        ("r", f"{RUNS[1]} · {NAMES[3]} · step 12"),
        ("R", f"{RUNS[0]} · {NAMES[3]} · step 10"),
    ):
        press(page, key)
        page.wait(f"{title} === {words!r}")
    for key in "++":
        press(page, key)
    widths = page.run(
        "(c => [c.getBoundingClientRect().width, c.parentNode.clientWidth])(document.querySelector('.pane .window canvas'))"
    )
    assert widths[0] == pytest.approx(2.25 * widths[1], rel=0.02)
    press(page, "0")
    press(page, "?")
    assert page.run("document.querySelector('dialog').open")
    page.run("document.querySelector('dialog button').click()")


def test_numbers_and_pictures_are_taken_along(page):
    shown = page.run(
        """(async () => {
            const made = [];
            URL.createObjectURL = (blob) => { made.push(blob); return '#p'; };
            HTMLAnchorElement.prototype.click = function () {};
            for (const id of ['csv', 'numbers', 'png']) {
                const count = made.length;
                document.getElementById(id).click();
                while (made.length === count) await new Promise((go) => setTimeout(go, 20));
            }
            const image = await createImageBitmap(made[2]);
            const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
            canvas.drawImage(image, 0, 0);
            const [box, of] = [document.querySelector('.pane canvas'), document.querySelector('.right')].map(n => n.getBoundingClientRect());
            const pixels = canvas.getImageData(box.left - of.left + box.width / 32, box.top - of.top + box.height / 24, 1, 1).data;
            return [await made[0].text(), await made[1].text(), [...pixels]];
        })()"""
    )
    map_, numbers = (list(csv.DictReader(io.StringIO(text))) for text in shown[:2])
    np.testing.assert_allclose([float(row["value"]) for row in map_], VALUES[0, 1, 3].reshape(-1), rtol=1e-6)
    assert map_[17]["position"] == "row 1, column 1" and len(numbers) == COUNT * len(STEPS)
    assert float(numbers[COUNT + 3]["drift"]) == pytest.approx(DRIFT[1, 3])
    limit = page.run("document.querySelector('.pane .bar').textContent")
    assert limit
    drawn = page.run("[...document.querySelector('.pane canvas').getContext('2d').getImageData(0, 0, 1, 1).data]")
    np.testing.assert_allclose(shown[2][:3], drawn[:3], atol=3)


def test_a_table_that_is_taken_along_has_no_formulas(page):
    text = page.run("import('./take.js').then(({csv}) => csv([['=1+1', '-x', 'a,\"b', -1.5, null]]).text())")
    assert list(csv.reader(io.StringIO(text))) == [["'=1+1", "'-x", 'a,"b', "-1.5", ""]]


def test_a_table_is_sorted_and_tells_its_spread(page):
    choose(page, "run", "saliency/table")
    for order, names in (("position", "bac"), ("strength", "cab"), ("name", "abc"), ("value", "cba"), ("std", "bac")):
        choose(page, "tableSort", order)
        page.wait(
            f"[...document.querySelectorAll('.bars g text:first-of-type')].map(t => t.textContent).join('') === {names!r}"
        )
    assert "± 3" in page.run("document.querySelector('.bars g').textContent")
    choose(page, "run", RUNS[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_hinders_whom_a_screen_is_read_to(page, scheme, tmp_path):
    """axe-core finds no serious fault, and nothing is wider than the window, at three widths."""
    package = importlib.util.find_spec("axe_core_python")
    axe = (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    page.run(f"{axe}; document.documentElement.style.colorScheme = {scheme!r}")
    for width, show in ((420, "one"), (1280, "all"), (2560, "one")):
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        if page.run("document.querySelector('.pane') !== null && !document.querySelector('.panes').hidden") != (
            show == "one"
        ):
            press(page, "g")
        settled(page)
        page.screenshot(tmp_path / f"{scheme}_{width}.png")
        assert page.run("document.documentElement.scrollWidth") <= width
        found = page.run(
            "axe.run().then(({violations}) => violations.filter(v => ['serious', 'critical'].includes(v.impact))"
            ".map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + n.failureSummary)]))"
        )
        assert found == [], json.dumps(found, indent=1)
    page.ask("Emulation.clearDeviceMetricsOverride")
