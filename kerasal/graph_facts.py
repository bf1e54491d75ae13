"""What a traced graph tells before it is run."""

import contextlib

import tensorflow as tf

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
