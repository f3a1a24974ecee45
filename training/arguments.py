"""The command line of the training programs: files, and every field of the config as a flag of its name."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import torch


def parse_arguments(config_class: type[Any], description: str, argv: Sequence[str] | None) -> tuple[argparse.Namespace, Any]:
    """Read files from flags and every field of the config from a flag of its name."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, help="folder or hub id, e.g. aubmindlab/bert-base-arabertv02")
    parser.add_argument("--train", nargs="+", required=True, help="annotation files or folders")
    parser.add_argument("--dev", nargs="+", required=True, help="annotation files that choose the epoch")
    parser.add_argument("--out", required=True, help="run folder")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint of the run folder")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads of torch")
    for field in fields(config_class):
        flag = "--" + field.name.replace("_", "-")
        if field.type in ("bool", bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            parser.add_argument(flag, type=type(field.default), default=field.default)
    arguments = parser.parse_args(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return arguments, config_class(**{field.name: getattr(arguments, field.name) for field in fields(config_class)})
