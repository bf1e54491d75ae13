"""Keywords that other packages use for what has another name here, and the error for a keyword that does not exist."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

# of Captum, SHAP, tf-keras-vis, tf-explain, Keras, Xplique -> candidates here, of which the first that the function has is named
_ELSEWHERE = {
    "M": (
        "n_samples",
        "nsamples",
        "num_samples",
        "nt_samples",
        "nb_samples",
        "samples",
        "n_iter",
        "smooth_samples",
        "max_evals",
    ),
    "steps": ("n_steps", "num_steps", "nt_steps", "m_steps", "path_steps"),
    "score": (
        "target",
        "class_index",
        "class_idx",
        "target_class",
        "class_id",
        "pred_index",
        "category",
        "output_index",
        "ranked_outputs",
    ),
    "target_extractor": (
        "layer_name",
        "layer",
        "penultimate_layer",
        "target_layer",
        "conv_layer",
        "layer_index",
        "seek_penultimate_conv_layer",
    ),
    "scale": ("stdev", "stdevs", "std", "sigma", "noise", "noise_level", "smooth_noise", "stddev"),
    "save_filepath": (
        "filename",
        "file_name",
        "path",
        "filepath",
        "save_path",
        "output_path",
        "output_dir",
        "savefig",
        "save",
        "fname",
    ),
    "batch_size": ("internal_batch_size", "perturbations_per_eval", "batch", "examples_per_batch"),
    "baseline": (
        "baselines",
        "background",
        "reference",
        "references",
        "background_data",
        "data",
        "baseline_mode",
        "baseline_value",
    ),
    "size": ("patch_size", "window_size", "sliding_window_shapes", "patch", "window"),
    "stride": ("strides", "patch_stride", "stride_size"),
    "fill": ("occlusion_value", "mask_value", "fill_value", "background_value"),
    "x": ("inputs", "input", "X", "images", "image", "seed_input", "validation_data", "examples", "features"),
    "y": ("labels", "targets", "label"),
    "train": ("training", "dropout", "mc_dropout"),
    "quadrature": ("method", "approximation", "rule"),
    "method": ("aggregation", "reducer", "reduction"),
    "ch_axis": ("channel_axis", "channel", "axis", "keepdims"),
    "ch_reduce": ("normalize_map", "channel_reduction"),
    "show_progress": ("verbose", "progress", "show_progress_bar", "progress_bar", "silent"),
    "num_visualize": ("max_display", "top_k", "n_features", "num_features"),
    "feature_names": ("columns", "names", "features_names"),
    "class_names": ("classes", "output_names", "class_labels"),
    "cmap": ("colormap", "color_map", "colors"),
    "seed": ("random_state", "rng", "seeds"),
    "eval_fun": ("forward_func", "function", "f", "func", "predict_fn"),
    "multiply_target": ("multiply_by_inputs", "times_input"),
    "log_dir": ("output_dir", "logdir", "log_directory"),
    "every": ("update_freq", "write_steps_per_second", "frequency", "interval", "period"),
}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def meant_by(name: str, names: Iterable[str]) -> str:
    """Find the keyword that is meant by another one: by its name in other packages, else by its letters; "" for none.

    Args:
        name: the unknown keyword.
        names: those that there are.

    Example:
        >>> meant_by("n_samples", ["M", "seed"]), meant_by("sead", ["M", "seed"]), meant_by("zebra", ["M", "seed"])
        ('M', 'seed', '')
    """
    known = list(names)
    translated = [ours for ours, theirs in _ELSEWHERE.items() if name in theirs and ours in known]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return (near or translated or [""])[0] if near and near[0] == name else (translated or near or [""])[0]


def refuse(unknown: Iterable[str], names: Iterable[str], what: str) -> None:
    """Refuse keywords that do not exist, with the nearest ones.

    Args:
        unknown: the keywords.
        names: those that there are.
        what: takes them, e.g. "GradientCalculator".

    Raises:
        TypeError: there are such keywords.
    """
    for name in unknown:
        known = [each for each in names if each != "self"]
        meant = meant_by(name, known)
        way = f"Did you mean {meant!r}?" if meant else "Leave it out."
        raise TypeError(f"{what} takes the keywords {', '.join(known)}. Received: {name!r}. {way}")


def checks_keywords(function: _Function) -> _Function:
    """Decorate a function so that an unknown keyword is refused with the nearest one, in words."""
    parameters = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return function  # hands them on, to one that checks them
    what = function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= parameters.keys():
            refuse([name for name in kwargs if name not in parameters], parameters, what)
        return function(*args, **kwargs)

    return checked  # type: ignore[return-value]
