"""The pass over the model that a score is computed from."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from kerasal._network.logits import find_logits
from kerasal._network.outputs import Name, Output, names_of, outputs_of
from kerasal._network.precision import as_real
from kerasal.scores.checks import check_class
from kerasal.scores.two_classes import unit_by_loss


@dataclasses.dataclass(eq=False)
class Pass:
    """One pass over the model, as a score sees it.

    Attributes:
        model: the model.
        outputs: the model's outputs as it returns them.
        rows: how many rows the pass has, int32 scalar tensor.
        y: what belongs to each row (labels, targets of the loss), or None.
        chosen: int32 (rows, classes fixed by the score), decided at the clean input.
        readings: {score: value} for scores that read an inner layer.
        logits: True where the logits behind a softmax or sigmoid are scored instead of the probabilities.
        whole: the pass that this is one output of, where the score is of some outputs of several.
        place: the position of that output.
        quantity: "logit", "log-probability", "probability" or "output": what `classes` gave.
        is_binary: True once `classes` has found one unit that is a classifier of two classes.
        is_pair: True once it has found the log-odds of two classes, z and −z.
    """

    model: keras.Model
    outputs: Any
    rows: tf.Tensor
    y: Any = None
    chosen: tf.Tensor | None = None
    readings: Mapping[Any, tf.Tensor] = dataclasses.field(default_factory=dict)
    logits: bool = True
    whole: "Pass | None" = None
    place: Name | None = None
    quantity: str = dataclasses.field(default="output", init=False)
    is_binary: bool = dataclasses.field(default=False, init=False)
    is_pair: bool = dataclasses.field(default=False, init=False)

    def of_head(self, output: Output, y: Any) -> "Pass":
        """Make the same pass as the score of one of several outputs sees it, nothing chosen yet.

        Args:
            output: that output.
            y: what belongs to each row at that output.
        """
        return Pass(self.model, output.tensor, self.rows, y, None, self.readings, self.logits, self, output.position)

    def classes(self) -> tf.Tensor:
        """Give the logits where the output ends in a softmax or sigmoid, else the output itself, (rows, C), real.

        One sigmoid unit gives (rows, 1); `each_class` gives its two classes.

        Raises:
            ValueError: the model has several outputs, or one that is not of shape (N, C).
        """
        output = self.single_output()
        if output.shape.rank != 2:
            raise ValueError(
                f"A class is scored on an output of shape (N, C). Received: an output of shape {output.shape}. Give score= a "
                "function of the outputs that returns one number per example, shape (N,)."
            )
        found = find_logits(output)
        self.quantity = found.quantity if self.logits or not found.is_found else "probability"
        self.is_binary, self.is_pair = found.is_unit, found.is_pair and self.logits
        if output.shape[-1] == 1 and not found.is_found:
            whole = self.whole or self
            unit = unit_by_loss(self.model, whole.outputs, self.place)
            self.is_binary, self.quantity = unit is not None, unit or "output"
        return as_real(found.values if self.logits else output)

    def each_class(self) -> tf.Tensor:
        """Give the numbers of all classes, (rows, C): what `classes` gives, but for one unit with two classes.

        Those are z for class 1 and −z for class 0, each the log-odds of its class; of a probability p and 1 − p.
        """
        values = self.classes()
        if not self.is_binary:
            return values
        other = 1 - values if self.quantity == "probability" else -values
        return tf.concat([other, values], 1)

    def margin(self, a: int, b: int) -> tf.Tensor:
        """Give the lead of class `a` over class `b`, (rows,); log p_a / p_b for logits, z for one sigmoid unit."""
        values = self.each_class()
        for index in (a, b):
            check_class(index, values.shape[-1], self.remedy())
        if self.is_pair or self.is_binary and self.quantity != "probability":
            return values[:, a]
        return values[:, a] - values[:, b]

    def remedy(self) -> str | None:
        """Say what to do where one unit is taken for a number, and was meant as a classifier."""
        if self.is_binary or self.single_output().shape[-1] != 1:
            return None
        return (
            "One unit without a sigmoid is a number, not two classes: give score=None; if it is the logit of two classes, end "
            "the model in a sigmoid or compile it with keras.losses.BinaryCrossentropy(from_logits=True)"
        )

    def word(self) -> str:
        """Name what `classes` gave: "logit", "log-probability", "probability" or "output"."""
        return self.quantity

    def single_output(self) -> tf.Tensor:
        """Give the output, where the model has only one; ValueError where it has several."""
        if tf.is_tensor(self.outputs):
            return self.outputs
        found = outputs_of(self.model, self.outputs)
        if len(found) > 1:
            raise ValueError(
                f"A score needs to know which output it means. Received: a model with the outputs {names_of(found)}. Give "
                f"score={{{found[0].name!r}: …}}, or a function of the outputs that returns one number per example."
            )
        return found[0].tensor
