"""An index in several files, for stores whose files do not grow: bounded writes, one history, old logs and gaps."""

import json

import numpy as np
import pytest

from kerasal import Saliency, load_run
from kerasal._storage.base import join
from kerasal._storage.file_systems import storage_of
from kerasal._storage.remote_files import FsspecFiles
from kerasal.tensorboard.archive import Archive, Run
from kerasal.tensorboard.index_files import CLOSED, IndexFiles
from kerasal.tensorboard.queries import RunQueries

MAP = Saliency([[1.0, 2.0]])


def write(archive, steps, size=20_000):
    for step in steps:
        archive.write(step, MAP, {"numbers": {"score": [step]}, "note": "x" * size})


@pytest.fixture(params=["ram://index", "memory://index"])
def log_dir(request, tmp_path):
    """An empty log directory of each kind of store."""
    return f"{request.param}/{tmp_path.name}"


def run_dir(log_dir):
    return join(log_dir, "saliency", "a")


def test_no_write_is_larger_than_a_file_and_all_files_are_one_index(log_dir, monkeypatch):
    files, written = storage_of(log_dir), []
    real = type(files)._put

    def put(self, path, content):
        written.append(len(content))
        real(self, path, content)

    monkeypatch.setattr(type(files), "_put", put)
    write(Archive(run_dir(log_dir), ["a"], {"start": 0}), range(40))
    assert max(written) < CLOSED + 21_000
    assert sorted(files.names(join(run_dir(log_dir), "arrays", "segments"))) == ["000002.jsonl", "000003.jsonl"]
    run = load_run(log_dir)
    assert run.steps.tolist() == list(range(40)) == run.number("score")[:, 0].tolist() and not run.troubles
    write(Archive(run_dir(log_dir), ["a"], {"start": 30}), range(30, 45))  # one that goes on
    assert load_run(log_dir).number("score")[:, 0].tolist() == list(range(45))
    write(Archive(run_dir(log_dir), ["b"], {"start": 0}), range(2))  # one that begins anew
    assert load_run(log_dir).steps.tolist() == [0, 1] and load_run(log_dir).examples == ["b"]


def test_the_tab_sees_each_step_whichever_file_its_line_is_in(log_dir):
    archive, queries = Archive(run_dir(log_dir), ["a"], {"start": 0}), RunQueries({"": log_dir})
    for step in range(30):
        write(archive, [step])
        assert queries.run("saliency/a")["steps"][-1] == step


def test_a_large_index_of_before_is_left_and_the_next_file_begun(log_dir):
    files, index = storage_of(log_dir), join(run_dir(log_dir), "arrays", "index.jsonl")
    write(Archive(run_dir(log_dir), ["a"], {"start": 0}), range(3))
    before = files.read(index) + b'{"step": 2, "note": "' + b"x" * CLOSED + b'"}\n'
    files.write(index, before)
    write(Archive(run_dir(log_dir), ["a"], {"start": 3}), range(3, 5))
    assert files.read(index) == before and load_run(log_dir).steps.tolist() == [0, 1, 2, 3, 4]


def copied(log_dir, tmp_path):
    """A run of several files, copied to a disk."""
    write(Archive(run_dir(log_dir), ["a"], {"start": 0}), range(40))
    files, arrays = storage_of(log_dir), tmp_path / "arrays"
    (arrays / "segments").mkdir(parents=True)
    for folder, target in (("arrays", arrays), ("arrays/segments", arrays / "segments")):
        for name in files.names(join(run_dir(log_dir), folder)):
            if "." in name:
                (target / name).write_bytes(files.read(join(run_dir(log_dir), folder, name)))
    return arrays / "segments"


def test_a_copy_on_a_disk_is_read_and_goes_on_in_its_last_file(tmp_path):
    later = copied(f"ram://copy/{tmp_path.name}", tmp_path)
    size = (later / "000003.jsonl").stat().st_size
    write(Archive(tmp_path, ["a"], {"start": 40}), range(40, 60))
    assert load_run(tmp_path).steps.tolist() == list(range(60))
    assert (later / "000003.jsonl").stat().st_size > size and len(list(later.iterdir())) == 2


@pytest.mark.parametrize("damage", ["missing", "folder", "junk"])
def test_a_file_that_is_damaged_costs_its_steps_and_is_told(tmp_path, damage):
    later = copied(f"ram://damage/{tmp_path.name}", tmp_path)
    path = later / "000002.jsonl"
    inside = [json.loads(line)["step"] for line in path.read_text().splitlines()]
    path.unlink()
    path.mkdir() if damage == "folder" else path.write_text("junk\n") if damage == "junk" else None
    with pytest.warns(UserWarning, match=r"Copy the whole folder|Line 16 of the index .* passed over"):
        run = load_run(tmp_path)
    assert run.steps.tolist() == [step for step in range(40) if step not in inside] and len(inside) > 5


def test_links_out_of_the_log_directory_are_not_followed(tmp_path):
    (tmp_path / "outside").write_text(json.dumps({"step": 0, "numbers": {"score": [7]}}) + "\n")
    log_dir = tmp_path / "logs"
    write(Archive(log_dir / "saliency" / "a", ["a"], {}), [0])
    later = log_dir / "saliency" / "a" / "arrays" / "segments"
    later.mkdir()
    (later / "000002.jsonl").symlink_to(tmp_path / "outside")
    with pytest.raises(PermissionError, match="a link out of it"):
        RunQueries({"": str(log_dir)}).run("saliency/a")


def test_other_names_in_the_folder_are_no_files_of_the_index(tmp_path):
    archive = Archive(tmp_path, ["a"], {})
    write(archive, [0])
    later = tmp_path / "arrays" / "segments"
    later.mkdir()
    for name in ("2.jsonl", "000002.json", "000002.jsonl.0a", "..jsonl", "0000002.jsonl"):
        (later / name).write_text("junk")
    assert len(IndexFiles(storage_of(tmp_path), str(tmp_path / "arrays")).paths()) == 1 == len(Run(tmp_path))


def test_one_step_takes_a_bounded_number_of_requests(tmp_path, monkeypatch):
    """Of a store that is reached through fsspec, however many steps there are."""
    pytest.importorskip("fsspec")
    requests = []
    for name in ("_put", "_rename", "read", "exists", "names"):
        real = getattr(FsspecFiles, name)
        monkeypatch.setattr(
            FsspecFiles, name, lambda *args, real=real, name=name: (requests.append(name), real(*args))[1]
        )
    archive = Archive(f"memory://requests/{tmp_path.name}", ["a"], {})
    counts = []
    for step in range(60):
        requests.clear()
        write(archive, [step])
        counts.append(len(requests))
    assert max(counts) <= 8
    np.testing.assert_array_equal(load_run(f"memory://requests/{tmp_path.name}").steps, range(60))
