"""The files of a run's index: one that grows on a disk; of stores whose files do not grow, several, each closed at a size.

`arrays/index.jsonl` is the first, `arrays/segments/000002.jsonl` the next. Read one after another they are the index.
"""

import re
from collections.abc import Hashable

from kerasal._errors import listed
from kerasal._storage.base import FileSystem, join
from kerasal.tensorboard.run_index import RunIndex

INDEX, LATER = "index.jsonl", "segments"
CLOSED = 2**18  # bytes at which a file is closed that has to be written whole for each line
MOST = 10_000  # files that are read
_DAMAGED = (
    "Not all files of the index of the run {!r} are read: {}. Copy the whole folder of the run, or log its steps again."
)


class IndexFiles:
    """Adds lines to an index and lists its files.

    Args:
        files: The folder's.
        folder: That of the run's arrays.
    """

    def __init__(self, files: FileSystem, folder: str):
        self._files, self._folder = files, folder
        self._open: str | None = None  # the last file
        self._size = 0  # of it, in bytes

    def append(self, line: bytes) -> None:
        """Add a line."""
        if self._open is None:
            self._open = self.paths()[-1]
            if not self._files.has_growing_files and self._files.exists(self._open):
                self._size = len(self._files.read(self._open))
        if self._size >= CLOSED:
            self._files.make_folder(join(self._folder, LATER))
            self._open, self._size = self._path(self._number(self._open) + 1), 0
        self._files.append_line(self._open, line)
        if not self._files.has_growing_files:
            self._size += len(line) + 1

    def paths(self) -> list[str]:
        """List the files, in the order of their lines."""
        names = self._files.names(join(self._folder, LATER))
        later = sorted(int(name[:6]) for name in names if re.fullmatch(r"[0-9]{6}\.jsonl", name))
        return list(map(self._path, [1, *later][:MOST]))

    def read(self, index: RunIndex) -> RunIndex:
        """Read all files into an index; one that cannot be read or is missing, other than the first, costs itself.

        Raises:
            OSError: The first cannot be read.
            ValueError: They are of another kind.
        """
        paths = self.paths()
        for path in paths:
            try:
                with self._files.open(path) as stream:
                    index.read(stream)
            except OSError as error:
                if path == paths[0]:
                    raise
                words = f"{path.rpartition('/')[2]} cannot be read ({type(error).__name__})"
                index.troubles.append(_DAMAGED.format(index.name, words))
        numbers = [self._number(path) for path in paths]
        missing = sorted({*range(1, numbers[-1])} - {*numbers})
        if missing:
            index.troubles.append(_DAMAGED.format(index.name, f"those with the numbers {listed(missing)} are missing"))
        if len(paths) == MOST:
            index.troubles.append(_DAMAGED.format(index.name, f"only the first {MOST} are read"))
        return index

    def version(self) -> Hashable:
        """Return a value that changes when a line is added."""
        paths = self.paths()
        return len(paths), self._files.version(paths[-1])

    def _path(self, number: int) -> str:
        return join(self._folder, INDEX) if number == 1 else join(self._folder, LATER, f"{number:06d}.jsonl")

    def _number(self, path: str) -> int:
        return 1 if path == self._path(1) else int(path[-12:-6])
