"""The repair rules: how hostile Arabic spelling is read.

One ordered list, ``RULES``, serves two engines. ``normalize`` applies it in Python and keeps the map back to the raw
text; ``tokenizer_files`` writes the same rules into a ``tokenizer.json``, so that any client of a model folder reads
the text alike. A rule is therefore a pattern and a *literal* replacement, in the syntax that ``re`` and Oniguruma share
(look-behinds of fixed width, no group in the replacement).

What is repaired, in order: invisible characters, white space, presentation forms, foreign letters and digits, composed
hamzas, marks, signs next to a tatweel, quotes round a letter inside a word, tatweel, signs between pieces that are no
words, doubled punctuation, hashtags and underscores.

What is left alone: the four shapes of hamza, teh marbuta and alef maksura (they are spelling, not disguise), Latin
words, numbers, URLs, and a sign between two pieces that may both be words («الشام.العملية»: a lost space after a full
stop). A sign inside a word is recognized without a tatweel only if one side cannot stand alone: a single letter, two
letters that are no word, a broken stem («است.هدف»), an article with one letter («الق.صف»), or a letter that opens or
closes no Arabic word.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from .charset import CLOSING_QUOTE, CONTROL, FILTER_SIGN, FOLD, INVISIBLE, LETTER, MARK, OPENING_QUOTE, SPACE, TATWEEL

# Closed list: initials that keep their dots. News agencies, parties, measures, eras, company forms, academic titles.
ABBREVIATIONS: tuple[str, ...] = (
    "أ.ف.ب", "ا.ف.ب", "د.ب.أ", "د.ب.ا", "أ.ش.أ", "ا.ش.ا", "أ.ب", "ا.ب", "م.ت.ف", "ب.ي.د", "ب.ك.ك", "ي.ب.ك",
    "ج.م.ع", "ش.م.ل", "ش.م.م", "ش.ذ.م.م", "ص.ب", "س.ت", "ر.ت", "ق.م", "ب.م", "ه.ش", "ه.ق", "م.م", "س.م", "ك.م",
    "ك.غ", "ر.م", "أ.د", "ا.د", "أ.م", "أ.م.د", "م.د",
)  # fmt: skip

# Titles of one letter (doctor, engineer, professor) and professors' double title: a name may be glued to their dot.
TITLES: tuple[str, ...] = ("د", "م", "أ", "أ.د")

# Words of the field whose first letter is also a title: «د.اعش» and «م.قتل» are disguises, «د.محمد» is a doctor.
_DISGUISED_AFTER_TITLE: dict[str, tuple[str, ...]] = {
    "د": ("اعش", "واعش", "بابة", "بابات", "مار", "ماء"),
    "م": (
        "قتل", "قاتل", "صرع", "سلح", "دفع", "دافع", "ليشي", "يليشي", "سير", "جزر", "جازر", "داهم", "رتزق", "فخخ",
        "خابر", "عتقل", "عارك", "عركة", "هاجم", "ستهدف",
    ),
    "أ": ("سلحة", "سرى", "مريك", "ميرك", "صيب", "صابت"),
}  # fmt: skip


def _words(*lines: str) -> list[str]:
    return " ".join(lines).split()


# Two-letter words that may end a sentence: nouns, pronouns, readings of Latin letters. Particles end none, so that
# «في.لق» and «من.طقة» are broken words.
_SHORT_LAST_WORDS = _words(
    "أي هو هي له به ظل حي تل حل سي حد هم رد حق خط آل يد جو عز اي نت بد آب شك دي آي ذي نص يو صد تي ضم إب إم جي سد جل",
    "غد سن آن فك آر صف حث أس إف سر طه شي جر شر دم مد زي ضخ لك شح بو ود فخ أب قم عم شق غض ها فن حج أخ جد رب حر عد هن",
    "بر جن خل كف فم دب عش طب سم لف حب لب مت بي لي كم",
)

# Two-letter words that may begin a sentence.
_SHORT_FIRST_WORDS = _words(
    "في فى من أن عن مع إن ان ما لا لم قد كل هو هي لن هل ثم أي اي لو كم إذ اذ به له بل أو او تم رد شن أم حي آل ضد كي",
    "يا",
)

# Two-letter words under the article.
_SHORT_DEFINITE = _words(
    "التي الذي الله الآن الرد الجو الحر الحل الحي الحق الحد الخط الدم السن الان الصف الحج التى اليد البث الكل اليه",
    "البر الست الشر الطب الزي النص الأب الأم السد الجد المس الأخ الفن الغد الذى الضم الشك الحظ المد البت الكم الشق",
    "الرب الري الحب الظل السم السر المر الفخ الجن العش",
)

# Beginnings that no word consists of: verbal prefixes of the eighth and tenth forms, articles with their clitics.
_BROKEN_STEMS = tuple(
    clitic + stem
    for stem in ("است", "اعت", "اشت", "احت", "اقت", "انت", "اخت", "اجت", "افت", "اغت", "إس", "إسر", "إسرا")
    for clitic in ("", "و", "ف", "ب", "ل", "ال", "وال", "بال", "لل")
) + tuple(
    clitic + stem
    for stem in (
        "استه", "الاره", "الإره", "إره", "انته", "إص", "اص", "إي", "الميليش", "ميليش", "الصه", "الصهي", "الاست", "الإسر",
        "الاسرا", "الإسرا", "اسرا", "الاعت", "اشتب", "الاشت", "الانف", "انف", "استش", "الهج", "العس", "الغا", "القذ",
        "الجي", "المدف", "مدف",
    )
    for clitic in ("", "و", "ب", "ل")
) + ("وال", "بال", "فال", "كال", "ولل")  # fmt: skip

# Endings of the field's words that are no words themselves.
_BROKEN_ENDINGS = _words(
    "ابة ابات ابي ابية ابيه ابيين ابيون اكات ران يران يرانية يات ميات ائيل ائيلي ائيلية رائيل رائيلي رائيلية يلية",
    "يليا داف دافات لال لية ليات كرية سكري سكرية هاب هابي هابية ارات غارات اروخ واريخ اريخ ديدات ومة وات وارات تباك",
    "تباكات شآت دفعي دفعية سلحة سلحين شيا يشيا ليشيا يشيات ليشيات ظيم نظيم فجارات ذيفة ذائف قتحام عتقل عتقال هيوني",
    "هيونية كنات جوم اومة قاومة حتلال غتيال",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of the repair.

    Args:
        name: what the rule repairs.
        pattern: regular expression, valid for ``re`` and Oniguruma.
        replacement: literal text; empty to drop the match.
        extends: whether a dropped match belongs to the character before it (a mark does, a bidi control does not).
        spares_urls: whether a match inside a URL is left alone: up to ``URL_REACH`` characters behind its beginning.
    """

    name: str
    pattern: str
    replacement: str = ""
    extends: bool = False
    spares_urls: bool = False


