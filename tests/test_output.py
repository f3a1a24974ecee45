from __future__ import annotations

import errno
import json
import os
import tempfile
import unicodedata
from pathlib import Path

import pytest
from conftest import ARTICLE, fake_pipeline
from hypothesis import given
from hypothesis import strategies as st

from arabic_conflict_nlp.errors import OutputError
from arabic_conflict_nlp.output import AtomicOutput, one_line
from arabic_conflict_nlp.schema import Article
from arabic_conflict_nlp.table import format_table, isolate, printable


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_committed_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with AtomicOutput(target) as output:
        output.write_line("أول")
        output.write_line("ثان")
        assert not target.exists()
        output.commit()
    assert target.read_bytes() == "أول\nثان\n".encode()
    assert names(tmp_path) == ["out.jsonl"]


def test_without_a_commit_nothing_appears(tmp_path: Path) -> None:
    with AtomicOutput(tmp_path / "out.jsonl") as output:
        output.write_line("x")
    assert names(tmp_path) == []


def test_a_failure_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    with pytest.raises(RuntimeError), AtomicOutput(target) as output:
        output.write_line("new")
        raise RuntimeError
    assert target.read_text() == "old" and names(tmp_path) == ["out.jsonl"]


def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        with AtomicOutput(tmp_path / "out.jsonl") as output:
            output.commit()
    finally:
        os.umask(old)
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    with AtomicOutput(tmp_path / "link.jsonl") as output:
        output.write_line("x")
        output.commit()
    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "real.jsonl").read_text() == "x\n"


def test_a_place_that_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for target, reason in (
        (tmp_path, "a folder; name a file in it"),
        (tmp_path / "missing" / "out.jsonl", "No such file or directory"),
        (tmp_path / "file" / "out.jsonl", "Not a directory"),
    ):
        with pytest.raises(OutputError, match=reason) as caught:
            AtomicOutput(target)
        assert str(caught.value).startswith(f"{target}: ")


def test_a_folder_without_write_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:  # root, who may run the tests, writes everywhere
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(
        OutputError, match=r"cannot be written \(Permission denied\); choose a folder that exists and is writable"
    ):
        AtomicOutput(tmp_path / "out.jsonl")


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    target = tmp_path / ("ح" * 124 + ".jsonl")
    with AtomicOutput(target) as output:
        output.commit()
    assert target.is_file()


def test_what_is_no_regular_file_is_written_and_not_replaced(tmp_path: Path) -> None:
    # A pipe of our own: were a device such as /dev/null the target, a failing test run by root would replace it.
    target = tmp_path / "pipe"
    os.mkfifo(target)
    reader = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with AtomicOutput(target) as output:
            output.write_line("x")
            output.commit()
        assert target.is_fifo()
        assert os.read(reader, 10) == b"x\n"
    finally:
        os.close(reader)
    assert names(tmp_path) == ["pipe"]


@pytest.mark.parametrize("step", ["write", "flush"])
def test_a_full_disk_is_an_output_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "out.jsonl"
    wanted = r"out\.jsonl: cannot be written \(No space left on device\); free the disk"
    with pytest.raises(OutputError, match=wanted), AtomicOutput(target) as output:
        monkeypatch.setattr(output._stream, step, full)
        output.write_line("x")
        output.commit()
    assert names(tmp_path) == []


@given(st.text(alphabet=st.sampled_from('ab\u2028\u2029\x85\x1c\x0b\n\\"')))
def test_a_json_text_is_one_line_for_every_reader(text: str) -> None:
    line = one_line(json.dumps({"text": text}, ensure_ascii=False))
    assert line.splitlines() == [line]
    assert json.loads(line) == {"text": text}


@given(st.text())
def test_isolated_text_holds_no_control(text: str) -> None:
    shown = isolate(text)
    assert (shown[0], shown[-1]) == ("\u2068", "\u2069")
    for char in shown[1:-1]:
        assert char == "\u200c" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert len(shown) == len(text) + 2


def test_what_is_printable_stays() -> None:
    assert printable("حلب، «قسد» می\u200cخواهم 🔴") == "حلب، «قسد» می\u200cخواهم 🔴"
    assert printable("\x1b[2J\u202e\ud800") == "\ufffd[2J\ufffd\ufffd"


def lines_of(text: str) -> list[str]:
    article = Article("خبر", text)
    return list(format_table(article, fake_pipeline().extract_one(article)))


def test_the_table_shows_sentences_and_mentions_with_arabic_last() -> None:
    lines = lines_of(f"{ARTICLE}\nانسحب داعش.")
    assert lines[0] == "== \u2068خبر\u2069: 2 sentences, 4 mentions"
    assert [line.split()[1] for line in lines[1:]] == ["EXPLOSION", "ACTOR", "WEAPON", "PLACE", "WITHDRAWAL", "ACTOR"]
    assert lines[1].endswith(f"\u2068{ARTICLE}\u2069")
    start = ARTICLE.index("عبوة")
    assert lines[3].split()[0] == f"{start}-{start + len('عبوة ناسفة')}" and lines[3].endswith("  \u2068عبوة ناسفة\u2069")
    for line in lines[1:]:
        before = line[: line.index("\u2068")]
        assert not any(unicodedata.bidirectional(char) in ("R", "AL") for char in before)


def test_the_table_cuts_long_sentences_and_names_losses() -> None:
    lines = lines_of("قسد " * 60 + "漢")
    assert lines[1].endswith("…\u2069") and len(lines[1]) < 130
    assert lines[-1] == "   lost: 1 unknown words"
    assert len(lines) == 1 + 1 + 60 + 1


def test_a_control_in_the_text_does_not_reach_the_terminal() -> None:
    assert not any("\u202e" in line or "\x1b" in line for line in lines_of("قصف\u202e على \x1b[31m حلب"))
