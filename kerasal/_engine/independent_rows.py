"""The check that the score of a row does not depend on the rows beside it, since examples, samples and points share model calls."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.forward import Asked, Forward
from kerasal._errors import warn_user
from kerasal._keyed_random import Rows
from kerasal._network.assertions import error_of
from kerasal._network.graphs import traced
from kerasal._network.interception import Shortcut
from kerasal._network.known_graphs import is_row_wise_graph
from kerasal._network.layer_tree import layers_of, walk
from kerasal._network.randomness import Randomness

_BESIDE = [1, 0, 1]  # two rows beside one another; where a call has no more than two, without the last
# Share of the score that is no rounding, by the coarsest dtype that a layer computes in; of all others the last.
_FAR = {"float16": 2e-2, "bfloat16": 5e-2}
_FAR32 = 1e-4
_CHAOS = 30  # times the effect of a change by a rounding error of the inputs
_ABOUT_SIZES = ("shape", "size", "dimension")  # in errors of operations that are made for another number of rows

Arguments = tuple[Any, Any, Any]
"""The flat inputs, y, and what the method brought along, of the rows of a call."""
Scores = Callable[[Arguments], np.ndarray]
"""Function that gives the clean scores of rows, (rows, ...)."""


class RowCheck:
    """Compares, once, the scores of two rows alone with theirs beside one another.

    Args:
        forward: the model and what is asked of it.
        randomness: the layers that are random; a score that is drawn anew in every call says nothing.

    Attributes:
        is_done: whether there is nothing left to check, or never was: in a graph of Keras' own layers.
    """

    def __init__(self, forward: Forward, randomness: Randomness):
        self._forward = forward
        is_known = not forward.runs_users_code and not forward.score.needs_y and is_row_wise_graph(forward.model)
        self.is_done, self._is_done_of_one = is_known or bool(randomness.unpaired_names), False

    def __call__(self, scores: Scores, arguments: Arguments, first: int, most: int) -> None:
        """Check the first two rows of a block that differ.

        Args:
            scores: of the rows of a call.
            arguments: of the block.
            first: position of its first example.
            most: rows of a call, 2 or more.

        Raises:
            ValueError: the rows depend on one another.
        """
        pair, order = _two_rows(arguments), _BESIDE[:most]
        if pair.is_made_up and self._is_done_of_one:
            return
        try:
            beside = scores(_rows(pair.arguments, order))
            alone = [scores(_rows(pair.arguments, [row])) for row in (0, 1)]
        except tf.errors.InvalidArgumentError as error:
            refusal = self._of_sizes(error)
            if pair.is_made_up or refusal is None:  # what else is wrong, the rows themselves will tell
                return
            raise refusal from None
        differences = _differences(beside, alone, sums=self._forward.accepts_sums)
        apart = float(differences.max())
        if not np.isfinite(apart):  # which is refused by name
            return
        if apart > _far(self._forward.model) * _size(beside, alone):
            if self._is_drawn(scores, _rows(pair.arguments, order), beside, apart):
                return
            if not self._is_rounding(scores, pair.arguments, alone[0], apart):
                raise self._refusal(pair, first, alone, beside, int(differences[1] > differences[0]))
        self.is_done, self._is_done_of_one = not pair.is_made_up, True

    def _is_rounding(self, scores: Scores, arguments: Arguments, alone: np.ndarray, apart: float) -> bool:
        """Tell whether a rounding error of the inputs changes the score about as much."""
        inputs, *rest = arguments
        share = _far(self._forward.model) / 100
        changed = [_nudged(part, share) if part.dtype.is_floating else part for part in inputs]
        nudged = scores(_rows((changed, *rest), [0]))
        return bool(apart < _CHAOS * np.abs(nudged - alone).max())

    def _is_drawn(self, scores: Scores, arguments: Arguments, beside: np.ndarray, apart: float) -> bool:
        """Tell whether the same rows get other scores again, in a way that no graph shows; warn of it."""
        again = scores(arguments)
        if np.abs(again - beside).max() < apart / 10:
            return False
        warn_user(
            f"The same rows were scored {_told(beside[1])} and then {_told(again[1])}: the score is drawn at random where it cannot "
            "be seen, such as by NumPy in a tf.py_function. No seed reaches it, and points are not compared under the same draws. "
            "Explain a model without that draw.",
        )
        return True

    def _refusal(self, pair: "_Pair", first: int, alone: list[np.ndarray], beside: np.ndarray, row: int) -> ValueError:
        """Make the error for rows that depend on one another, of which `row` shows it most."""
        layer = _first_mixing_layer(self._forward, pair.arguments[:2], _BESIDE[: len(beside)])
        which = f"{self._what}, which scores example {first + pair.positions[row]}"
        where = f", and the output of layer '{layer}' is the first to differ" if layer else ""
        return ValueError(
            f"{_EXPECTED}. Received: {which} {_told(alone[row])} alone and {_told(beside[1 - row])} beside another one{where}. {_WAY_OUT}"
        )

    def error_of(self, error: tf.errors.InvalidArgumentError, first: int, count: int) -> Exception:
        """Give the ValueError meant by an error of a pass over `count` examples from `first` on; any other error as it is."""
        return self._of_sizes(error) or error_of(error, first, count)

    def _of_sizes(self, error: tf.errors.InvalidArgumentError) -> ValueError | None:
        """Make the error for a model that runs on some numbers of rows alone; None where that is not what is wrong."""
        lines = [line.strip() for line in error.message.splitlines()]
        sizes = [line for line in lines if any(word in line.lower() for word in _ABOUT_SIZES)]
        if self.is_done or error_of(error) is not error or not sizes:
            return None
        return ValueError(
            f"{_EXPECTED}. Received: {self._what}, which cannot be run on some of its rows: {sizes[-1][:200]}. Where rows are parts "
            "of one thing, as the nodes of a graph, make that the example: a model whose input has an axis for examples before the "
            "nodes, with score= a function that picks the node; else correct what this says."
        )

    @property
    def _what(self) -> str:
        """The thing that mixes rows, for a message."""
        if self._forward.eval_fun is not None:
            return "an eval_fun"
        if self._forward.score.needs_y:
            return f"a loss or score of '{self._forward.model.name}' that uses y"
        return f"{'a score' if self._forward.runs_users_code else 'a model'}, of '{self._forward.model.name}'"


_EXPECTED = "The score of an example must not depend on the other rows of a model call, since examples, samples and points share calls"
_WAY_OUT = (
    "Pass batch_size=1: every row is then alone in its call. Or leave out what mixes rows (batch statistics in inference, means over "
    "axis 0), e.g. by eval_fun= a function that computes each row for itself."
)


class _Pair(NamedTuple):
    """Two rows that differ.

    Attributes:
        arguments: of the two; positions: of the two in their block, twice the first where the second is made up.
    """

    arguments: Arguments
    positions: tuple[int, int]

    @property
    def is_made_up(self) -> bool:
        """True where the second row is none of the user's."""
        return self.positions[0] == self.positions[1]


