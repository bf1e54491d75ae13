"""Paths in a traced graph: what a tensor's numbers depend on, shapes aside."""

from collections.abc import Iterable

import tensorflow as tf

from kerasal._network.graphs import reached, users

SIZES = ("Shape", "ShapeN", "Size", "Rank")  # operations that know the shape of a tensor, not its numbers
OF_SHAPES = (*SIZES, "ZerosLike", "OnesLike")  # those whose numbers a shape decides


def causes(tensors: Iterable[tf.Tensor], but: Iterable[tf.Operation] = ()) -> set[tf.Operation]:
    """Collect the operations whose numbers tensors are computed from, but for what gives a shape alone.

    Args:
        tensors: of the graph being traced.
        but: operations that nothing goes through.
    """
    ends, seen, waiting = set(but), set[tf.Operation](), [tensor.op for tensor in tensors]
    while waiting:
        operation = waiting.pop()
        if operation not in seen and operation not in ends:
            seen.add(operation)
            if operation.type not in OF_SHAPES:
                waiting.extend(tensor.op for tensor in operation.inputs)
    return seen


def effects(operations: Iterable[tf.Operation], but: Iterable[tf.Operation] = ()) -> set[tf.Operation]:
    """Collect the operations whose numbers are computed from those of some operations, these included.

    Args:
        operations: of the graph being traced.
        but: others, which nothing goes through.
    """
    return reached(operations, lambda each: () if each.type in OF_SHAPES else users(each), set(but))


def is_behind_masks(score: tf.Tensor, source: tf.Operation, masks: Iterable[tf.Operation]) -> bool:
    """Tell whether all that a score takes from a source goes through operations that take a mask too.

    Args:
        score: of the graph being traced.
        source: the operation that gives the source.
        masks: those that give masks, from which nothing of the source follows by other ways.
    """
    markers = list(masks)
    of_source = effects([source], markers)
    pure = effects(markers) - of_source
    waiting, seen = [score.op], set[tf.Operation]()
    while waiting:
        operation = waiting.pop()
        if operation in seen or operation not in of_source:
            continue
        if operation is source:
            return False
        seen.add(operation)
        if not any(tensor.op in pure for tensor in operation.inputs):
            waiting.extend(tensor.op for tensor in operation.inputs)
    return True


_OF_EACH_POSITION = (  # elements one by one, or all features of a position
    *(
        "Identity",
        "Cast",
        "StopGradient",
        "Neg",
        "Abs",
        "Exp",
        "Log",
        "Log1p",
        "Sqrt",
        "Square",
        "Tanh",
        "Sigmoid",
        "Relu",
    ),
    *("Mul", "Add", "AddV2", "Sub", "RealDiv", "DivNoNan", "Pow", "Maximum", "Minimum", "ClipByValue"),
    *("NotEqual", "Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalNot", "LogicalAnd", "LogicalOr"),
    *("Any", "All", "Max", "Min", "Sum", "Squeeze", "ExpandDims", "IsNan", "IsFinite"),
)


def is_of_positions(mask: tf.Tensor, source: tf.Tensor) -> bool:
    """Tell whether a mask (rows, ...) says something of each position of a source: its axes are the first of the source's.

    Args:
        mask: of the graph being traced.
        source: another tensor of it.
    """
    rank = mask.shape.rank
    if rank is None or not 0 < rank <= source.shape.rank or not mask.shape.is_compatible_with(source.shape[:rank]):
        return False
    ways = (effects([source.op]) & causes([mask], [source.op])) - {source.op}
    return bool(ways) and all(each.type in _OF_EACH_POSITION or _takes_a_feature(each) for each in ways)


def _takes_a_feature(operation: tf.Operation) -> bool:
    """Tell whether an operation is `x[..., k]`."""
    if operation.type != "StridedSlice":
        return False
    count, rank = operation.inputs[1].shape[0], operation.inputs[0].shape.rank
    is_last = operation.get_attr("shrink_axis_mask") == 1 << (count - 1)
    return bool(is_last and (operation.get_attr("ellipsis_mask") or count == rank))


def roots(tensor: tf.Tensor) -> frozenset[tf.Operation]:
    """Collect the operations without inputs, other than constants, that a tensor's numbers are computed from."""
    return frozenset(each for each in causes([tensor]) if not each.inputs and each.type != "Const")
