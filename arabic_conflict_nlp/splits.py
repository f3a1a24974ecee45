"""Stored splits of annotated documents, by article."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .annotations import AnnotatedDocument
from .errors import AnnotationError, InputError


def load_splits(path: str | Path) -> dict[str, dict[str, list[str]]]:
    """Read ``splits.json``: named splits, each a list of document ids for ``train`` and ``test``.

    Raises:
        InputError: the file is missing or no such JSON, or a document stands on both sides of a split.
    """
    path = Path(path)
    try:
        splits = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no JSON ({error}); restore the file") from None
    if not isinstance(splits, dict):
        raise InputError(f"{path}: a JSON {type(splits).__name__}, not an object of named splits; restore the file")
    for name, sides in splits.items():
        if not isinstance(sides, dict) or set(sides) != {"train", "test"} or not all(map(_is_ids, sides.values())):
            raise InputError(f"{path}: the split {name!r} is no pair of lists of ids, 'train' and 'test'; restore the file")
        shared = set(sides["train"]) & set(sides["test"])
        if shared:
            raise InputError(f"{path}: the split {name!r} has {min(shared)!r} on both sides; keep it on one")
    return splits


def _is_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(identifier, str) for identifier in value)


def select(documents: Sequence[AnnotatedDocument], ids: Sequence[str]) -> list[AnnotatedDocument]:
    """Return the documents of a split, in the order of ``ids``.

    Raises:
        AnnotationError: an id is not among the documents.
    """
    by_id = {document.id: document for document in documents}
    unknown = [identifier for identifier in ids if identifier not in by_id]
    if unknown:
        raise AnnotationError(f"no document with id {unknown[0]!r} ({len(unknown)} unknown in all): check the split")
    return [by_id[identifier] for identifier in ids]
