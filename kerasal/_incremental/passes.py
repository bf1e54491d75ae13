"""Incremental inference (Nakandala et al. 2019, doi:10.1145/3299869.3319874).

Of a pass over an image with a window changed, only what the window can change is computed anew, up to the layer from which on
whole passes are cheaper.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kerasal._incremental.patches import Patch, Patches
from kerasal._incremental.reach import Pointwise, Reach, Reaches, kind_of
from kerasal._network.graphs import ASSIGNING, ancestors
from kerasal._network.targets import LayerExtractor

_GRIDS = (1, 2, 4, 8, 16, 32)  # what starts of windows may be multiples of
_PER_ELEMENT = 32  # what it costs to write an element, in multiplications of a convolution
_AROUND = 2  # times the cost of a patch, for what lies around it
_WORTH = 0.8  # of the cost of whole passes


class Step(NamedTuple):
    """An operation that depends on the target.

    Attributes:
        operation: of the graph.
        sources: {index of an input that depends on the target: reference of its tensor}.
        output: reference of its first output.
        kind: how a change passes it; None where that is not known.
        cost: of a row, in multiplications.
    """

    operation: tf.Operation
    sources: dict[int, Any]
    output: Any
    kind: Pointwise | None
    cost: float


class Cut(NamedTuple):
    """The layer at which patches end and whole passes begin.

    Attributes:
        layer: the `LayerExtractor` of what is computed in patches.
        steps: up to there.
        reaches: {tensor reference: reaches} of the steps.
        grid: starts of windows are rounded down to its multiples.
        share: of the cost of whole passes.
    """

    layer: LayerExtractor
    steps: list[Step]
    reaches: dict[Any, Reaches]
    grid: int
    share: float


class Incremental:
    """The passes over an image with windows changed.

    Args:
        score: a `BoundScore`.
        target: the clean image, (R, height, width, channels).
        starts: of the windows along height and width, integers (all windows, 2).
        sizes: of the windows along height and width, integers (2,).

    Attributes:
        layer: the `LayerExtractor` from which on passes are whole; None where it is no use to compute less.
    """

    def __init__(self, score: Any, target: tf.Tensor, starts: NDArray[np.integer], sizes: Sequence[int]) -> None:
        self._target = tf.identity(target)  # a tensor of this graph, in the body of a loop too
        is_picture = target.shape.rank == 4 and None not in target.shape[1:].as_list()
        self._cut = self._best_cut(score, starts, sizes) if is_picture else None
        self.layer = None if self._cut is None else self._cut.layer

    def _best_cut(self, score: Any, starts: NDArray[np.integer], sizes: Sequence[int]) -> Cut | None:
        """Find the cheapest cut; None where whole passes cost little more, or less."""
        values, layers = score.followed(self._target)
        steps = _steps(values, self._target)
        narrow = [index for index in _narrow_steps(steps, self._target) if steps[index].output in layers]
        best: Cut | None = None
        for grid in _GRIDS:
            reaches = _spread(steps, self._target, np.asarray(sizes) + (starts % grid).max(0), grid)
            shares = _shares(steps, reaches)
            for index in narrow:
                if index < len(shares) and shares[index] < (_WORTH if best is None else best.share):
                    layer = layers[steps[index].output]
                    best = Cut(layer, steps[: index + 1], reaches, grid, shares[index])
        return best

    def is_passed_by(self, values: tf.Tensor, points: tf.Tensor) -> bool:
        """Tell whether a score depends on the target past the layer too, as by a tensor that another layer keeps.

        Args:
            values: the score at points of the layer.
            points: of the layer.
        """
        return self._target.op in ancestors([values], but=points)

    def points(self, changed: tf.Tensor, starts: tf.Tensor) -> tf.Tensor:
        """Compute what passes the layer.

        Args:
            changed: images with their windows changed, (K, R, height, width, channels).
            starts: of the K windows, (K, 2).

        Returns:
            (K, R, *shape of the layer's output).
        """
        cut: Any = self._cut
        count, target = tf.shape(self._target)[0], self._target.ref()
        patches = Patches(tf.repeat(starts // cut.grid * cut.grid, count, 0), count)
        first = patches.cut(tf.reshape(changed, [-1, *changed.shape[2:]]), cut.reaches[target])
        found = {target: Patch(first, cut.reaches[target], self._target)}
        for step in cut.steps:
            changing = {index: found[source] for index, source in step.sources.items()}
            found[step.output] = patches.passed(step.operation, changing, step.kind, cut.reaches[step.output])
        last = found[cut.steps[-1].output]
        whole = patches.pasted(last)
        points = tf.reshape(whole, tf.concat([tf.shape(changed)[:2], tf.shape(whole)[1:]], 0))
        return tf.ensure_shape(points, [None, None, *last.clean.shape[1:]])


def _steps(values: tf.Tensor, target: tf.Tensor) -> list[Step]:
    """List the steps between a target and a score, in the order of the graph.

    There are none where a variable is assigned what depends on the target.
    """
    used, dependent, steps = ancestors([values]), {target.ref()}, list[Step]()
    for operation in tf.compat.v1.get_default_graph().get_operations():
        references = [tensor.ref() for tensor in operation.inputs]
        sources = {index: reference for index, reference in enumerate(references) if reference in dependent}
        if not sources or operation.type == "Shape":
            continue
        if operation.type.startswith(ASSIGNING):
            return []
        outputs = [tensor.ref() for tensor in operation.outputs]
        dependent.update(outputs)
        if operation in used:
            kind = kind_of(operation, [reference in dependent for reference in references])
            steps.append(Step(operation, sources, outputs[0], kind, _cost(operation)))
    return steps


def _cost(operation: tf.Operation) -> float:
    """Estimate what a row of an operation costs, in multiplications."""
    shape = operation.outputs[0].shape
    elements = shape[1:].num_elements() or 0 if shape.rank else 0
    axes = {"Conv2D": 3, "DepthwiseConv2dNative": 2, "MatMul": 1}.get(operation.type)
    products = operation.inputs[1].shape[:axes].num_elements() or 0 if axes else 0
    return float(elements * (_PER_ELEMENT + products))


def _narrow_steps(steps: list[Step], target: tf.Tensor) -> list[int]:
    """List the steps, by index, whose output all that depends on the target passes: nothing before it is used later."""
    produced = {output.ref(): n for n, step in enumerate(steps) for output in step.operation.outputs}
    last_use = [0] * len(steps)
    of_target = 0
    for n, step in enumerate(steps):
        for source in step.sources.values():
            if source == target.ref():
                of_target = n
            else:
                last_use[produced[source]] = n
    open_until, found = of_target, []
    for n in range(len(steps)):
        if open_until <= n:
            found.append(n)
        open_until = max(open_until, last_use[n])
    return found


def _spread(steps: list[Step], target: tf.Tensor, counts: Sequence[int], grid: int) -> dict[Any, Reaches]:
    """Follow windows through the steps until the first that is not known.

    Args:
        steps: from the target on.
        target: the clean image.
        counts: pixels of the windows along height and width.
        grid: the starts of windows are multiples of it.

    Returns:
        {tensor reference: reaches}.
    """
    height, width = (Reach(1, 0, int(length)) for length in counts)
    reaches: dict[Any, Reaches] = {target.ref(): (height, width)}
    for step in steps:
        if step.kind is None:
            break
        found = step.kind.reaches([reaches[source] for source in step.sources.values()])
        if found is None or any(grid % reach.jump or reach.count < 1 for reach in found):
            break
        reaches[step.output] = found
    return reaches


def _shares(steps: list[Step], reaches: Mapping[Any, Reaches]) -> list[float]:
    """Estimate, for each step with a reach, the cost of passes that are patches up to there, as a share of whole passes."""
    whole = sum(step.cost for step in steps)
    cost, shares = whole, []
    for step in steps:
        if step.output not in reaches:
            break
        _, height, width, _ = step.operation.outputs[0].shape
        part = np.prod([reach.count for reach in reaches[step.output]]) / (height * width)
        cost += step.cost * (_AROUND * part - 1)
        shares.append(float(cost / whole))
    return shares
