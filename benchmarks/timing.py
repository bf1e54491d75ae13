"""Seconds of several ways, in interleaved rounds of one process, so that whatever slows the machine slows all alike."""

import statistics
import time

LEAST, SLOW = 3, 3


def rounds(calls, count, limit, budget, slow=SLOW):
    """Time every call once a round, in an order that rotates.

    Args:
        calls: {name: function without arguments}. Run each once before, so that nothing is traced in the rounds.
        count: how many rounds.
        limit: the call that others are compared with: those more than `slow` times slower are timed in the first round only.
        budget: seconds after which no round begins, but for the first `LEAST`.

    Returns:
        {name: list of seconds, one a round}, which is shorter for slow ones.
    """
    names = list(calls)
    seconds = {name: [] for name in names}
    started = time.perf_counter()
    for k in range(count):
        if k >= LEAST and time.perf_counter() - started > budget:
            break
        if k == 1:
            names = [name for name in names if seconds[name][0] <= slow * seconds[limit][0]]
        for name in names[k % len(names) :] + names[: k % len(names)]:
            began = time.perf_counter()
            calls[name]()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def ratios(seconds, limit):
    """Each way's time over the limit's of the same round.

    Returns:
        {name: {"seconds": median, "ratio": median, "low": smallest, "high": largest}}.
    """
    result = {}
    for name, times in seconds.items():
        of_rounds = [time / least for time, least in zip(times, seconds[limit])]
        result[name] = {
            "seconds": statistics.median(times),
            "ratio": statistics.median(of_rounds),
            "low": min(of_rounds),
            "high": max(of_rounds),
        }
    return result
