"""Several targets as one: their numbers side by side."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kerasal._network.targets import Extractor


@dataclasses.dataclass(frozen=True, repr=False)
class JointTarget:
    """Several inputs and layers as one target (rows, F): all numbers of each, one target after the other.

    Attributes:
        parts: the extractors.
        shapes: of each, (None, ...); () before a pass was looked at.
    """

    parts: tuple[Extractor, ...]
    shapes: tuple[tuple[int | None, ...], ...] = ()

    def __repr__(self) -> str:
        return ", ".join(map(repr, self.parts))

    @property
    def sizes(self) -> list[int]:
        """Number of numbers of an example, for each part."""
        return [math.prod(size or 0 for size in shape[1:]) for shape in self.shapes]

    def place_of(self, part: Extractor) -> int:
        """Find the place of a part among the parts."""
        return self.parts.index(part)

    def joined(self, values: Sequence[tf.Tensor]) -> tf.Tensor:
        """Put values of the parts, (..., *shape) each, side by side: (..., F)."""
        return tf.concat([self._flat(value, len(shape)) for value, shape in zip(values, self.shapes, strict=True)], -1)

    def split(self, flat: tf.Tensor) -> list[tf.Tensor]:
        """Take the values of the parts out of (..., F) again, (..., *shape) each."""
        lead = tf.shape(flat)[:-1]
        parts = tf.split(flat, self.sizes, axis=-1)
        found = [
            tf.reshape(part, tf.concat([lead, shape[1:]], 0)) if len(shape) > 1 else part[..., 0]
            for part, shape in zip(parts, self.shapes, strict=True)
        ]
        for part, shape in zip(found, self.shapes, strict=True):
            part.set_shape([*flat.shape[:-1], *shape[1:]])
        return found

    @staticmethod
    def _flat(value: tf.Tensor, rank: int) -> tf.Tensor:
        """(..., *shape) -> (..., numbers)."""
        lead = value.shape.rank - rank + 1
        flat = tf.reshape(value, tf.concat([tf.shape(value)[:lead], [-1]], 0))
        flat.set_shape([*value.shape[:lead], value.shape[lead:].num_elements()])
        return flat


def parts_of(target: Any) -> tuple[Extractor, ...]:
    """List the extractors of a target: its parts, or itself."""
    return target.parts if isinstance(target, JointTarget) else (target,)
