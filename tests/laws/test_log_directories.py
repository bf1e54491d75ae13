"""Log directories that cannot be are refused with words before training, and nothing is left half made."""

import os
from pathlib import Path

import numpy as np
import pytest
from logged_training import X, everything, fit, linear
from three_parts import refused

from kerasal import Saliency, load_run
from kerasal.callbacks.run_output import RunOutput
from kerasal.tensorboard.depiction import Depiction


def snapshot(folder):
    return sorted(str(path) for path in Path(folder).rglob("*"))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "../a", "a\\b", "a\0b", "a\n", " a", "a ", "a" * 251, "é" * 126, "\ud800", "/a", "\u3000a"],
)
def test_a_name_that_is_no_name_of_a_directory_is_refused_at_once(tmp_path, name):
    with refused("name", error=ValueError):
        everything(tmp_path, X[:1], name=name)
    assert snapshot(tmp_path) == []


@pytest.mark.parametrize("name", [3, None, b"a", Path("a")])
def test_a_name_of_another_type_is_refused_at_once(tmp_path, name):
    with refused("name", "string", error=TypeError):
        everything(tmp_path, X[:1], name=name)


@pytest.mark.parametrize("log_dir, error", [(3, TypeError), (None, TypeError), (b"logs", TypeError), ([], TypeError)])
def test_a_log_dir_of_another_type_is_refused_at_once(log_dir, error):
    for use in (lambda: everything(log_dir, X[:1]), lambda: load_run(log_dir)):
        with refused("log_dir", "path", error=error):
            use()


@pytest.mark.parametrize("log_dir", ["", "  ", "a\0b"])
def test_a_log_dir_that_is_no_path_is_refused_at_once(log_dir):
    for use in (lambda: everything(log_dir, X[:1]), lambda: load_run(log_dir)):
        with refused("log_dir", error=ValueError):
            use()


def test_names_that_can_be_are_taken(tmp_path):
    names = ["a.b", "a b", "lr=0.1, 'x'", "ünï", "日本", "a" * 250, "-rf", "$HOME", "~", "%s{}", "CON", "a_2"]
    for name in names:
        output = RunOutput(everything(tmp_path, X[:1], name=name).directory, ["0"], Depiction())
        output.open(0, dict)
        output.write(0, Saliency([[1.0]]), {})
        output.close()
        assert load_run(tmp_path, name).steps.tolist() == [0]
    assert sorted(os.listdir(tmp_path / "saliency")) == sorted(names)


def places(folder):
    """Log directories in which no file can be written, also by root, with a word of the reason."""
    file = folder / "file"
    file.write_text("")
    link = folder / "link"
    link.symlink_to(folder / "nowhere" / "at" / "all")
    in_the_way = folder / "in the way"
    in_the_way.mkdir()
    (in_the_way / "saliency").write_text("")
    run = folder / "run" / "saliency"
    run.mkdir(parents=True)
    (run / "saliency").write_text("")
    long = folder / ("l" * 256)
    deep = folder.joinpath(*["d" * 200] * 25)
    found = {"file": file, "below a file": file / "logs", "link": link, "in the way": in_the_way, "run": run.parent}
    return {
        **found,
        "long": long,
        "deep": deep,
        "proc": Path("/proc/logs"),
        "scheme": "nonsense://logs",
        "store": "memory://logs",
    }


@pytest.mark.parametrize(
    "place", ["file", "below a file", "link", "in the way", "run", "long", "deep", "proc", "scheme", "store"]
)
def test_a_log_dir_in_which_nothing_can_be_written_is_refused_before_training(tmp_path, place):
    log_dir = places(tmp_path)[place]
    before, model = snapshot(tmp_path), linear()
    weights = model.get_weights()
    with refused("log_dir", str(log_dir)[:200], error=(OSError, ValueError)):
        fit(model, everything(log_dir, X[:1]), epochs=1)
    assert snapshot(tmp_path) == before
    np.testing.assert_array_equal(model.get_weights()[0], weights[0])


def test_a_relative_log_dir_is_that_of_when_the_logger_was_made(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    logger = everything(Path("logs", "..", "logs"), X[:1], on_error="raise")
    os.chdir("elsewhere")
    fit(linear(), logger, epochs=1)
    assert os.listdir(tmp_path / "elsewhere") == []
    os.chdir(tmp_path)
    run = load_run("logs")
    os.chdir("elsewhere")
    assert run.values.shape[0] == 2


def test_home_is_meant_by_a_tilde_in_both(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fit(linear(), everything("~/logs", X[:1], on_error="raise"), epochs=1)
    assert load_run("~/logs").steps.tolist() == [0, 1] == load_run(tmp_path / "logs").steps.tolist()
