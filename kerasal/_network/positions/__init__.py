"""The positions of the target that tensors of a traced pass stand for, and the tensors that all of the score passes through.

`paths` finds the tensors that all of the score passes through, `following` runs the places of the target's elements through
the graph, operation by operation, and `view` reads a tensor as a map of the target.
"""
