"""A carried tokenizer reads raw text as the library reads its words."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.segment import split_tokens
from arabic_conflict_nlp.tokenizer_files import carry_repair

LETTERS = 'ابتثجحخدذرزسشصضطظعغفقكلمنهويىةأإآؤئءabcxyzTZ0123456789.,:/_#«»"()!؟?،-|*'
SPECIAL = {"Unigram": ("<s>", "</s>", "<pad>", "<unk>"), "WordPiece": ("[CLS]", "[SEP]", "[PAD]", "[UNK]")}
PIECES = (
    *'ابدمأةيلوق.*_#«»"(! \n13a\u0640\u064b\u0654\u200f\ufeff\ufefb\ufdf4\ufcf2\ufe7fیک٣①½´…▁😀漢\u0600',
    *("داع", "ال", "است", "أ.د", "ق.م", "..", "http://", "www.", "ﻗ", "ﳌ"),
)


def unigram() -> dict[str, Any]:
    vocabulary = [(name, 0.0) for name in SPECIAL["Unigram"]]
    vocabulary += [("\u2581", -2.0), ("\u2581ال", -3.0), ("قوات", -3.0), ("\u2581داعش", -3.0), *((c, -6.0) for c in LETTERS)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return json.loads(tokenizer.to_str())


def word_piece() -> dict[str, Any]:
    vocabulary = dict.fromkeys((*SPECIAL["WordPiece"], "ال", "##قوات", "داعش", *LETTERS, *(f"##{c}" for c in LETTERS)))
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    return json.loads(tokenizer.to_str())


BASES = {"Unigram": unigram(), "WordPiece": word_piece()}
CARRIED = {kind: Tokenizer.from_str(json.dumps(carry_repair(base))) for kind, base in BASES.items()}
KINDS = sorted(BASES)


def pieces(kind: str, text: str) -> list[str]:
    return CARRIED[kind].encode(text, add_special_tokens=False).tokens


def pieces_of_words(kind: str, text: str) -> list[str]:
    return [piece for token in split_tokens(normalize(text)) for piece in pieces(kind, token.norm)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "الإ.س.ر.ا.ئ.ي.ل.ي.ة هــ.دد داع«ش» قُتِل",
        "#دير_الزور https://a.org/دير_الزور. ثم",
        "ق.وات ﻗﺼﻒ ﷴ ﳌ ﻻ",
        "قال د.محمد: 3.5 كم.. أ.ف.ب",
        "باد① ½ه ´س م\u0600ن ▁\u0301",
        "http://" + "a" * 150 + "http://" + "b" * 100 + "ق_م",
        "س\ufcf2ب \ufe7f",
        "",
    ],
)
def test_raw_text_gives_the_pieces_of_the_words(kind: str, text: str) -> None:
    assert pieces(kind, text) == pieces_of_words(kind, text)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(text=st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_hostile_text_gives_the_pieces_of_the_words(kind: str, text: str) -> None:
    assert pieces(kind, text) == pieces_of_words(kind, text)


def test_the_repair_is_what_makes_the_difference() -> None:
    assert pieces("Unigram", "داع«ش»") == ["\u2581داعش"]
    assert pieces("WordPiece", "داع..ش") == ["داعش"]
    assert Tokenizer.from_str(json.dumps(BASES["Unigram"])).encode("داع«ش»", add_special_tokens=False).tokens != ["\u2581داعش"]


def test_words_open_with_the_word_mark_and_signs_do_not() -> None:
    assert pieces("Unigram", "«داعش»") == ["«", "\u2581داعش", "»"]


@pytest.mark.parametrize("kind", KINDS)
def test_letters_keep_their_hamza(kind: str) -> None:
    assert "آ" in "".join(pieces(kind, "آب"))


@pytest.mark.parametrize("kind", KINDS)
def test_carrying_twice_changes_nothing_and_the_argument_stays(kind: str) -> None:
    before = json.dumps(BASES[kind])
    once = carry_repair(BASES[kind])
    assert json.dumps(BASES[kind]) == before
    assert carry_repair(once) == once


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_frame_text_and_pair_with_one_type(kind: str) -> None:
    cls, sep = SPECIAL[kind][:2]
    encoding = CARRIED[kind].encode("ب", "ت")
    assert (encoding.tokens[0], encoding.tokens[-1]) == (cls, sep)
    assert encoding.tokens.count(sep) == (3 if kind == "Unigram" else 2)
    assert set(encoding.type_ids) == {0}


def test_other_models_are_refused() -> None:
    with pytest.raises(ValueError, match="holds a BPE model"):
        carry_repair({**BASES["Unigram"], "model": {"type": "BPE"}})


@pytest.mark.parametrize("kind", KINDS)
def test_a_tokenizer_without_special_tokens_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="post_processor"):
        carry_repair({**BASES[kind], "post_processor": None})
    with pytest.raises(ValueError, match="frames its texts without"):
        carry_repair({**BASES[kind], "post_processor": {"type": "TemplateProcessing", "special_tokens": {}}})