# A URL reaches from its beginning to the next white space, and no further than a look-behind of Oniguruma can.
URL_BEGINNING = r"https?://|www\."
URL_REACH = 200

_SIGNS = f"[{FILTER_SIGN}]{{1,3}}"
_L = f"[{LETTER}]"


def _opens(before: str, clitic: str) -> str:
    """Look-behinds for ``before`` as the opening of a piece that no sign glues to a letter («ا.ل.ق.م» spells one word).

    With a clitic the first piece has two letters, and a sign before it may be one that stays («د.ود.ب.أ»): what stays
    outside the word must not decide how the word is read.
    """
    glue = "" if clitic else "".join(f"(?<!{_L}{f'[{FILTER_SIGN}]' * width}{before})" for width in (1, 2, 3))
    return f"(?<={before})(?<!{_L}{before}){glue}"


def _abbreviation_guard() -> str:
    """Look-ahead that fails at the dots of an abbreviation and at the dot after a title."""
    guards: list[str] = []
    dot = r"\."
    for abbreviation in ABBREVIATIONS:
        parts = abbreviation.split(".")
        for clitic in ("", "و", "ل", "ب"):
            for cut in range(1, len(parts)):
                before = clitic + dot.join(parts[:cut])
                after = dot + dot.join(parts[cut:])
                guards.append(rf"{_opens(before, clitic)}{after}(?!\.?{_L})")
    for title in TITLES:
        disguises = "|".join(_DISGUISED_AFTER_TITLE[title]) if title in _DISGUISED_AFTER_TITLE else ""
        spare = f"(?!{dot}(?:{disguises}))" if disguises else ""
        for clitic in ("", "و", "ل"):
            before = clitic + title.replace(".", dot)
            guards.append(rf"{_opens(before, clitic)}{spare}{dot}(?={_L}{_L})")
            for cut in range(1, title.count(".") + 1):  # the inner dot of a double title, the name glued behind it
                head, tail = title.split(".")[:cut], title.split(".")[cut:]
                before = clitic + dot.join(head)
                guards.append(rf"{_opens(before, clitic)}{dot}{dot.join(tail)}(?={dot}{_L}{_L})")
    return f"(?!{'|'.join(guards)})"


def _whole_piece(alternatives: tuple[str, ...]) -> str:
    """Look-behind for one of the alternatives as a whole piece; widths are grouped, as ``re`` wants them fixed."""
    by_width: dict[int, list[str]] = defaultdict(list)
    for alternative in dict.fromkeys(alternatives):
        by_width[len(alternative)].append(alternative)
    groups = (f"(?<={'|'.join(words)})(?<!{'|'.join(_L + word for word in words)})" for words in by_width.values())
    return f"(?:{'|'.join(groups)})"


