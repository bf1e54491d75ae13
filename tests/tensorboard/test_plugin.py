"""What TensorBoard's tab is served: exactly what the run holds, and nothing else."""

import importlib.metadata
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from stored_run import HOSTILE, IMAGES, OF_IMAGES, STD, VALUES
from werkzeug.test import Client

from kerasal import Saliency
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.colormaps import colormaps
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.plugin import SaliencyPlugin, json_app, log_directories


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    """Steps 0, 5, 7 of a run, a run of another name in a deeper folder, and what is no run."""
    root = tmp_path_factory.mktemp("logs")
    archive = Archive(root / "saliency" / "smooth", ["0", HOSTILE], {"about": {"M": 4}}, OF_IMAGES)
    for k, step in enumerate((0, 5, 7)):
        numbers = {"score": [1.0, k], "gap": [float("nan"), 0.5]}
        archive.write(step, Saliency(VALUES[k], STD[k], M=4), {"time": k, "numbers": numbers})
    Archive(root / "deep" / "er" / "saliency" / HOSTILE, ["a"], {}).write(0, Saliency([[1.0, 2.0]]), {})
    (root / "saliency" / "empty").mkdir()
    (root / "secret.txt").write_text("secret")
    with open(root / "saliency" / "smooth" / "arrays" / "index.jsonl", "a") as file:
        file.write('{"step": 9, "numb')
    return root


@pytest.fixture(scope="module")
def ask(log_dir):
    plugin = SaliencyPlugin(SimpleNamespace(logdir=str(log_dir), flags=None))
    clients = {path: Client(app) for path, app in plugin.get_plugin_apps().items()}
    assert plugin.is_active()
    return lambda path, **query: clients[path].get("/", query_string=query)


def test_runs_are_found_wherever_they_are(ask):
    assert ask("/runs").json == [f"deep/er/saliency/{HOSTILE}", "saliency/smooth"]


def test_a_run_tells_what_is_in_it(ask):
    about = ask("/run", run="saliency/smooth").json
    assert (about["steps"], about["examples"], about["shape"]) == ([0, 5, 7], ["0", HOSTILE], [2, 5, 4])
    assert about["arrays"]["images"]["shape"] == [2, 5, 4, 3] and about["arrays"]["images"]["dtype"] == "uint8"
    assert about["has_std"] and about["about"] == {"M": 4} and about["kind"] == "image"
    assert about["numbers"] == {"score": [[1, 0], [1, 1], [1, 2]], "gap": [[None, 0.5]] * 3}
    table = ask("/run", run=f"deep/er/saliency/{HOSTILE}").json
    assert (table["shape"], table["kind"], table["arrays"], table["has_std"]) == ([1, 2], None, {}, False)


@pytest.mark.parametrize("of, array", [("values", VALUES), ("std", STD)])
def test_maps_are_the_arrays(ask, of, array):
    for k, step in enumerate((0, 5, 7)):
        answer = ask("/map", run="saliency/smooth", step=step, example=1, of=of)
        np.testing.assert_array_equal(np.frombuffer(answer.data, "<f4").reshape(5, 4), array[k, 1])
    image = ask("/array", run="saliency/smooth", name="images", example=1)
    np.testing.assert_array_equal(np.frombuffer(image.data, "uint8").reshape(5, 4, 3), IMAGES[1])


@pytest.mark.parametrize("of, array", [("values", VALUES), ("std", STD)])
def test_the_history_of_an_example_is_all_its_maps(ask, of, array):
    answer = ask("/history", run="saliency/smooth", example=1, of=of)
    np.testing.assert_array_equal(np.frombuffer(answer.data, "<f4").reshape(3, 5, 4), array[:, 1])


def test_what_is_written_later_is_served_and_a_step_written_again_is_the_new_one(tmp_path):
    archive = Archive(tmp_path / "saliency" / "run", ["0"], {}, Depiction("text", {"tokens": [["a", HOSTILE]]}))
    apps = SaliencyPlugin(SimpleNamespace(logdir=str(tmp_path), flags=None)).get_plugin_apps()
    about, map_, history = (Client(apps[path]) for path in ("/run", "/map", "/history"))
    for time, (step, values) in enumerate([(0, [1.0, 2.0]), (1, [3.0, 4.0]), (0, [5.0, 6.0])]):
        archive.write(step, Saliency([values]), {"time": time})
        told = about.get("/", query_string={"run": "saliency/run"}).json
        assert told["steps"] == [0, 1][: time + 1] and "kB a step" in told["disk"]
        assert (told["kind"], told["facts"]) == ("text", {"tokens": [["a", HOSTILE]]})
        found = map_.get("/", query_string={"run": "saliency/run", "step": step, "example": 0})
        assert np.frombuffer(found.data, "<f4").tolist() == values
    all_ = history.get("/", query_string={"run": "saliency/run", "example": 0})
    assert np.frombuffer(all_.data, "<f4").tolist() == [5, 6, 3, 4]
    (tmp_path / "saliency" / "run" / "arrays" / "1.npz").unlink()  # as it was kept, nobody misses it
    assert map_.get("/", query_string={"run": "saliency/run", "step": 1, "example": 0}).status_code == 200


