"""The event file of a run, of which it is known that what was written is in it."""

import contextlib
import os
import struct
import uuid
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from kerasal._storage.base import join
from kerasal._storage.file_systems import storage_of

_HEADER, _AROUND = 8, 16  # bytes: the length of a record, and all that surrounds its content


class EventFile:
    """Events for TensorBoard, which are looked for on a local disk after they are written.

    TensorFlow's writer says nothing where a disk is full, and what it writes later follows half an event, after which
    TensorBoard reads no more of the file.

    Args:
        directory: The run's, which exists.

    Raises:
        OSError, tf.errors.OpError: No file can be made there.
    """

    def __init__(self, directory: str):
        suffix = f".{uuid.uuid4().hex[:8]}.v2"
        self._writer: Any = tf.summary.create_file_writer(directory, filename_suffix=suffix)
        self._path: str | None = None
        self._whole = 0  # bytes of whole events
        if storage_of(directory).has_growing_files:
            self._path = next(join(directory, name) for name in os.listdir(directory) if name.endswith(suffix))
            self._writer.flush()
            self._check()

    @property
    def size(self) -> int:
        """Bytes of whole events, as of the last look; 0 where nobody can look."""
        return self._whole

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Make this file the default of `tf.summary`, also where Keras' TensorBoard skips batches. Something is written inside.

        Raises:
            OSError: What was written inside is not in the file, as on a full disk.
        """
        default = self._writer.as_default()
        default.__enter__()
        try:
            with tf.summary.record_if(condition=True):
                yield
        finally:
            self._leave(default)
        self._check()  # leaving the writer has flushed it: what is written survives kill -9

    def _leave(self, default: Any) -> None:
        """Give `tf.summary` back the default that it had, which TensorFlow does not where the last flush fails."""
        try:
            default.__exit__(None, None, None)
        except tf.errors.OpError:
            self.close()
            default.__exit__(None, None, None)  # a closed writer has nothing to flush
            raise

    def _check(self) -> None:
        """Raise OSError unless the file has grown by whole events."""
        if self._path is None:
            return
        before, self._whole = self._whole, end_of_records(self._path, self._whole)
        if not before < self._whole == os.path.getsize(self._path):
            raise OSError(
                f"An event file takes what is written to it. Received: {os.path.basename(self._path)!r}, which does not, as on a "
                "full disk. Make room there: what comes later goes into another file."
            )

    def close(self) -> None:
        """Close the file; half an event at its end, which no reader gets past, is cut off."""
        with contextlib.suppress(Exception):  # a writer may be dead, and has been told of
            self._writer.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._whole = end_of_records(self._path, self._whole)
                if self._whole < os.path.getsize(self._path):
                    os.truncate(self._path, self._whole)


def end_of_records(path: str, start: int = 0) -> int:
    """Return where the last whole record of a file of TensorFlow's ends, by their lengths.

    Args:
        path: Of a local file.
        start: Where a record begins.

    Example:

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     with tf.io.TFRecordWriter(file.name) as writer:
    ...         writer.write(b"three")
    ...         writer.write(b"four")
    ...     os.truncate(file.name, 40)
    ...     end_of_records(file.name)
    21
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        while start + _AROUND <= size:
            file.seek(start)
            end = start + _AROUND + int(struct.unpack("<Q", file.read(_HEADER))[0])
            if end > size:
                break
            start = end
    return start
