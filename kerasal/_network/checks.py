"""Checks that Keras runs on TensorFlow and that a model is one of this Keras.

Nothing of Keras is imported before a check is called: Keras 3 fails on import where its backend is missing.
"""

import os
from typing import Any


def check_backend() -> None:
    """Check that Keras runs on TensorFlow (Keras 2 always does).

    Raises:
        RuntimeError: Keras runs on another backend, or was told to and cannot import it.

    Example:
        >>> from kerasal._network.checks import check_backend
        >>> check_backend()
    """
    cause = None
    try:
        import keras

        backend = keras.backend.backend()
    except ModuleNotFoundError as error:  # Keras 3 imports its backend at once: "No module named 'jax'"
        backend = os.environ.get("KERAS_BACKEND", "tensorflow")
        if backend == "tensorflow":
            raise
        cause = error
    if backend != "tensorflow":
        raise RuntimeError(
            f"kerasal expected Keras to run on TensorFlow. Received: the Keras backend {backend!r}. Set the environment "
            "variable KERAS_BACKEND=tensorflow before keras is first imported, or call "
            "keras.config.set_backend('tensorflow') before the model is built."
        ) from cause


def check_model(model: Any) -> None:
    """Check that `model` is a model of the Keras that `import keras` gives, on TensorFlow.

    Args:
        model: The user's model: functional, Sequential or subclassed.

    Raises:
        RuntimeError: Keras runs on another backend than TensorFlow.
        TypeError: `model` is a model of `tf_keras`, or no model.

    Example:
        >>> import keras
        >>> from kerasal._network.checks import check_model
        >>> check_model(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    """
    check_backend()
    import keras

    kind = type(model)
    if any(base.__module__.split(".")[0] == "tf_keras" for base in kind.__mro__):
        raise TypeError(
            f"kerasal expected a keras.Model. Received: {kind.__name__}, a model of tf_keras (also tf.keras is tf_keras "
            "when TF_USE_LEGACY_KERAS=1). Either build the model with `import keras` (Keras 3), or install "
            "TensorFlow 2.14 with Keras 2.14, where `import keras` is Keras 2."
        )
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"kerasal expected a keras.Model. Received: an object of type {kind.__name__}. "
            "Pass a built model: functional, Sequential or a subclass of keras.Model."
        )


def check_model_is_ready(model: Any) -> None:
    """Check that `model` is a built model of this Keras in which every sample starts from the same state.

    Args:
        model: The user's model.

    Raises:
        RuntimeError: Keras runs on another backend than TensorFlow.
        TypeError: `model` is a model of `tf_keras`, or no model.
        ValueError: it is not built, or a recurrent layer carries state from batch to batch.

    Example:
        >>> import keras
        >>> from kerasal._network.checks import check_model_is_ready
        >>> check_model_is_ready(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    """
    check_model(model)
    import keras

    from kerasal._network.layer_tree import layers_of

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
