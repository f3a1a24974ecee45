"""What a run leaves beside its weights: ``training.json`` (how it was made) and ``metrics.json`` (what it scores)."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import transformers

import arabic_conflict_nlp

from .data import Corpus
from .loop import Trainer


def machine() -> str:
    """Describe the machine class in a line."""
    if torch.cuda.is_available():
        return f"1 x {torch.cuda.get_device_name()}"
    return f"CPU, {os.cpu_count()} cores, {platform.machine()}"


def _encoder_name(encoder: str) -> str:
    """Return a hub id as it is, of a folder its name, of a run's model folder that of the run."""
    path = Path(encoder)
    if not path.exists():
        return encoder
    return path.absolute().parent.name if path.name == "model" else path.name


def write_run(
    out: Path, task: str, arguments: argparse.Namespace, config: Any, train: Corpus, dev: Corpus, trainer: Trainer
) -> None:
    """Write ``training.json`` beside the weights."""
    content: dict[str, Any] = {
        "task": task,
        "encoder": _encoder_name(arguments.encoder),
        "config": asdict(config),
        "train": train.sources,
        "dev": dev.sources,
        "best_epoch": trainer.best_epoch + 1,
        "best_dev_score": round(trainer.best_score, 4),
        "history": [{k: v for k, v in row.items() if k != "time"} for row in trainer.history],
        "seconds": trainer.history[-1]["time"] - trainer.history[0]["time"] if trainer.history else 0,
        "machine": machine(),
        "versions": {
            "arabic-conflict-nlp": arabic_conflict_nlp.__version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
    }
    write_json(out / "model" / "training.json", content)


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
