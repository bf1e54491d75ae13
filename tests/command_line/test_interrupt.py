"""Ctrl-C, pressed on a process of its own: what is finished stays, the exit code says it, the same command goes on."""

import signal
import subprocess
import sys
import time

import keras
import numpy as np

from kerasal import open_store, recipes
from kerasal.command_line.main import main

# A process that is started in the background ignores Ctrl-C; that of a terminal does not.
CODE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from kerasal.command_line.main import main
sys.exit(main(sys.argv[1:]))
"""


def wait_for_a_chunk(process, store):
    """Return when a chunk is finished."""
    end = time.monotonic() + 120
    while not (store / "commits" / "00000000.json").exists():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.01)


def test_ctrl_c_leaves_a_store_that_the_same_command_goes_on_with(shop, tmp_path, capsys):
    folder, _, rows = shop
    x = np.tile(rows, (1100, 1))  # seven chunks of 4096 rows or fewer
    np.save(tmp_path / "x.npy", x)
    store = tmp_path / "maps"
    how = ["--recipe", "smooth_grad", "--set", "M=300", "--store", str(store)]
    argv = ["explain", str(folder / "table.keras"), str(tmp_path / "x.npy"), *how]
    process = subprocess.Popen([sys.executable, "-c", CODE, *argv], stderr=subprocess.PIPE, text=True)
    wait_for_a_chunk(process, store)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=120)[1]
    assert process.returncode == 130, told
    assert "interrupted: the same command goes on where" in told and "Traceback" not in told
    left = open_store(store)
    count = len(left)
    assert not left.is_complete and 0 < count < len(x) and count % left.chunk == 0
    left.check()
    assert main(argv) == 0 and capsys.readouterr().out == f"{store}\n"
    found = open_store(store)
    assert found.is_complete and len(found) == len(x)
    known = recipes.smooth_grad(M=300).explain(keras.models.load_model(folder / "table.keras"), x[: count + 100])
    np.testing.assert_allclose(found[: count + 100].values, known.values, rtol=1e-4, atol=1e-6)
