"""Telling users that a score reads exact values of a target, which gradients, noise and paths do not respect."""

from collections.abc import Sequence

from kerasal._engine.forward import Forward
from kerasal._engine.real_targets import layers_behind
from kerasal._errors import warn_user
from kerasal._network.exact_reads import ExactRead, told_reads
from kerasal._network.real_layers import told


def warn_of_exact_values(reads: Sequence[ExactRead], forward: Forward, *, is_moved: bool, is_noisy: bool) -> None:
    """Warn where numbers of a target mean something by their exact values.

    Args:
        reads: what was found in the pass.
        forward: the model.
        is_moved: whether points between those that occur are looked at, by noise or a path.
        is_noisy: whether there is noise.
    """
    reads = [read for read in reads if is_moved or not read.is_comparing]
    if not reads:
        return
    target = forward.objective.target
    layers = layers_behind(forward, target)
    what = (
        "Gradients see nothing of that"
        if not all(read.is_comparing for read in reads)
        else "That is no gradient's matter"
    )
    moved = ", and points between the values that occur mean nothing there" if is_moved else ""
    ways = [f"Take the saliency of what they become: {told(layers)}"] if layers else []
    ways += ["OcclusionCalculator with a fill that occurs"]
    ways += ["keep noise from them by mask= of the noise sampler"] if is_noisy else []
    warn_user(f"The score reads exact values of {target!r}: {told_reads(reads)}. {what}{moved}. {'; or '.join(ways)}.")
