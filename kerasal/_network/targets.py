"""The target: what the score is differentiated with respect to, an input or any layer's output."""

import difflib

import keras

from kerasal._network.layer_tree import walk
from kerasal._network.submodel import build_submodel


class InputExtractor:
    """One of the model's inputs.

    Args:
        which: position among the inputs (for a dict, in the model's order), or the input's name or key.

    Example:
        >>> from kerasal import GradientCalculator, InputExtractor
        >>> # GradientCalculator(model, target_extractor=InputExtractor("image"))
    """

    def __init__(self, which=0):
        if isinstance(which, bool) or not isinstance(which, (int, str)) or (isinstance(which, int) and which < 0):
            raise ValueError(
                f"InputExtractor takes the position of an input (0, 1, …) or its name. Received: {which!r}. "
                "Use InputExtractor(0) for the first."
            )
        self.which = which

    def __repr__(self):
        return f"InputExtractor({self.which!r})"

    def position(self, names):
        """Index of the input among `names`, the inputs' names in order."""
        if isinstance(self.which, str):
            if self.which in names:
                return names.index(self.which)
        elif self.which < len(names):
            return self.which
        raise ValueError(
            f"{self!r}: the model has {len(names)} input(s): {', '.join(names)}. Received: {self.which!r}. "
            "Name one of them, or give its position."
        )


class LayerExtractor:
    """The output (or first input) of a layer, at any depth of the model.

    Args:
        layer: a name ("embed"), a path ("outer/inner") or the layer itself.
        timing: "post" for the layer's output, "pre" for its first input.
        call: which call, 0 for the first, of a layer that one pass calls several times.

    Raises:
        ValueError: at use, if there is no such layer, the name is found twice, the layer is inside an RNN cell or a
            TimeDistributed, or it is called several times and `call` is None.

    Example:
        >>> import keras
        >>> from kerasal import LayerExtractor
        >>> model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2)])
        >>> LayerExtractor("a").submodel(model).output_shape
        (None, 3)
    """

    def __init__(self, layer, timing="post", call=None):
        if not isinstance(layer, (str, keras.layers.Layer)):
            raise TypeError(
                f"LayerExtractor takes a layer's name, a path such as 'outer/inner', or a Keras layer. Received: {layer!r} "
                f"(type {type(layer).__name__}). Print model.summary(expand_nested=True) for the names."
            )
        if timing not in ("post", "pre"):
            raise ValueError(
                f"timing is 'post' (the layer's output) or 'pre' (its first input). Received: timing={timing!r}. Choose one."
            )
        if call is not None and (isinstance(call, bool) or not isinstance(call, int) or call < 0):
            raise ValueError(f"call counts a layer's calls from 0. Received: call={call!r}. Give 0, 1, … or None.")
        self.layer, self.timing, self.call = layer, timing, call

    def __repr__(self):
        name = self.layer if isinstance(self.layer, str) else self.layer.name
        extra = "" if self.call is None else f", call={self.call}"
        return f"LayerExtractor({name!r}, timing={self.timing!r}{extra})"

    def find(self, model):
        """The layer in the model; raises ValueError where it is unknown, ambiguous or out of reach."""
        places = walk(model)[1:]
        if isinstance(self.layer, str):
            matches = [p for p in places if p[0] == self.layer] or [p for p in places if p[1].name == self.layer]
            matches = matches or [p for p in places if p[0].endswith("/" + self.layer)]
        else:
            matches = [p for p in places if p[1] is self.layer]
        if not matches:
            raise ValueError(self._unknown(model, places))
        if len(matches) > 1:
            raise ValueError(
                f"LayerExtractor: the name must mean one layer of model '{model.name}'. Received: {self.layer!r}, found at "
                f"{', '.join(path for path, _, _ in matches)}. Give one of these paths, or the layer itself."
            )
        path, layer, holder = matches[0]
        if holder is not None:
            raise ValueError(
                f"LayerExtractor: a target must be computed once per example. Received: layer '{path}', which runs at every "
                f"step inside '{holder.name}' ({type(holder).__name__}). Take LayerExtractor('{holder.name}') instead."
            )
        return layer

    def _unknown(self, model, places):
        name = self.layer if isinstance(self.layer, str) else self.layer.name
        names = {path: path for path, _, _ in places} | {layer.name: layer.name for _, layer, _ in places}
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        shown = ", ".join(path for path, _, _ in places[:30]) + (", …" if len(places) > 30 else "")
        return f"LayerExtractor: model '{model.name}' has no layer '{name}'. Received: {name!r}.{hint} Its layers are: {shown}."

    def handler(self, act):
        """An interception handler that passes the target through `act(tensor) -> tensor`; all other calls are left alone."""

        def handle(call):
            if self.call is not None and call.index != self.call:
                return call.run()
            if self.call is None and call.index:
                raise ValueError(
                    f"{self!r}: the layer must be called once in a pass, or `call` must say which. Received: layer "
                    f"'{call.layer.name}' called several times. Add call=0 for the first call, call=1 for the second, …"
                )
            if call.looped:
                raise ValueError(
                    f"{self!r}: a target must be computed once per example. Received: layer '{call.layer.name}' called in the "
                    "body of a loop or branch. Take a layer outside the loop."
                )
            if self.timing == "post":
                return act(call.run)
            first, *rest = call.args or [call.kwargs.pop("inputs", None)]
            call.args = (act(lambda: first), *rest)
            return call.run()

        return handle

    def submodel(self, model):
        """The Keras model from the inputs of `model` to this layer; adds no nodes to the user's layers.

        Args:
            model: the model that holds the layer.

        Returns:
            A functional model where `model` and everything around the layer is functional or Sequential; otherwise a
            `keras.Model` that runs the original and returns what passes the layer.
        """
        return build_submodel(model, self)
