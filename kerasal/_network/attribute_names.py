"""Names of the attributes that Keras keeps on layers and models: set by training, deciding, or neither."""

import keras

from kerasal._network.versions import CALLS

# Attributes that `compile`, `fit`, `evaluate` and `predict` set on a model; all that Keras gives every layer and model, which
# does not change what they compute, except …
SET_BY_TRAINING = frozenset(
    [
        "_cluster_coordinator",
        "_compile_config",
        "_compile_loss",
        "_compile_metrics",
        "_compiled_trainable_state",
        "_eval_data_handler",
        "_eval_epoch_iterator",
        "_initial_epoch",
        "_is_compiled",
        "_jit_compile",
        "_loss_tracker",
        "_predict_counter",
        "_pss_evaluation_shards",
        "_run_eagerly",
        "_steps_per_execution",
        "_test_counter",
        "_train_counter",
        "_training_state",
        "compiled",
        "compiled_loss",
        "compiled_metrics",
        "history",
        "loss",
        "optimizer",
        "predict_function",
        "steps_per_execution",
        "stop_evaluating",
        "stop_predicting",
        "stop_training",
        "test_function",
        "train_function",
        "train_tf_function",
    ]
)
# Lists of the calls of a layer in graphs, which grow when a model is built on it.
NODES = frozenset(["_inbound_nodes", "_inbound_nodes_value", "_outbound_nodes", "_outbound_nodes_value"])
_KEPT_BY_KERAS = {*vars(keras.Model()), *vars(keras.layers.Layer()), *SET_BY_TRAINING, *CALLS}
_OF_GRAPHS = ("_self_", "_nodes", "_operations", "_inputs", "_outputs", "_network_nodes", "_layer_call")
_DECIDING = ("_trainable", "_dtype_policy", "_functional", "_compile_loss", "compiled_loss")  # … these


def names_of_settings(layer: keras.layers.Layer) -> list[str]:
    """List the attributes of a layer that decide what it computes."""
    own = vars(layer)
    return [name for name in own if name in _DECIDING or not (name in _KEPT_BY_KERAS or name.startswith(_OF_GRAPHS))]


MASK = "_keras_mask"  # on a tensor: which of its positions are real
