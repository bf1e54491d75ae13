"""The noise of one call: a sampler that fits the target, the numbers of its scale, a mask with one row per example."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal._engine.joint_noise import joint_noise
from kerasal._network.joint_target import JointTarget

MASK = "mask of noise_sampler"  # its name among what belongs to examples


@dataclasses.dataclass(frozen=True, eq=False)
class Noise:
    """The noise of one call.

    Attributes:
        sampler: a `NoiseSampler` or `JointNoise`, or None where there is no noise; its mask fits every example.
        scale: float32 numbers; per_example: {name: array (N, ...)}, the mask where it is of examples.
    """

    sampler: Any
    scale: np.ndarray
    per_example: dict[str, np.ndarray]

    @property
    def key(self) -> Any:
        """A value that tells one computation of noise from another; the numbers of the scale are an argument of it."""
        return None if self.sampler is None else (self.sampler.key, self.scale.shape, tuple(self.per_example))


def noise_on(target: Any, shape: tuple[int | None, ...], given: Any, order: Sequence[Any] = ()) -> Noise:
    """Fit noise to a target.

    Args:
        target: the extractor, or a `JointTarget` with its shapes.
        shape: of the target, (None, ...).
        given: a sampler, or one for each part of a joint target; None for no noise.
        order: the parts as the user listed them.

    Raises:
        ValueError: a mask that fits no example.
    """
    if given is None:
        return Noise(None, np.zeros((), "float32"), {})
    sampler: Any
    if isinstance(target, JointTarget):
        each = given if isinstance(given, (list, tuple)) else [given] * len(target.parts)
        sampler, mask = joint_noise(target, [each[order.index(part)] for part in target.parts])
    else:
        sampler, mask = given.on(shape)
    return Noise(sampler, np.asarray(sampler.scale, "float32"), {} if mask is None else {MASK: mask})
