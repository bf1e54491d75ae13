"""The arguments of a model call: checked against what the model takes, converted, flat, with the target among them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block
from kerasal._engine.containers import TEXT
from kerasal._engine.fitting import fits, in_order, misfit
from kerasal._engine.objective import Objective
from kerasal._engine.ranges import check_fits
from kerasal._network.precision import precision_of
from kerasal._network.targets import InputExtractor
from kerasal._network.versions import is_made_up, symbolic_inputs
from kerasal._tree import as_key, mapped, paths
from kerasal.scores.classes import Classes
from kerasal.scores.labels import LabelError
from kerasal.scores.loss import Loss, Weighted

_CHECKED = 2**20  # numbers at a time, so that no copy of all examples is made


class Specs(NamedTuple):
    """`TensorSpec`s of the flat inputs and of y."""

    inputs: list[tf.TensorSpec]
    y: Any


class _Taken(NamedTuple):
    """The array that an input of the model takes: its dtype, and its shape with that of the batch."""

    dtype: tf.DType
    shape: Any


class Inputs:
    """The structure of x and y, learnt from the first examples; checks and converts blocks of them.

    Args:
        objective: what is explained.
        structure: of x, 0 at its leaves.
        first: the first examples.
        of_dataset: whether they are a batch of a data set.

    Attributes:
        structure: of x; position: index of the target among the flat inputs, None where it is a layer; names: of the flat inputs;
            labels: those that users read; precision: of real numbers, float32 or float64.
        uses_y: whether the score or `eval_fun` takes y; with_y: whether `eval_fun` is given it; specs: `Specs`; key: what tells structures apart.
    """

    def __init__(self, objective: Objective, structure: Any, first: Block, *, of_dataset: bool = False):
        self.precision = precision_of(objective.model)
        self._objective, self._of_dataset, self.structure = objective, of_dataset, structure
        self.uses_y = objective.uses_y(len(structure) if isinstance(structure, (list, tuple)) else 1)
        self.with_y = objective.eval_fun is not None and first.y is not None and self.uses_y
        known = symbolic_inputs(objective.model)
        self.names, fed = self._named(len(first.x), known)
        self._taken = [None if part is None else _Taken(tf.as_dtype(part.dtype), part.shape) for part in fed]
        self.labels = [self._label(name, k) for k, name in enumerate(self.names)]
        order = [name for name in known if name in self.names]
        given = list(structure) if isinstance(structure, dict) and len(structure) == len(self.names) else self.names
        self._order = order if len(order) == len(self.names) else given
        alone = isinstance(objective.target, InputExtractor)
        self.position: Any = self.position_of(objective.target) if alone else None
        one = Block(0, 1, list(map(_first, first.x)), None if first.y is None else mapped(_first, first.y))
        self.check_shapes(first)
        with np.errstate(invalid="ignore", over="ignore"):  # nothing is checked yet
            self._one = self.convert(one)  # example, to learn from
        inputs, y = self._one
        specs = [_spec(leaf) for leaf in inputs]
        self.specs = Specs(specs, mapped(_spec, y))
        self._size = max(1, sum(spec.shape[1:].num_elements() or 1 for spec in specs))
        self.key = as_key(structure), tuple(map(_kind, inputs)), as_key(mapped(_kind, y)), self.position

    def position_of(self, extractor: Any) -> int:
        """Return the index among the flat inputs of what an `InputExtractor` names."""
        return self.names.index(self._order[extractor.position(self._order)])

    @property
    def integer_target(self) -> bool:
        """True where the target is an input of integers."""
        return self.position is not None and not self.specs.inputs[self.position].dtype.is_floating

    def check_all(self, blocks: Any) -> None:
        """Refuse what cannot be an input anywhere in arrays, before any work; a data set is read as it comes."""
        if not blocks.is_dataset:
            for block in blocks(max(1, _CHECKED // self._size)):
                self.check(block)

    def check(self, block: Block) -> None:
        """Refuse values of a block that cannot be inputs, as they are given."""
        for leaf, label, taken in zip(block.x, self.labels, self._taken, strict=True):
            integers = taken if taken is not None and taken.dtype.is_integer else None
            if leaf.dtype.kind != "f":
                if integers:
                    check_fits(leaf, integers, label, block.first)
                continue
            # In float64 there are numbers that float32 does not have.
            fine = np.abs(leaf) <= self.precision.max if leaf.dtype.itemsize > 4 else np.isfinite(leaf)
            if not fine.all():
                bad = np.flatnonzero(~fine.reshape(len(leaf), -1).all(1)) + block.first
                raise ValueError(
                    f"Inputs are finite numbers. Received: NaN or Inf in {label} of example(s) "
                    f"{', '.join(map(str, bad[:10]))}. Clean or impute them first, e.g. np.nan_to_num or fillna."
                )
            if integers:
                if np.any(leaf != np.round(leaf)):
                    raise ValueError(
                        f"The model takes integers ({integers.dtype.name}) as {label}. Received: fractions. Round or "
                        "convert them yourself."
                    )
                check_fits(leaf, integers, label, block.first)
        self._y_of(block.first, block.size, block.y)

    def check_shapes(self, block: Block) -> None:
        """Refuse arrays of other shapes, or texts for numbers, than the model takes."""
        for leaf, label, taken in zip(block.x, self.labels, self._taken, strict=True):
            if taken is not None and (leaf.dtype.kind in TEXT) != (taken.dtype == tf.string):
                kinds = ("texts", "numbers") if taken.dtype == tf.string else ("numbers", "texts")
                raise ValueError(
                    f"The model takes {kinds[0]} as {label}. Received: {kinds[1]} ({leaf.dtype}). Convert them as for the training."
                )
            if taken is not None and not fits(leaf.shape[1:], taken.shape[1:]):
                raise ValueError(misfit(leaf.shape, tuple(taken.shape), label, of_dataset=self._of_dataset))

    def convert(self, block: Block) -> tuple[list[np.ndarray], Any]:
        """Return (flat inputs, y) of a block in the dtypes that the model takes."""
        pairs = zip(block.x, self._taken, strict=True)
        real = self.precision.as_numpy_dtype
        inputs = [leaf.astype(_dtype_of(leaf.dtype, taken, real), copy=False) for leaf, taken in pairs]
        return inputs, self._y_of(block.first, block.size, block.y)

    def example(self) -> list[np.ndarray]:
        """Return the flat inputs and the leaves of y of one example."""
        flat: list[np.ndarray] = tf.nest.flatten(self._one)
        return flat

    def takes_any(self, position: int) -> bool:
        """Tell whether the model does not say which dtype it takes as an input, as a subclassed one."""
        return self._taken[position] is None

    def _named(self, count: int, known: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
        """Names of the flat inputs, and the model's symbolic inputs that they feed (None where unknown)."""
        names = [path for path, _ in paths(self.structure)] if isinstance(self.structure, dict) else None
        unknown = names is not None and bool(known) and not set(names) <= set(known)
        if known and (len(known) != count or unknown):
            wanted = [self._label(name, k) for k, name in enumerate(known)]
            given = f": {', '.join(map(repr, names))}" if names is not None else ""
            raise ValueError(
                f"x has one part per input of model '{self._objective.model.name}': {', '.join(wanted)}. Received: {count} part(s)"
                f"{given}. {self._parts_of(known, names)}"
            )
        if names is not None and len(names) == count:
            return names, [known.get(name) for name in names]
        alone = ["x"] if count == 1 else [f"x[{k}]" for k in range(count)]
        in_list = in_order(self._objective.model)
        return list(in_list) or alone, list(in_list.values()) or [None] * count

    def _parts_of(self, known: Mapping[str, Any], names: Sequence[str] | None) -> str:
        """The way out where x has other parts than the model."""
        missing = [name for name in known if names is not None and name not in names]
        if len(known) == 1:
            return "Pass one array, np.stack(x) of a list of examples."
        if any(map(is_made_up, known)):
            return "Pass a list with an array for each, in the order of the model's inputs."
        keys = ", ".join(f"{name!r}: …" for name in known)
        gone = f" ({', '.join(map(repr, missing))} missing)" if missing else ", or a list with an array for each"
        return f"Pass a dict {{{keys}}}{gone}; of a frame with these columns, dict(x)."

    def _label(self, name: str, place: int) -> str:
        """The words for an input: by the user's own name for it, else by its position."""
        if isinstance(self.structure, dict) or not is_made_up(name):
            return f"input '{name}'"
        return "x" if self.structure == 0 else f"x[{place}]"

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
            y = self._labels(first, y) if score.needs_y else ()
        elif y is None or not self.uses_y:
            y = ()
        elif isinstance(y, Weighted):
            y = y.y
        real = self.precision.as_numpy_dtype
        return mapped(lambda leaf: leaf.astype(real, copy=False) if leaf.dtype == np.float64 else leaf, y)

    def _labels(self, first: int, y: Any) -> Any:
        """The y of examples from `first` on, checked by the score; with their sample weights for a loss."""
        score, weights = self._objective.score, None
        if isinstance(y, Weighted):
            y, weights = y
        try:
            labels = score.labels(y)
        except LabelError as error:
            raise error.counted_from(first) from None
        return Weighted(labels, weights) if weights is not None and isinstance(score, Loss) else labels


