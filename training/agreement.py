"""Agreement of two annotation passes over the same texts.

    python -m training.agreement annotations/passes/first annotations/passes/second

Strict span F1 (same borders, same label; symmetric) and share of sentences with the same event type, over the sentences
whose text both passes hold; sentences that one pass corrected are counted and left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from arabic_conflict_nlp.annotations import AnnotatedDocument, load_documents
from arabic_conflict_nlp.metrics import EntityScores, EventScores, score_labels, score_spans

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores of one pass against the other."""

    entities: EntityScores
    events: EventScores
    corrected: int


def measure(first: Sequence[AnnotatedDocument], second: Sequence[AnnotatedDocument]) -> Agreement:
    """Compare two passes document by document, sentence by sentence.

    Raises:
        SystemExit: the passes hold different documents or sentence counts.
    """
    spans: tuple[list[list[Span]], list[list[Span]]] = ([], [])
    labels: tuple[list[str], list[str]] = ([], [])
    corrected = 0
    if [d.id for d in first] != [d.id for d in second]:
        raise SystemExit("the two passes hold different documents: name passes over the same texts")
    for one, other in zip(first, second, strict=True):
        if len(one.sentences) != len(other.sentences):
            raise SystemExit(f"{one.id}: {len(one.sentences)} sentences against {len(other.sentences)}: cut both alike")
        for index, (text, other_text) in enumerate(zip(one.sentence_texts(), other.sentence_texts(), strict=True)):
            if text != other_text:
                corrected += 1
                continue
            for position, document in enumerate((one, other)):
                spans[position].append(_spans_of(document, index))
                labels[position].append(document.sentences[index].event)
    return Agreement(score_spans(*spans), score_labels(*labels), corrected)


def _spans_of(document: AnnotatedDocument, index: int) -> list[Span]:
    sentence = document.sentences[index]
    return [
        (entity.start - sentence.start, entity.end - sentence.start, entity.label)
        for entity in document.entities
        if sentence.start <= entity.start < sentence.end
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", help="file or folder of one pass")
    parser.add_argument("second", help="file or folder of the other")
    arguments = parser.parse_args(argv)
    agreement = measure(load_documents(arguments.first), load_documents(arguments.second))
    micro = agreement.entities.micro
    print(f"spans: strict F1 {micro.f1:.3f} ({micro.true_positives} agreed, {micro.gold} and {micro.predicted} marked)")
    for label, score in agreement.entities.by_label.items():
        print(f"  {label:<7} {score.f1:.3f}")
    print(f"events: accuracy {agreement.events.accuracy:.3f} over {agreement.events.total} sentences")
    print(f"sentences left out because one pass corrected their text: {agreement.corrected}")


if __name__ == "__main__":
    main()
