"""The bundled pair: engines agree, any transformers client reads the same, a record depends on its article alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from arabic_conflict_nlp import Article, ConflictPipeline, EntityTagger, EventClassifier, load_documents
from arabic_conflict_nlp.bio import label_of
from arabic_conflict_nlp.context import context_words
from arabic_conflict_nlp.engines import OnnxEngine
from arabic_conflict_nlp.evaluation import predict_entities, predict_events, score_entities, score_events
from arabic_conflict_nlp.model_folder import bundled_folder
from arabic_conflict_nlp.normalization import normalize
from arabic_conflict_nlp.onnx_export import export_onnx
from arabic_conflict_nlp.segment import split_sentences, split_tokens

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def pipeline():
    return ConflictPipeline.from_pretrained()


@pytest.fixture(scope="module")
def torch_pair():
    return EntityTagger.from_pretrained(engine="torch"), EventClassifier.from_pretrained(engine="torch")


@pytest.fixture(scope="module")
def articles():
    return [Article(id=path.stem, text=path.read_bytes().decode("utf-8")) for path in sorted((ROOT / "seeds").glob("*.txt"))]


@pytest.fixture(scope="module")
def sentences(articles):
    """Tokens of every seed sentence, by article."""
    cut = []
    for article in articles:
        normalized = normalize(article.text)
        tokens = split_tokens(normalized)
        cut.append([[t for t in tokens if s.start <= t.start < s.end] for s in split_sentences(normalized)])
    return cut


def test_onnx_and_torch_agree_on_every_seed_sentence_in_float32(torch_pair, sentences, tmp_path):
    tagger, classifier = torch_pair
    engines = []
    for model in (tagger, classifier):
        path = tmp_path / f"{id(model)}.onnx"
        path.write_bytes(export_onnx(model.engine).SerializeToString())
        engines.append(OnnxEngine(path))
    flat = [tokens for article in sentences for tokens in article]
    same_tagger = EntityTagger(tagger.encoder, engines[0])
    assert [tagging.tags for tagging in tagger.tag(flat)] == [tagging.tags for tagging in same_tagger.tag(flat)]
    words = [[[t.norm for t in tokens] for tokens in article] for article in sentences]
    rows = [sentence for article in words for sentence in article]
    contexts = [context_words(article, i) for article in words for i in range(len(article))]
    same_classifier = EventClassifier(classifier.encoder, engines[1])
    expected, found = classifier.classify(rows, contexts), same_classifier.classify(rows, contexts)
    assert [event.label for event in expected] == [event.label for event in found]
    assert max(abs(a.score - b.score) for a, b in zip(expected, found, strict=True)) < 1e-3


def test_transformers_pipeline_on_the_raw_folder_labels_the_words_alike(torch_pair, articles):
    from transformers import pipeline

    client = pipeline("token-classification", model=str(bundled_folder("entities")), device="cpu")
    tagger, _ = torch_pair
    labelled = 0
    for article in articles:
        for sentence in split_sentences(normalize(article.text)):
            tokens = split_tokens(normalize(sentence.text))
            ours = tagger.tag([tokens])[0].tags
            theirs = {piece["start"]: piece["entity"] for piece in client(sentence.text)}
            for token, tag in zip(tokens, ours, strict=True):
                if token.is_word:
                    assert label_of(theirs.get(token.start, "O")) == label_of(tag), (sentence.text, token)
                    labelled += tag != "O"
    assert labelled > 300


def test_transformers_text_classification_gives_the_same_event(torch_pair, articles):
    from transformers import pipeline

    client = pipeline("text-classification", model=str(bundled_folder("events")), device="cpu")
    _, classifier = torch_pair
    texts = [s.text for s in split_sentences(normalize(articles[2].text)) if len(s.text) < 400]
    contexts = ["", *texts[:-1]]
    contexts = [context[:80] for context in contexts]
    ours = classifier.predict(texts, contexts=contexts)
    for text, context, event in zip(texts, contexts, ours, strict=True):
        [theirs] = client([{"text": text, "text_pair": context} if context else {"text": text}])
        assert theirs["label"] == event.label
        assert theirs["score"] == pytest.approx(event.score, abs=1e-3)


def test_a_record_does_not_depend_on_its_neighbours(pipeline, articles):
    written = load_documents(ROOT / "annotations" / "written")[:64]
    # Their first two sentences: of many lengths, and quick.
    others = [Article(id=document.id, text="\n".join(document.sentence_texts()[:2])) for document in written]
    alone = {article.id: pipeline.extract_one(article) for article in articles}
    mixed = [*others[:40], *articles, *others[40:]]
    shuffled = random.Random(7).sample(mixed, len(mixed))
    for order in (mixed, shuffled):
        records = list(pipeline.extract(order))
        assert [record.id for record in records] == [article.id for article in order]
        for record in records:
            if record.id in alone:
                _assert_same(alone[record.id], record)


def _assert_same(expected, found):
    assert [(e.start, e.end, e.label) for e in expected.entities] == [(e.start, e.end, e.label) for e in found.entities]
    assert [(s.start, s.end, s.event.label) for s in expected.sentences] == [
        (s.start, s.end, s.event.label) for s in found.sentences
    ]
    for ours, theirs in zip(expected.entities, found.entities, strict=True):
        assert ours.score == pytest.approx(theirs.score, abs=1e-3)
    for ours, theirs in zip(expected.sentences, found.sentences, strict=True):
        assert ours.event.score == pytest.approx(theirs.event.score, abs=1e-3)


def test_every_mention_points_at_the_exact_characters(pipeline, articles):
    for article, record in zip(articles, pipeline.extract(articles), strict=True):
        assert record.entities
        for entity in record.entities:
            assert article.text[entity.start : entity.end] == entity.text
            assert 0 < entity.score <= 1
        for before, after in zip(record.entities, record.entities[1:], strict=False):
            assert before.end <= after.start


def test_long_input_loses_nothing(pipeline):
    sentence = "استهدف طيران التحالف الدولي مواقع الحرس الثوري الإيراني في الميادين"
    long_sentence = " و".join([sentence] * 300)  # 3,000 words without a sentence end
    record = pipeline.extract_one(Article(id="long sentence", text=long_sentence))
    assert len(record.sentences) == 1
    places = [e.start for e in record.entities if e.text.endswith("الميادين")]
    assert len(places) > 290
    assert places[-1] > len(long_sentence) - 20
    article = "\n".join([sentence + "."] * 2000)  # 20,000 words
    record = pipeline.extract_one(Article(id="long article", text=article))
    assert len(record.sentences) == 2000
    assert len({(e.text, e.label) for e in record.entities}) * 2000 == len(record.entities)


@pytest.mark.parametrize(
    ("hostile", "plain"),
    [
        ("سـ.يطر تنظيم داع«ش» على مدينة الميـ.ادين", "سيطر تنظيم داعش على مدينة الميادين"),
        ("قصــ.ف على #دير_الزور وطال مقرات ق.وات سوريا الديمقراطية", "قصف على دير الزور وطال مقرات قوات سوريا الديمقراطية"),
        ("شنّ الطـــيران الإ.س.ر.ا.ئ.ي.ل.ي غارات", "شن الطيران الإسرائيلي غارات"),
    ],
)
def test_obfuscated_text_reads_as_its_plain_spelling(pipeline, hostile, plain):
    expected = [(normalize(e.text).norm, e.label) for e in pipeline.tagger.predict_one(plain)]
    found = pipeline.tagger.predict_one(hostile)
    assert [(normalize(e.text).norm, e.label) for e in found] == expected
    assert expected
    assert all(hostile[e.start : e.end] == e.text for e in found)


def test_predict_gives_one_result_per_input(pipeline):
    texts = ["", "قصف على حلب", " ", "\x00\ud800", "abc"]
    results = pipeline.tagger.predict(texts)
    assert len(results) == len(texts)
    assert [e.text for e in results[1]] == ["حلب"]
    assert results[0] == results[2] == []
    events = pipeline.classifier.predict(texts)
    assert len(events) == len(texts)
    assert events[0].label == "NONE"
    for event in events:
        assert sum(event.scores.values()) == pytest.approx(1)
        assert len(event.scores) == 14
        assert event.score == max(event.scores.values())


def test_a_single_string_is_refused_with_advice(pipeline):
    with pytest.raises(TypeError, match="predict_one"):
        pipeline.tagger.predict("قصف")
    with pytest.raises(TypeError, match="predict_one"):
        pipeline.classifier.predict("قصف")
    with pytest.raises(ValueError, match="2 for 1"):
        pipeline.classifier.predict(["قصف"], contexts=["a", "b"])


def test_int8_costs_less_than_half_a_point(pipeline, torch_pair):
    documents = load_documents(ROOT / "annotations" / "written")[::3]
    tagger, classifier = torch_pair
    spans = [score_entities(documents, predict_entities(model, documents)).micro.f1 for model in (pipeline.tagger, tagger)]
    assert abs(spans[0] - spans[1]) < 0.005
    events = [score_events(documents, predict_events(model, documents)).accuracy for model in (pipeline.classifier, classifier)]
    assert abs(events[0] - events[1]) < 0.005


def test_the_models_know_the_written_reports(pipeline):
    # They were trained on these; a broken export or a shifted label shows here at once.
    documents = load_documents(ROOT / "annotations" / "written" / "reports-1.jsonl")
    assert score_entities(documents, predict_entities(pipeline.tagger, documents)).micro.f1 > 0.9
    assert score_events(documents, predict_events(pipeline.classifier, documents)).accuracy > 0.8
