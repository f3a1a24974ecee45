"""A model folder on disk: what it must hold, where the bundled ones lie, how one is opened."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .encoding import WordEncoder
from .engines import Engine, EngineName, OnnxEngine, Task, TorchEngine
from .errors import MissingExtraError, ModelError

CONFIG, TOKENIZER, CARD = "config.json", "tokenizer.json", "README.md"
ONNX_WEIGHTS, TORCH_WEIGHTS = "model.int8.onnx", "model.safetensors"
BUNDLED_NAMES: dict[Task, str] = {"entities": "entity-tagger", "events": "event-classifier"}

_PACKAGE = Path(__file__).resolve().parent


def bundled_folder(task: Task) -> Path:
    """Return the bundled model: inside the package (wheel) or beside it (checkout, editable install).

    Raises:
        ModelError: neither is there.
    """
    name = BUNDLED_NAMES[task]
    places = (_PACKAGE / "_models" / name, _PACKAGE.parent / "models" / name)
    for place in places:
        if (place / CONFIG).is_file():
            return place
    raise ModelError(
        f"the bundled model {name!r} is not in {places[0]} nor in {places[1]}: install the package again, or name a model folder"
    )


@dataclass(frozen=True)
class ModelFolder:
    """An existing folder whose config names the labels of a task."""

    path: Path
    task: Task
    config: dict[str, Any]

    @classmethod
    def open(cls, path: str | Path, task: Task, labels: tuple[str, ...], *, local_files_only: bool = True) -> ModelFolder:
        """Check a folder, or fetch a hub id where that is allowed.

        Args:
            path: folder, or the id of a model on the hub.
            task: what the model must be for.
            labels: the id2label it must carry, in order.
            local_files_only: fetch nothing (the default).

        Raises:
            ModelError: no such folder, files missing or unreadable, or labels of another task.
        """
        folder = _locate(path, local_files_only)
        config = _read_json(folder / CONFIG)
        found = config.get("id2label")
        names = [found.get(str(index)) for index in range(len(found))] if isinstance(found, dict) else []
        if names != list(labels):
            raise ModelError(
                f"{folder}: its labels are {_shorten(names)}, expected {_shorten(list(labels))}: this is no folder for "
                f"{task}; train one with training/, or name another"
            )
        if not (folder / TOKENIZER).is_file():
            raise ModelError(f"{folder / TOKENIZER}: no such file; a model folder needs it: copy the folder again")
        return cls(folder, task, config)

    @property
    def settings(self) -> dict[str, Any]:
        """What the library itself keeps in the config, such as window sizes."""
        settings = self.config.get("conflict_nlp", {})
        return dict(settings) if isinstance(settings, dict) else {}

    def encoder(self) -> WordEncoder:
        """Load the tokenizer."""
        return WordEncoder.from_file(self.path / TOKENIZER)

    def engine(self, name: EngineName = "auto", *, device: str | None = None, threads: int | None = None) -> Engine:
        """Load the weights.

        ``auto`` takes ONNX where its file is there and no device is asked for, else torch.

        Raises:
            ModelError: the file that the engine needs is missing or unreadable.
            MissingExtraError: the engine's package is not installed.
        """
        if name not in ("auto", "onnx", "torch"):
            raise ValueError(f"unknown engine {name!r}: use 'auto', 'onnx' or 'torch'")
        weights = self.weights(name, device=device)
        if weights.name == ONNX_WEIGHTS:
            return OnnxEngine(weights, threads=threads)
        return TorchEngine.from_folder(self.path, self.task, device=device)

    def weights(self, name: EngineName = "auto", *, device: str | None = None) -> Path:
        """Return the weights file that an engine reads."""
        if name == "onnx" and device not in (None, "cpu"):
            raise ModelError(f"the onnx engine runs on CPU, not on {device!r}: choose the torch engine")
        onnx, safetensors = self.path / ONNX_WEIGHTS, self.path / TORCH_WEIGHTS
        use_onnx = name == "onnx" or (name == "auto" and device in (None, "cpu") and onnx.is_file())
        chosen = onnx if use_onnx else safetensors
        if not chosen.is_file():
            there = [file.name for file in (onnx, safetensors) if file.is_file()]
            advice = f"it holds {there[0]}: choose that engine" if there else "copy the folder again"
            raise ModelError(f"{chosen}: no such file, and the engine needs it; {advice}")
        return chosen

    def version(self, engine: str) -> str:
        """First 16 hex digits of the SHA-256 over config, tokenizer and the weights that an engine reads."""
        digest = hashlib.sha256()
        for name in (CONFIG, TOKENIZER, ONNX_WEIGHTS if engine == "onnx" else TORCH_WEIGHTS):
            digest.update((self.path / name).read_bytes())
        return digest.hexdigest()[:16]


def _locate(path: str | Path, local_files_only: bool) -> Path:
    folder = Path(path)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{folder}: a file, not a model folder; name the folder that holds its {CONFIG}")
    if local_files_only:
        raise ModelError(f"{folder}: no such model folder; check the path (a hub id is fetched only with local_files_only=False)")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtraError("huggingface_hub", "torch", "fetching a model from the hub") from None
    try:
        return Path(snapshot_download(str(path)))
    except Exception as error:
        raise ModelError(f"{path}: cannot be fetched from the hub ({error}); check the id and the network") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file; a model folder needs it: copy the folder again") from None
    except (ValueError, OSError) as error:
        raise ModelError(f"{path}: not readable as JSON ({error}); copy the file again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: a JSON {type(content).__name__}, not an object; copy the file again")
    return content


def _shorten(names: list[Any]) -> str:
    shown = ", ".join(map(str, names[:4])) or "none"
    return f"[{shown}{', …' if len(names) > 4 else ''}] ({len(names)})"
