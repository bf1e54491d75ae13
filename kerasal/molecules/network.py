"""A gated graph network on the arrays of `to_graphs`."""

from typing import Any

import keras

from kerasal._bonds import BOND_TYPES
from kerasal._vocabulary import checks_keywords
from kerasal.layers import GatedGraphConv, MaskedReadout

ATOMIC_NUMBERS = 119  # 0 is padding


@checks_keywords
def ggnn(
    outputs: int = 1,
    units: int = 32,
    steps: int = 4,
    dropout: float = 0.0,
    head_units: int | None = None,
    head_dropout: float = 0.0,
    activation: Any = None,
) -> keras.Model:
    """Build a GGNN (Li et al. 2016, arXiv:1511.05493): embedding, gated graph convolutions with tied weights, masked readout.

    Args:
        outputs: number of predicted numbers.
        units: of the embedding (the layer "embed") and of the states of atoms.
        steps: gated graph convolutions: an atom sees others that are so many bonds away.
        dropout: rate before each step.
        head_units: of a dense layer with ReLU after the readout, None for none.
        head_dropout: rate before the last layer.
        activation: of the output; None for logits and regression.

    Returns:
        A model of a dict with "atoms" (N, A), "bonds" (N, 4, A, A) and "mask" (N, A), whose output is (N, outputs).

    Example:
        >>> from kerasal.molecules import from_smiles, ggnn, to_graphs
        >>> graphs = to_graphs(from_smiles(["CCO", "c1ccncc1"]))
        >>> ggnn(units=8).predict(graphs, verbose=0).shape
        (2, 1)
    """
    layers = keras.layers
    atoms = keras.Input((None,), dtype="int32", name="atoms")
    bonds = keras.Input((len(BOND_TYPES), None, None), dtype="uint8", name="bonds")
    mask = keras.Input((None,), name="mask")
    spread = keras.initializers.RandomNormal(stddev=0.5)  # Keras' own ±.05 is hardly felt beside what comes later
    how = {"embeddings_initializer": spread, "mask_zero": True}  # padding is missing, as is said to Keras too
    embedded = layers.Embedding(ATOMIC_NUMBERS, units, name="embed", **how)(atoms)
    states = GatedGraphConv(units, steps, dropout=dropout, name="convolutions")([embedded, bonds])
    molecule = MaskedReadout(units, name="readout")([states, embedded, mask])
    if head_units:
        molecule = layers.Dense(head_units, activation="relu", name="head")(molecule)
    if head_dropout:
        molecule = layers.Dropout(head_dropout, name="head_dropout")(molecule)
    result = layers.Dense(outputs, activation=activation, name="output")(molecule)
    return keras.Model({"atoms": atoms, "bonds": bonds, "mask": mask}, result, name="ggnn")
