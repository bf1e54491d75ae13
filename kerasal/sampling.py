"""How samples are drawn: the arguments that every call of a calculator shares, checked before any work."""

import dataclasses
import platform

import keras
import numpy as np
import tensorflow as tf

from kerasal.samplers import NoiseSampler

_DEFAULT_M = 30


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Samples M, their noise and dropout, and how they are packed; see `Calculator.compute` for the meanings."""

    M: int | None = None
    noise_sampler: NoiseSampler | None = None
    train: bool | dict = False
    batch_size: int | None = None
    seed: int = 0
    first_example: int = 0
    show_progress: bool = False

    def __post_init__(self):
        least = {"M": 1, "batch_size": 1, "seed": None, "first_example": 0}
        for name, bound in least.items():
            number = getattr(self, name)
            if number is None and name in ("M", "batch_size"):
                continue
            wrong = isinstance(number, bool) or not isinstance(number, (int, np.integer))
            if wrong or (bound is not None and number < bound):
                at_least = "" if bound is None else f" ≥ {bound}"
                raise ValueError(
                    f"{name} is an integer{at_least}. Received: {name}={number!r}. Give e.g. {name}={max(bound or 0, 1)}."
                )
        if self.noise_sampler is not None and not isinstance(self.noise_sampler, NoiseSampler):
            raise TypeError(
                "noise_sampler is a GaussianNoiseSampler, a UniformNoiseSampler or None. "
                f"Received: {self.noise_sampler!r}. Use GaussianNoiseSampler(scale=0.15)."
            )

    @property
    def scale(self):
        """Scale of the noise, float32."""
        return np.asarray(0 if self.noise_sampler is None else self.noise_sampler.scale, "float32")

    @property
    def noise_key(self):
        """What tells one noise computation from another; the numbers of the scale are an argument of it."""
        return None if self.noise_sampler is None else (self.noise_sampler.key, self.scale.shape)

    def with_samples(self, is_random):
        """The same with M decided, given whether anything beside the noise is random: 1 where nothing is, else 30."""
        is_random = is_random or self.noise_sampler is not None
        M = (_DEFAULT_M if is_random else 1) if self.M is None else int(self.M)
        if M > 1 and not is_random:
            raise ValueError(
                f"M > 1 needs something random. Received: M={M} with noise_sampler=None and train=False. Add "
                "noise_sampler=GaussianNoiseSampler() (SmoothGrad) or train=True (BayesGrad), or leave M out."
            )
        return dataclasses.replace(self, M=M)

    def describe(self):
        """What a `Saliency` keeps of it, as JSON can hold it."""
        return {
            "M": self.M,
            "seed": int(self.seed),
            "first_example": int(self.first_example),
            "noise_sampler": None if self.noise_sampler is None else repr(self.noise_sampler),
            "train": self.train if isinstance(self.train, bool) else repr(self.train),
            "versions": {
                "python": platform.python_version(),
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
            },
        }
