"""Facts of a traced graph, found before it is run."""

import contextlib
import gc
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasal._network.compiled_function import CompiledFunction
from kerasal._network.untouched import untouched

ASSIGNING = ("Assign", "ResourceScatter", "ResourceApply")  # how types of operations begin that change a variable

FUNCTIONS = ("PartitionedCall", "StatefulPartitionedCall")  # operations that run a function


def ancestors(tensors: Iterable[tf.Tensor], but: tf.Tensor | None = None) -> set[tf.Operation]:
    """Collect the operations of a graph that tensors of it are computed from.

    Args:
        tensors: the tensors.
        but: one of those they are computed from; what it is computed from in turn is left out, unless another way leads there.
    """
    end = set[tf.Operation]() if but is None else {but.op}
    return end | reached((tensor.op for tensor in tensors), sources, end)


def reached(
    operations: Iterable[tf.Operation], nexts: Callable[[tf.Operation], Iterable[tf.Operation]], ends: set[tf.Operation]
) -> set[tf.Operation]:
    """Collect the operations that one comes to from some, these included.

    Args:
        operations: where to begin.
        nexts: function of an operation that gives those one step on, such as `sources` or `users`.
        ends: operations that are neither taken nor gone through.
    """
    seen, waiting = set[tf.Operation](), list(operations)
    while waiting:
        operation = waiting.pop()
        if operation not in seen and operation not in ends:
            seen.add(operation)
            waiting.extend(nexts(operation))
    return seen


def sources(operation: tf.Operation) -> Iterator[tf.Operation]:
    """Yield the operations whose outputs an operation takes."""
    return (tensor.op for tensor in operation.inputs)


def users(operation: tf.Operation) -> Iterator[tf.Operation]:
    """Yield the operations that take an output of an operation."""
    return (user for tensor in operation.outputs for user in tensor.consumers())


def again(operation: tf.Operation, inputs: Iterable[tf.Tensor], **changed: Any) -> tf.Tensor:
    """Run an operation on other inputs; a gradient tape sees it.

    Args:
        operation: of the graph being traced.
        inputs: tensors in place of its own.
        changed: attributes that are not its own.

    Returns:
        Its first output.
    """
    return outputs_again(operation, inputs, **changed)[0]


def outputs_again(operation: tf.Operation, inputs: Iterable[tf.Tensor], **changed: Any) -> list[tf.Tensor]:
    """Run an operation on other inputs, see `again`; returns all that it gives."""
    definition, rest, arguments = operation.op_def, list(inputs), {}
    inferred = set()  # attributes that the inputs decide
    function = getattr(tf.raw_ops, operation.type)
    names = inspect.signature(function).parameters
    for argument in definition.input_arg:
        inferred |= {argument.type_attr, argument.number_attr, argument.type_list_attr}
        count = operation.get_attr(argument.number_attr) if argument.number_attr else 1
        taken, rest = (rest, []) if argument.type_list_attr else (rest[:count], rest[count:])
        name = argument.name if argument.name in names else "axis"  # what operations of old call by other names
        arguments[name] = taken if argument.number_attr or argument.type_list_attr else taken[0]
    settings = [each.name for each in definition.attr if each.name not in inferred]
    own = {name if name in names else "axis": operation.get_attr(name) for name in settings}
    found: list[tf.Tensor] = tf.nest.flatten(function(**arguments, **{**own, **changed}))
    return found


