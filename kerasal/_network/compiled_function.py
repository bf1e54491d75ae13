"""Calls of traced functions with as little as can be around what TensorFlow computes."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kerasal._tree import leaves


class CompiledFunction:
    """A concrete function that takes structures of tensors as they are: TensorFlow's own call looks at each of them and casts it.

    Of a small network that takes as long as all that is computed.

    Args:
        function: the concrete function.
        traced_with: the arguments that it was traced with, tensors of its graph.

    Attributes:
        graph: what was traced.
    """

    def __init__(self, function: Any, traced_with: Sequence[Any]):
        self._function, self.graph = function, function.graph
        given, captured = leaves(traced_with), len(function.captured_inputs)
        names = [getattr(leaf, "name", None) for leaf in given]
        own = [tensor.name for tensor in function.inputs[: len(function.inputs) - captured]]
        are_tensors = set(names) == set(own) and len(names) == len(own)  # and none is ragged, of several tensors
        self._dtypes = [leaf.dtype for leaf in given] if are_tensors else []
        self._order = [names.index(name) for name in own] if are_tensors else []
        self._call = getattr(function, "_call_flat", None) if are_tensors else None

    def __call__(self, *arguments: Any) -> Any:
        """Give what the function returns.

        Args:
            arguments: structures as it was traced with, of tensors and of what becomes one.
        """
        if self._call is None:
            return self._function(*arguments)
        each = zip(leaves(arguments), self._dtypes, strict=True)
        given = [leaf if tf.is_tensor(leaf) else tf.convert_to_tensor(leaf, dtype) for leaf, dtype in each]
        return self._call([given[n] for n in self._order], self._function.captured_inputs)
