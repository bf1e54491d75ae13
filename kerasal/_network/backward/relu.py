"""Rules for ReLUs: guided backpropagation and deconvnets."""

import tensorflow as tf

from kerasal._network.backward.exchange import Passed, Rule, RuleTable
from kerasal._network.graphs import operations_inside
from kerasal._network.layer_tree import layers_of

_RELUS = ("Relu", "Relu6", "LeakyRelu")


def _guided(operation: tf.Operation, upstream: tf.Tensor) -> list[tf.Tensor]:
    """Springenberg et al. 2014, arXiv:1412.6806: only positive gradients pass, and only active units pass them."""
    out = operation.outputs[0]
    active = out > 0 if operation.type != "Relu6" else (out > 0) & (out < 6)
    return [tf.where(active & (upstream > 0), upstream, tf.zeros_like(upstream))]


def _rectified(operation: tf.Operation, upstream: tf.Tensor) -> list[tf.Tensor]:
    """Zeiler and Fergus 2013, arXiv:1311.2901 (deconvnet): only positive gradients pass, whatever the unit did."""
    return [tf.nn.relu(upstream)]


_RULES: dict[str, Rule] = {"guided": _guided, "rectified": _rectified}


class ReluRules:
    """One rule for every Relu, Relu6 and LeakyRelu of a pass, wherever they are, also in code of the user's.

    Args:
        name: "guided" or "rectified".
    """

    scores = None

    def __init__(self, name: str):
        self._name = name

    def table(self, passed: Passed) -> RuleTable:
        """Give the ReLUs their rule; ValueError where there is none, or one inside a loop."""
        inside = [kind for each in passed.operations for kind in operations_inside(each) if kind in _RELUS]
        found = {each: _RULES[self._name] for each in passed.operations if each.type in _RELUS}
        if inside or not found:
            names = dict.fromkeys(
                getattr(layer.activation, "__name__", type(layer.activation).__name__)
                for layer in layers_of(passed.model)
                if getattr(layer, "activation", None) is not None
            )
            has = "one inside a loop, a branch or a recurrent layer" if inside else "none"
            raise ValueError(
                f"relu_rule={self._name!r} changes how Relu, Relu6 and LeakyRelu pass gradients back. Received: model "
                f"'{passed.model.name}', which has {has}; its activations are: {', '.join(names) or 'none'}. Leave relu_rule out."
            )
        return found


def checked_rule(rule: str | None) -> str | None:
    """Return the ReLU rule itself; ValueError for one that does not exist."""
    if rule is not None and rule not in _RULES:
        raise ValueError(f"relu_rule is None, 'guided' or 'rectified'. Received: {rule!r}. Choose one.")
    return rule


def relu_rules(name: str | None) -> ReluRules | None:
    """Make the rules of a name; None for None."""
    return None if name is None else ReluRules(name)
