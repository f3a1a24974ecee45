"""Words <-> model windows: the one adapter to the ``tokenizers`` library, for training and inference alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from .errors import ModelError
from .tokenizer_files import without_repair

_CACHE_LIMIT = 200_000
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class EncodedWord:
    """Piece ids of a word. ``unknown``: the vocabulary knows none of them; ``truncated``: pieces were cut off."""

    ids: tuple[int, ...]
    unknown: bool
    truncated: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A range of words for one model pass. Words ``keep_start .. keep_end`` take their label from it."""

    start: int
    end: int
    keep_start: int
    keep_end: int


def plan_windows(lengths: Sequence[int], capacity: int, overlap: int) -> list[Window]:
    """Cover words with overlapping windows; each word is kept in exactly one of them, away from the edges.

    Args:
        lengths: pieces of each word.
        capacity: most pieces of a window, special tokens aside.
        overlap: pieces that neighbouring windows share, about.

    Raises:
        ValueError: a word is longer than a window, or the overlap leaves no progress.

    >>> [(w.start, w.end, w.keep_start, w.keep_end) for w in plan_windows([1] * 10, 6, 2)]
    [(0, 6, 0, 5), (4, 10, 5, 10)]
    """
    if not 0 <= overlap < capacity:
        raise ValueError(f"overlap must be in [0, capacity), found {overlap} with a capacity of {capacity}")
    if lengths and max(lengths) > capacity:
        raise ValueError(f"a word of {max(lengths)} pieces is longer than a window of {capacity}")
    ranges: list[tuple[int, int]] = []
    start = 0
    while start < len(lengths):
        end, used = start, 0
        while end < len(lengths) and used + lengths[end] <= capacity:
            used += lengths[end]
            end += 1
        ranges.append((start, end))
        if end == len(lengths):
            break
        back, shared = end, 0
        room = min(overlap, capacity - lengths[end])  # the next word must fit, or the window would bring nothing new
        while back - 1 > start and shared + lengths[back - 1] <= room:
            back -= 1
            shared += lengths[back]
        start = back
    windows = []
    keep_start = 0
    for index, (start, end) in enumerate(ranges):
        keep_end = end if index == len(ranges) - 1 else (ranges[index + 1][0] + end) // 2
        windows.append(Window(start, end, keep_start, keep_end))
        keep_start = keep_end
    return windows


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids of the special tokens."""

    cls: int
    sep: int
    pad: int
    unk: int


class WordEncoder:
    """Turns repaired words into piece ids.

    Args:
        tokenizer_json: a ``tokenizer.json`` that went through ``tokenizer_files.carry_repair``.
        max_word_pieces: longer words are read by their first pieces only, and counted.
    """

    def __init__(self, tokenizer_json: str, *, max_word_pieces: int = 48) -> None:
        tokenizer = Tokenizer.from_str(json.dumps(without_repair(json.loads(tokenizer_json))))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer_json, self._tokenizer = tokenizer_json, tokenizer
        self.max_word_pieces = max_word_pieces
        self.special = _special_ids(tokenizer)
        self.pair_separators = _pair_separators(tokenizer, self.special)
        self._cache: dict[str, EncodedWord] = {}

    @classmethod
    def from_file(cls, path: Path) -> WordEncoder:
        """Load a ``tokenizer.json``.

        Raises:
            ModelError: the file is missing or no tokenizer.
        """
        if not path.is_file():
            raise ModelError(f"{path}: no such file; a model folder needs its tokenizer.json")
        try:
            return cls(path.read_text(encoding="utf-8"))
        except ModelError:
            raise
        except Exception as error:  # the tokenizers library raises bare Exception
            raise ModelError(f"{path}: not a readable tokenizer.json ({error}); copy the file again") from error

    def encode_words(self, words: Sequence[str]) -> list[EncodedWord]:
        """Return the pieces of each word, in order."""
        missing = list(dict.fromkeys(word for word in words if word not in self._cache))
        if missing:
            if len(self._cache) + len(missing) > _CACHE_LIMIT:
                self._cache.clear()
                missing = list(dict.fromkeys(words))
            # Lone surrogates cannot be encoded as UTF-8; U+FFFD, unlike "?", is no character that a vocabulary knows.
            safe = [_SURROGATE.sub("\ufffd", word) for word in missing]
            for word, encoding in zip(missing, self._tokenizer.encode_batch_fast(safe, add_special_tokens=False), strict=True):
                self._cache[word] = self._encoded(encoding.ids)
        return [self._cache[word] for word in words]

    def id_to_token(self, index: int) -> str | None:
        """Return the piece of an id."""
        return self._tokenizer.id_to_token(index)

    def _encoded(self, ids: list[int]) -> EncodedWord:
        unk = self.special.unk
        pieces = ids or [unk]
        kept = tuple(pieces[: self.max_word_pieces])
        return EncodedWord(kept, unknown=all(i == unk for i in kept), truncated=len(kept) < len(pieces))


def _special_ids(tokenizer: Tokenizer) -> SpecialIds:
    def find(*names: str) -> int:
        for name in names:
            found = tokenizer.token_to_id(name)
            if found is not None:
                return int(found)
        raise ModelError(f"the tokenizer holds none of the special tokens {', '.join(names)}: use a BERT or XLM-R tokenizer")

    return SpecialIds(find("[CLS]", "<s>"), find("[SEP]", "</s>"), find("[PAD]", "<pad>"), find("[UNK]", "<unk>"))


def _pair_separators(tokenizer: Tokenizer, special: SpecialIds) -> int:
    """Number of separators between the two texts of a pair: one in BERT's template, two in XLM-R's."""
    ids = tokenizer.encode("1", "2").ids
    inner = ids[1:-1]
    return max(1, sum(i == special.sep for i in inner))


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded inputs. Both arrays are int64 of shape (windows, pieces)."""

    input_ids: np.ndarray
    attention_mask: np.ndarray


def pad_batch(rows: Sequence[Sequence[int]], pad_id: int) -> Batch:
    """Pad rows of piece ids to the longest."""
    width = max(map(len, rows))
    input_ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    attention_mask = np.zeros((len(rows), width), dtype=np.int64)
    for index, row in enumerate(rows):
        input_ids[index, : len(row)] = row
        attention_mask[index, : len(row)] = 1
    return Batch(input_ids, attention_mask)


def batches_by_length(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Yield indices in batches of similar length; rows times the longest row stays within ``max_tokens``.

    A row longer than that forms a batch of its own.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        longest = lengths[batch[0]] if batch else lengths[index]
        if batch and longest * (len(batch) + 1) > max_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
