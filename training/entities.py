"""Train the entity tagger.

    python -m training.entities --encoder models-in/e5-small-arabic --train annotations/articles.jsonl --dev DEV.jsonl --out runs/tagger

Several GPUs: ``torchrun --nproc-per-node 4 -m training.entities ...``. A killed run goes on with ``--resume``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from arabic_conflict_nlp.annotations import AnnotatedDocument, tokens_by_sentence
from arabic_conflict_nlp.bio import TAGS, tags_from_entities
from arabic_conflict_nlp.encoding import WordEncoder, plan_windows
from arabic_conflict_nlp.engines import TorchEngine
from arabic_conflict_nlp.evaluation import predict_entities, score_entities
from arabic_conflict_nlp.schema import Entity
from arabic_conflict_nlp.tagger import OVERLAP, WINDOW, EntityTagger, window_ids

from .checkpoints import load_model, load_word_encoder
from .data import load_corpus
from .loop import Example, LoopConfig, Trainer, seed_everything
from .report import write_run

IGNORED = -100


@dataclass(frozen=True, slots=True)
class TrainConfig(LoopConfig):
    """Defaults are those of the bundled model."""

    epochs: int = 10
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
        for tokens in tokens_by_sentence(document.tokens, document.sentences):
            if not tokens:
                continue
            inside = [e for e in document.entities if tokens[0].start <= e.start and e.end <= tokens[-1].end]
            tags = tags_from_entities(tokens, inside)
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
        width = max(len(example.ids) for example in examples)
        ids = torch.full((len(examples), width), pad_id)
        mask = torch.zeros((len(examples), width), dtype=torch.long)
        labels = torch.full((len(examples), width), IGNORED)
        for row, example in enumerate(examples):
            length = len(example.ids)
            ids[row, :length] = torch.tensor(example.ids)
            mask[row, :length] = 1
            labels[row, :length] = torch.tensor(example.target)
        return {"input_ids": ids.to(device), "attention_mask": mask.to(device), "labels": labels.to(device)}

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
    examples = build_examples(train.documents, encoder)
    device = torch.device("cpu")
    trainer = Trainer(model, examples, collate(encoder.special.pad), None, config, out)
    device = trainer.device
    trainer.evaluate = evaluate_on(dev.documents, encoder, device)
    trainer.run(resume=arguments.resume)
    if trainer.rank == 0:
        trainer.load_best()
        tagger = EntityTagger(encoder, TorchEngine(trainer.model.eval(), device="cpu"))
        tagger.save_pretrained(out / "model")
        write_run(out, "entities", arguments, config, train, dev, trainer)


def parse_arguments(config_class: type[Any], description: str, argv: Sequence[str] | None) -> tuple[argparse.Namespace, Any]:
    """Read files from flags and every field of the config from a flag of its name."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, help="folder or hub id, e.g. aubmindlab/bert-base-arabertv02")
    parser.add_argument("--train", nargs="+", required=True, help="annotation files or folders")
    parser.add_argument("--dev", nargs="+", required=True, help="annotation files that choose the epoch")
    parser.add_argument("--out", required=True, help="run folder")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint of the run folder")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads of torch")
    for field in fields(config_class):
        flag = "--" + field.name.replace("_", "-")
        if field.type in ("bool", bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            parser.add_argument(flag, type=type(field.default), default=field.default)
    arguments = parser.parse_args(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return arguments, config_class(**{field.name: getattr(arguments, field.name) for field in fields(config_class)})


if __name__ == "__main__":
    main()
