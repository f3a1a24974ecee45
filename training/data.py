"""Where the training rows come from: files, hashes, and the split into training and development."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arabic_conflict_nlp.annotations import AnnotatedDocument, LoadReport, load_documents


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents with the record of where they came from."""

    documents: list[AnnotatedDocument]
    sources: list[dict[str, Any]]


def load_corpus(paths: Sequence[str]) -> Corpus:
    """Load annotation files or folders; edge quotation marks of foreign files are trimmed and counted."""
    documents: list[AnnotatedDocument] = []
    sources: list[dict[str, Any]] = []
    for path in paths:
        report = LoadReport()
        loaded = load_documents(path, edge_quotes="trim", report=report)
        documents += loaded
        sources.append(
            {
                "name": "/".join(Path(path).parts[-2:]),
                "sha256": file_hash(Path(path)),
                "documents": report.documents,
                "sentences": sum(len(document.sentences) for document in loaded),
                "mentions": sum(len(document.entities) for document in loaded),
                "trimmed_quotes": report.trimmed_quotes,
            }
        )
    return Corpus(documents, sources)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or of the .jsonl files of a folder in name order."""
    digest = hashlib.sha256()
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        digest.update(file.read_bytes())
    return digest.hexdigest()
