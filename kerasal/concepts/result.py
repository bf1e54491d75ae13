"""The outcome of a TCAV."""

import dataclasses
from typing import Any

import numpy as np

from kerasal._errors import needed
from kerasal._folds.student import half_width
from kerasal._vocabulary import checks_keywords
from kerasal.concepts.inference import holm, of_runs

LEVEL = 0.05  # the share of studies without an effect in which one is told


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ConceptScores:
    """The scores of concepts at a layer, for some examples: how often more of the concept raises the score of the model.

    Attributes:
        names: of the K concepts; layer: in words; score_name: of the model's score.
        derivatives: (K, R, N), of the score along the vector of length 1 of each run, at each example.
        random_derivatives: (K, R, N), the same along vectors of random examples.
        accuracies: (K, R), share of examples not seen in training that each run's vector puts on the right side; .5 is chance.
        accuracy_errors: (K,), standard error of the mean of them.
        against: "random", or the name of the concept that the others are told from.

    Example:
        >>> import numpy as np
        >>> from kerasal.concepts import ConceptScores
        >>> rng = np.random.default_rng(0)
        >>> slopes = np.stack([1 + rng.random((15, 40)), rng.normal(size=(15, 40))])
        >>> found = ConceptScores(("red", "round"), "'mixed4'", "logit of class 3", slopes, rng.normal(size=(2, 15, 40)), np.ones((2, 15)), np.zeros(2))
        >>> found.verdicts, found.scores.round(2).tolist()
        (('above random', 'as random'), [1.0, 0.48])
    """

    names: tuple[str, ...]
    layer: str
    score_name: str
    derivatives: np.ndarray
    random_derivatives: np.ndarray
    accuracies: np.ndarray
    accuracy_errors: np.ndarray
    against: str = "random"

    @property
    def by_run(self) -> np.ndarray:
        """The score of each run, (K, R): the share of examples whose derivative is positive."""
        return np.asarray((self.derivatives > 0).mean(2))

    @property
    def random_by_run(self) -> np.ndarray:
        """The score of the random concept of each run, (K, R)."""
        return np.asarray((self.random_derivatives > 0).mean(2))

    @property
    def scores(self) -> np.ndarray:
        """The score of each concept, (K,), mean over runs."""
        return np.asarray(self.by_run.mean(1))

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of each score, (K,), over the runs and the examples that were drawn.

        The part of the examples is that with two more, one for and one against, so that a score of 0 or 1 of few examples is not
        called certain.
        """
        signs = (self.derivatives > 0).astype("float64")
        count, runs = signs.shape[2], signs.shape[1]
        of_run, of_example = signs.mean(2), signs.mean(1)
        rest = signs - of_run[:, :, None] - of_example[:, None] + signs.mean((1, 2))[:, None, None]
        ends = np.tile([0.0, 1.0], (len(signs), 1))
        by_runs = of_run.var(1, ddof=1) / runs
        by_examples = np.concatenate([of_example, ends], 1).var(1, ddof=1) / (count + 2)
        shared = np.square(rest).sum((1, 2)) / ((count - 1) * (runs - 1)) / (count * runs)
        return np.sqrt(np.maximum.reduce([by_runs + by_examples - shared, by_runs, by_examples]))

    @property
    def interval(self) -> np.ndarray:
        """95 % interval of each score, (K, 2), by Student's t."""
        reach = half_width(self.by_run.shape[1] - 1) * self.standard_error
        return np.clip(np.stack([self.scores - reach, self.scores + reach], 1), 0, 1)

    @property
    def p_values(self) -> np.ndarray:
        """Corrected p-value of each concept, (K,): randomization test over runs, for K tests (Holm).

        A concept that is none of its own may change places with the random examples it is told from, which turns the vector round: its
        derivatives are as often positive as negative. So the mean sign of each run may be turned round too, a score of .5 being
        chance where no derivative is 0, and p is the share of all ways to turn runs round that give as much.
        """
        return holm(of_runs(np.sign(self.derivatives).mean(2)))

    @property
    def accuracy(self) -> np.ndarray:
        """Accuracy on examples not seen, (K,), mean over runs."""
        return np.asarray(self.accuracies.mean(1))

    @property
    def separates(self) -> np.ndarray:
        """Booleans (K,): whether the 95 % interval of the accuracy lies above chance."""
        return np.asarray(self.accuracy - half_width(self.accuracies.shape[1] - 1) * self.accuracy_errors > 0.5)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """In words for each concept: "above random", "below random" or "as random", at p < .05; "not separated" by the layer."""
        of = self.against
        higher = np.sign(self.derivatives).mean((1, 2)) > 0
        told = zip(self.separates, self.p_values < LEVEL, higher, strict=True)
        return tuple(
            "not separated" if not apart else f"as {of}" if not sure else f"above {of}" if up else f"below {of}"
            for apart, sure, up in told
        )

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        runs, count = self.derivatives.shape[1:]
        half = half_width(runs - 1)
        wide = max(map(len, self.names))
        lines = [
            f"TCAV at {self.layer} of the {self.score_name}: {count} examples, {runs} runs, p for {len(self)} concept(s) by Holm"
        ]
        lines += [
            f"  {name:<{wide}}  {score:.2f} ± {half * error:.2f} ({self.against} {chance:.2f}), {verdict}, p = {p:.2g}, accuracy {apart:.2f}"
            for name, score, error, chance, verdict, p, apart in zip(
                self.names,
                self.scores,
                self.standard_error,
                self.random_by_run.mean(1),
                self.verdicts,
                self.p_values,
                self.accuracy,
                strict=True,
            )
        ]
        return "\n".join(lines)

    def to_frame(self) -> Any:
        """Make a pandas frame: a row for each concept, with score, interval, random score, p, accuracy and verdict."""
        with needed("pandas", "ConceptScores.to_frame"):
            import pandas as pd
        low, high = self.interval.T
        columns = {
            "score": self.scores,
            "standard_error": self.standard_error,
            "low": low,
            "high": high,
            "random": self.random_by_run.mean(1),
            "p": self.p_values,
            "accuracy": self.accuracy,
            "verdict": self.verdicts,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="concept"))

    @checks_keywords
    def plot(self, save_filepath: Any = None, title: str | None = None) -> Any:
        """Draw the score of each concept with its 95 % interval, beside that of random concepts, and say which differ.

        Args:
            save_filepath: of a picture to write, `.png`, `.svg` or `.pdf`.
            title: text above; None: of which score and layer.

        Returns:
            A figure, which a notebook shows.
        """
        from kerasal.visualizers.concepts import plot_concepts

        return plot_concepts(self, save_filepath, title)
