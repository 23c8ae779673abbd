from __future__ import annotations

import os

import pytest
from standins.person import Person, opened

from kb.repository.command import GitFailed


def test_changes_of_a_commit_and_passes(reader: Person) -> None:
    repository = opened(reader.folder)
    reader.write("note.md", "\0binary\n")
    reader.write("Papers/new.md", "")
    one = repository.commit(
        ["note.md", "gone.md", "Papers/new.md"],
        "A day\n\nText.\n\nkb-pass: 2025-03-06\nkb-undoes: x",
    )
    reader.write("note.md", "mine\n")
    reader.git("commit", "-q", "-a", "-m", "not a pass\n\nkb-pass: in prose, not a trailer\n\nend")
    reader.write("note.md", "ours\n")
    two = repository.commit(["note.md"], "Taken back\n\nKb-Pass: 2\nkb-undoes: a\nkb-undoes: b")
    assert one is not None
    assert two is not None
    assert [
        (each.path, each.status, each.before, each.after) for each in repository.changes_of(one)
    ] == [
        ("Papers/new.md", "A", None, b""),
        ("gone.md", "D", b"gone\n", None),
        ("note.md", "M", b"note\n", b"\0binary\n"),
    ]
    newest, oldest = repository.last_pass()
    assert (newest.sha, newest.subject, newest.undoes) == (two, "Taken back", ("a", "b"))
    assert (oldest.sha, oldest.trailers["kb-pass"]) == (one, ("2025-03-06",))
    assert repository.last_pass(limit=1) == [newest]


def test_what_a_crash_left_uncommitted_is_found(reader: Person) -> None:
    repository = opened(reader.folder)
    reader.write("Daily/a.md", "x")
    reader.write("Daily/b.md", "x")
    reader.git("add", "Daily/b.md")
    assert repository.uncommitted(["Daily", "gone.md", "note.md"]) == [
        "Daily/a.md",
        "Daily/b.md",
        "gone.md",
    ]
    assert repository.uncommitted([]) == []
    assert "untracked.md" in repository.uncommitted(["."])


def test_an_unknown_commit_is_one_clear_error(reader: Person) -> None:
    with pytest.raises(GitFailed, match="git diff-tree"):
        opened(reader.folder).changes_of("--output=/tmp/x")


def test_line_end_filters_are_borne_and_end(reader: Person) -> None:
    reader.git("config", "core.autocrlf", "true")
    reader.git("config", "core.safecrlf", "warn")
    reader.write("mixed.md", "one\r\ntwo\nthree\r\n")
    repository = opened(reader.folder)
    sha = repository.commit(["mixed.md"], "x")
    assert reader.git("show", "HEAD:mixed.md") == "one\ntwo\nthree\n"
    assert (reader.folder / "mixed.md").read_bytes() == b"one\r\ntwo\nthree\r\n"
    assert repository.uncommitted(["mixed.md"]) == []
    assert repository.commit(["mixed.md"], "x") is None
    assert sha is not None
    assert repository.changes_of(sha)[0].after == b"one\r\ntwo\r\nthree\r\n"


def test_attributes_that_convert_are_undone_for_what_is_on_disk(reader: Person) -> None:
    reader.write(".gitattributes", "*.md text eol=crlf\n")
    reader.write("note.md", "one\r\n")
    reader.write("data.txt", "plain\n")
    sha = opened(reader.folder).commit(["note.md", "data.txt"], "x")
    assert sha is not None
    changes = {each.path: each for each in opened(reader.folder).changes_of(sha)}
    assert changes["note.md"].after == b"one\r\n"
    assert changes["data.txt"].after == b"plain\n"
    assert changes["data.txt"].before is None


def test_a_change_that_git_could_overlook_stays_seen(reader: Person) -> None:
    """Same size, same times as in the index: only the index's own time makes git look (racy git)."""
    reader.git("reset", "-q", "--hard")
    reader.write("staged.md", "12345\n")
    then = 1_700_000_000
    os.utime(reader.folder / "staged.md", (then, then))
    reader.git("add", "staged.md")
    reader.write("staged.md", "54321\n")
    os.utime(reader.folder / "staged.md", (then, then))
    os.utime(reader.folder / ".git/index", (then, then))
    reader.git("config", "core.trustctime", "false")
    reader.git("config", "core.checkStat", "minimal")
    assert reader.git("--no-optional-locks", "diff", "--name-only") == "staged.md\n"
    reader.write("note.md", "by kb\n")
    opened(reader.folder).commit(["note.md"], "x")
    assert reader.git("diff", "--name-only") == "staged.md\n"
