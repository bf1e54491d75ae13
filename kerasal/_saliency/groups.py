"""Sums of a `Saliency` over groups of features: one number per column of the user's table."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from kerasal._errors import listed, warn_user
from kerasal._saliency.columns import column_of, own_values

BOUND = "std"  # of `about`, where the error of a sum is known only from above


class Group(NamedTuple):
    """A group of features: its name, and their places in order."""

    name: str
    places: list[int]


def parts_of_groups(saliency: Any, groups: Mapping[str, Any], inputs: Any = None) -> dict[str, Any]:
    """Give the parts of a `Saliency` that are other ones for groups; see `Saliency.grouped`.

    Raises:
        TypeError: groups are no mapping, or name a feature by something else than a name or a number.
        ValueError: a feature that there is not, or that is in two groups; values that have lost their signs.
    """
    _check_signs(saliency)
    lead = sum(name in ("example", "class") for name in saliency.axes)
    if saliency.values.ndim == lead:
        raise ValueError(
            f"Groups are of the features of a map. Received: one number per example, axes {saliency.axes}. Explain without ch_axis."
        )
    names = saliency.feature_names if saliency.values.ndim == lead + 1 else None
    found = all_groups(groups, names, saliency.shape[lead])
    _warn_of_sums(saliency, found)
    own = own_values(saliency)
    columns = {each.name: column_of(saliency, each.name, each.places, own, inputs) for each in found}
    known = {name: column for name, column in columns.items() if column is not None}
    _check_table(inputs, known)
    about = {name: fact for name, fact in saliency.about.items() if name != "input"}
    about["groups"] = {each.name: [_named(place, names) for place in each.places] for each in found}
    if saliency.standard_error is not None and max(len(each.places) for each in found) > 1:
        about[BOUND] = "at most: the sum of those of the features in a group"
    return {
        "values": _summed(saliency.values, found, lead),
        "std": _summed(saliency.std, found, lead),
        "standard_error": _summed(saliency._standard_error, found, lead),
        "axes": (*saliency.axes[:lead], "feature"),
        "feature_names": [each.name for each in found],
        "inputs": known or None,
        "about": about,
    }


def all_groups(groups: Mapping[str, Any], names: tuple[str, ...] | None, count: int) -> list[Group]:
    """List the groups in the order of their first features, those alone that are in none.

    Example:
        >>> all_groups({"colour": ["red", "blue"]}, ("size", "red", "blue"), 3)
        [Group(name='size', places=[0]), Group(name='colour', places=[1, 2])]
    """
    if not isinstance(groups, Mapping):
        raise TypeError(
            f"groups is a dict of names and the features of each. Received: {groups!r:.80}. Pass e.g. "
            "{'colour': ['colour_red', 'colour_blue']}."
        )
    found = [Group(str(name), _places(members, str(name), names, count)) for name, members in groups.items()]
    taken = [place for group in found for place in group.places]
    twice = sorted({_named(place, names) for place in taken if taken.count(place) > 1}, key=str)
    if twice:
        raise ValueError(f"A feature is in one group. Received: {listed(twice)} in more than one. Leave it out of one.")
    alone = [Group(_named_alone(place, names), [place]) for place in range(count) if place not in set(taken)]
    every = sorted(found + alone, key=lambda group: group.places[0])
    named = [group.name for group in every]
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled:
        raise ValueError(f"Groups and features have names of their own. Received: {listed(doubled)} twice. Rename one.")
    return every


def _places(members: Any, group: str, names: tuple[str, ...] | None, count: int) -> list[int]:
    """Find the places of the members of a group."""
    if isinstance(members, slice):
        members = range(*members.indices(count))
    if isinstance(members, (str, int, np.integer)):
        members = [members]
    if not np.iterable(members):
        raise TypeError(f"A group has names or numbers of features. Received: {group!r}: {members!r}. Pass a list.")
    places = [_place(member, names, count) for member in members]
    if not places:
        raise ValueError(f"A group has one feature or more. Received: {group!r} without any. Leave it out.")
    if len(set(places)) < len(places):
        raise ValueError(f"A feature is in a group once. Received: {group!r}: {list(members)}. Leave it out once.")
    return sorted(places)


def _place(member: Any, names: tuple[str, ...] | None, count: int) -> int:
    """Find the place of a feature: by its number, or by its name."""
    if isinstance(member, (int, np.integer)) and not isinstance(member, bool):
        if not -count <= member < count:
            raise ValueError(f"There are {count} features, 0 to {count - 1}. Received: {member}. Number one of these.")
        return int(member) % count
    if not isinstance(member, str):
        raise TypeError(f"A feature is meant by name or number. Received: {member!r}. Pass e.g. 'colour_red' or 3.")
    if names is None:
        raise ValueError(
            f"These features have no names. Received: {member!r}. Explain with feature_names=, or give numbers from 0 to {count - 1}."
        )
    if names.count(member) != 1:
        near = difflib.get_close_matches(member, names, 1, 0)
        how_often = "there is none of this name" if member not in names else "there are several of this name"
        raise ValueError(
            f"A group has features of the result. Received: {member!r}: {how_often}. Pass {near[0]!r}, or a number."
        )
    return names.index(member)


def _check_signs(saliency: Any) -> None:
    """Refuse values that were made positive, or a statistic, before they are summed."""
    method = saliency.about.get("method", "raw")
    if method != "raw":
        raise ValueError(
            f"Features are summed with their signs. Received: method={method!r}. Explain with method='raw', group, and take the "
            "absolute value then."
        )


def _check_table(inputs: Any, known: Mapping[str, Any]) -> None:
    """Refuse a table that has none of the columns."""
    if inputs is not None and not set(map(str, inputs.keys())) & set(known):
        raise ValueError(
            f"inputs is a table with columns of the names of groups and features. Received: columns {listed(list(inputs.keys()))}. "
            "Pass the frame before it was encoded, and call groups as its columns."
        )


def _warn_of_sums(saliency: Any, groups: list[Group]) -> None:
    """Warn where a sum says nothing of the group: slopes, and differences that each feature makes alone."""
    several = [group.name for group in groups if len(group.places) > 1]
    made_by = saliency.about.get("calculator")
    if several and made_by == "GradientCalculator" and saliency.about.get("multiply_target") is False:
        warn_user(
            f"A sum of gradients over {listed(several)} is the slope where all features of a group grow at once, which columns of "
            "categories never do. Explain by IntegratedGradientsCalculator, or with GradientCalculator(multiply_target=True)."
        )
    if several and made_by == "OcclusionCalculator":
        warn_user(
            f"A sum over {listed(several)} is of features hidden one at a time, or of one number as often as its group has features. Hide "
            "them together, OcclusionCalculator(model, groups=[0, 0, 1, …]), and take the number of one of them."
        )


def _summed(array: Any, groups: list[Group], lead: int) -> Any:
    """Sum over the features of each group, and over axes behind that of the features; None stays None."""
    if array is None:
        return None
    wide = np.reshape(np.asarray(array, np.float64), (*array.shape[: lead + 1], -1)).sum(-1)
    return np.stack([wide[..., group.places].sum(-1) for group in groups], -1).astype(np.float32)


def _named(place: int, names: tuple[str, ...] | None) -> Any:
    return place if names is None else names[place]


def _named_alone(place: int, names: tuple[str, ...] | None) -> str:
    return f"feature {place}" if names is None else names[place]
