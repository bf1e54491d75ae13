"""PyTorch copies of the two networks on which peers are recorded, weight for weight."""

import numpy as np
import torch
from torch import nn


class ImageCopy(nn.Module):
    """The image network on (N, 3, 12, 9). Its ReLU "first" is a module, so that a layer method can name it."""

    def __init__(self, weights):
        super().__init__()
        kernel, bias, *normalize, kernel2, bias2, hidden, hidden_bias, out, out_bias = map(torch.tensor, weights)
        self.kernels, self.dense = [(kernel, bias), (kernel2, bias2)], [(hidden, hidden_bias), (out, out_bias)]
        self.normalize = normalize
        self.first = nn.ReLU()

    def forward(self, x):
        (kernel, bias), (kernel2, bias2) = self.kernels
        gamma, beta, mean, variance = self.normalize
        x = self.first(nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1))
        x = nn.functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
        x = nn.functional.max_pool2d(x, 2)
        x = nn.functional.conv2d(x, kernel2.permute(3, 2, 0, 1), bias2).relu()
        (hidden, hidden_bias), (out, out_bias) = self.dense
        x = (x.permute(0, 2, 3, 1).flatten(1) @ hidden + hidden_bias).relu()
        return x @ out + out_bias


class TokensCopy(nn.Module):
    """The token network: the gates of both sides come in the order input, forget, cell, output."""

    def __init__(self, weights):
        super().__init__()
        table, kernel, recurrent, bias, self.out, self.out_bias = map(torch.tensor, weights)
        self.embed = nn.Embedding.from_pretrained(table)
        self.recurrent = nn.LSTM(table.shape[1], recurrent.shape[0], batch_first=True)
        with torch.no_grad():
            self.recurrent.weight_ih_l0.copy_(kernel.T)
            self.recurrent.weight_hh_l0.copy_(recurrent.T)
            self.recurrent.bias_ih_l0.copy_(bias)
            self.recurrent.bias_hh_l0.zero_()

    def forward(self, ids):
        return self.after_embedding(self.embed(ids))

    def after_embedding(self, vectors):
        states, _ = self.recurrent(vectors)
        return states[:, -1] @ self.out + self.out_bias


def torch_copy(name, weights, x, logits):
    """The copy of the network `name`, after a check that it gives these logits at x."""
    copy = {"image": ImageCopy, "tokens": TokensCopy}[name](weights).eval()
    with torch.no_grad():
        distance = np.abs(copy(to_torch(x)).numpy() - logits).max()
    if not distance < 1e-5:
        raise RuntimeError(
            f"The copy of the {name} network gives its logits to 1e-5. Received: a distance of {distance}. "
            "Correct the copy before anything is recorded."
        )
    return copy


def to_torch(x):
    """Channels first for images."""
    x = torch.tensor(x)
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def to_keras(x):
    """Channels last for maps."""
    x = x.detach()
    return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).numpy()
