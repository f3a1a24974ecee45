"""Scores from counts: strict span precision, recall, F1; event accuracy and macro-F1.

A span counts as found only with the same borders and the same label (CoNLL-2003, Tjong Kim Sang and De Meulder). Counts
are kept, ratios derived, and scores add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .labels import ENTITY_TYPES, EVENT_TYPES

Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one label. Ratios are 0 where their denominator is.

    >>> Score(true_positives=1, predicted=2, gold=2).f1
    0.5
    """

    true_positives: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.true_positives + other.true_positives, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """Share of the predicted spans that are right."""
        return self.true_positives / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold spans that were found."""
        return self.true_positives / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.predicted + self.gold
        return 2 * self.true_positives / total if total else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return ratios and counts."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "true_positives": self.true_positives,
            "predicted": self.predicted,
            "gold": self.gold,
        }


@dataclass(frozen=True, slots=True)
class EntityScores:
    """A score for each entity type."""

    by_label: Mapping[str, Score]

    @property
    def micro(self) -> Score:
        """All types counted together."""
        return sum(self.by_label.values(), Score())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"micro": self.micro.to_dict(), **{label: score.to_dict() for label, score in self.by_label.items()}}


def score_spans(gold: Sequence[Sequence[Key]], predicted: Sequence[Sequence[Key]]) -> EntityScores:
    """Compare spans ``(start, end, label)`` text by text.

    Raises:
        ValueError: the two sequences differ in length.
    """
    counts: dict[str, list[int]] = {label: [0, 0, 0] for label in ENTITY_TYPES}
    for gold_spans, predicted_spans in zip(gold, predicted, strict=True):
        gold_set, predicted_set = set(gold_spans), set(predicted_spans)
        for position, members in enumerate((gold_set & predicted_set, predicted_set, gold_set)):
            for _, _, label in members:
                counts.setdefault(label, [0, 0, 0])[position] += 1
    return EntityScores({label: Score(*count) for label, count in counts.items()})


@dataclass(frozen=True, slots=True)
class EventScores:
    """Pairs (gold, predicted) with their counts.

    ``macro_f1`` is the mean over the types that occur in gold or prediction, as scikit-learn counts.
    """

    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of sentences."""
        return sum(self.pairs.values())

    @property
    def accuracy(self) -> float:
        """Share of the sentences with the right type."""
        return sum(n for (gold, predicted), n in self.pairs.items() if gold == predicted) / self.total if self.total else 0.0

    @property
    def by_label(self) -> dict[str, Score]:
        """A score for each type that occurs."""
        predicted: Counter[str] = Counter()
        gold: Counter[str] = Counter()
        for (gold_label, predicted_label), number in self.pairs.items():
            gold[gold_label] += number
            predicted[predicted_label] += number
        labels = dict.fromkeys((*EVENT_TYPES, *gold, *predicted))
        return {
            label: Score(self.pairs.get((label, label), 0), predicted[label], gold[label])
            for label in labels
            if predicted[label] or gold[label]
        }

    @property
    def macro_f1(self) -> float:
        """Unweighted mean of the types' F1."""
        scores = self.by_label
        return sum(score.f1 for score in scores.values()) / len(scores) if scores else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "accuracy": round(self.accuracy, 4),
            "macro_f1": round(self.macro_f1, 4),
            "sentences": self.total,
            **{label: score.to_dict() for label, score in self.by_label.items()},
        }


def score_labels(gold: Sequence[str], predicted: Sequence[str]) -> EventScores:
    """Compare event types sentence by sentence.

    Raises:
        ValueError: the two sequences differ in length.
    """
    return EventScores(dict(Counter(zip(gold, predicted, strict=True))))
