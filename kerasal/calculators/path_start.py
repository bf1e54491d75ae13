"""The start of a path: the baseline of a target, or one for each of several targets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.joint_target import JointTarget, parts_of
from kerasal._network.targets import InputExtractor, LayerExtractor
from kerasal.baselines import Background, Extremes, check_baseline, constant_of, is_per_example, made_from

Shape = tuple[int | None, ...]


class PathStart:
    """The baselines of a path.

    Args:
        given: None for zeros, a number, an array, a function, a `Background` or `Extremes`; for several targets also a list with one of
            these for each, or a dict {extractor or name: one of these}.
        targets: the extractors, as the user listed them.

    Attributes:
        count: how many baselines each sample starts from; is_drawn: whether one of several is drawn.
    """

    def __init__(self, given: Any, targets: Sequence[Any]):
        self._of_target = dict(zip(targets, _each(given, targets), strict=True))
        several = [each for each in self._of_target.values() if isinstance(each, (Background, Extremes))]
        counts = {each.count for each in several if not each.drawn}
        if len(counts) > 1:
            raise ValueError(
                "The baselines of several targets are taken together, one of each. Received: "
                f"{' and '.join(map(str, sorted(counts)))} of some. Give them as many."
            )
        self.count: int = counts.pop() if counts else 1
        self.is_drawn = any(each.drawn for each in several)

    def fit(self, target: Any, shape: Shape) -> dict[str, np.ndarray]:
        """Check that the baselines fit a target, and give those that each example has of its own, {name: array (N, ...)}."""
        own = {}
        for place, (part, like) in enumerate(_with_shapes(target, shape)):
            baseline = self._of_target[part]
            if isinstance(baseline, Background):
                baseline.check(like)
            elif isinstance(baseline, np.ndarray) and is_per_example(baseline, like):
                own[_name(place)] = baseline
        return own

    def at(self, score: Any, target: tf.Tensor, which: tf.Tensor) -> tf.Tensor:
        """Make the baselines of some points, (1 or K, 1 or R, ...), of a target (R, ...); `which` (K,) of several they take."""
        joint = score.target
        if not isinstance(joint, JointTarget):
            return self._of_part(joint, 0, score, target, which)
        made = []
        for place, (part, value) in enumerate(zip(joint.parts, joint.split(target), strict=True)):
            baseline = self._of_part(part, place, score, value, which)
            points = tf.size(which) if self.count > 1 else 1
            made.append(tf.broadcast_to(baseline, tf.concat([[points], tf.shape(value)], 0)))
        return joint.joined(made)

    def _of_part(self, part: Any, place: int, score: Any, target: tf.Tensor, which: tf.Tensor) -> tf.Tensor:
        baseline = self._of_target[part]
        rank = target.shape.rank + 1
        if baseline is None:
            return tf.zeros([1] * rank, target.dtype)
        if isinstance(baseline, Background):
            if baseline.drawn:
                return baseline.draw(score, target.dtype)[None]
            return baseline.of(which, target.dtype)[:, None]
        if isinstance(baseline, Extremes):
            return baseline.of(target, which)
        if callable(baseline):
            return made_from(baseline, target)[None]
        if _name(place) in score.context:
            return tf.cast(score.per_example(_name(place)), target.dtype)[None]
        one = constant_of(baseline, target.dtype, "baseline")
        return tf.broadcast_to(one, [1] * (rank - baseline.ndim) + list(baseline.shape))


def checked(given: Any, targets: Sequence[Any]) -> Any:
    """Return what a user gave as baseline, arrays as read-only copies; ValueError for what is not finite."""
    if isinstance(given, dict):
        return {key: _checked(each) for key, each in given.items()}
    if isinstance(given, (list, tuple)) and len(targets) > 1:
        return [_checked(each) for each in given]
    return _checked(given)


def told(baseline: Any) -> Any:
    """Say what a baseline is, as JSON can hold it."""
    if isinstance(baseline, dict):
        return {str(key): told(each) for key, each in baseline.items()}
    if isinstance(baseline, list):
        return [told(each) for each in baseline]
    if not isinstance(baseline, np.ndarray):
        return repr(baseline)
    return f"array {baseline.shape}" if baseline.ndim else float(baseline)


def _checked(baseline: Any) -> Any:
    return baseline if isinstance(baseline, Extremes) else check_baseline(baseline)


def _each(given: Any, targets: Sequence[Any]) -> list[Any]:
    """The baseline of each target."""
    if isinstance(given, dict):
        names = [{target, _name_of(target)} for target in targets]
        unknown = [key for key in given if not any(key in known for known in names)]
        if unknown:
            raise ValueError(
                f"baseline={{target: baseline}} has targets for keys: {', '.join(map(repr, targets))}. Received: {unknown[0]!r}. "
                "Use the extractors, or their names."
            )
        return [next((given[key] for key in given if key in known), None) for known in names]
    if isinstance(given, list) and len(targets) > 1:
        if len(given) != len(targets):
            raise ValueError(
                f"A list of baselines has one for each target. Received: {len(given)} for {len(targets)} targets. Give as many, "
                "None for zeros."
            )
        return list(given)
    return [given] * len(targets)


def _name_of(target: Any) -> Any:
    if isinstance(target, InputExtractor):
        return target.which
    layer = target.layer if isinstance(target, LayerExtractor) else target
    return layer if isinstance(layer, str) else layer.name


def _with_shapes(target: Any, shape: Shape) -> list[tuple[Any, Shape]]:
    shapes = target.shapes if isinstance(target, JointTarget) else (shape,)
    return list(zip(parts_of(target), shapes, strict=True))


def _name(place: int) -> str:
    return f"baseline {place}" if place else "baseline"
