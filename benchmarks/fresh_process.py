"""Peak memory and the time of a first call, each in a process of its own. Linux: it reads /proc."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def memory(field):
    """A field of this process's status in MiB: VmRSS is now, VmHWM the most so far."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def measure(workload, way, M):
    """Run `way` once at few samples, then with M, and say what that took.

    Returns:
        {"first": seconds of the first call (2 samples, or the gradient), "second": of the same again, "mib": peak memory
        beyond that of the process after it built the model and ran it forward once}.
    """
    from ways import WAYS
    from workloads import WORKLOADS

    model, x = WORKLOADS[workload].make()
    model(x, training=False)
    before = memory("VmRSS")
    CLEAR.write_text("5")  # the peak starts anew from here
    call, took = WAYS[way](model, x, WORKLOADS[workload].rows), []
    for _ in range(2):
        began = time.perf_counter()
        call(min(M, 2))
        took.append(time.perf_counter() - began)
    if M > 2:
        call(M)
    return {"first": took[0], "second": took[1], "mib": memory("VmHWM") - before}


def in_fresh_process(workload, way, M):
    """`measure` in a new Python."""
    command = [sys.executable, __file__, workload, way, str(M)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"The process ends well. Received: exit {done.returncode} from {way} on {workload}, M={M}. It said:\n"
            + done.stderr[-2000:]
        )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload")
    parser.add_argument("way")
    parser.add_argument("M", type=int, help="samples; 0 for the vanilla gradient")
    given = parser.parse_args()
    print(json.dumps(measure(given.workload, given.way, given.M)))
