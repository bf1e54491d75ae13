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
_OF_GRAPHS = frozenset(  # notes of Keras on graphs, and those of TensorFlow on what it saves
    [
        "_feed_input_names",
        "_feed_input_shapes",
        "_feed_inputs",
        "_input_coordinates",
        "_inputs",
        "_inputs_struct",
        "_layer_call_argspecs",
        "_network_nodes",
        "_nodes",
        "_nodes_by_depth",
        "_operations",
        "_operations_by_depth",
        "_output_coordinates",
        "_output_mask_cache",
        "_output_shape_cache",
        "_output_tensor_cache",
        "_outputs",
        "_outputs_struct",
        "_self_name_based_restores",
        "_self_saveable_object_factories",
        "_self_setattr_tracking",
        "_self_tracked_trackables",
        "_self_unconditional_checkpoint_dependencies",
        "_self_unconditional_deferred_dependencies",
        "_self_unconditional_dependency_names",
        "_self_update_uid",
        "_tensor_usage_count",
    ]
)
_KEPT_BY_KERAS = {*vars(keras.Model()), *vars(keras.layers.Layer()), *SET_BY_TRAINING, *CALLS, *_OF_GRAPHS}
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")  # of layers of Keras: no matter once they are built
_DECIDING = ("_trainable", "_dtype_policy", "_functional", "_compile_loss", "compiled_loss")  # … these


def names_of_settings(layer: keras.layers.Layer) -> list[str]:
    """List the attributes of a layer that decide what it computes."""
    names = [name for name in vars(layer) if name in _DECIDING or name not in _KEPT_BY_KERAS]
    is_of_keras = type(layer).__module__.startswith("keras.")
    return [name for name in names if not name.endswith(_OF_TRAINING)] if is_of_keras else names


MASK = "_keras_mask"  # on a tensor: which of its positions are real
