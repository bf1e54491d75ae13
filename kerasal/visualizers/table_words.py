"""Words of pictures of tables: what features are, and what whiskers mean."""

from typing import Any

import numpy as np

from kerasal._errors import samples_in_words

SIGNS = "red raises the score, blue lowers it"


def feature_names_of(saliency: Any, names: Any = None) -> list[str]:
    """Name the features: as given, as the result knows them, or by their numbers.

    Args:
        saliency: a `Saliency` whose last axis is that of features.
        names: the user's, or None.

    Raises:
        ValueError: another number of names.
    """
    count = saliency.shape[-1]
    found = names if names is not None else saliency.feature_names
    found = [f"feature {k}" for k in range(count)] if found is None else [str(name) for name in found]
    if len(found) != count:
        raise ValueError(f"feature_names names {count} features. Received: {len(found)} names. Name each column.")
    return found


def value_text(value: Any) -> str:
    """Write the value of a feature: whole numbers as they are, others with four digits or to the unit, texts as they are.

    Example:
        >>> value_text(1993.0), value_text(-0.123456), value_text(10793.27), value_text("red")
        ('1993', '−0.1235', '10793', 'red')
    """
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if not isinstance(value, (int, float, np.number)):
        return str(value)
    number = float(value)
    is_to_the_unit = abs(number) < 1e9 and (number.is_integer() or abs(number) >= 1000)
    words = f"{number:.0f}" if is_to_the_unit else f"{number:.4g}"
    return words.replace("-", "−")


def names_with_values(saliency: Any, names: list[str]) -> list[str]:
    """Name the features of one example with what they are, e.g. "age = 39", where it is known."""
    values = saliency.feature_values
    if values is None:
        return names
    pairs = zip(names, values.tolist(), strict=True)
    return [name if value is None else f"{name} = {value_text(value)}" for name, value in pairs]


def error_words(saliency: Any, *, has_sums: bool = False) -> str:
    """Say what the whiskers of one example mean; "" where there are none.

    Args:
        saliency: a `Saliency`.
        has_sums: True where a bar is the sum of several features.
    """
    if saliency.standard_error is None:
        return ""
    samples = samples_in_words(saliency.M)
    at_most = "; of sums at most" if has_sums or "std" in saliency.about else ""
    return f"whiskers: ±1 standard error of the mean over {samples} samples{at_most}"


def batch_error_words(count: int) -> str:
    """Say what the whiskers of a mean over examples mean."""
    return f"whiskers: ±1 standard error of this mean, as the {count} examples differ" if count > 1 else ""
