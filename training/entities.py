"""Train the entity tagger.

    python -m training.entities --encoder encoders/e5-small-arabic --train annotations/written --dev DEV.jsonl --out runs/tagger

Several GPUs: ``torchrun --nproc-per-node 4 -m training.entities ...``. A killed run goes on with ``--resume``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from arabic_conflict_nlp.annotations import AnnotatedDocument, tagged_sentences
from arabic_conflict_nlp.bio import TAGS
from arabic_conflict_nlp.encoding import WordEncoder, plan_windows
from arabic_conflict_nlp.engines import TorchEngine
from arabic_conflict_nlp.evaluation import predict_entities, score_entities
from arabic_conflict_nlp.schema import Entity
from arabic_conflict_nlp.tagger import OVERLAP, WINDOW, EntityTagger, window_ids

from .arguments import parse_arguments
from .checkpoints import load_model, load_word_encoder
from .data import load_corpus
from .loop import Example, LoopConfig, Trainer, pad_inputs, seed_everything
from .report import write_run

IGNORED = -100


@dataclass(frozen=True, slots=True)
class TrainConfig(LoopConfig):
    """Defaults are those of the bundled model."""

    epochs: int = 8
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    batch_tokens: int = 1024
    accumulate: int = 1
    patience: int = 4
    seed: int = 13
    bf16: bool = False
    device: str = "auto"
    dropout: float = 0.1


def build_examples(documents: Sequence[AnnotatedDocument], encoder: WordEncoder) -> list[Example]:
    """One row a window of a sentence; every piece of a word carries its tag (B- on the first piece only)."""
    examples: list[Example] = []
    for document in documents:
        for tokens, tags in tagged_sentences(document):
            words = encoder.encode_words([token.norm for token in tokens])
            for window in plan_windows([len(word.ids) for word in words], WINDOW - 2, OVERLAP):
                members = words[window.start : window.end]
                ids, firsts = window_ids(members, encoder)
                target = [IGNORED] * len(ids)
                for word, first, tag in zip(members, firsts, tags[window.start : window.end], strict=True):
                    inner = tag.replace("B-", "I-")
                    for offset in range(len(word.ids)):
                        target[first + offset] = TAGS.index(inner if offset else tag)
                examples.append(Example(tuple(ids), tuple(target)))
    return examples


def collate(pad_id: int) -> Any:
    """Return a function that pads rows into the model's inputs."""

    def _collate(examples: Sequence[Example], device: torch.device) -> Mapping[str, torch.Tensor]:
        inputs = pad_inputs(examples, pad_id, device)
        labels = torch.full(inputs["input_ids"].shape, IGNORED)
        for row, example in enumerate(examples):
            labels[row, : len(example.target)] = torch.tensor(example.target)
        return {**inputs, "labels": labels.to(device)}

    return _collate


def evaluate_on(documents: Sequence[AnnotatedDocument], encoder: WordEncoder, device: torch.device) -> Any:
    """Return a function from model to (micro F1, metrics) on the documents."""

    def _evaluate(model: Any) -> tuple[float, dict[str, Any]]:
        tagger = EntityTagger(encoder, TorchEngine(model, device=str(device)))
        predicted: list[list[Entity]] = predict_entities(tagger, documents)
        scores = score_entities(documents, predicted)
        return scores.micro.f1, {label: round(score.f1, 4) for label, score in scores.by_label.items()}

    return _evaluate


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments, config = parse_arguments(TrainConfig, __doc__ or "", argv)
    seed_everything(config.seed)
    train, dev = load_corpus(arguments.train), load_corpus(arguments.dev)
    encoder = load_word_encoder(arguments.encoder)
    model = load_model(arguments.encoder, "entities", TAGS, dropout=config.dropout)
    out = Path(arguments.out)
    trainer = Trainer(model, build_examples(train.documents, encoder), collate(encoder.special.pad), config, out)
    trainer.run(evaluate_on(dev.documents, encoder, trainer.device), resume=arguments.resume)
    if trainer.rank == 0:
        trainer.load_best()
        EntityTagger(encoder, TorchEngine(trainer.model.eval(), device="cpu")).save_pretrained(out / "model")
        write_run(out, "entities", arguments, config, train, dev, trainer)


if __name__ == "__main__":
    main()
