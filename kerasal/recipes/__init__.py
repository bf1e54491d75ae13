"""Recipes: how to explain, as one value; and those with a name of their own."""

from kerasal.recipes.by_rules import deconvnet, deep_lift, guided_backprop, lrp
from kerasal.recipes.named import (
    bayes_grad,
    bayes_smooth_grad,
    expected_gradients,
    full_grad,
    grad_cam,
    grad_cam_plus_plus,
    gradient_times_input,
    integrated_gradients,
    layer_cam,
    score_cam,
    smooth_grad,
    square_grad,
    temporal_rescaling,
    vanilla,
    var_grad,
)
from kerasal.recipes.of_attention import attention_rollout, gradient_rollout
from kerasal.recipes.of_layers import conductance, internal_influence
from kerasal.recipes.of_parts import lime, occlusion, rise, shapley, xrai
from kerasal.recipes.recipe import Recipe

__all__ = [
    "Recipe",
    "attention_rollout",
    "bayes_grad",
    "bayes_smooth_grad",
    "conductance",
    "deconvnet",
    "deep_lift",
    "expected_gradients",
    "full_grad",
    "grad_cam",
    "grad_cam_plus_plus",
    "gradient_rollout",
    "gradient_times_input",
    "guided_backprop",
    "integrated_gradients",
    "internal_influence",
    "layer_cam",
    "lime",
    "lrp",
    "occlusion",
    "rise",
    "score_cam",
    "shapley",
    "smooth_grad",
    "square_grad",
    "temporal_rescaling",
    "vanilla",
    "var_grad",
    "xrai",
]
