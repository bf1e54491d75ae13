"""Dropout masks: one per sample, example, layer and call; shared by the time steps of a recurrent layer."""

import keras
import numpy as np
import pytest
from closed_forms import levels, ones, samples_of, summed
from keras import layers as L
from zoo import randomised
from zoo_layers import GraphDropout, Sum


def test_one_mask_per_layer_and_call():
    """y = Σ d(x) + 10 d(x) + 100 e(x), d called twice, e alike: every sum of 2, 20 and 200 occurs, alike often."""
    inputs, d, e = keras.Input((200,)), L.Dropout(0.5), L.Dropout(0.5)
    parts = [d(inputs), L.Rescaling(10.0)(d(inputs)), L.Rescaling(100.0)(e(inputs))]
    samples = samples_of(keras.Model(inputs, Sum()(L.Add()(parts))), ones(200), M=50)
    assert levels(samples) == [0, 2, 20, 22, 200, 202, 220, 222]
    counts = np.unique(samples.round(), return_counts=True)[1]
    assert np.abs(counts - samples.size / 8).max() < 6 * np.sqrt(samples.size * 7 / 64)


def test_masks_of_samples_and_examples_are_independent():
    masks = samples_of(summed(L.Dropout(0.5), shape=(30, 4)), ones(30, 4), M=60) - 1  # ±1
    flat = masks.reshape(120, 120)  # rows: (m, n); columns: positions
    for matrix in (flat, flat.T):
        correlation = matrix @ matrix.T / 120 - np.eye(120)
        assert np.abs(correlation).max() < 6 / np.sqrt(120)
    assert np.abs(flat.mean()) < 6 / 120


T, F = 7, 3
KINDS = {  # gates held open by their biases, so that the state is h_t = k·x_t + r·h_{t-1}
    "simple": L.SimpleRNN,
    "lstm": L.LSTM,
    "gru": L.GRU,
}


def recurrent(kind, dropout, recurrent_dropout):
    layer = KINDS[kind](1, activation="linear", dropout=dropout, recurrent_dropout=recurrent_dropout)
    model = summed(layer, shape=(T, F))
    kernel, recurrent_kernel, bias = (np.zeros(tuple(weight.shape), "float32") for weight in model.weights)
    state = 0 if kind == "simple" else 2  # the column of the candidate: i f [c] o, and z r [h]
    kernel[:, state], recurrent_kernel[:, state] = 1, 1
    if kind == "lstm":
        bias[:] = [60, -60, 0, 60]  # input open, forget shut, output open
    if kind == "gru":
        bias[0] = [-60, 60, 0]  # update shut, reset open
    model.set_weights([kernel, recurrent_kernel, bias])
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_input_masks_are_shared_by_time_steps(kind):
    samples = samples_of(recurrent(kind, 0.25, 0.0), ones(T, F), M=100)  # 4/3 where kept
    assert levels(samples) == [0, 1.3333]
    assert np.all(samples == samples[:, :, :1])
    assert_share(samples[:, :, 0] > 0, 0.75)


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_state_masks_are_shared_by_time_steps(kind):
    samples = samples_of(recurrent(kind, 0.0, 0.25), ones(T, F), M=300)
    kept = samples[:, :, -2, 0] > 0.5  # a shut gate lets e^-60 through
    steps = np.arange(T - 1, -1, -1)
    expected = np.where(kept[..., None], (4 / 3) ** steps, steps == 0)  # (4/3)^(T-1-t), or only the last step
    np.testing.assert_allclose(samples, np.repeat(expected[..., None], F, -1), rtol=1e-5, atol=1e-9)
    assert_share(kept, 0.75)


def assert_share(kept, share):
    assert np.abs(kept.mean() - share) < 6 * np.sqrt(share * (1 - share) / kept.size)


def test_dropout_inside_multi_head_attention():
    """Zero query and key: attention is 1/T everywhere; identity value and output: dy/dx_s = Σ_t mask_ts / (T (1-p))."""
    inputs = keras.Input((T, F))
    attention = L.MultiHeadAttention(1, F, dropout=0.25, use_bias=False, name="attention")
    model = keras.Model(inputs, Sum()(attention(inputs, inputs)))
    eye = np.eye(F, dtype="float32")
    zero = np.zeros((F, 1, F), "float32")
    model.set_weights([zero, zero, eye[:, None], eye[None]])
    counts = samples_of(model, ones(T, F), M=500) * T * 0.75
    np.testing.assert_allclose(counts, counts.round(), atol=1e-3)
    np.testing.assert_allclose(counts, np.repeat(counts[..., :1], F, -1), atol=1e-3)
    assert np.abs(counts.mean() - 0.75 * T) < 6 * np.sqrt(T * 0.1875 / (1000 * T))
    np.testing.assert_allclose(counts[..., 0].var(), T * 0.1875, rtol=0.2)


@pytest.mark.parametrize("make", [L.LSTM, L.GRU])
def test_recurrent_masks_with_the_usual_activations(make):
    """These run in a fused kernel where there is one: a feature that is dropped has no slope at any step."""
    samples = samples_of(randomised(summed(make(5, dropout=0.25), shape=(T, F))), ones(T, F), M=100)
    dropped = samples == 0
    assert np.all(dropped == dropped[:, :, :1])
    assert_share(~dropped[:, :, 0], 0.75)


def test_both_directions_have_masks_of_their_own():
    layer = L.Bidirectional(L.SimpleRNN(1, activation="linear", dropout=0.25), merge_mode="sum")
    model = summed(layer, shape=(T, F))
    model.set_weights([np.zeros_like(w) if w.ndim == 1 else np.ones_like(w) for w in model.get_weights()])
    samples = samples_of(model, ones(T, F))
    assert levels(samples) == [0, 1.3333, 2.6667] and np.all(samples == samples[:, :, :1])


def test_dropout_in_an_inner_graph_is_never_silently_off():
    """It is refused or it is random, also when that graph was traced before."""
    model = summed(GraphDropout(), shape=(50,))
    for used in (False, True):
        if used:
            model(ones(50)), model(ones(50), training=True)
        try:
            assert levels(samples_of(model, ones(50))) == [0, 2]
        except ValueError as error:
            assert "tf.function" in str(error)
