"""Graph layers against their formulas, written in NumPy."""

import numpy as np
import pytest

from kerasal.layers import GatedGraphConv, MaskedReadout

NUMBERS = np.random.default_rng(5)
NODES = NUMBERS.normal(size=(2, 5, 4)).astype("float32")
EDGES = (NUMBERS.random((2, 3, 5, 5)) < 0.4).astype("float32")  # not symmetric: who sends to whom matters


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(messages, states, weights):
    """z, r = σ(Wx + Uh + b), h' = z h + (1 − z) tanh(Wx + b + r (Uh + c)), gates in Keras' order z, r, h."""
    kernel, recurrent, (bias, recurrent_bias) = weights
    of_message = np.split(messages @ kernel + bias, 3, -1)
    of_state = np.split(states @ recurrent + recurrent_bias, 3, -1)
    update, reset = (sigmoid(a + b) for a, b in zip(of_message[:2], of_state[:2], strict=True))
    return update * states + (1 - update) * np.tanh(of_message[2] + reset * of_state[2])


def conv_by_hand(nodes, edges, steps, kernel, bias, *cell):
    """Node after node, edge after edge."""
    count, size, _ = nodes.shape
    states = np.zeros((count, size, kernel.shape[-1]))
    states[..., : nodes.shape[-1]] = nodes
    for _ in range(steps):
        messages = np.zeros_like(states)
        for n, kind, a, b in np.argwhere(edges):
            messages[n, a] += edges[n, kind, a, b] * (states[n, b] @ kernel[kind] + bias[kind])
        states = gru(messages, states, cell)
    return states


def with_random_weights(layer, inputs):
    """The layer, built, with biases other than zero."""
    layer(inputs)
    layer.set_weights([NUMBERS.normal(size=weight.shape).astype("float32") / 2 for weight in layer.get_weights()])
    return layer


@pytest.mark.parametrize("steps", [1, 3])
def test_gated_graph_conv_by_its_formula(steps):
    layer = with_random_weights(GatedGraphConv(6, steps), [NODES, EDGES])
    maps = [np.asarray(layer.kernel), np.asarray(layer.bias)]
    expected = conv_by_hand(NODES, EDGES, steps, *maps, *layer.cell.get_weights())
    np.testing.assert_allclose(layer([NODES, EDGES]), expected, atol=2e-5)


def test_a_node_without_edges_hears_nobody():
    layer = with_random_weights(GatedGraphConv(6, 4), [NODES, EDGES])
    alone = EDGES.copy()
    alone[:, :, 2, :] = 0
    other = NODES.copy()
    other[:, [0, 1, 3, 4]] += 1
    np.testing.assert_array_equal(layer([NODES, alone])[:, 2], layer([other, alone])[:, 2])


def test_bonds_of_integers_are_taken():
    layer = with_random_weights(GatedGraphConv(6, 2), [NODES, EDGES])
    np.testing.assert_array_equal(layer([NODES, EDGES]), layer([NODES, EDGES.astype("uint8")]))


@pytest.mark.parametrize("activation", [None, "tanh"])
def test_masked_readout_by_its_formula(activation):
    mask = np.float32([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    first = NODES[..., :2] * 2
    layer = with_random_weights(MaskedReadout(3, activation), [NODES, first, mask])
    gate, value = layer.gate.get_weights(), layer.value.get_weights()
    expected = np.zeros((2, 3))
    for n, atom in np.argwhere(mask):
        both = np.concatenate([NODES[n, atom], first[n, atom]])
        own = NODES[n, atom] @ value[0] + value[1]
        expected[n] += sigmoid(both @ gate[0] + gate[1]) * (own if activation is None else np.tanh(own))
    np.testing.assert_allclose(layer([NODES, first, mask]), expected, atol=1e-5)
