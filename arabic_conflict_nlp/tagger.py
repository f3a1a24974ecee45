"""EntityTagger: text -> ACTOR, PLACE and WEAPON mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .bio import TAGS, entities_from_tags, label_scores
from .encoding import EncodedWord, WordEncoder, batches_by_length, pad_batch, plan_windows
from .engines import Engine, EngineName
from .model_folder import ModelFolder, bundled_folder
from .normalization import normalize
from .schema import Entity, Losses, Token
from .segment import split_tokens

WINDOW, OVERLAP = 256, 64


@dataclass(frozen=True, slots=True)
class Tagging:
    """One tag and one probability for each token of a text, and what was lost."""

    tags: tuple[str, ...]
    scores: tuple[float, ...]
    losses: Losses


class EntityTagger:
    """Finds mentions of actors, places and weapons.

    >>> tagger = EntityTagger.from_pretrained()
    >>> [(e.text, e.label) for e in tagger.predict_one("استهدف طيران التحالف الدولي مدينة الميادين.")]
    [('طيران التحالف الدولي', 'ACTOR'), ('الميادين', 'PLACE')]

    Args:
        encoder: words -> pieces.
        engine: pieces -> logits over ``bio.TAGS``.
        window: most pieces of one model pass, special tokens included.
        overlap: pieces that neighbouring windows of a long text share.
        batch_tokens: most pieces of a batch, padding included.
        folder: where the model was loaded from.
    """

    def __init__(
        self,
        encoder: WordEncoder,
        engine: Engine,
        *,
        window: int = WINDOW,
        overlap: int = OVERLAP,
        batch_tokens: int = 2048,
        folder: ModelFolder | None = None,
    ) -> None:
        self.encoder, self.engine, self.folder = encoder, engine, folder
        self.window, self.overlap, self.batch_tokens = window, overlap, batch_tokens

    @classmethod
    def from_pretrained(
        cls,
        path: str | Path | None = None,
        *,
        engine: EngineName = "auto",
        device: str | None = None,
        threads: int | None = None,
        local_files_only: bool = True,
    ) -> EntityTagger:
        """Load a model folder; the bundled one if none is named. Nothing is fetched unless asked.

        Raises:
            ModelError: the folder is missing, broken or for another task.
            MissingExtraError: the engine's package is not installed.
        """
        source = bundled_folder("entities") if path is None else path
        folder = ModelFolder.open(source, "entities", TAGS, local_files_only=local_files_only)
        settings = {key: folder.settings[key] for key in ("window", "overlap") if key in folder.settings}
        loaded = folder.engine(engine, device=device, threads=threads)
        return cls(folder.encoder(), loaded, folder=folder, **settings)

    def save_pretrained(self, path: str | Path) -> None:
        """Write a complete model folder: transformers files, tokenizer with the repair, int8 ONNX.

        Raises:
            OutputError: the folder cannot be written.
            MissingExtraError: a torch model is to be exported and ``onnx`` is not installed.
        """
        from .saving import save_model

        save_model(self, path, "entities", TAGS, {"window": self.window, "overlap": self.overlap})

    def predict(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Return the mentions of each text, in order; one list for each text, empty ones included.

        Raises:
            TypeError: ``texts`` is a single string.
        """
        if isinstance(texts, str):
            raise TypeError("predict() takes a list of texts; for a single one call predict_one()")
        tokens = [split_tokens(normalize(text)) for text in texts]
        taggings = self.tag(tokens)
        return [
            entities_from_tags(text, members, tagging.tags, tagging.scores)
            for text, members, tagging in zip(texts, tokens, taggings, strict=True)
        ]

    def predict_one(self, text: str) -> list[Entity]:
        """Return the mentions of one text."""
        return self.predict([text])[0]

    def tag(self, texts: Sequence[Sequence[Token]]) -> list[Tagging]:
        """Tag tokenized texts of any length: one tag for each token, none lost."""
        encoded = [self.encoder.encode_words([token.norm for token in tokens]) for tokens in texts]
        rows: list[tuple[int, int, int, list[int], list[int]]] = []
        for index, words in enumerate(encoded):
            for window in plan_windows([len(word.ids) for word in words], self.window - 2, self.overlap):
                ids, firsts = window_ids(words[window.start : window.end], self.encoder)
                kept = firsts[window.keep_start - window.start : window.keep_end - window.start]
                rows.append((index, window.keep_start, window.keep_end, ids, kept))
        probabilities = [np.zeros((len(words), len(TAGS)), dtype=np.float32) for words in encoded]
        for members in batches_by_length([len(row[3]) for row in rows], self.batch_tokens):
            logits = self.engine.logits(pad_batch([rows[i][3] for i in members], self.encoder.special.pad))
            for position, i in enumerate(members):
                index, keep_start, keep_end, _, kept = rows[i]
                probabilities[index][keep_start:keep_end] = softmax(logits[position, kept])
        return [_tagging(words, table) for words, table in zip(encoded, probabilities, strict=True)]


def window_ids(words: Sequence[EncodedWord], encoder: WordEncoder) -> tuple[list[int], list[int]]:
    """Return the piece ids of a window and the position of each word's first piece."""
    ids, firsts = [encoder.special.cls], []
    for word in words:
        firsts.append(len(ids))
        ids += word.ids
    ids.append(encoder.special.sep)
    return ids, firsts


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def count_losses(words: Sequence[EncodedWord]) -> Losses:
    """Count the words that the model could not read whole."""
    return Losses(sum(word.unknown for word in words), sum(word.truncated for word in words))


def _tagging(words: Sequence[EncodedWord], probabilities: np.ndarray) -> Tagging:
    if not words:
        return Tagging((), (), Losses())
    tag_ids: Any = probabilities.argmax(axis=1)
    scores = label_scores(probabilities, tag_ids)
    return Tagging(tuple(TAGS[i] for i in tag_ids), tuple(map(float, scores)), count_losses(words))
