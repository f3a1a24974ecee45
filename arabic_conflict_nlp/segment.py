"""Repaired text -> tokens and sentences, with raw spans.

A word is what white space and punctuation separate, after the repair. A sentence ends at ``.`` ``؟`` ``!`` or a line
break, by the rules of ``annotations/guidelines.md``: a dot inside a number, a URL, a Latin name or an abbreviation ends
nothing, and neither does a double dot.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from .charset import CLOSING_QUOTE, INVISIBLE, LETTER, LINE_BREAK, SEPARATOR, WHITE_SPACE
from .normalization import NormalizedText
from .repair import ABBREVIATIONS, TITLES, URL_BEGINNING
from .schema import Sentence, Token

# A URL, a number with its inner signs, a run of word characters, or a single sign. Read by ``re`` and Oniguruma alike.
_WORD_CHAR = f"[^{SEPARATOR}{WHITE_SPACE}]"
TOKEN_PATTERN = (
    rf"(?:{URL_BEGINNING})[^{WHITE_SPACE}]*[^{SEPARATOR}{WHITE_SPACE}]"
    rf"|(?<![^{SEPARATOR}{WHITE_SPACE}])[0-9]+(?:[.,:/\u066b\u066c][0-9]+)+(?!{_WORD_CHAR})"
    rf"|{_WORD_CHAR}+"
    rf"|[^{WHITE_SPACE}]"
)

_TOKEN = re.compile(TOKEN_PATTERN)
_SIGN = re.compile(f"[{SEPARATOR}]")
_END = re.compile(rf"([.؟!?\u06d4]+)[{CLOSING_QUOTE})\]]*")  # with the quotes and brackets that close behind it
_LINE_BREAK = re.compile(f"[{LINE_BREAK}]")
_URL = re.compile(rf"(?:{URL_BEGINNING})\S*[^\s.؟!?\u06d4]")
_LATIN_OR_DIGIT = frozenset(string.ascii_letters + string.digits)
_DOT = re.escape(".")


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# The dots inside an abbreviation, and the dot after a title (but not after «م» as in «2019 م.», metres or the era).
_ABBREVIATION = re.compile(
    rf"(?<![{LETTER}])(?<![{LETTER}]{_DOT})[ولب]?(?:(?:{_any_of(tuple(t for t in TITLES if len(t) > 1))}){_DOT}"
    rf"|(?:{_any_of(ABBREVIATIONS)})(?!{_DOT}?[{LETTER}])"
    rf"|(?<![0-9] )(?<![0-9])(?:{_any_of(TITLES)}){_DOT})"
)
_BLANK = re.compile(f"[{WHITE_SPACE}{INVISIBLE}]*")


class HasSpan(Protocol):
    """Anything with raw borders."""

    @property
    def start(self) -> int:
        """First code point."""
        ...

    @property
    def end(self) -> int:
        """Behind the last code point."""
        ...


def split_tokens(normalized: NormalizedText) -> list[Token]:
    """Return the words and signs of a text, in order.

    >>> from arabic_conflict_nlp.normalization import normalize
    >>> [(t.start, t.end, t.norm) for t in split_tokens(normalize("#دير_الزور: قصــ.ف"))]
    [(1, 4, 'دير'), (5, 10, 'الزور'), (10, 11, ':'), (12, 18, 'قصف')]
    """
    tokens = []
    for match in _TOKEN.finditer(normalized.norm):
        span = normalized.raw_span(match.start(), match.end())
        word = match.group()
        tokens.append(Token(span.start, span.end, word, is_word=len(word) > 1 or not _SIGN.match(word)))
    return tokens


def _ends_sentence(norm: str, match: re.Match[str]) -> bool:
    """Tell whether a run of terminators ends a sentence: «..» is a dash, «3.5» and «SY24.com» hold no end."""
    start, end = match.span(1)
    if match.group(1) != ".":
        return match.group(1).strip(".") != ""
    return norm[max(0, start - 1) : start] not in _LATIN_OR_DIGIT or norm[end : end + 1] not in _LATIN_OR_DIGIT


def _cuts(norm: str) -> list[int]:
    """Normalized positions behind the line breaks and the sentence ends, in order."""
    spared = {
        terminator.start()
        for pattern in (_URL, _ABBREVIATION)
        for match in pattern.finditer(norm)
        for terminator in _END.finditer(norm, match.start(), match.end())
    }
    ends = {match.end() for match in _END.finditer(norm) if match.start() not in spared and _ends_sentence(norm, match)}
    return sorted(ends.union(match.end() for match in _LINE_BREAK.finditer(norm)))


def _raw_cut(normalized: NormalizedText, cut: int) -> int:
    """Map a cut to the raw text, so that what the repair dropped (marks, invisible characters) falls on one side of it.

    It stays with the sentence end before it, but not with a line break: a mark there belongs to the line that it opens.
    """
    if normalized.norm[cut - 1] in LINE_BREAK:
        return normalized.starts[cut - 1] + 1
    return normalized.starts[cut] if cut < len(normalized.norm) else len(normalized.text)


def split_sentences(normalized: NormalizedText) -> list[Sentence]:
    """Cut a text into sentences without losing a character.

    Between and around the sentences stand only white space and invisible characters; each sentence begins and ends with
    a visible one.

    >>> from arabic_conflict_nlp.normalization import normalize
    >>> [s.text for s in split_sentences(normalize("مصــ..رع سليماني. قال د. سالم: 3.5 كم.. لماذا؟"))]
    ['مصــ..رع سليماني.', 'قال د. سالم: 3.5 كم.. لماذا؟']
    """
    text = normalized.text
    cuts = [_raw_cut(normalized, cut) for cut in _cuts(normalized.norm)]
    sentences: list[Sentence] = []
    for raw_start, raw_end in pairwise([0, *cuts, len(text)]):
        first = _BLANK.match(text, raw_start, raw_end)
        start = first.end() if first else raw_start
        end = raw_end
        while end > start and _BLANK.fullmatch(text, end - 1, end):
            end -= 1
        if end > start:
            sentences.append(Sentence(start, end, text[start:end]))
    return sentences


def sentence_of(sentences: list[Sentence], position: int) -> int:
    """Return the index of the sentence that holds a raw position, or of the last one before it."""
    return max(0, bisect_right(sentences, position, key=lambda sentence: sentence.start) - 1)


def tokens_by_sentence(tokens: Sequence[Token], sentences: Sequence[HasSpan]) -> list[list[Token]]:
    """Deal the tokens of a text out to its sentences; a token belongs where it begins.

    Tokens outside every sentence are left out.
    """
    dealt: list[list[Token]] = [[] for _ in sentences]
    index = 0
    for token in tokens:
        while index < len(sentences) and token.start >= sentences[index].end:
            index += 1
        if index < len(sentences) and token.start >= sentences[index].start:
            dealt[index].append(token)
    return dealt
