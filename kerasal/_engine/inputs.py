"""The arguments of a model call: checked against what the model takes, converted, flat, with the target among them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block, Blocks
from kerasal._engine.objective import Objective
from kerasal._network.layer_tree import layers_of
from kerasal._network.targets import InputExtractor
from kerasal._network.versions import symbolic_inputs
from kerasal._tree import as_key, mapped
from kerasal.scores.classes import Classes

_CHECKED = 2**20  # numbers at a time, so that no copy of all examples is made
_LARGEST = float(np.finfo("float32").max)


class Specs(NamedTuple):
    """`TensorSpec`s of the flat inputs and of y."""

    inputs: list[tf.TensorSpec]
    y: Any


class Inputs:
    """The structure of x and y, learnt from the first examples; checks and converts blocks of them.

    Args:
        objective: what is explained.
        structure: of x, 0 at its leaves.
        first: the first examples.
        needs_gradient: whether the target must be real-valued.

    Attributes:
        structure: of x; position: index of the target among the flat inputs, None where it is a layer; names: of the flat inputs.
        with_y: whether `eval_fun` takes y; specs: `Specs`; key: what tells structures apart.
    """

    def __init__(self, objective: Objective, structure: Any, first: Block, *, needs_gradient: bool = True):
        self._objective, self._needs_gradient, self.structure = objective, needs_gradient, structure
        self.with_y = objective.eval_fun is not None and first.y is not None
        known = symbolic_inputs(objective.model)
        self.names, self._taken = self._named(len(first.x), known)
        order = [name for name in known if name in self.names]
        in_order = list(structure) if isinstance(structure, dict) else self.names
        self._order = order if len(order) == len(self.names) else in_order
        self.position: Any = None if objective.at_layer else self.position_of(objective.target)
        one = Block(0, 1, [leaf[:1] for leaf in first.x], None if first.y is None else mapped(_first, first.y))
        self.check_shapes(first)
        self._one = self.convert(one)  # example, to learn from
        inputs, y = self._one
        specs = [tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype) for leaf in inputs]
        self.specs = Specs(specs, mapped(lambda leaf: tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype), y))
        self.key = as_key(structure), tuple(map(_kind, inputs)), as_key(mapped(_kind, y)), self.position

    def position_of(self, extractor: Any) -> int:
        """Return the index among the flat inputs of what an `InputExtractor` names."""
        return self.names.index(self._order[extractor.position(self._order)])

    @property
    def integer_target(self) -> bool:
        """True where the target is an input of integers."""
        return self.position is not None and not self.specs.inputs[self.position].dtype.is_floating

    def check_all(self, blocks: Blocks) -> None:
        """Refuse what cannot be an input anywhere in arrays, before any work; a data set is read as it comes."""
        if not blocks.is_dataset:
            of_example = sum(spec.shape[1:].num_elements() or 1 for spec in self.specs.inputs)
            for block in blocks(max(1, _CHECKED // max(1, of_example))):
                self.check(block)

    def check(self, block: Block) -> None:
        """Refuse values of a block that cannot be inputs, as they are given."""
        for leaf, name, symbolic in zip(block.x, self.names, self._taken, strict=True):
            if leaf.dtype.kind != "f":
                continue
            # In float64 there are numbers that float32 does not have.
            fine = np.abs(leaf) <= _LARGEST if leaf.dtype.itemsize > 4 else np.isfinite(leaf)
            if not fine.all():
                bad = np.flatnonzero(~fine.reshape(len(leaf), -1).all(1)) + block.first
                raise ValueError(
                    f"Inputs are finite numbers. Received: NaN or Inf in input '{name}' of example(s) "
                    f"{', '.join(map(str, bad[:10]))}. Clean or impute them first."
                )
            if symbolic is not None and tf.as_dtype(symbolic.dtype).is_integer and np.any(leaf != np.round(leaf)):
                raise ValueError(
                    f"Input '{name}' takes integers ({tf.as_dtype(symbolic.dtype).name}). Received: fractions. Round or convert "
                    "them yourself."
                )
        self._y_of(block.first, block.size, block.y)

    def check_shapes(self, block: Block) -> None:
        """Refuse arrays of other shapes than the model takes."""
        for leaf, name, symbolic in zip(block.x, self.names, self._taken, strict=True):
            shape = leaf.shape if symbolic is None else tuple(symbolic.shape)
            fits = len(shape) == leaf.ndim and all(
                want in (None, have) for want, have in zip(shape[1:], leaf.shape[1:], strict=True)
            )
            if not fits:
                one = " For one example pass x[None]." if leaf.shape == shape[1:] else ""
                raise ValueError(
                    f"Input '{name}' of model '{self._objective.model.name}' has shape "
                    f"({', '.join(['N', *map(str, shape[1:])])}). Received: shape {leaf.shape}. Reshape x so that examples come "
                    f"first.{one}"
                )

    def convert(self, block: Block) -> tuple[list[np.ndarray], Any]:
        """Return (flat inputs, y) of a block in the dtypes that the model takes."""
        pairs = zip(block.x, self._taken, strict=True)
        inputs = [leaf.astype(_dtype_of(leaf.dtype, symbolic), copy=False) for leaf, symbolic in pairs]
        if self.position is not None and self._needs_gradient and inputs[self.position].dtype.kind != "f":
            raise ValueError(self._integers(inputs[self.position].dtype.name, self.position))
        return inputs, self._y_of(block.first, block.size, block.y)

    def example(self) -> list[np.ndarray]:
        """Return the flat inputs and the leaves of y of one example."""
        flat: list[np.ndarray] = tf.nest.flatten(self._one)
        return flat

    def check_target(self, extractor: InputExtractor) -> int:
        """Return the position of an input that is a target; ValueError for one of integers."""
        position = self.position_of(extractor)
        if not self.specs.inputs[position].dtype.is_floating:
            raise ValueError(self._integers(self.specs.inputs[position].dtype.name, position))
        return position

    def _named(self, count: int, known: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
        """Names of the flat inputs, and the model's symbolic inputs that they feed (None where unknown)."""
        names = self.structure if isinstance(self.structure, dict) else None
        unknown = names is not None and bool(known) and not set(names) <= set(known)
        if known and (len(known) != count or unknown):
            raise ValueError(
                f"x has one part per input of the model: {', '.join(known)}. Received: {count} part(s)"
                f"{': ' + ', '.join(map(str, names)) if names is not None else ''}. Pass a list or a dict with an array for each."
            )
        if names is not None and len(names) == count:
            ordered = sorted(names)
            return ordered, [known.get(name) for name in ordered]
        alone = ["x"] if count == 1 else [f"x[{k}]" for k in range(count)]
        return list(known) or alone, list(known.values()) or [None] * count

    def _y_of(self, first: int, count: int, y: Any) -> Any:
        """The labels of `count` examples from `first` on, as the score takes them."""
        score = self._objective.score
        if isinstance(score, Classes):
            y = score.classes[first : first + count]
            if len(y) != count:
                raise ValueError(
                    f"score has one entry per example. Received: {len(score.classes)} entries and more examples in the "
                    "data set. Give as many."
                )
        elif self._objective.eval_fun is None:
            y = score.labels(y) if score.needs_y else ()
        elif y is None:
            y = ()
        return mapped(lambda leaf: leaf.astype("float32") if leaf.dtype == np.float64 else leaf, y)

    def _integers(self, dtype: str, position: int) -> str:
        """Say that a target is an input of integers."""
        layers = layers_of(self._objective.model)
        embeds = [layer.name for layer in layers if isinstance(layer, keras.layers.Embedding)]
        way = (
            f"target_extractor=LayerExtractor('{embeds[0]}')"
            if embeds
            else "x.astype('float32') if these are quantities"
        )
        others = f" (layers that embed: {', '.join(embeds)})" if embeds else ""
        return (
            f"A target is real-valued, since integers have no gradient. Received: input '{self.names[position]}' of dtype "
            f"{dtype}. Take the saliency of what it becomes{others}: {way}."
        )


def _kind(leaf: np.ndarray) -> tuple[tuple[int, ...], str]:
    """The shape of an example and the dtype, quick to compare."""
    return leaf.shape[1:], leaf.dtype.str


def _first(leaf: Any) -> Any:
    return leaf[:1]


def _dtype_of(given: np.dtype, symbolic: Any) -> Any:
    """The dtype in which an array of `given` goes into a model's input."""
    if given.kind in "US":
        return given
    if symbolic is None:
        return "float32" if given.kind == "f" else given
    dtype = tf.as_dtype(symbolic.dtype)
    return "float32" if dtype.is_floating else dtype.as_numpy_dtype
