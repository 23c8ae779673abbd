"""What was kept of a vault leads to what its files say, whatever has become of them and of it."""

from __future__ import annotations

import json
import os
import pickle
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.vaults import note_text, odd_notes

from kb.config import Settings
from kb.vault import snapshots
from kb.vault.cache import Cache
from kb.vault.ledger import FOLDER, Ledger
from kb.vault.snapshots import Snapshots
from kb.vault.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.core.history import History

MONTHS = ("2025-02", "2025-03")


@pytest.fixture
def every(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is kept each time, however little has changed."""
    monkeypatch.setattr(snapshots, "WORTH_BYTES", -1)
    monkeypatch.setattr(snapshots, "_WORTH_SHARE", 10**9)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    opened = Cache(tmp_path / "cache")
    yield opened
    opened.close()


def gone(at: int) -> dict[str, Any]:
    return {"v": 1, "k": "gone", "id": f"2503.{at:05}", "at": f"2025-03-06T06:00:{at:02}Z"}


def act(root: Path, what: str, month: str, at: int) -> None:
    """What people, git and other programs do to the ledger."""
    file = root / FOLDER / f"{month}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    line = json.dumps(gone(at)).encode() + b"\n"
    if what == "remove":
        file.unlink(missing_ok=True)
        return
    if what == "replace" and lines:
        lines[at % len(lines)] = line
    elif what == "drop":
        lines = lines[:-1]
    elif what == "insert":
        lines.insert(0, line)
    elif what == "tear":
        lines.append(line[:-9])
    else:
        lines.append(line)
    file.write_bytes(b"".join(lines))


STEPS = st.tuples(
    st.sampled_from(["append", "append", "append", "replace", "drop", "insert", "tear", "remove"]),
    st.sampled_from(MONTHS),
    st.integers(1, 59),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
@given(st.lists(st.lists(STEPS, max_size=3), min_size=1, max_size=8), st.booleans())
def test_a_kept_history_goes_on_to_what_the_whole_ledger_says(
    tmp_path: Path,
    cache: Cache,
    every: None,
    passes: list[list[tuple[str, str, int]]],
    rising: bool,
) -> None:
    for month in MONTHS:
        (tmp_path / FOLDER / f"{month}.jsonl").unlink(missing_ok=True)
    number = 0
    for done in passes:
        for what, month, at in done:
            number += 1
            act(tmp_path, what, month, min(number, 59) if rising else at)
        kept = Ledger(tmp_path, memory=cache)
        assert kept.history(begin_anew=True) == Ledger(tmp_path).history()
        assert kept.held == kept.stamp()


def appended(root: Path, cache: Cache, at: int) -> History:
    Ledger(root).append("2025-03", [gone(at)])
    return Ledger(root, memory=cache).history()


def test_of_a_ledger_that_was_kept_only_what_follows_is_read(
    tmp_path: Path, cache: Cache, every: None
) -> None:
    appended(tmp_path, cache, 1)
    parts, history = cache.snapshots.load("ledger", about_ledger(cache))
    history.gone["marked"] = ""
    assert cache.snapshots.keep("ledger", about_ledger(cache), (parts, history))
    assert set(appended(tmp_path, cache, 2).gone) == {"2503.00001", "marked", "2503.00002"}
    file = tmp_path / FOLDER / "2025-03.jsonl"
    file.write_bytes(file.read_bytes().replace(b"2503.00001", b"2503.00007"))
    assert set(appended(tmp_path, cache, 3).gone) == {"2503.00002", "2503.00003", "2503.00007"}


def about_ledger(cache: Cache) -> str:
    return (cache.path.parent / "ledger.snapshot").read_bytes().partition(b"\n")[0].decode()


def test_a_record_nested_too_deep_for_a_snapshot_is_read_all_the_same(
    tmp_path: Path, cache: Cache, every: None
) -> None:
    deep = '{"v":1,"k":"pass","at":"2025-03-06T05:00:00Z","x":' + "[" * 900 + "]" * 900 + "}\n"
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "2025-03.jsonl").write_text(deep)
    for at in (1, 2):
        history = appended(tmp_path, cache, at)
        assert (len(history.passes), len(history.gone)) == (1, at)
    assert not list(cache.path.parent.glob("*.new"))


def test_little_is_not_worth_a_snapshot(tmp_path: Path, cache: Cache) -> None:
    appended(tmp_path, cache, 1)
    assert not list(cache.path.parent.glob("*.snapshot"))


def test_notes_are_taken_up_from_a_snapshot_and_what_was_read_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    odd_notes(root, 4)
    (root / "odd.md").write_text("---\nurl: https://arxiv.org/abs/2503.00009\n---\n")
    for file in root.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))

    def everything(vault: Vault) -> tuple[object, ...]:
        scan = vault.scan()
        assert set(scan.paths()) == {path.name for path in root.glob("*.md")}
        cards = {path: scan.card_at(path) for path in scan.paths()}
        return dict(scan.notes), dict(scan.traced), scan.duplicates, scan.refused, cards

    with Vault(root, Settings(), folder=tmp_path / "cache") as vault:
        monkeypatch.setattr(snapshots, "WORTH_FILES", 4)
        first = everything(vault)
        assert vault.cache.notes() == [], "a snapshot has them"
        monkeypatch.setattr(snapshots, "WORTH_FILES", 500)
        assert everything(vault) == first
        (root / "2.md").write_text(note_text(2).replace("status: unread", "status: read"))
        (root / "3.md").unlink()
        (root / "again.md").unlink()
        os.utime(root / "2.md", (1_700_000_001, 1_700_000_001))
        changed = everything(vault)
        assert {path for path, *_ in vault.cache.notes()} >= {"2.md"}
        assert everything(vault) == changed != first
    with Vault(root, Settings(), folder=tmp_path / "other") as vault:
        assert everything(vault) == changed


class Loud:
    """Tells when it is made again."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("made again",)


def test_a_snapshot_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Snapshots(tmp_path)
    assert kept.keep("notes", "this", Loud())
    assert pickle.loads((tmp_path / "notes.snapshot").read_bytes()[5:]) is None
    assert capsys.readouterr().out == "made again\n"
    assert kept.load("notes", "this") is None
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    "data", [b"", b"this", b"this\n", b"this\n\x80\x05junk", b"that\n\x80\x05N."]
)
def test_a_broken_snapshot_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "notes.snapshot").write_bytes(data)
    assert Snapshots(tmp_path).load("notes", "this") is None


def test_one_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    kept = Snapshots(tmp_path)
    (tmp_path / "notes.new").write_bytes(b"somebody is at it")
    assert not kept.keep("notes", "this", {1: 2})
    hour_ago = time.time() - 3600
    os.utime(tmp_path / "notes.new", (hour_ago, hour_ago))
    assert kept.keep("notes", "this", {1: 2})
    assert kept.load("notes", "this") == {1: 2}
    assert kept.load("notes", "that") is None
    assert not Snapshots(tmp_path / "missing").keep("notes", "this", 1)
