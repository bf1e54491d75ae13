"""One call of a layer as handlers of it see it: a handler takes a `Call` and returns the layer's output."""


class Call:
    """One call of an intercepted layer: `args` and `kwargs` (a handler may change them), `index` (how many calls came before
    in this pass), `looped` (whether it is in the body of a loop or branch), `graph` (of the pass, outside any loop).
    """

    def __init__(self, layer, original, args, kwargs, index, looped, graph):
        self.layer, self.args, self.kwargs = layer, args, dict(kwargs)
        self.index, self.looped, self.graph = index, looped, graph
        self._original = original

    def run(self):
        """What the layer itself computes."""
        return self._original(*self.args, **self.kwargs)


class Shortcut:
    """A handler that only makes a pass faster, and is left out where no handler can act."""

    def __init__(self, handler):
        self._handler = handler

    def __call__(self, call):
        return self._handler(call)


def bound(handler, layer, inner, index, looped, graph):
    """The call of a layer, whose own is `inner`, passed through a handler; the others are as of `Call`."""
    return lambda *args, **kwargs: handler(Call(layer, inner, args, kwargs, index, looped, graph))
