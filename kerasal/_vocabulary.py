"""Keywords that other packages use for what has another name here, and the error for a keyword that does not exist."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
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
    "layer": (
        "layer_name",
        "layers",
        "bottleneck",
        "bottlenecks",
        "penultimate_layer",
        "target_layer",
        "conv_layer",
        "layer_index",
        "seek_penultimate_conv_layer",
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
    "background": ("baselines", "background_data", "data", "reference", "references"),
    "path": ("filename", "file_name", "filepath", "save_filepath", "save_path", "output_path", "fname", "file"),
    "size": ("patch_size", "window_size", "sliding_window_shapes", "patch", "window"),
    "stride": ("strides", "patch_stride", "stride_size"),
    "fill": (
        "occlusion_value",
        "mask_value",
        "fill_value",
        "background_value",
        "baselines",
        "background",
        "background_data",
        "data",
        "masker",
        "hide_color",
        "perturbed_value",
    ),
    "groups": ("feature_mask", "segments", "segmentation", "segmentation_fn", "superpixels", "regions"),
    "segments": ("segmentation", "segmentation_fn", "superpixels", "feature_mask", "masks", "groups"),
    "min_area": ("min_pixel_diff", "min_size"),
    "coverage": ("area_threshold",),
    "concepts": ("experimental_sets", "concept_examples", "concept_set"),
    "random": ("random_examples", "random_concepts", "negatives", "negative_examples"),
    "runs": ("num_random_exp", "n_runs", "experiments"),
    "ridge": ("alpha", "C", "l2"),
    "masks": ("n_masks", "num_masks", "nb_samples", "n_samples"),
    "grid": ("grid_size", "mask_size", "cell_size"),
    "probability": ("preservation_probability", "p1", "p", "keep_probability"),
    "heads": ("head_fusion", "fusion", "head_reduction", "reduction"),
    "row": ("token", "class_token", "token_index", "start_token", "index"),
    "perturbations": ("num_samples", "n_samples", "nsamples", "nb_samples"),
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
        takes = f"the keywords {', '.join(known)}" if known else "no keywords"
        raise TypeError(f"{what} takes {takes}. Received: {name!r}. {way}")


def checks_keywords(function: _Function) -> _Function:
    """Decorate a function, or a class for its constructor, so that an unknown keyword is refused with the nearest one, in words.

    What hands keywords on refuses those alone that are another package's word for one of its own.
    """
    if isinstance(function, type):
        own = _no_settings if function.__init__ is object.__init__ else function.__init__  # type: ignore[misc]
        if not hasattr(own, "__wrapped__"):  # inherited from a class that has it
            function.__init__ = checks_keywords(own)  # type: ignore[misc]
        return function
    parameters = signature_of(function).parameters
    is_constructor, hands_on = function.__name__ in ("__init__", "_no_settings"), _hands_on(parameters)
    own_names = [name for name, each in parameters.items() if each.kind is not each.VAR_KEYWORD]

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= parameters.keys():
            unknown = [
                name for name in kwargs if name not in own_names and not (hands_on and not _own(name, own_names))
            ]
            refuse(unknown, own_names, type(args[0]).__name__ if is_constructor else function.__qualname__)
        return function(*args, **kwargs)

    return checked  # type: ignore[return-value]


@functools.cache
def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function, which is looked at once."""
    return inspect.signature(function)


def check_constructor(kwargs: Mapping[str, Any], kind: type[Any]) -> None:
    """Refuse keywords that the constructor of a class does not take, before it is called.

    Args:
        kwargs: the keywords.
        kind: the class.

    Raises:
        TypeError: there is an unknown one.
    """
    parameters = signature_of(kind.__init__).parameters
    if not kwargs.keys() <= parameters.keys() and not _hands_on(parameters):
        refuse([name for name in kwargs if name not in parameters], parameters, kind.__name__)


def _hands_on(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(each.kind is each.VAR_KEYWORD for each in parameters.values())


def _own(name: str, names: Iterable[str]) -> bool:
    """Tell whether a keyword is what another package calls one of some names."""
    return any(name in _ELSEWHERE.get(ours, ()) for ours in names)


def _no_settings(self: Any) -> None:
    """Take none."""
