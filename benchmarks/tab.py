"""The time of TensorBoard's tab in a real browser: opening a log, a step, all examples at once.

    PYTHONPATH=. taskset -c 0,1 .venv/bin/python benchmarks/tab.py

A log of 20 runs of 100 steps of 16 maps of 96 x 96. Medians and the slowest, in milliseconds, as the page sees them.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "instruments"))

from browser import open_tab

from kerasal import Saliency
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction

RUNS, STEPS, COUNT, SIDE = 20, 100, 16, 96
MANY = 1000  # examples of the run for the grid
TIMES = 9


def write(root):
    """The runs, and one of many examples."""
    rng = np.random.default_rng(0)
    for run in range(RUNS):
        _write_run(root, f"run_{run:02}", STEPS, COUNT, rng)
    _write_run(root, "zz_many", 5, MANY, rng)


def _write_run(root, name, steps, count, rng):
    images = rng.integers(0, 256, (count, SIDE, SIDE, 3)).astype("uint8")
    archive = Archive(
        root / "saliency" / name, [str(n) for n in range(count)], {}, Depiction("image", {}, {"images": images})
    )
    values = rng.normal(size=(count, SIDE, SIDE)).astype("float32")
    for step in range(steps):
        archive.write(step, Saliency(values + step / 10), {"time": 0, "numbers": {"drift": rng.random(count).tolist()}})


def opening(page):
    """Milliseconds from the address to the first map, after the answers of the server were asked for once."""
    page.ask("Page.navigate", url="about:blank")
    began = time.perf_counter()
    page.ask("Page.navigate", url=f"{page.address}data/plugin_entry.html?name=kerasal")
    while not page.run("document.querySelector('.right:not(.waiting) .pane canvas') !== null"):
        time.sleep(0.01)
    return 1000 * (time.perf_counter() - began)


def changes(page, key, values):
    """Milliseconds from each choice to the picture that shows it, painted."""
    return page.run(
        f"""(async () => {{
            const times = [];
            for (const value of {list(values)!r}) {{
                const control = document.getElementById({key!r});
                const began = performance.now();
                control.value = value;
                control.dispatchEvent(new Event({"input" if key == "step" else "change"!r}));
                while (document.querySelector('.waiting')) await new Promise((go) => setTimeout(go, 1));
                await new Promise((go) => requestAnimationFrame(go));
                times.push(performance.now() - began);
            }}
            return times;
        }})()"""
    )


def scrolling(page):
    """Milliseconds of each frame while all examples are scrolled through."""
    return page.run(
        """(async () => {
            const times = [];
            let before = performance.now();
            for (let k = 0; k < 100; k += 1) {
                window.scrollBy(0, 150);
                await new Promise((go) => requestAnimationFrame(go));
                times.push(performance.now() - before);
                before = performance.now();
            }
            return times;
        })()"""
    )


def tell(name, times):
    print(
        f"{name:42} median {statistics.median(times):7.0f} ms   slowest {max(times):7.0f} ms   of {len(times)}",
        flush=True,
    )


def main():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as profile:
        write(Path(folder))
        with open_tab(Path(folder), Path(profile)) as page:
            tell(f"opening {RUNS} runs of {STEPS} steps", [opening(page) for _ in range(TIMES)])
            tell("a step", changes(page, "step", map(str, range(10, 60, 2))))
            tell("another run", changes(page, "run", [f"saliency/run_{run:02}" for run in range(1, 10)]))
            page.choose("run", "saliency/zz_many")
            page.wait("document.querySelector('.waiting') === null")
            page.run("document.getElementById('show').click()")
            page.wait("document.querySelector('.waiting') === null && document.querySelector('.card') !== null")
            tell(f"a step of {MANY} examples, first seen", changes(page, "step", ["0", "1", "2", "3"]))
            tell(f"a step of {MANY} examples, seen before", changes(page, "step", ["0", "1", "2", "3"]))
            tell(f"a frame while {MANY} are scrolled", scrolling(page))


if __name__ == "__main__":
    main()
