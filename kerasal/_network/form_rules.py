"""Rules for positive tensors: what an operation makes of logarithms."""

import numpy as np
import tensorflow as tf

from kerasal._network import log_forms
from kerasal._network.log_forms import Form, UnitForm, constant, is_shared, number
from kerasal._network.log_search import Search, axes_of, bounds, unstacked

_TINY = 1e-6  # what is added or kept to so that nothing is divided by 0


class FormRules(Search):
    """The rules; each gives the form of what an operation gives, or None."""

    def exponent(self, tensor: tf.Tensor) -> tuple[tf.Tensor, float | None]:
        """Give what is left of an exponent without what all classes share, and the mass of its exponential."""
        op = tensor.op
        if op.type == "LogSoftmax":
            return op.inputs[0], 1.0
        if op.type in ("Sub", "AddV2", "Add") and is_shared(op.inputs[1], op.inputs[0]):
            rest, _ = self.exponent(op.inputs[0])
            return rest, 1.0 if op.type == "Sub" and self._is_logsumexp(op.inputs[1], rest) else None
        if op.type in ("Identity", "Cast"):
            return self.exponent(op.inputs[0])
        return tensor, None

    def _is_logsumexp(self, tensor: tf.Tensor, of: tf.Tensor) -> bool:
        """Tell whether a tensor is log Σ exp over classes, also the stable one that begins at the largest."""
        op = tensor.op
        while op.type in ("Reshape", "ExpandDims", "StridedSlice", "Identity", "AddV2", "Add"):
            op = op.inputs[0].op
        if op.type != "Log" or op.inputs[0].op.type != "Sum":
            return False
        summed = op.inputs[0].op.inputs[0].op
        is_over_classes = axes_of(op.inputs[0].op) == [of.shape.rank - 1]
        return summed.type == "Exp" and is_over_classes and log_forms.is_same(self.exponent(summed.inputs[0])[0], of)

    def _form_softmax(self, op: tf.Operation, tensor: tf.Tensor) -> Form:
        return Form(tf.nn.log_softmax(op.inputs[0]), op.inputs[0], 1.0)

    def _form_constant(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        found = constant(tensor)
        if found is None or found.dtype.kind != "f" or not np.all(found > 0):
            return None
        log = tf.constant(np.log(found))
        return Form(log, log, None, is_fixed=True)

    def _form_pass(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        return self.form(op.inputs[0])

    def _form_move(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        form = self.form(op.inputs[0])
        return form and form.moved(log_forms.moved_by(op), form.mass if op.type in log_forms.RESHAPING else None)

    def _form_exponential(self, op: tf.Operation, tensor: tf.Tensor) -> Form:
        logits, mass = self.exponent(op.inputs[0])
        return Form(op.inputs[0], logits, mass)

    def _form_divide(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        return self._quotient(op.inputs[0], op.inputs[1], tensor) or self._of_unit(tensor)

    def _quotient(self, above: tf.Tensor, below: tf.Tensor, tensor: tf.Tensor) -> Form | None:
        form, factor = self.form(above), number(below)
        if form is None:
            return None
        if factor is not None:
            return form.times(-np.log(factor), form.mass and form.mass / factor) if factor > 0 else None
        is_normalised = log_forms.is_sum_of(below, above)
        if is_normalised or is_shared(below, tensor):
            other = self.form(below)
            log = tf.math.log(below) if other is None else other.log
            return form.times(-log, 1.0 if is_normalised else None)
        other = self.form(below)
        return other and Form(form.log - other.log, form.logits - other.logits)

    def _form_multiply(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        one, other = op.inputs
        if other.op.type in ("Reciprocal", "Inv"):
            return self._quotient(one, other.op.inputs[0], tensor)
        for values, by in ((one, other), (other, one)):
            factor = number(by)
            if factor is not None:
                form = self.form(values)
                return form.times(np.log(factor), form.mass and form.mass * factor) if form and factor > 0 else None
        forms = self.forms(op.inputs)
        return Form(forms[0].log + forms[1].log, forms[0].logits + forms[1].logits) if forms else None

    def _form_power(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        power = {"Square": 2.0, "Sqrt": 0.5, "Reciprocal": -1.0, "Inv": -1.0, "Rsqrt": -0.5}.get(op.type)
        power = number(op.inputs[1]) if power is None else power
        form = None if power is None else self.form(op.inputs[0])
        return form and Form(power * form.log, power * form.logits)

    def _form_add(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        forms = self.forms(op.inputs)
        if not forms:
            return self._of_unit(tensor)
        sized = [
            _sized(part, form, tensor) if form.is_fixed else form for form, part in zip(forms, op.inputs, strict=True)
        ]
        return log_forms.mixed(sized)

    def _form_subtract(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        return self._of_unit(tensor)

    def _form_squash(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        return self._of_unit(tensor)

    def _of_unit(self, tensor: tf.Tensor) -> Form | None:
        unit = self.unit(tensor)
        if unit is None or unit.least < 0:
            return None
        log = (
            unit.shares[0]
            if unit.least == 0
            else tf.reduce_logsumexp(
                tf.stack([unit.shares[0], tf.fill(tf.shape(unit.odds), float(np.log(unit.least)))]), 0
            )
        )
        return Form(log, log)

    def _form_reduce(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        parts = unstacked(op)
        if parts:
            forms, share = self.forms(parts), 1 / len(parts) if op.type == "Mean" else 1.0
            found = log_forms.mixed(forms) if forms else None
            return found and found.times(np.log(share), found.mass and found.mass * share)
        form, axes, keepdims = self.form(op.inputs[0]), axes_of(op), op.get_attr("keep_dims")
        if form is None or not axes:
            return None
        if op.type == "Mean":
            is_of_classes = op.inputs[0].shape.rank - 1 in axes
            return None if is_of_classes or form.mass is None else log_forms.averaged(form, axes, keepdims=keepdims)
        log = tf.reduce_logsumexp(form.log, axes, keepdims=keepdims)
        return Form(log, log)

    def _form_clip(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        form, ends = self.form(op.inputs[0]), bounds(op)
        if form is None or ends is None:
            return self._of_unit(tensor)
        if form.mass is None:
            return form if ends[1] is None and (ends[0] or 0.0) <= _TINY else self._of_unit(tensor)
        return form if log_forms.cuts_nothing(UnitForm(form.log, 0.0, form.mass, None), *ends) else None

    def _form_concatenate(self, op: tf.Operation, tensor: tf.Tensor) -> Form | None:
        *parts, axis = op.inputs
        axis = number(axis)
        if axis is None or int(axis) % tensor.shape.rank != tensor.shape.rank - 1:
            return None
        units = self.units(parts) if len(parts) == 2 and all(part.shape[-1] == 1 for part in parts) else []
        if units and units[0].key == units[1].key and units[0].side == -units[1].side:
            log = tf.concat([unit.shares[0] for unit in units], -1)
            return Form(log, tf.concat([unit.odds / 2 for unit in units], -1), 1.0, is_pair=True)
        forms = self.forms(parts)
        if not forms:
            return None
        masses = [form.mass for form in forms if form.mass is not None]
        whole = sum(masses) if len(masses) == len(forms) else None
        log, logits = (tf.concat(each, -1) for each in zip(*((form.log, form.logits) for form in forms), strict=True))
        return Form(log, logits, whole)


def _sized(part: tf.Tensor, form: Form, like: tf.Tensor) -> Form:
    """The form of a constant that is added to a tensor, of its shape and with its mass."""
    numbers, width = constant(part), like.shape[-1]
    log = form.log + tf.zeros_like(like)
    is_of_classes = numbers is not None and width is not None and numbers.ndim < 2
    mass = float(np.broadcast_to(numbers, (width,)).sum()) if numbers is not None and is_of_classes else None
    return Form(log, log, mass, is_fixed=True)
