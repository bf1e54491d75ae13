"""A damaged map, or line of the index, costs itself: the rest of the run is read, and a warning names what is not."""

import json
import os
import time

import numpy as np
import pytest
from memory import peak
from three_parts import refused

from kerasal import Saliency, load_run
from kerasal.tensorboard.archive import Archive, Run
from kerasal.tensorboard.run_index import IndexBounds

MAPS = np.arange(24, dtype="float32").reshape(4, 2, 3)
STD = np.ones_like(MAPS)


@pytest.fixture
def run_dir(tmp_path):
    """Steps 0 to 3 of two examples; the file of step 1 is empty, as after a power cut."""
    archive = Archive(tmp_path, ["a", "b"], {"start": 0, "shape": [2, 3]})
    for step in range(4):
        saliency = Saliency(MAPS[step], STD[step], M=3, scores=[step, -step])
        archive.write(step, saliency, {"time": step, "numbers": {"score": [step, -step]}})
    (tmp_path / "arrays" / "1.npz").write_bytes(b"")
    return tmp_path


def add(run_dir, *lines):
    with open(run_dir / "arrays" / "index.jsonl", "a") as file:
        file.writelines(line + "\n" for line in lines)


def test_the_maps_of_the_other_steps_go_on(run_dir):
    run = load_run(run_dir)
    assert run.steps.tolist() == [0, 1, 2, 3]
    for part, expected in (("values", MAPS), ("std", STD), ("scores", [[k, -k] for k in range(4)])):
        with pytest.warns(UserWarning, match="Step 1 of the run .* is NaN, .*cannot be read: .*log it again") as told:
            found = getattr(run, part)
        assert len(told) == 1 and told[0].filename == __file__
        dtype = "float64" if part == "scores" else "float32"  # scores are kept as they were given
        np.testing.assert_array_equal(found[[0, 2, 3]], np.asarray(expected, dtype)[[0, 2, 3]], strict=True)
        assert np.isnan(found[1]).all()
    np.testing.assert_array_equal(run.number("score")[:, 1], [0, -1, -2, -3])
    with refused("damaged", error=ValueError):
        run.saliency(1)


@pytest.mark.parametrize("damage", ["cut short", "another shape", "a folder", "zeros"])
def test_every_kind_of_damage_costs_its_step(run_dir, damage):
    path = run_dir / "arrays" / "2.npz"
    content = path.read_bytes()
    path.unlink()
    if damage == "another shape":
        Saliency(np.ones((2, 5)), np.ones((2, 5)), M=2, scores=[1, 2]).save(path)
    elif damage == "a folder":
        path.mkdir()
    else:
        path.write_bytes(content[:-40] if damage == "cut short" else bytes(len(content)))
    with pytest.warns(UserWarning, match="Step [12] of"):
        values = load_run(run_dir).values
    np.testing.assert_array_equal(np.isnan(values).all((1, 2)), [False, True, True, False])


def test_a_run_without_maps_has_none_of_them(tmp_path):
    Archive(tmp_path, ["a", "b"], {"shape": [2, 3, 4]})
    run = load_run(tmp_path)
    assert (len(run), run.values.shape, run.scores.shape, run.std) == (0, (0, 2, 3, 4), (0, 2), None)
    assert run.number("score").shape == (0, 2)


def test_maps_that_can_all_not_be_read_are_an_error_and_scores_that_are_none_are_nan(run_dir, tmp_path):
    for step in (0, 2, 3):
        (run_dir / "arrays" / f"{step}.npz").write_bytes(b"PK")
    with refused("none of 4", error=ValueError):
        _ = load_run(run_dir).values
    Archive(tmp_path / "other", ["a"], {}).write(0, Saliency([[1.0]]), {})
    assert np.isnan(load_run(tmp_path / "other").scores).all()


