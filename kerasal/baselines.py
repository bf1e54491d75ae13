"""Where a path to the target starts: one baseline for all, one per example, made from the target, or several."""

import numpy as np
import tensorflow as tf

from kerasal.interception import autographed


class Background:
    """Several baselines (expected gradients, Erion et al. 2021, arXiv:1906.10670).

    Args:
        baselines: (D, ...): D baselines of the shape of one example's target, e.g. some of the training data.
        drawn: False: each sample averages over all D; True: each sample draws one of them, as a function of (seed, m, n), so
            that M samples stand for the average and their spread is known.

    Raises:
        ValueError: no baseline, or NaN or Inf among them.

    Example:
        >>> import numpy as np
        >>> from kerasal import Background
        >>> len(Background(np.zeros((8, 5))).baselines)
        8
    """

    def __init__(self, baselines, drawn=False):
        self.baselines = np.array(baselines, "float32")
        if self.baselines.ndim < 2 or not len(self.baselines) or not np.all(np.isfinite(self.baselines)):
            raise ValueError(
                "Background takes baselines (D, …), finite numbers, D ≥ 1. Received: shape "
                f"{self.baselines.shape}. For one baseline pass it as baseline= itself."
            )
        self.drawn = bool(drawn)

    def check(self, shape):
        """Refuse baselines that do not fit one example of a target of shape (None, ...)."""
        if not _broadcasts(self.baselines.shape[1:], shape[1:]) or self.baselines.ndim != len(shape):
            raise ValueError(
                f"The baselines of a Background have the shape of one example of the target, {tuple(shape[1:])}. Received: "
                f"{len(self.baselines)} of shape {self.baselines.shape[1:]}. Give them as an array (D, …)."
            )

    def draw(self, score):
        """One of the baselines for each row of a `BoundScore`, (R, ...)."""
        uniform = score.draw("uniform", "baseline", tf.constant(1))[:, 0]
        count = len(self.baselines)
        return tf.gather(self.baselines, tf.minimum(tf.cast(uniform * count, tf.int32), count - 1))

    def __repr__(self):
        return f"Background({len(self.baselines)} baselines, drawn={self.drawn})"


def check_baseline(baseline, name="baseline"):
    """The baseline (or what `name` says) as given, arrays copied as float32; ValueError for what is not of finite numbers."""
    if baseline is None or callable(baseline) or isinstance(baseline, Background):
        return baseline
    try:
        array = np.array(baseline, "float32")
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if not np.all(np.isfinite(array)):
        shown = "NaN or Inf" if hasattr(baseline, "shape") or isinstance(baseline, float) else repr(baseline)
        raise ValueError(f"{name} is of finite numbers, or a function of the target. Received: {shown}. Replace it.")
    return array


def is_per_example(baseline, shape, name="baseline"):
    """Whether an array has one entry per example of a target of shape (None, ...).

    Raises:
        ValueError: the array fits neither one example nor a batch of them.
    """
    own, one = tuple(np.shape(baseline)), tuple(shape[1:])
    if _broadcasts(own, one):
        return False
    if len(own) == len(one) + 1 and _broadcasts(own[1:], one):
        return True
    raise ValueError(
        f"{name} is a number, an array that fits one example of the target, shape {one}, or a function of the target. Received: "
        f"shape {own}. Make it fit; one baseline per example has shape (N, …), several for each are a Background(baselines)."
    )


def _broadcasts(shape, to):
    shape = (1,) * (len(to) - len(shape)) + tuple(shape)
    return len(shape) == len(to) and all(a == b or a == 1 or b is None for a, b in zip(shape, to))


def made_from(function, target):
    """What a function makes of the target (R, ...): a tensor that broadcasts to it."""
    made = tf.cast(tf.convert_to_tensor(autographed(function)(target)), tf.float32)
    if made.shape.rank != target.shape.rank or not _broadcasts(made.shape[1:], target.shape[1:]):
        raise ValueError(
            f"A function that makes points takes the target (rows, …) and returns as much. Received: shape {made.shape} for a "
            f"target of shape {target.shape}. Keep the axes."
        )
    return made
