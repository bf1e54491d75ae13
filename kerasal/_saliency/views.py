"""Other forms of a `Saliency`: one number per column of a table, and the tables of other packages."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasal._saliency import columns, exports, sums
from kerasal._saliency.groups import parts_of_groups


class Views:
    """Base of `Saliency`: what can be made of it."""

    @property
    def feature_values(self) -> np.ndarray | None:
        """Value of each feature, shape of `values` without classes: numbers, or objects where some are texts; None if not known."""
        return columns.feature_values(self)

    @property
    def unattributed(self) -> Any:
        """Part of the score that no value has, `scores - base_scores - sum of values`; None where they are not to add up."""
        return sums.unattributed(self)

    def grouped(self, groups: Mapping[str, Any], inputs: Any = None) -> Any:
        """Sum over groups of features, with their signs.

        Args:
            groups: the features of each group by its name, e.g. `{"colour": ["colour_red", "colour_blue"]}`; names, numbers or slices.
                Features in no group stay alone. Of maps with more axes, as of embeddings (columns, dimensions), numbers mean the first,
                and the others are summed.
            inputs: a frame or dict of the columns of your table, whose values pictures show. None: those that the input tells: a column of
                its name, a number, or the category of which the column is 1.

        Returns:
            A `Saliency` of one number per group. How samples vary together is not kept, so its `std` and `standard_error` are the sums of
            those of the features, which the true ones do not exceed.

        Raises:
            TypeError: other things than names and numbers.
            ValueError: no such feature, or one in two groups; values without their signs (`method="abs"`); a table of other columns.

        Example:
            >>> from kerasal import Saliency
            >>> names = ["size", "colour_red", "colour_blue"]
            >>> table = Saliency([[1, 3, -2], [0, 0, 4]], axes=("example", "feature"), feature_names=names)
            >>> table.grouped({"colour": names[1:]}).to_frame().values.tolist()
            [[1.0, 1.0], [0.0, 4.0]]
        """
        kept = ("M", "scores", "score_name", "completeness_gap", "relative_gap", "unpaired", "base_scores")
        known = ("class_names", "predictions", "labels")
        parts = {name: getattr(self, name) for name in (*kept, *known)}
        make: Any = type(self)
        return make(**parts, kind="table", **parts_of_groups(self, groups, inputs))

    def to_frame(self) -> Any:
        """Make a pandas frame: of a table, a row per example and a column per feature; else a row per number, with its place."""
        return exports.to_frame(self)

    def to_xarray(self) -> Any:
        """Make an xarray data set with the axes, names, scores and predictions, and how it was made."""
        return exports.to_xarray(self)

    def to_shap(self) -> Any:
        """Make a `shap.Explanation`, whose base values and values add up to the scores. ValueError where they do not."""
        return exports.to_shap(self)
