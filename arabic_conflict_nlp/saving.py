"""Write a complete model folder, whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .engines import Task, TorchEngine
from .errors import OutputError
from .model_folder import CONFIG, ONNX_WEIGHTS, TOKENIZER, TORCH_WEIGHTS

if TYPE_CHECKING:
    from .events import EventClassifier
    from .tagger import EntityTagger

_TOKENIZER_CONFIG = "tokenizer_config.json"


def save_model(
    model: EntityTagger | EventClassifier, path: str | Path, task: Task, labels: tuple[str, ...], settings: Mapping[str, Any]
) -> None:
    """Write the folder of a model; an older model folder of that name is replaced, only when the new one is complete.

    A model that runs on torch is written anew: fp16 safetensors, config with the labels, tokenizer, int8 ONNX. One that
    runs on ONNX has no weights to write, and its folder is copied.

    Raises:
        OutputError: the folder cannot be written.
        MissingExtraError: the ONNX export needs a package that is not installed.
    """
    target = Path(path).absolute()
    _refuse_to_destroy(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error
    try:
        if isinstance(model.engine, TorchEngine):
            _write(model, staging, labels, settings)
        elif model.folder is not None:
            shutil.copytree(model.folder.path, staging, dirs_exist_ok=True)
            _write_config(staging, {**model.folder.config, "conflict_nlp": dict(settings)})
        else:
            raise OutputError(f"{target}: a model on the {model.engine.name} engine and without a folder cannot be saved")
        staging.chmod(0o755)
        _swap(staging, target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(model: EntityTagger | EventClassifier, folder: Path, labels: tuple[str, ...], settings: Mapping[str, Any]) -> None:
    from .onnx_export import export_onnx, quantize_weights

    engine = model.engine
    assert isinstance(engine, TorchEngine)
    # What is shipped is fp16: round first, so that the ONNX file is made of the very weights that lie beside it.
    rounded = {name: _rounded(tensor) for name, tensor in engine.model.state_dict().items()}
    engine.model.load_state_dict(rounded)
    from safetensors.torch import save_file

    half = {name: (t.half() if t.is_floating_point() else t).cpu().contiguous().clone() for name, t in rounded.items()}
    save_file(half, folder / TORCH_WEIGHTS, metadata={"format": "pt"})
    config = engine.model.config.to_dict()
    config.update(
        architectures=[type(engine.model).__name__],
        id2label={str(index): label for index, label in enumerate(labels)},
        label2id={label: index for index, label in enumerate(labels)},
        dtype="float32",
        conflict_nlp=dict(settings),
    )
    for key in ("_name_or_path", "torch_dtype"):
        config.pop(key, None)
    _write_config(folder, config)
    (folder / TOKENIZER).write_text(model.encoder.tokenizer_json, encoding="utf-8")
    tokenizer_config = _tokenizer_config(model)
    (folder / _TOKENIZER_CONFIG).write_text(json.dumps(tokenizer_config, indent=1) + "\n", encoding="utf-8")
    quantize_weights(export_onnx(engine), folder / ONNX_WEIGHTS)


def _write_config(folder: Path, config: Mapping[str, Any]) -> None:
    (folder / CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _rounded(tensor: Any) -> Any:
    return tensor.half().float() if tensor.is_floating_point() else tensor


def _tokenizer_config(model: EntityTagger | EventClassifier) -> dict[str, Any]:
    encoder = model.encoder
    names = {role: encoder.id_to_token(getattr(encoder.special, role)) for role in ("cls", "sep", "pad", "unk")}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 512,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        **{f"{role}_token": name for role, name in names.items()},
    }


def _refuse_to_destroy(target: Path) -> None:
    """Only an empty folder or an older model folder may be replaced."""
    if target.is_dir() and any(target.iterdir()) and not (target / CONFIG).is_file():
        raise OutputError(f"{target}: a folder with other files in it and no model; name a new folder")
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target}: a file; choose another folder")


def _swap(staging: Path, target: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    try:
        if target.exists():
            target.replace(old / target.name)
        try:
            staging.replace(target)
        except OSError:
            if (old / target.name).exists():
                (old / target.name).replace(target)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
