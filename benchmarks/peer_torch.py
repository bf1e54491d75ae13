"""Captum on a PyTorch copy of a small network, weight for weight, made and called as the functions of ways.py."""

import keras
import numpy as np
from peers import Cannot, classes_of
from workloads import SCALE

CLOSE = 1e-4


def makers():
    """{kind of Keras layer: function of such a layer, that gives PyTorch's modules with the same weights}."""
    import torch
    from torch import nn

    class Last(nn.Module):
        """The last of an LSTM's outputs."""

        def __init__(self, lstm):
            super().__init__()
            self.lstm = lstm

        def forward(self, x):
            return self.lstm(x)[0][:, -1]

    class ChannelsLast(nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1)

    def copied(module, weights):
        with torch.no_grad():
            for parameter, weight in zip(module.parameters(), weights, strict=True):
                parameter.copy_(torch.tensor(np.ascontiguousarray(weight)))
        return [module]

    def convolution(layer):
        kernel, bias = layer.get_weights()
        high, wide, inside, outside = kernel.shape
        return copied(nn.Conv2d(inside, outside, (high, wide)), [kernel.transpose(3, 2, 0, 1), bias])

    def dense(layer):
        kernel, bias = layer.get_weights()
        return copied(nn.Linear(*kernel.shape), [kernel.T, bias])

    def lstm(layer):
        kernel, recurrent, bias = layer.get_weights()
        module = nn.LSTM(kernel.shape[0], layer.units, batch_first=True)
        return [Last(copied(module, [kernel.T, recurrent.T, bias, np.zeros_like(bias)])[0])]

    return {
        keras.layers.InputLayer: lambda layer: [],
        keras.layers.Conv2D: convolution,
        keras.layers.Dense: dense,
        keras.layers.LSTM: lstm,
        keras.layers.MaxPooling2D: lambda layer: [nn.MaxPool2d(layer.pool_size)],
        keras.layers.Dropout: lambda layer: [nn.Dropout(layer.rate)],
        keras.layers.Flatten: lambda layer: [ChannelsLast(), nn.Flatten()],
    }


def copy_of(job):
    """(the copy, examples with channels first), after a check that both give the same logits."""
    import torch
    from torch import nn

    known = makers()
    if not isinstance(job.tail, keras.Sequential) or not all(type(layer) in known for layer in job.tail.layers):
        raise Cannot("small networks only")
    modules = []
    for layer in job.tail.layers:
        relu = getattr(layer, "activation", None) is keras.activations.relu
        modules += [*known[type(layer)](layer), *([nn.ReLU()] if relu else [])]
    copy, x = nn.Sequential(*modules).eval(), torch.tensor(first_to_last(job.points, -1, 1))
    check(copy, x, job)
    return copy, x


def check(copy, x, job):
    """Refuse a copy whose logits are not those of the network."""
    import torch

    with torch.no_grad():
        far = np.abs(copy(x).numpy() - np.asarray(job.tail(job.points))).max()
    if not far < CLOSE:
        raise RuntimeError(
            f"The PyTorch copy gives the same logits to {CLOSE}. Received: a distance of {far}. "
            "Correct the copy before anything is timed."
        )


def first_to_last(values, source, to):
    """Channels moved, of images only."""
    return np.ascontiguousarray(np.moveaxis(values, source, to)) if values.ndim == 4 else values


def attributes(job, make):
    """A way from make(copy, x, classes) -> function of the amount that gives a tensor."""
    import torch

    copy, x = copy_of(job)
    explain = make(copy, x, torch.tensor(classes_of(job)))
    return lambda amount: (first_to_last(explain(amount).detach().numpy(), 1, -1), None)


def gradient_by_captum(job, scale=SCALE, magnitudes=False):
    from captum.attr import NoiseTunnel, Saliency

    def make(copy, x, classes):
        saliency = Saliency(copy)
        how = {"target": classes, "abs": magnitudes}
        at_once = max(1, job.rows // len(x))
        noise = {"nt_type": "smoothgrad", "stdevs": scale, "nt_samples_batch_size": at_once}
        return lambda M: (
            NoiseTunnel(saliency).attribute(x, nt_samples=M, **noise, **how) if M else saliency.attribute(x, **how)
        )

    return attributes(job, make)


def magnitudes_by_captum(job, scale):
    """The mean of |gradient|."""
    return gradient_by_captum(job, scale, magnitudes=True)


def dropout_by_captum(job):
    """Its gradient of the copy in training mode, as many samples of all examples a call as the limit."""
    from captum.attr import Saliency

    def make(copy, x, classes):
        copy.train()
        at_once = max(1, job.rows // len(x))

        def call(M):
            total = 0
            for start in range(0, M, at_once):
                count = min(at_once, M - start)
                samples = Saliency(copy).attribute(
                    x.repeat(count, *[1] * (x.ndim - 1)), target=classes.repeat(count), abs=False
                )
                total += samples.reshape(count, *x.shape).sum(0)
            return total / M

        return call

    return attributes(job, make)


def path_by_captum(job):
    """Integrated gradients at midpoints."""
    from captum.attr import IntegratedGradients

    def make(copy, x, classes):
        how = {"target": classes, "method": "riemann_middle", "internal_batch_size": max(job.rows, len(x))}
        return lambda nodes: IntegratedGradients(copy).attribute(x, n_steps=nodes, **how)

    return attributes(job, make)


def occlusion_by_captum(job):
    """The mean over the windows that cover a pixel."""
    from captum.attr import Occlusion

    def make(copy, x, classes):
        def call(windows):
            size, stride = windows
            window, strides = (x.shape[1], size, size), (x.shape[1], stride, stride)
            at_once = max(1, job.rows // len(x))
            return Occlusion(copy).attribute(x, window, strides, target=classes, perturbations_per_eval=at_once)

        return call

    return attributes(job, make)
