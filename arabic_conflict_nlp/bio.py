"""Spans <-> BIO tags. The only module that knows "B-" and "I-".

Scheme: strict IOB2 (Ratnaparkhi 1998; Tjong Kim Sang and Veenstra 1999): every mention opens with B-.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .errors import AnnotationError
from .labels import ENTITY_TYPES
from .schema import Entity, Token

OUTSIDE = "O"
TAGS: tuple[str, ...] = (OUTSIDE, *(f"{prefix}-{label}" for label in ENTITY_TYPES for prefix in "BI"))


def tags_from_entities(tokens: Sequence[Token], entities: Sequence[Entity]) -> list[str]:
    """Return one tag for each token.

    Raises:
        AnnotationError: an entity does not begin and end with a whole word, or overlaps another.
    """
    starts = {token.start: index for index, token in enumerate(tokens)}
    ends = {token.end: index for index, token in enumerate(tokens)}
    tags = [OUTSIDE] * len(tokens)
    for entity in entities:
        first, last = starts.get(entity.start), ends.get(entity.end)
        if first is None or last is None or last < first:
            raise AnnotationError(
                f"{entity.label} mention {entity.text!r} at [{entity.start}, {entity.end}) cuts a word: "
                "move its borders to word borders"
            )
        if not tokens[first].is_word or not tokens[last].is_word:
            raise AnnotationError(
                f"{entity.label} mention {entity.text!r} at [{entity.start}, {entity.end}) takes in a sign at its edge: "
                "leave it outside"
            )
        if any(tag != OUTSIDE for tag in tags[first : last + 1]):
            raise AnnotationError(
                f"{entity.label} mention {entity.text!r} at [{entity.start}, {entity.end}) overlaps another: keep the longer"
            )
        tags[first] = f"B-{entity.label}"
        for index in range(first + 1, last + 1):
            tags[index] = f"I-{entity.label}"
    return tags


def label_of(tag: str) -> str | None:
    """Return the entity type of a tag, or None for O.

    >>> label_of("B-PLACE")
    'PLACE'
    """
    return None if tag == OUTSIDE else tag[2:]


def entities_from_tags(
    text: str, tokens: Sequence[Token], tags: Sequence[str], scores: Sequence[float] | None = None
) -> list[Entity]:
    """Return the mentions that a tag sequence spells.

    An I- that continues nothing opens a mention, so that no word changes its label. Signs at the edge of a mention
    are left outside; a mention of signs alone is dropped.

    Args:
        text: the raw text that the tokens point into.
        tokens: words and signs.
        tags: one for each token.
        scores: probability of the label of each token; 1 if left out.

    Raises:
        ValueError: there are not as many tags as tokens.
    """
    if len(tags) != len(tokens):
        raise ValueError(f"one tag a token is needed, found {len(tags)} tags for {len(tokens)} tokens")
    groups: list[tuple[str, list[int]]] = []
    previous: str | None = None
    for index, tag in enumerate(tags):
        label = label_of(tag)
        if label is not None:
            if tag.startswith("B-") or previous != label:
                groups.append((label, []))
            groups[-1][1].append(index)
        previous = label
    entities = []
    for label, members in groups:
        words = [index for index in members if tokens[index].is_word]
        if not words:
            continue
        start, end = tokens[words[0]].start, tokens[words[-1]].end
        score = 1.0 if scores is None else min(1.0, float(np.mean([scores[index] for index in words])))
        entities.append(Entity(start, end, text[start:end], label, score))
    return entities


def label_scores(probabilities: np.ndarray, tag_ids: np.ndarray) -> np.ndarray:
    """Return the probability of each word's *label*: that of B- and I- of one type together.

    Args:
        probabilities: float, (words, tags).
        tag_ids: int, (words,), indices into ``TAGS``.
    """
    owner = np.array([0, *(1 + i // 2 for i in range(len(TAGS) - 1))])
    same = owner[None, :] == owner[tag_ids][:, None]
    return np.asarray((probabilities * same).sum(axis=1))
