"""The command line: ``extract`` and ``evaluate``. The only module that prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from .articles import DEFAULT_MAX_BYTES, ArticleReader
from .errors import ConflictNLPError
from .output import AtomicOutput
from .schema import Article, Record
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
        command.add_argument("--device", help="torch device, e.g. cuda (implies the torch engine)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if everything went well, 1 if any input was refused or the run failed."""
    arguments = build_parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return int(arguments.run(arguments))
    except ConflictNLPError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output went away; that is its right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted; no output file was written", file=sys.stderr)
        return 130


def _extract(arguments: argparse.Namespace) -> int:
    from .pipeline import ConflictPipeline

    reader = ArticleReader(encoding=arguments.encoding, max_bytes=arguments.max_bytes)
    with AtomicOutput(arguments.output) as output:
        pipeline = ConflictPipeline.from_pretrained(
            arguments.entities, arguments.events, engine=arguments.engine, device=arguments.device
        )
        records = 0
        printed = 0
        for article, record in _paired(pipeline, _progress(reader.read(arguments.paths))):
            for line in _lines(article, record, arguments.format):
                output.stream.write(line + "\n")
            records += 1
            printed = _print_refusals(reader.report.refused, printed)
        _print_refusals(reader.report.refused, printed)
        if records:
            output.commit()
    refused = len(reader.report.refused)
    if refused or reader.report.skipped_files or not records:
        notes = [f"{records} records", f"{refused} inputs refused", f"{reader.report.skipped_files} files of other kinds skipped"]
        if not records and arguments.output:
            notes.append("no output written")
        print(f"{PROGRAM}: {', '.join(notes)}", file=sys.stderr)
    return 1 if refused or not records else 0


def _lines(article: Article, record: Record, form: str) -> Iterable[str]:
    if form == "table":
        from .table import format_table

        return format_table(article, record)
    return [json.dumps(record.to_dict(), ensure_ascii=False)]


def _paired(pipeline: object, articles: Iterable[Article]) -> Iterator[tuple[Article, Record]]:
    from .pipeline import ConflictPipeline

    assert isinstance(pipeline, ConflictPipeline)
    waiting: list[Article] = []

    def remember() -> Iterator[Article]:
        for article in articles:
            waiting.append(article)
            yield article

    for record in pipeline.extract(remember()):
        yield waiting.pop(0), record


def _print_refusals(refused: Sequence[str], printed: int) -> int:
    for message in refused[printed:]:
        print(f"{PROGRAM}: {message}", file=sys.stderr)
    return len(refused)


def _progress(articles: Iterable[Article]) -> Iterator[Article]:
    """Count articles on a terminal; say nothing in a pipe."""
    on_terminal = sys.stderr.isatty()
    count = 0
    for count, article in enumerate(articles, 1):
        if on_terminal:
            print(f"\r\x1b[Kreading article {count}: {article.id[:60]}", end="", file=sys.stderr, flush=True)
        yield article
    if on_terminal and count:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _evaluate(arguments: argparse.Namespace) -> int:
    from .annotations import LoadReport, load_documents
    from .evaluation import predict_entities, predict_events, score_entities, score_events
    from .pipeline import ConflictPipeline

    report = LoadReport()
    documents = load_documents(arguments.gold, edge_quotes="trim", report=report)
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
    """Run as a console script."""
    sys.exit(main())
