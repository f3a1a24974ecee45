"""The training loop that both programs share.

One process or several (``torchrun``), CPU or GPU, bf16 autocast where asked, gradient accumulation, a progress bar on a
terminal, early stopping on a development score, and checkpoints that make a killed run end with the same weights on CPU:
model, optimizer, schedule, random state and position are saved together, and the order of the examples is a function of
seed and epoch alone. (With several processes the random state is the first one's: the result is as good, not the same.)
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """What the loop needs to know; each program's own config holds these fields too."""

    epochs: int
    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    warmup: float
    batch_tokens: int
    accumulate: int
    patience: int
    seed: int
    bf16: bool
    device: str


@dataclass(frozen=True, slots=True)
class Example:
    """One training row: piece ids and the target (a label per piece, or one class)."""

    ids: tuple[int, ...]
    target: Any


Evaluate = Callable[[Any], tuple[float, dict[str, Any]]]
Collate = Callable[[Sequence[Example], torch.device], Mapping[str, torch.Tensor]]


def seed_everything(seed: int) -> None:
    """Seed python, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def epoch_batches(examples: Sequence[Example], batch_tokens: int, seed: int, epoch: int) -> list[list[int]]:
    """Shuffle, then batch within pools of similar length, so that padding is small and order still random."""
    generator = random.Random(f"{seed}/{epoch}")
    order = list(range(len(examples)))
    generator.shuffle(order)
    batches: list[list[int]] = []
    pool = 512
    for start in range(0, len(order), pool):
        chunk = sorted(order[start : start + pool], key=lambda i: len(examples[i].ids))
        batch: list[int] = []
        for index in chunk:
            if batch and len(examples[index].ids) * (len(batch) + 1) > batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(index)
        batches.append(batch)
    generator.shuffle(batches)
    return batches


def pad_inputs(examples: Sequence[Example], pad_id: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Return ``input_ids`` and ``attention_mask``, both (rows, longest row)."""
    width = max(len(example.ids) for example in examples)
    ids = torch.full((len(examples), width), pad_id)
    mask = torch.zeros((len(examples), width), dtype=torch.long)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


def parameter_groups(model: nn.Module, config: LoopConfig) -> list[dict[str, Any]]:
    """Encoder and head at their own learning rates; no weight decay for biases and layer norms."""
    prefix = model.base_model_prefix + "."
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        key = (name.startswith(prefix) and ".pooler." not in name, parameter.ndim > 1)
        groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": config.learning_rate if in_encoder else config.head_learning_rate,
            "weight_decay": config.weight_decay if decayed else 0.0,
        }
        for (in_encoder, decayed), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


