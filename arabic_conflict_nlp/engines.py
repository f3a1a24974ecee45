"""Two engines behind one small interface: piece ids in, logits out.

ONNX Runtime is the default on CPU and needs no torch; torch serves GPUs, training and checkpoints without an ONNX file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from .encoding import Batch
from .errors import MissingExtraError, ModelError

EngineName = Literal["auto", "onnx", "torch"]
Task = Literal["entities", "events"]


class Engine(Protocol):
    """What a model needs from its engine."""

    name: str

    def logits(self, batch: Batch) -> np.ndarray:
        """Return float32 logits: (rows, pieces, tags) for entities, (rows, types) for events."""
        ...


class OnnxEngine:
    """ONNX Runtime on CPU.

    Weights are stored in int8 and expanded once, on loading: the arithmetic is float32 and row by row, so a result
    never depends on the other rows of a batch (dynamic int8 takes one activation scale over the whole batch).
    """

    name = "onnx"

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise ModelError("onnxruntime is not installed: install the package again") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises its own types, which share no base
            raise ModelError(f"{path}: not a readable ONNX model ({error}); copy the file again") from error

    def logits(self, batch: Batch) -> np.ndarray:
        """Run one batch."""
        feed = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        return np.asarray(self.session.run(["logits"], feed)[0], dtype=np.float32)


class TorchEngine:
    """torch and transformers, on CPU or GPU."""

    name = "torch"

    def __init__(self, model: Any, *, device: str | None = None) -> None:
        import torch

        self._torch = torch
        try:
            self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
            self.model = model.to(self.device)
        except (RuntimeError, AssertionError) as error:
            raise ModelError(f"device {device!r} cannot be used ({error}); name cpu, or a GPU that torch sees") from error

    @classmethod
    def from_folder(cls, folder: Path, task: Task, *, device: str | None = None) -> TorchEngine:
        """Load the safetensors of a model folder; opens nothing outside it.

        Raises:
            MissingExtraError: torch or transformers is not installed.
            ModelError: the weights cannot be read.
        """
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtraError(error.name or "torch", "torch", "the torch engine") from None
        auto: Any = (
            transformers.AutoModelForTokenClassification
            if task == "entities"
            else transformers.AutoModelForSequenceClassification
        )
        try:
            model = auto.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
        except Exception as error:
            raise ModelError(f"{folder}: its weights cannot be loaded ({error}); copy the folder again") from error
        return cls(model.eval(), device=device)

    def logits(self, batch: Batch) -> np.ndarray:
        """Run one batch."""
        torch = self._torch
        with torch.inference_mode():
            output = self.model(
                input_ids=torch.from_numpy(batch.input_ids).to(self.device),
                attention_mask=torch.from_numpy(batch.attention_mask).to(self.device),
            )
        return np.asarray(output.logits.float().cpu().numpy())
