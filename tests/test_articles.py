from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import write_jsonl
from hypothesis import given
from hypothesis import strategies as st

from arabic_conflict_nlp.articles import ArticleReader, text_problem
from arabic_conflict_nlp.errors import InputError
from arabic_conflict_nlp.schema import Article

TEXT = "قصف على حلب"


def read(*paths: str | Path, **options: Any) -> tuple[list[Article], list[str]]:
    reader = ArticleReader(**options)
    return list(reader.read(paths)), reader.report.refused


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_text_file_is_one_article(tmp_path: Path) -> None:
    articles, refused = read(put(tmp_path / "raqqa.txt", TEXT))
    assert articles == [Article("raqqa", TEXT, encoding="utf-8")]
    assert refused == []


def test_the_text_is_what_the_bytes_decode_to(tmp_path: Path) -> None:
    raw = f"\ufeff{TEXT}\r\n\r\n{TEXT}\r"
    ((article,), _) = read(put(tmp_path / "a.txt", raw))
    assert article.text == raw


def test_jsonl_fields_are_taken_over(tmp_path: Path) -> None:
    row = {"id": "x", "text": TEXT, "title": "عنوان", "published": "2024-01-31", "source": "نورث برس", "more": [1]}
    articles, _ = read(write_jsonl(tmp_path / "a.jsonl", row, {"id": 7, "text": TEXT}, {"text": TEXT, "title": None}))
    assert articles[0] == Article("x", TEXT, "عنوان", "2024-01-31", "نورث برس", "utf-8")
    assert [article.id for article in articles] == ["x", "7", "a:3"]


def test_a_folder_is_read_recursively_sorted_by_path_and_others_are_counted(tmp_path: Path) -> None:
    put(tmp_path / "b" / "z.txt", TEXT)
    put(tmp_path / "b.txt", TEXT)
    put(tmp_path / "a" / "x" / "deep.TXT", TEXT)
    write_jsonl(tmp_path / "a" / "m.jsonl", {"id": "row", "text": TEXT})
    put(tmp_path / "a" / "photo.jpg", b"\xff")
    put(tmp_path / "notes.md", TEXT)
    reader = ArticleReader()
    assert [article.id for article in reader.read([tmp_path])] == ["row", "deep", "z", "b"]
    assert reader.report.skipped_files == 2 and reader.report.refused == []


def test_a_clash_of_stems_takes_the_relative_path(tmp_path: Path) -> None:
    for name in ("2023/a.txt", "2024/a.txt", "2025/a.txt"):
        put(tmp_path / name, TEXT)
    articles, refused = read(tmp_path)
    assert [article.id for article in articles] == ["a", "2024/a.txt", "2025/a.txt"]
    assert refused == []


def test_files_of_three_folders_with_one_name_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders = ["one", "two", "three"]
    for name in folders:
        put(tmp_path / name / "a.txt", TEXT)
    articles, refused = read(*folders)
    assert [article.id for article in articles] == ["a", "a.txt", "three/a.txt"]
    assert refused == []


def test_of_duplicate_ids_the_first_is_kept(tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "a.jsonl", {"id": "x", "text": TEXT}, {"id": "x", "text": "قصف آخر"}, {"id": "y", "text": TEXT})
    articles, refused = read(file)
    assert [(article.id, article.text) for article in articles] == [("x", TEXT), ("y", TEXT)]
    assert refused == [f"{file}:2: duplicate id 'x', the first is kept; give each article its own id"]


def test_the_id_of_a_refused_article_is_free_again(tmp_path: Path) -> None:
    articles, refused = read(write_jsonl(tmp_path / "a.jsonl", {"id": "x", "text": ""}, {"id": "x", "text": TEXT}))
    assert [article.text for article in articles] == [TEXT] and len(refused) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty text"),
        (b" \r\n\t", "an empty text"),
        (b"\xef\xbb\xbf", "an empty text"),
        (TEXT.encode("cp1256"), "not UTF-8: bytes de d5 dd 20 at byte 0; name the right one, e.g. --encoding cp1256"),
        (TEXT.encode("utf-16"), "not UTF-8: bytes ff fe .. .. at byte 0; name the right one, e.g. --encoding utf-16"),
        (TEXT.encode("utf-16-le"), "null characters|not UTF-8"),
        (f"{TEXT}\0".encode(), "null characters \\(the first at character 11\\)"),
        (b"\xed\xa0\x80", "not UTF-8: bytes ed a0 80 at byte 0"),
        (b"No Arabic at all, 123", "a text without Arabic letters"),
        ("ـ ١٢٣ ؟".encode(), "a text without Arabic letters"),
    ],
    ids=["empty", "blank", "BOM", "cp1256", "utf-16", "utf-16 no BOM", "null", "surrogate", "English", "signs"],
)
def test_a_bad_text_file_is_refused_and_the_good_one_goes_on(tmp_path: Path, content: bytes, reason: str) -> None:
    bad, good = put(tmp_path / "bad.txt", content), put(tmp_path / "good.txt", TEXT)
    articles, refused = read(bad, good)
    assert [article.id for article in articles] == ["good"]
    (message,) = refused
    assert message.startswith(f"{bad}: ")
    assert re.search(reason, message)


