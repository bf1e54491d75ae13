"""The target: an input or any layer's output, with respect to which the score is differentiated."""

import dataclasses
import difflib
from collections.abc import Callable, Sequence
from typing import Any

import keras

from kerasal._network.interception import Call, Handler
from kerasal._network.layer_tree import LayerEntry, walk
from kerasal._network.submodel import build_submodel, several_calls
from kerasal._network.versions import is_made_up
from kerasal._vocabulary import checks_keywords


@checks_keywords
@dataclasses.dataclass(frozen=True, repr=False)
class InputExtractor:
    """One of the model's inputs; two with the same `which` are equal.

    Args:
        which: position among the inputs (for a dict, in the model's order), or the input's name or key.

    Raises:
        ValueError: `which` is neither a position from 0 nor a name.

    Example:
        >>> from kerasal import InputExtractor
        >>> InputExtractor("image")  # target_extractor=InputExtractor("image")
        InputExtractor('image')
    """

    which: int | str = 0

    def __post_init__(self) -> None:
        which = self.which
        if isinstance(which, bool) or not isinstance(which, (int, str)) or (isinstance(which, int) and which < 0):
            raise ValueError(
                f"InputExtractor takes the position of an input (0, 1, …) or its name. Received: {which!r}. "
                "Use InputExtractor(0) for the first."
            )

    def __repr__(self) -> str:
        return f"InputExtractor({self.which!r})"

    def position(self, names: Sequence[str]) -> int:
        """Find the input among the inputs' names in order.

        Args:
            names: of all inputs.

        Returns:
            Its index.

        Raises:
            ValueError: there is no such input.
        """
        if isinstance(self.which, str):
            if self.which in names:
                return names.index(self.which)
        elif self.which < len(names):
            return self.which
        known = [str(place) if is_made_up(name) else repr(name) for place, name in enumerate(names)]
        raise ValueError(
            f"{self!r}: the model has {len(names)} input(s): {', '.join(known)}. Received: {self.which!r}. "
            "Name one of them, or give its position."
        )

    def named(self, model: keras.Model) -> "InputExtractor":
        """Return the extractor itself, which is free of a model's objects; see `LayerExtractor.named`."""
        return self


