"""The sites of tensors, followed from the target through the graph."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from kerasal._network.graphs import FUNCTIONS, function_of
from kerasal._network.positions.constants import static_shape, value_of
from kerasal._network.positions.kinds import Given, passed
from kerasal._network.positions.mixing import Roles
from kerasal._network.positions.sites import Sites, Unknown


class Following:
    """The sites of the tensors between one and others that are made of it.

    Args:
        given: {tensor reference: sites} of the first tensors.
        tensors: those to follow to, in the order in which they are computed; those that none of the first leads to are passed over.
        roles: where roles of axes are noted; None for new ones.

    Attributes:
        roles: in which roles axes of the target were seen.
    """

    def __init__(self, given: Mapping[object, Sites], tensors: Iterable[tf.Tensor], roles: Roles | None = None):
        self.roles = roles or Roles()
        self._sites: dict[object, Sites | Unknown] = dict(given)
        for tensor in tensors:
            if tensor.ref() not in self._sites and any(each.ref() in self._sites for each in tensor.op.inputs):
                self._sites[tensor.ref()] = self._follow(tensor)

    def __getitem__(self, tensor: tf.Tensor) -> Sites | Unknown:
        return self._sites[tensor.ref()]

    def get(self, tensor: tf.Tensor) -> Sites | Unknown | None:
        """Return the sites of a tensor; None where none of the first leads to it."""
        return self._sites.get(tensor.ref())

    def _follow(self, tensor: tf.Tensor) -> Sites | Unknown:
        operation = tensor.op
        inputs = [self._sites.get(each.ref()) for each in operation.inputs]
        unknown = [each for each in inputs if isinstance(each, Unknown)]
        if unknown:
            return unknown[0]
        known = [each if isinstance(each, Sites) else None for each in inputs]
        try:
            if operation.type in FUNCTIONS:
                return self._inside(operation, known)[tensor.value_index]
            found = passed(Given(operation, tensor.value_index, known, self._value, self._shape), self.roles)
        except (ValueError, tf.errors.InvalidArgumentError):
            found = None
        return Unknown(operation.type) if found is None else found

    def _inside(self, operation: tf.Operation, inputs: Sequence[Sites | None]) -> list[Sites | Unknown]:
        """The sites of what a function gives, followed inside it."""
        graph = function_of(operation)
        given = {each.ref(): sites for each, sites in zip(graph.inputs, inputs, strict=True) if sites is not None}
        tensors = [tensor for each in graph.get_operations() for tensor in each.outputs]
        inner = Following(given, (each for each in tensors if each.dtype.is_floating), self.roles)
        return [inner._sites.get(each.ref(), Unknown(operation.type)) for each in graph.outputs]

    def _shape(self, tensor: tf.Tensor) -> Sequence[int] | None:
        found = self._sites.get(tensor.ref())
        return found.shape if isinstance(found, Sites) else static_shape(tensor)

    def _value(self, tensor: tf.Tensor) -> np.ndarray | None:
        return value_of(tensor, self._shape)
