"""Missing elements of a target: what the clean input has masked stays as it is, and so do the masks of its layers."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.forward import Asked, Forward, Handlers
from kerasal._keyed_random import Rows
from kerasal._network.dependence import causes, is_behind_masks, is_of_positions, roots
from kerasal._network.graphs import traced
from kerasal._network.interception import Reached, intercepted
from kerasal._network.joint_target import JointTarget, parts_of
from kerasal._network.masks import MaskKey, mask_makers, masks_through
from kerasal._network.randomness import Randomness
from kerasal._network.targets import InputExtractor
from kerasal._network.versions import mask_of


class CleanMasks(NamedTuple):
    """Masks of examples at the clean input.

    Attributes:
        fixed: those that layers make of the target, (B, ...) each; real: True where the target is not missing, or None.
    """

    fixed: Sequence[tf.Tensor]
    real: tf.Tensor | None


@dataclasses.dataclass(frozen=True, eq=False)
class Missing:
    """The masks that have to do with a target; false where there are none.

    Attributes:
        fixed: the masks that are computed from the target's values, each at the first place that it has.
        of_parts: for each part of the target the masks, True where it is real, that all its ways to the score go through.
        first_places: {place of a mask: the first place of the same}.
    """

    fixed: tuple[MaskKey, ...] = ()
    of_parts: tuple[tuple[MaskKey, ...], ...] = ()
    first_places: Mapping[MaskKey, MaskKey] = dataclasses.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fixed) or any(self.of_parts)

    @contextlib.contextmanager
    def supplied(self, model: Any, masks: Sequence[tf.Tensor]) -> Iterator[None]:
        """Let layers have the masks of the clean input, of the rows, in the pass that is traced inside."""
        given = dict(zip(self.fixed, masks, strict=True))
        with masks_through(model, lambda key, own: given.get(self.first_places.get(key, key), own)):
            yield

    def at_clean(self, forward: Forward, inputs: Sequence[tf.Tensor], y: Any, rank: int) -> CleanMasks:
        """Run a pass over the clean inputs, as far as masks go.

        Args:
            forward: the model.
            inputs: flat, of the examples.
            y: what belongs to them.
            rank: of the target.
        """
        wanted = {*self.fixed, *(key for keys in self.of_parts for key in keys)}
        found: dict[MaskKey, tf.Tensor] = {}

        def note(key: MaskKey, mask: tf.Tensor) -> tf.Tensor:
            if key in wanted:
                found[key] = mask
                if len(found) == len(wanted):
                    raise Reached
            return mask

        handlers = _before_layers(forward, note)
        with contextlib.suppress(Reached), masks_through(forward.model, note), intercepted(forward.model, handlers):
            forward.run_model(inputs, y)
        return CleanMasks([found[key] for key in self.fixed], self._real(forward.objective.target, rank, found))

    def _real(self, target: Any, rank: int, found: dict[MaskKey, tf.Tensor]) -> tf.Tensor | None:
        """True where the target is not missing, broadcastable to it; None where nothing is."""
        if not any(self.of_parts):
            return None
        is_joint = isinstance(target, JointTarget)
        shapes = target.shapes if is_joint else ((None,) * rank,)
        parts = [_real_part([found[key] for key in keys], own) for keys, own in zip(self.of_parts, shapes, strict=True)]
        if not is_joint:
            return parts[0]
        count = next(tf.shape(part)[0] for part in parts if part is not None)
        whole = [
            tf.broadcast_to(True if part is None else part, [count, *own[1:]])
            for part, own in zip(parts, shapes, strict=True)
        ]
        real: tf.Tensor = target.joined(whole)
        return real


def missing_of(forward: Forward) -> Missing:
    """Find the masks that have to do with the target, from a pass that is traced and not run."""
    if not mask_makers(forward.model):
        return Missing()
    found: list[Missing] = []

    def run(inputs: Any, y: Any) -> int:
        found.append(_look(forward, list(inputs), y))
        return 0

    traced(forward.model, run, *forward.inputs.specs)
    return found[0]


def _look(forward: Forward, inputs: list[tf.Tensor], y: Any) -> Missing:
    """See a pass in which every mask, and every part of the target, is a tensor of its own."""
    parts, sources, seen = parts_of(forward.objective.target), dict[int, tf.Tensor](), _Seen()
    probes = _before_layers(forward, seen.note)
    for place, part in enumerate(parts):
        if isinstance(part, InputExtractor):
            position = forward.inputs.position_of(part)
            inputs[position] = sources[place] = tf.identity(inputs[position])
            continue

        def keep(value: Any, place: int = place) -> tf.Tensor:
            sources[place] = tf.identity(value())
            return sources[place]

        probes.setdefault(part.find(forward.model), []).append(part.handler(keep))
    with masks_through(forward.model, seen.note):
        score = forward.score_at(Asked(inputs, y), None, Randomness(), Rows.plain(inputs), probes).values
    moved, markers = {source.op for source in sources.values()}, seen.markers.values()
    ends = [marker.op for marker in markers]
    fixed = [key for key, marker in seen.markers.items() if moved & causes(marker.op.inputs, ends)]
    of_parts = []
    for place, part in enumerate(parts):
        own = [
            key for key in seen.markers if _is_of(part, forward, seen.places_of(key), seen.markers[key], sources[place])
        ]
        like = {roots(seen.markers[key]) for key in own}
        taken = [marker.op for marker in markers if roots(marker) in like]
        of_parts.append(tuple(own) if own and is_behind_masks(score, sources[place].op, taken) else ())
    return Missing(tuple(fixed), tuple(of_parts), seen.first_places)


class _Seen:
    """Masks seen in a pass: each gets an operation of its own, the first time it is seen."""

    def __init__(self) -> None:
        self.markers: dict[MaskKey, tf.Tensor] = {}
        self.first_places: dict[MaskKey, MaskKey] = {}
        self._known: dict[Any, MaskKey] = {}

    def note(self, key: MaskKey, mask: tf.Tensor) -> tf.Tensor:
        """Return the marker of a mask."""
        first = self._known.setdefault(mask.ref(), key)
        self.first_places[key] = first
        if first == key:
            self.markers[key] = tf.identity(mask)
            self._known[self.markers[key].ref()] = key
        return self.markers[first]

    def places_of(self, first: MaskKey) -> list[MaskKey]:
        """List all places of a mask."""
        return [key for key, own in self.first_places.items() if own == first]


def _is_of(part: Any, forward: Forward, keys: Sequence[MaskKey], marker: tf.Tensor, source: tf.Tensor) -> bool:
    """Tell whether a mask, with all its places, says which elements of a part of the target, at `source`, are real."""
    if not isinstance(part, InputExtractor) and marker.shape.rank <= source.shape.rank:
        place = "before" if part.timing == "pre" else "compute_mask"
        if MaskKey(part.find(forward.model), place, part.call or 0) in keys:
            return True
    return is_of_positions(marker, source)


def _before_layers(forward: Forward, note: Any) -> Handlers:
    """Handlers that note the mask of what goes into a layer, for parts that are a layer's input."""
    handlers: Handlers = {}
    for part in parts_of(forward.objective.target):
        if isinstance(part, InputExtractor) or part.timing == "post":
            continue
        layer = part.find(forward.model)

        def look(value: Any, layer: Any = layer, part: Any = part) -> Any:
            tensor = value()
            if mask_of(tensor) is not None:
                note(MaskKey(layer, "before", part.call or 0), mask_of(tensor))
            return tensor

        handlers.setdefault(layer, []).append(part.handler(look))
    return handlers


def _real_part(masks: Sequence[tf.Tensor], shape: Any) -> tf.Tensor | None:
    """True where one of the masks is, with the axes of a part of this shape."""
    if not masks:
        return None
    wide = [tf.reshape(mask, tf.concat([tf.shape(mask), [1] * (len(shape) - mask.shape.rank)], 0)) for mask in masks]
    real = wide[0]
    for mask in wide[1:]:
        real = real | mask
    return real
