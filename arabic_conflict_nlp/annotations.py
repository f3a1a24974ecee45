"""Annotated documents: read and verify.

Format: JSONL, one document a line: ``{"id", "sha256", "text", "entities": [{"start", "end", "label", "text"}],
"sentences": [{"start", "end", "event"}]}``; offsets are code points of ``text``, half-open. ``sha256`` (of the text in
UTF-8) is optional; further keys are kept as metadata. Rules: ``annotations/guidelines.md``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .bio import tags_from_entities
from .charset import CLOSING_QUOTE, OPENING_QUOTE
from .errors import AnnotationError, InputError
from .labels import ENTITY_TYPES, EVENT_TYPES
from .normalization import normalize
from .schema import Entity, Token
from .segment import split_tokens, tokens_by_sentence

_QUOTES = frozenset(OPENING_QUOTE + CLOSING_QUOTE + "'")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REQUIRED = ("id", "text", "entities", "sentences")


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """A sentence with its event type; ``start`` and ``end`` are offsets in the document."""

    start: int
    end: int
    event: str


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """A verified document. Its words were cut once, on loading: ``tokens`` are those of the whole text."""

    id: str
    text: str
    entities: tuple[Entity, ...]
    sentences: tuple[AnnotatedSentence, ...]
    tokens: tuple[Token, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of the text in UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def sentence_texts(self) -> list[str]:
        """Return the raw text of each sentence."""
        return [self.text[sentence.start : sentence.end] for sentence in self.sentences]


@dataclass(slots=True)
class LoadReport:
    """What happened on loading: documents read, edge quotation marks trimmed, lines refused (with the reason)."""

    documents: int = 0
    trimmed_quotes: int = 0
    refused: list[str] = field(default_factory=list)


def load_documents(
    path: str | Path,
    *,
    edge_quotes: Literal["refuse", "trim"] = "refuse",
    on_error: Literal["raise", "skip"] = "raise",
    report: LoadReport | None = None,
) -> list[AnnotatedDocument]:
    """Read a JSONL file, or all ``*.jsonl`` of a folder in name order.

    Args:
        path: file or folder.
        edge_quotes: what to do with a span that takes in a quotation mark at its edge: refuse the line, or trim the
            span and count it in the report.
        on_error: raise at the first bad line, or skip it and list the reason in ``report.refused``.
        report: filled while loading.

    Raises:
        AnnotationError: a line breaks the format; the message reads ``FILE:LINE: what, what to do``.
        InputError: the file is missing, unreadable or not UTF-8, or the folder holds no .jsonl.
    """
    path = Path(path)
    report = report if report is not None else LoadReport()
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: the folder holds no .jsonl file; name one that does")
    documents: list[AnnotatedDocument] = []
    seen: dict[str, str] = {}
    for file in files:
        for number, line in _lines(file):
            place = f"{file}:{number}"
            try:
                document, trimmed = _parse(line, edge_quotes)
                if document.id in seen:
                    raise AnnotationError(f"id {document.id!r} stands at {seen[document.id]} too: give each document its own")
                seen[document.id] = place
                documents.append(document)
                report.trimmed_quotes += trimmed
            except AnnotationError as error:
                message = f"{place}: {error}"
                if on_error == "raise":
                    raise AnnotationError(message) from None
                report.refused.append(message)
    report.documents += len(documents)
    return documents


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{file}: no such file; check the path") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 (byte 0x{error.object[error.start]:02x} at {error.start}); convert it") from None
    # Not splitlines(): U+2028 and kin may stand inside a JSON string.
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            yield number, line


def _parse(line: str, edge_quotes: str) -> tuple[AnnotatedDocument, int]:
    """Return a verified document and the number of its mentions that were trimmed."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        raise AnnotationError(f"no JSON ({error}): write one object a line") from None
    if not isinstance(row, dict):
        raise AnnotationError(f"a JSON {type(row).__name__}, not an object: write one document a line")
    missing = [key for key in _REQUIRED if key not in row]
    if missing:
        raise AnnotationError(f"lacks {', '.join(missing)}: add {'it' if len(missing) == 1 else 'them'}")
    if not isinstance(row["id"], str) or not isinstance(row["text"], str):
        raise AnnotationError("id and text must be strings: quote them")
    for key in ("id", "text"):
        if surrogate := _SURROGATE.search(row[key]):
            raise AnnotationError(f"the {key} holds a lone surrogate at {surrogate.start()}: save it as valid UTF-8")
    text = row["text"]
    digest = hashlib.sha256(text.encode()).hexdigest()
    if row.get("sha256") not in (None, digest):
        raise AnnotationError(
            f"sha256 of the text is {digest[:12]}…, the line says {str(row['sha256'])[:12]}…: the text was changed after it was "
            "labelled; restore it or label again"
        )
    tokens = split_tokens(normalize(text))
    signs = frozenset(token.start for token in tokens if not token.is_word)
    stored = [_entity(item, text) for item in _items(row, "entities")]
    trimmed = [_without_edge_quotes(entity, text, signs, edge_quotes) for entity in stored]
    entities = tuple(sorted(trimmed, key=lambda entity: entity.start))
    tags_from_entities(tokens, entities)
    sentences = tuple(_sentence(item, text) for item in _items(row, "sentences"))
    for before, after in itertools.pairwise(sentences):
        if after.start < before.end:
            raise AnnotationError(
                f"sentences [{before.start}, {before.end}) and [{after.start}, {after.end}) overlap or are out of order: cut the "
                "text once, in order"
            )
    metadata = {key: value for key, value in row.items() if key not in (*_REQUIRED, "sha256")}
    document = AnnotatedDocument(row["id"], text, entities, sentences, tuple(tokens), metadata)
    return document, sum(before != after for before, after in zip(stored, trimmed, strict=True))


