from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import annotated_row, write_jsonl
from hypothesis import given
from hypothesis import strategies as st

from arabic_conflict_nlp.annotations import (
    AnnotatedDocument,
    AnnotatedSentence,
    LoadReport,
    load_documents,
)
from arabic_conflict_nlp.bio import TAGS
from arabic_conflict_nlp.dataset import to_dataset
from arabic_conflict_nlp.errors import AnnotationError, InputError, MissingExtraError
from arabic_conflict_nlp.labels import EVENT_TYPES
from arabic_conflict_nlp.schema import Token
from arabic_conflict_nlp.segment import tokens_by_sentence
from arabic_conflict_nlp.splits import load_splits, select

Change = Callable[[dict[str, Any]], None]


def row_of(text: str, *mentions: tuple[str, str]) -> dict[str, Any]:
    entities = [
        {"start": text.index(surface), "end": text.index(surface) + len(surface), "label": label, "text": surface}
        for surface, label in mentions
    ]
    return {"id": "a", "text": text, "entities": entities, "sentences": [{"start": 0, "end": len(text), "event": "NONE"}]}


def entity(number: int, **values: Any) -> Change:
    def change(row: dict[str, Any]) -> None:
        row["entities"][number].update(values)

    return change


def put(**values: Any) -> Change:
    return lambda row: row.update(values)


def without(key: str) -> Change:
    return lambda row: row.pop(key)


def sentence(number: int, **values: Any) -> Change:
    def change(row: dict[str, Any]) -> None:
        row["sentences"][number].update(values)

    return change


def shift(row: dict[str, Any]) -> None:
    for item in row["entities"]:
        item["start"], item["end"] = item["start"] + 1, item["end"] + 1


def double(row: dict[str, Any]) -> None:
    row["entities"].append(dict(row["entities"][0]))


def nest(row: dict[str, Any]) -> None:
    start = row["text"].index("ناسفة")
    row["entities"].append({"start": start, "end": start + 5, "label": "PLACE", "text": "ناسفة"})


def cut_word(row: dict[str, Any]) -> None:
    item = row["entities"][0]
    item["end"] -= 1
    item["text"] = row["text"][item["start"] : item["end"]]


def take_comma(row: dict[str, Any]) -> None:
    item = row["entities"][2]
    item["end"] += 1
    item["text"] = row["text"][item["start"] : item["end"]]


def take_quotes(row: dict[str, Any]) -> None:
    item = row["entities"][3]
    item["start"], item["end"] = item["start"] - 1, item["end"] + 1
    item["text"] = row["text"][item["start"] : item["end"]]


def change_text(row: dict[str, Any]) -> None:
    row["text"] = row["text"].replace("3", "4")


