"""What a traced graph tells before it is run."""

import contextlib
import gc

import tensorflow as tf

from kerasal._network.interception import untouched

ASSIGNING = ("Assign", "ResourceScatter", "ResourceApply")  # how types of operations begin that change a variable


def ancestors(tensors, but=None):
    """The operations of a graph that tensors of it are computed from; not those of `but`, if given, one of them."""
    seen, waiting = set() if but is None else {but.op}, [tensor.op for tensor in tensors]
    while waiting:
        operation = waiting.pop()
        if operation not in seen:
            seen.add(operation)
            waiting.extend(tensor.op for tensor in operation.inputs)
    return seen


def again(operation, inputs, **changed):
    """What an operation gives for other inputs, its first output.

    Args:
        operation: of the graph being traced.
        inputs: tensors in place of its own.
        changed: attributes that are not its own, as bytes.
    """
    own = operation.node_def.attr.items()
    attributes = {name: value for name, value in own if not name.startswith("_")}
    attributes |= {name: tf.compat.v1.AttrValue(s=value) for name, value in changed.items()}
    dtypes = [tensor.dtype for tensor in operation.outputs]
    return tf.compat.v1.get_default_graph().create_op(operation.type, inputs, dtypes, attrs=attributes).outputs[0]


def size_of_row(tensors):
    """How much a row of tensors takes to compute and to keep, in numbers: those that convolutions and products of matrices
    give.

    What is computed element by element is mostly done in place, and counts as little as a sixteenth, so that it decides only
    where there is hardly anything else.
    """
    heavy = total = 0
    for operation in ancestors(tensors):
        is_heavy = any(kind in operation.type for kind in ("Conv", "MatMul", "Einsum"))
        for tensor in operation.outputs:
            shape = tensor.shape
            if shape.rank and shape[0] is None and None not in shape[1:]:
                total += shape[1:].num_elements()
                heavy += is_heavy * shape[1:].num_elements()
    return max(1, heavy, total // 16)


def variables_at_stake(graph):
    """The graph's variables if running it assigns to one, in any of its functions (the bodies of loops are functions)."""
    definition = graph.as_graph_def()
    parts = [definition.node, *(function.node_def for function in definition.library.function)]
    return graph.variables if any(node.op.startswith(ASSIGNING) for nodes in parts for node in nodes) else ()


@contextlib.contextmanager
def unchanged(variables):
    """Put variables back afterwards, as those of layers that count their calls."""
    before = [variable.numpy() for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before):
            variable.assign(value)


def operations_inside(operation):
    """Types of the operations in the functions that an operation runs: the body of a loop, the branches of a condition."""
    waiting, seen, found = _functions_of(operation.node_def), set(), []
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


def _functions_of(node):
    attributes = node.attr.values()
    return [each.func.name for each in attributes if each.func.name] + [
        function.name for each in attributes for function in each.list.func
    ]


_THROUGH = ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims")
_SQUASHING = ("Softmax", "Sigmoid")


def find_logits(output):
    """The logits of a softmax or sigmoid output.

    Args:
        output: a tensor of the graph being traced.

    Returns:
        (tensor of the output's shape, True), or (output, False) where no softmax or sigmoid ends it.
    """
    tensor = output
    while tensor.op.type in _THROUGH:
        tensor = tensor.op.inputs[0]
    if tensor.op.type not in _SQUASHING:
        return output, False
    logits = tensor.op.inputs[0]
    if tensor is not output:
        logits = tf.reshape(logits, tf.shape(output))
    logits.set_shape(output.shape)
    return logits, True


def traced(model, function, *specs):
    """The concrete function of `function` for `TensorSpec`s, with the model's layers and the random state left as they were.

    Args:
        model: the Keras model that the function calls.
        function: of tensors; what it returns is what the concrete function returns.
        specs: a structure of `tf.TensorSpec`s for each argument.
    """
    with untouched(model), _no_collection():
        return tf.function(function, autograph=False).get_concrete_function(*specs)


@contextlib.contextmanager
def _no_collection():
    """No garbage collection meanwhile: a graph is many objects and little garbage; a pause would be up to a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
