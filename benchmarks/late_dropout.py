"""Time of BayesGrad where dropout comes late: kerasal, kerasal with whole passes, and the loop written by hand.

Run it as `python benchmarks/late_dropout.py [rounds] [network …]`. Times are ratios to the hand-written loop in the same round, with the
smallest and the largest; distances are relative L2 between kerasal's ways. "Mean alone" is `method="mean_abs"`, which has no standard
deviation. A name with `--first` is that of a network whose first calls, of 2 samples, are timed instead, each way in a process of its own.
"""

import subprocess
import sys
import time
from unittest import mock

import keras
import networks
import numpy as np
from timing import ratios, rounds
from ways import dropout_by_hand
from workloads import WORKLOADS, Job, Workload

from kerasal import GradientCalculator
from kerasal._engine import shared_work

L = keras.layers
HAND, WHOLE, SHARED, MEAN = "hand-written loop", "kerasal, whole passes", "kerasal", "kerasal, mean alone"


def mobilenet_with_head():
    """Dropout before the last layer, as heads for a new task have it."""
    body = keras.applications.MobileNetV2((224, 224, 3), weights=None, include_top=False, pooling="avg")
    return networks.settled(keras.Model(body.input, L.Dense(10)(L.Dropout(0.5)(body.output))))


class HeadWorkload(Workload):
    """EfficientNetB0 with dropout before its last layer alone: its 16 dropouts of branches stay off."""

    def _job(self, model, rng):
        (rate,), x = self.train.values(), rng.random(self.shape, "float32")
        body = keras.Model(model.input, model.get_layer("avg_pool").output)
        head = keras.Sequential([keras.Input(body.output.shape[1:]), L.Dropout(rate), model.layers[-1]])
        return Job(model, x, None, x, model, lambda points: head(body(points), training=True), self.train, self.rows)


NETWORKS = {
    "mobilenet": Workload("MobileNetV2 224, dropout in the head", mobilenet_with_head, (1, 224, 224, 3), 16, ()),
    "efficientnet": HeadWorkload(
        "EfficientNetB0 224, dropout behind top_dropout",
        networks.efficientnet,
        (1, 224, 224, 3),
        16,
        (),
        train={"top_dropout": 0.2},
    ),
    "vgg16": WORKLOADS["vgg16-1"],
    "cnn": WORKLOADS["cnn-64"],
    "cnn-1": Workload("small CNN 28, 1 image", networks.small_cnn, (1, 28, 28, 1), 1600, ()),
}


def way(job, name):
    """explain(M) of a job -> (mean, standard deviation); what is shared is decided when it is first called."""
    if name == HAND:
        return dropout_by_hand(job)
    calculator = GradientCalculator(job.model)

    def explain(M):
        result = calculator.explain(job.x, M=M, train=job.train, method="mean_abs" if name == MEAN else "raw")
        return result.values, result.std

    def whole(M):
        # Without what is measured here: every pass is whole, as it was before.
        with mock.patch.object(shared_work.SharedWork, "compute_once"):
            return explain(M)

    return whole if name == WHOLE else explain


def first_call(network, name):
    """Print the seconds of the first call of a way."""
    explain = way(NETWORKS[network].make(), name)
    began = time.perf_counter()
    explain(2)
    print(time.perf_counter() - began)


def first_calls(count, network):
    """Print the seconds of first calls, each in a process of its own, in turn."""
    for _ in range(count):
        for name in (HAND, WHOLE, SHARED):
            words = [sys.executable, __file__, "--first", network, name]
            print(network, name, subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[-1])


def compared(count, network):
    """Print the ratios of one network."""
    workload = NETWORKS[network]
    job, amount = workload.make(), workload.samples
    ways = {name: way(job, name) for name in (HAND, WHOLE, SHARED, MEAN)}
    found = {name: explain(amount) for name, explain in ways.items()}
    apart = [np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in zip(found[WHOLE], found[SHARED], strict=True)]
    seconds = rounds(
        {name: lambda explain=explain: explain(amount) for name, explain in ways.items()}, count, list(ways)
    )
    of_mean = np.linalg.norm(np.abs(found[WHOLE][0]) - found[MEAN][0]) / np.linalg.norm(found[WHOLE][0])
    print(
        f"{workload.title}, M = {amount}; distance of means {apart[0]:.1e}, alone {of_mean:.1e}, of deviations {apart[1]:.1e}",
        flush=True,
    )
    for name, each in ratios(seconds, HAND).items():
        print(
            f"  {name:22} {each['ratio']:.2f} ({each['low']:.2f}–{each['high']:.2f})  {each['seconds']:.3f} s",
            flush=True,
        )


def main(count=9, *names):
    """Compare the ways on every network named."""
    for name in names or NETWORKS:
        compared(int(count), name)


if __name__ == "__main__":
    if "--first" in sys.argv:
        first, *others = sys.argv[2:]
        first_call(first, *others) if others else first_calls(3, first)
    else:
        main(*sys.argv[1:])
