"""The recipes that apply to the planted tasks."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from edges import EdgesCalculator

from kerasal import Background, Recipe, recipes

_TILES: dict[str, dict[str, Any]] = {  # what is hidden together
    "convolutions": {"size": 5, "slide_axis": (1, 2)},
    "LSTM": {"size": 5, "slide_axis": (1, 2)},
    "colour picture": {"size": 4},
}
_PASSES = 1000  # that a method may take which hides parts at random


def recipes_of(model: keras.Model, learnt: np.ndarray, kind: str) -> dict[str, Recipe]:
    """Give every method that applies to a network.

    Args:
        model: the network.
        learnt: training examples.
        kind: "convolutions" or "LSTM" (of series), "picture", "colour picture", "words", "transformer" (of words) or "columns".
    """
    is_text = kind in ("words", "transformer")
    at: dict[str, Any] = {"target_extractor": "embed", "ch_axis": -1} if is_text else {}
    if kind == "colour picture":
        at = {"ch_axis": -1}
    x = model.get_layer("embed")(learnt[:500]).numpy() if is_text else learnt
    mean = x.mean((0, 1)) if is_text else x.mean(0)
    found: dict[str, Any] = {
        **_gradients(at),
        **_paths(at, mean, x),
        **_hiding(at, mean, kind),
        **_parts(at, mean, x.shape, kind),
    }
    if kind == "transformer":
        found |= {"attention rollout": recipes.attention_rollout(), "gradient rollout": recipes.gradient_rollout()}
    if kind not in ("LSTM", "transformer"):
        found |= _through_relus(at, with_biases=kind != "words")
        found |= _by_rules(at, mean, x)
    if kind not in ("LSTM", "transformer", "columns"):
        found |= _cams({"target_extractor": "embed", "layer": "conv"} if kind == "words" else {})
    if kind.endswith("picture"):
        found |= {"XRAI": recipes.xrai()} if kind == "colour picture" else {}
        found["edges of the picture (no network)"] = Recipe(EdgesCalculator, **at)
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
    window = dict[str, Any]({"size": 1, **_TILES.get(kind, {})})
    window["stride"] = 2 if kind == "colour picture" else window["size"]
    wide = f", {window['size']} × {window['size']}" if kind in _TILES else ""
    found = {
        f"occlusion by 0{wide}": recipes.occlusion(**window, **at),
        f"occlusion by the mean{wide}": recipes.occlusion(fill=mean, **window, **at),
    }
    if kind in ("convolutions", "LSTM"):
        found["temporal rescaling"] = recipes.temporal_rescaling()
    return {**found, "occlusion by 0, 3 × 3": recipes.occlusion(size=3)} if kind == "picture" else found


def _parts(at: Mapping[str, Any], mean: np.ndarray, shape: tuple[int, ...], kind: str) -> dict[str, Recipe]:
    """Give those that hide parts at random, each at the same cost."""
    tiles = _TILES.get(kind, {})
    size, axes = tiles.get("size", 1), 1 if kind in ("words", "transformer", "columns") else 2
    count = math.prod(-(-length // size) for length in shape[1 : 1 + axes])
    orders = _PASSES // (2 * count)
    found = {
        "Shapley values by 0": recipes.shapley(M=orders, **tiles, **at),
        "Shapley values by the mean": recipes.shapley(M=orders, fill=mean, **tiles, **at),
        "LIME": recipes.lime(M=1, perturbations=_PASSES, **tiles, **at),
    }
    if axes == 2:
        where = {"slide_axis": tiles["slide_axis"]} if "slide_axis" in tiles else {}
        found["RISE"] = recipes.rise(M=_PASSES // 32, grid=4 if kind == "picture" else 7, **where, **at)
    return found


def _through_relus(at: Mapping[str, Any], *, with_biases: bool) -> dict[str, Recipe]:
    found = {
        "guided backpropagation": recipes.guided_backprop(**at),
        "deconvnet": recipes.deconvnet(**at),
    }
    return {**found, "FullGrad": recipes.full_grad()} if with_biases else found


def _by_rules(at: Mapping[str, Any], mean: np.ndarray, x: np.ndarray) -> dict[str, Recipe]:
    return {
        "DeepLIFT from 0": recipes.deep_lift(**at),
        "DeepLIFT from the mean": recipes.deep_lift(baseline=mean, **at),
        "DeepSHAP": recipes.deep_lift(baseline=Background(x[:16]), **at),
        "LRP, ε": recipes.lrp(rules="epsilon", **at),
        "LRP, ε and z⁺": recipes.lrp(**at),
    }


def _cams(at: Mapping[str, Any]) -> dict[str, Recipe]:
    return {
        "Grad-CAM": recipes.grad_cam(**at),
        "Grad-CAM++": recipes.grad_cam_plus_plus(**at),
        "LayerCAM": recipes.layer_cam(**at),
        "Score-CAM": recipes.score_cam(**at),
    }
