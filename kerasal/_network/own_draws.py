"""Find random draws of the model itself in inference, from a traced graph: only those that the score depends on count."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.dropout import is_random
from kerasal._network.graphs import ASSIGNING, ancestors
from kerasal._network.interception import Call, Handlers, Shortcut, seeds_from
from kerasal._network.layer_tree import layers_of
from kerasal._network.random_layers import in_training
from kerasal._network.versions import augments_images

_DRAWING = (  # in the types of operations that draw
    "Random",
    "TruncatedNormal",
    "Multinomial",
    "RngReadAndSkip",
    "StatefulUniform",
    "StatefulStandardNormal",
    "CandidateSampler",
    "SampleDistortedBoundingBox",
    "StochasticCastToInt",
)
_BRANCHES = ("else_branch", "then_branch")


class OwnDraws(NamedTuple):
    """Layers and functions that are random in inference.

    Attributes:
        keyed: layers of the Dropout family that are called in training mode, whose draws are known here.
        unpaired: other layers that are called in training mode and draw by themselves.
        by_itself: names of what draws whatever the mode: layers, the model itself, "eval_fun", "score".
    """

    keyed: list[keras.layers.Layer]
    unpaired: list[keras.layers.Layer]
    by_itself: list[str]


def own_draws(forward: Any, always: Sequence[keras.layers.Layer]) -> OwnDraws:
    """Find what is random in inference, from a pass that is traced and not run.

    Args:
        forward: a `Forward`: the model and what is asked of it.
        always: layers that are known to draw in inference.
    """
    recorder = _Recorder(forward.model, always)
    with seeds_from(forward.model, lambda count: tf.constant([0, count], tf.uint32)):
        operations = ancestors([forward.trace({}, recorder).scores])
    drawing = _drawing_among(operations)
    makers = [recorder.maker_of(operation) for operation in drawing]
    known = {inner for layer in recorder.keyed for inner in layers_of(layer)}
    changing = {recorder.maker_of(operation) for operation in operations if operation.type.startswith(ASSIGNING)}
    unpaired = [
        layer
        for layer in dict.fromkeys(makers)
        if layer in recorder.in_training and layer not in known | changing and not augments_images(layer)
    ]
    others = [layer for layer in dict.fromkeys(makers) if layer not in known and layer not in unpaired]
    outside = "score" if forward.eval_fun is None else "eval_fun"
    names = [outside if layer is None else layer.name for layer in others]
    return OwnDraws(list(dict.fromkeys(recorder.keyed)), unpaired, names)


class _Recorder:
    """Notes the layer that each operation of a pass comes from; takes the place of a `Randomness`.

    Args:
        model: the model of the pass.
        always: layers that are known to draw in inference; left out.
    """

    def __init__(self, model: keras.Model, always: Sequence[keras.layers.Layer]) -> None:
        self._always, self.behind = list(always), dict[Any, float]()
        self.keyed: list[keras.layers.Layer] = []
        self.in_training: list[keras.layers.Layer] = []
        self._makers: dict[tuple[int, str], keras.layers.Layer] = {}

    def handlers(self, model: keras.Model, rows: Any) -> Handlers:
        """Make the interception handlers of one pass; none is missed inside a `tf.function`, whose call counts as one operation."""
        return {layer: [Shortcut(self._record)] for layer in layers_of(model)}

    def maker_of(self, operation: tf.Operation) -> keras.layers.Layer | None:
        """Give the innermost layer that made an operation; None outside all layers."""
        return self._makers.get((id(operation.graph), operation.name))

    def _record(self, call: Call) -> Any:
        """Run a layer, and note what it makes."""
        layer, graph = call.layer, tf.compat.v1.get_default_graph()
        if layer in self._always:
            return call.args[0]
        if in_training(call):
            self.in_training.append(layer)
            if is_random(layer):
                self.keyed.append(layer)
                if not hasattr(layer, "cell"):
                    return call.args[0]
        before = len(graph.get_operations())
        output = call.run()
        for operation in graph.get_operations()[before:]:
            self._makers.setdefault((id(graph), operation.name), layer)
        return output


def _drawing_among(operations: set[tf.Operation]) -> list[tf.Operation]:
    """List the operations that draw, or run a function whose result depends on a draw, in the order they were made."""
    ordered = sorted(operations, key=lambda operation: operation._id)
    with_functions = [operation for operation in ordered if any(_functions_at(operation.node_def))]
    library = {}
    if with_functions:
        functions = with_functions[0].graph.as_graph_def().library.function
        library = {function.signature.name: function for function in functions}
    known: dict[str, bool] = {}
    inside = {
        operation
        for operation in with_functions
        if any(_result_is_drawn(name, library, known) for name in _functions_run(operation))
    }
    return [operation for operation in ordered if _draws(operation.type) or operation in inside]


def _draws(kind: str) -> bool:
    return any(word in kind for word in _DRAWING)


def _functions_at(node: Any) -> Iterator[str]:
    """Name the functions that a node runs."""
    for attribute in node.attr.values():
        yield from filter(None, [attribute.func.name, *(function.name for function in attribute.list.func)])


def _functions_run(operation: tf.Operation) -> list[str]:
    """Name the functions that an operation runs, of a condition that is known the branch that is taken."""
    node = operation.node_def
    if node.op in ("If", "StatelessIf"):
        condition = tf.get_static_value(operation.inputs[0])
        if condition is not None:
            return [node.attr[_BRANCHES[bool(condition)]].func.name]
    return list(_functions_at(node))


def _result_is_drawn(name: str, library: dict[str, Any], known: dict[str, bool]) -> bool:
    """Tell whether something that a function returns depends on a draw in it."""
    if name not in known:
        known[name] = False  # where a function calls itself
        function = library.get(name)
        if function is not None:
            nodes = {node.name: node for node in function.node_def}
            waiting, seen = [value.split(":")[0] for value in function.ret.values()], set[str]()
            while waiting and not known[name]:
                at = waiting.pop()
                if at in nodes and at not in seen:
                    seen.add(at)
                    node = nodes[at]
                    known[name] = _draws(node.op) or any(
                        _result_is_drawn(inner, library, known) for inner in _functions_at(node)
                    )
                    waiting += [source.split(":")[0] for source in node.input if not source.startswith("^")]
    return known[name]
