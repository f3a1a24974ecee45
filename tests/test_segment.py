"""Words and sentences with raw spans."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic_conflict_nlp.charset import INVISIBLE, MARK, TATWEEL, WHITE_SPACE
from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.segment import sentence_of, split_sentences, split_tokens

PIECES = (
    *'ابدمأةيلوق.!؟«»"_#()a1 \n\u0640\u064b\u200f\ufeff\u2028\x00',
    *("..", "...", "أ.د.", "ق.م", "3.5", "SY24.com", "http://", "www.a", "داع«ش»", "\r\n", "😀", "\ud800", "\ufefb"),
)
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
PROPERTY = settings(max_examples=300, derandomize=True, deadline=None, database=None)
BLANK = re.compile(f"[{WHITE_SPACE}{INVISIBLE}]*")
# What no token needs to cover: blanks, and what the repair drops or reads as a space.
DROPPED = re.compile(f"[{WHITE_SPACE}{INVISIBLE}{MARK}{TATWEEL}#_]*")


def sentences(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(normalize(text))]


@PROPERTY
@given(HOSTILE)
def test_sentences_are_lossless_in_order_and_disjoint(text: str) -> None:
    position = 0
    for sentence in split_sentences(normalize(text)):
        assert position <= sentence.start < sentence.end
        assert BLANK.fullmatch(text, position, sentence.start)
        assert sentence.text == text[sentence.start : sentence.end]
        assert not BLANK.fullmatch(sentence.text[0]) and not BLANK.fullmatch(sentence.text[-1])
        assert not re.search("[\n\r\x85\u2028\u2029]", sentence.text)
        position = sentence.end
    assert BLANK.fullmatch(text, position)


@PROPERTY
@given(HOSTILE)
def test_tokens_cover_every_visible_character_and_cross_no_sentence(text: str) -> None:
    normalized = normalize(text)
    spans = [(sentence.start, sentence.end) for sentence in split_sentences(normalized)]
    position = 0
    for token in split_tokens(normalized):
        assert position <= token.start < token.end
        assert DROPPED.fullmatch(text, position, token.start)
        assert any(start <= token.start and token.end <= end for start, end in spans)
        position = token.end
    assert DROPPED.fullmatch(text, position)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\u200f ", []),
        ("\u064b", ["\u064b"]),
        ("قصف. مقتل", ["قصف.", "مقتل"]),
        ("لماذا؟ كفى! نعم", ["لماذا؟", "كفى!", "نعم"]),
        ("عنوان\nنص", ["عنوان", "نص"]),
        ("عنوان\r\n\r\nنص", ["عنوان", "نص"]),
        ("عنوان\n\u064bنص", ["عنوان", "\u064bنص"]),
        ("إيرانية.. لماذا؟", ["إيرانية.. لماذا؟"]),
        ("بلاد الشام.العملية", ["بلاد الشام.", "العملية"]),
        ("ق.وات الحــ.رس", ["ق.وات الحــ.رس"]),
        ("بلغ 3.5 كم. ثم", ["بلغ 3.5 كم.", "ثم"]),
        ("قال د. سالم وأ.د. محمد", ["قال د. سالم وأ.د. محمد"]),
        ("نقلت أ.ف.ب عن", ["نقلت أ.ف.ب عن"]),
        ("عام 2019 م. وقال", ["عام 2019 م.", "وقال"]),
        ("موقع SY24.com نشر", ["موقع SY24.com نشر"]),
        ("قال «نعم.» ثم", ["قال «نعم.»", "ثم"]),
        ("(انتهى.) ثم", ["(انتهى.)", "ثم"]),
        ("انظر https://t.me/a?b=1.c. ثم", ["انظر https://t.me/a?b=1.c.", "ثم"]),
        ("http://.......ا ب", ["http://.......ا ب"]),
        ("ما هذا؟! نعم", ["ما هذا؟!", "نعم"]),
    ],
)
def test_sentence_table(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#دير_الزور: قصــ.ف", ["دير", "الزور", ":", "قصف"]),
        ("بلغ 3.5 و12:30", ["بلغ", "3.5", "و12", ":", "30"]),
        ("https://t.me/دير_الزور.", ["https://t.me/دير_الزور", "."]),
        ("F-16", ["F", "-", "16"]),
        ("«داعش»", ["«", "داعش", "»"]),
        ("داع«ش»", ["داعش"]),
        ("ثم... قال", ["ثم", ".", ".", "قال"]),
        ("", []),
    ],
)
def test_token_table(text: str, expected: list[str]) -> None:
    assert [token.norm for token in split_tokens(normalize(text))] == expected


def test_signs_are_no_words() -> None:
    assert [(t.norm, t.is_word) for t in split_tokens(normalize("قصف، 5 😀"))] == [
        ("قصف", True),
        ("،", False),
        ("5", True),
        ("😀", False),
    ]


def test_sentence_of_a_position() -> None:
    found = split_sentences(normalize("قصف. مقتل. نعم"))
    assert [sentence_of(found, position) for position in (0, 3, 4, 5, 10, 11, 99)] == [0, 0, 0, 1, 1, 2, 2]
    assert sentence_of([], 3) == 0
