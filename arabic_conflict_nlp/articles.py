"""Files -> articles. What cannot be used is refused with a reason, and the rest goes on."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .charset import LETTER
from .errors import InputError
from .schema import Article

DEFAULT_MAX_BYTES = 10_000_000
_ARABIC = re.compile(f"[{LETTER}\ufb50-\ufdff\ufe70-\ufefc]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPTIONAL = ("title", "published", "source")
_SUFFIXES = (".txt", ".jsonl")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that gives no record; ``message`` reads ``FILE:LINE: what, what to do``."""

    message: str


@dataclass(slots=True)
class ReadReport:
    """What was met on the way: refused inputs and files of other suffixes inside folders."""

    refused: list[str] = field(default_factory=list)
    skipped_files: int = 0


def text_problem(text: str) -> str | None:
    """Say why a text cannot be an article, or return None.

    >>> text_problem("no Arabic here")
    'a text without Arabic letters: nothing to read; check the encoding or leave the file out'
    """
    if not text.strip().strip("\ufeff").strip():
        return "an empty text: nothing to read; leave it out"
    if "\x00" in text:
        return f"null characters (the first at character {text.index(chr(0))}): remove them; the file may be binary or UTF-16"
    if surrogate := _SURROGATE.search(text):
        return f"a lone surrogate U+{ord(surrogate.group()):04X} at character {surrogate.start()}: save the text as valid UTF-8"
    if not _ARABIC.search(text):
        return "a text without Arabic letters: nothing to read; check the encoding or leave the file out"
    return None


def input_size(paths: Sequence[str | Path]) -> int | None:
    """Return the bytes that a reader will find under the paths, or None where standard input is among them."""
    if "-" in map(str, paths):
        return None
    files = [Path(parent) / name for path in paths for parent, _, names in os.walk(path) for name in names]
    files += [Path(path) for path in paths]
    total = 0
    for file in files:
        # What cannot be looked at is refused when it is read.
        with contextlib.suppress(OSError):
            total += file.stat().st_size if file.suffix.lower() in _SUFFIXES and file.is_file() else 0
    return total