def test_a_line_becomes_a_typed_document(annotated: AnnotatedDocument) -> None:
    assert annotated.id == "a"
    assert [(e.text, e.label) for e in annotated.entities] == [
        ("قسد", "ACTOR"),
        ("عبوة ناسفة", "WEAPON"),
        ("الرقة", "PLACE"),
        ("داعش", "ACTOR"),
    ]
    assert all(annotated.text[e.start : e.end] == e.text for e in annotated.entities)
    assert [s.event for s in annotated.sentences] == ["EXPLOSION", "NONE"]
    assert annotated.sentence_texts()[1] == "تتمركز «داعش» هناك."
    assert annotated.sha256 == hashlib.sha256(annotated.text.encode()).hexdigest()
    assert annotated.metadata == {"origin": "test"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(change_text, "the text was changed after it was labelled", id="hash"),
        pytest.param(shift, "correct the offsets or the text", id="offsets beside the surface"),
        pytest.param(entity(0, start=-3, end=0), "offsets", id="negative offsets"),
        pytest.param(entity(0, end=10_000), r"in a text of \d+ code points", id="offsets beyond the text"),
        pytest.param(entity(0, start="1"), "offsets", id="offsets that are no numbers"),
        pytest.param(entity(0, start=True), "offsets", id="offsets that are truth values"),
        pytest.param(cut_word, "cuts a word", id="off the word borders"),
        pytest.param(take_comma, "sign at its edge", id="a full stop at the edge"),
        pytest.param(take_quotes, "quotation mark at its edge", id="quotation marks at the edge"),
        pytest.param(double, "overlaps another", id="twice the same"),
        pytest.param(nest, "overlaps another", id="nested"),
        pytest.param(
            entity(0, label="GROUP"), "unknown entity label 'GROUP': use one of ACTOR, PLACE, WEAPON", id="entity label"
        ),
        pytest.param(entity(0, label=["ACTOR"]), "unknown entity label", id="label that is a list"),
        pytest.param(entity(0, text=None), "lacks its text", id="no surface"),
        pytest.param(sentence(0, event="WAR"), "unknown event type 'WAR'", id="event type"),
        pytest.param(sentence(1, start=3), "overlap or are out of order", id="overlapping sentences"),
        pytest.param(sentence(1, end=10_000), "a sentence has offsets", id="sentence beyond the text"),
        pytest.param(without("text"), "lacks text: add it", id="no text"),
        pytest.param(put(id=7), "id and text must be strings", id="id that is a number"),
        pytest.param(put(entities={}), "entities is '{}': give a list of objects", id="entities that are no list"),
        pytest.param(put(sentences=[3]), "give a list of objects", id="sentences that are no objects"),
    ],
)
def test_a_bad_line_is_refused_with_file_line_and_reason(tmp_path: Path, change: Change, reason: str) -> None:
    bad = annotated_row("bad")
    change(bad)
    file = write_jsonl(tmp_path / "gold.jsonl", annotated_row("good"), bad)
    with pytest.raises(AnnotationError, match=reason) as caught:
        load_documents(file)
    assert str(caught.value).startswith(f"{file}:2: ")
    report = LoadReport()
    documents = load_documents(file, on_error="skip", report=report)
    assert [document.id for document in documents] == ["good"]
    assert report.documents == 1 and report.refused == [str(caught.value)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "a JSON list, not an object"),
        ("[" * 100_000, "no JSON"),
        ('{"id": ' + "1" * 5_000 + "}", "no JSON"),
        ('{"id": "a", "text": "\\ud800", "entities": [], "sentences": []}', "the text holds a lone surrogate at 0"),
        ('{"id": "\\ud800", "text": "", "entities": [], "sentences": []}', "the id holds a lone surrogate at 0"),
    ],
    ids=["broken", "list", "nested", "huge number", "surrogate", "surrogate in the id"],
)
def test_a_line_that_is_no_document_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match=f":2: {reason}"):
        load_documents(file)


def test_an_id_that_stands_twice_is_refused_across_files(tmp_path: Path) -> None:
    first = write_jsonl(tmp_path / "1.jsonl", annotated_row("a"))
    second = write_jsonl(tmp_path / "2.jsonl", annotated_row("b"), annotated_row("a"))
    with pytest.raises(AnnotationError) as caught:
        load_documents(tmp_path)
    assert str(caught.value).startswith(f"{second}:2: id 'a' stands at {first}:1 too")


def utf16_offsets(text: str, surface: str) -> tuple[int, int]:
    start = len(text[: text.index(surface)].encode("utf-16-le")) // 2
    return start, start + len(surface.encode("utf-16-le")) // 2


@pytest.mark.parametrize("text", ["🔴 عاجل 🔴 قصف على حلب", "🔴🔴🔴🔴 حلب", "حلب 😀 الرقة"])
def test_utf16_offsets_are_named_as_such(tmp_path: Path, text: str) -> None:
    surface = text.split()[-1]
    start, end = utf16_offsets(text, surface)
    row = row_of(text, (surface, "PLACE"))
    load_documents(write_jsonl(tmp_path / "right.jsonl", row))
    row["entities"][0].update(start=start, end=end)
    with pytest.raises(AnnotationError, match=r"count UTF-16 units \(JavaScript, Java\): convert them to code points"):
        load_documents(write_jsonl(tmp_path / "gold.jsonl", row))


def test_wrong_offsets_of_another_kind_are_not_called_utf16(tmp_path: Path) -> None:
    row = row_of("🔴 قصف على حلب", ("حلب", "PLACE"))
    row["entities"][0]["start"] -= 2
    with pytest.raises(AnnotationError) as caught:
        load_documents(write_jsonl(tmp_path / "gold.jsonl", row))
    assert "UTF-16" not in str(caught.value) and "select" in str(caught.value)


