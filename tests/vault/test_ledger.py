from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.vault.cache import Cache
from kb.vault.ledger import FOLDER, Ledger


def gone(number: int) -> dict[str, object]:
    return {"v": 1, "k": "gone", "id": f"2503.{number:05}", "at": f"2025-03-06T06:00:{number:02}Z"}


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.append("2025-03", [gone(1), gone(2)]) == f"{FOLDER}/2025-03.jsonl"
    ledger.append("2025-04", [gone(3)])
    assert [record["id"][-1] for record in ledger.records()] == ["1", "2", "3"]
    assert len(ledger.history().gone) == 3


def test_nothing_to_append_makes_no_file(tmp_path: Path) -> None:
    assert Ledger(tmp_path).append("2025-03", []) is None
    assert not (tmp_path / ".kb").exists()


@pytest.mark.parametrize("lost", [".kb", FOLDER, f"{FOLDER}/2025-03.jsonl"])
def test_a_ledger_that_is_gone_is_not_begun_anew(tmp_path: Path, lost: str) -> None:
    root, away, memory = tmp_path / "vault", tmp_path / "away", Cache(tmp_path / "cache")
    root.mkdir()
    assert Ledger(root, memory=memory).records() == []
    writing = Ledger(root, memory=memory)
    writing.append("2025-03", [gone(1)])
    writing.append("2025-03", [gone(2)])
    (root / lost).rename(away)
    for act in (
        Ledger(root, memory=memory).records,
        Ledger(root, memory=memory).history,
        lambda: writing.append("2025-03", [gone(3)]),
    ):
        with pytest.raises(KbError, match=r"ledger is gone .* `kb sync --accept-deletions`"):
            act()
    assert not (root / FOLDER / "2025-03.jsonl").exists()
    away.rename(root / lost)
    assert len(Ledger(root, memory=memory).records()) == 2
    (root / lost).rename(away)
    anew = Ledger(root, memory=memory)
    assert anew.history(begin_anew=True).gone == {}
    anew.append("2025-04", [gone(4)])
    assert len(Ledger(root, memory=memory).records()) == 1


def test_a_vault_that_is_gone_is_not_made_by_an_append(tmp_path: Path) -> None:
    with pytest.raises(KbError, match="No such file"):
        Ledger(tmp_path / "vault").append("2025-03", [gone(1)])
    assert not (tmp_path / "vault").exists()


def test_a_torn_last_line_is_ignored_and_mended(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("2025-03", [gone(1)])
    file = tmp_path / FOLDER / "2025-03.jsonl"
    whole = file.read_bytes()
    for torn in (b"{", b'{"v":1,"k":"gone","id":"25', whole[:-1]):
        file.write_bytes(whole + torn)
        expected = 2 if torn == whole[:-1] else 1
        assert len(ledger.records()) == expected
        ledger.append("2025-03", [gone(2)])
        lines = file.read_bytes().split(b"\n")
        assert lines[-1] == b""
        assert all(json.loads(line) for line in lines[:-1])
        assert len(lines) - 1 == expected + 1


def test_a_file_that_is_one_torn_line_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / FOLDER / "2025-03.jsonl"
    file.parent.mkdir(parents=True)
    file.write_bytes(b'{"v":1' + b"x" * 200_000)
    Ledger(tmp_path).append("2025-03", [gone(1)])
    assert [json.loads(line)["id"] for line in file.read_bytes().splitlines()] == ["2503.00001"]


def test_lines_of_another_tool_in_the_middle_are_passed_over(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("2025-03", [gone(1)])
    file = tmp_path / FOLDER / "2025-03.jsonl"
    file.write_bytes(b"<<<<<<< ours\n" + file.read_bytes() + b"[1]\n")
    assert len(ledger.records()) == 1


def test_its_own_appends_are_held_and_those_of_others_are_told(tmp_path: Path) -> None:
    ledger, other = Ledger(tmp_path), Ledger(tmp_path)
    assert ledger.stamp() == {}
    assert ledger.held is None
    ledger.history()
    assert ledger.stamp() == ledger.held == {}
    for month, number in (("2025-03", 1), ("2025-03", 2), ("2025-04", 3)):
        ledger.append(month, [gone(number)])
        assert ledger.stamp() == ledger.held
    assert set(ledger.stamp()) == {"2025-03.jsonl", "2025-04.jsonl"}
    for month in ("2025-03", "2025-05"):
        other.append(month, [gone(4)])
        assert ledger.stamp() != ledger.held
        ledger.append(month, [gone(5)])
        assert ledger.stamp() != ledger.held, "what the other wrote has not been read"
        assert len(ledger.records()) == len(other.records())
        assert ledger.stamp() == ledger.held


def test_a_file_replaced_taken_away_or_emptied_is_told(tmp_path: Path) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / FOLDER / "2025-03.jsonl"
    ledger.append("2025-03", [gone(1), gone(2)])
    whole = file.read_bytes()
    times = file.stat().st_mtime_ns
    for change in (
        lambda: file.write_bytes(whole[:-20]),
        lambda: file.write_bytes(b""),
        lambda: os.utime(file, ns=(times, times + 1)),
        file.unlink,
    ):
        file.write_bytes(whole)
        os.utime(file, ns=(times, times))
        ledger.history()
        assert ledger.stamp() == ledger.held
        change()
        assert ledger.stamp() != ledger.held
        ledger.append("2025-03", [gone(3)])
        assert ledger.stamp() != ledger.held


def test_a_torn_line_that_is_cut_off_is_no_news(tmp_path: Path) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / FOLDER / "2025-03.jsonl"
    ledger.append("2025-03", [gone(1)])
    with file.open("ab") as torn:
        torn.write(b'{"v":1,"k":"go')
    history = ledger.history()
    ledger.append("2025-03", [gone(2)])
    assert ledger.stamp() == ledger.held
    assert len(history.gone) == 1
    assert len(ledger.history().gone) == 2


def test_the_search_for_garbage_is_as_before_when_the_ledger_has_been_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("2025-03", [gone(1)])
    ledger.history()
    assert gc.isenabled()
    gc.disable()
    try:
        ledger.history()
        assert not gc.isenabled()
    finally:
        gc.enable()
    (tmp_path / FOLDER / "2025-04.jsonl").mkdir()
    with pytest.raises(OSError):
        ledger.history()
    assert gc.isenabled()
