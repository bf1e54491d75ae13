"""Incremental inference (Nakandala et al. 2019, doi:10.1145/3299869.3319874): of a pass over an image with a window changed,
only what the window can change is computed anew, up to the layer from which on whole passes are cheaper."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._incremental.patches import Patch, Patches
from kerasal._incremental.reach import Reach, kind_of
from kerasal._network.graphs import ASSIGNING, ancestors

_GRIDS = (1, 2, 4, 8, 16, 32)  # what starts of windows may be multiples of
_PER_ELEMENT = 32  # what it costs to write an element, in multiplications of a convolution
_AROUND = 2  # times the cost of a patch, for what lies around it
_WORTH = 0.8  # of the cost of whole passes


@dataclasses.dataclass
class Step:
    """An operation that depends on the target: the inputs that do, {position: tensor reference}; its first output, a reference;
    how a change passes it, None where that is not known; what a row of it costs, in multiplications."""

    operation: Any
    sources: dict
    output: Any
    kind: Any
    cost: float


class Incremental:
    """The passes over an image with windows changed.

    Args:
        score: a `BoundScore`.
        target: the clean image, (R, height, width, channels).
        starts, sizes: of the windows along height and width, integers (all windows, 2) and (2,).

    Attributes:
        layer: the `LayerExtractor` from which on passes are whole; None where it is no use to compute less.
    """

    def __init__(self, score, target, starts, sizes):
        self._target, self.layer = tf.identity(target), None  # a tensor of this graph, in the body of a loop too
        if target.shape.rank != 4 or None in target.shape[1:].as_list():
            return
        values, layers = score.followed(self._target)
        steps = _steps(values, self._target)
        narrow = [place for place in _narrow_places(steps, self._target) if steps[place].output in layers]
        best = _WORTH
        for grid in _GRIDS:
            reaches = _spread(steps, self._target, np.asarray(sizes) + (starts % grid).max(0), grid)
            shares = _shares(steps, reaches)
            for place in narrow:
                if place < len(shares) and shares[place] < best:
                    best, self.layer = shares[place], layers[steps[place].output]
                    self._steps, self._reaches, self._grid = steps[: place + 1], reaches, grid

    def is_passed_by(self, values, points):
        """Whether a score at points of the layer depends on the target in another way too, as by a tensor that a layer keeps."""
        return self._target.op in ancestors([values], but=points)

    def points(self, changed, starts):
        """What passes the layer.

        Args:
            changed: images with their windows changed, (K, R, height, width, channels).
            starts: of the K windows, (K, 2).

        Returns:
            (K, R, *shape of the layer's output).
        """
        count, reaches = tf.shape(self._target)[0], self._reaches
        patches = Patches(tf.repeat(starts // self._grid * self._grid, count, 0), count)
        target = self._target.ref()
        flat = tf.reshape(changed, [-1, *changed.shape[2:]])
        found = {target: Patch(patches.cut(flat, reaches[target]), reaches[target], self._target)}
        for step in self._steps:
            before = {place: found[source] for place, source in step.sources.items()}
            found[step.output] = patches.behind(step.operation, before, step.kind, reaches[step.output])
        last = found[self._steps[-1].output]
        whole = patches.pasted(last)
        points = tf.reshape(whole, tf.concat([tf.shape(changed)[:2], tf.shape(whole)[1:]], 0))
        return tf.ensure_shape(points, [None, None, *last.clean.shape[1:]])


def _steps(values, target):
    """The `Step`s between a target and a score, in the order of the graph; none where a variable is assigned what depends on
    the target."""
    used, dependent, steps = ancestors([values]), {target.ref()}, []
    for operation in tf.compat.v1.get_default_graph().get_operations():
        references = [tensor.ref() for tensor in operation.inputs]
        sources = {place: reference for place, reference in enumerate(references) if reference in dependent}
        if not sources or operation.type == "Shape":
            continue
        if operation.type.startswith(ASSIGNING):
            return []
        outputs = [tensor.ref() for tensor in operation.outputs]
        dependent.update(outputs)
        if operation in used:
            kind = kind_of(operation, [reference in dependent for reference in references])
            shape = operation.outputs[0].shape
            elements = shape[1:].num_elements() or 0 if shape.rank else 0
            steps.append(Step(operation, sources, outputs[0], kind, elements * _cost_of_element(operation)))
    return steps


def _cost_of_element(operation):
    """What an element of the output costs, in multiplications."""
    axes = {"Conv2D": 3, "DepthwiseConv2dNative": 2, "MatMul": 1}.get(operation.type)
    return _PER_ELEMENT + (operation.inputs[1].shape[:axes].num_elements() or 0 if axes else 0)


def _narrow_places(steps, target):
    """Where all that depends on the target passes the output of one step: nothing before it is used later."""
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


def _spread(steps, target, count, grid):
    """{tensor reference: (Reach, Reach) of height and width} of the steps until the first that is not known, behind windows of
    `count` pixels whose starts are multiples of `grid`."""
    reaches = {target.ref(): tuple(Reach(1, 0, int(length)) for length in count)}
    for step in steps:
        if step.kind is None:
            break
        found = step.kind.reaches([reaches[source] for source in step.sources.values()])
        if found is None or any(grid % along.jump or along.count < 1 for along in found):
            break
        reaches[step.output] = found
    return reaches


def _shares(steps, reaches):
    """Of every step with a reach: the cost of passes that are patches up to there, as a share of that of whole passes."""
    whole = sum(step.cost for step in steps)
    cost, shares = whole, []
    for step in steps:
        if step.output not in reaches:
            break
        _, height, width, _ = step.operation.outputs[0].shape
        part = np.prod([along.count for along in reaches[step.output]]) / (height * width)
        cost += step.cost * (_AROUND * part - 1)
        shares.append(cost / whole)
    return shares