@pytest.mark.parametrize("surface", ["«داعش»", "«داعش", "داعش»", "“داعش”", '"داعش"', "‹داعش›", "'داعش'", '"«داعش»"'])
def test_edge_quotation_marks_are_refused_or_trimmed_and_counted(tmp_path: Path, surface: str) -> None:
    text = f"تنظيم «كذا» ثم {surface} هناك"
    file = write_jsonl(tmp_path / "gold.jsonl", row_of(text, (surface, "ACTOR"), ("تنظيم", "ACTOR")))
    with pytest.raises(AnnotationError, match="quotation mark at its edge"):
        load_documents(file)
    report = LoadReport()
    (document,) = load_documents(file, edge_quotes="trim", report=report)
    assert [e.text for e in document.entities] == ["تنظيم", "داعش"]
    assert all(text[e.start : e.end] == e.text for e in document.entities)
    assert report.trimmed_quotes == 1


def test_quotation_marks_inside_a_span_or_a_word_are_no_edge(tmp_path: Path) -> None:
    text = "ميليشيا “الحرس الثوري” الإيراني ثم داع«ش» هناك"
    row = row_of(text, ("ميليشيا “الحرس الثوري” الإيراني", "ACTOR"), ("داع«ش»", "ACTOR"))
    report = LoadReport()
    (document,) = load_documents(write_jsonl(tmp_path / "gold.jsonl", row), report=report)
    assert [e.text for e in document.entities] == ["ميليشيا “الحرس الثوري” الإيراني", "داع«ش»"]
    assert report.trimmed_quotes == 0


def test_a_quotation_mark_that_the_repair_reads_into_a_word_is_no_edge(tmp_path: Path) -> None:
    text = "قال داع«ش» ثم"
    start = text.index("ش»")
    row = row_of(text, ("ش»", "ACTOR"))
    with pytest.raises(AnnotationError, match=rf"at \[{start}, {start + 2}\) cuts a word"):
        load_documents(write_jsonl(tmp_path / "gold.jsonl", row), edge_quotes="trim")
    row = row_of(text, ("«ش»", "ACTOR"))
    with pytest.raises(AnnotationError, match=r"'«ش»' .* cuts a word"):
        load_documents(write_jsonl(tmp_path / "gold.jsonl", row), edge_quotes="trim")


def test_quotation_marks_alone_are_no_mention_even_when_trimming(tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "gold.jsonl", row_of("قال «» هناك", ("«»", "ACTOR")))
    with pytest.raises(AnnotationError, match="holds no word"):
        load_documents(file, edge_quotes="trim")


def test_trimming_in_a_refused_line_is_not_counted(tmp_path: Path) -> None:
    bad = annotated_row()
    take_quotes(bad)
    bad["sentences"][0]["event"] = "WAR"
    report = LoadReport()
    load_documents(write_jsonl(tmp_path / "gold.jsonl", bad), edge_quotes="trim", on_error="skip", report=report)
    assert (report.documents, report.trimmed_quotes, len(report.refused)) == (0, 0, 1)


def test_bom_crlf_blank_lines_and_line_separators_inside_strings_are_read(tmp_path: Path) -> None:
    row = row_of("قصف\u2028على حلب", ("حلب", "PLACE"))
    line = json.dumps(row, ensure_ascii=False)
    file = tmp_path / "gold.jsonl"
    file.write_bytes(f"\ufeff{line}\r\n\r\n{json.dumps({**row, 'id': 'b'})}\r\n".encode())
    assert [document.id for document in load_documents(file)] == ["a", "b"]


