"""Batches of graphs for training, each padded to its own largest molecule only."""

from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf


def batches(
    graphs: Mapping[str, np.ndarray], values=None, batch_size: int = 32, seed: int | None = 0, per_atom: bool = False
) -> tf.data.Dataset:
    """What `fit` takes: molecules in random order, a batch no wider than its largest, so that less is spent on padding.

    They are not sorted by size: batches of one size learn worse, since size goes with most properties.

    Args:
        graphs: the arrays of `to_graphs`, or some rows of them.
        values: what is learnt, (N, ...), or None.
        batch_size: molecules in a batch.
        seed: the order is drawn anew for every epoch; None: as given, for `predict`.
        per_atom: whether values are of atoms, (N, A, ...), and cut like the graphs.

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
    count, sizes = len(graphs["mask"]), graphs["mask"].sum(1).astype(int)
    values = None if values is None else np.asarray(values)
    if not count or values is not None and len(values) != count or batch_size < 1:
        received = f"{count} molecules{'' if values is None else f', {len(values)} values'}, batch_size={batch_size}"
        raise ValueError(
            f"batches takes a value per molecule, one molecule or more. Received: {received}. Index both alike."
        )
    rng = None if seed is None else np.random.default_rng(seed)
    number = -(-count // batch_size)

    def epoch() -> Iterator:
        order = np.arange(count) if rng is None else rng.permutation(count)
        for rows in np.split(order, range(batch_size, count, batch_size)):
            width = sizes[rows].max()
            narrow = {"bonds": (..., slice(width), slice(width))}
            cut = {name: array[rows][narrow.get(name, (..., slice(width)))] for name, array in graphs.items()}
            yield cut if values is None else (cut, values[rows][:, :width] if per_atom else values[rows])

    shapes = {name: tf.TensorSpec((None, *[None] * (a.ndim - 1)), a.dtype) for name, a in graphs.items()}
    shapes["bonds"] = tf.TensorSpec((None, graphs["bonds"].shape[1], None, None), graphs["bonds"].dtype)
    own = () if values is None else (None, *([None] if per_atom else []), *values.shape[2 if per_atom else 1 :])
    signature = shapes if values is None else (shapes, tf.TensorSpec(own, values.dtype))
    data = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    return data.apply(tf.data.experimental.assert_cardinality(number)).prefetch(2)
