"""EventClassifier: sentence -> one of fourteen event types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .encoding import EncodedWord, WordEncoder, batches_by_length, pad_batch, plan_windows
from .engines import Engine, EngineName
from .labels import EVENT_TYPES
from .model_folder import ModelFolder, bundled_folder
from .normalization import normalize
from .schema import EventLabel
from .segment import split_tokens
from .tagger import softmax

SENTENCE_WINDOW, CONTEXT_WINDOW, OVERLAP = 160, 48, 32


class EventClassifier:
    """Tells what the main clause of a sentence reports.

    >>> classifier = EventClassifier.from_pretrained()
    >>> classifier.predict_one("شن الطيران الحربي غارات جوية على بلدة سراقب.").label
    'AIRSTRIKE'

    Args:
        encoder: words -> pieces.
        engine: pieces -> logits over ``labels.EVENT_TYPES``.
        sentence_window: most pieces of a sentence in one pass; a longer one is read in overlapping windows.
        context_window: most pieces of context; what lies beyond is not read.
        batch_tokens: most pieces of a batch, padding included.
        folder: where the model was loaded from.
    """

    def __init__(
        self,
        encoder: WordEncoder,
        engine: Engine,
        *,
        sentence_window: int = SENTENCE_WINDOW,
        context_window: int = CONTEXT_WINDOW,
        batch_tokens: int = 2048,
        folder: ModelFolder | None = None,
    ) -> None:
        self.encoder, self.engine, self.folder = encoder, engine, folder
        self.sentence_window, self.context_window, self.batch_tokens = sentence_window, context_window, batch_tokens

    @classmethod
    def from_pretrained(
        cls,
        path: str | Path | None = None,
        *,
        engine: EngineName = "auto",
        device: str | None = None,
        threads: int | None = None,
        local_files_only: bool = True,
    ) -> EventClassifier:
        """Load a model folder; the bundled one if none is named. Nothing is fetched unless asked.

        Raises:
            ModelError: the folder is missing, broken or for another task.
            MissingExtraError: the engine's package is not installed.
        """
        source = bundled_folder("events") if path is None else path
        folder = ModelFolder.open(source, "events", EVENT_TYPES, local_files_only=local_files_only)
        settings = {k: folder.settings[k] for k in ("sentence_window", "context_window") if k in folder.settings}
        loaded = folder.engine(engine, device=device, threads=threads)
        return cls(folder.encoder(), loaded, folder=folder, **settings)

    def save_pretrained(self, path: str | Path) -> None:
        """Write a complete model folder: transformers files, tokenizer with the repair, int8 ONNX.

        Raises:
            OutputError: the folder cannot be written.
            MissingExtraError: a torch model is to be exported and ``onnx`` is not installed.
        """
        from .saving import save_model

        settings = {"sentence_window": self.sentence_window, "context_window": self.context_window}
        save_model(self, path, "events", EVENT_TYPES, settings)

    def predict(self, sentences: Sequence[str], *, contexts: Sequence[str | None] | None = None) -> list[EventLabel]:
        """Return the event type of each sentence, in order, with a score for each of the types.

        Args:
            sentences: raw sentences.
            contexts: the neighbouring sentences of each as one text (``context.sentence_context``), or None.

        Raises:
            TypeError: ``sentences`` is a single string.
            ValueError: there are not as many contexts as sentences.
        """
        if isinstance(sentences, str):
            raise TypeError("predict() takes a list of sentences; for a single one call predict_one()")
        if contexts is None:
            contexts = [None] * len(sentences)
        if isinstance(contexts, str) or len(contexts) != len(sentences):
            raise ValueError(f"contexts must hold one text a sentence: found {len(contexts)} for {len(sentences)} sentences")
        return self.classify([_words(s) for s in sentences], [_words(c or "") for c in contexts])

    def predict_one(self, sentence: str, *, context: str | None = None) -> EventLabel:
        """Return the event type of one sentence."""
        return self.predict([sentence], contexts=[context])[0]

    def classify(self, sentences: Sequence[Sequence[str]], contexts: Sequence[Sequence[str]]) -> list[EventLabel]:
        """Classify sentences given as repaired words. An empty sentence is NONE with probability 1."""
        rows: list[list[int]] = []
        owners: list[int] = []
        weights: list[int] = []
        for index, (sentence, context) in enumerate(zip(sentences, contexts, strict=True)):
            words = self.encoder.encode_words(sentence)
            around = self.encoder.encode_words(context)
            for window in plan_windows([len(word.ids) for word in words], self.sentence_window, OVERLAP):
                rows.append(pair_ids(words[window.start : window.end], around, self.encoder, self.context_window))
                owners.append(index)
                weights.append(window.keep_end - window.keep_start)
        totals = np.zeros((len(sentences), len(EVENT_TYPES)))
        for members in batches_by_length([len(row) for row in rows], self.batch_tokens):
            logits = self.engine.logits(pad_batch([rows[i] for i in members], self.encoder.special.pad))
            for i, probabilities in zip(members, softmax(logits), strict=True):
                totals[owners[i]] += weights[i] * probabilities
        return [_label(row) for row in totals]


def pair_ids(
    words: Sequence[EncodedWord], context: Sequence[EncodedWord], encoder: WordEncoder, context_window: int
) -> list[int]:
    """Return the piece ids of a sentence and its context, as the tokenizer's pair template lays them out."""
    special = encoder.special
    around: list[int] = []
    for word in context:
        if len(around) + len(word.ids) > context_window:
            break
        around += word.ids
    ids = [special.cls, *(i for word in words for i in word.ids), special.sep]
    if around:
        ids += [special.sep] * (encoder.pair_separators - 1) + around + [special.sep]
    return ids


def _words(text: str) -> list[str]:
    return [token.norm for token in split_tokens(normalize(text))]


def _label(totals: np.ndarray) -> EventLabel:
    mass = totals.sum()
    if mass == 0:
        scores = {label: float(label == "NONE") for label in EVENT_TYPES}
    else:
        scores = {label: float(value) for label, value in zip(EVENT_TYPES, totals / mass, strict=True)}
    best = max(EVENT_TYPES, key=lambda label: scores[label])
    return EventLabel(best, scores[best], scores)
