"""Shapley values: each part's share of the difference between the score of the target and that of all parts hidden."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Finished, Points, Totals, Traits
from kerasal._engine.forward import Forward
from kerasal.calculators.attribution import row_sums, with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.calculators.coalitions import Coalitions, Permutations, Subsets
from kerasal.calculators.hiding import HiddenBy
from kerasal.calculators.players import Players, players_on, warn_of_many
from kerasal.calculators.windows import Groups

_MOST_EXACT = 16  # parts: 65 536 passes
_MANY = 4096  # parts, of which a user is told


@dataclasses.dataclass(frozen=True, eq=False)
class _Game:
    """The players on a target, and the coalitions that are looked at."""

    players: Players
    coalitions: Coalitions


class ShapleyCalculator(Calculator):
    """Shapley values of parts of the target (Shapley 1953; Štrumbelj and Kononenko 2010, Lundberg and Lee 2017, arXiv:1705.07874).

    The value of a part is what the score gains when the part is shown, averaged over all orders in which the parts, hidden at first,
    may be shown one after another. It is shared equally among the elements of the part, so that each sample adds up to
    f(target) − f(all hidden). With up to `exact_up_to` parts all 2^parts coalitions are looked at, and values are exact. With more, a
    sample is a pair of permutations, one the reverse of the other, and takes 2 · parts passes.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        groups: integers of the shape of one example's target, or of the batch: elements of the same number are a part (superpixels,
            columns, tokens); negative ones are never hidden. None for tiles.
        size: of a tile, one number or one per slide axis; the last one of an axis is cut off at the edge.
        slide_axis: axes of the target (N, ...) that tiles lie along, covering the others whole; None: (1, 2) of images
            (N, H, W, C), 1 of anything else.
        fill: what hides: see `OcclusionCalculator`; or a `Background` of examples, over which values are averaged: all, or drawn.
        exact_up_to: the most parts that are looked at exactly, 0 to 16; of 10, 1024 passes.

    Shapes:
        x (N, *target) -> (M, N, *target) and (N, *target), with size 1 for every axis that is hidden whole. Units: of the
        score.

    `Saliency.about["exact"]` tells whether the values are exact. Then M is 1, unless there is noise, dropout or a drawn background,
    and `target_error` is met by it.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import ShapleyCalculator
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> ShapleyCalculator(model).explain(np.array([[1.0, 5.0, 8.0]])).values.round(4)
        array([[ 1., 15., 16.]], dtype=float32)
    """

    traits = Traits(needs_gradient=False, is_random=True, reports_completeness=True, has_base=True, keeps_masks=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        groups: ArrayLike | None = None,
        size: int | Sequence[int] = 1,
        slide_axis: int | Sequence[int] | None = None,
        fill: Any = 0.0,
        exact_up_to: int = 10,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.groups = None if groups is None else Groups(groups)
        self.size, self.slide_axis, self.exact_up_to = size, slide_axis, exact_up_to
        self.fill = HiddenBy(fill)
        is_integer = isinstance(exact_up_to, (int, np.integer)) and not isinstance(exact_up_to, bool)
        if not is_integer or not 0 <= exact_up_to <= _MOST_EXACT:
            raise ValueError(
                f"exact_up_to is an integer from 0 to {_MOST_EXACT}, a number of parts. Received: exact_up_to={exact_up_to!r}. Give e.g. 10."
            )

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the parts of the target, and the coalitions of them to look at."""
        self.fill.check(shape, forward.target_dtype)
        players = players_on(shape, self.groups, self.size, self.slide_axis)
        count = players.count
        warn_of_many(
            count, _MANY, f"A sample of Shapley values of {count} parts takes {2 * count} passes for each example"
        )
        coalitions: Coalitions = Subsets(count) if count <= max(self.exact_up_to, 1) else Permutations(count)
        game = _Game(players, coalitions)
        exact = f"all coalitions of {count} parts are looked at, see exact_up_to" if self._is_exact(game) else ""
        plan = self.fill.with_each(coalitions.plan)
        return Points(plan, self.fill.ends, players.per_example, game, exact)

    def reference(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make the target, or the target with all parts hidden."""
        shown = with_trailing_axes(at["is_shown"] > 0, target.shape.rank + 1)
        return self._shown(score, target, shown, at)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Add up the shares of the parts in the scores of some coalitions."""
        players, coalitions = score.context.players, score.context.coalitions
        places = coalitions.places(score)
        shown = coalitions.shows(players.elements(places[:, None], score)[0], at)

        def of_coalitions(evaluated: Evaluated) -> tf.Tensor:
            ends = evaluated.references[0], tf.gather(evaluated.references[1:], at["which"])
            found = coalitions.shares(evaluated.values, ends, places, at) / self.fill.count
            return players.shared(found, score)

        return score.evaluate(self._shown(score, target, shown, at), of_coalitions)

    def finish(self, totals: Totals) -> Finished:
        """Compare the sum with the difference of the scores at the ends."""
        references: Any = totals.references
        owed = references[0] - tf.reduce_mean(references[1:], 0)
        return Finished(totals.saliency, row_sums(totals.saliency) - owed, owed)

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what the parts are, and whether the values are exact."""
        return {
            **context.players.described(self.groups, self.size, self.slide_axis, self.fill),
            "exact": self._is_exact(context),
        }

    def _is_exact(self, game: _Game) -> bool:
        return isinstance(game.coalitions, Subsets) and not self.fill.is_drawn

    def _shown(self, score: BoundScore, target: tf.Tensor, shown: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """The target (R, ...) where it is `shown` (K, R or 1, ...), or in no part, else what hides it: (K, R, ...)."""
        players = score.context.players
        return self.fill.hidden(score, target, shown | (players.numbers(score) < 0)[None], players.axes, at)
