"""Where to evaluate a function on [0, 1], and with what weight, so that the weighted sum is its integral."""

import numpy as np


def _midpoint(steps):
    return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)


def _gauss_legendre(steps):
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2


def _trapezoid(steps):
    nodes, weights = np.linspace(0, 1, steps), np.full(steps, 1 / max(1, steps - 1))
    weights[[0, -1]] /= 2
    return nodes, weights


def _linspace(steps):
    return np.linspace(0, 1, steps), np.full(steps, 1 / steps)


RULES = {"midpoint": _midpoint, "gauss_legendre": _gauss_legendre, "trapezoid": _trapezoid, "linspace": _linspace}


def nodes_and_weights(rule, steps):
    """Nodes on [0, 1] and their weights.

    Args:
        rule: "midpoint"; "gauss_legendre"; "trapezoid", both ends included; "linspace", both ends included with equal weights,
            as in Chainer Chemistry 0.7.1: for x³ it gives (2 n − 1) / (2 (n − 1)) with n nodes instead of 1.
        steps: how many nodes, at least 1; 2 for "trapezoid".

    Returns:
        (nodes, weights): float32 arrays (steps,); the weights add up to 1.

    Raises:
        ValueError: an unknown rule, too few steps.

    Example:
        >>> from kerasal.quadrature import nodes_and_weights
        >>> nodes, weights = nodes_and_weights("midpoint", 4)
        >>> nodes.tolist(), weights.tolist()
        ([0.125, 0.375, 0.625, 0.875], [0.25, 0.25, 0.25, 0.25])
    """
    if not isinstance(rule, str) or rule not in RULES:
        raise ValueError(f"quadrature is one of {', '.join(RULES)}. Received: {rule!r}. Choose one.")
    least = 2 if rule == "trapezoid" else 1
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < least:
        raise ValueError(
            f"steps, the number of nodes of the {rule} rule, is an integer ≥ {least}. Received: steps={steps!r}. Give e.g. 32."
        )
    nodes, weights = RULES[rule](int(steps))
    return nodes.astype("float32"), weights.astype("float32")
