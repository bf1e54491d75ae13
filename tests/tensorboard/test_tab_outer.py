"""The tab in TensorBoard's own page: the order and colours of its runs, links that are opened again."""

import numpy as np
import pytest
from browser import CHROMIUM, open_tab
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from kerasal import Saliency
from kerasal.tensorboard.archive import Archive

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it to test the tab in a browser")

BEGAN = ["run10", "b", "run2", "10_x", "A", "2_x", "run1", "a", "007", "7b"]  # one after another
NAMES = [f"{name}/saliency/map" for name in BEGAN]
FRAME = "document.querySelector('iframe')?.contentDocument"
ROWS = (
    "[...document.querySelectorAll('runs-data-table tb-data-table-content-row, runs-table [role=row]')]"  # 2.21, 2.14
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The tab on runs that have an event file, as TensorBoard wants it."""
    root = tmp_path_factory.mktemp("logs")
    for k, name in enumerate(NAMES):
        archive = Archive(root / name, ["0", "1", "2"], {})
        for step in (0, 5, 9):
            archive.write(step, Saliency(np.random.default_rng(step).normal(size=(3, 4, 6))), {"time": step})
        events = EventFileWriter(str(root / name))
        summary = Summary(value=[Summary.Value(tag="loss", simple_value=k)])
        events.add_event(Event(wall_time=1000 + k, step=0, summary=summary))
        events.close()
    with open_tab(root, tmp_path_factory.mktemp("profile")) as shown:
        yield shown


def go(page, fragment):
    """Open TensorBoard's page anew."""
    page.ask("Page.navigate", url="about:blank")
    page.ask("Page.navigate", url=f"{page.address}{fragment}")


def settled(page):
    page.wait(f"Boolean({FRAME}?.querySelector('.right:not(.waiting) .pane h2'))")


def choose(page, key, value, event="change"):
    page.run(
        f"(c => {{ c.value = {value!r}; c.dispatchEvent(new Event({event!r})); }})({FRAME}.getElementById({key!r}))"
    )
    settled(page)


def test_runs_have_the_order_and_the_colours_of_tensorboards_own_list(page):
    page.wait("document.querySelector('.waiting') === null")
    ours = page.run(
        "[...document.querySelectorAll('.run')].map(r => [r.title, r.querySelector('.swatch').style.background])"
    )
    assert page.run("[...document.getElementById('run').options].map(o => o.value)") == [name for name, _ in ours]
    go(page, "#timeseries")
    page.wait(f"{ROWS}.filter(row => row.querySelector('[style*=rgb]')).length === {len(NAMES)}")
    theirs = page.run(
        f"""{ROWS}.map(row => [row.innerText.trim(), row.querySelector('[style*=rgb]')?.getAttribute('style')])
            .filter(([name]) => {NAMES!r}.includes(name))"""
    )
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    assert all(color in style for (_, color), (_, style) in zip(ours, theirs, strict=True))


def test_a_link_of_the_outer_page_shows_what_was_seen(page):
    """After a reload, on a page of its own, and after another tab."""
    go(page, "#kerasal")
    settled(page)
    choose(page, "run", NAMES[2])
    choose(page, "example", "2")
    choose(page, "step", "1", "input")
    seen = f"{FRAME}.querySelector('.pane h2').textContent === '{NAMES[2]} · 2 · step 5'"
    page.wait(seen)
    page.ask("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    x, y = page.run(
        f"""(({{left, top}}, box) => [left + box.left + 5, top + box.top + 5])(
            document.querySelector('iframe').getBoundingClientRect(), {FRAME}.getElementById('link').getBoundingClientRect())"""
    )
    for type_ in ("mousePressed", "mouseReleased"):
        page.ask("Input.dispatchMouseEvent", type=type_, x=x, y=y, button="left", clickCount=1)
    page.wait(f"{FRAME}.getElementById('link').textContent === 'link copied'")
    link = page.run(f"{FRAME}.defaultView.navigator.clipboard.readText()")
    assert link.startswith(f"{page.address}#kerasal&p.kerasal.") and link == page.run("location.href")
    page.run("window.isOld = true; location.reload()")
    page.wait(f"!window.isOld && Boolean({FRAME}?.querySelector('.pane h2')) && {seen}")
    go(page, link.removeprefix(page.address))
    page.wait(f"Boolean({FRAME}?.querySelector('.pane h2')) && {seen}")
    page.run("location.hash = '#scalars'")
    page.wait("!location.href.includes('kerasal')")
    page.run("history.back()")
    page.wait(f"Boolean({FRAME}?.querySelector('.pane h2')) && {seen}")