def _items(row: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = row[key]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise AnnotationError(f"{key} is {str(items)[:40]!r}: give a list of objects")
    return items


def _offsets(item: Mapping[str, Any], text: str, what: str) -> tuple[int, int]:
    start, end = item.get("start"), item.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise AnnotationError(
            f"{what} has offsets [{start}, {end}) in a text of {len(text)} code points: give 0 <= start < end <= {len(text)}"
        )
    return start, end


def _entity(item: Mapping[str, Any], text: str) -> Entity:
    label, surface = item.get("label"), item.get("text")
    if label not in ENTITY_TYPES:
        raise AnnotationError(f"unknown entity label {label!r}: use one of {', '.join(ENTITY_TYPES)}")
    if not isinstance(surface, str):
        raise AnnotationError(f"{label} mention at {item.get('start')} lacks its text: store the surface beside the offsets")
    if _selects_in_utf16(item, text, surface):
        raise AnnotationError(
            f"{label} mention {surface!r}: offsets [{item['start']}, {item['end']}) count UTF-16 units (JavaScript, Java): "
            "convert them to code points"
        )
    start, end = _offsets(item, text, f"{label} mention {surface!r}")
    if text[start:end] != surface:
        raise AnnotationError(
            f"{label} mention {surface!r}: offsets [{start}, {end}) select {text[start:end]!r}: correct the offsets or the text"
        )
    return Entity(start, end, surface, str(label))


def _selects_in_utf16(item: Mapping[str, Any], text: str, surface: str) -> bool:
    start, end = item.get("start"), item.get("end")
    if type(start) is not int or type(end) is not int or start < 0 or text[start:end] == surface:
        return False
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * start : 2 * end] == surface.encode("utf-16-le", "surrogatepass")


def _without_edge_quotes(entity: Entity, text: str, signs: frozenset[int], edge_quotes: str) -> Entity:
    """Trim or refuse quotation marks at the edge; one that the repair reads as part of a word («داع«ش»») is no edge."""
    start, end = entity.start, entity.end
    while start < end and text[start] in _QUOTES and start in signs:
        start += 1
    while end > start and text[end - 1] in _QUOTES and end - 1 in signs:
        end -= 1
    if start == end:
        raise AnnotationError(f"{entity.label} mention {entity.text!r} holds no word: delete it")
    if (start, end) == (entity.start, entity.end):
        return entity
    if edge_quotes == "refuse":
        raise AnnotationError(
            f"{entity.label} mention {entity.text!r} takes in a quotation mark at its edge: leave it outside, or load with "
            "edge_quotes='trim'"
        )
    return Entity(start, end, text[start:end], entity.label)


def _sentence(item: Mapping[str, Any], text: str) -> AnnotatedSentence:
    start, end = _offsets(item, text, "a sentence")
    event = item.get("event")
    if event not in EVENT_TYPES:
        raise AnnotationError(f"unknown event type {event!r} of the sentence at {start}: use one of {', '.join(EVENT_TYPES)}")
    return AnnotatedSentence(start, end, str(event))


def tagged_sentences(document: AnnotatedDocument) -> list[tuple[list[Token], list[str]]]:
    """Return the tokens of each sentence with their BIO tags.

    Raises:
        AnnotationError: a mention is not inside one sentence, so that no sentence could hold it.
    """
    dealt = tokens_by_sentence(document.tokens, document.sentences)
    members: list[list[Entity]] = [[] for _ in dealt]
    borders = [(tokens[0].start, tokens[-1].end) if tokens else (0, 0) for tokens in dealt]
    for e in document.entities:
        home = next((i for i, (start, end) in enumerate(borders) if start <= e.start and e.end <= end), None)
        if home is None:
            raise AnnotationError(
                f"document {document.id!r}: {e.label} mention {e.text!r} at [{e.start}, {e.end}) is not inside one sentence: "
                "correct the sentence borders"
            )
        members[home].append(e)
    return [(tokens, tags_from_entities(tokens, inside)) for tokens, inside in zip(dealt, members, strict=True)]
