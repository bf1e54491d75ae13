"""The name of `Saliency` in files, for Keras, which loads what is registered alone."""

import importlib
from typing import Any

import keras


class SaliencyInFiles:
    """The registered name of `Saliency` until a file asks for the layer, which is above the rooms that the other layers need."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make the layer.

        Args:
            config: as `Saliency.get_config` gave it.
        """
        return importlib.import_module("kerasal.serving.saliency_layer").Saliency.from_config(config)


def register_saliency() -> None:
    """Let Keras find `Saliency` in files, unless the layer itself is there."""
    keras.saving.get_custom_objects().setdefault("kerasal>Saliency", SaliencyInFiles)
