"""kerasal: which parts of an input drive a Keras model's prediction, with error bars.

Every name below is imported on first use, so `import kerasal` loads nothing else and importing one part loads no other.
"""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the table below once more, for editors and type checkers
    from kerasal import activation_maximization as activation_maximization
    from kerasal import beam as beam
    from kerasal import callbacks as callbacks
    from kerasal import concepts as concepts
    from kerasal import importance as importance
    from kerasal import layers as layers
    from kerasal import metrics as metrics
    from kerasal import molecules as molecules
    from kerasal import recipes as recipes
    from kerasal import regions as regions
    from kerasal import rules as rules
    from kerasal import scores as scores
    from kerasal import summary as summary
    from kerasal import visualizers as visualizers
    from kerasal._folds.statistics import Fold as Fold
    from kerasal._folds.statistics import Statistic as Statistic
    from kerasal._network.targets import InputExtractor as InputExtractor
    from kerasal._network.targets import LayerExtractor as LayerExtractor
    from kerasal.activation_maximization import ActivationMaximizer as ActivationMaximizer
    from kerasal.baselines import Background as Background
    from kerasal.baselines import Extremes as Extremes
    from kerasal.calculators.base import Calculator as Calculator
    from kerasal.calculators.cam import GradCAMCalculator as GradCAMCalculator
    from kerasal.calculators.cam import GradCAMPlusPlusCalculator as GradCAMPlusPlusCalculator
    from kerasal.calculators.cam import LayerCAMCalculator as LayerCAMCalculator
    from kerasal.calculators.cam import ScoreCAMCalculator as ScoreCAMCalculator
    from kerasal.calculators.conductance import ConductanceCalculator as ConductanceCalculator
    from kerasal.calculators.deep_lift import DeepLIFTCalculator as DeepLIFTCalculator
    from kerasal.calculators.full_gradient import FullGradientCalculator as FullGradientCalculator
    from kerasal.calculators.gradient import GradientCalculator as GradientCalculator
    from kerasal.calculators.gradient_rollout import GradientRolloutCalculator as GradientRolloutCalculator
    from kerasal.calculators.integrated_gradients import IntegratedGradientsCalculator as IntegratedGradientsCalculator
    from kerasal.calculators.internal_influence import InternalInfluenceCalculator as InternalInfluenceCalculator
    from kerasal.calculators.lime import LIMECalculator as LIMECalculator
    from kerasal.calculators.lrp import LRPCalculator as LRPCalculator
    from kerasal.calculators.occlusion import OcclusionCalculator as OcclusionCalculator
    from kerasal.calculators.rise import RISECalculator as RISECalculator
    from kerasal.calculators.rollout import RolloutCalculator as RolloutCalculator
    from kerasal.calculators.shapley import ShapleyCalculator as ShapleyCalculator
    from kerasal.calculators.temporal_rescaling import TemporalRescalingCalculator as TemporalRescalingCalculator
    from kerasal.callbacks import SaliencyLogger as SaliencyLogger
    from kerasal.recipes import Recipe as Recipe
    from kerasal.regions.calculator import XRAICalculator as XRAICalculator
    from kerasal.saliency import Saliency as Saliency
    from kerasal.samplers import GaussianNoiseSampler as GaussianNoiseSampler
    from kerasal.samplers import NoiseSampler as NoiseSampler
    from kerasal.samplers import UniformNoiseSampler as UniformNoiseSampler
    from kerasal.stores.explain import explain_dataset as explain_dataset
    from kerasal.stores.reader import SaliencyStore as SaliencyStore
    from kerasal.stores.reader import open_store as open_store
    from kerasal.tensorboard.archive import load_run as load_run
    from kerasal.visualizers import ImageVisualizer as ImageVisualizer
    from kerasal.visualizers import MolVisualizer as MolVisualizer
    from kerasal.visualizers import SeriesVisualizer as SeriesVisualizer
    from kerasal.visualizers import SmilesVisualizer as SmilesVisualizer
    from kerasal.visualizers import TableVisualizer as TableVisualizer
    from kerasal.visualizers import TextVisualizer as TextVisualizer
    from kerasal.visualizers import abs_max_scaler as abs_max_scaler
    from kerasal.visualizers import min_max_scaler as min_max_scaler
    from kerasal.visualizers import normalize_scaler as normalize_scaler

