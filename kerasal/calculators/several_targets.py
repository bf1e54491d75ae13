"""Several targets at once: the same results as one by one, from one pass wherever passes are the same."""

import copy

from kerasal._engine.session import run
from kerasal._engine.traces import Traces
from kerasal._folds.several import Each
from kerasal._network.targets import InputExtractor
from kerasal.calculators.attribution import Attribution


def run_each(calculator, x, y, sampling, make_fold):
    """Fold the samples of several targets.

    Args:
        calculator: a `Calculator` whose target is a list of extractors.
        x, y, sampling: see `kerasal._engine.session.run`.
        make_fold: gives the fold of one target.

    Returns:
        A list of (`Calculator` of one target, what `kerasal._engine.session.run` gives).
    """
    singles = calculator.traces.once(
        ("singles",), lambda: [_single(calculator, target) for target in calculator.target]
    )
    if calculator.several is None or sampling.noise_sampler is not None:
        return [(single, *run(single, x, y, sampling, make_fold())) for single in singles]
    together = calculator.traces.once(("together",), lambda: calculator.several(calculator))
    folded, sampling, loop, unpaired = run(together, x, y, sampling, Each([make_fold() for _ in singles]))
    return [(single, folded.of_target(place), sampling, loop, unpaired) for place, single in enumerate(singles)]


def _single(calculator, target):
    single = copy.copy(calculator)
    single.__dict__.update(target=target, traces=Traces(calculator.model))
    return single


class GradientsOfSeveral(Attribution):
    """Gradients with respect to several inputs and layers of one pass, none of them replaced.

    Args:
        calculator: the `GradientCalculator`.
    """

    accepts_sums = True
    needs_gradient = False

    def __init__(self, calculator):
        self._calculator, self.relu_rule = calculator, calculator.relu_rule
        self.model, self.score, self.eval_fun = calculator.model, calculator.score, calculator.eval_fun
        self.logits, self.traces, self.target = calculator.logits, Traces(calculator.model), InputExtractor(0)

    def prepare(self, shape, look):
        return look.places_of(self._calculator.target)

    def rank_of_map(self, rank):
        return [len(shape) for _, shape in self.prepared]

    def attribution(self, score, target, at):
        targets = self._calculator.target

        def probe(keep):
            handlers: dict = {}
            for place, extractor in enumerate(targets):
                if not isinstance(extractor, InputExtractor):
                    kept = extractor.handler(lambda value, place=place: keep(("layer", place), value()))
                    handlers.setdefault(extractor.find(self.model), []).append(kept)
            return handlers

        def of_targets(here):
            found = {what: (tensor, gradient) for what, tensor, gradient in here.probed}
            keys = [
                ("layer", place) if position is None else ("input", position)
                for place, (position, _) in enumerate(self.prepared)
            ]
            return [
                self._calculator.of_gradient(*found.get(key, (target, here.gradient)), extractor)
                for key, extractor in zip(keys, targets)
            ]

        return score.differentiate(target, of_targets, probe)
