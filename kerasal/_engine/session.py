"""From a method and its arguments to a compiled loop that has run: what is checked, traced once, and kept."""

import dataclasses
import warnings

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Blocks, Companions
from kerasal._engine.driver import LoopRunner, OnceRunner
from kerasal._engine.folded import Folded
from kerasal._engine.forward import Forward, Look
from kerasal._engine.inputs import Inputs
from kerasal._engine.sample_loop import Loop
from kerasal._engine.single_pass import Once
from kerasal._errors import listed
from kerasal._folds.moments import Stack
from kerasal._network.randomness import randomness_of
from kerasal._tree import leaves, mapped

_CHECKED = 2**20  # numbers at a time, so that no copy of all examples is made


def run(method, x, y, sampling, fold):
    """Fold M samples of every example of x.

    Args:
        method: a `Calculator`.
        x, y: as users give them.
        sampling: a `Sampling`.
        fold: a `Moments` or `Stack`, or several of them.

    Returns:
        (`Folded`, the `Sampling` with M decided, the `Loop` or `Once`, names of the layers that drew by themselves).
    """
    blocks = Blocks(x, y)
    method.score.check_count(blocks.total)
    first_x, first_y = blocks.first()
    inputs = Inputs(method.model, method.target, method.score, method.eval_fun, first_x, first_y, method.needs_gradient)
    if inputs.integer_target and sampling.noise_sampler is not None:
        inputs.check_target(inputs.position)
    _check_all(blocks, inputs)
    forward = Forward(
        method.model, method.score, method.target, inputs, method.eval_fun, method.logits, method.accepts_sums
    )
    shape = method.traces.once(("shape", inputs.key), lambda: inputs.target_shape(forward))
    method.prepared = method.traces.once(("prepared", inputs.key), lambda: method.prepare(shape, Look(forward, inputs)))
    plans = method.plan(shape), method.references(shape)
    beside = Companions(method.companions(), blocks.total)
    randomness = method.traces.once(
        ("randomness", repr(sampling.train), inputs.key),
        lambda: randomness_of(method.model, sampling.train, forward, inputs),
    )
    unpaired = tuple(layer.name for layer in randomness.unpaired)
    if unpaired and plans[1]:
        raise ValueError(
            f"{type(method).__name__} compares points under the same dropout masks. Received: layers that draw by themselves: "
            f"{', '.join(unpaired)}. Use train={{layer: rate}}, or GradientCalculator."
        )
    sampling = sampling.with_samples(bool(randomness) or method.draws)
    loops = []

    def convert(x, y, position):
        return *inputs(x, y, position), beside(position, len(leaves(x)[0]))

    def work(part, blocks, plan, keep=False, show_progress=False):
        kind = Stack() if keep else fold
        given = plan, plans[1]
        runner = _runner(method.traces, part, inputs, forward, randomness, sampling, kind, shape, given, beside)
        loops.append(runner.compiled)
        how = dataclasses.replace(sampling, show_progress=show_progress)
        return runner.run(blocks, convert, how, given, kind)

    folded = method.fold(work, blocks, plans[0], sampling.show_progress)
    folded = Folded.joined(folded, fold.example_axis) if isinstance(folded, list) else folded
    beside.check(len(folded.scores))
    _warn_of_infinite(folded.values, fold.example_axis, sampling.first_example)
    method.review(folded)
    return folded, sampling, loops[-1], unpaired


def _check_all(blocks, inputs):
    """Refuse what cannot be an input anywhere in the arrays before any work; a data set is read as it comes."""
    if not blocks.is_dataset:
        of_example = sum(spec.shape[1:].num_elements() for spec in inputs.specs[0])
        for position, x, y in blocks(max(1, _CHECKED // max(1, of_example))):
            inputs(x, y, position)


def _warn_of_infinite(values, axis, first):
    for part in leaves(values):
        if not np.isfinite(part.sum(dtype="float64")):  # all are finite, and no array as large is made to know it
            others = tuple(other for other in range(part.ndim) if other != axis)
            bad = np.flatnonzero(~np.isfinite(part).all(others)) + first
            warnings.warn(
                f"The saliency of example(s) {listed(bad)} is not finite: the score "
                "has no finite gradient there. For integrated gradients use a rule without the ends; or add noise.",
                stacklevel=4,
            )


def _runner(traces, part, inputs, forward, randomness, sampling, fold, shape, plans, beside):
    classes = int(forward.score.lists_classes)
    ranks = mapped(lambda rank: rank + classes, part.rank_of_map(len(shape)))
    fold.check(mapped(lambda rank: rank + 1, ranks), sampling.M, classes)
    plan_specs = mapped(lambda part: tf.TensorSpec([None, *part.shape[1:]], part.dtype), plans)

    random = bool(randomness) or sampling.noise_sampler is not None or part.draws
    once = not random and not any(plans)

    def trace():
        if forward.takes_sums:
            inputs.check_sum(forward)
        specs = (*inputs.specs, beside.specs)
        if once:
            return OnceRunner(Once(part, forward, len(shape), specs))
        state = mapped(lambda part: tf.TensorSpec([None] * np.ndim(part), tf.float32), fold.init(ranks))
        specs = (*specs, *plan_specs, tf.TensorSpec(sampling.scale.shape, tf.float32), state)
        return LoopRunner(Loop(part, forward, randomness, sampling.noise_sampler, fold, len(shape), specs))

    key = (
        type(part).__name__,
        inputs.key,
        repr((beside.specs, plan_specs)),
        None if once else (randomness.key, sampling.noise_key, fold.key),
    )
    return traces.once(("loop", *key), trace)
