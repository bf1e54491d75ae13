"""The folder that a command writes: new, file after file whole."""

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kerasal._storage.file_systems import write_aside


class OutputFolder:
    """A folder that is made when its first file is written.

    Args:
        path: of the folder.
        overwrite: True where it may have files.

    Raises:
        FileExistsError: it has files, and may not.
        NotADirectoryError: it is a file.
    """

    def __init__(self, path: str, *, overwrite: bool):
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(f"--out is a folder. Received: {path!r}, a file. Name another.")
        if self.path.is_dir() and any(self.path.iterdir()) and not overwrite:
            raise FileExistsError(
                f"--out is a new or empty folder. Received: {path!r}, which has files. Name another, or pass --overwrite."
            )

    def file(self, name: str) -> Path:
        """Give the path of a file, whose folder is there.

        Args:
            name: of the file, may be in folders.
        """
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def table(self, name: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write a CSV file, and tell its path.

        Args:
            name: of the file.
            heading: names of the columns.
            rows: values, None for an empty cell.
        """
        path = self.file(name)
        with write_aside(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(heading)
            writer.writerows(rows)
        wrote(path)

    def text(self, name: str, content: str) -> None:
        """Write a text file, and tell its path.

        Args:
            name: of the file.
            content: of the file.
        """
        path = self.file(name)
        with write_aside(path) as aside:
            aside.write_text(content, "utf-8")
        wrote(path)


def wrote(path: Path) -> None:
    """Tell the path of what is complete, on stdout.

    Args:
        path: of the file or folder.
    """
    print(path, file=sys.stdout, flush=True)
