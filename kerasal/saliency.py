"""The result of an explanation: one number per element of the target, with its spread over samples."""

import functools
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from kerasal._errors import samples_in_words, warn_user
from kerasal._folds.uncertainty import error_of_mean, relative_error
from kerasal._saliency import known
from kerasal._saliency.checks import axis_names, checked_std, json_copy, per_example, real, sample_count
from kerasal._saliency.views import Views
from kerasal._storage.saliency_file import METADATA, OF_EXAMPLES, PER_ELEMENT, PER_EXAMPLE, load_saliency, save_saliency
from kerasal._vocabulary import checks_keywords
from kerasal.recipes import Recipe

_PER_EXAMPLE_AXES = ("example", "class")  # scores and completeness_gap have these axes and no others
_HOW_TO_INDEX = "A saliency is indexed by example: an integer, a slice, or a 1-D array of integers or booleans."


@checks_keywords
class Saliency(Views):
    """The saliency of a batch of examples, or of one example taken out of a batch.

    It is an array to NumPy (`np.asarray(saliency)` is `saliency.values`), shows itself in a notebook, and indexes by
    example: an integer gives one example and drops the example axis, a slice and a boolean or integer array keep it.
    Each argument is an attribute too.

    Args:
        values: mean over the samples, shape `(N, ...)`; for gradients in units of score per unit of target. float32.
        std: standard deviation over the samples (ddof 1), shape of `values`; None where there is none, as for `M=1`.
        M: number of samples; an array `(N,)` of integers where examples have different ones.
        scores: the score of each example, shape `(N,)`, or `(N, classes)` if `values` has a class axis; float64 where given so.
        score_name: what was differentiated, e.g. `"logit of class 3"`.
        axes: names of the axes of `values`, `"example"` first unless this is one; None: `("example", "axis_1", ...)`.
        completeness_gap: sum of a sample's values minus what it should be, mean over samples, shape of `scores`.
        relative_gap: mean absolute gap ÷ mean absolute value of what the sums should be, shape of `scores`.
        recipe: the `Recipe` that makes it from its examples, for any model.
        unpaired: names of layers that drew randomness by themselves.
        standard_error: how far the mean over samples may be off, shape of `values`; None: `std / sqrt(M)`.
        about: facts of how it was made, such as the model's name, a dict that JSON can hold.
        inputs: the examples as they went into the model, arrays in the structure of x, not copied; of a data set up to 256 MB.
        feature_names: of the last axis of `values`, such as the columns of a frame.
        class_names: of all classes, in the order of the outputs.
        predictions: array `(N,)` with the fields `class` and `probability`; `class` alone where outputs are not known to be
            probabilities or logits, but are scored as classes; or `output` where the model is no classifier.
        labels: true class or number of each example, `(N,)`.
        base_scores: the score at the baseline, from where `values` add up to `scores`; None where there is no baseline.
        tokens: the words of each text, None at positions of padding.
        smiles: of each molecule, its atoms in the order of the string.
        kind: "image", "table", "text", "series", "video", "volume", "molecule" or "numbers", as which it is drawn; "" where it is not known.

    Raises:
        TypeError: `values` or another array is not of real numbers, `recipe` is no `Recipe`, JSON cannot hold `about`.
        ValueError: shapes that do not fit, `M < 1`, a `std` that is negative or comes with `M=1`.

    Example:

    >>> saliency = Saliency([[1, 3, 2], [0, 0, 4]], std=[[0, 1, 0], [0, 0, 2]], M=4, axes=("example", "feature"))
    >>> saliency[0].upper()
    array([1., 4., 2.], dtype=float32)
    >>> saliency[1].standard_error
    array([0., 0., 1.], dtype=float32)
    """

    _recipe: Recipe | str | None

    def __init__(
        self,
        values: ArrayLike,
        std: ArrayLike | None = None,
        M: int | Sequence[int] | np.ndarray = 1,
        scores: ArrayLike | None = None,
        score_name: str = "",
        axes: Sequence[str] | None = None,
        completeness_gap: ArrayLike | None = None,
        relative_gap: ArrayLike | None = None,
        recipe: Recipe | dict[str, Any] | None = None,
        unpaired: Sequence[str] = (),
        standard_error: ArrayLike | None = None,
        about: dict[str, Any] | None = None,
        *,
        inputs: Any = None,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        predictions: Any = None,
        labels: ArrayLike | None = None,
        base_scores: ArrayLike | None = None,
        kind: str = "",
        tokens: Sequence[Sequence[str | None]] | None = None,
        smiles: Sequence[str] | None = None,
    ) -> None:
        if isinstance(recipe, dict):
            told = "Saliency takes a Recipe as recipe. Received: a dict, as in 0.1. Pass it as about."
            warn_user(told, DeprecationWarning)
            about, recipe = {**recipe, **(about or {})}, None
        self.values = real(values, "values")
        self.axes = axis_names(axes, self.values)
        self.M = sample_count(M, self.shape)
        self.std = None if std is None else checked_std(std, self.shape, self.M)
        self._standard_error = None if standard_error is None else checked_std(standard_error, self.shape, self.M)
        each = self.shape[: sum(name in _PER_EXAMPLE_AXES for name in self.axes)]
        self.scores = per_example(scores, "scores", each)
        self.completeness_gap = per_example(completeness_gap, "completeness_gap", each)
        self.relative_gap = per_example(relative_gap, "relative_gap", each)
        self.base_scores = per_example(base_scores, "base_scores", each)
        of_examples = self.shape[:1] if self.axes[:1] == ("example",) else ()
        self.inputs = known.inputs_of(inputs, *of_examples or (None,))
        self.predictions = known.predictions_of(predictions, of_examples)
        self.labels = known.labels_of(labels, of_examples)
        self.feature_names = known.names(feature_names, "feature_names", self._features())
        self.class_names = known.names(class_names, "class_names")
        self.kind, self.score_name = str(kind), str(score_name)
        self.tokens, self.smiles = known.tokens_of(tokens, of_examples), known.smiles_of(smiles, of_examples)
        self.recipe = recipe
        self.about, self.unpaired = json_copy(about), tuple(unpaired)

    @property
    def recipe(self) -> Recipe | None:
        """`Recipe` that makes it from its examples, for any model; None where there is none."""
        if isinstance(self._recipe, str):  # JSON of a file; only now are the modules imported that it names
            self._recipe = Recipe.from_json(self._recipe, strict=False)
        return self._recipe

    @recipe.setter
    def recipe(self, recipe: Recipe | None) -> None:
        if recipe is not None and not isinstance(recipe, Recipe):
            raise TypeError(f"recipe is a Recipe, or None. Received: {recipe!r}. Pass facts as about.")
        self._recipe = recipe

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `values`."""
        return self.values.shape

    @property
    def explained_input(self) -> np.ndarray | None:
        """The input that the map is of, in the model's form; None where several may be meant, or none is known."""
        return known.input_at(self.inputs, self.about.get("input"))

    def _features(self) -> int:
        return 0 if self.axes[-1:] in ((), ("example",), ("class",)) else self.shape[-1]

    @property
    def standard_error(self) -> np.ndarray | None:
        """Standard error of the mean over samples, shape of `values`; None where `std` is None."""
        if self._standard_error is not None or self.std is None:
            return self._standard_error
        return error_of_mean(self.std, self.M)

    @property
    def relative_error(self) -> Any:
        """Expected distance of each example's map to that of endless samples, relative to it (L2), (N,); None where `std` is."""
        if self.std is None and self._standard_error is None:
            return None
        is_batch = self.axes[:1] == ("example",)

        def batch(array: Any) -> Any:
            return array if is_batch or array is None else array[None]

        found = relative_error(batch(self.values), batch(self.std), self.M, batch(self._standard_error))
        return found if is_batch else found[0]

    def lower(self, lam: float = 1.0) -> np.ndarray:
        """Lower bound `values - lam * std`, shape of `values` (BayesGrad, arXiv:1807.01985). ValueError without std."""
        return self.upper(-lam)

    def upper(self, lam: float = 1.0) -> np.ndarray:
        """Upper bound `values + lam * std`, shape of `values` (BayesGrad, arXiv:1807.01985). ValueError without std."""
        if self.std is None:
            raise ValueError(
                f"Bounds need a standard deviation over samples. Received: std=None, M={self.M}. "
                "Explain with M >= 2 and with noise or dropout, method 'raw', 'abs' or 'square'."
            )
        return self.values + np.float32(lam) * self.std

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:  # noqa: FBT001
        array = self.values if dtype is None else self.values.astype(dtype, copy=False)
        if copy is False and array is not self.values:
            raise ValueError(f"The values are float32. Received: dtype={dtype} with copy=False. Allow a copy.")
        return array.copy() if copy and array is self.values else array

    def __len__(self) -> int:
        if self.axes[:1] != ("example",):
            raise TypeError(
                f"Only a batch counts and indexes examples. Received: one example with the axes {self.axes}. "
                "Index its array instead: saliency.values."
            )
        return len(self.values)

    def __iter__(self) -> Iterator["Saliency"]:
        return (self[n] for n in range(len(self)))

    def __getitem__(self, key: Any) -> "Saliency":
        try:
            rows = np.arange(len(self))[key]
        except IndexError as error:
            raise IndexError(f"{_HOW_TO_INDEX} Received: {key!r} of {len(self)} examples ({error}).") from error
        if rows.ndim > 1:
            raise TypeError(f"{_HOW_TO_INDEX} Received: {key!r}.")
        take = functools.partial(known.rows_of, rows=rows)
        taken = Saliency(
            self.values[rows],
            std=take(self.std),
            M=take(self.M) if np.ndim(self.M) else self.M,
            scores=take(self.scores),
            score_name=self.score_name,
            axes=self.axes if rows.ndim else self.axes[1:],
            completeness_gap=take(self.completeness_gap),
            relative_gap=take(self.relative_gap),
            unpaired=self.unpaired,
            standard_error=take(self._standard_error),
            about=self.about,
            inputs=known.rows_of(self.inputs, rows),
            feature_names=self.feature_names,
            class_names=self.class_names,
            predictions=take(self.predictions),
            labels=take(self.labels),
            base_scores=take(self.base_scores),
            kind=self.kind,
            tokens=known.rows_of_words(self.tokens, rows),
            smiles=known.rows_of_words(self.smiles, rows),
        )
        taken._recipe = self._recipe
        return taken

    def __repr__(self) -> str:
        axes = ", ".join(f"{name}={size}" for name, size in zip(self.axes, self.shape, strict=True))
        std = "none" if self.std is None else "known"
        return f"<Saliency ({axes}), score: {self.score_name or 'not named'}, M={samples_in_words(self.M)}, std: {std}>"

    def plot(self, kind: str | None = None, **options: Any) -> Any:
        """Draw it as a picture of its kind, which a notebook shows; one example, or some of a batch.

        Args:
            kind: one of those of `Saliency`, in place of its own.
            **options: of the visualizer of that kind, such as `title` or `save_filepath`; of tables also `groups`, as for `grouped`,
                and `style`: "waterfall", "beeswarm" or "bars".

        Returns:
            A matplotlib figure, or the SVG of molecules.

        Raises:
            ValueError: it cannot be drawn so.
        """
        from kerasal.visualizers.plots.choose import plot  # only what draws needs matplotlib

        return plot(self, kind, **options)

    def _repr_html_(self) -> str:
        from kerasal.visualizers.notebook import notebook_html  # only a notebook that shows it needs matplotlib

        return notebook_html(self)

    @checks_keywords
    def save(
        self,
        path: str | os.PathLike[str],
        *,
        with_inputs: bool = True,
        precision: str = "float32",
        compress: bool = False,
    ) -> int:
        """Write a `.npz` file, local or remote.

        A setting of the recipe that JSON cannot hold, such as a lambda, is named in the file as lost.

        Args:
            path: ends in `.npz`, in a folder that exists.
            with_inputs: False to leave out the inputs, which may be larger than the saliency, or nobody else's business.
            precision: "float16" rounds numbers of elements to its 11 significant bits, right to 0.049 %, and compresses.
            compress: True to compress the arrays without loss.

        Returns:
            Its size in bytes.

        Raises:
            ValueError: another ending. FileNotFoundError: no such folder.
        """
        parts = {name: getattr(self, name) for name in (*METADATA, *PER_ELEMENT, *PER_EXAMPLE, *OF_EXAMPLES)}
        parts |= {"standard_error": self._standard_error, "inputs": self.inputs if with_inputs else None}
        recipe = self._recipe.to_json(strict=False) if isinstance(self._recipe, Recipe) else self._recipe
        return save_saliency(path, parts, recipe, precision=precision, compress=compress)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Saliency":
        """Make the `Saliency` that `save` wrote, also by 0.1.

        Args:
            path: of the file.

        Raises:
            ValueError: a damaged file or another kind; metadata that do not fit the arrays. FileNotFoundError: no file.
        """
        saliency, recipe = load_saliency(path, cls)
        saliency._recipe = recipe
        return saliency
