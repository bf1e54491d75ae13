"""Operations of a pass that read exact values of a target: ids, years, categories among real numbers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._network.dependence import causes, effects
from kerasal._network.graphs import again

_STEPS = ("Floor", "Ceil", "Round", "Rint", "Sign", "FloorDiv", "Bucketize", "ArgMax", "ArgMin")  # no slope but jumps
_TABLES = ("LookupTableFind", "LookupTableFindV2")
_COMPARING = ("Equal", "NotEqual")
_HANDING_ON = (  # operations that give the numbers themselves, some of them, or each by itself made into another
    *("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "Transpose", "StridedSlice", "Slice", "GatherV2"),
    *("Split", "SplitV", "Unpack", "ConcatV2", "Pack", "Neg", "Log1p", "Log", "Exp", "Sqrt"),
    *("Mul", "Add", "AddV2", "Sub", "RealDiv", "Maximum", "Minimum"),
)


class ExactRead(NamedTuple):
    """An operation that reads exact values.

    Attributes:
        kind: its type; name: in the graph, with the layers around it; columns: of a target (N, F), or None where that is not
            known; is_comparing: whether it compares, so that it has no slope to miss.
    """

    kind: str
    name: str
    columns: tuple[int, ...] | None
    is_comparing: bool


def exact_reads(score: tf.Tensor, source: tf.Tensor) -> list[ExactRead]:
    """List what a score depends on a source by, where that reads exact values of the source itself.

    What is computed of sums over the source (logits, features) does not count, nor what gets the gradient of something else
    (a straight-through rounding), nor masks: at points that move they are those of the clean input.

    Args:
        score: of the graph being traced.
        source: another tensor of it, (rows, ...).
    """
    of_source = effects([source.op])
    counted = causes([score], [operation for operation in of_source if operation.type == "StopGradient"])
    columns = np.arange(source.shape[1])[None] if source.shape.rank == 2 and source.shape[1] else None
    known: dict[Any, Any] = {source.ref(): columns}
    waiting, seen, found = [source], set[tf.Operation](), list[ExactRead]()
    while waiting:
        tensor = waiting.pop()
        for operation in tensor.consumers():
            if operation in seen or operation not in counted:
                continue
            seen.add(operation)
            if _reads(operation):
                found.append(_read(operation, known[tensor.ref()]))
            elif operation.type in _HANDING_ON and _alone(operation, tensor, of_source):
                handed = _handed(operation, tensor, known[tensor.ref()])
                known.update({output.ref(): handed for output in operation.outputs})
                waiting.extend(operation.outputs)
    return sorted(found, key=lambda read: read.name)


def _reads(operation: tf.Operation) -> bool:
    """Tell whether an operation reads exact values of real numbers."""
    if operation.type == "Cast":
        made, given = operation.get_attr("DstT"), operation.get_attr("SrcT")
        return bool(given.is_floating and made.is_integer)
    return operation.type in (*_STEPS, *_TABLES, *_COMPARING)


def _read(operation: tf.Operation, columns: Any) -> ExactRead:
    which = None if columns is None else tuple(sorted({int(column) for column in np.ravel(columns)}))
    return ExactRead(operation.type, operation.name, which, operation.type in _COMPARING)


def _alone(operation: tf.Operation, tensor: tf.Tensor, of_source: set[tf.Operation]) -> bool:
    """Tell whether nothing else of the source goes into an operation."""
    if operation.type in ("ConcatV2", "Pack"):
        return True
    return all(each is tensor or each.op not in of_source for each in operation.inputs)


def _handed(operation: tf.Operation, tensor: tf.Tensor, columns: Any) -> Any:
    """The columns of what an operation hands on, or None."""
    if columns is None or operation.type in ("Reshape", "Transpose", "Split", "SplitV", "Unpack", "ConcatV2", "Pack"):
        return None
    others = [tf.get_static_value(each) for each in operation.inputs if each is not tensor]
    if operation.type not in ("StridedSlice", "Slice", "GatherV2", "Squeeze", "ExpandDims"):
        return columns if operation.outputs[0].shape[1:] == tensor.shape[1:] else None
    if any(each is None for each in others):
        return None
    with tf.init_scope():  # of one row, now
        taken = again(operation, [tf.constant(columns), *map(tf.constant, others)])
    return taken.numpy()


def told_reads(reads: Sequence[ExactRead]) -> str:
    """Say which columns are read, by what."""
    words = []
    for read in reads[:4]:
        where = "" if read.columns is None else f"column(s) {', '.join(map(str, read.columns))} "
        words.append(f"{where}by {read.kind} ({read.name})")
    return "; ".join(words) + ("; …" if len(reads) > 4 else "")
