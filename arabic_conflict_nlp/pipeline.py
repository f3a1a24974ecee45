"""ConflictPipeline: Article -> Record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from .bio import entities_from_tags
from .context import context_words
from .engines import EngineName
from .errors import InputError
from .events import EventClassifier
from .normalization import normalize
from .schema import SCHEMA_VERSION, Article, Entity, Losses, Record, Sentence, SentenceEvent, Token
from .segment import split_sentences, split_tokens, tokens_by_sentence
from .tagger import EntityTagger
from .version import __version__

_LOOK_AHEAD = 16


class ConflictPipeline:
    """Turns articles into records: mentions, sentences with their event type, losses, provenance.

    >>> pipeline = ConflictPipeline.from_pretrained()
    >>> article = Article(id="1", text="قُتل 3 عناصر من قسد بانفجار عبوة ناسفة في الرقة.")
    >>> record = pipeline.extract_one(article)
    >>> [(e.text, e.label) for e in record.entities]
    [('قسد', 'ACTOR'), ('عبوة ناسفة', 'WEAPON'), ('الرقة', 'PLACE')]

    Args:
        tagger: finds the mentions.
        classifier: names the event of each sentence.
    """

    def __init__(self, tagger: EntityTagger, classifier: EventClassifier) -> None:
        self.tagger, self.classifier = tagger, classifier
        parts: dict[str, EntityTagger | EventClassifier] = {"entities": tagger, "events": classifier}
        self._models = {
            task: {
                "name": model.folder.path.name if model.folder else None,
                "version": model.folder.version(model.engine.name) if model.folder else None,
                "engine": model.engine.name,
            }
            for task, model in parts.items()
        }

    @classmethod
    def from_pretrained(
        cls,
        entities: str | Path | None = None,
        events: str | Path | None = None,
        *,
        engine: EngineName = "auto",
        device: str | None = None,
        threads: int | None = None,
    ) -> ConflictPipeline:
        """Load two model folders, the bundled ones where none is named. Nothing is fetched.

        Raises:
            ModelError: a folder is missing, broken or for another task.
            MissingExtraError: the engine's package is not installed.
        """
        return cls(
            EntityTagger.from_pretrained(entities, engine=engine, device=device, threads=threads),
            EventClassifier.from_pretrained(events, engine=engine, device=device, threads=threads),
        )

    def extract(self, articles: Iterable[Article]) -> Iterator[Record]:
        """Yield exactly one record for each article, in order, reading only a few articles ahead.

        A record depends on its article alone, never on the others of the run.

        Raises:
            InputError: an item is no ``Article`` or its text no string.
        """
        stream = iter(articles)
        while chunk := list(islice(stream, _LOOK_AHEAD)):
            yield from self._extract_chunk(chunk)

    def extract_one(self, article: Article) -> Record:
        """Return the record of one article."""
        return next(self.extract([article]))

    def _extract_chunk(self, articles: list[Article]) -> Iterator[Record]:
        cut = [_cut(article) for article in articles]
        taggings = iter(self.tagger.tag([tokens for _, dealt in cut for tokens in dealt]))
        sentences: list[list[str]] = []
        contexts: list[list[str]] = []
        for article, (_, dealt) in zip(articles, cut, strict=True):
            title = [[token.norm for token in split_tokens(normalize(article.title))]] if article.title else []
            words = [[token.norm for token in tokens] for tokens in dealt]
            sentences += words
            contexts += [context_words(title + words, index + len(title)) for index in range(len(words))]
        events = iter(self.classifier.classify(sentences, contexts))
        for article, (members, dealt) in zip(articles, cut, strict=True):
            entities: list[Entity] = []
            unknown = truncated = 0
            for tokens in dealt:
                tagging = next(taggings)
                entities += entities_from_tags(article.text, tokens, tagging.tags, tagging.scores)
                unknown += tagging.losses.unknown_words
                truncated += tagging.losses.truncated_words
            yield Record(
                id=article.id,
                entities=tuple(entities),
                sentences=tuple(SentenceEvent(s.start, s.end, next(events)) for s in members),
                losses=Losses(unknown, truncated),
                provenance=self._provenance(article),
                title=article.title,
                published=article.published,
                source=article.source,
            )

    def _provenance(self, article: Article) -> dict[str, Any]:
        return {
            "text_sha256": hashlib.sha256(article.text.encode("utf-8", "surrogatepass")).hexdigest(),
            "encoding": article.encoding,
            "library": __version__,
            "schema": SCHEMA_VERSION,
            "models": self._models,
        }


def _cut(article: Article) -> tuple[list[Sentence], list[list[Token]]]:
    """Return the sentences of an article and the tokens of each."""
    if not isinstance(article, Article) or not isinstance(article.text, str) or not isinstance(article.id, str):
        raise InputError(
            f"extract() takes Article objects whose id and text are strings, found {article!r:.80}: use Article(id=, text=)"
        )
    normalized = normalize(article.text)
    sentences = split_sentences(normalized)
    return sentences, tokens_by_sentence(split_tokens(normalized), sentences)
