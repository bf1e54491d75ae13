"""The recipes that apply to the planted tasks."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from edges import EdgesCalculator

from kerasal import Background, Recipe, recipes


def recipes_of(model: keras.Model, learnt: np.ndarray, kind: str) -> dict[str, Recipe]:
    """Give every method that applies to a network.

    Args:
        model: the network.
        learnt: training examples.
        kind: "convolutions" or "LSTM" (of series), "picture", "words" or "columns".
    """
    at: dict[str, Any] = {"target_extractor": "embed", "ch_axis": -1} if kind == "words" else {}
    x = model.get_layer("embed")(learnt[:500]).numpy() if kind == "words" else learnt
    mean = x.mean((0, 1)) if kind == "words" else x.mean(0)
    found = {**_gradients(at), **_paths(at, mean, x), **_hiding(at, mean, kind)}
    if kind != "LSTM":
        found |= _through_relus(at, with_biases=kind != "words")
    if kind in ("picture", "convolutions", "words"):
        found |= _cams({"target_extractor": "embed", "layer": "conv"} if kind == "words" else {})
    if kind == "picture":
        found["edges of the picture (no network)"] = Recipe(EdgesCalculator)
    return found


def _gradients(at: Mapping[str, Any]) -> dict[str, Recipe]:
    size = {**at, "ch_reduce": "l2"} if at else {}
    return {
        "gradient": recipes.vanilla(**size),
        "gradient × input": recipes.gradient_times_input(**at),
        "SmoothGrad": recipes.smooth_grad(M=20, **size),
        "SmoothGrad × input": recipes.smooth_grad(M=20, multiply_target=True, **at),
        "SquareGrad": recipes.square_grad(M=20, **size),
        "VarGrad": recipes.var_grad(M=20, **size),
        "BayesGrad": recipes.bayes_grad(M=20, **size),
        "BayesGrad × input": recipes.bayes_grad(M=20, multiply_target=True, **at),
    }


def _paths(at: Mapping[str, Any], mean: np.ndarray, x: np.ndarray) -> dict[str, Recipe]:
    background = Background(x[:64], drawn=True)
    return {
        "IG from 0": recipes.integrated_gradients(steps=32, **at),
        "IG from the mean": recipes.integrated_gradients(steps=32, baseline=mean, **at),
        "expected gradients": recipes.expected_gradients(background, M=20, steps=4, **at),
    }


def _hiding(at: Mapping[str, Any], mean: np.ndarray, kind: str) -> dict[str, Recipe]:
    if kind in ("convolutions", "LSTM"):
        window: dict[str, Any] = {"size": 5, "stride": 5, "slide_axis": (1, 2)}
        return {
            "temporal rescaling": recipes.temporal_rescaling(),
            "occlusion by 0, 5 × 5": recipes.occlusion(**window),
            "occlusion by the mean, 5 × 5": recipes.occlusion(fill=mean, **window),
        }
    single = {
        "occlusion by 0": recipes.occlusion(size=1, **at),
        "occlusion by the mean": recipes.occlusion(size=1, fill=mean, **at),
    }
    return {**single, "occlusion by 0, 3 × 3": recipes.occlusion(size=3)} if kind == "picture" else single


def _through_relus(at: Mapping[str, Any], *, with_biases: bool) -> dict[str, Recipe]:
    found = {
        "guided backpropagation": recipes.guided_backprop(**at),
        "deconvnet": recipes.deconvnet(**at),
    }
    return {**found, "FullGrad": recipes.full_grad()} if with_biases else found


def _cams(at: Mapping[str, Any]) -> dict[str, Recipe]:
    return {
        "Grad-CAM": recipes.grad_cam(**at),
        "Grad-CAM++": recipes.grad_cam_plus_plus(**at),
        "LayerCAM": recipes.layer_cam(**at),
        "Score-CAM": recipes.score_cam(**at),
    }
