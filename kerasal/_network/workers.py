"""Workers that train one model together, each a process of its own, as one of them sees it."""

import contextlib
from typing import Any

import tensorflow as tf

_ON_READ = tf.VariableSynchronization.ON_READ


class Workers:
    """Those that train a model, one process or several (`tf.distribute.MultiWorkerMirroredStrategy`).

    A variable that is brought together when it is read, as the moving statistics of BatchNormalization are with Keras 2, is
    read by all workers at once: one that reads alone would wait for ever.

    Args:
        model: the model.

    Attributes:
        several: whether there are others; is_chief: whether this is the one that writes.

    Example:

    >>> import keras
    >>> workers = Workers(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    >>> workers.several, workers.is_chief, workers.agreed(True)
    (False, True, True)
    """

    def __init__(self, model):
        self._variables = [_of_tensorflow(variable) for variable in model.variables]
        strategies = (getattr(variable, "distribute_strategy", None) for variable in self._variables)
        found: Any = next(filter(_is_of_several, strategies), None)
        self._strategy = found
        self.several = self._strategy is not None
        self.is_chief = not self.several or self._strategy.extended.should_save_summary

    def alone(self):
        """Inside, variables are read as this worker has them, without the others."""
        distribute = tf.distribute
        if (
            not self.several
            or distribute.get_strategy() is self._strategy
            and not distribute.in_cross_replica_context()
        ):
            return contextlib.nullcontext()
        ids: list = []

        def note(context):
            ids.append(context.replica_id_in_sync_group)
            return 0

        self._of_each_replica(note)
        return distribute.ReplicaContext(self._strategy, min(ids))

    @contextlib.contextmanager
    def together(self):
        """`alone`, with what is brought together when read at its common value. All workers enter it, in the same order."""
        before = []
        try:
            for variable in self._variables if self.several else ():
                if variable.synchronization == _ON_READ and variable.aggregation != tf.VariableAggregation.NONE:
                    common = variable.read_value()
                    for own in self._strategy.experimental_local_results(variable):
                        before.append((own, own.numpy()))
                        own.assign(common)
            with self.alone():
                yield
        finally:
            for own, value in before:
                own.assign(value)

    def agreed(self, decision: bool) -> bool:
        """The chief's decision. All workers ask."""
        if not self.several:
            return decision
        own = float(decision and self.is_chief)
        votes = self._of_each_replica(lambda context: tf.constant(own))
        return bool(self._strategy.reduce(tf.distribute.ReduceOp.SUM, votes, None) > 0)

    def _of_each_replica(self, make):
        return self._strategy.experimental_distribute_values_from_function(make)


def _of_tensorflow(variable):
    """What Keras 3 wraps."""
    value = getattr(variable, "value", variable)
    return variable if callable(value) else value


def _is_of_several(strategy) -> bool:
    return strategy is not None and strategy.num_replicas_in_sync > len(strategy.extended.worker_devices)
