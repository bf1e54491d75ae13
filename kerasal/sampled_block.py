"""Some examples on their way through their samples."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal.folded import Folded
from kerasal.structure import leaves, mapped


@dataclasses.dataclass
class SampledBlock:
    """Neighbouring examples with the same number of samples so far, and what is known of them between compiled calls.

    Attributes:
        loop: the `Loop`.
        given: (inputs, y, companions, points, reference points), tensors; first: position of the first example.
        carried, state: of the loop; see `Loop.carried` and the folds; kept: what the fold keeps outside of it.
        done: samples so far; error: relative error of the map after them, (count,), or None.
    """

    loop: Any
    given: tuple
    first: int
    carried: tuple
    state: Any
    kept: Any = None
    done: int = 0
    error: Any = None

    @classmethod
    def start(cls, loop, given, first):
        """Examples without any samples."""
        return cls(loop, given, first, *loop.beginning(len(leaves(given[0])[0])))

    @property
    def count(self):
        """How many examples."""
        return len(self.carried[0])

    def part(self, begin, end):
        """Some of the examples, whose samples go on."""

        def cut(tree):
            return mapped(lambda part: part[begin:end] if part.shape.rank else part, tree)

        inputs, y, beside, *plans = self.given
        chosen, scores, finite, gaps, *_ = self.carried
        between_boxes = self.loop.carried(end - begin)[4:]
        carried = (*cut((chosen, scores, finite)), gaps[:, begin:end], *between_boxes)
        return SampledBlock(
            self.loop,
            (*cut((inputs, y, beside)), *plans),
            self.first + begin,
            mapped(tf.convert_to_tensor, carried),
            cut(self.state),
            cut(self.kept),
            self.done,
            self.error[begin:end],
        )

    def folded(self, fold):
        """The `Folded` of the samples so far."""
        rank = self.loop.rank_of_map
        values, std, error = fold.finalize(self.kept, rank)
        scores, gaps = self.carried[1].numpy(), self.carried[3].numpy()
        return Folded(values, std, error, np.full(self.count, self.done), scores, gaps, rank)
