from __future__ import annotations

import random

import pytest
from conftest import fake_pipeline
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from arabic_conflict_nlp.annotations import AnnotatedDocument
from arabic_conflict_nlp.bio import TAGS
from arabic_conflict_nlp.context import neighbors, sentence_context
from arabic_conflict_nlp.evaluation import predict_entities, predict_events, score_entities, score_events
from arabic_conflict_nlp.labels import ENTITY_TYPES, EVENT_TYPES
from arabic_conflict_nlp.metrics import Key, Score, score_labels, score_spans


def well_formed(generator: random.Random, length: int) -> list[str]:
    """Random tags in strict IOB2, with touching mentions of one type."""
    tags: list[str] = []
    while len(tags) < length:
        tag = generator.choice(TAGS)
        if tag.startswith("I-") and (not tags or tags[-1][2:] != tag[2:]):
            continue
        tags.append(tag)
    return tags


def spans(tags: list[str]) -> list[Key]:
    """A second reading of strict IOB2, apart from the library's."""
    found: list[Key] = []
    for index, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append((index, index + 1, tag[2:]))
        elif tag.startswith("I-"):
            start, _, label = found.pop()
            found.append((start, index + 1, label))
    return found


def blurred(generator: random.Random, tags: list[str]) -> list[str]:
    """Tags like the gold ones, with errors."""
    return tags if generator.random() < 0.4 else well_formed(generator, len(tags))


@pytest.mark.parametrize("seed", range(5))
def test_span_scores_are_those_of_seqeval_in_strict_mode(seed: int) -> None:
    generator = random.Random(seed)
    gold = [well_formed(generator, generator.randint(1, 25)) for _ in range(60)]
    predicted = [blurred(generator, tags) for tags in gold]
    ours = score_spans([spans(tags) for tags in gold], [spans(tags) for tags in predicted])
    theirs = classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    rows = {**ours.by_label, "micro avg": ours.micro}
    for label, score in rows.items():
        row = theirs[label]
        assert (score.precision, score.recall, score.f1) == pytest.approx((row["precision"], row["recall"], row["f1-score"]))
        assert score.gold == row["support"]
    assert 0 < ours.micro.f1 < 1


@pytest.mark.parametrize("seed", range(5))
def test_event_scores_are_those_of_scikit_learn(seed: int) -> None:
    generator = random.Random(seed)
    labels = generator.sample(EVENT_TYPES, 9)  # some types occur on neither side
    gold = [str(generator.choice(labels[:7])) for _ in range(200)]
    predicted = [label if generator.random() < 0.6 else str(generator.choice(labels)) for label in gold]
    ours = score_labels(gold, predicted)
    assert ours.accuracy == pytest.approx(accuracy_score(gold, predicted))
    macro = precision_recall_fscore_support(gold, predicted, average="macro", zero_division=0)
    assert ours.macro_f1 == pytest.approx(macro[2])
    names = sorted(ours.by_label)
    for label, *row in zip(names, *precision_recall_fscore_support(gold, predicted, labels=names, zero_division=0), strict=True):
        score = ours.by_label[label]
        assert (score.precision, score.recall, score.f1, score.gold) == pytest.approx(row)


def test_a_span_needs_the_same_borders_and_the_same_label() -> None:
    gold: list[Key] = [(0, 3, "ACTOR"), (5, 8, "PLACE"), (9, 12, "WEAPON")]
    scores = score_spans([gold], [[(0, 3, "PLACE"), (5, 9, "PLACE"), (9, 12, "WEAPON")]])
    assert scores.micro == Score(1, 3, 3)
    assert scores.by_label["ACTOR"] == Score(0, 0, 1)
    assert scores.by_label["PLACE"] == Score(0, 2, 1)


def test_equal_spans_of_two_texts_are_not_mixed_up() -> None:
    scores = score_spans([[(0, 3, "ACTOR")], []], [[], [(0, 3, "ACTOR")]])
    assert scores.micro == Score(0, 1, 1)


def test_nothing_to_find_and_nothing_found_scores_zero_without_an_error() -> None:
    assert score_spans([[]], [[]]).to_dict()["micro"] == Score().to_dict()
    assert score_labels([], []).to_dict() == {"accuracy": 0.0, "macro_f1": 0.0, "sentences": 0}


def test_sides_of_different_length_raise() -> None:
    with pytest.raises(ValueError):
        score_spans([[]], [])
    with pytest.raises(ValueError):
        score_labels(["NONE"], [])


def test_a_label_outside_the_types_counts_in_the_macro_mean_too() -> None:
    scores = score_labels(["NONE", "FLOOD"], ["NONE", "NONE"])
    assert scores.by_label["FLOOD"] == Score(0, 0, 1)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_the_written_form_names_every_type_that_occurs() -> None:
    scores = score_labels(["CLASH", "NONE"], ["CLASH", "ARREST"]).to_dict()
    assert list(scores) == ["accuracy", "macro_f1", "sentences", "CLASH", "ARREST", "NONE"]
    assert scores["accuracy"] == 0.5
    assert set(score_spans([], []).to_dict()) == {"micro", *ENTITY_TYPES}


counts = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)).map(
    lambda n: Score(n[0], n[0] + n[1], n[0] + n[2])
)


@given(counts, counts)
def test_scores_add_up_and_stay_between_zero_and_one(one: Score, other: Score) -> None:
    total = one + other
    assert total.true_positives == one.true_positives + other.true_positives
    for score in (one, other, total):
        assert 0 <= score.f1 <= 1 and min(score.precision, score.recall) <= score.f1 + 1e-12
        if score.precision + score.recall:
            assert score.f1 == pytest.approx(2 * score.precision * score.recall / (score.precision + score.recall))


def test_the_context_is_two_sentences_before_and_one_after_nearest_first() -> None:
    assert [neighbors(4, index) for index in range(4)] == [[1], [0, 2], [1, 3, 0], [2, 1]]
    assert neighbors(1, 0) == []
    assert sentence_context(["a", "b", "c"], 0) == "b"
    assert sentence_context(["a", "b", "c"], 0, title="t") == "t b"
    assert sentence_context(["a", "b", "c"], 1, title="t") == "a c t"


def test_predictions_are_scored_along_the_documents_own_sentences(annotated: AnnotatedDocument) -> None:
    pipeline = fake_pipeline()
    found = predict_entities(pipeline.tagger, [annotated, annotated])
    assert score_entities([annotated, annotated], found).micro.f1 == 1.0
    events = predict_events(pipeline.classifier, [annotated])
    assert events == [["EXPLOSION", "NONE"]]
    assert score_events([annotated], events).accuracy == 1.0
