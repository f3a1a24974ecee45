"""Output files that appear whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TextIO

from .errors import OutputError


class AtomicOutput:
    """A text stream to a file, or to standard output for None.

    The lines go to a temporary file beside the target; ``commit()`` puts it in place. Without it, nothing appears.

    Raises:
        OutputError: the folder does not exist or cannot be written; known before the work begins.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(path)
        self._temporary: Path | None = None
        self.stream: TextIO = sys.stdout
        if self.path is None:
            return
        if self.path.is_dir():
            raise OutputError(f"{self.path}: a folder; name a file in it")
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}-", dir=self.path.parent)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written ({error.strerror}); choose a folder that exists and is writable") from error
        self._temporary = Path(name)
        self.stream = os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")

    def __enter__(self) -> AtomicOutput:
        return self

    def commit(self) -> None:
        """Put the file in place.

        Raises:
            OutputError: the disk is full or the file cannot be replaced.
        """
        if self._temporary is None or self.path is None:
            self.stream.flush()
            return
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()
            mask = os.umask(0)
            os.umask(mask)
            self._temporary.chmod(0o666 & ~mask)
            os.replace(self._temporary, self.path)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written ({error.strerror}); free the disk or choose another place") from error
        self._temporary = None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._temporary is not None:
            self.stream.close()
            self._temporary.unlink(missing_ok=True)
