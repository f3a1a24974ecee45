"""Records as text that a person can read in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from .schema import Article, Record

# Unicode isolates (UAX #9): an Arabic cell keeps its own direction and cannot reorder the columns round it.
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_ZERO_WIDTH_NON_JOINER = "\u200c"  # a letter's form hangs on it in Persian and Kurdish names
_SHOWN_CHARACTERS = 90


def format_table(article: Article, record: Record) -> Iterator[str]:
    """Yield the lines of one record: a line a sentence, below it a line a mention. Arabic stands last in its line."""
    count = len(record.sentences)
    yield f"== {isolate(record.id)}: {count} sentences, {len(record.entities)} mentions"
    entities = list(reversed(record.entities))
    for sentence in record.sentences:
        shown = " ".join(article.text[sentence.start : sentence.end].split())
        if len(shown) > _SHOWN_CHARACTERS:
            shown = shown[: _SHOWN_CHARACTERS - 1] + "…"
        yield f"{sentence.start:>7}-{sentence.end:<7} {sentence.event.label:<13}{sentence.event.score:>5.2f}  {isolate(shown)}"
        while entities and entities[-1].start < sentence.end:
            entity = entities.pop()
            yield (
                f"{entity.start:>9}-{entity.end:<7} {entity.label:<11}{entity.score:>5.2f}  "
                f"{isolate(' '.join(entity.text.split()))}"
            )
    losses = {name: number for name, number in record.losses.to_dict().items() if number}
    if losses:
        yield "   lost: " + ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in losses.items())


def isolate(text: str) -> str:
    """Wrap a text in isolates, so that its direction stays its own."""
    return f"{_FIRST_STRONG_ISOLATE}{printable(text)}{_POP_ISOLATE}"


def printable(text: str) -> str:
    r"""Show controls, which would act on the terminal or on what follows, as U+FFFD.

    >>> printable("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    return "".join(char if char.isprintable() or char == _ZERO_WIDTH_NON_JOINER else "\ufffd" for char in text)
