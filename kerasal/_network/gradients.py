"""Gradients of a score: plain, by backward rules, and of float16 models. The only place that differentiates."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from kerasal._network.backward.exchange import Passed, Rules, RuleTable, acting, exchange
from kerasal._network.layer_tree import layers_of

if TYPE_CHECKING:
    from typing_extensions import Self

_HALF_SCALES = (2.0**12, 2.0**8, 2.0**4, 1.0)  # of a float16 model's score, so that small gradients do not vanish


class Recording:
    """Records a pass that is traced inside, and gives gradients of what it scored.

    Args:
        model: the model of the pass, or None where there is none.
        rules: backward rules, or None. A tape does not see gradients that a graph exchanges, so a pass with rules counts as one
            function with a gradient of its own. So does a pass of recurrent layers, which Keras runs as functions that a tape
            makes slower by a quarter.
        is_sought: whether a tensor is differentiated with respect to that is found when the pass is done. A tape follows what is
            made of its points alone, and not through integers, so that this pass counts as one function too.

    Attributes:
        kept: [(name, tensor)] in the order of keeping.

    Raises:
        ValueError: at the end of the pass, if the rules cannot walk it.
    """

    def __init__(self, model: keras.Model | None = None, rules: Rules | None = None, *, is_sought: bool = False):
        self.kept: list[tuple[Any, tf.Tensor]] = []
        self._model: Any = model
        self._rules, self._before = rules, 0
        self._table: RuleTable = {}
        self._is_half = model is not None and is_half(model)
        self._tape = tf.GradientTape(persistent=True, watch_accessed_variables=False)
        self._around = contextlib.ExitStack()
        self._points: Any = None
        self._values: Any = None
        is_recurrent = model is not None and _is_recurrent(model)
        self._is_one_function = is_sought or rules is not None or is_recurrent

    def __enter__(self) -> "Self":
        if not self._is_one_function:
            self._around.enter_context(self._tape)
        if self._rules is not None:
            self._before = len(tf.compat.v1.get_default_graph().get_operations())
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._around.__exit__(*error)  # type: ignore[arg-type]

    def points(self, points: tf.Tensor) -> tf.Tensor:
        """Return the points (rows, ...) to go on with, whose gradient is wanted."""
        self._points = self._watched(points)
        return self._points

    def keep(self, name: Any, tensor: tf.Tensor) -> tf.Tensor:
        """Return the tensor to go on with, whose gradient is wanted as well."""
        tensor = self._watched(tensor)
        self.kept.append((name, tensor))
        return tensor

    def found(self, name: Any, tensors: Any) -> None:
        """Keep a tensor, or several, computed in the pass from the points: their gradients are wanted as well."""
        self.kept += [(name, tensor) for tensor in (tensors if isinstance(tensors, list) else [tensors])]

    def result(self, values: tf.Tensor) -> tf.Tensor:
        """Take the values that are differentiated, float32 (rows, ...) or a scalar; go on with what is returned."""
        self._values = values
        if self._rules is not None:
            added = tf.compat.v1.get_default_graph().get_operations()[self._before :]
            self._table = self._rules.table(Passed(self._points, values, added, self._model))
            exchange(self._table)
        if self._is_one_function:
            with self._tape:
                self._tape.watch(self._floating())
                self._values = _with_own_gradient(values, self._floating(), self._table)
        return self._values

    def gradients(self, upstream: tf.Tensor | None = None) -> list[tf.Tensor | None]:
        """Differentiate the sum of the values with respect to the points and to what was kept.

        Args:
            upstream: how much each of the values counts, of their shape; None: 1 each.

        Returns:
            A tensor of the source's shape each; None for a source that the values do not depend on.
        """
        return self._half_gradients(upstream) if self._is_half else self._plain_gradients(upstream)

    def _watched(self, tensor: tf.Tensor) -> tf.Tensor:
        tensor = tf.identity(tensor)
        if tensor.dtype.is_floating and not self._is_one_function:
            self._tape.watch(tensor)
        return tensor

    def _sources(self) -> list[tf.Tensor]:
        return [self._points, *(tensor for _, tensor in self.kept)]

    def _floating(self) -> list[tf.Tensor]:
        return [source for source in self._sources() if source.dtype.is_floating]

    def _plain_gradients(self, upstream: tf.Tensor | None) -> list[tf.Tensor | None]:
        found = iter(self._tape.gradient(self._values, self._floating(), output_gradients=upstream))
        each = [(source, next(found) if source.dtype.is_floating else None) for source in self._sources()]
        return [_shaped(gradient, source) for source, gradient in each]

    def _half_gradients(self, upstream: tf.Tensor | None) -> list[tf.Tensor | None]:
        """Gradients by way of float16: a row that overflows at one scale of the score is taken at the next smaller one."""
        sources = self._sources()
        upstream = tf.ones_like(self._values) if upstream is None else upstream
        reached = [gradient is not None for gradient in self._plain_gradients(upstream)]
        if not any(reached):
            return [None] * len(sources)
        scales = tf.constant(_HALF_SCALES)

        def lower(step: tf.Tensor, found: list[tf.Tensor]) -> Any:
            scaled = [each for each in self._plain_gradients(upstream * scales[step]) if each is not None]
            fine = _finite_rows(found)
            parts = [tf.cast(each, tf.float32) / scales[step] for each in scaled]
            return step + 1, [
                tf.where(tf.reshape(fine, [-1] + [1] * (new.shape.rank - 1)), old, new)
                for old, new in zip(found, parts, strict=True)
            ]

        def again(step: tf.Tensor, found: list[tf.Tensor]) -> tf.Tensor:
            return (step < len(_HALF_SCALES)) & ~tf.reduce_all(_finite_rows(found))

        wanted = [source for source, is_reached in zip(sources, reached, strict=True) if is_reached]
        start = [tf.fill(tf.shape(source), float("nan")) for source in wanted]
        shapes = [tf.TensorShape([]), [source.shape for source in wanted]]
        found = iter(tf.while_loop(again, lower, [0, start], shapes, parallel_iterations=1)[1])
        return [next(found) if is_reached else None for is_reached in reached]


def _with_own_gradient(values: tf.Tensor, sources: list[tf.Tensor], table: RuleTable) -> tf.Tensor:
    """The values as a function of the sources whose gradient is that of the graph, by the rules of a table."""

    def walked(upstream: tf.Tensor) -> Any:
        with acting(table):
            return tf.gradients(values, sources, upstream)

    @tf.custom_gradient
    def identity(*_: tf.Tensor) -> Any:
        return tf.identity(values), walked

    return identity(*sources)


def _is_recurrent(model: keras.Model) -> bool:
    return any(isinstance(layer, keras.layers.RNN) for layer in layers_of(model))


def is_half(model: keras.Model) -> bool:
    """Tell whether a layer of the model computes in float16, where small gradients vanish."""
    return any(getattr(layer, "compute_dtype", None) == "float16" for layer in layers_of(model))


class NoGradient(ValueError):
    """The error of a score that has no gradient with respect to a target.

    Args:
        target: the extractor.
        gives: the dtype of its values, where that is the reason.
    """

    def __init__(self, target: Any, gives: str | None = None):
        if gives:
            told = (
                f"{target!r}: a target is one floating-point tensor. Received: values of dtype {gives}. Name a layer with one "
                "real-valued output."
            )
        else:
            told = (
                "The score must depend on the target through differentiable steps. Received: no gradient from the score to "
                f"{target!r}. Check that the score uses this input or layer, and that no argmax, rounding or integer lies between."
            )
        super().__init__(told)
        self.target, self.gives = target, gives


def value_and_derivative(function: Callable[[tf.Tensor], tf.Tensor], z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Evaluate an element-wise function and its derivative at z, both of z's shape; 0 where it does not depend on z."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(z)
        value = function(z)
    derivative = tape.gradient(value, z)
    return value, tf.zeros_like(z) if derivative is None else derivative


def with_pullback(
    function: Callable[..., tf.Tensor], *points: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], list[tf.Tensor]]]:
    """Evaluate a function of tensors.

    Returns:
        (its value, a function of an upstream of the value's shape that gives what each point is handed, to be called once).
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(points)
        value = function(*points)

    def back(upstream: tf.Tensor) -> list[tf.Tensor]:
        found: list[tf.Tensor] = tape.gradient(
            value, list(points), upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return found

    return value, back


def _shaped(gradient: Any, source: tf.Tensor) -> tf.Tensor | None:
    """The gradient as a tensor of its source's shape, as far as that is known; None where there is none."""
    if gradient is None:
        return None
    gradient = tf.convert_to_tensor(gradient)
    gradient.set_shape(source.shape)
    return gradient


def _finite_rows(gradients: list[tf.Tensor]) -> tf.Tensor:
    """(rows,): whether all numbers of a row are finite, in every gradient."""
    rows = [tf.reduce_all(tf.math.is_finite(tf.reshape(g, [tf.shape(g)[0], -1])), 1) for g in gradients]
    return tf.reduce_all(tf.stack(rows), 0)
