"""Workers that train one model together, each a process of its own, as one of them sees it."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from kerasal._network.versions import tensorflow_variable

_ON_READ = tf.VariableSynchronization.ON_READ


class Workers:
    """The processes that train a model, one or several (`tf.distribute.MultiWorkerMirroredStrategy`).

    A variable that is brought together when it is read, as the moving statistics of BatchNormalization are with Keras 2, is
    read by all workers at once: one that reads alone would wait for ever.

    Args:
        model: the model.

    Attributes:
        several: True where there are others.
        is_chief: True for the worker that writes.

    Example:
        >>> import keras
        >>> workers = Workers(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
        >>> workers.several, workers.is_chief, workers.agreed(True)
        (False, True, True)
    """

    def __init__(self, model: keras.Model) -> None:
        self._variables = [tensorflow_variable(variable) for variable in model.variables]
        strategies = (getattr(variable, "distribute_strategy", None) for variable in self._variables)
        found: Any = next(filter(_is_of_several, strategies), None)
        self._strategy = found
        self.several = found is not None
        self.is_chief = not self.several or bool(self._strategy.extended.should_save_summary)

    def alone(self) -> contextlib.AbstractContextManager[Any]:
        """Make a context in which variables are read as this worker has them, without the others."""
        distribute = tf.distribute
        if not self.several:
            return contextlib.nullcontext()
        if distribute.get_strategy() is self._strategy and not distribute.in_cross_replica_context():
            return contextlib.nullcontext()
        ids: list[int] = []

        def note(context: Any) -> int:
            ids.append(context.replica_id_in_sync_group)
            return 0

        self._of_each_replica(note)
        context: contextlib.AbstractContextManager[Any] = distribute.ReplicaContext(self._strategy, min(ids))
        return context

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Read as in `alone`, with what is brought together when read at its common value; all workers enter, in one order."""
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

    def agreed(self, decision: object) -> bool:
        """Give all workers, each of which asks, the chief's decision.

        Args:
            decision: this worker's own, true or false.
        """
        if not self.several:
            return bool(decision)
        own = float(bool(decision) and self.is_chief)
        votes = self._of_each_replica(lambda context: tf.constant(own))
        return bool(self._strategy.reduce(tf.distribute.ReduceOp.SUM, votes, None) > 0)

    def _of_each_replica(self, make: Callable[[Any], Any]) -> Any:
        return self._strategy.experimental_distribute_values_from_function(make)


def _is_of_several(strategy: Any) -> bool:
    """Tell whether a strategy has replicas in other processes."""
    return strategy is not None and strategy.num_replicas_in_sync > len(strategy.extended.worker_devices)
