"""Samples and how they are drawn: the arguments that every call of a calculator shares, checked before any work."""

import dataclasses
import numbers
import platform
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._errors import check_flags
from kerasal._network.randomness import check_train
from kerasal.samplers import NoiseSampler

_DEFAULT_M = 30
_RANGES = {  # the numbers that an argument may be
    "M": range(1, 2**31),
    "max_samples": range(1, 2**31),
    "batch_size": range(1, 2**31),
    "seed": None,  # any
    "first_example": range(2**62),
}


def check_count(name: str, number: Any) -> None:
    """Refuse what is no integer in the range of an argument.

    Args:
        name: M, max_samples, batch_size, seed or first_example.
        number: as given.

    Raises:
        ValueError: it is none.
    """
    allowed = _RANGES[name]
    is_integer = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not is_integer or (allowed is not None and int(number) not in allowed):
        bounds = "" if allowed is None else f" ≥ {allowed.start} and below 2**{allowed.stop.bit_length() - 1}"
        raise ValueError(
            f"{name} is an integer{bounds}. Received: {name}={number!r}. Give e.g. {name}={max(allowed.start if allowed else 1, 1)}."
        )


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Samples M, their noise and dropout, and how they are packed; see `Calculator.compute` for the meanings."""

    M: int | None = None
    noise_sampler: Any = None
    train: bool | dict[Any, float] = False
    batch_size: int | None = None
    seed: int = 0
    first_example: int = 0
    show_progress: bool = False
    target_error: float | None = None
    max_samples: int = 4096

    def __post_init__(self) -> None:
        for name in _RANGES:
            if getattr(self, name) is not None or name not in ("M", "batch_size"):
                check_count(name, getattr(self, name))
        self._check_error()
        check_flags(show_progress=self.show_progress)
        check_train(self.train)
        each = self._samplers
        if not all(isinstance(sampler, NoiseSampler) for sampler in each if sampler is not None):
            raise TypeError(
                "noise_sampler is a GaussianNoiseSampler, a UniformNoiseSampler or None, or a list of them for a list of targets. "
                f"Received: {self.noise_sampler!r}. Use GaussianNoiseSampler(scale=0.15)."
            )
        if not any(each):
            object.__setattr__(self, "noise_sampler", None)
        if len({sampler.stratified for sampler in each if sampler is not None}) > 1:
            raise ValueError(
                "The samples of a call are stratified, or are not. Received: noise_sampler with stratified=True for some targets "
                "alone. Give all of them the same."
            )

    def of_targets(self, count: int, *, is_list: bool) -> list["Sampling"]:
        """List the same for each of several targets that are explained one after the other.

        Args:
            count: how many targets there are.
            is_list: whether the user gave a list of them.

        Raises:
            ValueError: a list of samplers that is not one for each target.
        """
        if not isinstance(self.noise_sampler, (list, tuple)):
            return [self] * count
        if not is_list or len(self.noise_sampler) != count:
            raise ValueError(
                f"A list of noise samplers has one for each target. Received: {len(self.noise_sampler)} sampler(s) for "
                f"{count if is_list else 'no list of'} targets. Give one sampler, or target_extractor=[…] with as many."
            )
        return [dataclasses.replace(self, noise_sampler=sampler) for sampler in self.noise_sampler]

    def _with(self, **decided: Any) -> "Sampling":
        """The same, which is checked, with something decided that needs no check."""
        made = object.__new__(type(self))
        vars(made).update(vars(self), **decided)
        return made

    @property
    def _samplers(self) -> list[Any]:
        given = self.noise_sampler
        return list(given) if isinstance(given, (list, tuple)) else [given]

    def _check_error(self) -> None:
        error = self.target_error
        if error is None:
            return
        if isinstance(error, bool) or not isinstance(error, numbers.Real) or not 0 < float(error) < 1:
            raise ValueError(
                f"target_error is a share between 0 and 1, or None. Received: target_error={error!r}. Give e.g. 0.05."
            )
        if self.M is not None:
            raise ValueError(
                f"target_error finds the number of samples by itself. Received: M={self.M} too. Leave one out; max_samples bounds "
                "what target_error may take."
            )

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of `explain` that decide its numbers."""
        return {name: value for name, value in vars(self).items() if name != "show_progress"}

    @property
    def is_stratified(self) -> bool:
        """True where blocks of samples belong together."""
        return any(sampler is not None and sampler.stratified for sampler in self._samplers)

    @property
    def train_key(self) -> Any:
        """A value that tells one choice of random layers from another."""
        return tuple(self.train.items()) if isinstance(self.train, dict) else repr(self.train)

    def with_samples(self, *, is_random: bool, exact: str = "") -> "Sampling":
        """Return the same with M decided, given whether anything beside the noise is random.

        M is 1 where nothing is random, else 30; None where `target_error` decides. What is `exact`, see `Points`, has no error.
        """
        is_random = is_random or self.noise_sampler is not None
        if exact and not is_random:
            if self.M not in (None, 1):
                raise ValueError(
                    f"M > 1 needs something random. Received: M={self.M}, and {exact}. Leave M out, or pass exact_up_to=0."
                )
            return self._with(M=1, target_error=None)
        if self.target_error is not None:
            if not is_random:
                raise ValueError(
                    f"target_error needs something random. Received: target_error={self.target_error} with noise_sampler=None and "
                    "train=False. Add noise_sampler=GaussianNoiseSampler() (SmoothGrad) or train=True (BayesGrad), or leave it out."
                )
            return self
        M = (_DEFAULT_M if is_random else 1) if self.M is None else int(self.M)
        if M > 1 and not is_random:
            raise ValueError(
                f"M > 1 needs something random. Received: M={M} with noise_sampler=None and train=False. Add "
                "noise_sampler=GaussianNoiseSampler() (SmoothGrad) or train=True (BayesGrad), or leave M out."
            )
        return self._with(M=M)

    def describe(self) -> dict[str, Any]:
        """Say how samples were drawn, as JSON can hold it."""
        return {
            "target_error": self.target_error,
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
