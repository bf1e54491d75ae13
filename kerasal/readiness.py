"""Whether a model can be explained as it is."""

import keras

from kerasal.layer_tree import layers_of
from kerasal.stack import check_model


def check_model_is_ready(model):
    """Refuse what is no built Keras model of this stack, and recurrent layers that carry state from batch to batch."""
    check_model(model)
    if not model.built:
        raise ValueError(
            f"The model must be built, so that its layers and weights exist. Received: model '{model.name}', never called. Call "
            "it once on data, model(x[:1]), or give it an Input."
        )
    for layer in layers_of(model):
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            raise ValueError(
                f"A recurrent layer must start from the same state for every sample. Received: layer '{layer.name}' with "
                "stateful=True. Build the model with stateful=False and copy the weights."
            )