class ArticleReader:
    """Reads .txt files (one article each), .jsonl files (one a line), folders of both, or standard input (``-``).

    Folders are read recursively, sorted by path. The id of a .txt is its stem, or its relative path where that stem is
    taken; of other duplicate ids the first is kept. A text is what the bytes decode to: a BOM and CRLF are kept, so that
    offsets count them.

    Args:
        encoding: of the files; a byte that does not fit refuses the file or line.
        max_bytes: the largest article, in bytes of its file or line.
        outputs: resolved paths of the files that this run writes: refused as inputs, passed over in folders.

    Raises:
        InputError: Python knows no such text encoding, or ``max_bytes`` is not positive.
    """

    def __init__(self, *, encoding: str = "utf-8", max_bytes: int = DEFAULT_MAX_BYTES, outputs: Collection[Path] = ()) -> None:
        try:
            b"a".decode(encoding)
        except LookupError:  # names no encoding, or one that is not of texts (hex, zip)
            raise InputError(f"unknown encoding {encoding!r}: use utf-8, cp1256, utf-16 or another name Python knows") from None
        except UnicodeError:  # too short for UTF-16
            pass
        if max_bytes <= 0:
            raise InputError(f"the largest article must have a positive size, found {max_bytes} bytes: correct --max-bytes")
        self.encoding, self.max_bytes, self.outputs = encoding, min(max_bytes, sys.maxsize - 1), outputs
        self.report = ReadReport()
        self.bytes_read = 0
        self._ids: set[str] = set()
        self._files: set[Path] = set()

    def read(self, paths: Sequence[str | Path]) -> Iterator[Article]:
        """Yield the usable articles in order; refusals go to ``report.refused``."""
        for item in self._read_all(paths):
            if isinstance(item, Refusal):
                self.report.refused.append(item.message)
            else:
                yield item

    def _read_all(self, paths: Sequence[str | Path]) -> Iterator[Article | Refusal]:
        for path in map(Path, paths):
            try:
                if str(path) == "-":
                    yield from self._read_stream()
                elif path.is_dir():
                    yield from self._read_folder(path)
                elif not path.exists():
                    yield Refusal(f"{path}: no such file or folder; check the path")
                elif path.suffix.lower() not in _SUFFIXES:
                    yield Refusal(f"{path}: neither .txt nor .jsonl; rename the file, or give its text through '-'")
                else:
                    yield from self._read_file(path, path)
            except OSError as error:
                yield Refusal(f"{path}: cannot be read ({error.strerror}); check the path and its permissions")

    def _read_folder(self, folder: Path) -> Iterator[Article | Refusal]:
        unreadable: list[OSError] = []
        # Not rglob(), which passes over folders that it may not read.
        walk = os.walk(folder, onerror=unreadable.append)
        found = sorted(Path(parent) / name for parent, _, names in walk for name in names)
        found = [file for file in found if file.resolve() not in self.outputs]
        usable = [file for file in found if file.suffix.lower() in _SUFFIXES]
        self.report.skipped_files += len(found) - len(usable)
        for error in unreadable:
            yield Refusal(f"{error.filename}: cannot be read ({error.strerror}); check the permissions")
        if not usable and not unreadable:
            yield Refusal(f"{folder}: the folder holds no .txt and no .jsonl; name one that does")
        for file in usable:
            yield from self._read_file(file, file.relative_to(folder))

    def _read_file(self, file: Path, relative: Path) -> Iterator[Article | Refusal]:
        try:
            if file.exists() and not file.is_file():
                yield Refusal(f"{file}: no regular file; give its text through '-'")
            elif file.resolve() in self.outputs:
                yield Refusal(f"{file}: input and output at once; write to another file")
            elif file.suffix.lower() == ".jsonl":
                with file.open("rb") as stream:
                    yield from self._read_jsonl(stream, str(file), file.stem)
            else:
                yield self._read_text_file(file, relative)
        except FileNotFoundError:
            yield Refusal(f"{file}: no such file; check the path")
        except OSError as error:
            yield Refusal(f"{file}: cannot be read ({error.strerror}); check the permissions")

    def _read_text_file(self, file: Path, relative: Path) -> Article | Refusal:
        size = file.stat().st_size
        self.bytes_read += size
        if size > self.max_bytes:
            return Refusal(f"{file}: {self._too_large(size)}")
        if file.resolve() in self._files:
            return Refusal(f"{file}: duplicate of a file that was read before, the first is kept; name it once")
        self._files.add(file.resolve())
        # The path as given serves where two folders hold the same relative path. Names that are no UTF-8 are escaped.
        names = [os.fsencode(name).decode("utf-8", "backslashreplace") for name in (file.stem, relative, file)]
        identifier = next((name for name in names if name not in self._ids), names[0])
        return self._article(file.read_bytes(), str(file), identifier)

    def _too_large(self, size: int) -> str:
        return f"an article of {size:,} bytes, more than {self.max_bytes:,}: split it, or raise --max-bytes"

    def _article(self, content: bytes, place: str, identifier: str) -> Article | Refusal:
        text = self._decode(content)
        if isinstance(text, Refusal):
            return Refusal(f"{place}: {text.message}")
        return self._checked(Article(identifier, text, encoding=self.encoding), place)

    def _decode(self, content: bytes) -> str | Refusal:
        try:
            return content.decode(self.encoding)
        except UnicodeDecodeError as error:
            bad = content[error.start : error.start + 4].hex(" ")
            likely = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "cp1256"
            return Refusal(
                f"not {self.encoding.upper()}: bytes {bad} at byte {error.start}; name the right one, e.g. --encoding {likely}"
            )
        except UnicodeError as error:
            return Refusal(f"not {self.encoding.upper()}: {error}; name the right encoding with --encoding")

    def _checked(self, article: Article, place: str) -> Article | Refusal:
        if problem := text_problem(article.text):
            return Refusal(f"{place}: {problem}")
        for key in ("id", *_OPTIONAL):
            if surrogate := _SURROGATE.search(getattr(article, key) or ""):
                return Refusal(f"{place}: {key} holds a lone surrogate at character {surrogate.start()}: save it as valid UTF-8")
        if article.id in self._ids:
            return Refusal(f"{place}: duplicate id {article.id!r}, the first is kept; give each article its own id")
        self._ids.add(article.id)
        return article

    def _read_jsonl(self, stream: BinaryIO, place: str, stem: str, head: bytes = b"") -> Iterator[Article | Refusal]:
        """Stream the lines; one that is too long is skipped without being held in memory.

        ``head`` is what was read ahead of the first line.
        """
        if codecs.lookup(self.encoding).name.startswith(("utf-16", "utf-32")):
            yield Refusal(f"{place}: JSON Lines in {self.encoding} cannot be cut into lines; convert the file to UTF-8")
            return
        number, empty = 0, True
        while True:
            line, head = head or stream.readline(self.max_bytes + 1), b""
            if not line:
                break
            number += 1
            self.bytes_read += len(line)
            if len(line) > self.max_bytes and not line.endswith(b"\n"):
                size = len(line)
                while line and not line.endswith(b"\n"):
                    line = stream.readline(1 << 20)
                    size += len(line)
                    self.bytes_read += len(line)
                yield Refusal(f"{place}:{number}: {self._too_large(size)}")
                empty = False
                continue
            if line.strip(b" \t\r\n\xef\xbb\xbf"):
                empty = False
                yield self._parse_line(line, f"{place}:{number}", f"{stem}:{number}")
        if empty:
            yield Refusal(f"{place}: an empty file: nothing to read; leave it out")

    def _parse_line(self, line: bytes, place: str, identifier: str) -> Article | Refusal:
        text = self._decode(line)
        if isinstance(text, Refusal):
            return Refusal(f"{place}: {text.message}")
        try:
            row: Any = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            return Refusal(f"{place}: no JSON ({error}); write one object a line")
        if not isinstance(row, dict):
            return Refusal(f"{place}: a JSON {type(row).__name__}, not an object; write one article a line")
        if not isinstance(row.get("text"), str):
            found = f"text is a {type(row['text']).__name__}" if "text" in row else "lacks 'text'"
            return Refusal(f"{place}: {found}; give the article's text as a string")
        for key in _OPTIONAL:
            if row.get(key) is not None and not isinstance(row[key], str):
                return Refusal(f"{place}: {key} is a {type(row[key]).__name__}; give a string or leave it out")
        given = row.get("id")
        if given is not None and (isinstance(given, bool) or not isinstance(given, str | int) or given == ""):
            return Refusal(f"{place}: id is {given!r}; give a non-empty string")
        optional = {key: row[key] for key in _OPTIONAL if row.get(key) is not None}
        article = Article(identifier if given is None else str(given), row["text"], encoding=self.encoding, **optional)
        return self._checked(article, place)

    def _read_stream(self) -> Iterator[Article | Refusal]:
        """Read standard input: JSONL if its first line opens an object, else one article."""
        if sys.stdin is None:
            yield Refusal("stdin: closed; pipe a text into it")
            return
        stream = sys.stdin.buffer
        head = stream.readline(self.max_bytes + 1)
        while head and not head.strip() and len(head) <= self.max_bytes and (line := stream.readline(self.max_bytes + 1)):
            head += line
        if head.decode(self.encoding, "ignore").lstrip("\ufeff \t\r\n").startswith("{"):
            yield from self._read_jsonl(stream, "stdin", "stdin", head)
            return
        content = head + stream.read(max(0, self.max_bytes + 1 - len(head)))
        if len(content) > self.max_bytes:
            yield Refusal(f"stdin: an article of more than {self.max_bytes:,} bytes: split it, or raise --max-bytes")
        else:
            yield self._article(content, "stdin", "stdin")
