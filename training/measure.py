"""Measure a model folder on a development file; write ``metrics.json`` and the model card beside the weights.

    python -m training.measure models/entity-tagger --dev DEV.jsonl

Measured are the shipped int8 weights on ONNX Runtime; the fp16 weights on torch (in float32) stand beside them, so that
the cost of int8 can be seen. Slices: documents with and without obfuscated spelling.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arabic_conflict_nlp.annotations import AnnotatedDocument
from arabic_conflict_nlp.engines import EngineName
from arabic_conflict_nlp.evaluation import predict_entities, predict_events, score_entities, score_events
from arabic_conflict_nlp.events import EventClassifier
from arabic_conflict_nlp.model_folder import BUNDLED_NAMES
from arabic_conflict_nlp.tagger import EntityTagger

from .card import write_card
from .data import load_corpus
from .report import machine, write_json


def measure_entities(folder: Path, documents: Sequence[AnnotatedDocument], engine: EngineName) -> dict[str, Any]:
    """Return strict span scores, whole and by slice."""
    predicted = predict_entities(EntityTagger.from_pretrained(folder, engine=engine), documents)
    return {
        name: score_entities([documents[i] for i in members], [predicted[i] for i in members]).to_dict()
        for name, members in slices(documents).items()
    }


def measure_events(folder: Path, documents: Sequence[AnnotatedDocument], engine: EngineName) -> dict[str, Any]:
    """Return accuracy, macro-F1 and scores per type, whole and by slice."""
    predicted = predict_events(EventClassifier.from_pretrained(folder, engine=engine), documents)
    return {
        name: score_events([documents[i] for i in members], [predicted[i] for i in members]).to_dict()
        for name, members in slices(documents).items()
    }


def slices(documents: Sequence[AnnotatedDocument]) -> dict[str, list[int]]:
    """Return the documents of each slice, by index."""
    hostile = [bool(document.metadata.get("obfuscated")) for document in documents]
    return {
        "all": list(range(len(documents))),
        "clean": [i for i, flag in enumerate(hostile) if not flag],
        "obfuscated": [i for i, flag in enumerate(hostile) if flag],
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("--dev", nargs="+", required=True, help="annotated files")
    arguments = parser.parse_args(argv)
    dev = load_corpus(arguments.dev)
    task = next((task for task, name in BUNDLED_NAMES.items() if _is_for(arguments.model, task)), "entities")
    measure = measure_entities if task == "entities" else measure_events
    metrics = {
        "task": task,
        "dev": dev.sources,
        "int8": measure(arguments.model, dev.documents, "onnx"),
        "float32": measure(arguments.model, dev.documents, "torch"),
        "machine": machine(),
        "command": "python -m training.measure " + " ".join(["MODEL", "--dev", *(s["name"] for s in dev.sources)]),
    }
    write_json(arguments.model / "metrics.json", metrics)
    write_card(arguments.model)
    print((arguments.model / "README.md").read_text(encoding="utf-8"), file=sys.stderr)


def _is_for(folder: Path, task: str) -> bool:
    import json

    architecture = json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"][0]
    return ("Token" in architecture) == (task == "entities")


if __name__ == "__main__":
    main()
