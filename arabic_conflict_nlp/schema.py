"""The typed values that travel between the stages.

Offsets are code points of the raw text, half-open: ``article.text[e.start:e.end] == e.text``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points of the raw text.

    >>> Span(3, 7).length
    4
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, found start={self.start}, end={self.end}")

    @property
    def length(self) -> int:
        """Number of code points."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a punctuation sign: its raw span and its repaired spelling."""

    start: int
    end: int
    norm: str
    is_word: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its raw span and its raw text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention. ``score`` is the mean probability of the label over the words of the span, in [0, 1]."""

    start: int
    end: int
    text: str
    label: str
    score: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of a record's entity."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "label": self.label,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, slots=True)
class EventLabel:
    """The event type of a sentence. ``scores`` holds a probability for each of the types and sums to 1."""

    label: str
    score: float
    scores: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class SentenceEvent:
    """A sentence of a record with its event type."""

    start: int
    end: int
    event: EventLabel

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of a record's sentence."""
        event = {"label": self.event.label, "score": round(self.event.score, 4)}
        return {"start": self.start, "end": self.end, "event": event}


@dataclass(frozen=True, slots=True)
class Article:
    """One input text.

    Args:
        id: name of the article, unique in a run.
        text: the raw text, never changed.
        title: headline, where it is not part of ``text``; it serves as context and gets no offsets.
        published: ISO 8601 date of publication.
        source: outlet or address.
        encoding: the encoding the file was read with, for the provenance; None for a text that came from no file.

    >>> Article(id="a", text="قصف").text
    'قصف'
    """

    id: str
    text: str
    title: str | None = None
    published: str | None = None
    source: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Losses:
    """What the models could not read, in words of the article.

    ``unknown_words`` hold no piece that the vocabulary knows; they still get a label. ``truncated_words`` are
    longer than a model window and were read only by their first pieces.
    """

    unknown_words: int = 0
    truncated_words: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the JSON form."""
        return {"unknown_words": self.unknown_words, "truncated_words": self.truncated_words}


@dataclass(frozen=True, slots=True)
class Record:
    """What the pipeline found in one article. ``entities`` and ``sentences`` are in text order."""

    id: str
    entities: tuple[Entity, ...]
    sentences: tuple[SentenceEvent, ...]
    losses: Losses
    provenance: Mapping[str, Any]
    title: str | None = None
    published: str | None = None
    source: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; ``record.schema.json`` in the package's resources describes it."""
        optional = {"title": self.title, "published": self.published, "source": self.source}
        return {
            "id": self.id,
            **{key: value for key, value in optional.items() if value is not None},
            "entities": [entity.to_dict() for entity in self.entities],
            "sentences": [sentence.to_dict() for sentence in self.sentences],
            "losses": self.losses.to_dict(),
            "provenance": dict(self.provenance),
        }