def size_of_row(tensors: Iterable[tf.Tensor], since: Sequence[tf.Tensor] = ()) -> int:
    """Estimate how much a row of tensors takes to compute and to keep, in numbers that convolutions and matrix products give.

    What is computed element by element is mostly done in place, and counts as little as a sixteenth, so that it decides only
    where there is hardly anything else.

    Args:
        tensors: what is computed.
        since: if given, only what follows from one of these counts: the rest is the same for many rows.
    """
    heavy, total, operations = 0, 0, ancestors(tensors)
    if since:
        operations &= reached((tensor.op for tensor in since), users, set())
    for operation in operations:
        is_heavy = any(kind in operation.type for kind in ("Conv", "MatMul", "Einsum"))
        for tensor in operation.outputs:
            shape = tensor.shape
            if shape.rank and shape[0] is None and None not in shape[1:]:
                total += shape[1:].num_elements()
                heavy += is_heavy * shape[1:].num_elements()
    return max(1, heavy, total // 16)


def variables_at_stake(graph: tf.Graph) -> Sequence[tf.Variable]:
    """List the graph's variables if running it assigns to one, in any of its functions (the bodies of loops are functions)."""
    assigns = any(kind.startswith(ASSIGNING) for kind in _types_in(graph))
    variables: Sequence[tf.Variable] = graph.variables if assigns else ()
    return variables


def runs_python(graph: tf.Graph) -> bool:
    """Tell whether an operation of a graph, or of one of its functions, is a function of Python, which no other program has."""
    return any("PyFunc" in kind for kind in _types_in(graph))


def _types_in(graph: tf.Graph) -> Iterator[str]:
    """The types of the operations of a graph and of its functions."""
    definition = graph.as_graph_def()
    for nodes in [definition.node, *(function.node_def for function in definition.library.function)]:
        yield from (node.op for node in nodes)


@contextlib.contextmanager
def unchanged(variables: Iterable[tf.Variable]) -> Iterator[None]:
    """Put variables back afterwards, as those of layers that count their calls."""
    before = [(variable, variable.numpy()) for variable in variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


def operations_inside(operation: tf.Operation) -> list[str]:
    """List the types of the operations in the functions that one runs: the body of a loop, the branches of a condition."""
    waiting, found = _functions_of(operation.node_def), list[str]()
    seen: set[str] = set()
    functions = operation.graph.as_graph_def().library.function if waiting else ()
    library = {function.signature.name: function for function in functions}
    while waiting:
        name = waiting.pop()
        if name in library and name not in seen:
            seen.add(name)
            for node in library[name].node_def:
                found.append(node.op)
                waiting += _functions_of(node)
    return found


def runs_function(operation: tf.Operation) -> bool:
    """Tell whether an operation runs functions, as loops and conditions do."""
    return bool(_functions_of(operation.node_def))


def function_of(operation: tf.Operation) -> Any:
    """Give the graph of the function that an operation runs, one of `FUNCTIONS`."""
    return operation.graph._get_function(operation.get_attr("f").name).graph


def _functions_of(node: Any) -> list[str]:
    attributes = node.attr.values()
    return [each.func.name for each in attributes if each.func.name] + [
        function.name for each in attributes for function in each.list.func
    ]


def traced(model: keras.Model, function: Callable[..., Any], *specs: Any) -> CompiledFunction:
    """Trace a function of tensors, with the model's layers and the random state left as they were.

    Args:
        model: the Keras model that the function calls.
        function: of tensors.
        specs: a structure of `tf.TensorSpec`s for each argument.

    Returns:
        The compiled function, which returns what `function` returns.
    """
    given: Sequence[Any] = ()

    def noted(*arguments: Any) -> Any:
        nonlocal given
        given = arguments
        return function(*arguments)

    with untouched(model), _no_collection():
        compiled = tf.function(noted, autograph=False).get_concrete_function(*specs)
        return CompiledFunction(compiled, given)


def outside_of_graphs() -> contextlib.AbstractContextManager[None]:
    """Make a context that runs at once what it is made of, whatever graph is being traced; unlike `tf.init_scope`, tapes record."""
    context: contextlib.AbstractContextManager[None] = tf.__internal__.eager_context.eager_mode()
    return context


def refuse_in_graph() -> None:
    """Refuse a call while a graph is traced: its tensors have no numbers yet, and are worth nothing after it.

    Raises:
        ValueError: a graph is being traced.
    """
    if not tf.executing_eagerly():
        raise ValueError(
            "A model is explained when Python runs, for arrays and tensors that have numbers. Received: a call inside of a tf.function, "
            "while it is traced. Call it outside; or compute saliency in the graph: kerasal.layers.Saliency(model, recipe)(x)."
        )


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: a graph is many objects and little garbage; a pause would be up to a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def references_in(structure: Any) -> set[Any]:
    """Give the references of the tensors in a structure; Keras' variables and ragged tensors have none."""
    return {each.ref() for each in tf.nest.flatten(structure) if tf.is_tensor(each) and hasattr(each, "ref")}
