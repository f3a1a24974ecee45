"""Annotated documents as ``datasets``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from .annotations import AnnotatedDocument, tagged_sentences
from .bio import TAGS
from .context import sentence_context
from .errors import MissingExtraError
from .labels import EVENT_TYPES

if TYPE_CHECKING:
    import datasets


def to_dataset(documents: Sequence[AnnotatedDocument], task: Literal["entities", "events"]) -> datasets.Dataset:
    """Return one row a sentence as a ``datasets.Dataset``.

    Columns for ``entities``: document, sentence, tokens (repaired), starts, ends, ner_tags (``ClassLabel`` over the BIO
    tags). Columns for ``events``: document, sentence, start, end, text (raw), context (raw), label (``ClassLabel``).

    Raises:
        AnnotationError: a mention is not inside one sentence, so that no row could hold it.
        MissingExtraError: the package ``datasets`` is not installed.
        ValueError: unknown task.
    """
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("datasets", "train", "to_dataset()") from None
    if task not in ("entities", "events"):
        raise ValueError(f"unknown task {task!r}: use 'entities' or 'events'")
    value = datasets.Value
    if task == "entities":
        rows = [row for document in documents for row in _entity_rows(document)]
        features = {
            "document": value("string"),
            "sentence": value("int32"),
            "tokens": datasets.List(value("string")),
            "starts": datasets.List(value("int32")),
            "ends": datasets.List(value("int32")),
            "ner_tags": datasets.List(datasets.ClassLabel(names=list(TAGS))),
        }
    else:
        rows = [row for document in documents for row in _event_rows(document)]
        features = {
            "document": value("string"),
            "sentence": value("int32"),
            "start": value("int32"),
            "end": value("int32"),
            "text": value("string"),
            "context": value("string"),
            "label": datasets.ClassLabel(names=list(EVENT_TYPES)),
        }
    columns = {name: [row[name] for row in rows] for name in features}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


def _entity_rows(document: AnnotatedDocument) -> Iterator[dict[str, Any]]:
    for index, (tokens, tags) in enumerate(tagged_sentences(document)):
        yield {
            "document": document.id,
            "sentence": index,
            "tokens": [token.norm for token in tokens],
            "starts": [token.start for token in tokens],
            "ends": [token.end for token in tokens],
            "ner_tags": tags,
        }


def _event_rows(document: AnnotatedDocument) -> Iterator[dict[str, Any]]:
    texts = document.sentence_texts()
    for index, sentence in enumerate(document.sentences):
        yield {
            "document": document.id,
            "sentence": index,
            "start": sentence.start,
            "end": sentence.end,
            "text": texts[index],
            "context": sentence_context(texts, index),
            "label": sentence.event,
        }
