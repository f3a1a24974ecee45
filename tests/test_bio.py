from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic_conflict_nlp.bio import TAGS, entities_from_tags, label_of, label_scores, tags_from_entities
from arabic_conflict_nlp.errors import AnnotationError
from arabic_conflict_nlp.labels import ENTITY_TYPES
from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.schema import Entity, Token
from arabic_conflict_nlp.segment import split_tokens

TEXT = "قصف “الحرس الثوري” الإيراني حلب، والرقة"


def tokens_of(text: str) -> list[Token]:
    return split_tokens(normalize(text))


def mention(text: str, surface: str, label: str = "ACTOR") -> Entity:
    start = text.index(surface)
    return Entity(start, start + len(surface), surface, label)


def test_the_tags_are_one_outside_and_two_for_each_type() -> None:
    assert TAGS == ("O", "B-ACTOR", "I-ACTOR", "B-PLACE", "I-PLACE", "B-WEAPON", "I-WEAPON")
    assert [label_of(tag) for tag in TAGS] == [None, "ACTOR", "ACTOR", "PLACE", "PLACE", "WEAPON", "WEAPON"]


def test_a_mention_keeps_the_quotation_marks_inside() -> None:
    actor = mention(TEXT, "الحرس الثوري” الإيراني")
    tags = tags_from_entities(tokens_of(TEXT), [actor])
    assert tags == ["O", "O", "B-ACTOR", "I-ACTOR", "I-ACTOR", "I-ACTOR", "O", "O", "O"]
    assert entities_from_tags(TEXT, tokens_of(TEXT), tags) == [actor]


def test_touching_mentions_of_one_type_stay_two() -> None:
    found = [mention("حلب الرقة", "حلب", "PLACE"), mention("حلب الرقة", "الرقة", "PLACE")]
    tags = tags_from_entities(tokens_of("حلب الرقة"), found)
    assert tags == ["B-PLACE", "B-PLACE"]
    assert entities_from_tags("حلب الرقة", tokens_of("حلب الرقة"), tags) == found


@pytest.mark.parametrize(
    ("surface", "reason"),
    [
        ("لحرس الثوري", "cuts a word"),
        ("الحرس الثور", "cuts a word"),
        ("“الحرس", "sign at its edge"),
        ("حلب،", "sign at its edge"),
    ],
)
def test_a_mention_off_the_word_borders_is_refused(surface: str, reason: str) -> None:
    with pytest.raises(AnnotationError, match=reason):
        tags_from_entities(tokens_of(TEXT), [mention(TEXT, surface)])


def test_overlapping_mentions_are_refused() -> None:
    with pytest.raises(AnnotationError, match="overlaps another"):
        tags_from_entities(tokens_of(TEXT), [mention(TEXT, "الحرس الثوري"), mention(TEXT, "الثوري", "PLACE")])


def test_an_inside_tag_without_a_beginning_opens_a_mention() -> None:
    tokens = tokens_of("في حلب الرقة الآن")
    found = entities_from_tags("في حلب الرقة الآن", tokens, ["O", "I-PLACE", "I-ACTOR", "O"])
    assert [(e.text, e.label) for e in found] == [("حلب", "PLACE"), ("الرقة", "ACTOR")]


def test_signs_at_the_edge_stay_outside_and_signs_alone_are_no_mention() -> None:
    text = "«حلب» ، !"
    found = entities_from_tags(text, tokens_of(text), ["B-PLACE", "I-PLACE", "I-PLACE", "B-ACTOR", "I-ACTOR"])
    assert [(e.start, e.end, e.text) for e in found] == [(1, 4, "حلب")]


def test_the_score_is_the_mean_over_the_words_and_never_above_one() -> None:
    tokens = tokens_of("الحرس الثوري")
    (entity,) = entities_from_tags("الحرس الثوري", tokens, ["B-ACTOR", "I-ACTOR"], [0.5, 1.0])
    assert entity.score == 0.75
    (entity,) = entities_from_tags("الحرس الثوري", tokens, ["B-ACTOR", "I-ACTOR"], [1.0000001, 1.0000001])
    assert entity.score == 1.0


def test_tags_that_do_not_fit_the_tokens_raise() -> None:
    with pytest.raises(ValueError, match="2 tags for 1 tokens"):
        entities_from_tags("حلب", tokens_of("حلب"), ["O", "O"])


def test_the_label_score_adds_beginning_and_inside() -> None:
    probabilities = np.array([[0.1, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1], [0.6, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05]])
    assert label_scores(probabilities, np.array([1, 0])).tolist() == pytest.approx([0.5, 0.6])


words = st.text("ابتقسد", min_size=1, max_size=5)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[str, list[Entity]]:
    """A text of words and signs with disjoint mentions that begin and end at words."""
    pieces = draw(st.lists(st.tuples(words, st.sampled_from(["", "،", "»"])), min_size=1, max_size=12))
    text, spans = "", []
    for word, sign in pieces:
        spans.append((len(text), len(text) + len(word)))
        text += f"{word}{sign} "
    entities: list[Entity] = []
    index = 0
    while index < len(spans):
        length = draw(st.integers(0, 3))
        if length:
            last = min(index + length, len(spans)) - 1
            start, end = spans[index][0], spans[last][1]
            entities.append(Entity(start, end, text[start:end], draw(st.sampled_from(ENTITY_TYPES))))
            index = last
        index += 1
    return text, entities


@given(labelled())
def test_mentions_survive_the_way_to_tags_and_back(case: tuple[str, list[Entity]]) -> None:
    text, entities = case
    tokens = tokens_of(text)
    assert entities_from_tags(text, tokens, tags_from_entities(tokens, entities)) == entities


@given(labelled(), st.data())
def test_any_tags_give_disjoint_mentions_that_select_their_text(case: tuple[str, list[Entity]], data: st.DataObject) -> None:
    text, _ = case
    tokens = tokens_of(text)
    tags = data.draw(st.lists(st.sampled_from(TAGS), min_size=len(tokens), max_size=len(tokens)))
    found = entities_from_tags(text, tokens, tags)
    assert all(text[e.start : e.end] == e.text for e in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    again = tags_from_entities(tokens, found)
    assert entities_from_tags(text, tokens, again) == found
