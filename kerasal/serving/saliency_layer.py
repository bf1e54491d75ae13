"""An explanation as a layer of a model."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Blocks
from kerasal._engine.in_graph import Explained, InGraph
from kerasal._engine.session import Session
from kerasal._folds.several import fold_of
from kerasal._network.graphs import outside_of_graphs
from kerasal._network.surroundings import twin_of
from kerasal._network.versions import in_safe_mode, replace_layer_inside, symbolic_inputs
from kerasal._tree import leaves, mapped
from kerasal.recipes.recipe import Recipe
from kerasal.scores.classes import Class, Predicted
from kerasal.scores.resolve import Heads
from kerasal.serving.recipe_checks import check_calculator, check_recipe, check_trusted, sampling_of

PARTS = ("saliency", "standard_error", "explained_class", "score")


@keras.saving.register_keras_serializable(package="kerasal")
class Saliency(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """The saliency of a model's predictions, computed by TensorFlow alone: trained through, saved, exported and served.

    `Saliency(model, recipe)(x)` gives, for x of any number of examples, the values of `recipe.explain(model, x)`, with the
    same draws for the seed of the recipe. The layer shares the weights of the model, counted once, and is differentiable: a
    loss on the saliency trains them. Noise and dropout are those of the recipe, whatever `training` says.

    Args:
        model: the Keras model that is explained, built.
        recipe: a `Recipe`.
        returns: None for the saliency, one tensor; or a list of "saliency", "standard_error" (over samples), "explained_class" and
            "score" (at the clean input) for a dict of these.
        **kwargs: arguments of every Keras layer, e.g. `name`. Results are float32 unless `dtype` says otherwise.

    Input shape:
        As of the model: one tensor, a list or a dict. Only the number of examples may be unknown.

    Output shape:
        (N, ...), that of `recipe.explain(model, x).values`.

    Raises:
        TypeError: other things than a model and a recipe.
        ValueError: a recipe that cannot be computed in a graph, with the way out.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import recipes
        >>> from kerasal.layers import Saliency
        >>> x = keras.Input((4,))
        >>> model = keras.Model(x, keras.layers.Dense(3, activation="softmax")(x))
        >>> both = keras.Model(x, {"prediction": model(x), "saliency": Saliency(model, recipes.vanilla())(x)})
        >>> answers = both.predict(np.ones((2, 4)), verbose=0)
        >>> answers["prediction"].shape, answers["saliency"].shape, both.count_params() == model.count_params()
        ((2, 3), (2, 4), True)
    """

    def __init__(self, model: keras.Model, recipe: Recipe, returns: Sequence[str] | None = None, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs}, autocast=False)
        check_recipe(model, recipe)
        self.returns = None if returns is None else _checked(returns)
        self.model, self.recipe = model, recipe
        self.supports_jit = False  # draws of Philox, loops of unknown length
        self._calculator: Any = None

    @property
    def metrics(self) -> list[Any]:
        """No metrics: those that the explained model was compiled with belong to its own `fit`."""
        return []

    def build(self, input_shape: Any) -> None:
        """Refuse what the layer cannot explain."""
        self._calculator = self.recipe.build(self.model)
        check_calculator(self._calculator)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Explain examples.

        Args:
            inputs: (N, ...), as the model takes them.
        """
        self._join()
        flat = [tf.convert_to_tensor(part) for part in leaves(inputs)]
        with outside_of_graphs():  # programs are compiled once, for any graph
            program = self._program(inputs, flat)
        found = program(flat)
        if self.returns is None:
            return tf.cast(found.values, self.compute_dtype)
        return {name: self._part(name, found, program.score_name) for name in self.returns}

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (N, ...) for the shape of the input, or the shapes of inputs in their structure; a dict of `returns`."""
        specs = _specs(input_shape, iter(symbolic_inputs(self.model).values()))
        if self._calculator is None:
            self.build(input_shape)
        return mapped(lambda answer: tuple(answer.shape), self._traced(specs))

    def compute_output_spec(self, inputs: Any, **_: Any) -> Any:
        """Return the symbolic outputs with their dtypes, for Keras 3, whose own way keeps changes of variables out of the graph."""
        answers = self._traced(mapped(lambda part: tf.TensorSpec(part.shape, part.dtype), inputs))
        return mapped(lambda answer: keras.KerasTensor(tuple(answer.shape), answer.dtype.name), answers)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Return None: what is missing has the saliency 0."""

    def load_own_variables(self, store: Any) -> None:
        """Load the variables of the layer, none; by then the network around it is whole."""
        self._join()
        super().load_own_variables(store)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer, serialized; the model is one with that of the network around it."""
        for _ in range(2):  # Keras marks as shared what it meets again; the model around the layer may come later
            model = keras.saving.serialize_keras_object(self.model)
        return {
            **super().get_config(),
            "model": model,
            "recipe": self.recipe.to_json(),
            "returns": None if self.returns is None else list(self.returns),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Saliency":
        """Make the layer of a configuration."""
        if in_safe_mode():
            check_trusted(config["recipe"])
        model = keras.saving.deserialize_keras_object(config["model"])
        return cls(**{**config, "model": model, "recipe": Recipe.from_json(config["recipe"])})

    def _traced(self, specs: Any) -> Any:
        """Outputs of a graph, for inputs of these specifications."""
        with outside_of_graphs():
            return tf.function(self.call, autograph=False).get_concrete_function(specs).structured_outputs

    def _join(self) -> None:
        """Explain the model of the network around, where that was copied or loaded with a model for each of its layers."""
        twin = twin_of(self.model, self)
        if twin is not None:
            replace_layer_inside(self, "model", twin)
            self._calculator = self.recipe.build(twin)

    def _program(self, inputs: Any, flat: list[tf.Tensor]) -> InGraph:
        """The program for inputs of these shapes."""
        calculator, sampling, recipe = self._calculator, sampling_of(self.recipe), self.recipe
        fold = fold_of(recipe["method"], recipe["ch_axis"], recipe["ch_reduce"], stratified=sampling.is_stratified)
        examples = iter([_example(part, place) for place, part in enumerate(flat)])
        blocks = Blocks(mapped(lambda _: next(examples), inputs), None, self.model)
        return InGraph(Session(calculator.objectives[0], calculator, calculator.traces, blocks, sampling), fold)

    def _part(self, name: str, found: Explained, score_name: str) -> tf.Tensor:
        """One of `PARTS`."""
        if name == "explained_class":
            return _class_of(self._calculator.score, found, score_name)
        value = {"saliency": found.values, "standard_error": found.error, "score": found.scores}[name]
        if value is None:
            raise ValueError(
                "A standard error is that of a mean over samples. Received: returns with 'standard_error' and "
                f"{self.recipe!r}, which draws none or has no mean. Leave it out, or give the recipe something random and M."
            )
        return tf.cast(value, self.compute_dtype)


def _checked(returns: Any) -> list[str]:
    """The names of what a layer returns."""
    names = [returns] if isinstance(returns, str) else list(returns)
    if not names or len({*names}) < len(names) or not {*names} <= {*PARTS}:
        raise ValueError(
            f"returns lists one or more of {', '.join(map(repr, PARTS))}. Received: {returns!r}. Leave it out for the saliency."
        )
    return names


def _specs(shape: Any, inputs: Iterator[Any]) -> Any:
    """`TensorSpec`s of inputs with these shapes, of the dtypes that the model takes."""
    if isinstance(shape, dict):
        return {name: _specs(part, inputs) for name, part in shape.items()}
    if all(size is None or isinstance(size, int) for size in shape):
        return tf.TensorSpec(shape, getattr(next(inputs, None), "dtype", tf.float32))
    return [_specs(part, inputs) for part in shape]


def _example(part: tf.Tensor, place: int) -> np.ndarray:
    """An example of an input's shape and dtype, to learn from."""
    shape = part.shape[1:]
    if not shape.is_fully_defined():
        raise ValueError(
            "A layer explains examples of one shape; their number alone may be unknown. Received: input "
            f"{place} of shape {tuple(part.shape)}. Give it its size, keras.Input((40,)), and pad the examples to it."
        )
    if part.dtype == tf.string:
        return np.full((1, *shape), "", object)
    numbers = np.random.default_rng(place).random((1, *shape))
    return (
        numbers.astype(part.dtype.as_numpy_dtype) if part.dtype.is_floating else np.zeros((1, *shape), part.dtype.name)
    )


def _class_of(score: Any, found: Explained, score_name: str) -> tf.Tensor:
    """The class that is explained of each example, int32 (N,)."""
    heads = list(score.heads.values()) if isinstance(score, Heads) else [score]
    if len(heads) == 1 and isinstance(heads[0], Class):
        return tf.fill(tf.shape(found.scores)[:1], heads[0].index)
    if len(heads) == 1 and type(heads[0]) is Predicted and "class" in score_name:
        return found.chosen[:, 0] + int(score_name.partition(" at ")[0].endswith(" of class 1"))
    raise ValueError(
        f"A class is explained where the score is that of one class. Received: returns with 'explained_class', and the score "
        f"{score_name!r}. Leave it out, or give the recipe score=None or a class."
    )
