"""The last map of the target that all of a score passes through."""

import dataclasses

import numpy as np
import tensorflow as tf

from kerasal._network.graphs import ancestors
from kerasal._network.positions.constants import static_shape
from kerasal._network.positions.following import Following
from kerasal._network.positions.paths import Paths, paths_between, steps
from kerasal._network.positions.sites import MARK, Sites, Unknown
from kerasal._network.positions.step_types import CUTTING, ELEMENTWISE, KEEPING
from kerasal._network.positions.view import View, extras_of, view_as_grid, view_of

_RANDOM = ("Random", "StatelessRandom", "StatelessTruncated", "Truncated", "Multinomial")


@dataclasses.dataclass(frozen=True, eq=False)
class Candidates:
    """The tensors of a pass, read as maps of the target.

    Args:
        points: the target, as the pass takes it.
        scores: what is made of it.
        grid: (rows, columns) of the tokens of a transformer, as the user tells it; None: as it is found.
    """

    points: tf.Tensor
    scores: tf.Tensor
    grid: tuple[int, ...] | None = None
    paths: Paths = dataclasses.field(init=False)
    following: Following = dataclasses.field(init=False)
    _known: dict[object, bool] = dataclasses.field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        paths = paths_between(self.points, self.scores)
        sites = Sites.of_target(self.points.shape)
        object.__setattr__(self, "paths", paths)
        object.__setattr__(self, "following", Following({self.points.ref(): sites}, paths.tensors))

    def view(self, tensor: tf.Tensor) -> View | str:
        """Find how to read a tensor between the target and the score as a map, or what it lacks."""
        own = view_of(self.following[tensor], self.following.roles, self.points.shape.rank)
        if self.grid is None or (isinstance(own, View) and own.positions == self.grid):
            return own
        if isinstance(own, View):
            return f"has a grid of {own.positions}"
        return view_as_grid(tensor, self.grid, self.following.roles)

    def leads(self, tensor: tf.Tensor) -> bool:
        """Tell whether a tensor lies between the target and the score."""
        return any(tensor is each for each in self.paths.tensors)

    def last(self) -> tuple[tf.Tensor, View] | None:
        """Find the last tensor that is a map and that all of the score passes through; None where there is none."""
        found = None
        for tensor in reversed(self.paths.shared[1:]):
            seen = self.view(tensor)
            if isinstance(seen, View) and self.lack(tensor, seen) is None:
                if seen.spans >= len(self.following.roles.space) and seen.is_in_order:
                    return self._original(tensor, seen)
                found = found or self._original(tensor, seen)
        return found

    def lack(self, tensor: tf.Tensor, view: View) -> str | None:
        """Tell what a map that all of the score passes through still lacks to be looked at; None for nothing."""
        if not self._made(tensor):
            return "has the target's own channels: nothing is computed of it yet"
        if tensor.op.type in CUTTING and self._cuts(tensor, view):
            return "is a part cut out of another map"
        if not self._is_read(tensor, view):
            return "has positions that the score does not read (only other tokens are)"
        return None

    def _original(self, tensor: tf.Tensor, view: View) -> tuple[tf.Tensor, View]:
        """Find the tensor that a map is another form of."""
        while tensor.op.type in (*KEEPING, *CUTTING) or self._is_drawn(tensor):
            source = next(each for each in tensor.op.inputs if self.leads(each))
            seen = self.view(source) if any(source is each for each in self.paths.shared[1:]) else ""
            if not isinstance(seen, View) or seen.shape != view.shape or not self._made(source):
                break
            tensor, view = source, seen
        return tensor, view

    def _is_drawn(self, tensor: tf.Tensor) -> bool:
        """Tell whether a tensor is another with random numbers beside it, as dropout draws them."""
        beside = [each for each in tensor.op.inputs if not self.leads(each)]
        return any(each.type.startswith(_RANDOM) for each in ancestors(beside)) and len(beside) < len(tensor.op.inputs)

    def _made(self, tensor: tf.Tensor) -> bool:
        """Tell whether anything was computed from several elements of the target on the way."""
        known = self._known
        if not known:
            known[self.points.ref()] = False
        for each in () if len(known) > 1 else self.paths.tensors[1:]:
            is_table = each.op.type == "GatherV2" and each.op.inputs[0].ref() not in known
            plain = each.op.type in ELEMENTWISE or (each.op.type in (*KEEPING, *CUTTING) and not is_table)
            known[each.ref()] = not plain or any(known.get(source.ref(), False) for source in steps(each.op))
        return known.get(tensor.ref(), False)

    def _cuts(self, tensor: tf.Tensor, view: View) -> bool:
        place = next((each for each in tensor.op.inputs if any(each is one for one in self.paths.tensors)), None)
        before = "" if place is None else self.view(place)
        return not isinstance(before, View) or before.positions != view.positions

    def _is_read(self, tensor: tf.Tensor, view: View) -> bool:
        """Tell whether the score depends on the positions, not on other tokens beside them alone."""
        sites = self.following[tensor]
        shape = static_shape(tensor) if isinstance(sites, Unknown) else sites.shape
        marks = None if shape is None else extras_of(view, shape)
        if shape is None or marks is None:
            return True
        begin = next(place for place, each in enumerate(self.paths.tensors) if each is tensor)
        marked = Following({tensor.ref(): Sites(shape, ({MARK: marks},))}, self.paths.tensors[begin:])
        end = marked[self.scores]
        return isinstance(end, Unknown) or any(
            not np.isnan(array).all() for each in end.layers for array in each.values()
        )
