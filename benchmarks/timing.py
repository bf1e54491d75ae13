"""Seconds of several ways, in interleaved rounds of one process, so that whatever slows the machine slows all alike."""

import statistics
import time

SLOW = 3  # times the first of `always`: what is slower is timed once
MORE = 5  # times the rounds asked for, at most


def rounds(calls, count, always, enough=0):
    """Time every call once a round, in an order that rotates.

    Args:
        calls: {name: function without arguments}. Run each once before, so that nothing is traced in the rounds.
        count: how many rounds; up to five times as many while those after the first have taken less than `enough`
            seconds.
        always: names of calls that are timed in every round. The first is the one that others are compared with: those more than
            three times slower are timed in the first round only.

    Returns:
        {name: list of seconds, one a round}, which is shorter for slow ones.
    """
    names = list(calls)
    seconds = {name: [] for name in names}
    for k in range(MORE * count):
        if k >= count and sum(sum(times[1:]) for times in seconds.values()) >= enough:
            break
        if k == 1:
            names = [name for name in names if name in always or seconds[name][0] <= SLOW * seconds[always[0]][0]]
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            began = time.perf_counter()
            calls[name]()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def ratios(seconds, limit):
    """Each way's time over the limit's of the same round; over its median where the way was timed in the first round only.

    Returns:
        {name: {"seconds": median, "ratio": median, "low": smallest, "high": largest}}.
    """
    result = {}
    for name, times in seconds.items():
        least = seconds[limit] if len(times) == len(seconds[limit]) else [statistics.median(seconds[limit])]
        of_rounds = [time / other for time, other in zip(times, least, strict=False)]
        result[name] = {
            "seconds": statistics.median(times),
            "ratio": statistics.median(of_rounds),
            "low": min(of_rounds),
            "high": max(of_rounds),
        }
    return result