def _piece_before() -> str:
    """Look-behinds for a piece that cannot stand alone, left of the sign."""
    short = "|".join(_SHORT_LAST_WORDS)
    definite = "|".join(_SHORT_DEFINITE)
    return "|".join(
        (
            f"(?<={_L})(?<!{_L}{_L})",  # one letter
            f"(?<={_L}{_L})(?<!{_L}{_L}{_L})(?<!{short})",  # two letters, no word
            f"(?<=ال{_L})(?<!{_L}ال{_L})(?<!الى|الي|الا)",  # the article and one letter
            f"(?<=[وفبك]ال{_L})(?<!{_L}[وفبك]ال{_L})(?<!والى|والي|والا)",
            f"(?<=ال{_L}{_L})(?<!{_L}ال{_L}{_L})(?<!{definite})",  # the article and two letters, no word
            "(?<=[إآ])",  # letters that end no word
            _whole_piece(_BROKEN_STEMS),
        )
    )


def _piece_after() -> str:
    """Look-aheads for a piece that cannot stand alone, right of the sign."""
    short = "|".join(_SHORT_FIRST_WORDS)
    return "|".join(
        (
            f"(?={_L}(?!{_L}))",  # one letter
            f"(?={_L}{_L}(?!{_L}))(?!(?:{short})(?!{_L}))",  # two letters, no word
            "(?=[ةىؤئء])",  # letters that begin no word
            f"(?=(?:{'|'.join(_BROKEN_ENDINGS)})(?!{_L}))",
        )
    )


def _join_rule() -> Rule:
    guard = _abbreviation_guard()
    pieces = f"(?:{_piece_before()}){guard}{_SIGNS}(?={_L})|(?<={_L}){guard}{_SIGNS}(?:{_piece_after()})"
    # The sign is asked for first: the many look-behinds then cost nothing at a letter.
    pattern = f"(?=[{FILTER_SIGN}])(?:{pieces})"
    return Rule("sign between pieces that are no words", pattern, extends=True, spares_urls=True)


def _fold_rules() -> list[Rule]:
    """One rule for each target of the fold table: a class of variants and the letters they stand for.

    For the tokenizer files; ``normalize`` folds from the table itself, in one pass.
    """
    variants: dict[str, list[str]] = defaultdict(list)
    for variant, target in FOLD.items():
        variants[target].append(variant)
    return [
        Rule(f"variants of {', '.join(map(unicodedata.name, target))}", f"[{''.join(sorted(chars))}]", target)
        for target, chars in sorted(variants.items())
    ]


def _compose_rules() -> list[Rule]:
    pairs = (("ا", "\u0653", "آ"), ("ا", "\u0654", "أ"), ("ا", "\u0655", "إ"), ("و", "\u0654", "ؤ"))
    rules = [Rule(f"decomposed {target}", base + mark, target) for base, mark, target in pairs]
    return [*rules, Rule("decomposed ئ", "[يى]\u0654", "ئ")]


FOLD_RULES: tuple[Rule, ...] = tuple(_fold_rules())

CLEANING_RULES: tuple[Rule, ...] = (
    Rule("invisible characters", f"[{INVISIBLE}]+"),
    Rule("white space", f"[{SPACE}{CONTROL}]", " "),
)

_T = TATWEEL
_TATWEEL_OR_SIGN = f"[{_T}{FILTER_SIGN}]"

# Marks a place between two rules. No text can hold it there: the cleaning drops every invisible character.
_MARKER = "\u2060"

RULES: tuple[Rule, ...] = (
    *_compose_rules(),
    Rule("marks", f"[{MARK}]+", extends=True),
    Rule("word torn between two tatweels", f"(?<={_L}){_T}+ +{_T}+(?={_L})", extends=True),
    Rule("sign between two tatweels", f"(?<={_L}){_T}+[-/\\\\,\u060c+=@$%&#_]{{1,3}}{_T}+(?={_L})", extends=True),
    Rule(
        "sign next to a tatweel",
        f"(?<={_L})(?={_T}*[{FILTER_SIGN}])(?=[{FILTER_SIGN}]*{_T}){_TATWEEL_OR_SIGN}+(?={_L})",
        extends=True,
        spares_urls=True,
    ),
    # Two steps, since a replacement is literal: the closing quote shows itself by the opening one and goes first.
    Rule(
        "quote closed inside a word",
        f"(?<={_L}{_L}[{OPENING_QUOTE}]{_L})[{CLOSING_QUOTE}]",
        _MARKER,
    ),
    Rule("quote opened inside a word", f"(?<={_L}{_L})[{OPENING_QUOTE}](?={_L}{_MARKER})", extends=True),
    Rule("quote closed inside a word, marker", _MARKER, extends=True),
    Rule("tatweel", f"{_T}+", extends=True),
    _join_rule(),
    Rule("doubled punctuation", r"(?<=!)!+|(?<=؟)؟+|(?<=\?)\?+|(?<=،)،+|(?<=,),+|(?<=؛)؛+|(?<=:):+", extends=True),
    Rule("run of dots", r"(?<=\.\.)\.+", extends=True),
    Rule("hashtag", f"(?<!#)#+(?={_L})", " ", spares_urls=True),
    Rule(
        "underscore between words",
        f"(?<=[{LETTER}0-9])_+(?={_L})|(?<={_L})_+(?=[0-9A-Za-z])|(?<=[A-Za-z])_+(?={_L})",
        " ",
        spares_urls=True,
    ),
)
