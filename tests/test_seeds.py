"""The seeds lie in the repository byte for byte, and the repair reads each of them."""

import hashlib
from pathlib import Path

import pytest

from arabic_conflict_nlp.charset import INVISIBLE, MARK, TATWEEL
from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.segment import split_sentences, split_tokens

SEEDS = Path(__file__).parent.parent / "seeds"
SUMS = dict(reversed(line.split("  ", 1)) for line in (SEEDS / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
NAMES = sorted(SUMS)


def read(name: str) -> str:
    return (SEEDS / name).read_bytes().decode("utf-8")


def test_the_sums_name_the_five_articles_and_nothing_else() -> None:
    assert len(NAMES) == 5
    assert {path.name for path in SEEDS.glob("*.txt")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_bytes(name: str) -> None:
    assert hashlib.sha256((SEEDS / name).read_bytes()).hexdigest() == SUMS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_word_goes_back_to_raw_text_that_reads_the_same(name: str) -> None:
    text = read(name)
    words = [token for token in split_tokens(normalize(text)) if token.is_word]
    assert len(words) > 300
    for word in words:
        assert normalize(text[word.start : word.end]).norm == word.norm


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_disguise_is_left(name: str) -> None:
    norm = normalize(read(name)).norm
    assert not set(norm) & {TATWEEL, "#", *"\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"}
    assert not [char for char in norm if char in "\u200b\u200f\ufeff"]
    assert TATWEEL not in MARK + INVISIBLE


@pytest.mark.parametrize("name", NAMES)
def test_sentences_lose_nothing(name: str) -> None:
    text = read(name)
    sentences = split_sentences(normalize(text))
    assert "".join("".join(s.text.split()) for s in sentences) == "".join(text.split())
    assert "\n" not in "".join(s.text for s in sentences)
    assert sentences[0].text == text.split("\n", 1)[0].strip()  # the headline


def test_disguised_words_of_the_second_seed() -> None:
    text = read("001_070557adac96eddd.txt")
    read_as = {text[t.start : t.end]: t.norm for t in split_tokens(normalize(text))}
    assert {raw: read_as[raw] for raw in ("هــ.دد", "مصــ..رع", "العســ.كرية", "استـ.نفرت")} == {
        "هــ.دد": "هدد",
        "مصــ..رع": "مصرع",
        "العســ.كرية": "العسكرية",
        "استـ.نفرت": "استنفرت",
    }
