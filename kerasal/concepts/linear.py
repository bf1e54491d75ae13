"""Logistic regression with a ridge, for few examples of many numbers."""

import numpy as np

_STEPS = 100  # of Newton's method, which takes about ten
_CLOSE = 1e-10  # length of a gradient that counts as 0, where activations have length 1


def separating_vector(positive: np.ndarray, negative: np.ndarray, ridge: float) -> tuple[np.ndarray, float]:
    """Fit the vector that tells two sets of activations apart.

    Minimizes the mean of log(1 + exp(∓(v·a + b))) plus ridge / 2 · s² |v|², s² the mean squared distance of activations from their
    mean: the direction is the same in other units. Newton's method, in the span of the examples where there are more numbers than
    examples. It is `LogisticRegression(C=1 / (n · ridge · s²))` of scikit-learn.

    Args:
        positive: (P, D), of the concept.
        negative: (Q, D), of the others.
        ridge: of the penalty, above 0.

    Returns:
        The vector (D,), 0 where all activations are equal, and the number b.

    Example:
        >>> import numpy as np
        >>> from kerasal.concepts.linear import separating_vector
        >>> vector, bias = separating_vector(np.array([[1.0, 3.0], [1.0, 1.0]]), np.array([[-1.0, 3.0], [-1.0, 1.0]]), 0.1)
        >>> [vector[0] > 1, abs(vector[1]) < 1e-12, abs(bias) < 1e-12].count(True)
        3
    """
    examples = np.concatenate([positive, negative]).astype("float64")
    signs = np.repeat([1.0, -1.0], [len(positive), len(negative)])
    mean = examples.mean(0)
    examples -= mean
    length = np.sqrt(np.einsum("nd,nd->", examples, examples) / len(examples))
    if length == 0:
        return np.zeros(examples.shape[1]), float(np.log(len(positive) / len(negative)))
    examples /= length
    reduced, back = _in_their_span(examples) if examples.shape[1] > len(examples) else (examples, None)
    found = _newton(np.concatenate([reduced, np.ones([len(examples), 1])], 1), signs, ridge)
    vector = (found[:-1] if back is None else examples.T @ (back @ found[:-1])) / length
    return vector, float(found[-1] - vector @ mean)


def _in_their_span(examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (N, K) of the examples in the space they span, and what makes weights of examples (N,) of coefficients (K,)."""
    values, vectors = np.linalg.eigh(examples @ examples.T)
    kept = values > 1e-12 * values[-1]
    roots = np.sqrt(values[kept])
    return vectors[:, kept] * roots, vectors[:, kept] / roots


def _newton(design: np.ndarray, signs: np.ndarray, ridge: float) -> np.ndarray:
    """Coefficients (K + 1,) of the least loss; the last one is free of the ridge."""
    penalty = np.append(np.full(design.shape[1] - 1, ridge), 0.0)
    found = np.zeros(design.shape[1])
    found[-1] = np.log(np.sum(signs > 0) / np.sum(signs < 0))

    def loss(at: np.ndarray) -> float:
        return float(np.logaddexp(0, -signs * (design @ at)).mean() + penalty @ np.square(at) / 2)

    for _ in range(_STEPS):
        missed = 0.5 * (1 - np.tanh(0.5 * signs * (design @ found)))  # probability of the other set
        gradient = penalty * found - design.T @ (signs * missed) / len(signs)
        if np.sqrt(gradient @ gradient) < _CLOSE:
            break
        curvature = (design.T * (missed * (1 - missed))) @ design / len(signs) + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        scale, before = 1.0, loss(found)
        while loss(found - scale * step) > before - 1e-4 * scale * (gradient @ step) and scale > 1e-6:
            scale /= 2
        found = found - scale * step
    return found
