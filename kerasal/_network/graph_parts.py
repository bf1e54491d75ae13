"""Parts of a traced graph, put anew into a graph with other tensors in the place of some of theirs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from kerasal._network.graphs import runs_function

_READING = ("ReadVariableOp", "ResourceGather", "VariableShape", "VarIsInitializedOp", "LookupTableFindV2", "Assert")
_CALLING = ("StatefulPartitionedCall", "While", "If", "Case")  # have effects if what they run has


class GraphParts:
    """The operations of a graph, to be put elsewhere.

    Args:
        graph: that is being traced, or was.
    """

    def __init__(self, graph: tf.Graph):
        self._graph = graph
        self._whole = graph.as_graph_def()

    @property
    def only_compute(self) -> bool:
        """True where running the graph leaves nothing behind and draws by no state; variables may be read."""
        whole = self._whole
        nodes = [whole.node, *(function.node_def for function in whole.library.function)]
        kinds = {node.op for part in nodes for node in part} - {*_READING, *_CALLING}
        return not any(self._graph.op_def_for_type(kind).is_stateful for kind in kinds)

    def put(
        self,
        operations: Iterable[tf.Operation],
        given: Mapping[str, tf.Tensor],
        wanted: Sequence[tf.Tensor],
        name: str = "once",
    ) -> list[tf.Tensor]:
        """Put operations of the graph into the one being traced, where none of them has effects.

        Args:
            operations: those that are put.
            given: {name of a tensor: what takes its place}; what is neither given nor put is taken as it is.
            wanted: tensors of the graph.
            name: scope of what is put.

        Returns:
            What has taken the place of the tensors wanted.
        """
        made = {each for each in operations if not any(tensor.name in given for tensor in each.outputs)}
        inputs = {tensor.name: tensor for each in made for tensor in each.inputs if tensor.op not in made}
        replaced = {name: given.get(name, tensor) for name, tensor in inputs.items()}
        asked = [tensor.name for tensor in wanted if tensor.op in made]
        found = dict(
            zip(asked, tf.graph_util.import_graph_def(self._of(made), replaced, asked, name=name), strict=True)
        )
        tensors = [found.get(tensor.name, given.get(tensor.name, tensor)) for tensor in wanted]
        for tensor, original in zip(tensors, wanted, strict=True):
            tensor.set_shape(original.shape)
        return tensors

    def _of(self, operations: set[tf.Operation]) -> Any:
        """The definition of some operations, without the order in which their graph runs what has effects."""
        names, definition = {each.name for each in operations}, tf.compat.v1.GraphDef()
        definition.versions.CopyFrom(self._whole.versions)
        if any(map(runs_function, operations)):  # a graph does not bear functions of its own that are put into it again
            definition.library.CopyFrom(self._whole.library)
        definition.node.extend(node for node in self._whole.node if node.name in names)
        for node in definition.node:
            node.input[:] = [name for name in node.input if not name.startswith("^")]
        return definition