__version__ = "0.2.0"

# public name -> module that has it; a module is its own
_MODULE_OF = {
    "ActivationMaximizer": "kerasal.activation_maximization",
    "Background": "kerasal.baselines",
    "Calculator": "kerasal.calculators.base",
    "ConductanceCalculator": "kerasal.calculators.conductance",
    "DeepLIFTCalculator": "kerasal.calculators.deep_lift",
    "Fold": "kerasal._folds.statistics",
    "Extremes": "kerasal.baselines",
    "FullGradientCalculator": "kerasal.calculators.full_gradient",
    "GaussianNoiseSampler": "kerasal.samplers",
    "GradCAMCalculator": "kerasal.calculators.cam",
    "GradCAMPlusPlusCalculator": "kerasal.calculators.cam",
    "GradientCalculator": "kerasal.calculators.gradient",
    "GradientRolloutCalculator": "kerasal.calculators.gradient_rollout",
    "ImageVisualizer": "kerasal.visualizers",
    "InputExtractor": "kerasal._network.targets",
    "IntegratedGradientsCalculator": "kerasal.calculators.integrated_gradients",
    "InternalInfluenceCalculator": "kerasal.calculators.internal_influence",
    "LIMECalculator": "kerasal.calculators.lime",
    "LRPCalculator": "kerasal.calculators.lrp",
    "LayerCAMCalculator": "kerasal.calculators.cam",
    "LayerExtractor": "kerasal._network.targets",
    "MolVisualizer": "kerasal.visualizers",
    "NoiseSampler": "kerasal.samplers",
    "OcclusionCalculator": "kerasal.calculators.occlusion",
    "RISECalculator": "kerasal.calculators.rise",
    "Recipe": "kerasal.recipes",
    "RolloutCalculator": "kerasal.calculators.rollout",
    "Saliency": "kerasal.saliency",
    "SaliencyLogger": "kerasal.callbacks",
    "SaliencyStore": "kerasal.stores.reader",
    "ScoreCAMCalculator": "kerasal.calculators.cam",
    "SeriesVisualizer": "kerasal.visualizers",
    "ShapleyCalculator": "kerasal.calculators.shapley",
    "SmilesVisualizer": "kerasal.visualizers",
    "Statistic": "kerasal._folds.statistics",
    "TableVisualizer": "kerasal.visualizers",
    "TemporalRescalingCalculator": "kerasal.calculators.temporal_rescaling",
    "TextVisualizer": "kerasal.visualizers",
    "UniformNoiseSampler": "kerasal.samplers",
    "XRAICalculator": "kerasal.regions.calculator",
    "abs_max_scaler": "kerasal.visualizers",
    "activation_maximization": "kerasal.activation_maximization",
    "beam": "kerasal.beam",
    "callbacks": "kerasal.callbacks",
    "concepts": "kerasal.concepts",
    "explain_dataset": "kerasal.stores.explain",
    "importance": "kerasal.importance",
    "layers": "kerasal.layers",
    "load_run": "kerasal.tensorboard.archive",
    "metrics": "kerasal.metrics",
    "min_max_scaler": "kerasal.visualizers",
    "molecules": "kerasal.molecules",
    "normalize_scaler": "kerasal.visualizers",
    "open_store": "kerasal.stores.reader",
    "recipes": "kerasal.recipes",
    "regions": "kerasal.regions",
    "rules": "kerasal.rules",
    "scores": "kerasal.scores",
    "summary": "kerasal.summary",
    "visualizers": "kerasal.visualizers",
}

# name -> package that it needs; an `import *` without it passes over the name
_NEEDS = {"MolVisualizer": "rdkit", "SmilesVisualizer": "rdkit", "beam": "apache_beam", "molecules": "rdkit"}
__all__ = [name for name in _MODULE_OF if name not in _NEEDS or importlib.util.find_spec(_NEEDS[name])]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"kerasal has {', '.join(__all__)}. Received: {name!r}. Check the spelling.")
    module = importlib.import_module(_MODULE_OF[name])
    value = module if module.__name__ == f"kerasal.{name}" else getattr(module, name)
    globals()[name] = value  # the next use does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
