"""Remote log directories: written and read through TensorFlow's file systems, read through fsspec without TensorFlow."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
from three_parts import refused

from kerasal import Saliency, load_run
from kerasal._storage.base import join
from kerasal._storage.file_systems import storage_of
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.plugin import log_directories
from kerasal.tensorboard.queries import RunQueries

ROOTS = ("folder", "ram://bucket", "memory://bucket")


@pytest.fixture(params=ROOTS)
def root(request, tmp_path):
    """An empty folder of each kind."""
    if request.param == "folder":
        return str(tmp_path)
    if request.param.startswith("memory"):
        pytest.importorskip("fsspec")
    import tensorflow  # noqa: F401  ram:// is TensorFlow's

    return f"{request.param}/{tmp_path.name}"


def test_files_are_whole_and_nothing_is_left_aside(root):
    files, folder = storage_of(root), join(root, "a", "b")
    files.make_folder(folder)
    files.make_folder(folder)  # a second time is fine
    files.write(join(folder, "one"), b"1")
    files.write(join(folder, "one"), b"22")
    files.append_line(join(folder, "two"), b"3")
    files.append_line(join(folder, "two"), b"4")
    assert sorted(files.names(folder)) == ["one", "two"]
    assert (files.read(join(folder, "one")), files.read(join(folder, "two"))) == (b"22", b"3\n4\n")
    assert files.folders(root) == ["a"] and files.folders(folder) == [] == files.names(join(root, "none"))
    assert files.exists(join(folder, "one")) and not files.exists(folder) and not files.exists(join(root, "none"))
    with pytest.raises(FileNotFoundError):
        files.read(join(folder, "none"))


def test_an_error_while_writing_leaves_what_was_there(root):
    files = storage_of(root)
    files.make_folder(root)
    files.write(join(root, "one"), b"1")
    with pytest.raises(Exception, match=r"bytes|str|object"):
        files.write(join(root, "one"), object())
    assert files.names(root) == ["one"] and files.read(join(root, "one")) == b"1"


def test_runs_are_found_and_read_back(root):
    values = np.arange(24, dtype="float32").reshape(3, 2, 4)
    depiction = Depiction("image", arrays={"images": np.zeros((2, 5, 4, 3), "uint8")})
    archive = Archive(join(root, "deep", "saliency", "smooth"), ["0", "1"], {"score": "logit"}, depiction)
    for k, step in enumerate((0, 5, 7)):
        archive.write(step, Saliency(values[k]), {"numbers": {"score": [1.0, k]}, "time": k})
    run = load_run(join(root, "deep"))
    assert (run.name, run.steps.tolist(), run.images.shape) == ("smooth", [0, 5, 7], (2, 5, 4, 3))
    np.testing.assert_array_equal(run.values, values)
    queries = RunQueries({"": root})
    assert queries.runs() == ["deep/saliency/smooth"]
    assert queries.map("deep/saliency/smooth", 5, 1, "values") == values[1, 1].tobytes()
    assert RunQueries({"x": join(root, "deep", "saliency")}).runs() == ["x/smooth"]
    with refused("no/such", error=FileNotFoundError):
        load_run(join(root, "no/such"))


def test_a_logger_keeps_its_arrays_where_its_events_are(tmp_path):
    import tensorflow as tf
    from logged_training import X, everything, fit, linear

    log_dir = f"ram://logs/{tmp_path.name}"
    fit(linear(), everything(log_dir, X[:2], on_error="raise"), epochs=1)
    fit(linear(), everything(log_dir, X[:2], on_error="raise"), initial_epoch=1, epochs=2)
    run = load_run(log_dir)
    assert run.steps.tolist() == [0, 1, 2] and run.values.shape == (3, 2, 5, 4) and run.images.shape[0] == 2
    assert any("events" in name for name in tf.io.gfile.listdir(f"{log_dir}/saliency/saliency"))


def test_without_tensorflow_fsspec_reads_and_without_both_the_error_says_what_to_install():
    code = """if True:
        import json, sys
        from kerasal.tensorboard.queries import RunQueries, storage_of
        told = [type(storage_of("memory://x")).__name__] if sys.argv[1] == "with" else []
        sys.modules["fsspec"] = None
        try:
            storage_of("gs://bucket/logs")
        except ImportError as error:
            told.append(str(error))
        print(json.dumps([told, RunQueries({"": "gs://bucket/logs"}).runs(), "tensorflow" in sys.modules]))
    """
    known = "with" if importlib.util.find_spec("fsspec") else "without"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, known], capture_output=True, text=True, check=True
    )
    told, runs, loaded = json.loads(done.stdout)
    assert told[:-1] == (["FsspecFiles"] if known == "with" else []) and runs == [] and not loaded
    assert "gs://" in told[-1] and "Received: " in told[-1] and "pip install kerasal[remote]" in told[-1]
    assert "No saliency is shown of gs://bucket/logs" in done.stderr and "pip install kerasal[remote]" in done.stderr


def test_a_scheme_is_no_name_of_a_logdir_spec():
    spec = "gs://bucket/a,b:s3://bucket/b,c:/local,/with:colon"
    context = type("Context", (), {"logdir": "", "flags": type("Flags", (), {"logdir_spec": spec})})
    assert [list(log_directories(context).items())] == [
        [("", "gs://bucket/a"), ("b", "s3://bucket/b"), ("c", "/local"), ("/with:colon", "/with:colon")]
    ]