def test_files_that_cannot_be_read_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_documents(tmp_path / "missing.jsonl")
    with pytest.raises(InputError, match=r"holds no \.jsonl file"):
        load_documents(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes('{"id": "حلب"}'.encode("cp1256"))
    with pytest.raises(InputError, match="not UTF-8 \\(byte 0xcd at 8\\)"):
        load_documents(tmp_path)
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_documents(tmp_path / "folder.jsonl" / ".." / "latin.jsonl" / "x.jsonl")


def test_entity_rows_carry_words_spans_and_class_labels(annotated: AnnotatedDocument) -> None:
    dataset = to_dataset([annotated], "entities")
    assert len(dataset) == 2
    assert dataset.features["ner_tags"].feature.names == list(TAGS)
    for row, text in zip(dataset, annotated.sentence_texts(), strict=True):
        assert row["document"] == "a"
        assert len(row["tokens"]) == len(row["starts"]) == len(row["ends"]) == len(row["ner_tags"])
        assert annotated.text[row["starts"][0] : row["ends"][-1]] == text
    tags = [dataset.features["ner_tags"].feature.int2str(tag) for tag in dataset[0]["ner_tags"]]
    assert dict(zip(dataset[0]["tokens"], tags, strict=True)) == {
        "قتل": "O", "3": "O", "عناصر": "O", "من": "O", "قسد": "B-ACTOR", "بانفجار": "O", "عبوة": "B-WEAPON", "ناسفة": "I-WEAPON",
        "في": "O", "الرقة": "B-PLACE", ".": "O",
    }  # fmt: skip


def test_event_rows_carry_the_raw_sentence_and_its_context(annotated: AnnotatedDocument) -> None:
    dataset = to_dataset([annotated], "events")
    assert dataset.features["label"].names == list(EVENT_TYPES)
    first, second = dataset
    assert dataset.features["label"].int2str(first["label"]) == "EXPLOSION"
    assert [first["text"], second["text"]] == annotated.sentence_texts()
    assert first["context"] == second["text"] and second["context"] == first["text"]
    assert annotated.text[second["start"] : second["end"]] == second["text"]


def test_an_empty_corpus_keeps_its_columns() -> None:
    assert to_dataset([], "events").column_names == ["document", "sentence", "start", "end", "text", "context", "label"]
    assert len(to_dataset([], "entities")) == 0


def test_a_mention_that_no_row_could_hold_raises(tmp_path: Path) -> None:
    row = annotated_row()
    row["sentences"] = row["sentences"][:1]
    (document,) = load_documents(write_jsonl(tmp_path / "gold.jsonl", row))
    with pytest.raises(AnnotationError, match=r"'داعش' at .* is not inside one sentence"):
        to_dataset([document], "entities")


def test_an_unknown_task_and_a_missing_extra_are_named(annotated: AnnotatedDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="use 'entities' or 'events'"):
        to_dataset([annotated], "linking")  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'arabic-conflict-nlp\[train\]'"):
        to_dataset([annotated], "events")


borders = st.lists(st.integers(0, 60), min_size=2, max_size=20, unique=True).map(sorted)


@given(borders, borders)
def test_a_token_belongs_to_the_sentence_where_it_begins(token_borders: list[int], sentence_borders: list[int]) -> None:
    tokens = [Token(a, b, "x", True) for a, b in zip(token_borders[::2], token_borders[1::2], strict=False)]
    sentences = [AnnotatedSentence(a, b, "NONE") for a, b in zip(sentence_borders[::2], sentence_borders[1::2], strict=False)]
    dealt = tokens_by_sentence(tokens, sentences)
    assert dealt == [[token for token in tokens if s.start <= token.start < s.end] for s in sentences]


def test_splits_are_read_and_select_documents_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "splits.json"
    file.write_text('{"one": {"train": ["b", "a"], "test": ["c"]}}', encoding="utf-8")
    documents = load_documents(write_jsonl(tmp_path / "gold.jsonl", *(annotated_row(name) for name in "abc")))
    split = load_splits(file)["one"]
    assert [document.id for document in select(documents, split["train"])] == ["b", "a"]
    with pytest.raises(AnnotationError, match=r"no document with id 'z' \(2 unknown in all\)"):
        select(documents, ["a", "z", "y"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "a JSON list"),
        ('{"one": {"train": []}}', "the split 'one' is no pair"),
        ('{"one": {"train": [], "test": "abc"}}', "the split 'one' is no pair"),
        ('{"one": {"train": ["a", "b"], "test": ["b"]}}', "has 'b' on both sides"),
    ],
)
def test_broken_splits_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "splits.json"
    with pytest.raises(InputError, match="cannot be read"):
        load_splits(file)
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        load_splits(file)
