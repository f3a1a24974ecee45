"""Train the event classifier.

    python -m training.events --encoder runs/tagger/model --train annotations/articles.jsonl --dev DEV.jsonl --out runs/events

``--encoder`` may be a tagger of ``training.entities``: its encoder already knows the field. Several GPUs:
``torchrun --nproc-per-node 4 -m training.events ...``. A killed run goes on with ``--resume``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from arabic_conflict_nlp.annotations import AnnotatedDocument
from arabic_conflict_nlp.context import context_words
from arabic_conflict_nlp.encoding import WordEncoder
from arabic_conflict_nlp.engines import TorchEngine
from arabic_conflict_nlp.evaluation import predict_events, score_events
from arabic_conflict_nlp.events import CONTEXT_WINDOW, SENTENCE_WINDOW, EventClassifier, pair_ids
from arabic_conflict_nlp.labels import EVENT_TYPES
from arabic_conflict_nlp.segment import tokens_by_sentence

from .arguments import parse_arguments
from .checkpoints import load_model, load_word_encoder
from .data import load_corpus
from .loop import Example, LoopConfig, Trainer, pad_inputs, seed_everything
from .pooling import append_mean_layer
from .report import write_run


@dataclass(frozen=True, slots=True)
class TrainConfig(LoopConfig):
    """Defaults are those of the bundled model."""

    epochs: int = 5
    learning_rate: float = 1.5e-4
    head_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.1
    batch_tokens: int = 2048
    accumulate: int = 1
    patience: int = 3
    seed: int = 13
    bf16: bool = False
    device: str = "auto"
    dropout: float = 0.1
    mean_layer: bool = True
    frozen_layers: int = 4


def build_examples(documents: Sequence[AnnotatedDocument], encoder: WordEncoder) -> list[Example]:
    """One row a sentence, with its context; of a sentence beyond the window the beginning is read."""
    examples: list[Example] = []
    for document in documents:
        dealt = tokens_by_sentence(document.tokens, document.sentences)
        sentences = [[token.norm for token in tokens] for tokens in dealt]
        for index, sentence in enumerate(document.sentences):
            words, used = [], 0
            for word in encoder.encode_words(sentences[index]):
                used += len(word.ids)
                if used > SENTENCE_WINDOW:
                    break
                words.append(word)
            around = encoder.encode_words(context_words(sentences, index))
            ids = pair_ids(words, around, encoder, CONTEXT_WINDOW)
            examples.append(Example(tuple(ids), EVENT_TYPES.index(sentence.event)))
    return examples


def freeze_lower_layers(model: Any, count: int) -> None:
    """Keep the embeddings and the lowest layers as the tagger's training left them; it saves a fifth of the time."""
    if count:
        for part in (model.base_model.embeddings, *model.base_model.encoder.layer[:count]):
            part.requires_grad_(False)


def collate(pad_id: int) -> Any:
    """Return a function that pads rows into the model's inputs."""

    def _collate(examples: Sequence[Example], device: torch.device) -> Mapping[str, torch.Tensor]:
        labels = torch.tensor([example.target for example in examples])
        return {**pad_inputs(examples, pad_id, device), "labels": labels.to(device)}

    return _collate


def evaluate_on(documents: Sequence[AnnotatedDocument], encoder: WordEncoder, device: torch.device) -> Any:
    """Return a function from model to (mean of accuracy and macro-F1, metrics) on the documents."""

    def _evaluate(model: Any) -> tuple[float, dict[str, Any]]:
        classifier = EventClassifier(encoder, TorchEngine(model, device=str(device)))
        scores = score_events(documents, predict_events(classifier, documents))
        return (scores.accuracy + scores.macro_f1) / 2, {"accuracy": scores.accuracy, "macro_f1": scores.macro_f1}

    return _evaluate


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments, config = parse_arguments(TrainConfig, __doc__ or "", argv)
    seed_everything(config.seed)
    train, dev = load_corpus(arguments.train), load_corpus(arguments.dev)
    encoder = load_word_encoder(arguments.encoder)
    model = load_model(arguments.encoder, "events", EVENT_TYPES, dropout=config.dropout)
    if config.mean_layer:
        append_mean_layer(model)
    freeze_lower_layers(model, config.frozen_layers)
    out = Path(arguments.out)
    trainer = Trainer(model, build_examples(train.documents, encoder), collate(encoder.special.pad), config, out)
    trainer.run(evaluate_on(dev.documents, encoder, trainer.device), resume=arguments.resume)
    if trainer.rank == 0:
        trainer.load_best()
        EventClassifier(encoder, TorchEngine(trainer.model.eval(), device="cpu")).save_pretrained(out / "model")
        write_run(out, "events", arguments, config, train, dev, trainer)


if __name__ == "__main__":
    main()