def _two_rows(arguments: Arguments) -> _Pair:
    """Take the first row of a block and one that differs, in its labels too where there is one; make one up of a single example."""
    inputs, y, _ = arguments
    others = range(1, min(int(inputs[0].shape[0]), 20))
    differing = [other for other in others if _differs(inputs, other)]
    for other in [other for other in differing if _differs(tf.nest.flatten(y), other)] + differing:
        return _Pair(_rows(arguments, [0, other]), (0, other))
    made_up = [tf.concat([part[:1], _other(part[:1])], 0) for part in inputs]
    _, *rest = _rows(arguments, [0, 0])
    return _Pair((made_up, *rest), (0, 0))


def _differs(parts: Any, other: int) -> bool:
    return any(not np.array_equal(part[0].numpy(), part[other].numpy()) for part in parts)


def _other(row: tf.Tensor) -> tf.Tensor:
    """Make another row of one: its last axis reversed, and real numbers a quarter smaller."""
    reversed_row = tf.reverse(row, [-1]) if row.shape.rank > 1 else row
    return reversed_row * tf.cast(0.75, row.dtype) if row.dtype.is_floating else reversed_row


def _rows(arguments: Arguments, which: list[int]) -> Any:
    return tf.nest.map_structure(lambda part: tf.gather(part, which), arguments)


def _differences(beside: np.ndarray, alone: list[np.ndarray], *, sums: bool) -> np.ndarray:
    """Compute by how much the scores of two rows beside each other, in the order `_BESIDE`, and alone are apart, (2,)."""
    if not all(np.isfinite(part).all() for part in (beside, *alone)):
        return np.full(2, np.nan)
    expected = np.concatenate([alone[row] for row in _BESIDE[: len(beside)]])
    if sums and np.ptp(beside) == 0:  # a sum over rows is a score of each
        return np.full(2, np.abs(beside[0] - expected.sum()))
    apart = np.abs(beside - expected).reshape(len(beside), -1).max(1)
    return np.array([apart[1], apart[::2].max()])


def _size(beside: np.ndarray, alone: list[np.ndarray]) -> float:
    return float(max(np.abs(part).max() for part in (beside, *alone)))


def _far(model: keras.Model) -> float:
    """The share of a score from which on a difference is no rounding."""
    return max((_FAR.get(layer.compute_dtype, _FAR32) for layer in layers_of(model)), default=_FAR32)


def _nudged(part: tf.Tensor, share: float) -> tf.Tensor:
    """Change numbers by a share of each, up and down in turn."""
    signs = 1 - 2 * (tf.range(tf.size(part)) % 2)
    return part * (1 + tf.cast(share, part.dtype) * tf.cast(tf.reshape(signs, tf.shape(part)), part.dtype))


def _told(score: np.ndarray) -> str:
    return f"{np.ravel(score)[0]:.4g}"


def _first_mixing_layer(forward: Forward, pair: Any, order: list[int]) -> str:
    """Find the layer whose output is the first to depend on other rows; "" where none is seen."""
    names: list[str] = []
    outputs: list[tf.Tensor] = []
    paths = {layer: path for path, layer, _ in walk(forward.model)}

    def note(call: Any) -> Any:
        output = call.run()
        if not call.looped and tf.is_tensor(output) and output.dtype.is_floating and output.shape.rank:
            names.append(paths[call.layer] or call.layer.name)
            outputs.append(output)
        return output

    def run(inputs: Any, y: Any) -> list[tf.Tensor]:
        rows, probes = Rows.plain(inputs), {layer: [Shortcut(note)] for layer in paths}
        target = forward.value(inputs, y, Randomness(), rows)
        forward.score_at(Asked(inputs, y), target, Randomness(), rows, probes)
        return outputs

    compiled = traced(forward.model, run, *forward.inputs.specs)
    beside, *alone = (compiled(*_rows(pair, which)) for which in (order, [0], [1]))
    for name, one, first, second in zip(names, beside, *alone, strict=True):
        if len(one) == len(order) and len(first) == 1 and one.shape[1:] == first.shape[1:]:
            apart = np.abs(np.asarray(one - tf.concat([second, first, second][: len(order)], 0), "float32")).max(
                initial=0
            )
            if apart > _far(forward.model) * np.abs(np.asarray(one, "float32")).max(initial=0):
                return name
    return ""
