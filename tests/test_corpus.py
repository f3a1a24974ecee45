"""What the annotated corpus in this repository must hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

from arabic_conflict_nlp.annotations import AnnotatedDocument, LoadReport, load_documents
from arabic_conflict_nlp.bio import entities_from_tags, tags_from_entities
from arabic_conflict_nlp.dataset import to_dataset
from arabic_conflict_nlp.labels import EVENT_TYPES
from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.schema import Token
from arabic_conflict_nlp.splits import load_splits, select

ANNOTATIONS = ROOT / "annotations"
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
pytestmark = pytest.mark.skipif(not ANNOTATIONS.is_dir(), reason="the annotations are in the repository only")


@cache
def corpus(name: str) -> tuple[AnnotatedDocument, ...]:
    report = LoadReport()
    documents = load_documents(ANNOTATIONS / name, report=report)
    assert report.trimmed_quotes == 0 and not report.refused
    return tuple(documents)


def articles() -> tuple[AnnotatedDocument, ...]:
    return corpus("articles.jsonl")


def written() -> tuple[AnnotatedDocument, ...]:
    return corpus("written")


def mentions(documents: tuple[AnnotatedDocument, ...]) -> list[str]:
    return [entity.text for document in documents for entity in document.entities]


def words_of_sentences(document: AnnotatedDocument) -> list[list[Token]]:
    return [
        [token for token in document.tokens if token.is_word and sentence.start <= token.start < sentence.end]
        for sentence in document.sentences
    ]


def test_the_five_seeds_are_labelled_and_never_edited() -> None:
    assert len(SEEDS) == 5
    assert {document.id: document.text for document in articles()} == {
        file.stem: file.read_bytes().decode("utf-8") for file in SEEDS
    }
    sums = dict(reversed(line.split()) for line in (ROOT / "seeds" / "SHA256SUMS").read_text().splitlines())
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in SEEDS} == sums


def test_the_seeds_hold_about_a_hundred_sentences_and_four_hundred_mentions() -> None:
    assert 90 <= sum(len(document.sentences) for document in articles()) <= 110
    assert 350 <= len(mentions(articles())) <= 450


@pytest.mark.parametrize("annotator", ["first", "second"])
def test_both_raw_passes_over_the_seeds_are_kept(annotator: str) -> None:
    raw = corpus(f"passes/{annotator}")
    assert {document.id: document.sha256 for document in raw} == {document.id: document.sha256 for document in articles()}


@pytest.mark.parametrize("annotator", ["writer", "reader"])
def test_both_raw_passes_over_the_written_reports_are_kept(annotator: str) -> None:
    raw = corpus(f"passes/{annotator}")
    assert [document.id for document in raw] == [document.id for document in written()]


def test_the_written_reports_are_many_and_marked_as_written() -> None:
    assert len(written()) >= 120
    assert sum(len(document.sentences) for document in written()) >= 600
    assert {document.metadata["origin"] for document in written()} == {"written"}
    assert not any(document.metadata.get("origin") == "written" for document in articles())
    assert not {document.id for document in written()} & {document.id for document in articles()}


def test_every_event_type_is_written_often_enough() -> None:
    counts = Counter(sentence.event for document in written() for sentence in document.sentences)
    assert {event: counts[event] for event in EVENT_TYPES if counts[event] < 30} == {}
    rare = ("WITHDRAWAL", "DEFECTION", "DEPLOYMENT", "DISPLACEMENT", "PROTEST")
    assert {event: counts[event] for event in rare if counts[event] < 60} == {}


def test_the_written_mentions_are_varied() -> None:
    assert len(set(mentions(written()))) >= 300


def test_a_quarter_of_the_written_sentences_is_obfuscated() -> None:
    disguised = total = 0
    for document in written():
        sentences = words_of_sentences(document)
        total += len(sentences)
        if document.metadata["obfuscated"]:
            disguised += len(sentences)
            assert any(token.norm != document.text[token.start : token.end] for words in sentences for token in words)
    assert disguised / total >= 0.25


def test_no_six_words_stand_in_more_than_three_written_sentences() -> None:
    seen: Counter[tuple[str, ...]] = Counter()
    for document in written():
        for tokens in words_of_sentences(document):
            words = [token.norm for token in tokens]
            seen.update({tuple(words[index : index + 6]) for index in range(len(words) - 5)})
    assert [(" ".join(words), count) for words, count in seen.most_common(3) if count > 3] == []


def test_no_written_sentence_is_copied_from_the_seeds() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = normalize(text).norm.split()
        return {tuple(words[index : index + 8]) for index in range(len(words) - 7)}

    seeds = set().union(*(runs(document.text) for document in articles()))
    assert [document.id for document in written() if runs(document.text) & seeds] == []


@pytest.mark.parametrize("name", ["articles.jsonl", "written"])
def test_mentions_survive_the_way_to_tags_and_back(name: str) -> None:
    for document in corpus(name):
        tags = tags_from_entities(document.tokens, document.entities)
        assert entities_from_tags(document.text, document.tokens, tags) == list(document.entities)


@pytest.mark.parametrize("name", ["articles.jsonl", "written"])
def test_the_sentences_leave_out_nothing_but_space(name: str) -> None:
    for document in corpus(name):
        left = list(document.text)
        for sentence in document.sentences:
            left[sentence.start : sentence.end] = [""] * (sentence.end - sentence.start)
        assert "".join(left).strip() == "", document.id


@pytest.mark.parametrize("name", ["articles.jsonl", "written"])
def test_the_datasets_hold_every_sentence_and_every_mention(name: str) -> None:
    documents = corpus(name)
    sentences = sum(len(document.sentences) for document in documents)
    entities, events = to_dataset(documents, "entities"), to_dataset(documents, "events")
    assert len(entities) == len(events) == sentences
    beginnings = {index for index, tag in enumerate(entities.features["ner_tags"].feature.names) if tag.startswith("B-")}
    assert sum(tag in beginnings for tags in entities["ner_tags"] for tag in tags) == len(mentions(documents))
    gold = Counter(sentence.event for document in documents for sentence in document.sentences)
    assert Counter(map(events.features["label"].int2str, events["label"])) == gold


def test_the_stored_splits_cut_by_article() -> None:
    splits = load_splits(ANNOTATIONS / "splits.json")
    seeds, reports = [document.id for document in articles()], [document.id for document in written()]
    assert set(splits) == {"written", *(f"seeds-leave-out-{seed}" for seed in seeds)}
    for seed in seeds:
        assert splits[f"seeds-leave-out-{seed}"] == {"train": [other for other in seeds if other != seed], "test": [seed]}
    split = splits["written"]
    assert (len(split["train"]), len(split["test"])) == (len(reports) - 30, 30)
    assert sorted(split["train"] + split["test"]) == sorted(reports)


def test_the_test_part_of_the_written_reports_shows_every_kind() -> None:
    test = select(written(), load_splits(ANNOTATIONS / "splits.json")["written"]["test"])
    for key in ("theatre", "register", "obfuscated"):
        assert {d.metadata[key] for d in test} == {d.metadata[key] for d in written()}
    assert {sentence.event for document in test for sentence in document.sentences} == set(EVENT_TYPES)


def test_every_file_of_annotations_loads() -> None:
    files: list[Path] = sorted(ANNOTATIONS.rglob("*.jsonl"))
    assert len(files) >= 8
    for file in files:
        assert load_documents(file), file
