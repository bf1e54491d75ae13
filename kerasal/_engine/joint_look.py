"""A look at several targets before they become one: their shapes, their order, and whether one lies behind another."""

import itertools
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.forward import Asked, Forward, Handlers
from kerasal._keyed_random import Rows
from kerasal._network.dependence import causes
from kerasal._network.gradients import NoGradient, Recording
from kerasal._network.graphs import traced
from kerasal._network.joint_target import JointTarget
from kerasal._network.layer_tree import layers_of
from kerasal._network.randomness import Randomness
from kerasal._network.targets import Extractor, InputExtractor


class _Seen(NamedTuple):
    """The targets in a pass: their values, whether the score has a gradient there, (behind, before) of one chain."""

    shapes: list[tuple[int | None, ...]]
    reached: list[bool]
    chain: tuple[int, int] | None


def look_at_targets(forward: Forward, target: JointTarget) -> JointTarget:
    """Find the shapes of several targets, in an order that does not depend on the user's.

    Args:
        forward: the model and what is asked of it.
        target: the targets, without shapes.

    Raises:
        ValueError: an input of integers, a target named twice, without a gradient or of unknown length, or one behind another.
    """
    parts = tuple(sorted(target.parts, key=lambda part: _rank(part, forward)))
    for part, other in itertools.pairwise(parts):
        if _rank(part, forward) == _rank(other, forward):
            raise ValueError(f"Several targets are different ones. Received: {part!r} twice. Leave one out.")
    seen = _seen(forward, parts)
    if seen.chain is not None:
        behind, before = (parts[place] for place in seen.chain)
        raise ValueError(
            "Several targets are moved together, by noise or along a path, so none may be computed from another. Received: "
            f"{behind!r}, which lies behind {before!r}. Leave one out, or explain each alone: one call with target_extractor="
            f"{behind!r}, one with {before!r}. (Gradients without noise take both.)"
        )
    for part, shape, is_reached in zip(parts, seen.shapes, seen.reached, strict=True):
        if not is_reached:
            raise NoGradient(part)
        if not shape or None in shape[1:]:
            raise ValueError(
                f"Several targets are of known lengths. Received: {part!r} of shape {shape}. Explain it alone: "
                f"target_extractor={part!r}."
            )
    return JointTarget(parts, tuple(seen.shapes))


def _rank(part: Extractor, forward: Forward) -> tuple[Any, ...]:
    """The place of a target in the model: inputs first, then layers in the order that saving keeps."""
    if isinstance(part, InputExtractor):
        return 0, forward.inputs.position_of(part)
    return 1, layers_of(forward.model).index(part.find(forward.model)), part.timing, part.call or 0


def _seen(forward: Forward, parts: tuple[Extractor, ...]) -> _Seen:
    """Trace a pass, not run, in which no target is replaced."""
    found: list[_Seen] = []

    def run(inputs: Any, y: Any) -> int:
        with Recording(forward.model) as recording:
            recording.points(tf.zeros([1]))
            inputs, probes = list(inputs), Handlers()
            for place, part in enumerate(parts):
                if isinstance(part, InputExtractor):
                    position = forward.inputs.position_of(part)
                    inputs[position] = recording.keep(place, inputs[position])
                else:

                    def keep(value: Any, place: int = place) -> tf.Tensor:
                        return recording.keep(place, value())

                    probes.setdefault(part.find(forward.model), []).append(part.handler(keep))
            scored = forward.score_at(Asked(inputs, y), None, Randomness(), Rows.plain(inputs), probes)
            recording.result(scored.values)
        tensors = dict(recording.kept)
        gradients = dict(zip((place for place, _ in recording.kept), recording.gradients()[1:], strict=True))
        before = {place: causes([tensors[place]]) for place in tensors}
        chains = [(b, a) for b in tensors for a in tensors if a != b and tensors[a].op in before[b]]
        shapes = [tuple(tensors[place].shape) for place in range(len(parts))]
        reached = [gradients[place] is not None for place in range(len(parts))]
        found.append(_Seen(shapes, reached, chains[0] if chains else None))
        return 0

    traced(forward.model, run, *forward.inputs.specs)
    return found[0]
