"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TextIO

from .errors import OutputError

# Signs that end a line for str.splitlines() and many readers, and that JSON leaves as they are inside a string.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def one_line(json_text: str) -> str:
    r"""Escape the line separators that a JSON text may hold as they are, so that a record is one line for every reader.

    >>> one_line('"\u2028"')
    '"\\u2028"'
    """
    return json_text.translate(_LINE_ENDS)


class AtomicOutput:
    """Lines to a file, or to standard output for None.

    They go to a temporary file beside the target; ``commit()`` puts it in place. Without it, nothing appears. A target that
    is no regular file (``/dev/null``, a pipe) is written as it is.

    Raises:
        OutputError: the folder does not exist or cannot be written; known before the work begins.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(os.path.realpath(path))  # a link stays a link
        self.temporary: Path | None = None
        if self.path is None:
            if sys.stdout is None:
                raise OutputError("standard output: closed; name a file with -o")
            self._stream: TextIO = sys.stdout
            return
        if self.path.is_dir():
            raise OutputError(f"{path}: a folder; name a file in it")
        with self._reported("choose a folder that exists and is writable"):
            if self.path.exists() and not self.path.is_file():
                self._stream = self.path.open("w", encoding="utf-8", newline="\n")
                return
            # Short, since a name may not exceed 255 bytes.
            descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name[:40]}-", dir=self.path.parent)
            self.temporary = Path(name)
            self._stream = os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")

    def __enter__(self) -> AtomicOutput:
        return self

    def write_line(self, line: str) -> None:
        """Write one line.

        Raises:
            OutputError: the disk is full.
        """
        with self._reported("free the disk or choose another place"):
            self._stream.write(line + "\n")

    def commit(self) -> None:
        """Put the file in place.

        Raises:
            OutputError: the disk is full or the file cannot be replaced.
        """
        with self._reported("free the disk or choose another place"):
            self._stream.flush()
            if self.path is None or self.temporary is None:
                return
            os.fsync(self._stream.fileno())
            self._stream.close()
            mask = os.umask(0)
            os.umask(mask)
            self.temporary.chmod(0o666 & ~mask)
            self.temporary.replace(self.path)
            self.temporary = None

    @contextmanager
    def _reported(self, advice: str) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:  # the reader of a pipe went away, which is no fault
            raise
        except OSError as error:
            raise OutputError(f"{self.path or 'standard output'}: cannot be written ({error.strerror}); {advice}") from error

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        if self.path is None:
            return
        with suppress(OSError):  # what was buffered is thrown away with the file
            self._stream.close()
        if self.temporary is not None:
            self.temporary.unlink(missing_ok=True)