class Trainer:
    """Runs the epochs.

    Args:
        model: a transformers model whose forward returns ``loss``.
        examples: training rows.
        collate: rows -> keyword arguments of the model's forward.
        folder: run folder; checkpoints and ``log.jsonl`` are written here.
    """

    def __init__(
        self,
        model: Any,
        examples: Sequence[Example],
        collate: Collate,
        config: LoopConfig,
        folder: Path,
    ) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        self.device = self._device(config.device)
        if self.world > 1:
            torch.distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        self.model = model.to(self.device)
        self.parallel = self._wrap()
        self.examples, self.collate, self.config, self.folder = examples, collate, config, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.optimizer = torch.optim.AdamW(parameter_groups(model, config))
        self.total_steps = sum(self._steps(epoch) for epoch in range(config.epochs))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.epoch = self.step_in_epoch = self.step = 0
        self.best_score, self.best_epoch = float("-inf"), -1
        self.history: list[dict[str, Any]] = []

    def _device(self, name: str) -> torch.device:
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        if name == "cuda" and self.world > 1:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(device)
            return device
        return torch.device(name)

    def _wrap(self) -> Any:
        if self.world == 1:
            return self.model
        return nn.parallel.DistributedDataParallel(self.model, find_unused_parameters=True)

    def _batches(self, epoch: int) -> list[list[list[int]]]:
        """Optimizer steps of an epoch: for each, the batches that are accumulated on this process."""
        config = self.config
        batches = epoch_batches(self.examples, config.batch_tokens, config.seed, epoch)
        group = config.accumulate * self.world
        batches += list(itertools.islice(itertools.cycle(batches), -len(batches) % group))
        return [batches[i : i + group][self.rank :: self.world] for i in range(0, len(batches), group)]

    def _steps(self, epoch: int) -> int:
        return len(self._batches(epoch))

    def _rate(self, step: int) -> float:
        warm = max(1, int(self.config.warmup * self.total_steps))
        return min(1.0, (step + 1) / warm, max(0.0, (self.total_steps - step) / max(1, self.total_steps - warm)))

    def run(self, evaluate: Evaluate, *, resume: bool) -> float:
        """Train; the best weights so far lie in ``folder/best.safetensors``.

        Args:
            evaluate: model -> (score to maximize, metrics); runs on the first process only.
            resume: go on from the checkpoint of the folder, if there is one.

        Returns:
            The best score.
        """
        if resume and (self.folder / CHECKPOINT).exists():
            self._load()
        else:
            seed_everything(self.config.seed + self.rank)
        while self.epoch < self.config.epochs and not self._stopped():
            self._end_epoch(self._train_epoch(), evaluate)
        if self.world > 1:
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()
        return self.best_score

    def _train_epoch(self) -> float:
        self.parallel.train()
        steps = self._batches(self.epoch)
        bar = tqdm(
            total=len(steps), initial=self.step_in_epoch, desc=f"epoch {self.epoch + 1}/{self.config.epochs}",
            disable=self.rank != 0 or not sys.stderr.isatty(),
        )  # fmt: skip
        losses: list[float] = []
        while self.step_in_epoch < len(steps):
            losses.append(self._train_step(steps[self.step_in_epoch]))
            self.step_in_epoch += 1
            self.step += 1
            bar.update()
            bar.set_postfix(loss=f"{losses[-1]:.3f}")
            if self.rank == 0 and self.step % 200 == 0:
                self._save()
        bar.close()
        return float(np.mean(losses)) if losses else float("nan")

    def _train_step(self, batches: Sequence[Sequence[int]]) -> float:
        total = 0.0
        for batch in batches:
            inputs = self.collate([self.examples[i] for i in batch], self.device)
            with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.config.bf16):
                loss = self.parallel(**inputs).loss / len(batches)
            loss.backward()
            total += float(loss.detach())
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    def _end_epoch(self, loss: float, evaluate: Evaluate) -> None:
        if self.rank == 0:
            self.model.eval()
            with torch.no_grad():
                score, metrics = evaluate(self.model)
            row = {"epoch": self.epoch + 1, "loss": round(loss, 5), "score": score, **metrics, "time": round(time.time())}
            self.history.append(row)
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(
                json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}), file=sys.stderr, flush=True
            )
            if score > self.best_score:
                self.best_score, self.best_epoch = score, self.epoch
                self._save_best()
        self.epoch += 1
        self.step_in_epoch = 0
        if self.rank == 0:
            self._save()
        if self.world > 1:
            best = torch.tensor([self.best_epoch], device=self.device)
            torch.distributed.broadcast(best, 0)
            self.best_epoch = int(best.item())

    def _stopped(self) -> bool:
        """Early stopping; read off the position, so that a resumed run stops where the whole one did."""
        return self.step_in_epoch == 0 and self.epoch > 0 and self.epoch - 1 - self.best_epoch >= self.config.patience

    def _save_best(self) -> None:
        from safetensors.torch import save_file

        state = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in self.model.state_dict().items()}
        save_file(state, self.folder / "best.tmp")
        (self.folder / "best.tmp").replace(self.folder / "best.safetensors")

    def load_best(self) -> None:
        """Put the best weights back into the model."""
        from safetensors.torch import load_file

        self.model.load_state_dict(load_file(self.folder / "best.safetensors"))

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
            "position": [self.epoch, self.step_in_epoch, self.step, self.best_epoch],
            "best_score": self.best_score,
            "history": json.dumps(self.history),
        }
        torch.save(state, self.folder / "checkpoint.tmp")
        (self.folder / "checkpoint.tmp").replace(self.folder / CHECKPOINT)

    def _load(self) -> None:
        state = torch.load(self.folder / CHECKPOINT, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["torch_rng"].cpu())
        if state["cuda_rng"]:
            torch.cuda.set_rng_state_all([rng.cpu() for rng in state["cuda_rng"]])
        self.epoch, self.step_in_epoch, self.step, self.best_epoch = state["position"]
        self.best_score = state["best_score"]
        self.history = json.loads(state["history"])