@pytest.mark.parametrize(
    "path, query, code",
    [
        ("/run", {"run": "../../.."}, 404),
        ("/run", {"run": "saliency/empty"}, 404),
        ("/run", {}, 400),
        ("/map", {"run": "saliency/smooth", "step": 9, "example": 0}, 404),
        ("/map", {"run": "saliency/smooth", "step": "x", "example": 0}, 400),
        ("/map", {"run": "saliency/smooth", "step": 0, "example": 2}, 404),
        ("/map", {"run": "saliency/smooth", "step": 0, "example": -1}, 404),
        ("/map", {"run": "saliency/smooth", "step": 0, "example": 0, "of": "__class__"}, 404),
        ("/map", {"run": "../secret.txt", "step": 0, "example": 0}, 404),
        ("/history", {"run": "../..", "example": 0}, 404),
        ("/history", {"run": "saliency/smooth", "example": 2}, 404),
        ("/history", {"run": "saliency/smooth", "example": 0, "of": "scores"}, 404),
        ("/array", {"run": f"deep/er/saliency/{HOSTILE}", "name": "images", "example": 0}, 404),
        ("/array", {"run": "saliency/smooth", "name": "images", "example": 2}, 404),
        ("/array", {"run": "saliency/smooth", "name": "0", "example": 0}, 404),
        ("/array", {"run": "saliency/smooth", "name": "../../secret.txt", "example": 0}, 404),
    ],
)
def test_nothing_else_can_be_asked_for(ask, path, query, code):
    answer = ask(path, **query)
    assert (
        answer.status_code == code
        and answer.mimetype == "text/plain"
        and "secret" not in answer.text.replace("secret.txt", "")
    )


def test_damaged_maps_are_told_and_others_shown(log_dir, tmp_path):
    archive = Archive(tmp_path / "saliency" / "run", ["0"], {})
    for step in (0, 1):
        archive.write(step, Saliency([[1.0, 2.0]]), {"time": step})
    path = tmp_path / "saliency" / "run" / "arrays" / "0.npz"
    path.write_bytes(path.read_bytes()[:50])
    apps = SaliencyPlugin(SimpleNamespace(logdir=str(tmp_path), flags=None)).get_plugin_apps()
    map_ = Client(apps["/map"])
    history = Client(apps["/history"]).get("/", query_string={"run": "saliency/run", "example": 0})
    np.testing.assert_array_equal(np.frombuffer(history.data, "<f4"), [np.nan, np.nan, 1, 2])
    damaged = map_.get("/", query_string={"run": "saliency/run", "step": 0, "example": 0})
    assert damaged.status_code == 400 and "damaged" in damaged.text
    assert map_.get("/", query_string={"run": "saliency/run", "step": 1, "example": 0}).status_code == 200


@pytest.mark.parametrize("error", [OSError, PermissionError, TypeError, RecursionError, ValueError])
def test_a_run_that_cannot_be_read_is_a_message(error):
    def fail(asked):
        raise error("no \udcff")

    answer = Client(json_app(fail)).get("/")
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert ("no ?" if error in (OSError, PermissionError, ValueError) else error.__name__) in answer.text


def test_numbers_that_are_no_json_are_null():
    answer = Client(json_app(lambda asked: {"a": [1.5, float("nan")], "b": (float("-inf"), "x", True)})).get("/")
    assert answer.json == {"a": [1.5, None], "b": [None, "x", True]} and b"NaN" not in answer.data


def clients(root):
    """What asks a plugin on a log directory for a path: the answer."""
    apps = SaliencyPlugin(SimpleNamespace(logdir=str(root), flags=None)).get_plugin_apps()
    return lambda path, **query: Client(apps[path]).get("/", query_string=query)


def test_damaged_images_are_told_and_the_maps_shown(tmp_path):
    Archive(tmp_path / "saliency" / "run", ["0", "1"], {}, OF_IMAGES).write(0, Saliency(VALUES[0]), {"time": 0})
    (tmp_path / "saliency" / "run" / "arrays" / "images.npz").write_bytes(b"PK")
    ask = clients(tmp_path)
    about = ask("/run", run="saliency/run").json
    assert about["arrays"] == {} and about["shape"] == [2, 5, 4] and "damaged" in about["trouble"]
    assert ask("/map", run="saliency/run", step=0, example=0).status_code == 200
    assert ask("/array", run="saliency/run", name="images", example=0).status_code == 400


