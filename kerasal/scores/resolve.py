"""Scores of some of several outputs, and the score meant by what a user gave."""

import numpy as np
import tensorflow as tf

from kerasal.scores.base import Function, Score
from kerasal.scores.classes import AllClasses, Class, Classes, Each, Predicted


class Heads(Score):
    """Scores of some of a model's several outputs; their sum where there is more than one; score={"head": ...}."""

    def __init__(self, heads):
        self.heads = {name: resolve(score) for name, score in heads.items()}
        self.needs_y = any(score.needs_y for score in self.heads.values())
        self.choices = len(self.heads)
        if not heads or any(isinstance(score, (Heads, Classes, AllClasses)) for score in self.heads.values()):
            raise ValueError(
                f"A dict of scores maps an output's name to a score: None, a class, a function, … Received: {heads!r}. Give "
                "e.g. score={'digit': None}."
            )

    def parts(self):
        return [self, *self.heads.values()]

    def labels(self, y):
        return {name: score.labels(_of_head(y, name)) for name, score in self.heads.items() if score.needs_y}

    def _runs(self, run):
        outputs = run.outputs
        if tf.is_tensor(outputs):
            raise ValueError(
                f"A dict of scores is for a model with several outputs. Received: score for {list(self.heads)} and a model with "
                "one output. Give the score itself."
            )
        named = outputs if isinstance(outputs, dict) else dict(zip(run.model.output_names, outputs))
        for position, (name, score) in enumerate(self.heads.items()):
            if name not in named:
                raise ValueError(
                    f"score names an output of the model: {', '.join(named)}. Received: {name!r}. Name one of them."
                )
            part = run.of_head(named[name], position)
            part.y = run.y.get(name) if isinstance(run.y, dict) else None
            yield name, score, part

    def choose(self, run):
        def first(score, part):
            return score.choose(part) if score.choices else tf.zeros([part.rows, 1], tf.int32)

        return tf.concat([first(score, part) for _, score, part in self._runs(run)], 1)

    def value(self, run):
        scored = [(name, *score.value(part)) for name, score, part in self._runs(run)]
        return tf.add_n([value for _, value, _ in scored]), " + ".join(f"{word} at {name}" for name, _, word in scored)


def resolve(score):
    """The `Score` meant by what the user gave: None, an int, one int or score per example, a Score, a function, a dict of heads."""
    if score is None:
        return Predicted()
    if isinstance(score, Score):
        return score
    if isinstance(score, (int, np.integer)) and not isinstance(score, bool):
        return Class(score)
    if isinstance(score, str) and score == "all":
        return AllClasses()
    if isinstance(score, dict):
        return Heads(score)
    if isinstance(score, (list, tuple)) and any(isinstance(one, Score) or callable(one) for one in score):
        return Each([resolve(one) for one in score])
    if isinstance(score, (list, tuple, np.ndarray)) or tf.is_tensor(score):
        return Classes(score)
    if callable(score) and not isinstance(score, type):
        return Function(score)
    raise TypeError(
        "score is None (the predicted class), 'all', a class, one class or score per example, scores.Label(), scores.Loss(), scores.Unit(...), "
        f"scores.Margin(...), a function of the outputs, or a dict of these by output. Received: {score!r} (type "
        f"{type(score).__name__}). Choose one."
    )


def _of_head(y, name):
    return y.get(name) if isinstance(y, dict) else y
