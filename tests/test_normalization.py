"""The map between a text and its repaired spelling, on hostile strings."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic_conflict_nlp.normalization import NormalizedText, normalize
from arabic_conflict_nlp.schema import Span
from arabic_conflict_nlp.segment import split_sentences, split_tokens

PIECES = (
    *"ابتدمأإآةىيءئؤلوقسفش",
    *("ال", "في", "داع", "است", "هداف", "د.", "أ.د", "ق.م", "أ.ف.ب", "ص.ب", "د.ب.أ", "وال", "محمد"),
    *("\u064b", "\u0651", "\u0653", "\u0654", "\u0670", "\ufe70", "\ufcf2", "\u0640", "\u0640\u0640", "\u0301"),
    *(".", ".", "..", "...", "*", "~", "|", "-", "،", "!", "؟", "?", ":", "(", ")", "\\", "=", "…"),
    *("«", "»", '"', "“", "”", "_", "#", "0", "3.5", "٣", "۴", "a", "Zb", "http://", "https://", "www."),
    *("\u200b", "\u200f", "\u202e", "\ufeff", "\u061c", "\ufefb", "\ufdf2", "\ufb56", "ی", "ک", "گ", "ﷺ"),
    *("😀", "\U0001f1f8", "\ue000", "\ud800", "\x00", "漢", "①", "½", " ", " ", "\n", "\r\n", "\t", "\u2028", "\u00a0"),
)
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=24).map("".join) | st.text(max_size=20)
PROPERTY = settings(max_examples=300, derandomize=True, deadline=None, database=None)


@PROPERTY
@given(HOSTILE)
def test_map_is_monotone_and_inside_the_text(text: str) -> None:
    normalized = normalize(text)
    assert normalized.text == text
    assert len(normalized.norm) == len(normalized.starts) == len(normalized.ends)
    ranges = list(zip(normalized.starts, normalized.ends, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in ranges)
    for (start, end), (next_start, next_end) in pairwise(ranges):
        # Either disjoint, or two letters of one ligature.
        assert end <= next_start or (start == next_start and end <= next_end)


@PROPERTY
@given(HOSTILE)
def test_every_word_goes_back_to_raw_text_that_reads_the_same(text: str) -> None:
    for token in split_tokens(normalize(text)):
        if token.is_word:
            assert normalize(text[token.start : token.end]).norm == token.norm


@PROPERTY
@given(st.text(alphabet="abcXYZ0189 ,;-()", max_size=40))
def test_plain_latin_text_is_left_alone(text: str) -> None:
    expected = text
    while ",," in expected:
        expected = expected.replace(",,", ",")
    assert normalize(text).norm == expected


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("", ""),
        ("  \t\n", "   \n"),
        ("\u064b\u0651", ""),
        ("\u200f\ufeff", ""),
        ("\u0640", ""),
        ("\ud800", "\ud800"),
        ("😀 قصف", "😀 قصف"),
    ],
)
def test_edges(text: str, norm: str) -> None:
    assert normalize(text).norm == norm


def test_a_mark_belongs_to_its_letter_and_a_control_to_nothing() -> None:
    normalized = normalize("\u202bقُ.تل\u202c")
    assert normalized.raw_span(0, 3) == Span(1, 6)
    assert normalized.raw_span(0, 1) == Span(1, 4)


def test_offsets_are_code_points() -> None:
    normalized = normalize("😀 هــ.دد")
    assert normalized.raw_span(2, 5) == Span(2, 8)


def test_both_letters_of_a_ligature_come_from_it() -> None:
    normalized = normalize("aﻻb")
    assert [normalized.raw_span(i, i + 1) for i in range(4)] == [Span(0, 1), Span(1, 2), Span(1, 2), Span(2, 3)]


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (-1, 1), (0, 4)])
def test_raw_span_refuses_what_is_no_range(start: int, end: int) -> None:
    normalized: NormalizedText = normalize("abc")
    with pytest.raises(ValueError, match="outside a text of 3 characters"):
        normalized.raw_span(start, end)


def test_a_url_is_spared_as_far_as_two_hundred_characters_and_no_longer() -> None:
    near, far = "http://" + "a" * 199 + "ق_م", "http://" + "a" * 200 + "ق_م"
    assert normalize(near).norm == near
    assert normalize(far).norm == far.replace("_", " ")


@pytest.mark.parametrize(
    "unit", ["ا", ".", "\u0640", "«", "#", "#_#_", "http://", "https://x. ", "http://ا_ ", "د. ", ". ", "1."]
)
def test_hostile_input_takes_linear_time(unit: str) -> None:
    text = unit * (40_000 // len(unit))
    begin = time.process_time()
    normalized = normalize(text)
    split_tokens(normalized)
    split_sentences(normalized)
    assert time.process_time() - begin < 4  # a quadratic step takes 20 s and more
