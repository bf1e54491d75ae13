"""Targets without a gradient, refused with the layers at which they are real-valued."""

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from kerasal._engine.forward import Asked, Forward
from kerasal._keyed_random import Rows
from kerasal._network.gradients import NoGradient
from kerasal._network.graphs import traced
from kerasal._network.randomness import Randomness
from kerasal._network.real_layers import RealLayers, told
from kerasal._network.targets import LayerExtractor


def check_real(forward: Forward, *, is_moved: bool = True) -> None:
    """Refuse an input of texts as target, and one of integers where it is moved by real numbers or differentiated."""
    inputs = forward.inputs
    if forward.integer_target and (is_moved or inputs.specs.inputs[inputs.position].dtype == tf.string):
        raise ValueError(_not_real(forward, forward.objective.target))


@contextlib.contextmanager
def advised(forward: Forward) -> Iterator[None]:
    """Tell, where a score has no gradient with respect to a target, at which layer it has one."""
    try:
        yield
    except NoGradient as error:
        target = error.target
        position = None if isinstance(target, LayerExtractor) else forward.inputs.position_of(target)
        if position is not None and not forward.inputs.specs.inputs[position].dtype.is_floating:
            raise ValueError(_not_real(forward, target)) from None
        layers = layers_behind(forward, target)
        if not layers:
            raise
        is_what = (
            f"which gives {error.gives}"
            if error.gives
            else "whose numbers become integers (ids), or are rounded, on the way"
        )
        raise ValueError(
            "The score must depend on the target through differentiable steps. Received: no gradient from the score to "
            f"{target!r}, {is_what}. Take the saliency of what they become: {told(layers)}."
        ) from None


def _not_real(forward: Forward, target: Any) -> str:
    """Say that a target is an input of integers or texts."""
    inputs = forward.inputs
    position = inputs.position_of(target)
    dtype, label = inputs.specs.inputs[position].dtype, inputs.labels[position]
    kind = "texts" if dtype == tf.string else f"dtype {dtype.name}"
    layers = layers_behind(forward, target)
    if layers:
        is_quantity = inputs.takes_any(position) and layers[0].timing == "pre"
        way = f"Take the saliency of what it becomes: {told(layers)}" + (
            ", or pass x.astype('float32')" if is_quantity else ""
        )
    elif inputs.takes_any(position) and dtype != tf.string:
        way = "Take target_extractor=LayerExtractor(…) of a layer that makes it real-valued, or, of quantities, x.astype('float32')"
    else:
        way = "No layer makes it real-valued and hands it to the score: let one do that, as Rescaling and Embedding do"
    return f"A target is real-valued, since {'texts' if dtype == tf.string else 'integers'} have no gradient. Received: {label} of {kind}. {way}."


def layers_behind(forward: Forward, target: Any) -> list[LayerExtractor]:
    """The layers at which a target is real-valued; none where the pass cannot be traced."""
    found: list[LayerExtractor] = []
    layers, model = RealLayers(forward.model), forward.model

    def run(inputs: Any, y: Any) -> int:
        rows, sources = Rows.plain(inputs), list[tf.Tensor]()
        handlers = layers.handlers
        if isinstance(target, LayerExtractor):

            def keep(value: Any) -> Any:
                sources.append(value())
                return sources[-1]

            handlers.setdefault(target.find(model), []).append(target.handler(keep))
        else:
            sources.append(inputs[forward.inputs.position_of(target)])
        scored = forward.score_at(Asked(inputs, y), None, Randomness(), rows, handlers)
        found.extend(layers.found(sources[0], scored.values))
        return 0

    with contextlib.suppress(Exception):  # the advice is left out, not the error
        traced(model, run, *forward.inputs.specs)
    return found
