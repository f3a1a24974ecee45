"""What the event classifier reads beside a sentence: one rule for annotation, training and inference."""

from __future__ import annotations

from collections.abc import Sequence


def neighbors(count: int, index: int) -> list[int]:
    """Return the indices of the sentences that are the context of one: the two before it and the one after, nearest first.

    Nearest first, since a context that is too long is cut at its end. Many types hang on the neighbours: «استهدف» with no
    means named takes the means of the sentence before (``annotations/guidelines.md``, tie-breaks).

    >>> neighbors(5, 3)
    [2, 4, 1]
    """
    return [i for i in (index - 1, index + 1, index - 2) if 0 <= i < count]


def sentence_context(sentences: Sequence[str], index: int, title: str | None = None) -> str:
    """Return the context of a sentence as one text.

    Args:
        sentences: raw sentences of one article, in order.
        index: the sentence in question; it is not part of the result.
        title: headline that is not among the sentences; it is the neighbour before the first.

    >>> sentence_context(["a", "b", "c", "d", "e"], 3)
    'c e b'
    """
    shift = 1 if title else 0
    texts = [title, *sentences] if title else list(sentences)
    return " ".join(str(texts[i]) for i in neighbors(len(texts), index + shift))


def context_words(sentences: Sequence[Sequence[str]], index: int) -> list[str]:
    """Return the words of a sentence's neighbours, nearest first."""
    return [word for i in neighbors(len(sentences), index) for word in sentences[i]]
