"""The noise of one call: a sampler that fits the target, the numbers of its scale, a mask with one row per example."""

import dataclasses
from typing import Any

import numpy as np

from kerasal.samplers import NoiseSampler

MASK = "mask of noise_sampler"  # its name among what belongs to examples


@dataclasses.dataclass(frozen=True, eq=False)
class Noise:
    """The noise of one call.

    Attributes:
        sampler: a `NoiseSampler`, or None where there is no noise; its mask fits every example.
        scale: float32 numbers; per_example: {name: array (N, ...)}, the mask where it is of examples.
    """

    sampler: NoiseSampler | None
    scale: np.ndarray
    per_example: dict[str, np.ndarray]

    @property
    def key(self) -> Any:
        """A value that tells one computation of noise from another; the numbers of the scale are an argument of it."""
        return None if self.sampler is None else (self.sampler.key, self.scale.shape, tuple(self.per_example))


def noise_on(shape: tuple[int | None, ...], sampler: NoiseSampler | None) -> Noise:
    """Fit a sampler to a target.

    Args:
        shape: of the target, (None, ...).
        sampler: as the user gave it.

    Raises:
        ValueError: its mask fits no example.
    """
    if sampler is None:
        return Noise(None, np.zeros((), "float32"), {})
    fitted, mask = sampler.on(shape)
    return Noise(fitted, np.asarray(sampler.scale, "float32"), {} if mask is None else {MASK: mask})
