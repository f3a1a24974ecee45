from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from conftest import ARTICLE, ROOT, annotated_row, write_jsonl
from jsonschema import Draft202012Validator

from arabic_conflict_nlp import cli
from arabic_conflict_nlp.errors import MissingExtraError, ModelError
from arabic_conflict_nlp.pipeline import ConflictPipeline
from arabic_conflict_nlp.version import __version__

pytestmark = pytest.mark.usefixtures("fake_models")
Capture = pytest.CaptureFixture[str]
SCHEMA = json.loads((files("arabic_conflict_nlp") / "resources" / "record.schema.json").read_text(encoding="utf-8"))
# The program in a process of its own, with the small models of conftest.
PROGRAM = (
    "import conftest\n"
    "from arabic_conflict_nlp import cli\n"
    "from arabic_conflict_nlp.pipeline import ConflictPipeline\n"
    "ConflictPipeline.from_pretrained = staticmethod(conftest.fake_pipeline)\n"
    "cli.entry_point()\n"
)


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **options)


def text_file(path: Path, text: str = ARTICLE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(*arguments: str | Path) -> int:
    return cli.main(list(map(str, arguments)))


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_extract_writes_one_valid_record_an_article_in_input_order(tmp_path: Path, capsys: Capture) -> None:
    text_file(tmp_path / "in" / "z.txt")
    rows = [{"id": str(number), "text": ARTICLE, "title": "عنوان", "source": "a\u2028b"} for number in range(40)]
    write_jsonl(tmp_path / "in" / "many.jsonl", *rows)
    assert run("extract", tmp_path / "in" / "z.txt", tmp_path / "in" / "many.jsonl") == 0
    output = capsys.readouterr()
    found = records(output.out)
    assert [record["id"] for record in found] == ["z", *(row["id"] for row in rows)]
    for record in found:
        Draft202012Validator(SCHEMA).validate(record)
        assert [ARTICLE[e["start"] : e["end"]] for e in record["entities"]] == ["قسد", "عبوة ناسفة", "الرقة"]
    assert found[1]["title"] == "عنوان" and found[1]["source"] == "a\u2028b" and "title" not in found[0]
    assert output.err == ""


def test_extract_to_a_file_writes_the_same(tmp_path: Path, capsys: Capture) -> None:
    article = text_file(tmp_path / "a.txt")
    assert run("extract", article) == 0
    printed = capsys.readouterr().out
    assert run("extract", article, "-o", tmp_path / "out.jsonl") == 0
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == printed
    assert capsys.readouterr() == ("", "") and names(tmp_path) == ["a.txt", "out.jsonl"]


def test_extract_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode("cp1256"))))
    assert run("extract", "-", "--encoding", "cp1256") == 0
    (record,) = records(capsys.readouterr().out)
    assert record["id"] == "stdin" and record["provenance"]["encoding"] == "cp1256"


