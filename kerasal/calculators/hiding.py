"""Stand-ins for hidden parts: a fill, or the examples of a background."""

from typing import Any

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

    def __repr__(self) -> str:
        return repr(self._background or self._fill)
