"""Measures of Captum for PyTorch copies of the networks, on maps of peers.npz. Each function returns {key: (array, settings)}."""

import functools

import numpy as np
import torch
from captum.attr import IntegratedGradients, Saliency
from captum.metrics import infidelity, infidelity_perturb_func_decorator, sensitivity_max
from peer_copies import to_torch, torch_copy
from peer_measures import FILL, RADIUS, WINDOW, copied, noise, weights, windows


def captum(arrays, taken):
    return {**captum_image(arrays, taken["image"]), **captum_tokens(arrays, taken["tokens"]), **captum_moves(arrays)}


def captum_image(arrays, taken):
    """Perturbations are the same for every example; windows go to a number, each of them once."""
    copy, x, target = from_peers("image", arrays)
    gradient, integrated = (
        to_torch(arrays[name]) for name in ("pair.gradient", "captum.integrated_gradients_gausslegendre")
    )
    ask = functools.partial(infidelity, copy, inputs=x, target=target)

    @infidelity_perturb_func_decorator(multiply_by_inputs=True)
    def to_fill(inputs, baselines):
        return torch.where(torch.tensor(copied(hidden, len(x))), baselines, inputs)

    def hide(inputs):
        lost = torch.tensor(copied(hidden, len(x))) * (inputs - FILL)
        return lost, inputs - lost

    hidden, take = np.moveaxis(windows(), -1, 1), take_away(taken, len(x))
    of_taken = {"n_perturb_samples": len(taken)}
    of_windows = {"n_perturb_samples": len(hidden)}
    about_taken = {"network": "image", "perturb_func": "infidelity.taken.image", **of_taken}
    about_windows = {"network": "image", "perturb_func": f"every window of {WINDOW} to {FILL}", **of_windows}
    scaled = {"normalize": True}
    return {
        "captum.infidelity": (ask(take, attributions=gradient, **of_taken), about_taken),
        "captum.infidelity_normalize": (
            ask(take, attributions=integrated, **of_taken, **scaled),
            {**about_taken, **scaled},
        ),
        "captum.infidelity_windows": (ask(hide, attributions=gradient, **of_windows), about_windows),
        "captum.infidelity_multiply_by_inputs": (
            ask(to_fill, attributions=integrated, baselines=FILL, **of_windows),
            {**about_windows, "multiply_by_inputs": True},
        ),
    }


def captum_tokens(arrays, taken):
    """Of the vectors that the layer "embed" gives."""
    copy, ids, target = from_peers("tokens", arrays)
    found = infidelity(
        copy.after_embedding,
        take_away(taken, len(ids)),
        inputs=copy.embed(ids),
        attributions=torch.tensor(arrays["captum.layer_integrated_gradients_embed"]),
        target=target,
        n_perturb_samples=len(taken),
    )
    settings = {"network": "tokens", "perturb_func": "infidelity.taken.tokens", "n_perturb_samples": len(taken)}
    return {"captum.infidelity_embed": (found, {**settings, "layer": "embed"})}


def captum_moves(arrays):
    """The class is the one given, at every perturbed example as well."""
    copy, x, target = from_peers("image", arrays)
    samples = 10

    def move(inputs, radius):
        steps = np.moveaxis(noise(len(x), radius, samples), -1, 2)  # (N, samples, C, H, W)
        return inputs + torch.tensor(steps.reshape(tuple(inputs.shape)))

    def ask(explain, **options):
        settings = {"perturb_radius": RADIUS, "n_perturb_samples": samples}
        found = sensitivity_max(explain, x, move, target=target, **settings, **options)
        return found, {"network": "image", "perturb_func": "noise of peer_measures.py", **settings, **options}

    path = {"n_steps": 20, "method": "gausslegendre", "baselines": 0.25}
    return {
        "captum.sensitivity_max_gradient": ask(Saliency(copy).attribute, abs=False),
        "captum.sensitivity_max_integrated_gradients": ask(IntegratedGradients(copy).attribute, **path),
    }


def from_peers(name, arrays):
    """The copy of a network, the examples, their classes."""
    x = arrays[f"{name}.x"]
    copy = torch_copy(name, weights(arrays, name), x, arrays[f"{name}.logits"])
    return copy, to_torch(x).contiguous(), torch.tensor(arrays[f"{name}.classes"], dtype=torch.long)


def take_away(taken, count):
    """A function of inputs, each of them repeated for the perturbations `taken`, channels last."""
    repeated = torch.tensor(copied(np.moveaxis(taken, -1, 1) if taken.ndim == 4 else taken, count))
    return lambda inputs: (repeated, inputs - repeated)
