"""Run models over annotated documents and score them."""

from __future__ import annotations

from collections.abc import Sequence

from .annotations import AnnotatedDocument
from .bio import entities_from_tags
from .context import context_words
from .events import EventClassifier
from .metrics import EntityScores, EventScores, score_labels, score_spans
from .schema import Entity
from .segment import tokens_by_sentence
from .tagger import EntityTagger


def predict_entities(tagger: EntityTagger, documents: Sequence[AnnotatedDocument]) -> list[list[Entity]]:
    """Return the mentions of each document, tagged sentence by sentence along its own sentence borders."""
    rows = [
        (index, tokens)
        for index, document in enumerate(documents)
        for tokens in tokens_by_sentence(document.tokens, document.sentences)
    ]
    taggings = tagger.tag([tokens for _, tokens in rows])
    found: list[list[Entity]] = [[] for _ in documents]
    for (index, tokens), tagging in zip(rows, taggings, strict=True):
        found[index] += entities_from_tags(documents[index].text, tokens, tagging.tags, tagging.scores)
    return found


def score_entities(documents: Sequence[AnnotatedDocument], predicted: Sequence[Sequence[Entity]]) -> EntityScores:
    """Compare predicted mentions with the documents' own."""
    return score_spans([_keys(document.entities) for document in documents], [_keys(entities) for entities in predicted])


def _keys(entities: Sequence[Entity]) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, str(entity.label)) for entity in entities]


def predict_events(classifier: EventClassifier, documents: Sequence[AnnotatedDocument]) -> list[list[str]]:
    """Return the event type of each annotated sentence of each document."""
    sentences: list[list[str]] = []
    contexts: list[list[str]] = []
    for document in documents:
        words = [[token.norm for token in tokens] for tokens in tokens_by_sentence(document.tokens, document.sentences)]
        sentences += words
        contexts += [context_words(words, index) for index in range(len(words))]
    labels = iter(classifier.classify(sentences, contexts))
    return [[next(labels).label for _ in document.sentences] for document in documents]


def score_events(documents: Sequence[AnnotatedDocument], predicted: Sequence[Sequence[str]]) -> EventScores:
    """Compare predicted event types with the documents' own."""
    gold = [sentence.event for document in documents for sentence in document.sentences]
    return score_labels(gold, [label for labels in predicted for label in labels])