def test_bad_inputs_are_named_and_the_good_ones_get_their_records(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "in"
    text_file(folder / "empty.txt", "")
    text_file(folder / "english.txt", "Nothing to see")
    text_file(folder / "null.txt", f"{ARTICLE}\0")
    (folder / "old.txt").write_bytes(ARTICLE.encode("cp1256"))
    text_file(folder / "large.txt", ARTICLE * 20)
    text_file(
        folder / "rows.jsonl",
        '{"id": "good", "text": "قصف"}\n{]\n{"id": "x"}\n{"id": "good", "text": "حلب"}\n{"text": "\\ud800"}\n',
    )
    text_file(folder / "z.txt")
    text_file(folder / "photo.jpg", "")
    status = run("extract", tmp_path / "gone.txt", folder, "--max-bytes", "1000", "-o", tmp_path / "out.jsonl")
    assert status == 1
    assert [r["id"] for r in records((tmp_path / "out.jsonl").read_text(encoding="utf-8"))] == ["good", "z"]
    messages = capsys.readouterr().err.splitlines()
    wanted = [
        (f"{tmp_path}/gone.txt", "no such file"),
        (f"{folder}/empty.txt", "an empty text"),
        (f"{folder}/english.txt", "without Arabic letters"),
        (f"{folder}/large.txt", "raise --max-bytes"),
        (f"{folder}/null.txt", "null characters"),
        (f"{folder}/old.txt", "not UTF-8: bytes de f5 ca e1 at byte 0; name the right one, e.g. --encoding cp1256"),
        (f"{folder}/rows.jsonl:2", "no JSON"),
        (f"{folder}/rows.jsonl:3", "lacks 'text'"),
        (f"{folder}/rows.jsonl:4", "duplicate id 'good'"),
        (f"{folder}/rows.jsonl:5", "a lone surrogate U+D800"),
    ]
    for (place, reason), message in zip(wanted, messages[:-1], strict=True):
        assert message.startswith(f"arabic-conflict-nlp: {place}: ")
        assert reason in message
    assert messages[-1] == "arabic-conflict-nlp: 2 records, 10 inputs refused, 1 files of other kinds skipped"


def test_when_nothing_succeeds_no_file_appears(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "old.jsonl").write_text("old")
    bad = text_file(tmp_path / "bad.txt", "")
    assert run("extract", bad, "-o", tmp_path / "new.jsonl") == 1
    assert run("extract", bad, "-o", tmp_path / "old.jsonl") == 1
    assert names(tmp_path) == ["bad.txt", "old.jsonl"] and (tmp_path / "old.jsonl").read_text() == "old"
    assert "0 records, 1 inputs refused, 0 files of other kinds skipped, no output written" in capsys.readouterr().err


def test_skipped_files_alone_are_reported_but_no_failure(tmp_path: Path, capsys: Capture) -> None:
    text_file(tmp_path / "in" / "a.txt")
    text_file(tmp_path / "in" / "b.pdf")
    assert run("extract", tmp_path / "in") == 0
    assert "1 records, 0 inputs refused, 1 files of other kinds skipped" in capsys.readouterr().err


def test_a_second_run_into_the_folder_that_is_read_changes_nothing(tmp_path: Path, capsys: Capture) -> None:
    text_file(tmp_path / "a.txt")
    outputs = []
    for _ in range(2):
        assert run("extract", tmp_path, "-o", tmp_path / "out.jsonl") == 0
        outputs.append((tmp_path / "out.jsonl").read_bytes())
    assert outputs[0] == outputs[1] and capsys.readouterr().err == ""


@pytest.mark.parametrize("target", ["missing/out.jsonl", ".", "a.txt/out.jsonl"])
def test_an_output_that_cannot_be_written_stops_before_the_models_load(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(ConflictPipeline, "from_pretrained", lambda *_, **__: pytest.fail("the models were loaded"))
    assert run("extract", text_file(tmp_path / "a.txt"), "-o", tmp_path / target) == 1
    assert capsys.readouterr().err.startswith(f"arabic-conflict-nlp: {tmp_path / target}: ")
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "error",
    [ModelError("models/x: no such model folder; check the path"), MissingExtraError("torch", "torch", "the torch engine")],
    ids=["model", "extra"],
)
@pytest.mark.parametrize("command", ["extract", "evaluate"])
def test_a_model_that_cannot_be_loaded_is_one_message(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, error: Exception, command: str
) -> None:
    def fail(*_: object, **__: object) -> ConflictPipeline:
        raise error

    monkeypatch.setattr(ConflictPipeline, "from_pretrained", fail)
    gold = write_jsonl(tmp_path / "gold.jsonl", annotated_row())
    arguments = [gold, "-o", tmp_path / "out.jsonl"] if command == "extract" else ["--gold", gold]
    assert run(command, *arguments) == 1
    assert capsys.readouterr() == ("", f"arabic-conflict-nlp: {error}\n")
    assert names(tmp_path) == ["gold.jsonl"]


@pytest.mark.parametrize("command", ["extract", "evaluate"])
def test_foreign_model_folders_are_model_errors(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.undo()  # the real loader
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"id2label": {"0": "POSITIVE"}}')
    gold = write_jsonl(tmp_path / "gold.jsonl", annotated_row())
    arguments = [gold] if command == "extract" else ["--gold", gold]
    assert run(command, *arguments, "--entities", tmp_path / "model") == 1
    assert f"{tmp_path}/model: its labels are [POSITIVE] (1), expected [O, B-ACTOR" in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--encoding", "klingon"), ("--max-bytes", "0")])
def test_options_that_make_no_sense_are_named(tmp_path: Path, capsys: Capture, option: tuple[str, str]) -> None:
    assert run("extract", text_file(tmp_path / "a.txt"), *option) == 1
    assert option[0].strip("-").split("-")[-1] in capsys.readouterr().err


def test_a_pipeline_that_fails_midway_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = ConflictPipeline.extract

    def failing(self: ConflictPipeline, articles: Any) -> Iterator[Any]:
        for number, record in enumerate(good(self, articles)):
            if number == 3:
                raise RuntimeError("the engine died")
            yield record

    monkeypatch.setattr(ConflictPipeline, "extract", failing)
    rows = write_jsonl(tmp_path / "a.jsonl", *({"id": str(n), "text": ARTICLE} for n in range(9)))
    with pytest.raises(RuntimeError, match="the engine died"):
        run("extract", rows, "-o", tmp_path / "out.jsonl")
    assert names(tmp_path) == ["a.jsonl"]


def test_control_c_leaves_no_file(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[Any]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(ConflictPipeline, "extract", interrupted)
    assert run("extract", text_file(tmp_path / "a.txt"), "-o", tmp_path / "out.jsonl") == 130
    assert "interrupted; no output file was written" in capsys.readouterr().err
    assert names(tmp_path) == ["a.txt"]


def test_the_table_is_for_people(tmp_path: Path, capsys: Capture) -> None:
    assert run("extract", text_file(tmp_path / "a.txt"), "--format", "table") == 0
    output = capsys.readouterr().out
    assert "== \u2068a\u2069: 1 sentences, 3 mentions" in output and "\u2068عبوة ناسفة\u2069" in output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_only(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jsonl(tmp_path / "a.jsonl", {"id": "one\x1b[31m", "text": ARTICLE}, {"id": "two", "text": ""})
    assert run("extract", tmp_path / "a.jsonl", "-o", tmp_path / "out.jsonl") == 1
    assert "articles done" not in capsys.readouterr().err
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run("extract", tmp_path / "a.jsonl", "-o", tmp_path / "out.jsonl") == 1
    shown = terminal.getvalue()
    assert "[#" in shown and "%  0 articles done" in shown
    last_line = shown.split("\r")[-1]
    assert last_line.startswith("\x1b[Karabic-conflict-nlp: ") and "an empty text" in last_line


def test_a_control_in_a_file_name_does_not_reach_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    assert run("extract", text_file(tmp_path / "a\x1b[2J\n.txt", "")) == 1
    messages = capsys.readouterr().err
    assert "\x1b" not in messages and "a\ufffd[2J\ufffd.txt: an empty text" in messages


def test_a_closed_standard_output_is_named(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert run("extract", text_file(tmp_path / "a.txt")) == 1
    assert run("extract", tmp_path / "a.txt", "-o", tmp_path / "out.jsonl") == 0
    monkeypatch.undo()
    assert "standard output: closed; name a file with -o" in capsys.readouterr().err


def test_articles_are_read_as_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless input gives its first records at once."""
    read: list[int] = []

    class Endless(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            read.append(len(read))
            return json.dumps({"id": str(len(read)), "text": "قصف"}).encode() + b"\n"

    class EnoughError(Exception):
        pass

    def write_line(_: object, line: str) -> None:
        if json.loads(line)["id"] == "40":
            raise EnoughError

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Endless()))
    monkeypatch.setattr(cli.AtomicOutput, "write_line", write_line)
    with pytest.raises(EnoughError):
        run("extract", "-")
    assert len(read) < 100


def test_evaluate_prints_scores_for_people_and_programs(tmp_path: Path, capsys: Capture) -> None:
    row = annotated_row("a")
    row["sentences"][0]["event"] = "KILLING"
    del row["entities"][2]
    gold = write_jsonl(tmp_path / "gold.jsonl", row, annotated_row("b"))
    assert run("evaluate", "--gold", gold, "--json") == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["documents"] == 2 and scores["trimmed_quotes"] == 0
    micro = scores["entities"]["micro"]
    assert (micro["true_positives"], micro["predicted"], micro["gold"]) == (7, 8, 7)
    assert micro["precision"] == 0.875 and micro["recall"] == 1.0
    assert scores["events"]["accuracy"] == 0.75 and scores["events"]["KILLING"]["recall"] == 0.0
    assert run("evaluate", "--gold", gold) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 documents, 7 mentions, 4 sentences"
    rows = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert rows["PLACE"] == ["0.500", "1.000", "0.667", "1"]
    assert rows["micro"] == ["0.875", "1.000", "0.933", "7"]
    assert lines[-1] == f"accuracy 0.750   macro-F1 {scores['events']['macro_f1']:.3f}"


def test_evaluate_trims_edge_quotation_marks_and_says_so(tmp_path: Path, capsys: Capture) -> None:
    row = annotated_row()
    item = row["entities"][3]
    item.update(start=item["start"] - 1, end=item["end"] + 1, text=f"«{item['text']}»")
    assert run("evaluate", "--gold", write_jsonl(tmp_path / "gold.jsonl", row)) == 0
    output = capsys.readouterr()
    assert ["micro", "1.000", "1.000", "1.000", "4"] in [line.split() for line in output.out.splitlines()]
    assert "1 mentions were trimmed" in output.err


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "gold.jsonl:1: no JSON"), ("", "gold.jsonl: no annotated document"), (None, "no such file")]
)
def test_evaluate_refuses_what_is_no_gold(tmp_path: Path, capsys: Capture, content: str | None, reason: str) -> None:
    if content is not None:
        text_file(tmp_path / "gold.jsonl", content)
    assert run("evaluate", "--gold", tmp_path / "gold.jsonl") == 1
    assert reason in capsys.readouterr().err


def test_the_version_and_the_usage(capsys: Capture) -> None:
    for arguments, status in ((["--version"], 0), ([], 2), (["extract"], 2), (["extract", "x", "--format", "xml"], 2)):
        with pytest.raises(SystemExit) as caught:
            run(*arguments)
        assert caught.value.code == status
    assert capsys.readouterr().out == f"arabic-conflict-nlp {__version__}\n"


def test_the_module_is_the_program_too() -> None:
    done = subprocess.run([sys.executable, "-m", "arabic_conflict_nlp", "--version"], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode().split() == ["arabic-conflict-nlp", __version__]


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    rows = write_jsonl(tmp_path / "a.jsonl", *({"id": str(n), "text": ARTICLE} for n in range(600)))
    process = start("extract", rows, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["id"] == "0"
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert errors == b"" and process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["extract", "evaluate"])
def test_a_full_disk_behind_standard_output_is_one_message(tmp_path: Path, command: str) -> None:
    gold = write_jsonl(tmp_path / "gold.jsonl", annotated_row())
    with Path("/dev/full").open("w") as full:
        process = start(*(["extract", gold] if command == "extract" else ["evaluate", "--gold", gold]), stdout=full)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    (message,) = errors.decode().splitlines()
    assert message.startswith("arabic-conflict-nlp: standard output: cannot be ") and "No space left on device" in message


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_no_output(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "out.jsonl").write_text("old")
    process = start("extract", "-", "-o", tmp_path / "out.jsonl", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps({"id": "a", "text": ARTICLE}).encode() + b"\n")
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while len(names(tmp_path)) < 2 and time.monotonic() < deadline:  # the temporary file shows that the run is on its way
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert (tmp_path / "out.jsonl").read_text() == "old"
    if number != signal.SIGKILL:  # nothing can clean up behind that one
        assert names(tmp_path) == ["out.jsonl"] and b"Traceback" not in errors
