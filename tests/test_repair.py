"""Tables of hostile spellings: what is repaired and what is left alone."""

import re

import pytest

from arabic_conflict_nlp.charset import FOLD
from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.repair import ABBREVIATIONS, CLEANING_RULES, FOLD_RULES, RULES, TITLES
from arabic_conflict_nlp.segment import split_tokens

REPAIRED = {
    "هــ.دد": "هدد",
    "الحــ.رس الثــ.وري": "الحرس الثوري",
    "مصــ..رع": "مصرع",
    "ق.وات": "قوات",
    "قُ.تل": "قتل",
    "داع«ش»": "داعش",
    'داع"ش"': "داعش",
    "داع..ش": "داعش",
    "الإ.س.ر.ا.ئ.ي.ل.ي.ة": "الإسرائيلية",
    "است.هدف": "استهدف",
    "الق.صف": "القصف",
    "غار*ة": "غارة",
    "د.اعش": "داعش",
    "م.قتل": "مقتل",
    "قصـ ـف": "قصف",
    "قصـ-ـف": "قصف",
    "#دير_الزور": " دير الزور",
    "##دير_الزور": " دير الزور",
    "#قوات_سوريا_الديمقراطية": " قوات سوريا الديمقراطية",
    "اللواء_93": "اللواء 93",
    "٢٠٢٣": "2023",
    "۴۵۶": "456",
    "٣٫٥": "3٫5",
    "ایران": "ايران",
    "کوبانی": "كوباني",
    "ﻗﺼﻒ": "قصف",
    "ﻻ": "لا",
    "ﷲ": "الله",
    "ﷴ": "محمد",
    "\u202bقصف\u202c": "قصف",
    "ق\u200bص\u200cف": "قصف",
    "\ufeffقصف": "قصف",
    "مُدَرَّعَة": "مدرعة",
    "ق\ufcf2صف": "قصف",
    "ا\u0653ب": "آب",
    "ي\u0654": "ئ",
    "ماذا؟؟؟": "ماذا؟",
    "كفى!!": "كفى!",
    "قال،، ثم": "قال، ثم",
    "ثم......": "ثم..",
}

LEFT_ALONE = (
    "الشام.العملية",
    "داعش. وقال",
    "د. سالم",
    "د.محمد",
    "أ.د.محمد",
    "أ.د. محمد",
    "وأ.ف.ب",
    "(د.ب.أ)",
    "..ق.م",
    "ص.ب 12",
    "3.5",
    "12:30",
    "2019/3/4",
    "1,250.75",
    "https://t.me/دير_الزور#ق.وات",
    "www.ا.ب_ت",
    "snake_case F-16 U.S. SY24.com",
    "a_b__c",
    "«داعش»",
    "تنظيم «د»",
    "إيرانية.. لماذا",
    "مستشفى هدى مؤسسة رأس",
)


@pytest.mark.parametrize(("raw", "read"), REPAIRED.items())
def test_repaired(raw: str, read: str) -> None:
    assert normalize(raw).norm == read


@pytest.mark.parametrize("raw", LEFT_ALONE)
def test_left_alone(raw: str) -> None:
    assert normalize(raw).norm == raw


def test_a_sentence_end_is_not_merged_into_a_word() -> None:
    assert [token.norm for token in split_tokens(normalize("بلاد الشام.العملية"))] == ["بلاد", "الشام", ".", "العملية"]


@pytest.mark.parametrize("abbreviation", ABBREVIATIONS)
@pytest.mark.parametrize("frame", ["{}", "قال {} إن", "({})", "..{}", ". {}.", "و{}"])
def test_abbreviations_keep_their_dots(abbreviation: str, frame: str) -> None:
    assert abbreviation in normalize(frame.format(abbreviation)).norm


@pytest.mark.parametrize("title", TITLES)
def test_a_name_glued_to_a_title_stays_a_word(title: str) -> None:
    assert normalize(f"قال {title}.سالم").norm == f"قال {title}.سالم"


def test_initials_outside_the_list_are_a_disguise() -> None:
    assert normalize("ع.س.ك.ر").norm == "عسكر"
    assert normalize("ا.ل.ق.م").norm == "القم"  # its end looks like an abbreviation


def test_a_private_use_character_is_no_marker() -> None:
    assert normalize("اب«ت\ue000").norm == "اب«ت\ue000"


def test_fold_rules_say_what_the_fold_table_says() -> None:
    said = {char: rule.replacement for rule in FOLD_RULES for char in FOLD if re.fullmatch(rule.pattern, char)}
    assert said == FOLD


def test_rules_have_unique_names_and_valid_patterns() -> None:
    rules = (*CLEANING_RULES, *RULES)
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in (*rules, *FOLD_RULES):
        assert not re.compile(rule.pattern).match("")
