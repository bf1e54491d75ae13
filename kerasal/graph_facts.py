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
