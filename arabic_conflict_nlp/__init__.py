"""Arabic conflict news into data: mentions of actors, places and weapons, event types, exact offsets.

>>> from arabic_conflict_nlp import Article, ConflictPipeline
>>> record = ConflictPipeline.from_pretrained().extract_one(Article(id="1", text="قصــ.ف على دير_الزور"))
>>> record.id
'1'

Names are loaded on first use, so that the import itself is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .annotations import AnnotatedDocument, load_documents
    from .dataset import to_dataset
    from .errors import ConflictNLPError
    from .events import EventClassifier
    from .labels import EntityType, EventType
    from .normalization import NormalizedText, normalize
    from .pipeline import ConflictPipeline
    from .schema import Article, Entity, EventLabel, Record, Span
    from .segment import split_sentences, split_tokens
    from .splits import load_splits
    from .tagger import EntityTagger

_HOMES = {
    "AnnotatedDocument": "annotations",
    "Article": "schema",
    "ConflictNLPError": "errors",
    "ConflictPipeline": "pipeline",
    "Entity": "schema",
    "EntityTagger": "tagger",
    "EntityType": "labels",
    "EventClassifier": "events",
    "EventLabel": "schema",
    "EventType": "labels",
    "NormalizedText": "normalization",
    "Record": "schema",
    "Span": "schema",
    "load_documents": "annotations",
    "load_splits": "splits",
    "normalize": "normalization",
    "split_sentences": "segment",
    "split_tokens": "segment",
    "to_dataset": "dataset",
}

__all__ = [
    "AnnotatedDocument",
    "Article",
    "ConflictNLPError",
    "ConflictPipeline",
    "Entity",
    "EntityTagger",
    "EntityType",
    "EventClassifier",
    "EventLabel",
    "EventType",
    "NormalizedText",
    "Record",
    "Span",
    "__version__",
    "load_documents",
    "load_splits",
    "normalize",
    "split_sentences",
    "split_tokens",
    "to_dataset",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
