"""The command line: ``extract`` and ``evaluate``. The only module that prints."""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .articles import DEFAULT_MAX_BYTES, ArticleReader, input_size
from .errors import ConflictNLPError, InputError
from .output import AtomicOutput, one_line
from .schema import Article, Record
from .table import format_table, printable
from .version import __version__

if TYPE_CHECKING:
    from .metrics import EntityScores, EventScores

PROGRAM = "arabic-conflict-nlp"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Turn Arabic conflict news into data.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)

    extract = commands.add_parser("extract", help="articles -> records, one JSON object a line")
    extract.add_argument("paths", nargs="+", metavar="PATH", help=".txt, .jsonl, a folder of them, or - for standard input")
    extract.add_argument("-o", "--output", metavar="OUT", help="file to write (default: standard output)")
    extract.add_argument("--format", choices=("jsonl", "table"), default="jsonl", help="jsonl (default), or table to read")
    extract.add_argument("--encoding", default="utf-8", help="of the input files, e.g. cp1256 (default: utf-8)")
    extract.add_argument(
        "--max-bytes", type=int, default=DEFAULT_MAX_BYTES, help=f"largest article in bytes (default: {DEFAULT_MAX_BYTES:,})"
    )
    extract.set_defaults(run=_extract)

    evaluate = commands.add_parser("evaluate", help="score the models against annotated documents")
    evaluate.add_argument("--gold", required=True, metavar="FILE", help="annotated .jsonl, or a folder of them")
    evaluate.add_argument("--json", action="store_true", help="print JSON instead of a table")
    evaluate.set_defaults(run=_evaluate)

    for command in (extract, evaluate):
        command.add_argument("--entities", metavar="DIR", help="entity model folder (default: the bundled one)")
        command.add_argument("--events", metavar="DIR", help="event model folder (default: the bundled one)")
        command.add_argument("--engine", choices=("auto", "onnx", "torch"), default="auto", help="(default: auto)")
        command.add_argument("--device", help="torch device, e.g. cuda (anything but cpu needs the torch engine)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if everything went well, 1 if any input was refused or the run failed."""
    arguments = build_parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    messages = _Messages()
    try:
        status = int(arguments.run(arguments, messages))
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except ConflictNLPError as error:
        messages.show(str(error))
    except BrokenPipeError:
        pass  # the reader of our output went away; that is its right
    except OSError as error:
        messages.show(
            f"{error.filename or 'standard output'}: cannot be used ({error.strerror}); check the place and its free space"
        )
    except KeyboardInterrupt:
        messages.show("interrupted; no output file was written")
        return 130
    _drop_unwritable()
    return 1


def _drop_unwritable() -> None:
    """Throw away what standard output no longer takes, or the interpreter may fail on it when it ends.

    See the note on SIGPIPE in the documentation of Python's ``signal``.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


class _Messages:
    """Standard error: messages, and on a terminal a line of progress that they replace."""

    def __init__(self) -> None:
        self.on_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._shown = False

    def progress(self, articles: int, done: int, total: int | None) -> None:
        """Draw the progress bar; say nothing in a pipe. Without a total (standard input) only the count is known."""
        if not self.on_terminal:
            return
        share = min(1.0, done / total) if total else None
        bar = "" if share is None else f"[{'#' * round(20 * share):.<20}] {share:4.0%}  "
        print(f"\r\x1b[K{bar}{articles} articles done", end="", file=sys.stderr, flush=True)
        self._shown = True

    def clear(self) -> None:
        """Wipe the progress bar, if one stands there."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = False

    def show(self, message: str) -> None:
        """Print a message."""
        self.clear()
        if sys.stderr is not None:  # print() would take standard output instead
            print(f"{PROGRAM}: {message}", file=sys.stderr)


def _extract(arguments: argparse.Namespace, messages: _Messages) -> int:
    from .pipeline import ConflictPipeline

    with AtomicOutput(arguments.output) as output:
        outputs = {path for path in (output.path, output.temporary) if path is not None}
        reader = ArticleReader(encoding=arguments.encoding, max_bytes=arguments.max_bytes, outputs=outputs)
        pipeline = ConflictPipeline.from_pretrained(
            arguments.entities, arguments.events, engine=arguments.engine, device=arguments.device
        )
        refused = reader.report.refused
        records = shown = 0
        size = input_size(arguments.paths) if messages.on_terminal else None

        def watched() -> Iterator[Article]:
            for article in reader.read(arguments.paths):
                messages.progress(records, reader.bytes_read, size)
                yield article

        # Two views of one stream; between them wait only the few articles that the pipeline reads ahead.
        read, kept = itertools.tee(watched())
        for record, article in zip(pipeline.extract(read), kept, strict=True):
            messages.clear()
            for line in _lines(article, record, arguments.format):
                output.write_line(line)
            records += 1
            shown = _show_refusals(refused, shown, messages)
        _show_refusals(refused, shown, messages)
        if records:
            output.commit()
    if refused or reader.report.skipped_files or not records:
        notes = [
            f"{records} records",
            f"{len(refused)} inputs refused",
            f"{reader.report.skipped_files} files of other kinds skipped",
        ]
        if not records and arguments.output:
            notes.append("no output written")
        messages.show(", ".join(notes))
    return 1 if refused or not records else 0


def _lines(article: Article, record: Record, form: str) -> Iterable[str]:
    if form == "table":
        return format_table(article, record)
    return [one_line(json.dumps(record.to_dict(), ensure_ascii=False))]


def _show_refusals(refused: Sequence[str], shown: int, messages: _Messages) -> int:
    for message in refused[shown:]:
        messages.show(printable(message))
    return len(refused)


def _evaluate(arguments: argparse.Namespace, messages: _Messages) -> int:
    from .annotations import LoadReport, load_documents
    from .evaluation import predict_entities, predict_events, score_entities, score_events
    from .pipeline import ConflictPipeline

    report = LoadReport()
    documents = load_documents(arguments.gold, edge_quotes="trim", report=report)
    if not documents:
        raise InputError(f"{arguments.gold}: no annotated document in it; name a file that holds some")
    pipeline = ConflictPipeline.from_pretrained(
        arguments.entities, arguments.events, engine=arguments.engine, device=arguments.device
    )
    entities = score_entities(documents, predict_entities(pipeline.tagger, documents))
    events = score_events(documents, predict_events(pipeline.classifier, documents))
    if arguments.json:
        content = {
            "documents": report.documents,
            "trimmed_quotes": report.trimmed_quotes,
            "entities": entities.to_dict(),
            "events": events.to_dict(),
        }
        print(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        for line in _score_lines(report.documents, entities, events):
            print(line)
        if report.trimmed_quotes:
            messages.show(f"{report.trimmed_quotes} mentions were trimmed of quotation marks at their edge")
    return 0


def _score_lines(documents: int, entities: EntityScores, events: EventScores) -> Iterator[str]:
    yield f"{documents} documents, {entities.micro.gold} mentions, {events.total} sentences"
    yield ""
    yield f"{'strict spans':<14}{'precision':>10}{'recall':>8}{'F1':>8}{'gold':>7}"
    for label, score in (*entities.by_label.items(), ("micro", entities.micro)):
        yield f"{label:<14}{score.precision:>10.3f}{score.recall:>8.3f}{score.f1:>8.3f}{score.gold:>7}"
    yield ""
    yield f"{'events':<14}{'precision':>10}{'recall':>8}{'F1':>8}{'gold':>7}"
    for label, score in events.by_label.items():
        yield f"{label:<14}{score.precision:>10.3f}{score.recall:>8.3f}{score.f1:>8.3f}{score.gold:>7}"
    yield f"accuracy {events.accuracy:.3f}   macro-F1 {events.macro_f1:.3f}"


def entry_point() -> None:
    """Run as a console script; a plain kill then cleans up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
