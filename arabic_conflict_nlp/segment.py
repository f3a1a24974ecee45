"""Repaired text -> tokens and sentences, with raw spans.

A word is what white space and punctuation separate, after the repair. A sentence ends at ``.`` ``؟`` ``!`` or a line
break, by the rules of ``annotations/guidelines.md``: a dot inside a number, a URL, a Latin name or an abbreviation ends
nothing, and neither does a double dot.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_right

from .charset import CLOSING_QUOTE, INVISIBLE, LETTER, LINE_BREAK, SEPARATOR, WHITE_SPACE
from .normalization import NormalizedText
from .repair import ABBREVIATIONS, TITLES
from .schema import Sentence, Token

# A URL, a number with its inner signs, a run of word characters, or a single sign. Read by ``re`` and Oniguruma alike.
_WORD_CHAR = f"[^{SEPARATOR}{WHITE_SPACE}]"
TOKEN_PATTERN = (
    rf"(?:https?://|www\.)[^{WHITE_SPACE}]*[^{SEPARATOR}{WHITE_SPACE}]"
    rf"|(?<![^{SEPARATOR}{WHITE_SPACE}])[0-9]+(?:[.,:/\u066b\u066c][0-9]+)+(?!{_WORD_CHAR})"
    rf"|{_WORD_CHAR}+"
    rf"|[^{WHITE_SPACE}]"
)

_TOKEN = re.compile(TOKEN_PATTERN)
_SIGN = re.compile(f"[{SEPARATOR}]")
_TERMINATOR = re.compile(r"[.؟!?\u06d4]+")
_CLOSERS = re.compile(f"[{CLOSING_QUOTE})\\]]*")
_LINE_BREAKS = re.compile(f"[{LINE_BREAK}]+")
_URL = re.compile(r"(?:https?://|www\.)\S+?(?=[.؟!?]*(?:\s|$))")
_LATIN_OR_DIGIT = frozenset(string.ascii_letters + string.digits)
_DOT = re.escape(".")


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# The dots inside an abbreviation, and the dot after a title (but not after «م» as in «2019 م.», metres or the era).
_ABBREVIATION = re.compile(
    rf"(?<![{LETTER}.])[ولب]?(?:(?:{_any_of(tuple(t for t in TITLES if len(t) > 1))}){_DOT}"
    rf"|(?:{_any_of(ABBREVIATIONS)})(?!{_DOT}?[{LETTER}])"
    rf"|(?<![0-9] )(?<![0-9])(?:{_any_of(TITLES)}){_DOT})"
)
_BLANK = re.compile(f"[{WHITE_SPACE}{INVISIBLE}]*")


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


def _ends_sentence(line: str, match: re.Match[str]) -> bool:
    """Tell whether a run of terminators ends a sentence: «..» is a dash, «3.5» and «SY24.com» hold no end."""
    if match.group() != ".":
        return match.group().strip(".") != ""
    before, after = line[: match.start()][-1:], line[match.end() :][:1]
    return before not in _LATIN_OR_DIGIT or after not in _LATIN_OR_DIGIT


def _norm_borders(norm: str) -> list[tuple[int, int]]:
    """Normalized ranges of the sentences, white space still round them."""
    borders: list[tuple[int, int]] = []
    line_start = 0
    for line_break in [*(m.span() for m in _LINE_BREAKS.finditer(norm)), (len(norm), len(norm))]:
        line = norm[line_start : line_break[0]]
        spared = [m.span() for pattern in (_URL, _ABBREVIATION) for m in pattern.finditer(line)]
        start = 0
        for match in _TERMINATOR.finditer(line):
            if any(a <= match.start() < b for a, b in spared) or not _ends_sentence(line, match):
                continue
            closers = _CLOSERS.match(line, match.end())
            end = closers.end() if closers else match.end()
            borders.append((line_start + start, line_start + end))
            start = end
        borders.append((line_start + start, line_start + len(line)))
        line_start = line_break[1]
    return borders


def split_sentences(normalized: NormalizedText) -> list[Sentence]:
    """Cut a text into sentences without losing a character.

    Between and around the sentences stand only white space and invisible characters; each sentence begins and ends with
    a visible one.

    >>> from arabic_conflict_nlp.normalization import normalize
    >>> [s.text for s in split_sentences(normalize("مصــ..رع سليماني. قال د. سالم: 3.5 كم.. لماذا؟"))]
    ['مصــ..رع سليماني.', 'قال د. سالم: 3.5 كم.. لماذا؟']
    """
    text = normalized.text
    # Raw borders: a sentence begins where its first character does and reaches up to the next one's beginning,
    # so that what the repair dropped (marks, invisible characters) is never between the chairs.
    cuts = [normalized.starts[start] if start < len(normalized.norm) else len(text)
            for start, end in _norm_borders(normalized.norm)]  # fmt: skip
    sentences: list[Sentence] = []
    for raw_start, raw_end in zip([0, *cuts[1:]], [*cuts[1:], len(text)], strict=True):
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
    return max(0, bisect_right([sentence.start for sentence in sentences], position) - 1)
