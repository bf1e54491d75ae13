"""Work that is done after all callbacks of a training have ended, since they may still change the model."""

import inspect
import weakref
from collections.abc import Callable
from typing import Any

import keras


class _Closing(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed
    """Does some work once, when training has ended.

    Args:
        callbacks: The list of callbacks that this one is added to, and leaves again.
        work: Function without arguments.
    """

    def __init__(self, callbacks: list[Any], work: Callable[[], None]):
        super().__init__()
        self._callbacks, self._work, self._is_done = callbacks, work, False

    def on_train_end(self, logs: Any = None) -> None:
        """Do the work. The last of several takes them all from the list, over which Keras has then been."""
        if not self._is_done:
            self._is_done = True
            self._work()
        if self._callbacks[-1] is self:
            self._callbacks[:] = [
                each for each in self._callbacks if not (isinstance(each, _Closing) and each._is_done)
            ]


def after_all_callbacks(callback: object, work: Callable[[], None]) -> None:
    """Do some work after the last callback's `on_train_end`.

    Args:
        callback: The one whose `on_train_end` this is called from.
        work: Function without arguments; done at once where no `keras.callbacks.CallbackList` runs the callback.
    """
    running = _running_list(callback)
    if running is None:
        work()
    else:
        running.callbacks.append(_Closing(running.callbacks, work))


def running_callbacks() -> list[Any]:
    """List the callbacks that Keras goes over now; none where it is no `keras.callbacks.CallbackList` that runs them."""
    running = _running_list()
    return [] if running is None else list(running.callbacks)


def after_interrupt(work: Callable[[], object]) -> None:
    """Do some work when the training that runs now is forgotten, as after an interrupt, which no callback is told of.

    Args:
        work: Function without arguments, which must not hold the training's callbacks. It is done after a good end, too.
    """
    running = _running_list()
    if running is not None:
        weakref.finalize(running, work).atexit = False


def _running_list(callback: object | None = None) -> Any:
    """Find the list of callbacks that Keras goes over now, with that one: it tells them of the model, but not of each other."""
    frame = inspect.currentframe()
    while frame is not None:
        runner = frame.f_locals.get("self")
        if isinstance(runner, keras.callbacks.CallbackList) and (
            callback is None or any(each is callback for each in runner.callbacks)
        ):
            return runner
        frame = frame.f_back
    return None
