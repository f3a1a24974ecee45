"""What the event classifier reads beside a sentence: one rule for annotation, training and inference."""

from __future__ import annotations

from collections.abc import Sequence

SENTENCES_BEFORE = 2
SENTENCES_AFTER = 1


def sentence_context(sentences: Sequence[str], index: int, title: str | None = None) -> str:
    """Return the neighbours of a sentence, joined by spaces.

    Many types hang on the neighbours: «استهدف» with no means named takes the means of the sentence before
    (``annotations/guidelines.md``, tie-breaks).

    Args:
        sentences: raw sentences of one article, in order.
        index: the sentence in question; it is not part of the result.
        title: headline that is not among the sentences.

    >>> sentence_context(["a", "b", "c", "d", "e"], 3)
    'b c e'
    """
    before = list(sentences[max(0, index - SENTENCES_BEFORE) : index])
    after = list(sentences[index + 1 : index + 1 + SENTENCES_AFTER])
    headline = [title] if title and index < SENTENCES_BEFORE else []
    return " ".join([*headline, *before, *after])