@checks_keywords
@dataclasses.dataclass(frozen=True, repr=False)
class LayerExtractor:
    """The output (or first input) of a layer, at any depth of the model.

    Two extractors of the same name or path, timing and call are equal; of layer objects, those of the same object.

    Args:
        layer: a name ("embed"), a path ("outer/inner") or the layer itself.
        timing: "post" for the layer's output, "pre" for its first input.
        call: which call, 0 for the first that was written, of a layer that one pass calls several times.

    Raises:
        TypeError: `layer` is neither a name nor a layer.
        ValueError: `timing` or `call` cannot mean anything; and at use, if there is no such layer, the name is found twice,
            the layer is inside an RNN cell or a TimeDistributed, or it is called several times and `call` is None.

    Example:
        >>> import keras
        >>> from kerasal import LayerExtractor
        >>> model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2)])
        >>> LayerExtractor("a").submodel(model).output_shape
        (None, 3)
        >>> LayerExtractor(model.layers[0]).named(model) == LayerExtractor("a")
        True
    """

    layer: str | keras.layers.Layer
    timing: str = "post"
    call: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.layer, (str, keras.layers.Layer)):
            raise TypeError(
                "LayerExtractor takes a layer's name, a path such as 'outer/inner', or a Keras layer. Received: "
                f"{self.layer!r} (type {type(self.layer).__name__}). Print model.summary(expand_nested=True) for the names."
            )
        if self.timing not in ("post", "pre"):
            raise ValueError(
                f"timing is 'post' (the layer's output) or 'pre' (its first input). Received: timing={self.timing!r}. "
                "Choose one."
            )
        call = self.call
        if call is not None and (isinstance(call, bool) or not isinstance(call, int) or call < 0):
            raise ValueError(f"call counts a layer's calls from 0. Received: call={call!r}. Give 0, 1, … or None.")

    def __repr__(self) -> str:
        extra = "" if self.call is None else f", call={self.call}"
        return f"LayerExtractor({self._name!r}, timing={self.timing!r}{extra})"

    @property
    def _name(self) -> str:
        return self.layer if isinstance(self.layer, str) else str(self.layer.name)

    def find(self, model: keras.Model) -> keras.layers.Layer:
        """Find the layer in the model.

        Args:
            model: the model that holds the layer.

        Returns:
            The layer.

        Raises:
            ValueError: the layer is unknown, ambiguous or out of reach.
        """
        return self._entry(model).layer

    def named(self, model: keras.Model) -> "LayerExtractor":
        """Make the same extractor with the layer's path in place of a layer object, for any model with such a layer.

        Args:
            model: the model that holds the layer.

        Returns:
            The extractor of the shortest end of the path that means this layer alone ("inner" before "outer/inner", whose
            other names Keras may have given); the extractor itself where it has a name or path.

        Raises:
            ValueError: the layer is unknown or out of reach, or another one has its path.
        """
        if isinstance(self.layer, str):
            return self
        entry, entries = self._entry(model), walk(model)[1:]
        names = entry.path.split("/")
        for count in range(1, len(names) + 1):
            named = dataclasses.replace(self, layer="/".join(names[-count:]))
            if named._matches(entries) == [entry]:
                return named
        named.find(model)  # which says what else has that path
        return named

    def _entry(self, model: keras.Model) -> LayerEntry:
        entries = walk(model)[1:]
        matches = self._matches(entries)
        if not matches:
            raise ValueError(self._unknown(model, entries))
        if len(matches) > 1:
            raise ValueError(
                f"LayerExtractor: the name must mean one layer of model '{model.name}'. Received: {self.layer!r}, found at "
                f"{', '.join(entry.path for entry in matches)}. Give one of these paths, or the layer itself."
            )
        path, _, holder = matches[0]
        if holder is not None:
            raise ValueError(
                f"LayerExtractor: a target must be computed once per example. Received: layer '{path}', which runs at every "
                f"step inside '{holder.name}' ({type(holder).__name__}). Take LayerExtractor('{holder.name}') instead."
            )
        return matches[0]

    def _matches(self, entries: list[LayerEntry]) -> list[LayerEntry]:
        """List the layers that are meant: of that path, else of that name, else of a path that ends so."""
        if not isinstance(self.layer, str):
            return [entry for entry in entries if entry.layer is self.layer]
        return (
            [entry for entry in entries if entry.path == self.layer]
            or [entry for entry in entries if entry.layer.name == self.layer]
            or [entry for entry in entries if entry.path.endswith(f"/{self.layer}")]
        )

    def _unknown(self, model: keras.Model, entries: list[LayerEntry]) -> str:
        name = self._name
        if not isinstance(self.layer, str):
            kind = type(self.layer).__name__
            there = "by its name" if any(entry.layer.name == name for entry in entries) else "of this model"
            way = (
                f"LayerExtractor('{name}'), or model.get_layer('{name}')"
                if there == "by its name"
                else "a name of model.summary()"
            )
            return (
                f"LayerExtractor: the layer must be one of model '{model.name}'. Received: layer '{name}' ({kind}), which is of another "
                f"model, or of none. Give a layer {there}: {way}."
            )
        names = {entry.path: entry.path for entry in entries} | {
            entry.layer.name: entry.layer.name for entry in entries
        }
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        shown = ", ".join(entry.path for entry in entries[:30]) + (", …" if len(entries) > 30 else "")
        return f"LayerExtractor: model '{model.name}' has no layer '{name}'. Received: {name!r}.{hint} Its layers are: {shown}."

    def handler(self, act: Callable[[Callable[[], Any]], Any]) -> Handler:
        """Make an interception handler that passes the target through a function; all other calls are left alone.

        Args:
            act: function of a function without arguments that gives the target's value; what it returns takes its place.
        """

        def handle(call: Call) -> Any:
            if self.call is not None and call.index != self.call:
                return call.run()
            self._check_call(call)
            if self.timing == "post":
                return act(call.run)
            first, *rest = call.args or [call.kwargs.pop("inputs", None)]
            call.args = (act(lambda: first), *rest)
            return call.run()

        return handle

    def _check_call(self, call: Call) -> None:
        """Refuse a second call where none is meant, and one in a loop."""
        if self.call is None and call.index:
            raise several_calls(self, call.model, call.layer, "several")
        if call.looped:
            raise ValueError(
                f"{self!r}: a target must be computed once per example. Received: layer '{call.layer.name}' called in the "
                "body of a loop or branch. Take a layer outside the loop."
            )

    def submodel(self, model: keras.Model) -> keras.Model:
        """Build the Keras model from the inputs of `model` to this layer; adds no nodes to the user's layers.

        Args:
            model: the model that holds the layer.

        Returns:
            A functional model where `model` and everything around the layer is functional or Sequential; otherwise a
            `keras.Model` that runs the original and returns what passes the layer.

        Raises:
            ValueError: the layer is unknown, ambiguous or out of reach.
        """
        return build_submodel(model, self)


Extractor = InputExtractor | LayerExtractor
