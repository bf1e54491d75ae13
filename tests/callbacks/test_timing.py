"""A simulated training: the share that goes into maps stays within the budget, and maps are spread over all of it."""

import contextlib

import numpy as np
import pytest

from kerasal.callbacks.timing import Budget


@pytest.mark.parametrize("cost, share", [(1.0, 0.05), (0.2, 0.05), (3.0, 0.2), (0.01, 0.5)])
def test_the_share_is_kept_and_used(cost, share):
    """1 000 epochs of a second each; compiling takes ten times as long as a map, and counts for nothing."""
    now = [0.0]
    budget = Budget(share, lambda: now[0])
    budget.begin()
    logged = []
    for epoch in range(1001):
        if not epoch or budget.affords():
            with budget.preparing() if not epoch else contextlib.nullcontext():
                now[0] += 10 * cost * (not epoch)
            with budget.spending():
                now[0] += cost
            logged.append(epoch)
            assert not epoch or budget.spent + cost <= share * epoch + 1e-9  # room for that of the end
        now[0] += 1.0
    most = min(1001, share * 1000 / cost)
    assert 0.9 * most - 1 <= len(logged) <= most + 1
    assert budget.skipped == 1001 - len(logged)
    assert not logged[1:] or np.max(np.diff(logged[2:], append=logged[-1] + 1)) <= cost / share + 2


def test_a_training_too_short_for_its_first_map_and_its_last_says_by_how_much():
    now = [0.0]
    budget = Budget(0.05, lambda: now[0])
    budget.begin()
    with budget.spending():
        now[0] += 0.75
    now[0] += 15.0  # .75 s of 15 s is the share itself
    assert budget.excess() is None
    with budget.spending():
        now[0] += 0.15
    assert budget.excess().startswith("maps took 0.90 s, 6.0% of the rest of training")
    assert "18 s of training pay for them" in budget.excess()


def test_free_seconds_come_before_the_share():
    """Maps of 1 s beside epochs of 1 s: eight are free besides room for that of the end, then 5 % count: none for 200 s."""
    now = [0.0]
    budget = Budget(0.05, lambda: now[0], free=10.0)
    budget.begin()
    logged = []
    for epoch in range(200):
        if budget.affords():
            with budget.spending():
                now[0] += 1.0
            logged.append(epoch)
        now[0] += 1.0
    assert logged == list(range(9))
