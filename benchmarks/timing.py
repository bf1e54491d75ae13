"""Seconds of several ways, in interleaved rounds of one process, so that whatever slows the machine slows all alike."""

import statistics
import time


def rounds(calls, count):
    """Time every call once a round, in an order that rotates.

    Args:
        calls: {name: function without arguments}.
        count: how many rounds. Run each call once before, so that nothing is traced in them.

    Returns:
        {name: list of seconds, one a round}.
    """
    names = list(calls)
    seconds = {name: [] for name in names}
    for k in range(count):
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