def test_a_missing_standard_deviation_is_told_as_that(ask):
    name = f"deep/er/saliency/{HOSTILE}"
    for path, query in (("/map", {"step": 0}), ("/history", {})):
        answer = ask(path, run=name, example=0, of="std", **query)
        assert answer.status_code == 404 and "A standard deviation" in answer.text and "1 examples" not in answer.text
        assert "1 examples" in ask(path, run=name, example=1, **query).text


def test_a_run_tells_when_its_steps_were_written(tmp_path):
    archive, ask = Archive(tmp_path / "saliency" / "run", ["0"], {}), clients(tmp_path)
    told = []
    for time in (1, 2):
        archive.write(0, Saliency([[1.0, 2.0]]), {"time": time})
        told.append(ask("/run", run="saliency/run").json)
    assert told[0]["steps"] == told[1]["steps"] and told[0]["times"] != told[1]["times"]


@pytest.mark.parametrize("linked", ["saliency/run", "saliency/run/arrays", "saliency/run/arrays/1.npz", "saliency"])
@pytest.mark.parametrize("inside", [False, True])
def test_links_do_not_lead_out_of_the_log_directory(tmp_path, linked, inside):
    """Each is moved away, and a link is put where it was; the root is a link itself."""
    root = tmp_path / "logs"
    archive = Archive(root / "sub" / "saliency" / "run", ["0", "1"], {}, OF_IMAGES)
    for step in (0, 1):
        archive.write(step, Saliency(VALUES[step]), {"time": step})
    moved = root / "sub" / linked
    away = (root if inside else tmp_path) / "away"
    moved.rename(away)
    moved.symlink_to(away)
    (tmp_path / "link").symlink_to(root)
    ask = clients(tmp_path / "link")
    answer = ask("/map", run="sub/saliency/run", step=1, example=0)
    assert answer.status_code == (200 if inside else 400 if linked.endswith("npz") else 404)
    assert ask("/runs").json == (["sub/saliency/run"] if inside or linked.endswith("npz") else [])
    if linked.endswith("npz"):
        history = np.frombuffer(ask("/history", run="sub/saliency/run", example=0).data, "<f4").reshape(2, -1)
        assert np.isfinite(history[0]).all() and np.isfinite(history[1]).all() == inside


def test_images_that_are_a_link_out_are_not_read(tmp_path):
    Archive(tmp_path / "logs" / "saliency" / "run", ["0", "1"], {}, OF_IMAGES).write(0, Saliency(VALUES[0]), {})
    images = tmp_path / "logs" / "saliency" / "run" / "arrays" / "images.npz"
    images.rename(tmp_path / "images.npz")
    images.symlink_to(tmp_path / "images.npz")
    ask = clients(tmp_path / "logs")
    assert ask("/array", run="saliency/run", name="images", example=0).status_code == 400
    assert ask("/run", run="saliency/run").json["arrays"] == {}


def test_a_tilde_is_the_home_directory_and_spaces_around_commas_are_nothing():
    home = os.path.expanduser("~")
    assert log_directories(SimpleNamespace(logdir="~/logs", flags=None)) == {"": f"{home}/logs"}
    flags = SimpleNamespace(logdir_spec="a:~/logs , ~/more,gs://bucket/logs,")
    found = log_directories(SimpleNamespace(logdir="", flags=flags))
    assert found == {"a": f"{home}/logs", "": f"{home}/more", "gs://bucket/logs": "gs://bucket/logs"}


def test_a_logdir_spec_names_several_roots(log_dir):
    flags = SimpleNamespace(logdir_spec=f"a:{log_dir},{log_dir}/deep")
    context = SimpleNamespace(logdir="", flags=flags)
    assert log_directories(context) == {"a": str(log_dir), "": f"{log_dir}/deep"}
    apps = SaliencyPlugin(context).get_plugin_apps()
    names = json.loads(Client(apps["/runs"]).get("/").data)
    assert "a/saliency/smooth" in names and f"er/saliency/{HOSTILE}" in names


def test_colour_maps_have_their_middle_in_the_middle():
    found = colormaps()
    assert {len(colors) for colors in found.values()} == {257}
    red_blue = found["red-blue"]  # ColorBrewer RdBu, 11 classes
    assert (red_blue[0], red_blue[128], red_blue[256]) == ([5, 48, 97], [247, 247, 247], [103, 0, 31])


def test_the_page_is_served(ask):
    files = {"/index.js": "text/javascript", "/style.css": "text/css", "/kinds/image.js": "text/javascript"}
    for name, kind in files.items():
        answer = ask(name)
        assert (
            answer.status_code == 200
            and answer.mimetype == kind
            and b"http://" not in answer.data.replace(b"http://www.w3.org/2000/svg", b"")
        )


def test_tensorboard_finds_it_and_it_loads_no_tensorflow():
    (entry,) = [e for e in importlib.metadata.entry_points(group="tensorboard_plugins") if e.name == "kerasal"]
    assert entry.value == "kerasal.tensorboard.plugin:SaliencyPlugin"
    code = "import sys, kerasal.tensorboard.queries; print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
