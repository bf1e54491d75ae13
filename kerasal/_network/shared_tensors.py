"""The part that samples share: of the body of a loop, all that follows from the examples alone is computed once, around the loop."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from kerasal._network.dependence import OF_SHAPES, SIZES, effects
from kerasal._network.graph_parts import GraphParts
from kerasal._network.graphs import ancestors, reached, runs_function, size_of_row, sources, users

_ROWS = 104_729  # of a part whose axes are looked at: a prime, which no axis and no product of others has
WORTH = 30_000  # numbers of a row, see `size_of_row`: what is smaller is computed as fast as it is copied …
_WORTH_AS_IT_IS = 10_000  # … and if nothing is copied, as fast as it is looked for

_SHAPED = ("Reshape", "BroadcastTo")  # operations that take a shape beside numbers

Operations = set[tf.Operation]
Repeat = Callable[[tf.Tensor], tf.Tensor]


def compute_before(wanted: list[tf.Tensor], examples: tf.Tensor | None, loop: Any) -> None:
    """Let a loop compute what follows from the examples and not from the step once, before it.

    Called in each function between the wanted tensors and the loop in turn, from the inside: what one hands on, the next does too.

    Args:
        wanted: tensors of the graph being traced: the body of the loop, or of a function in it.
        examples: a tensor outside of the loop, of which each step takes the rows as they are; None where there is none.
        loop: the graph of the body.
    """
    if examples is None:
        return
    graph: Any = tf.compat.v1.get_default_graph()
    around = graph.outer_graph
    outside = examples if around is examples.graph else around.capture(examples)
    _compute_once(wanted, {graph.capture(examples).ref(): outside}, graph.capture, loop, _WORTH_AS_IT_IS)


def compute_once(wanted: list[tf.Tensor], rows: Mapping[Any, tf.Tensor], repeat: Repeat) -> None:
    """Let the body of a loop compute what all samples share once, before the loop.

    An operation is shared if it is computed from the rows of examples, and from nothing that changes from step to step. A copy of
    it runs for the examples, around the loop; whatever else takes its numbers, gradients above all, takes theirs, repeated. All of
    this is read off the graph being traced, so that it does not matter how a model was written. Nothing is changed where a step does
    more than compute, or where little is shared.

    Args:
        wanted: tensors of the graph being traced, the body; what does not lead to them is left alone.
        rows: {reference of a tensor of the body: the examples (B, ...) outside of it that it repeats}.
        repeat: function of (B, ...) that gives (R, ...) in the same order.
    """
    _compute_once(wanted, rows, repeat, tf.compat.v1.get_default_graph(), WORTH)


def _compute_once(
    wanted: list[tf.Tensor], rows: Mapping[Any, tf.Tensor], repeat: Repeat, loop: Any, worth: int
) -> None:
    """The same of the body of a loop or of a function in it, where what is shared has so many numbers in a row."""
    body: Any = tf.compat.v1.get_default_graph()
    if size_of_row(wanted) < worth:
        return
    parts = GraphParts(body)
    if not parts.only_compute:
        return
    repeated = {reference.deref().name: tensor for reference, tensor in rows.items()}
    roots, needed = {reference.deref().op for reference in rows}, ancestors(wanted)
    shared = _shared(changing_in(body, loop), parts, roots, needed)
    behind = (reached(shared, users, roots) & needed) - shared
    uses = [(each, n) for each in behind for n, tensor in enumerate(each.inputs) if tensor.op in shared]
    taken = {each.inputs[n].name: each.inputs[n] for each, n in uses}
    if not taken or size_of_row(taken.values()) < worth:
        return
    with body.outer_graph.as_default():
        outside = {inside.name: body.outer_graph.capture(tensor) for tensor, inside in body.captures}
        once = parts.put(
            reached({each.op for each in taken.values()}, sources, roots), {**outside, **repeated}, list(taken.values())
        )
    given = {
        tensor.name: repeat(found) if any(tensor is each for each in _of_rows(tensor.op)) else body.capture(found)
        for tensor, found in zip(taken.values(), once, strict=True)
    }
    for operation, n in uses:
        operation._update_input(n, given[operation.inputs[n].name])


def _shared(changing: Operations, parts: GraphParts, roots: Operations, needed: Operations) -> Operations:
    """The operations that follow from the rows, whose axis is the first throughout, and from nothing that changes."""
    functions = {each for each in needed if runs_function(each)}  # such as loops, whose numbers on the way are no rows
    barred = reached(changing | functions, users, roots)
    following = _following(roots, barred, needed)
    unlike = moving(parts, following, roots) | _counting(following, roots)
    return _following(roots, barred | reached(unlike, users, roots), needed)


def changing_in(graph: Any, loop: Any) -> Operations:
    """Collect the inputs that change from step to step.

    Args:
        graph: of the body of a loop, or of a function in it.
        loop: the graph of the body, whose inputs change unless they are captured.
    """
    if graph is loop:
        outside = {inside.op for _, inside in graph.captures}
        return {tensor.op for tensor in graph.inputs if tensor.op not in outside}
    changed = reached(changing_in(graph.outer_graph, loop), users, set())
    handed_on = {tensor.ref() for each in changed for tensor in each.outputs}
    return {inside.op for around, inside in graph.captures if around.ref() in handed_on}


def _following(roots: Operations, barred: Operations, needed: Operations) -> Operations:
    """The operations whose numbers follow from the roots without what is barred."""
    return {each for each in effects(roots, barred) & needed if each.type not in OF_SHAPES} - roots


def moving(parts: GraphParts, operations: Operations, roots: Operations) -> Operations:
    """Find the operations after which the rows are no longer the first axis, or may not be."""
    used = {each: [tensor for tensor in _of_rows(each) if tensor.consumers()] for each in operations}
    tensors = [tensor for outputs in used.values() for tensor in outputs]
    with tf.Graph().as_default():
        given = {root.outputs[0].name: _stand_in(root.outputs[0], [_ROWS]) for root in roots}
        leading = reached((each.op for each in tensors), sources, roots)
        for each in leading:
            if each.type in ("Placeholder", "ReadVariableOp"):
                given[each.outputs[0].name] = _stand_in(each.outputs[0])
        try:
            found = parts.put(leading, given, tensors)
        except ValueError:  # of a model for another number of rows
            return operations
        lengths = {
            tensor.ref(): copy.shape[0] if copy.shape.rank else None
            for tensor, copy in zip(tensors, found, strict=True)
        }
    return {each for each, outputs in used.items() if any(lengths[tensor.ref()] != _ROWS for tensor in outputs)}


def _counting(operations: Operations, roots: Operations) -> Operations:
    """Find the operations that compute with a size, as with the numbers of the rows, and do not only take a shape by it."""
    sizes = {each for each in effects(roots) if each.type in OF_SHAPES}
    counts = reached(sizes, users, roots) - operations - {each for each in sizes if each.type not in SIZES}
    return {each for each in operations if each.type not in _SHAPED and any(own.op in counts for own in each.inputs)}


def _of_rows(operation: tf.Operation) -> list[tf.Tensor]:
    """The outputs of an operation that have rows: of a BatchNormalization in inference not the statistics that it hands on."""
    is_fixed = operation.type.startswith("FusedBatchNorm") and not operation.get_attr("is_training")
    return list(operation.outputs[:1] if is_fixed else operation.outputs)


def _stand_in(tensor: tf.Tensor, rows: Sequence[int] = ()) -> tf.Tensor:
    """A placeholder like a tensor, whose first axis is so many rows."""
    shape = [*rows, *tensor.shape[len(rows) :]] if tensor.shape.rank is not None else None
    placeholder: tf.Tensor = tf.compat.v1.placeholder(tensor.dtype, shape)
    return placeholder
