"""Telling users that their y is not used, or not as they may think."""

from typing import Any

import numpy as np

from kerasal._engine.blocks import Block
from kerasal._engine.inputs import Inputs
from kerasal._engine.objective import Objective
from kerasal._errors import warn_user
from kerasal.scores.loss import Loss, Weighted


def warn_of_unused_y(objective: Objective, inputs: Inputs, y: Any) -> None:
    """Warn where y was given and nothing uses it; labels that come with a data set are no sign of a wish.

    Args:
        objective: what is explained.
        inputs: what x looks like.
        y: as the user gave it beside x.
    """
    if y is None or inputs.uses_y:
        return
    if objective.eval_fun is not None:
        taken, todo = "eval_fun takes no y", "let it take y as its last argument, eval_fun(x, y)"
    else:
        taken = f"the score {objective.score!r} does not use it"
        todo = "give score=kerasal.scores.Label() for the class in y, or kerasal.scores.Loss() for the loss"
    warn_user(
        f"y was given, but {taken}: the labels change nothing in the map. If they should, {todo}; else leave y out."
    )


def warn_of_reconstruction(objective: Objective, inputs: Inputs, first: Block) -> None:
    """Warn where the loss compares the output with the very input that is explained, whose copy in y is held fixed.

    Args:
        objective: what is explained.
        inputs: what x looks like.
        first: the first examples.
    """
    y = first.y.y if isinstance(first.y, Weighted) else first.y
    if not isinstance(objective.score, Loss) or not isinstance(inputs.position, int) or not isinstance(y, np.ndarray):
        return
    target = first.x[inputs.position]
    if y.shape != target.shape or not np.array_equal(y[:1], target[:1]) or not np.array_equal(y, target):
        return
    axes = tuple(range(1, y.ndim))
    warn_user(
        "y is x itself, and scores.Loss() holds y fixed: of the loss of a reconstruction this is the part through the model "
        "alone. For all of it give, in place of the score, "
        f"eval_fun=lambda x: tf.reduce_mean((x - model(x)) ** 2, {axes}), or as the loss is.",
    )
