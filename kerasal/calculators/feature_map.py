"""The feature map that a class activation map weighs: a layer's that is named, or the last that all of the score passes through."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kerasal._engine.forward import Forward
from kerasal._engine.seeking import Ends, Handlers, Seeker
from kerasal._network.positions.candidates import Candidates
from kerasal._network.positions.view import View
from kerasal._network.precision import as_real
from kerasal._network.targets import LayerExtractor
from kerasal._spatial.axes import resized
from kerasal.calculators.layer_seeker import LayerSeeker
from kerasal.calculators.named_tensors import NamedTensors

Shape = tuple[int | None, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class FeatureMap:
    """A feature map that a class activation map weighs.

    Attributes:
        model: the Keras model; extractor: the `LayerExtractor` of its layer, or None for the last map.
        view: how a tensor is read as the map; target: shape of the target.
        name: of what is looked at; grid: of tokens, as the user tells it.
    """

    model: Any
    extractor: LayerExtractor | None
    view: View
    target: Shape
    name: str
    grid: tuple[int, ...] | None = None

    @property
    def channels(self) -> int:
        """The number of channels."""
        return int(self.view.shape[-1] or 1)

    def seeker(self) -> Seeker:
        """Make what finds the map in one pass."""
        return LastMapSeeker(self.grid) if self.extractor is None else LayerSeeker(self.model, self.extractor)

    def read(self, tensor: tf.Tensor) -> tf.Tensor:
        """Return what was found, or its gradient, as a map (R, *positions, channels), of real numbers."""
        return as_real(self.view.read(tensor))

    def real(self, of_target: tf.Tensor | None) -> tf.Tensor | None:
        """Return True where a position is not missing, (R, *positions, 1), for what is real of the target; None where all are.

        A map of other positions than the target's, as behind pooling, is not of single ones, and has all of them.
        """
        same = [self.target[axis] for axis in self.view.axes] == list(self.view.positions)
        if of_target is None or not same:
            return None
        rest = [axis for axis in range(1, of_target.shape.rank) if axis not in self.view.axes]
        return tf.reduce_any(of_target, rest)[..., None]

    def at_target(self, maps: tf.Tensor) -> tf.Tensor:
        """Bring maps (R, *positions) to the target: its size along the axes of space, 1 along the others."""
        own = dict(zip(self.view.axes, maps.shape[1:], strict=True))
        rest = range(1, len(self.target))
        placed = tf.reshape(maps, [-1, *(own.get(axis, 1) for axis in rest)])
        return resized(placed, [int(self.target[axis] or 1) if axis in own else 1 for axis in rest])


class LastMapSeeker:
    """A way to find the last map in one pass; see `Seeker`.

    Args:
        grid: of tokens, as the user tells it, or None.
    """

    def __init__(self, grid: tuple[int, ...] | None):
        self._grid = grid

    def handlers(self) -> Handlers:
        """Make interception handlers for the pass: none."""
        return {}

    def find(self, ends: Ends) -> tf.Tensor:
        """Find the tensor."""
        found = Candidates(*ends, self._grid).last()
        assert found is not None
        return found[0]


def find_feature_map(
    shape: Shape, extractor: LayerExtractor | None, forward: Forward, grid: tuple[int, ...] | None
) -> FeatureMap:
    """Find the feature map that a class activation map weighs.

    Args:
        shape: of the target.
        extractor: a `LayerExtractor`, or None for the last map that all of the score passes through.
        forward: the model, for a trace of a pass.
        grid: (rows, columns) of the tokens of a transformer, as the user tells it, or None.

    Raises:
        ValueError: there is none, or the layer gives none.
    """
    names = NamedTensors(forward.model)
    if extractor is None:
        candidates = Candidates(*forward.trace(names.handlers()), grid)
        found = candidates.last()
        if found is None:
            raise ValueError(_none(shape, forward, candidates, names))
        tensor, last = found
        layer = names.of_layer(tensor, candidates.paths.tensors)
        own = None if layer is None else candidates.view(layer[1])
        if layer is not None and isinstance(own, View) and own.shape == last.shape:
            return FeatureMap(forward.model, layer[0], own, shape, repr(layer[0]), grid)
        return FeatureMap(forward.model, None, last, shape, names.name_of(tensor, candidates.paths.tensors), grid)
    seeker = LayerSeeker(forward.model, extractor)
    candidates = Candidates(*forward.trace(seeker.handlers()), grid)
    tensor = seeker.find(Ends(candidates.points, candidates.scores))
    view = candidates.view(tensor) if candidates.leads(tensor) else "does not lie between the two"
    if isinstance(view, View):
        return FeatureMap(forward.model, extractor, view, shape, repr(extractor), grid)
    raise ValueError(
        f"A class activation map needs a layer between the target {tuple(shape)} and the score that is a map of the target: "
        f"rows are the examples, with spatial axes that are the target's positions in order. Received: {extractor!r}, which "
        f"gives {tuple(tensor.shape)} and {view}. Name a convolution or pooling layer, or leave `layer` out."
    )


def checked_grid(grid: Any) -> tuple[int, ...] | None:
    """Return the grid of tokens that a user gave as a tuple; ValueError where it is none."""
    if grid is None:
        return None
    sizes = tuple(grid) if isinstance(grid, (list, tuple)) else ()
    if not sizes or not all(isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in sizes):
        raise ValueError(
            f"grid is the numbers of patches along each axis, (rows, columns). Received: {grid!r}. For images of 224 pixels and "
            "patches of 16 give grid=(14, 14)."
        )
    return sizes


def _way_out(forward: Forward) -> str:
    if forward.objective.at_layer:
        return (
            f"To look at the map of {forward.objective.target!r} over the input, pass it as layer= and leave target_extractor out; or use "
            "GradientCalculator."
        )
    return "Name a layer (the map then shows its part of the score), or use GradientCalculator."


def _none(shape: Shape, forward: Forward, candidates: Candidates, names: NamedTensors) -> str:
    shared = {tensor.ref() for tensor in candidates.paths.shared}
    lacks = []
    for name, tensor in names.outputs(candidates.paths.tensors):
        view = candidates.view(tensor)
        if isinstance(view, View):
            lack = candidates.lack(tensor, view) if tensor.ref() in shared else "sees a part of the score only"
        else:
            lack = view
        lacks.append((name, tuple(tensor.shape[1:]), lack, isinstance(view, View)))
    return (
        "A class activation map needs a tensor with spatial axes, the positions of the target "
        f"{tuple(shape)} in order, that all of the score passes through. Received: model '{forward.model.name}', which has none: "
        f"{_listed(lacks)}. {_way_out(forward)}"
    )


def _listed(lacks: Sequence[tuple[str, tuple[int | None, ...], str | None, bool]]) -> str:
    """The maps, and what follows the last of them, as far as they make a list that can be read."""
    maps = [each for each in lacks if each[3]][-6:]
    rest = [each for each in lacks if not each[3]][-(8 - len(maps)) :]
    chosen = [each for each in lacks if each in maps or each in rest]
    return "; ".join(f"{name} {shape} {lack}" for name, shape, lack, _ in chosen) or "no layer depends on the target"
