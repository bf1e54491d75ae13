"""Before anything is timed: do the ways compute the same numbers?"""

import numpy as np
from ways import LIMIT, WAYS, by_hand_with_kerasals_noise, by_kerasal


def distance(a, b):
    """Relative L2 distance of a from b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def check(workload, M=6):
    """Relative L2 distances from the hand-written numbers.

    Args:
        workload: a `Workload`.
        M: samples of SmoothGrad.

    Returns:
        {"vanilla": of each way's gradient, "mean": of kerasal's SmoothGrad under the same noise, "std": alike}.

    Raises:
        RuntimeError: if a vanilla gradient or a mean is 1e-4 away or more, a standard deviation 1e-3.
    """
    model, x = workload.make()
    expected, _ = WAYS[LIMIT](model, x, workload.rows)(0)
    found = {f"vanilla {name}": distance(make(model, x, workload.rows)(0)[0], expected) for name, make in WAYS.items()}
    mean, std = by_hand_with_kerasals_noise(model, x, workload.rows)(M)
    ours = by_kerasal(model, x, workload.rows)(M)
    found["SmoothGrad mean"], found["SmoothGrad std"] = distance(ours[0], mean), distance(ours[1], std)
    far = {name: value for name, value in found.items() if not value < (1e-3 if name.endswith("std") else 1e-4)}
    if far:
        raise RuntimeError(
            f"All ways agree with the hand-written loop to a relative L2 of 1e-4. Received: {far} on {workload.title}. "
            "Do not compare their times before this is understood."
        )
    return found
