"""What a traced graph tells before it is run."""


def elements_per_row(graph):
    """How many numbers a row costs: the sizes of all tensors the graph computes per row, added up."""
    total = 0
    for operation in graph.get_operations():
        for tensor in operation.outputs:
            shape = tensor.shape
            if shape.rank and shape[0] is None and None not in shape[1:]:
                total += shape[1:].num_elements()
    return total


def changes_variables(graph):
    """Whether running the graph assigns to a variable, in any of its functions (the bodies of loops are functions)."""
    assigning = ("Assign", "ResourceScatter", "ResourceApply")
    definition = graph.as_graph_def()
    parts = [definition.node, *(function.node_def for function in definition.library.function)]
    return any(node.op.startswith(assigning) for nodes in parts for node in nodes)


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
