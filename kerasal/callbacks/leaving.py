"""The last maps of a training, of the models that it leaves behind: in memory, and in the files of `ModelCheckpoint`."""

import dataclasses
import os
import warnings

import keras

from kerasal.callbacks.checkpoints import weights_of
from kerasal.callbacks.recorder import Recorder
from kerasal.callbacks.timing import Budget


@dataclasses.dataclass(frozen=True)
class Leaving:
    """Writes one more map of each model whose weights are others than those of the map before.

    Args:
        model: The model that was trained.
        recorder: Of its maps.
        budget: Of their time.
        name: Of the logger.
    """

    model: keras.Model
    recorder: Recorder
    budget: Budget
    name: str

    def log_changed(self, reached: int) -> None:
        """Write a map where weights were restored, averaged or loaded after the last.

        Args:
            reached: Step of the training.
        """
        weights = self.recorder.changed_weights()
        if weights is not None:
            last = self.recorder.last_step or 0
            self._log(
                max(reached, last + 1),
                weights,
                f"weights were changed after the map of step {last}, as by EarlyStopping(restore_best_weights=True) or use_ema. One more "
                "map, of the {weights}, is written as step {step}, so that the last map is that of the model which fit leaves.",
            )

    def log_checkpoint(self, path: str) -> None:
        """Write a map of the best weights, where training ends with others.

        Args:
            path: From `best_checkpoints`.
        """
        if self.recorder.workers.several:  # each has a file of its own
            return
        with weights_of(self.model, path):
            found = self.recorder.changed_weights("weights that were best")
            if found is not None:
                self._log(
                    (self.recorder.last_step or 0) + 1,
                    f"{found}, kept in {os.path.basename(path)}",
                    "ModelCheckpoint keeps other weights than those that fit leaves. One more map, of the {weights}, is written as step {step}.",
                )

    def _log(self, step: int, weights: str, words: str) -> None:
        if self.recorder.workers.is_chief:
            said = words.format(weights=weights, step=step)
            warnings.warn(f"SaliencyLogger {self.name!r}: {said}", stacklevel=2)
        with self.budget.spending():
            self.recorder.log(step, weights)
