"""Several folds of one pass of samples: one per method, or one per target."""

from kerasal._folds.moments import BlockMoments, Moments


class Several:
    """Folds that all take the same samples.

    Args:
        folds: a `Moments` or `Stack` for each.
    """

    def __init__(self, folds):
        self.folds, self.example_axis = list(folds), folds[0].example_axis
        self.key = (type(self).__name__, *(fold.key for fold in self.folds))

    def each(self, given):
        """What of something each fold gets: all of it."""
        return [given] * len(self.folds)

    def check(self, rank, samples=None, classes=0):
        for fold, of_fold in zip(self.folds, self.each(rank)):
            fold.check(of_fold, samples, classes)

    def check_error(self):
        for fold in self.folds:
            fold.check_error()

    def init(self, rank):
        return [fold.init(of_fold) for fold, of_fold in zip(self.folds, self.each(rank))]

    def open(self, states):
        return [fold.open(state) for fold, state in zip(self.folds, states)]

    def update(self, states, samples):
        return [fold.update(state, s) for fold, state, s in zip(self.folds, states, self.each(samples))]

    def of_one(self, samples):
        return _lists([fold.of_one(s) for fold, s in zip(self.folds, self.each(samples))])

    def close(self, states):
        return [fold.close(state) for fold, state in zip(self.folds, states)]

    def collect(self, kept, closed):
        return _lists([fold.collect(k, c) for fold, k, c in zip(self.folds, kept or [None] * len(closed), closed)])

    def finalize(self, kept, rank):
        return _lists([fold.finalize(k, of_fold) for fold, k, of_fold in zip(self.folds, kept, self.each(rank))])


class Each(Several):
    """One fold per target, of samples and ranks that come as a list."""

    def each(self, given):
        return given


def _lists(of_folds):
    """What each fold told, as a list for each part of it."""
    return tuple(list(part) for part in zip(*of_folds))


def fold_of(method, ch_axis, ch_reduce, stratified=False):
    """The `Moments` of a method, or `Several` of a list of methods; of stratified samples `BlockMoments`.

    Raises:
        ValueError: an empty list, or what `Moments` refuses.

    Example:

    >>> fold_of("abs", -1, "sum").name, [fold.name for fold in fold_of(("raw", "square"), -1, "sum").folds]
    ('abs', ['raw', 'square'])
    """
    kind = BlockMoments if stratified else Moments
    if not isinstance(method, (list, tuple)):
        return kind(method, ch_axis, ch_reduce)
    if not method:
        raise ValueError("A list of methods has one or more. Received: an empty one. Pass e.g. ['raw', 'abs'].")
    return Several([kind(each, ch_axis, ch_reduce) for each in method])