def kind_of_examples(structure: Any, first: Block) -> Any:
    """Make a value that tells x and y of other structures, shapes and dtypes apart; `Inputs` are the same for all of a kind.

    Args:
        structure: of x, 0 at its leaves.
        first: some examples, as given.
    """
    return as_key(structure), tuple(map(_kind, first.x)), None if first.y is None else as_key(mapped(_kind, first.y))


def _kind(leaf: np.ndarray) -> tuple[tuple[int, ...], str]:
    """The shape of an example and the dtype, quick to compare."""
    return leaf.shape[1:], "text" if leaf.dtype.kind in TEXT else leaf.dtype.str


def _spec(leaf: np.ndarray) -> tf.TensorSpec:
    return tf.TensorSpec([None, *leaf.shape[1:]], tf.string if leaf.dtype.kind in TEXT else leaf.dtype)


def _first(leaf: Any) -> Any:
    return leaf[:1].copy()  # which keeps no other examples alive


def _dtype_of(given: np.dtype, taken: _Taken | None, real: Any) -> Any:
    """The dtype in which an array of `given` goes into a model's input, real numbers in that of the model."""
    if given.kind in TEXT:
        return given
    if taken is None:
        return real if given.kind == "f" else given
    return real if taken.dtype.is_floating else taken.dtype.as_numpy_dtype
