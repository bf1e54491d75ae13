"""The score and its slope at nodes of the path of integrated gradients: what tells where more nodes are needed."""

import numpy as np
import tensorflow as tf

from kerasal.calculators.attribution import Attribution
from kerasal.progress import Progress
from kerasal.refinement import Path


class PathSlopes(Attribution):
    """A table (R, P + 1, 2): score and slope at each of P nodes, then the score at the target and at the baseline.

    Args:
        method: the `IntegratedGradientsCalculator` whose path it is.
    """

    def __init__(self, method):
        self._method, self.draws = method, method.draws

    def rank_of_map(self, rank):
        return 3

    def plan(self, nodes):
        """The plan for these nodes, (P,)."""
        count = np.full(len(nodes), len(nodes), "int32")
        return {
            **self._method.nodes(nodes, np.ones(len(nodes))),
            "slot": np.arange(len(nodes), dtype="int32"),
            "count": count,
        }

    def reference(self, score, target, at):
        return self._method.reference(score, target, at)

    def attribution(self, score, target, at):
        points, way = self._method.along(score, target, at)

        def table(here):
            slope = tf.reduce_sum(here.gradient * way, list(range(2, points.shape.rank)))
            found = tf.stack([here.values, slope], -1)  # (K, R, 2)
            shape = tf.concat([at["count"][:1], tf.shape(found)[1:]], 0)
            return tf.transpose(tf.scatter_nd(at["slot"][:, None], found, shape), [1, 0, 2])

        return score.differentiate(points, table)

    def finish(self, references, table):
        return tf.concat([table, tf.transpose(references)[:, None]], 1)


def fold_refined(method, work, blocks, show_progress):
    """Integrated gradients of every example on a path of its own, refined until its relative gap is within the tolerance.

    Args:
        method: the `IntegratedGradientsCalculator`.
        work, blocks, show_progress: see `Attribution.fold`.

    Returns:
        A list of `Folded`, one per example.
    """
    slopes, parts, progress = PathSlopes(method), [], Progress(blocks.total, "example", show_progress)
    for position, x, y in blocks(1):
        one, path = _OneExample(position, x, y), Path(method.steps, method.completeness_tolerance)
        while len(path.wanted) and len(path.nodes) + len(path.wanted) <= method.max_steps:
            table = work(slopes, one, slopes.plan(path.wanted), keep=True).values[:, 0]
            table = table if method.score.lists_classes else table[:, None]
            path.add(table[:, :, :-1], table[:, :, -1])
        parts.append(work(method, one, method.nodes(path.nodes, path.weights)))
        progress.add(1)
    progress.close()
    return parts


class _OneExample:
    """A `Blocks` of one example."""

    total = 1

    def __init__(self, position, x, y):
        self._block = position, x, y

    def __call__(self, size):
        yield self._block
