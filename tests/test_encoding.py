from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import fake_tokenizer
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from arabic_conflict_nlp import encoding
from arabic_conflict_nlp.encoding import WordEncoder, batches_by_length, pad_batch, plan_windows
from arabic_conflict_nlp.errors import ModelError

lengths_and_sizes = st.integers(1, 30).flatmap(
    lambda capacity: st.tuples(st.lists(st.integers(1, capacity), max_size=80), st.just(capacity), st.integers(0, capacity - 1))
)


@given(lengths_and_sizes)
def test_windows_keep_each_word_exactly_once(case: tuple[list[int], int, int]) -> None:
    lengths, capacity, overlap = case
    windows = plan_windows(lengths, capacity, overlap)
    kept = [word for window in windows for word in range(window.keep_start, window.keep_end)]
    assert kept == list(range(len(lengths)))
    for window in windows:
        assert window.start <= window.keep_start <= window.keep_end <= window.end
        assert sum(lengths[window.start : window.end]) <= capacity


@given(lengths_and_sizes)
def test_every_window_brings_a_new_word(case: tuple[list[int], int, int]) -> None:
    lengths, capacity, overlap = case
    ends = [window.end for window in plan_windows(lengths, capacity, overlap)]
    assert ends == sorted(set(ends))


@given(st.integers(1, 400))
def test_kept_words_have_context_on_both_sides(count: int) -> None:
    windows = plan_windows([1] * count, 40, 10)
    for window in windows:
        assert window.keep_start == 0 or window.keep_start - window.start >= 5
        assert window.keep_end == count or window.end - window.keep_end >= 5


def test_no_words_need_no_window() -> None:
    assert plan_windows([], 10, 2) == []


@pytest.mark.parametrize("overlap", [-1, 10, 11])
def test_an_overlap_without_progress_raises(overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap must be in"):
        plan_windows([1], 10, overlap)


def test_a_word_longer_than_a_window_raises() -> None:
    with pytest.raises(ValueError, match="a word of 11 pieces is longer than a window of 10"):
        plan_windows([1, 11], 10, 2)


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 200))
def test_batches_hold_each_row_once_and_stay_in_size(lengths: list[int], max_tokens: int) -> None:
    batches = list(batches_by_length(lengths, max_tokens))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= max_tokens


def test_padding_is_masked() -> None:
    batch = pad_batch([[2, 7, 3], [2, 3]], pad_id=0)
    assert batch.input_ids.tolist() == [[2, 7, 3], [2, 3, 0]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch.input_ids.dtype == batch.attention_mask.dtype == np.int64


def test_words_come_back_in_order_with_their_losses(encoder: WordEncoder) -> None:
    known, unknown, letters = encoder.encode_words(["قسد", "漢", "قم"])
    assert known.ids == (fake_tokenizer().token_to_id("قسد"),) and not known.unknown
    assert unknown.ids == (encoder.special.unk,) and unknown.unknown
    assert len(letters.ids) == 2 and not letters.unknown and not letters.truncated


def test_a_long_word_is_cut_and_counted() -> None:
    encoder = WordEncoder(fake_tokenizer().to_str(), max_word_pieces=4)
    (word,) = encoder.encode_words(["قققققق"])
    assert len(word.ids) == 4 and word.truncated


def test_a_lone_surrogate_is_an_unknown_word_and_not_a_question_mark(encoder: WordEncoder) -> None:
    surrogate, question = encoder.encode_words(["\ud800", "?"])
    assert surrogate.unknown and not question.unknown


def test_the_cache_stays_within_its_limit_and_changes_nothing(monkeypatch: pytest.MonkeyPatch, encoder: WordEncoder) -> None:
    monkeypatch.setattr(encoding, "_CACHE_LIMIT", 3)
    texts = [["قسد", "حلب"], ["في", "قم", "قسد"], ["حلب", "حلب", "قسد"]]
    fresh = [WordEncoder(fake_tokenizer().to_str()).encode_words(words) for words in texts]
    assert [encoder.encode_words(words) for words in texts] == fresh
    assert len(encoder._cache) <= 3


def test_special_tokens_and_the_pair_template_are_read_from_the_tokenizer(encoder: WordEncoder) -> None:
    assert (encoder.special.pad, encoder.special.unk, encoder.special.cls, encoder.special.sep) == (0, 1, 2, 3)
    assert encoder.pair_separators == 1


def test_a_tokenizer_without_special_tokens_is_refused() -> None:
    with pytest.raises(ModelError, match=r"none of the special tokens \[CLS\]"):
        WordEncoder(Tokenizer(models.WordLevel({"a": 0}, unk_token="a")).to_str())


def test_a_missing_or_broken_tokenizer_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        WordEncoder.from_file(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"not a readable tokenizer\.json"):
        WordEncoder.from_file(tmp_path / "tokenizer.json")


def test_a_saved_tokenizer_reads_alike(tmp_path: Path, encoder: WordEncoder) -> None:
    (tmp_path / "tokenizer.json").write_text(encoder.tokenizer_json, encoding="utf-8")
    words = ["قسد", "بانفجار", "2024", "،"]
    assert WordEncoder.from_file(tmp_path / "tokenizer.json").encode_words(words) == encoder.encode_words(words)