LINE = json.dumps({"id": "good", "text": TEXT})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        ("قصف", "no JSON"),
        ('"قصف"', "a JSON str, not an object"),
        ("[" * 100_000, "no JSON"),
        ('{"id": ' + "1" * 5_000 + "}", "no JSON"),
        ('{"id": "x"}', "lacks 'text'"),
        ('{"id": "x", "text": null}', "text is a NoneType"),
        ('{"id": "x", "text": ["قصف"]}', "text is a list"),
        ('{"id": "x", "text": ""}', "an empty text"),
        ('{"id": "", "text": "قصف"}', "id is ''"),
        ('{"id": true, "text": "قصف"}', "id is True"),
        ('{"id": 1.5, "text": "قصف"}', "id is 1.5"),
        ('{"id": "x", "text": "قصف", "title": 3}', "title is a int"),
        ('{"id": "x", "text": "قصف\\u0000"}', "null characters"),
        ('{"id": "x", "text": "قصف \\ud800"}', "a lone surrogate U+D800 at character 4"),
        ('{"id": "\\udfff", "text": "قصف"}', "id holds a lone surrogate at character 0"),
        ('{"id": "x", "text": "قصف", "source": "a\\ud800"}', "source holds a lone surrogate at character 1"),
        ('{"id": "x", "text": "bombing"}', "a text without Arabic letters"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path: Path, line: str, reason: str) -> None:
    file = put(tmp_path / "a.jsonl", f"\n{line}\n{LINE}")
    articles, (message,) = read(file)
    assert [article.id for article in articles] == ["good"]
    assert message.startswith(f"{file}:2: {reason}"), message


def test_a_line_that_is_not_utf8_is_refused_alone(tmp_path: Path) -> None:
    bad = json.dumps({"text": TEXT}, ensure_ascii=False).encode("cp1256")
    file = put(tmp_path / "a.jsonl", bad + b"\n" + LINE.encode())
    articles, (message,) = read(file)
    assert len(articles) == 1
    assert message.startswith(f"{file}:1: not UTF-8: bytes de d5 dd 20 at byte 10")


def test_an_escaped_pair_of_surrogates_is_one_sign(tmp_path: Path) -> None:
    ((article,), _) = read(put(tmp_path / "a.jsonl", '{"id": "x", "text": "قصف \\ud83d\\udd34"}'))
    assert article.text == "قصف 🔴"


def test_bom_crlf_and_line_separators_inside_strings_do_not_cut_lines(tmp_path: Path) -> None:
    rows = [json.dumps({"id": name, "text": "قصف\u2028\u0085حلب"}, ensure_ascii=False) for name in "ab"]
    articles, refused = read(put(tmp_path / "a.jsonl", "\ufeff" + "\r\n".join(rows) + "\r\n"))
    assert [article.text for article in articles] == ["قصف\u2028\u0085حلب"] * 2
    assert refused == []


def test_an_empty_jsonl_is_refused(tmp_path: Path) -> None:
    for content in ("", "\n\n", "\ufeff"):
        file = put(tmp_path / "a.jsonl", content)
        assert read(file) == ([], [f"{file}: an empty file: nothing to read; leave it out"])


@pytest.mark.parametrize("encoding", ["cp1256", "utf-16", "utf-16-be", "iso-8859-6", "utf-8-sig"])
def test_text_files_of_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    ((article,), _) = read(put(tmp_path / "a.txt", TEXT.encode(encoding)), encoding=encoding)
    assert (article.text, article.encoding) == (TEXT, encoding)


def test_jsonl_of_another_encoding(tmp_path: Path) -> None:
    line = json.dumps({"id": "x", "text": TEXT}, ensure_ascii=False)
    ((article,), _) = read(put(tmp_path / "a.jsonl", line.encode("cp1256")), encoding="cp1256")
    assert article.text == TEXT
    articles, (message,) = read(put(tmp_path / "b.jsonl", line.encode("utf-16")), encoding="utf-16")
    assert articles == [] and "cannot be cut into lines; convert the file to UTF-8" in message


@pytest.mark.parametrize("encoding", ["klingon", "hex", "zip", ""])
def test_an_encoding_that_reads_no_text_is_named(encoding: str) -> None:
    with pytest.raises(InputError, match=f"unknown encoding '{encoding}'"):
        ArticleReader(encoding=encoding)


