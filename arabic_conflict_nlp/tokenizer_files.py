"""Write the repair and the word borders into a ``tokenizer.json``.

A saved model folder then reads raw text as the library does, in any client of the ``tokenizers`` format: its normalizer
runs the rules of ``repair``, its pre-tokenizer cuts at the borders of ``segment``, and the word pieces of a text are
the word pieces of its words, one after the other.
"""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from functools import cache
from typing import Any

from .charset import SEPARATOR
from .repair import CLEANING_RULES, FOLD_RULES, RULES, Rule
from .segment import TOKEN_PATTERN

# Look-behinds of variable length are Oniguruma's alone; ``normalize`` finds the URLs instead.
_NOT_IN_URL = r"(?<!https?://\S{0,200})(?<!www\.\S{0,200})"


def _replace(rule: Rule) -> dict[str, Any]:
    pattern = f"{_NOT_IN_URL}(?:{rule.pattern})" if rule.spares_urls else rule.pattern
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": rule.replacement}


def repair_normalizer() -> list[dict[str, Any]]:
    """Return the repair as a list of ``Replace`` normalizers, in the order of ``normalize``."""
    return [_replace(rule) for rule in (*CLEANING_RULES, *FOLD_RULES, *RULES)]


@cache
def _unsteady_signs() -> str:
    """Signs that a normalizer would join to the words beside them, as it runs before the pre-tokenizer.

    NFKC spells them with letters, digits or spaces («①», «´»), BERT drops them (format characters), or they are the word
    mark of Metaspace itself.
    """
    sign = re.compile(f"[{SEPARATOR}]")
    return "".join(
        char
        for char in map(chr, range(0x20000))
        if sign.match(char)
        and (
            char == "\u2581"
            or unicodedata.category(char) == "Cf"
            or not all(map(sign.match, unicodedata.normalize("NFKC", char)))
        )
    )


def carry_repair(tokenizer_json: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a ``tokenizer.json`` that repairs raw text and respects the library's word borders.

    Args:
        tokenizer_json: the parsed file; Unigram with Metaspace (XLM-R, E5) or WordPiece (AraBERT).

    Returns:
        The new file. The old normalizer runs behind the repair; old pre-tokenizers are replaced by our word borders,
        and each word of a Unigram model opens with the word mark U+2581.

    Raises:
        ValueError: the model kind is neither Unigram nor WordPiece.
    """
    result = copy.deepcopy(tokenizer_json)
    kind = result["model"].get("type", "Unigram")
    steps = repair_normalizer()
    # U+25A0 is a sign to every normalizer.
    steps.append({"type": "Replace", "pattern": {"Regex": f"[{_unsteady_signs()}]"}, "content": "\u25a0"})
    old = result.get("normalizer")
    if old is not None and _is_repaired(old):  # with the rules of an earlier version, perhaps: they are replaced
        steps += [step for step in old["normalizers"] if step["type"] != "Replace"]
    elif old is not None:
        steps.append(_without_letter_changes(old))
    result["normalizer"] = {"type": "Sequence", "normalizers": steps}
    cut = {"type": "Split", "pattern": {"Regex": TOKEN_PATTERN}, "behavior": "Removed", "invert": True}
    if kind == "Unigram":
        mark = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": False}
        # The models of this family write a sign without the word mark; words always get one, behind a quote too.
        unmark = {"type": "Split", "pattern": {"Regex": rf"^\u2581(?=[{SEPARATOR}]\z)"}, "behavior": "Removed", "invert": False}
        result["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [cut, mark, unmark]}
        result["decoder"] = dict(mark)
    elif kind == "WordPiece":
        result["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [cut]}
    else:
        raise ValueError(f"tokenizer.json holds a {kind} model; supported are Unigram (E5, XLM-R) and WordPiece (AraBERT)")
    result["post_processor"] = _one_type_template(result.get("post_processor"), kind)
    result["truncation"] = result["padding"] = None
    return result


def _one_type_template(post_processor: dict[str, Any] | None, kind: str) -> dict[str, Any]:
    """Special tokens round a text and a pair of texts, all of token type 0, so that ids and mask are the whole input."""
    if post_processor is None:
        raise ValueError("tokenizer.json holds no post_processor: special tokens would be missing; use a tokenizer with one")
    if kind == "WordPiece":
        ids = {name: _template_id(post_processor, name) for name in ("[CLS]", "[SEP]")}
        cls, sep = "[CLS]", "[SEP]"
        pair: tuple[str, ...] = ("A", sep, "B", sep)
    else:
        cls, sep = "<s>", "</s>"
        ids = {name: _template_id(post_processor, name) for name in (cls, sep)}
        pair = ("A", sep, sep, "B", sep)
    return {
        "type": "TemplateProcessing",
        "single": [_piece(name) for name in (cls, "A", sep)],
        "pair": [_piece(name) for name in (cls, *pair)],
        "special_tokens": {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in ids.items()},
    }


def _piece(name: str) -> dict[str, Any]:
    kind = "Sequence" if name in "AB" else "SpecialToken"
    return {kind: {"id": name, "type_id": 0}}


def _template_id(post_processor: dict[str, Any], name: str) -> int:
    for value in (post_processor.get("cls"), post_processor.get("sep")):  # BertProcessing, RobertaProcessing
        if isinstance(value, list) and value[0] == name:
            return int(value[1])
    special = post_processor.get("special_tokens", {}).get(name)
    if special is None:
        raise ValueError(f"tokenizer.json frames its texts without {name}: use a BERT or XLM-R tokenizer")
    return int(special["ids"][0])


def without_repair(tokenizer_json: dict[str, Any]) -> dict[str, Any]:
    """Return the file for words that are repaired already: without the rules, which cost more than all the rest."""
    normalizer = tokenizer_json.get("normalizer")
    if normalizer is None or normalizer.get("type") != "Sequence":
        return tokenizer_json
    rules = {_signature(step) for step in repair_normalizer()}
    rest = [step for step in normalizer["normalizers"] if _signature(step) not in rules]
    return {**tokenizer_json, "normalizer": {"type": "Sequence", "normalizers": rest}}


def _signature(step: dict[str, Any]) -> str:
    return json.dumps(step, sort_keys=True)


def _is_repaired(normalizer: dict[str, Any]) -> bool:
    first = repair_normalizer()[0]
    return normalizer.get("type") == "Sequence" and bool(normalizer["normalizers"][:1]) and normalizer["normalizers"][0] == first


def _without_letter_changes(normalizer: dict[str, Any]) -> dict[str, Any]:
    """Switch off accent stripping, which would turn آذار into اذار."""
    if normalizer.get("type") == "BertNormalizer":
        return {**normalizer, "strip_accents": False}
    return normalizer
