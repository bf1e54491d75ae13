"""`SaliencyModelHandler`: explanations by Beam's `RunInference`."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
from apache_beam.ml.inference.base import ModelHandler, PredictionResult

from kerasal._vocabulary import checks_keywords
from kerasal.beam.parts import Part, check_rows
from kerasal.recipes import Recipe
from kerasal.stores.job import Explainer


@checks_keywords
class SaliencyModelHandler(ModelHandler[Part, PredictionResult, Any]):
    """Explains `Part`s of a data set, with the numbers of one call for all of it, to the bit.

    `RunInference(SaliencyModelHandler(path, recipe))` gives, for each part, a `PredictionResult` with the part as `example` and
    its `Saliency` as `inference`. The model is loaded once by each process of a worker. Every part is a batch of its own: what is
    refused is refused alone, and `with_exception_handling()` puts it aside. Keys are taken by Beam's `KeyedModelHandler`.

    Args:
        model_path: of the model, as `load` takes it; every worker reads it.
        recipe: a `Recipe` with `batch_size`.
        load: function of the path that gives the model; None for `keras.models.load_model`, which takes no code from the file.
        feature_names: see `Calculator.explain`.
        class_names: see `Calculator.explain`.
        kind: see `Calculator.explain`.
        **options: of Beam's `ModelHandler`.

    Raises:
        ValueError: a recipe without `batch_size`.

    Example:
        >>> import keras, numpy as np, os, tempfile
        >>> from kerasal import recipes
        >>> from kerasal.beam import Part, SaliencyModelHandler
        >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
        >>> keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
        >>> handler = SaliencyModelHandler(path, recipes.smooth_grad(M=4, batch_size=8))
        >>> [result] = handler.run_inference([Part(0, np.ones((8, 3)))], handler.load_model())
        >>> result.inference.shape
        (8, 3)
    """

    def __init__(
        self,
        model_path: str | os.PathLike[str],
        recipe: Recipe,
        *,
        load: Callable[[str], Any] | None = None,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        kind: str | None = None,
        **options: Any,
    ) -> None:
        check_rows(recipe)
        super().__init__(max_batch_size=1, **options)
        self._path, self._recipe, self._load = os.fspath(model_path), recipe, load
        self._of_examples = {"feature_names": feature_names, "class_names": class_names, "kind": kind}

    def load_model(self) -> Explainer:
        """Load the model, of which nothing is traced yet."""
        model = (self._load or keras.models.load_model)(self._path)
        return Explainer(self._recipe.build(model), self._recipe, self._of_examples)

    def run_inference(
        self, batch: Sequence[Part], model: Explainer, inference_args: dict[str, Any] | None = None
    ) -> Iterator[PredictionResult]:
        """Explain parts, one after another.

        Args:
            batch: the parts.
            model: what `load_model` gave.
            inference_args: None.
        """
        for part in batch:
            saliency = model(part.first, part.portion())
            saliency.inputs = None  # they are in the part
            yield PredictionResult(part, saliency, self._path)  # type: ignore[no-untyped-call]

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Say that a part is a batch."""
        return {"min_batch_size": 1, "max_batch_size": 1}

    def get_num_bytes(self, batch: Sequence[Part]) -> int:
        """Count the bytes of x, for the metrics."""
        return sum(leaf.nbytes for part in batch for leaf in part.portion().leaves)

    def get_metrics_namespace(self) -> str:
        """Name the metrics of this handler."""
        return "kerasal"

    def validate_inference_args(self, inference_args: dict[str, Any] | None) -> None:
        """Refuse arguments: all of them are in the recipe."""
        if inference_args:
            raise ValueError(
                f"A recipe has all arguments. Received: inference_args={sorted(inference_args)}. Give them to the recipe."
            )