def test_an_article_at_the_limit_is_read_and_one_above_is_refused(tmp_path: Path) -> None:
    size = len(TEXT.encode())
    file = put(tmp_path / "a.txt", TEXT)
    assert len(read(file, max_bytes=size)[0]) == 1
    assert read(file, max_bytes=size - 1) == (
        [],
        [f"{file}: an article of {size} bytes, more than {size - 1}: split it, or raise --max-bytes"],
    )
    assert len(read(file, write_jsonl(tmp_path / "b.jsonl", {"id": "b", "text": TEXT}), max_bytes=2**80)[0]) == 2
    with pytest.raises(InputError, match="positive size"):
        ArticleReader(max_bytes=0)


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    long = json.dumps({"id": "long", "text": TEXT * 100})
    file = put(tmp_path / "a.jsonl", f"{LINE}\n{long}\n{LINE.replace('good', 'last')}\n{long}")
    articles, refused = read(file, max_bytes=len(LINE))
    assert [article.id for article in articles] == ["good", "last"]
    assert [message.split(": an article of")[0] for message in refused] == [f"{file}:2", f"{file}:4"]
    assert f"{len(long):,} bytes" in refused[1]


class CountingStream(io.BytesIO):
    """Endless lines; counts those that were asked for."""

    produced = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.produced += 1
        return json.dumps({"id": str(self.produced), "text": TEXT}).encode() + b"\n"


def test_jsonl_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = CountingStream()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    articles = ArticleReader().read(["-"])
    assert [next(articles).id for _ in range(3)] == ["1", "2", "3"]
    assert stream.produced == 3


def test_standard_input_is_one_article_or_jsonl(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, f"{TEXT}\n{TEXT}".encode())
    assert [(a.id, a.text) for a in read("-")[0]] == [("stdin", f"{TEXT}\n{TEXT}")]
    stdin(monkeypatch, b"\xef\xbb\xbf" + f'{LINE}\n{{"text": "حلب"}}\n{{'.encode())
    articles, refused = read("-")
    assert [a.id for a in articles] == ["good", "stdin:2"]
    assert [message.split(": no JSON")[0] for message in refused] == ["stdin:3"]


def test_standard_input_has_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (TEXT.encode() * 100, f"{TEXT}\n".encode() * 100):
        stdin(monkeypatch, content)
        assert read("-", max_bytes=50) == ([], ["stdin: an article of more than 50 bytes: split it, or raise --max-bytes"])
    stdin(monkeypatch, b"")
    assert read("-")[1] == ["stdin: an empty text: nothing to read; leave it out"]
    monkeypatch.setattr(sys, "stdin", None)
    assert read("-")[1] == ["stdin: closed; pipe a text into it"]


def test_standard_input_of_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, TEXT.encode("utf-16"))
    assert [a.text for a in read("-", encoding="utf-16")[0]] == [TEXT]
    stdin(monkeypatch, LINE.encode("utf-16"))
    articles, (message,) = read("-", encoding="utf-16")
    assert articles == [] and "cannot be cut into lines" in message


def test_paths_that_hold_nothing_are_named(tmp_path: Path) -> None:
    put(tmp_path / "a.pdf", b"%PDF")
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "empty").mkdir()
    paths = ["missing.txt", "missing", "a.pdf", "dangling.txt", "empty", "n" * 300 + ".txt"]
    articles, refused = read(*(tmp_path / path for path in paths), put(tmp_path / "good.txt", TEXT))
    assert [article.id for article in articles] == ["good"]
    wanted = ["no such file or folder", "no such file or folder", "neither .txt nor .jsonl", "no such file or folder"]
    wanted += ["the folder holds no .txt and no .jsonl", "cannot be read"]
    for path, reason, message in zip(paths, wanted, refused, strict=True):
        assert message.startswith(f"{tmp_path / path}: {reason}")


def test_a_pipe_among_the_files_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert read(tmp_path) == ([], [f"{tmp_path}/pipe.txt: no regular file; give its text through '-'"])


def test_a_name_that_is_not_utf8_gives_an_id_that_can_be_written(tmp_path: Path) -> None:
    file = os.fsencode(tmp_path) + b"/\xcd\xe1\xc8.txt"
    Path(os.fsdecode(file)).write_text(TEXT, encoding="utf-8")
    ((article,), _) = read(tmp_path)
    assert article.id == "\\xcd\\xe1\\xc8"


def test_the_file_that_is_written_is_not_read(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", TEXT)
    output = write_jsonl(tmp_path / "out.jsonl", {"id": "x", "text": TEXT})
    reader = ArticleReader(outputs={output.resolve(), (tmp_path / ".out.jsonl-1").resolve()})
    put(tmp_path / ".out.jsonl-1", b"")
    assert [article.id for article in reader.read([tmp_path, output])] == ["a"]
    assert reader.report.refused == [f"{output}: input and output at once; write to another file"]
    assert reader.report.skipped_files == 0


@given(st.binary(max_size=200))
def test_any_bytes_give_an_article_or_a_reason(content: bytes) -> None:
    reader = ArticleReader()
    with pytest.MonkeyPatch.context() as monkeypatch:
        stdin(monkeypatch, content)
        articles = list(reader.read(["-"]))
    assert articles or reader.report.refused
    for article in articles:
        assert text_problem(article.text) is None
        article.text.encode()
