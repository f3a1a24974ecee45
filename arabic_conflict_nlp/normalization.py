"""Raw text -> repaired text with a map back.

Each repaired character keeps the raw range that it came from. A combining mark, a tatweel or a sign dropped from inside
a word belongs to the letter before it; bidirectional controls, zero-width characters and the BOM belong to nothing.
Normalized coordinates never leave this module and ``segment``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from .charset import FOLD
from .repair import CLEANING_RULES, RULES, URL_BEGINNING, URL_REACH, Rule
from .schema import Span

_URL_BEGINNING = re.compile(URL_BEGINNING)
_UNBROKEN = re.compile(rf"\S{{0,{URL_REACH}}}")
_FOLDED = re.compile(f"[{re.escape(''.join(FOLD))}]")


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A text, its repaired spelling and the map between them.

    ``starts[i]`` and ``ends[i]`` are the raw range of ``norm[i]``, in code points, half-open.

    >>> n = normalize("الحــ.رس الثــ.وري")
    >>> n.norm
    'الحرس الثوري'
    >>> span = n.raw_span(0, 5)
    >>> n.text[span.start:span.end]
    'الحــ.رس'
    """

    text: str
    norm: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def raw_span(self, norm_start: int, norm_end: int) -> Span:
        """Map a non-empty normalized range to the raw range that it came from.

        Raises:
            ValueError: the range is empty or outside the normalized text.
        """
        if not 0 <= norm_start < norm_end <= len(self.norm):
            raise ValueError(
                f"normalized range [{norm_start}, {norm_end}) is empty or outside a text of {len(self.norm)} characters"
            )
        return Span(self.starts[norm_start], self.ends[norm_end - 1])


class _Buffer:
    """A text under repair: characters with their raw ranges."""

    __slots__ = ("ends", "norm", "starts")

    def __init__(self, text: str) -> None:
        self.norm = text
        self.starts = list(range(len(text)))
        self.ends = list(range(1, len(text) + 1))

    def replace(self, matches: list[tuple[int, int, str]], *, extends: bool) -> None:
        """Replace ranges of ``norm`` (in order, disjoint) by literals."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        position = 0
        for start, end, replacement in matches:
            parts += (self.norm[position:start], replacement)
            starts += self.starts[position:start]
            ends += self.ends[position:start]
            if replacement:
                starts += [self.starts[start]] * len(replacement)
                ends += [self.ends[end - 1]] * len(replacement)
            elif extends and ends:
                ends[-1] = max(ends[-1], self.ends[end - 1])
            position = end
        parts.append(self.norm[position:])
        starts += self.starts[position:]
        ends += self.ends[position:]
        self.norm, self.starts, self.ends = "".join(parts), starts, ends

    def _in_url(self, position: int, beginnings: list[int]) -> bool:
        """Tell whether a position lies in a URL; the nearest beginning decides, as any other reaches less far."""
        nearest = bisect_right(beginnings, position) - 1
        return nearest >= 0 and _UNBROKEN.fullmatch(self.norm, beginnings[nearest], position) is not None

    def fold(self) -> None:
        """Fold presentation forms, foreign letters and digits."""
        matches = [(m.start(), m.end(), FOLD[m.group()]) for m in _FOLDED.finditer(self.norm)]
        if matches:
            self.replace(matches, extends=False)

    def apply(self, rule: Rule, pattern: re.Pattern[str]) -> None:
        """Apply one rule."""
        matches = [(m.start(), m.end(), rule.replacement) for m in pattern.finditer(self.norm) if m.end() > m.start()]
        if matches and rule.spares_urls:
            beginnings = [m.end() for m in _URL_BEGINNING.finditer(self.norm)]
            matches = [match for match in matches if not self._in_url(match[0], beginnings)]
        if matches:
            self.replace(matches, extends=rule.extends)


_CLEANING = tuple((rule, re.compile(rule.pattern)) for rule in CLEANING_RULES)
_REPAIR = tuple((rule, re.compile(rule.pattern)) for rule in RULES)


def normalize(text: str) -> NormalizedText:
    """Repair a text and keep the way back.

    Args:
        text: any string; it is never changed.

    Returns:
        The repaired spelling with the raw range of each of its characters.
    """
    buffer = _Buffer(text)
    for rule, pattern in _CLEANING:
        buffer.apply(rule, pattern)
    buffer.fold()
    for rule, pattern in _REPAIR:
        buffer.apply(rule, pattern)
    return NormalizedText(text, buffer.norm, tuple(buffer.starts), tuple(buffer.ends))
