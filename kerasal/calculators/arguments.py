"""Types of what users give to `compute` and `explain`."""

from collections.abc import Callable, Sequence
from typing import Any

from kerasal._folds.statistics import Fold
from kerasal.samplers import NoiseSampler

Method = str | Callable[..., Any] | Fold
Train = bool | dict[Any, float]
Noise = NoiseSampler | Sequence[NoiseSampler | None] | None
Tokens = Sequence[Sequence[str | None]] | None
