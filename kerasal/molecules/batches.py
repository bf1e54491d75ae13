"""Batches of graphs for training, each padded to its own largest molecule only."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._vocabulary import checks_keywords


@checks_keywords
def batches(
    graphs: Mapping[str, np.ndarray],
    values: ArrayLike | None = None,
    batch_size: int = 32,
    seed: int | None = 0,
    per_atom: bool = False,  # noqa: FBT001, FBT002 (a position since 0.1)
) -> tf.data.Dataset:
    """Make the data set that `fit` takes: molecules in random order, a batch no wider than its largest, to spare padding.

    They are not sorted by size: batches of one size learn worse, since size goes with most properties.

    Args:
        graphs: the arrays of `to_graphs`, or some rows of them.
        values: what is learnt, (N, ...), or None.
        batch_size: molecules in a batch.
        seed: the order is drawn anew for every epoch; None: as given, for `predict`.
        per_atom: True where values are of atoms, (N, A, ...), and cut like the graphs.

    Returns:
        A data set of as many batches as there are; graphs, or (graphs, values).

    Raises:
        ValueError: lengths differ, or there is no molecule.

    Example:
        >>> from kerasal.molecules import batches, from_smiles, to_graphs
        >>> graphs = to_graphs(from_smiles(["CCO", "C", "CC", "CCCCC"]))
        >>> [tuple(each["atoms"].shape) for each in batches(graphs, batch_size=3, seed=None)]
        [(3, 3), (1, 5)]
    """
    graphs = dict(graphs)
    values = None if values is None else np.asarray(values)
    _check_lengths(graphs, values, batch_size)
    count, sizes = len(graphs["mask"]), graphs["mask"].sum(1).astype(int)
    rng = None if seed is None else np.random.default_rng(seed)

    def epoch() -> Iterator[Any]:
        order = np.arange(count) if rng is None else rng.permutation(count)
        for rows in np.split(order, range(batch_size, count, batch_size)):
            width = sizes[rows].max()
            cut = {name: _narrowed(name, array[rows], width) for name, array in graphs.items()}
            yield cut if values is None else (cut, values[rows][:, :width] if per_atom else values[rows])

    signature = (
        _graph_specs(graphs) if values is None else (_graph_specs(graphs), _value_spec(values, fixed_axis=1 + per_atom))
    )
    data = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    return data.apply(tf.data.experimental.assert_cardinality(-(-count // batch_size))).prefetch(2)


def _check_lengths(graphs: Mapping[str, np.ndarray], values: np.ndarray | None, batch_size: int) -> None:
    count = len(graphs["mask"])
    if not count or batch_size < 1 or values is not None and len(values) != count:
        received = f"{count} molecules{'' if values is None else f', {len(values)} values'}, batch_size={batch_size}"
        raise ValueError(
            f"batches takes a value per molecule, one molecule or more. Received: {received}. Index both alike."
        )


def _narrowed(name: str, array: np.ndarray, width: int) -> np.ndarray:
    """Cut one of the graphs' arrays to so many atoms; bonds have two axes of atoms, the others one."""
    return array[..., :width, :width] if name == "bonds" else array[..., :width]


def _graph_specs(graphs: Mapping[str, np.ndarray]) -> dict[str, tf.TensorSpec]:
    specs = {name: tf.TensorSpec([None] * array.ndim, array.dtype) for name, array in graphs.items()}
    specs["bonds"] = tf.TensorSpec((None, graphs["bonds"].shape[1], None, None), graphs["bonds"].dtype)
    return specs


def _value_spec(values: np.ndarray, fixed_axis: int) -> tf.TensorSpec:
    """Make the spec of a batch of values, whose sizes are known from `fixed_axis` on."""
    return tf.TensorSpec([*[None] * fixed_axis, *values.shape[fixed_axis:]], values.dtype)
