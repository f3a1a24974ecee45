"""Open an encoder by name or folder, and give its tokenizer the repair."""

from __future__ import annotations

import json
from typing import Any

from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

from arabic_conflict_nlp.encoding import WordEncoder
from arabic_conflict_nlp.engines import Task
from arabic_conflict_nlp.tokenizer_files import carry_repair


def load_word_encoder(name: str) -> WordEncoder:
    """Return the word encoder of a checkpoint (folder or hub id)."""
    fast = AutoTokenizer.from_pretrained(name)
    tokenizer_json = carry_repair(json.loads(fast.backend_tokenizer.to_str()))
    return WordEncoder(json.dumps(tokenizer_json, ensure_ascii=False))


def load_model(name: str, task: Task, labels: tuple[str, ...], *, dropout: float) -> Any:
    """Return the checkpoint's encoder under a fresh head for the labels."""
    auto = AutoModelForTokenClassification if task == "entities" else AutoModelForSequenceClassification
    return auto.from_pretrained(
        name,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        classifier_dropout=dropout,
        ignore_mismatched_sizes=True,
    )
