"""The training programs, end to end, on checkpoints made here: the shape of AraBERT (BERT, WordPiece), but tiny."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
)

from arabic_conflict_nlp import EntityTagger, EventClassifier, load_documents
from arabic_conflict_nlp.encoding import pad_batch
from arabic_conflict_nlp.labels import EVENT_TYPES
from training import agreement, card, entities, events, measure
from training.encoder import kept_pieces, trim
from training.loop import Example, epoch_batches

ROOT = Path(__file__).parent.parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.fixture(scope="module")
def arabert_shaped(tmp_path_factory):
    """A folder like aubmindlab/bert-base-arabertv02, two layers of 32 instead of twelve of 768."""
    folder = tmp_path_factory.mktemp("encoder") / "tiny-arabert"
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    texts = [document.text for document in load_documents(ROOT / "annotations" / "articles.jsonl")]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=800, special_tokens=SPECIAL))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    lines = (ROOT / "annotations" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "train.jsonl").write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
    (folder / "dev.jsonl").write_text(lines[0] + "\n", encoding="utf-8")
    return folder


def arguments(encoder, files, out, *more):
    data = ["--train", str(files / "train.jsonl"), "--dev", str(files / "dev.jsonl")]
    return ["--encoder", str(encoder), *data, "--out", str(out), "--device", "cpu", *more]


@pytest.fixture(scope="module")
def tagger_run(arabert_shaped, files, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    entities.main(arguments(arabert_shaped, files, out, "--epochs", "3", "--learning-rate", "1e-2"))
    return out


def test_tagger_folder_is_complete_and_standard(tagger_run):
    folder = tagger_run / "model"
    assert {"config.json", "model.safetensors", "model.int8.onnx", "tokenizer.json", "training.json"} <= {
        path.name for path in folder.iterdir()
    }
    model = AutoModelForTokenClassification.from_pretrained(folder)
    assert model.config.id2label[1] == "B-ACTOR"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.tokenize("الحــ.رس الثــ.وري") == tokenizer.tokenize("الحرس الثوري")


def test_tagger_learns(tagger_run):
    history = json.loads((tagger_run / "model" / "training.json").read_text())["history"]
    assert history[-1]["loss"] < history[0]["loss"]


def test_both_engines_load_what_was_saved(tagger_run):
    text = "استهدفت القوات الأميركية مقرات الحرس الثوري في دير الزور."
    results = [EntityTagger.from_pretrained(tagger_run / "model", engine=e).predict_one(text) for e in ("onnx", "torch")]
    assert [(e.start, e.end, e.label) for e in results[0]] == [(e.start, e.end, e.label) for e in results[1]]


def test_int8_onnx_gives_the_logits_of_torch(tagger_run):
    rows = [[2, 100, 200, 300, 3], [2, 50, 3], [2, *range(5, 60), 3]]
    batch = pad_batch(rows, pad_id=0)
    onnx, torch_ = (EntityTagger.from_pretrained(tagger_run / "model", engine=e).engine.logits(batch) for e in ("onnx", "torch"))
    for row, ids in enumerate(rows):
        expected, found = torch_[row, : len(ids)], onnx[row, : len(ids)]
        assert np.abs(expected - found).max() < 0.05 * np.abs(expected).max()
        assert expected.std() > 0.1


def test_events_train_on_the_encoder_of_the_tagger(tagger_run, files, tmp_path):
    events.main(arguments(tagger_run / "model", files, tmp_path, "--epochs", "1"))
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert model.config.num_hidden_layers == 3  # the averaging layer
    assert list(model.config.id2label.values()) == list(EVENT_TYPES)
    event = EventClassifier.from_pretrained(tmp_path / "model").predict_one("انشق عناصر من الميليشيات")
    assert event.label in EVENT_TYPES


def test_measuring_writes_metrics_and_card(tagger_run, files):
    measure.main([str(tagger_run / "model"), "--dev", str(files / "dev.jsonl")])
    metrics = json.loads((tagger_run / "model" / "metrics.json").read_text())
    text = (tagger_run / "model" / "README.md").read_text()
    assert f"{metrics['int8']['all']['micro']['f1']:.3f}" in text
    card.main([str(tagger_run / "model")])
    assert (tagger_run / "model" / "README.md").read_text() == text


def test_a_killed_run_ends_with_the_same_weights(arabert_shaped, files, tmp_path, monkeypatch):
    config = ["--epochs", "3", "--batch-tokens", "512", "--accumulate", "2"]
    entities.main(arguments(arabert_shaped, files, tmp_path / "whole", *config))
    from training.loop import Trainer

    steps = []
    train_step = Trainer._train_step

    def killed(self, batches):
        steps.append(1)
        if len(steps) == 11:
            raise KeyboardInterrupt
        if len(steps) == 9:
            assert self.step_in_epoch > 0
            self._save()
        return train_step(self, batches)

    monkeypatch.setattr(Trainer, "_train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        entities.main(arguments(arabert_shaped, files, tmp_path / "killed", *config))
    monkeypatch.setattr(Trainer, "_train_step", train_step)
    torch.manual_seed(12345)  # the random state must come from the checkpoint
    entities.main(arguments(arabert_shaped, files, tmp_path / "killed", *config, "--resume"))
    whole, resumed = (load_file(tmp_path / name / "best.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_batches_hold_every_example_once():
    examples = [Example(tuple(range(3 + i % 40)), 0) for i in range(300)]
    batches = epoch_batches(examples, 128, seed=1, epoch=2)
    assert sorted(i for batch in batches for i in batch) == list(range(300))
    assert all(len(b) == 1 or len(b) * max(len(examples[i].ids) for i in b) <= 128 for b in batches)
    assert batches == epoch_batches(examples, 128, seed=1, epoch=2)
    assert batches != epoch_batches(examples, 128, seed=1, epoch=3)


def test_trimming_keeps_ids_and_rows_together():
    vocabulary = [["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["▁кот", -1], ["▁قصف", -2], ["的", -3], ["ab", -4]]
    tokenizer = {
        "model": {"vocab": vocabulary, "unk_id": 3},
        "added_tokens": [{"id": 2, "content": "</s>"}],
        "post_processor": {"special_tokens": {"</s>": {"ids": [2]}}},
    }
    weights = {"embeddings.word_embeddings.weight": torch.arange(8.0)[:, None]}
    assert kept_pieces(vocabulary) == [0, 1, 2, 3, 5, 7]
    trim(weights, tokenizer)
    assert weights["embeddings.word_embeddings.weight"][:, 0].tolist() == [0, 1, 2, 3, 5, 7]
    assert [piece for piece, _ in tokenizer["model"]["vocab"]] == ["<s>", "<pad>", "</s>", "<unk>", "▁قصف", "ab"]


def test_agreement_is_computed_from_the_raw_passes(capsys):
    passes = ROOT / "annotations" / "passes"
    for names in (("first", "second"), ("writer", "reader")):
        agreement.main([str(passes / name) for name in names])
        out = capsys.readouterr().out
        spans = re.search(r"strict F1 (\S+)", out)
        labels = re.search(r"events: accuracy (\S+)", out)
        # The figures of the README are those that the command prints.
        row = f"| {spans.group(1)} | {labels.group(1)} |"
        assert row in (ROOT / "annotations" / "README.md").read_text(encoding="utf-8")
