"""Stand-ins for hidden parts: a fill, or the examples of a background."""

from typing import Any

import numpy as np
import tensorflow as tf

from kerasal.baselines import Background, Fill, Shape


class HiddenBy:
    """A fill, or a `Background` of which each sample averages over all examples or draws one.

    Args:
        given: what `Fill` takes, or a `Background`.

    Attributes:
        count: by how many examples each part is hidden in turn; is_drawn: whether one of several is drawn.
    """

    def __init__(self, given: Any):
        self._background = given if isinstance(given, Background) else None
        self._fill = Fill(0.0 if self._background else given)
        self.is_drawn = self._background is not None and self._background.drawn
        self.count = len(given.baselines) if self._background and not self.is_drawn else 1

    def check(self, shape: Shape, dtype: tf.DType) -> None:
        """Refuse what does not fit one example of a target of shape (None, ...) and this dtype."""
        if self._background is None:
            self._fill.check(shape, dtype)
        else:
            self._background.check(shape)

    def at(self, score: Any, target: tf.Tensor, axes: list[int], which: tf.Tensor) -> tf.Tensor:
        """Return what hides a target (R, ...) at some points: (1 or K, 1 or R, ...); `which` (K,) of several."""
        if self._background is None:
            return self._fill(target, axes)[None]
        if self.is_drawn:
            return self._background.draw(score, target.dtype)[None]
        return self._background.of(which, target.dtype)[:, None]

    @property
    def ends(self) -> dict[str, np.ndarray]:
        """The reference points that are the target, and the target hidden by each of several."""
        which = np.arange(-1, self.count, dtype="int32")
        return {"which": np.maximum(which, 0), "is_shown": (which < 0).astype("float32")}

    def with_each(self, plan: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Repeat a plan for each of several, which is named as `which`."""
        points = len(next(iter(plan.values())))
        which = np.repeat(np.arange(self.count, dtype="int32"), points)
        return {"which": which, **{name: np.tile(each, self.count) for name, each in plan.items()}}

    def hidden(
        self, score: Any, target: tf.Tensor, shown: tf.Tensor, axes: list[int], at: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """Make points (K, R, ...): the target (R, ...) where it is `shown` (K, R or 1, ...), else what hides it."""
        points = tf.where(shown, target[None], self.at(score, target, axes, at["which"]))
        points.set_shape([None, *target.shape])
        return points

    def blended(
        self, score: Any, target: tf.Tensor, shown: tf.Tensor, axes: list[int], at: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """Make points (K, R, ...) between what hides the target (R, ...), where `shown` (K, R or 1, ...) is 0, and it, where it is 1."""
        fill = self.at(score, target, axes, at["which"])
        points = tf.cast(shown, target.dtype) * target[None] + tf.cast(1 - shown, target.dtype) * fill
        points.set_shape([None, *target.shape])
        return points

    def __repr__(self) -> str:
        return repr(self._background or self._fill)
