from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from conftest import ARTICLE, fake_pipeline
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from arabic_conflict_nlp.labels import ENTITY_TYPES, EVENT_TYPES
from arabic_conflict_nlp.schema import SCHEMA_VERSION, Article, Entity, EventLabel, Losses, Record, SentenceEvent, Span
from arabic_conflict_nlp.version import __version__

SCHEMA: dict[str, Any] = json.loads(
    (files("arabic_conflict_nlp") / "resources" / "record.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
PIPELINE = fake_pipeline()


def record_of(text: str, **values: str) -> dict[str, Any]:
    return PIPELINE.extract_one(Article("a", text, **values)).to_dict()


def test_the_schema_is_one_and_names_the_labels_of_the_library() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["properties"]
    assert properties["entities"]["items"]["properties"]["label"]["enum"] == list(ENTITY_TYPES)
    event = properties["sentences"]["items"]["properties"]["event"]
    assert event["properties"]["label"]["enum"] == list(EVENT_TYPES)
    assert set(properties["losses"]["properties"]) == set(Losses().to_dict())


def test_a_record_is_valid_and_its_offsets_select_the_mentions() -> None:
    record = record_of(ARTICLE, title="عنوان", published="2024-01-31", source="نورث برس", encoding="utf-8")
    VALIDATOR.validate(record)
    assert [(e["text"], e["label"]) for e in record["entities"]] == [
        ("قسد", "ACTOR"),
        ("عبوة ناسفة", "WEAPON"),
        ("الرقة", "PLACE"),
    ]
    assert all(ARTICLE[e["start"] : e["end"]] == e["text"] for e in record["entities"])
    assert record["sentences"][0]["event"]["label"] == "EXPLOSION"
    assert record["provenance"]["library"] == __version__ and record["provenance"]["schema"] == SCHEMA_VERSION
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_what_an_article_lacks_its_record_lacks() -> None:
    record = record_of("قصف")
    VALIDATOR.validate(record)
    assert not {"title", "published", "source"} & set(record)
    assert record["provenance"]["encoding"] is None


@given(st.text(alphabet=st.sampled_from("قسدحلب ـ.،؟«»\n\u200f\u064b🔴aZ7\ufeff"), max_size=60))
def test_any_text_gives_a_valid_record(text: str) -> None:
    record = record_of(text)
    VALIDATOR.validate(record)
    assert all(text[e["start"] : e["end"]] == e["text"] for e in record["entities"])


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    record = record_of(ARTICLE)
    place: Any = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return record


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["id"], 1),
        (["entities", 0, "label"], "GROUP"),
        (["entities", 0, "start"], -1),
        (["entities", 0, "start"], 1.5),
        (["entities", 0, "text"], ""),
        (["entities", 0, "score"], 1.01),
        (["entities", 0, "link"], "Q1"),
        (["sentences", 0, "event", "label"], "WAR"),
        (["sentences", 0, "event"], "CLASH"),
        (["losses", "unknown_words"], -1),
        (["provenance", "text_sha256"], "abc"),
        (["provenance", "models", "entities"], {}),
        (["unknown"], True),
    ],
)
def test_the_schema_refuses_what_no_record_may_hold(path: list[Any], value: Any) -> None:
    assert not VALIDATOR.is_valid(changed(path, value))


@pytest.mark.parametrize("key", ["id", "entities", "sentences", "losses", "provenance"])
def test_the_schema_asks_for_every_part(key: str) -> None:
    record = record_of(ARTICLE)
    del record[key]
    assert not VALIDATOR.is_valid(record)


def test_scores_are_rounded_into_their_range() -> None:
    record = Record("a", (Entity(0, 1, "x", "ACTOR", 0.123456),), (SentenceEvent(0, 1, EventLabel("NONE", 2 / 3)),), Losses(), {})
    written = record.to_dict()
    assert written["entities"][0]["score"] == 0.1235
    assert written["sentences"][0]["event"] == {"label": "NONE", "score": 0.6667}


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_that_runs_backwards_raises(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="0 <= start <= end"):
        Span(start, end)
    assert Span(2, 2).length == 0