DAMAGED = {
    "a number of 5000 digits": '{"step": ' + "9" * 5000 + "}",
    "a step beyond 64 bits": '{"step": 9223372036854775808}',
    "a step that is a word": '{"step": "4"}',
    "a step that is true": '{"step": true}',
    "no step": '{"time": 3}',
    "no object": "[1, 2]",
    "cut short": '{"step": 7, "numbers": {"sc',
    "deep": '{"step": ' + "[" * 100_000,
    "no examples": '{"kind": "kerasal.run 1"}',
    "examples that are no names": '{"kind": "kerasal.run 1", "examples": [1, {}]}',
    "kind that is no word": '{"kind": 1, "examples": []}',
    "facts inside each other": '{"kind": "kerasal.run 1", "examples": ["a", "b"], "picture": '
    + '{"a":' * 200
    + "1"
    + "}" * 201,
    "no text": "\x00\x01",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_line_costs_itself_and_is_told(run_dir, name):
    add(run_dir, DAMAGED[name], json.dumps({"step": 5, "numbers": {"score": [7, 8]}}))
    Saliency(MAPS[0], STD[0], M=3).save(run_dir / "arrays" / "5.npz")
    with pytest.warns(UserWarning, match="Line 6 of the index of the run .*passed over.*log it again") as told:
        run = load_run(run_dir)
    assert len(told) == 1 and told[0].filename == __file__
    assert (run.steps.tolist(), run.examples) == ([0, 1, 2, 3, 5], ["a", "b"])
    assert run.number("score")[4].tolist() == [7, 8]


def test_the_warning_names_the_step_of_a_line_that_was_cut_short(run_dir):
    add(run_dir, DAMAGED["cut short"])
    with pytest.warns(UserWarning, match="of step 7, cannot be read"):
        load_run(run_dir)


def test_a_start_that_is_no_number_is_told_and_the_training_counts(run_dir):
    add(run_dir, '{"kind": "kerasal.run 1", "examples": ["a", "b"], "shape": [2, 3], "start": "x", "score": "new"}')
    with pytest.warns(UserWarning, match="its start is no step"):
        run = load_run(run_dir)
    assert run.steps.tolist() == [0, 1, 2, 3] and run.facts["score"] == "new"


def test_a_line_that_is_being_written_is_no_damage(run_dir, recwarn):
    with open(run_dir / "arrays" / "index.jsonl", "a") as file:
        file.write('{"step": 9, "numb')
    assert load_run(run_dir).steps.tolist() == [0, 1, 2, 3] and not recwarn.list


@pytest.mark.parametrize("numbers", ['["x", 1]', "[1]", "[[1], [2]]", '{"0": 1}', "[" + "9" * 400 + ", 1]", "null"])
def test_damaged_numbers_cost_themselves(run_dir, numbers):
    add(run_dir, '{"step": 3, "numbers": {"score": ' + numbers + ', "drift": [null, 2]}}')
    run = load_run(run_dir)
    np.testing.assert_array_equal(run.number("score")[:, 0], [0, 1, 2, np.nan])
    np.testing.assert_array_equal(run.number("drift")[3], [np.nan, 2])


def test_an_index_is_read_up_to_its_bounds(tmp_path):
    """Of many steps every second, fourth … and the last; a line that is too long is told."""
    Archive(tmp_path, ["a"], {})
    for step in range(1000):
        (tmp_path / "arrays" / f"{step}.npz").touch()
    lines = [json.dumps({"step": step % 1000, "numbers": {"score": [step]}}) for step in range(1001)]
    add(tmp_path, *lines, json.dumps({"step": 2, "junk": "x" * 3000}), lines[2])
    run = Run(tmp_path, IndexBounds(line=2000, kept=50_000))
    assert run.every == 32 and run.steps.tolist() == [0, 2, *range(32, 1000, 32)]  # 2 is the last
    assert "Line 1003" in run.troubles[0] and "too long" in run.troubles[0] and run.number("score")[0] == 1000


def test_an_index_of_any_size_takes_little_memory(tmp_path):
    Archive(tmp_path, ["a"], {})
    with open(tmp_path / "arrays" / "index.jsonl", "a") as file:
        for begin in range(0, 40_000, 1000):
            file.writelines(
                json.dumps({"step": k, "numbers": {"score": [0.125]}}) + "\n" for k in range(begin, begin + 1000)
            )
        file.write('{"step": 1, "junk": "' + "x" * 30_000_000 + '"}\n')
    with peak() as memory:
        run = Run(tmp_path, IndexBounds(line=1_000_000, kept=2_000_000))
    assert memory.bytes < 10_000_000 and run.every == 32


def test_adding_a_step_does_not_read_the_index(tmp_path):
    """Into an index of 100 MB as quickly as into an empty one, also where the disk is in use."""
    archive = Archive(tmp_path, ["a"], {})
    saliency = Saliency([[1.0]])

    def seconds():
        began = time.perf_counter()
        archive.write(0, saliency, {})
        return time.perf_counter() - began

    before = min(seconds() for _ in range(5))
    os.truncate(tmp_path / "arrays" / "index.jsonl", 100_000_000)  # of zeros: nothing on the disk
    with peak() as memory:
        after = min(seconds() for _ in range(5))
    assert memory.bytes < 1_000_000 and after < 10 * before + 0.02
    run = Run(tmp_path)
    assert run.steps.tolist() == [0] and "too long" in run.troubles[0]
