"""A made-up model with a target of it and what to try with them, and the comparison of numbers with those known from elsewhere."""

import random

import numpy as np
import tensorflow as tf
from fuzz import DONE
from made_models import plan_of
from plain_points import PlainPoints

from kerasal import GaussianNoiseSampler, GradientCalculator

NOISE = GaussianNoiseSampler(scale=0.2)


class Made:
    """A made-up model, a target of it, and what to try with them, all chosen by a number."""

    def __init__(self, seed):
        self.plan, self.choose = plan_of(seed), random.Random(seed + 1)
        self.case = self.plan.case()
        self.model, self.rtol = self.case.build(), self.case.rtol
        places = [("post", "inner")] if self.plan.kind == "tokens" else [0, 0, ("post", "inner"), ("pre", "inner")]
        if self.plan.second in ("table", "series"):
            places.append(1)
        self.plain = PlainPoints(self.case, self.model, self.choose.choice(places))

    def calculator(self, kind=GradientCalculator, **settings):
        settings = {"score": self.case.score, "target_extractor": self.plain.extractor, **settings}
        return kind(self.model, **settings)

    @property
    def how(self):
        """Samples of noise, of dropout or of both."""
        train = self.plan.is_random and self.choose.random() < 0.7
        noise = NOISE if not train or self.choose.random() < 0.5 else None
        return {"noise_sampler": noise, "train": train, "seed": self.choose.randrange(2**40)}

    def agree(self, found, expected, factor=1.0):
        """Within the rounding of the model, in relation to the largest number of an example's map."""
        found, expected = np.asarray(found, "float64"), np.asarray(expected, "float64")
        assert found.shape == expected.shape, (found.shape, expected.shape, self.plan, self.plain.place)
        limit = factor * self.rtol * (1e-3 + np.abs(expected).max(initial=0.0))
        apart = np.abs(found - expected).max(initial=0.0)
        assert apart <= limit, (apart, limit, self.plan, self.plain.place)
        DONE["checks"] += 1

    def agree_with_tape(self, settings, score, y=None):
        """The gradient at the first input is that of a function of the outputs, (N,)."""
        first, *others = self.plain.flat
        with tf.GradientTape() as tape:
            tape.watch(first)
            outputs = self.model([first, *others] if others else first, training=False)
            value = score(tf.nest.map_structure(lambda output: tf.cast(output, tf.float32), outputs))
        found = GradientCalculator(self.model, **settings).explain(self.case.x, y)
        self.agree(found.values, tape.gradient(value, first))
        self.agree(found.scores, value)
