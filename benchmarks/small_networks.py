"""Calls of small networks again and again: kerasal beside the loop by hand, and how much of it is TensorFlow's own call.

Run it as `python benchmarks/small_networks.py [rounds]`. In a round each way is called until a tenth of a second is over. The figures of
`run.py` are of single calls between those of other packages, so that both ways find the processor's caches cold there, and are closer.
"""

import statistics
import sys
import time

from timing import ratios
from ways import gradient_by_hand, gradient_by_kerasal
from workloads import WORKLOADS

from kerasal._network.compiled_function import CompiledFunction

SECONDS = 0.1  # of a way in a round
NETWORKS = ("iris-150", "lstm-32", "ggnn-32")


class Watched:
    """Adds up the seconds of all calls of traced functions while it is entered."""

    def __enter__(self):
        self.seconds, self._call = 0.0, CompiledFunction.__call__

        def call(function, *arguments):
            began = time.perf_counter()
            try:
                return self._call(function, *arguments)
            finally:
                self.seconds += time.perf_counter() - began

        CompiledFunction.__call__ = call
        return self

    def __exit__(self, *_):
        CompiledFunction.__call__ = self._call


def repeated(call, amount):
    """(seconds of one call, seconds of it that are TensorFlow's), of as many as fit into the time of a round."""
    began, count = time.perf_counter(), 0
    with Watched() as watched:
        while (taken := time.perf_counter() - began) < SECONDS:
            call(amount)
            count += 1
    return taken / count, watched.seconds / count


def compared(ways, amount, count):
    """A line about kerasal and the loop by hand."""
    rounds = []
    for call in ways.values():
        call(amount)
    for _ in range(count):
        rounds.append({name: repeated(call, amount) for name, call in ways.items()})
    found = ratios({name: [times[name][0] for times in rounds] for name in ways}, "by hand")
    ours, by_hand = found["kerasal"], found["by hand"]
    of_tensorflow = statistics.median(times["kerasal"][1] for times in rounds)
    return (
        f"{1e3 * ours['seconds']:.3g} ms, {1e3 * of_tensorflow:.3g} of it TensorFlow's call; by hand {1e3 * by_hand['seconds']:.3g} ms: "
        f"{ours['ratio']:.2f} ({ours['low']:.2f} to {ours['high']:.2f})"
    )


def main(count=9):
    """Print a line for each network and number of samples."""
    for key in NETWORKS:
        workload = WORKLOADS[key]
        job = workload.make()
        ways = {"by hand": gradient_by_hand(job), "kerasal": gradient_by_kerasal(job)}
        for amount, what in ((0, "gradient"), (workload.samples, f"SmoothGrad, M = {workload.samples}")):
            print(f"{workload.title}, {what}: {compared(ways, amount, int(count))}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
