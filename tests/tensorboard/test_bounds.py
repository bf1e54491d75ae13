"""Bounds of the tab: of what a request holds and sends, whatever lies in the log directory, and of what its answers give away."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hostile_files import bomb, hostile_files, npz
from memory import peak
from stored_run import OF_IMAGES, VALUES
from werkzeug.test import Client

from kerasal import Saliency
from kerasal.tensorboard import bounds
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.plugin import POLICY, SaliencyPlugin

RUN = "saliency/run"
ROUTES = ("/runs", "/run", "/kinds", "/colormaps", "/map", "/history", "/array", "/small", "/ends", "/small_array")


def asking(root):
    """A function that asks a route of the tab on a log directory."""
    apps = SaliencyPlugin(SimpleNamespace(logdir=str(root), flags=None)).get_plugin_apps()
    return lambda path, **query: Client(apps[path]).get(
        "/", query_string={"run": RUN, "example": 0, "step": 0, "first": 0, "thousandths": 99_500, **query}
    )


def with_file(root, content, name="0.npz"):
    """A run of one step in whose place a file is put."""
    archive = Archive(root / "saliency" / "run", ["0", "1"], {}, OF_IMAGES)
    archive.write(0, Saliency(VALUES[0]), {"time": 0})
    (root / "saliency" / "run" / "arrays" / name).write_bytes(content)
    return asking(root)


@pytest.mark.parametrize("name", ["0.npz", "images.npz"])
def test_a_file_of_zeros_is_not_unpacked(tmp_path, name):
    """0.4 MB that unpack to 400 MB."""
    content = (
        bomb(400_000_000) if name == "0.npz" else npz(np.savez_compressed, images=np.zeros((2, 10**4, 10**4), "u1"))
    )
    assert len(content) < 500_000
    ask = with_file(tmp_path, content, name)
    ask("/colormaps")  # imports matplotlib
    with peak() as memory:
        answers = [ask(route, name="images").status_code for route in ROUTES]
    failed = (400, 400, 200, 400, 400, 200) if name == "0.npz" else (200, 200, 400, 200, 200, 400)
    assert answers == [200, 200, 200, 200, *failed] and memory.bytes < 5_000_000


def test_one_example_of_a_large_file_is_held_without_the_others(tmp_path):
    values = np.random.default_rng(0).random((40, 1_000, 500), "float32")  # 80 MB
    archive = Archive(tmp_path / "saliency" / "run", [str(n) for n in range(40)], {})
    archive.write(0, Saliency(values), {"time": 0})
    ask = asking(tmp_path)
    with peak() as memory:
        answer = ask("/map", example=33)
    np.testing.assert_array_equal(np.frombuffer(answer.data, "<f4"), values[33].reshape(-1))
    assert memory.bytes < 4 * values[33].nbytes


def test_a_map_beyond_the_bound_is_refused_with_a_way_out(tmp_path):
    archive = Archive(tmp_path / "saliency" / "run", ["0"], {})
    archive.write(0, Saliency(np.zeros((1, bounds.ANSWER // 4 + 1), "float32")), {"time": 0})
    ask = asking(tmp_path)
    with peak() as memory:
        answers = [ask("/map"), ask("/history")]
    for answer in answers:
        assert answer.status_code == 400 and "load_run" in answer.text and "Received: 32000004 bytes" in answer.text
    assert ask("/run").json["shape"] == [1, bounds.ANSWER // 4 + 1] and memory.bytes < 2_000_000


def test_a_history_beyond_the_bound_is_of_every_so_many_steps(tmp_path):
    """44 maps of 1 MB: every second one, beginning with the first."""
    archive = Archive(tmp_path / "saliency" / "run", ["0"], {})
    for step in range(44):
        archive.write(step, Saliency(np.full((1, 250_000), step, "float32")), {"time": 0})
    ask = asking(tmp_path)
    with peak() as memory:
        answer = ask("/history")
        assert answer.headers["X-Kerasal-Every"] == "2" and len(answer.data) == 22_000_000
    np.testing.assert_array_equal(np.frombuffer(answer.data, "<f4").reshape(22, -1)[:, 7], range(0, 44, 2))
    assert memory.bytes < 4 * len(answer.data)  # the client's, twice, and what is remembered
    (tmp_path / "saliency" / "run" / "arrays" / "index.jsonl").open("a").write('{"step": 44}\n' * 3)
    assert ask("/history", of="std").status_code == 404 and ask("/history", example=1).status_code == 404


def test_a_history_is_thinned_until_it_is_within_the_bound(tmp_path):
    """Five maps of 16.5 MB: of every third there were two, of 33 MB; so it is the first alone."""
    archive = Archive(tmp_path / "saliency" / "run", ["0"], {})
    for step in range(5):
        archive.write(step, Saliency(np.zeros((1, 4_125_000), "float32")), {"time": 0})
    answer = asking(tmp_path)("/history")
    assert answer.headers["X-Kerasal-Every"] == "5" and len(answer.data) == 16_500_000 <= bounds.ANSWER


def test_the_numbers_of_a_run_are_bounded(tmp_path):
    """1.2 million of them: every second step has its own, and the last."""
    archive = Archive(tmp_path / "saliency" / "run", [str(n) for n in range(2_000)], {})
    index = tmp_path / "saliency" / "run" / "arrays" / "index.jsonl"
    archive.write(0, Saliency(np.zeros((2_000, 1), "float32")), {"time": 0})
    for step in range(1, 600):
        (index.parent / f"{step}.npz").write_bytes((index.parent / "0.npz").read_bytes())
    with open(index, "a") as file:
        file.writelines(json.dumps({"step": k, "numbers": {"score": [k % 10] * 2_000}}) + "\n" for k in range(600))
    told = asking(tmp_path)("/run").json
    rows = told["numbers"]["score"]
    assert len(told["steps"]) < 600 and "steps one is shown" in told["trouble"]  # the index itself is bounded, too
    assert len(rows) == len(told["steps"]) and sum(row is not None for row in rows) * 2_000 <= bounds.NUMBERS + 2_000


def test_an_index_of_junk_is_bounded(tmp_path):
    archive = Archive(tmp_path / "saliency" / "run", ["0"], {})
    archive.write(0, Saliency([[1.0]]), {"time": 0})
    with open(tmp_path / "saliency" / "run" / "arrays" / "index.jsonl", "a") as file:
        file.writelines(
            json.dumps({"step": size % 7, "junk": [[]] * size}) + "\n" for size in (400_000, 150_000, 150_000, 150_000)
        )
    ask = asking(tmp_path)
    with peak() as memory:
        assert ask("/run").status_code == 200
    assert memory.bytes < 60_000_000 and len(ask("/run").data) < 10_000


@pytest.mark.parametrize(
    "query", [{"step": "9" * 5000}, {"step": "x"}, {"example": "1e3"}, {"example": ""}, {"step": "-1"}]
)
def test_numbers_of_a_question_are_whole(tmp_path, query):
    answer = with_file(tmp_path, b"")("/map", **query)
    assert answer.status_code in (400, 404) and "Received: " in answer.text and len(answer.data) < 1000


def answers_of_a_hostile_run(root):
    """Every route on a run of hostile files, one a step, hostile images and a hostile index, a pipe, folders and missing files."""
    archive = Archive(root / "saliency" / "run", ["0", "1"], {}, OF_IMAGES)
    folder = root / "saliency" / "run" / "arrays"
    files = [*hostile_files().values(), None, "pipe", "folder"]
    for step, content in enumerate(files):
        archive.write(step, Saliency(VALUES[0]), {"time": 0})
        path = folder / f"{step}.npz"
        if content is None:
            path.chmod(0)
        elif content in ("pipe", "folder"):
            path.unlink()
            os.mkfifo(path) if content == "pipe" else path.mkdir()
        else:
            path.write_bytes(content)
    ask = asking(root)
    for step in range(len(files)):
        yield ask("/map", step=step)
    for content in (b"", b"PK", npz(images=np.array([{}], dtype=object)), npz(images=np.zeros(3))):
        (folder / "images.npz").write_bytes(content)
        yield ask("/array", name="images")
        yield ask("/run")
    yield from (ask("/history"), ask("/map", run="no"), ask("/map", run="../../etc"), ask("/array", name="../x"))
    archive.write(0, Saliency(VALUES[0]), {"time": 1})
    yield from (ask(route, name="images") for route in ROUTES)
    (folder / "index.jsonl").write_bytes(b"\x00" * 5_000_000)
    yield ask("/run")
    (folder / "index.jsonl").write_text('{"kind": "' + str(root)[:3] + 'other", "examples": []}\n')
    yield ask("/run")
    (folder / "index.jsonl").unlink()
    yield ask("/run")


def test_errors_name_runs_and_no_place_on_the_server(tmp_path):
    answers = list(answers_of_a_hostile_run(tmp_path))
    assert {answer.status_code for answer in answers} == {200, 400, 404}
    for answer in answers:
        assert str(tmp_path).encode() not in answer.data and b"site-packages" not in answer.data
        if answer.status_code != 200:
            assert answer.mimetype == "text/plain" and ". Received: " in answer.text, answer.text
    texts = " ".join(answer.text for answer in answers if answer.status_code != 200)
    assert f"step 3 of {RUN}" in texts and f"images of {RUN}" in texts and f"the run '{RUN}'" in texts


def test_every_answer_forbids_to_sniff_and_to_run(tmp_path):
    plugin = SaliencyPlugin(SimpleNamespace(logdir=str(tmp_path), flags=None))
    for path, app in plugin.get_plugin_apps().items():
        for method in ("GET", "HEAD", "POST"):
            for query in ({}, {"run": RUN}, {"run": RUN, "step": "x", "example": "0", "name": "\x00"}):
                headers = Client(app).open("/", method=method, query_string=query).headers
                assert headers["X-Content-Type-Options"] == "nosniff", path
                assert headers["Content-Security-Policy"] == POLICY and "default-src 'none'" in POLICY


def test_fifty_threads_on_hostile_files_take_bounded_memory():
    """In a process of its own; `python tests/tensorboard/hostile_server.py` tells the figures."""
    script = os.path.join(os.path.dirname(__file__), "hostile_server.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["5xx"] == 0 and told["answers"] >= 50 * 40 and told["threads"] == 50, done.stdout
    assert told["MB more at the peak"] < 500, told


def test_arrays_of_a_depiction_may_be_of_any_number_of_examples(tmp_path):
    facts = Depiction("image", arrays={"images": np.zeros((0, 3), "uint8")})
    Archive(tmp_path / "saliency" / "run", ["0"], {}, facts).write(0, Saliency([[1.0]]), {})
    ask = asking(tmp_path)
    assert ask("/run").json["arrays"]["images"]["shape"] == [0, 3] and ask("/array", name="images").status_code == 404
