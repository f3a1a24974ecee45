"""Small models that need no files: a tokenizer built here and engines that know a dozen words."""

from __future__ import annotations

import hashlib
import json
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from tokenizers import Tokenizer

from arabic_conflict_nlp.annotations import AnnotatedDocument, load_documents
from arabic_conflict_nlp.bio import TAGS
from arabic_conflict_nlp.encoding import Batch, WordEncoder
from arabic_conflict_nlp.events import EventClassifier
from arabic_conflict_nlp.labels import EVENT_TYPES
from arabic_conflict_nlp.pipeline import ConflictPipeline
from arabic_conflict_nlp.tagger import EntityTagger
from arabic_conflict_nlp.tokenizer_files import carry_repair

# The same cases in every run, on slow machines too.
settings.register_profile("tests", derandomize=True, deadline=None, database=None)
settings.load_profile("tests")

ROOT = Path(__file__).resolve().parent.parent

ARTICLE = "قُتل 3 عناصر من قسد بانفجار عبوة ناسفة في الرقة."
TAG_OF_WORD = {"قسد": "B-ACTOR", "داعش": "B-ACTOR", "عبوة": "B-WEAPON", "ناسفة": "I-WEAPON", "الرقة": "B-PLACE", "حلب": "B-PLACE"}
EVENT_OF_WORD = {"بانفجار": "EXPLOSION", "قصف": "SHELLING", "انسحب": "WITHDRAWAL"}
_LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"


def fake_tokenizer() -> Tokenizer:
    """A WordPiece tokenizer over single letters, digits, signs and the words above."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *TAG_OF_WORD, *EVENT_OF_WORD]
    for char in _LETTERS + string.ascii_letters + string.digits:
        pieces += [char, f"##{char}"]
    pieces += [char for char in string.punctuation + "،؛؟«»" if char not in pieces]
    raw: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": None,
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 200,
            "vocab": {piece: number for number, piece in enumerate(pieces)},
        },
    }
    return Tokenizer.from_str(json.dumps(carry_repair(raw)))


class FakeEntityEngine:
    """Tags the words that it knows, by their first piece."""

    name = "fake"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tags = {tokenizer.token_to_id(word): TAGS.index(tag) for word, tag in TAG_OF_WORD.items()}

    def logits(self, batch: Batch) -> np.ndarray:
        logits = np.zeros((*batch.input_ids.shape, len(TAGS)), dtype=np.float32)
        for place in np.ndindex(*batch.input_ids.shape):
            logits[(*place, self._tags.get(int(batch.input_ids[place]), 0))] = 5.0
        return logits


class FakeEventEngine:
    """Names the event by the first word that it knows, before the context begins."""

    name = "fake"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._types = {tokenizer.token_to_id(word): EVENT_TYPES.index(label) for word, label in EVENT_OF_WORD.items()}

    def logits(self, batch: Batch) -> np.ndarray:
        logits = np.zeros((len(batch.input_ids), len(EVENT_TYPES)), dtype=np.float32)
        for row, ids in enumerate(batch.input_ids.tolist()):
            sentence = ids[: ids.index(3)]
            known = [self._types[piece] for piece in sentence if piece in self._types]
            logits[row, known[0] if known else EVENT_TYPES.index("NONE")] = 5.0
        return logits


def fake_pipeline(*_: Any, **__: Any) -> ConflictPipeline:
    tokenizer = fake_tokenizer()
    encoder = WordEncoder(tokenizer.to_str())
    return ConflictPipeline(
        EntityTagger(encoder, FakeEntityEngine(tokenizer)), EventClassifier(encoder, FakeEventEngine(tokenizer))
    )


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder(fake_tokenizer().to_str())


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConflictPipeline, "from_pretrained", staticmethod(fake_pipeline))


def annotated_row(identifier: str = "a") -> dict[str, Any]:
    """A line that the loader accepts: two sentences, four mentions."""
    text = f"{ARTICLE}\nتتمركز «داعش» هناك."
    sentence, end = len(ARTICLE), len(text)
    surfaces = [("قسد", "ACTOR"), ("عبوة ناسفة", "WEAPON"), ("الرقة", "PLACE"), ("داعش", "ACTOR")]
    return {
        "id": identifier,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "text": text,
        "entities": [
            {"start": text.index(surface), "end": text.index(surface) + len(surface), "label": label, "text": surface}
            for surface, label in surfaces
        ],
        "sentences": [
            {"start": 0, "end": sentence, "event": "EXPLOSION"},
            {"start": sentence + 1, "end": end, "event": "NONE"},
        ],
        "origin": "test",
    }


def write_jsonl(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def annotated(tmp_path: Path) -> AnnotatedDocument:
    (document,) = load_documents(write_jsonl(tmp_path / "annotated.jsonl", annotated_row()))
    return document
