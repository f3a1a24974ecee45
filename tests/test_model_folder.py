"""Broken, foreign and missing model folders; saving and loading again."""

from __future__ import annotations

import json
import shutil

import pytest

from arabic_conflict_nlp import EntityTagger, EventClassifier
from arabic_conflict_nlp.errors import MissingExtraError, ModelError, OutputError
from arabic_conflict_nlp.model_folder import bundled_folder


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(bundled_folder("entities"), tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))


def test_missing_folder(tmp_path):
    with pytest.raises(ModelError, match="no such model folder"):
        EntityTagger.from_pretrained(tmp_path / "nothing")


def test_a_hub_id_is_not_fetched_unasked():
    with pytest.raises(ModelError, match="local_files_only"):
        EntityTagger.from_pretrained("somebody/some-model")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="a file, not a model folder"):
        EntityTagger.from_pretrained(tmp_path / "file")


def test_model_of_the_other_task():
    with pytest.raises(ModelError, match="no folder for events"):
        EventClassifier.from_pretrained(bundled_folder("entities"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        EntityTagger.from_pretrained(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [("config.json", b"{"), ("config.json", b"[]"), ("tokenizer.json", b"{}"), ("model.int8.onnx", b"\x00\x01")],
)
def test_broken_file_is_named(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=name):
        EntityTagger.from_pretrained(folder)


def test_missing_weights_name_the_engine_that_would_work(folder):
    with pytest.raises(ModelError, match=r"model\.int8\.onnx: choose that engine"):
        EntityTagger.from_pretrained(folder, engine="torch")
    (folder / "model.int8.onnx").unlink()
    with pytest.raises(ModelError, match="copy the folder again"):
        EntityTagger.from_pretrained(folder)


def test_labels_of_another_scheme(folder):
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"0": "O", "1": "B-PER"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="B-PER"):
        EntityTagger.from_pretrained(folder)


def test_unknown_engine(folder):
    with pytest.raises(ValueError, match="'onnx' or 'torch'"):
        EntityTagger.from_pretrained(folder, engine="jax")


def test_missing_extra_is_named(monkeypatch, folder):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    shutil.copy(folder / "model.int8.onnx", folder / "model.safetensors")
    with pytest.raises(MissingExtraError, match=r"arabic-conflict-nlp\[torch\]"):
        EntityTagger.from_pretrained(folder, engine="torch")


def test_loading_opens_nothing_outside_the_folder(folder, monkeypatch):
    import socket

    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    assert EntityTagger.from_pretrained(folder).predict_one("قصف على حلب")[0].text == "حلب"


def test_saving_an_onnx_model_copies_its_folder(folder, tmp_path):
    tagger = EntityTagger.from_pretrained(folder)
    tagger.save_pretrained(tmp_path / "copy")
    assert sorted(p.name for p in (tmp_path / "copy").iterdir()) == sorted(p.name for p in folder.iterdir())
    again = EntityTagger.from_pretrained(tmp_path / "copy")
    assert again.folder.version("onnx") == tagger.folder.version("onnx")


def test_saving_where_nothing_can_be_written(folder, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="choose another folder"):
        EntityTagger.from_pretrained(folder).save_pretrained(tmp_path / "file" / "model")
