"""Write the card of a model folder from its ``training.json`` and ``metrics.json``.

python -m training.card models/entity-tagger models/event-classifier
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from arabic_conflict_nlp.model_folder import BUNDLED_NAMES

_TASKS = {
    "entities": (
        "entity tagger",
        "token-classification",
        "Marks ACTOR, PLACE and WEAPON mentions in Arabic conflict news (BIO over words).",
    ),
    "events": (
        "event classifier",
        "text-classification",
        "Names what the main clause of a sentence of Arabic conflict news reports: one of thirteen event types, or NONE.",
    ),
}

_LIMITS = {
    "entities": (
        "- Trained on news and posts of 2008 to 2025, most of them about Syria; other theatres are read less surely.\n"
        "- WEAPON is the weakest label: it has the fewest training mentions.\n"
        "- Scores are raw softmax probabilities, not calibrated.\n"
        "- A mention is a claim of the text, not a fact about the world."
    ),
    "events": (
        "- Rare types (WITHDRAWAL, DEFECTION, DISPLACEMENT) have few real training sentences, and few on the development set:\n"
        "  their figures move by many points with a single sentence.\n"
        "- One type a sentence: of several events the leading one counts.\n"
        "- Without its context a sentence is often ambiguous: pass the neighbouring sentences.\n"
        "- Scores are raw softmax probabilities, not calibrated."
    ),
}


def write_card(folder: Path) -> None:
    """Write ``README.md`` of a model folder.

    Raises:
        FileNotFoundError: ``training.json`` or ``metrics.json`` is missing.
    """
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    (folder / "README.md").write_text("\n".join(_lines(training, metrics)) + "\n", encoding="utf-8")


def _lines(training: dict[str, Any], metrics: dict[str, Any]) -> Iterator[str]:
    task = training["task"]
    kind, pipeline_tag, purpose = _TASKS[task]
    name = BUNDLED_NAMES[task]
    bundled = training["encoder"] in ("e5-small-arabic", BUNDLED_NAMES["entities"])
    base = "license: mit\nbase_model: intfloat/multilingual-e5-small\n" if bundled else ""
    yield f"---\nlanguage: ar\n{base}pipeline_tag: {pipeline_tag}\n---\n"
    yield f"# {name}\n\nThe {kind} of arabic-conflict-nlp. {purpose}\n"
    yield "Labels follow `annotations/guidelines.md` of the project; offsets are code points of the raw text.\n"
    yield "## Scores\n"
    yield f"On {_describe(metrics['dev'])}; int8 weights on ONNX Runtime, {metrics['machine']}."
    yield "The development set chose the training epoch, so these figures are slightly kind. No test set was touched.\n"
    yield from _entity_table(metrics) if task == "entities" else _event_table(metrics)
    yield f"\nCommand: `{metrics['command']}`\n"
    yield "## Training\n"
    origin = "; it descends from multilingual-e5-small (MIT), trimmed to Arabic by `training/encoder.py`" if bundled else ""
    yield f"- Encoder: {training['encoder']}{origin}"
    config = training["config"]
    yield (
        f"- {training['best_epoch']} of {config['epochs']} epochs, learning rate {config['learning_rate']:g} "
        f"(head {config['head_learning_rate']:g}), {config['batch_tokens']} pieces a batch, seed {config['seed']}, "
        f"{training['seconds'] / 60:.0f} minutes on {training['machine']} from the end of the first epoch"
    )
    yield f"- Versions: {', '.join(f'{key} {value}' for key, value in training['versions'].items())}"
    yield "- Data:\n"
    yield "| source | documents | sentences | mentions | SHA-256 |\n|---|--:|--:|--:|---|"
    for source in training["train"]:
        yield (
            f"| {source['name']} | {source['documents']} | {source['sentences']} | {source['mentions']} | "
            f"`{source['sha256'][:16]}…` |"
        )
    if not bundled:
        return
    yield "\n`annotations/` is the project's own; its articles are press articles, its `written/` reports original compositions."
    yield "`annotated/train.jsonl` holds the project's labels on third-party news texts, which are not redistributed."
    yield "No figure on the seed articles is given: they are among the training data.\n"
    yield f"## Limits\n\n{_LIMITS[task]}\n"
    yield "## Licence\n\nWeights: MIT, as the encoder they start from (intfloat/multilingual-e5-small, MIT)."


def _describe(sources: Sequence[dict[str, Any]]) -> str:
    return "; ".join(
        f"`{s['name']}` ({s['documents']} documents, {s['sentences']} sentences, {s['mentions']} mentions, "
        f"SHA-256 `{s['sha256'][:16]}…`)"
        for s in sources
    )


def _entity_table(metrics: dict[str, Any]) -> Iterator[str]:
    whole = metrics["int8"]
    yield "| strict spans | precision | recall | F1 | gold | F1 clean | F1 obfuscated | F1 float32 |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for label in ("ACTOR", "PLACE", "WEAPON", "micro"):
        score = whole["all"][label]
        yield (
            f"| {label} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} | {score['gold']} | "
            f"{whole['clean'][label]['f1']:.3f} | {whole['obfuscated'][label]['f1']:.3f} | "
            f"{metrics['float32']['all'][label]['f1']:.3f} |"
        )


def _event_table(metrics: dict[str, Any]) -> Iterator[str]:
    yield "| sentences | accuracy | macro-F1 | number |\n|---|--:|--:|--:|"
    for name, score in (*metrics["int8"].items(), ("all, float32", metrics["float32"]["all"])):
        yield f"| {name} | {score['accuracy']:.3f} | {score['macro_f1']:.3f} | {score['sentences']} |"
    yield "\n| type | precision | recall | F1 | gold |\n|---|--:|--:|--:|--:|"
    for label, score in metrics["int8"]["all"].items():
        if isinstance(score, dict):
            yield f"| {label} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} | {score['gold']} |"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="model folders")
    for folder in parser.parse_args(argv).models:
        write_card(folder)


if __name__ == "__main__":
    main()
