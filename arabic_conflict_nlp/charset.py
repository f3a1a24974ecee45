r"""Character tables: which code points are letters, marks, signs, controls and separators.

Every table is the inside of a regular-expression character class, written so that Python's ``re``
and Oniguruma (inside ``tokenizers``) read it alike: no ``\w``, no ``\p{..}``, only code points.
Source: The Unicode Standard 15.0, blocks Arabic, Arabic Supplement, Arabic Presentation Forms-A and -B,
General Punctuation; Unicode Standard Annex #9 for the bidirectional controls.
"""

from __future__ import annotations

import unicodedata

# Base letters of Arabic, Persian, Kurdish and Urdu after folding. U+0640 TATWEEL is no letter here.
LETTER = "\u0621-\u063a\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff\u0750-\u077f"

TATWEEL = "\u0640"

# Harakat, Quranic signs, superscript alef; and the marks of Presentation Forms-A and -B that stand alone or on a tatweel:
# they expand to a space or a tatweel with a mark, of which the repair would keep nothing.
MARK = (
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08e1\u08e3-\u08ff"
    "\ufe70-\ufe72\ufe74\ufe76-\ufe7f\ufc5e-\ufc63\ufcf2-\ufcf4"
)

# Bidirectional controls, zero-width characters, soft hyphen, BOM, variation selectors.
INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"

# C0/C1 controls that are not white space: they separate, as a space does.
CONTROL = "\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f"

# White space that is no line break. U+0020 itself is left out: it is what these become.
SPACE = "\u0009\u000b\u000c\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"

# What ends a line (UAX #14 mandatory breaks).
LINE_BREAK = "\u000a\u000d\u0085\u2028\u2029"

# Signs put inside words to slip past filters. Quotes and slashes are not here: they have honest uses there.
FILTER_SIGN = ".*~^|\u00b7\u2022\u2024\u2027\u22c5\u30fb"

OPENING_QUOTE = '\u00ab\u201c"\u2018\u2039\u201d'
CLOSING_QUOTE = '\u00bb\u201d"\u2019\u203a\u201c'

# Punctuation and symbols: each is a token of its own. Everything that is neither this nor white space is a word.
SEPARATOR = (
    "!-/:-@\\[-`{-~\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    "\u0600-\u060f\u061b\u061d-\u061f\u066a-\u066d\u06d4\u06dd\u06de\u06e9\ufd3e\ufd3f"
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2190-\u2bff\u3001-\u3030\u30fb\ufe10-\ufe19\ufe30-\ufe6f"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\U0001f000-\U0001faff"
)

WHITE_SPACE = " " + SPACE + LINE_BREAK + CONTROL

# Letters of neighbouring keyboards that stand for an Arabic letter in Arabic text, and digits of both kinds.
_VARIANTS: dict[str, str] = {
    "\u064a": "\u06cc\u06d2",  # yeh <- Farsi yeh, yeh barree
    "\u0643": "\u06a9\u06aa",  # kaf <- keheh, swash kaf
    "\u0647": "\u06c1\u06be\u06d5",  # heh <- heh goal, heh doachashmee, ae
    "\u0629": "\u06c3",  # teh marbuta <- teh marbuta goal
    "\u0627": "\u0671",  # alef <- alef wasla
    **{str(digit): chr(0x0660 + digit) + chr(0x06F0 + digit) for digit in range(10)},
}


def _presentation_forms() -> dict[str, str]:
    """Map each presentation form to its NFKC expansion, save those with a space (U+FDFA and kin) and marks on a tatweel."""
    forms: dict[str, str] = {}
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        expansion = unicodedata.normalize("NFKC", chr(code))
        if expansion != chr(code) and " " not in expansion and not expansion.startswith(TATWEEL):
            forms[chr(code)] = expansion
    return forms


def _fold_table() -> dict[str, str]:
    table = {variant: target for target, variants in _VARIANTS.items() for variant in variants}
    for form, expansion in _presentation_forms().items():
        table[form] = "".join(table.get(char, char) for char in expansion)
    return table


# One character -> what it is read as. One to one, ligatures apart.
FOLD: dict[str, str] = _fold_table()
