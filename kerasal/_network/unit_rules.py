"""Rules for units: what an operation makes of a tensor between two bounds."""

import tensorflow as tf

from kerasal._network import log_forms
from kerasal._network.log_forms import UnitForm, number
from kerasal._network.log_search import Search, axes_of, bounds, unstacked


class UnitRules(Search):
    """The rules; each gives the form of what an operation gives, or None."""

    def _unit_squash(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm:
        z = op.inputs[0]
        return UnitForm(2 * z, -1.0, 1.0, z.ref()) if op.type == "Tanh" else UnitForm(z, 0.0, 1.0, z.ref())

    def _unit_softmax(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        z = op.inputs[0]
        return UnitForm(z - tf.reverse(z, [-1]), 0.0, 1.0, tensor.ref()) if z.shape[-1] == 2 else None

    def _unit_pass(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        return self.unit(op.inputs[0])

    def _unit_move(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        unit = self.unit(op.inputs[0])
        key = None if unit is None else unit.key if op.type in log_forms.RESHAPING else tensor.ref()
        return unit and UnitForm(log_forms.moved_by(op)(unit.odds), unit.least, unit.most, key, unit.side)

    def _unit_clip(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        unit, ends = self.unit(op.inputs[0]), bounds(op)
        return unit if unit and ends and log_forms.cuts_nothing(unit, *ends) else None

    def _unit_multiply(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        for values, by in (tuple(op.inputs), tuple(op.inputs)[::-1]):
            if (factor := number(by)) is not None:
                unit = self.unit(values)
                return unit.scaled(factor) if unit and factor else None
        return None

    def _unit_divide(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        one, other = op.inputs
        if (factor := number(other)) is not None:
            unit = self.unit(one)
            return unit.scaled(1 / factor) if unit and factor else None
        return self._share(one, other, tensor)

    def _unit_power(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        return self._share(None, op.inputs[0], tensor) if op.type in ("Reciprocal", "Inv") else None

    def _share(self, part: tf.Tensor | None, whole: tf.Tensor, tensor: tf.Tensor) -> UnitForm | None:
        """A part of two, X / (X + Y), as 1 / (1 + exp(-z)); None stands for 1."""
        if whole.op.type not in ("AddV2", "Add"):
            return None
        for own, other in (tuple(whole.op.inputs), tuple(whole.op.inputs)[::-1]):
            is_one = number(own) == 1 and (part is None or number(part) == 1)
            if is_one or (part is not None and number(own) is None and log_forms.is_same(part, own)):
                forms = self.forms([own, other])
                if forms:
                    return UnitForm(forms[0].log - forms[1].log, 0.0, 1.0, tensor.ref())
        return None

    def _unit_negate(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        unit = self.unit(op.inputs[0])
        return unit and unit.scaled(-1.0)

    def _unit_subtract(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        one, other = op.inputs
        if (shift := number(one)) is not None:
            unit = self.unit(other)
            return unit and unit.scaled(-1.0, shift)
        if (shift := number(other)) is not None:
            unit = self.unit(one)
            return unit and unit.scaled(1.0, -shift)
        units = self.units(op.inputs)
        return log_forms.mixed_units([units[0], units[1].scaled(-1.0)], tensor.ref()) if units else None

    def _unit_add(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        shift = sum(number(part) or 0.0 for part in op.inputs)
        units = self.units([part for part in op.inputs if number(part) is None])
        if not units:
            return None
        return (units[0] if len(units) == 1 else log_forms.mixed_units(units, tensor.ref())).scaled(1.0, shift)

    def _unit_reduce(self, op: tf.Operation, tensor: tf.Tensor) -> UnitForm | None:
        parts = unstacked(op)
        if parts:
            units, share = self.units(parts), 1 / len(parts) if op.type == "Mean" else 1.0
            return log_forms.mixed_units(units, tensor.ref()).scaled(share) if units else None
        unit, axes = self.unit(op.inputs[0]) if op.type == "Mean" else None, axes_of(op)
        if unit is None or not axes:
            return None
        means = [log_forms.log_mean(part, axes, keepdims=op.get_attr("keep_dims")) for part in unit.shares]
        return UnitForm(means[0] - means[1], unit.least, unit.most, tensor.ref())
