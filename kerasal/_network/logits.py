"""The logits of an output, found on the traced graph: behind softmaxes and sigmoids, however they are written."""

from typing import NamedTuple

import tensorflow as tf

from kerasal._network.form_rules import FormRules
from kerasal._network.unit_rules import UnitRules

_THROUGH = ("Identity", "Cast", "CheckNumerics", "Reshape", "Squeeze", "ExpandDims")


class Logits(NamedTuple):
    """The logits of an output.

    Attributes:
        values: a tensor of the output's shape; the output itself where no logits are found.
        quantity: what they are: "logit", "log-probability" or "output".
        is_unit: whether the output is one sigmoid unit.
        is_pair: whether it is p and 1 − p of one, whose logits are log-odds, z and −z.
    """

    values: tf.Tensor
    quantity: str = "output"
    is_unit: bool = False
    is_pair: bool = False

    @property
    def is_found(self) -> bool:
        """True where the output is probabilities with logits."""
        return self.quantity == "logit"


def find_logits(output: tf.Tensor) -> Logits:
    """Find the logits of an output of probabilities; log-probabilities are named.

    Found are softmaxes and sigmoids, also written by hand, clipped, smoothed, scaled, raised to a power and normalised, and
    means of several: their logits are those whose softmax (sigmoid) is the output, see `log_forms.mixed`.

    Args:
        output: a tensor of the graph being traced.
    """
    search = _Rules()
    form = search.form(output)
    if form is not None and form.mass is not None and not form.is_fixed:
        if form.is_pair and output.shape.rank == 2:
            return Logits(2 * form.logits, "logit", is_pair=True)
        return Logits(_as(form.logits, output), "logit")
    unit = search.unit(output)
    if unit is not None and unit.is_probability:
        return Logits(_as(unit.odds, output), "logit", output.shape.rank == 2 and output.shape[-1] == 1)
    return Logits(output, "log-probability" if _is_log(search, output) else "output")


def _as(values: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    values.set_shape(output.shape)
    return values


class _Rules(FormRules, UnitRules):
    """All rules."""


def _is_log(search: _Rules, tensor: tf.Tensor) -> bool:
    """Tell whether a tensor is log-probabilities."""
    while tensor.op.type in _THROUGH:
        tensor = tensor.op.inputs[0]
    if tensor.op.type == "Log":
        inner = search.form(tensor.op.inputs[0])
        return inner is not None and inner.mass is not None
    return tensor.op.type == "LogSoftmax" or search.exponent(tensor)[1] is not None
