from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kb.core.papers import Paper
from kb.vault.cache import Cache, cache_folder, vault_cache_folder

PAPER = Paper(
    id="2503.00001", title="Tïtle", authors=("A", "B"), abstract="x\ny", categories=("cs.LG",),
    submitted=datetime(2025, 3, 5, 12, tzinfo=UTC), announced=date(2025, 3, 6), version=2,
)  # fmt: skip


def test_papers_come_back_as_they_went(tmp_path: Path) -> None:
    odd = replace(PAPER, id="2503.00002", title="half a \ud835 letter")
    cache = Cache(tmp_path)
    cache.put_papers([PAPER, odd])
    cache.close()
    again = Cache(tmp_path)
    known = again.papers(["2503.00001", "2503.00002", "2503.99999"])
    assert known == {"2503.00001": PAPER, "2503.00002": odd}
    again.close()


def test_many_ids_at_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put_many({str(n): bytes([n % 256]) for n in range(1700)})
    assert len(cache.get_many(str(n) for n in range(1700))) == 1700
    cache.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    words = {str(n): bytes(100) for n in range(5000)}
    with ThreadPoolExecutor() as threads:
        written = [threads.submit(cache.put_many, words) for _ in range(4)]
        while not all(each.done() for each in written):
            cache.put_papers([PAPER])
            cache.put_fact("at", "now")
        for each in written:
            each.result()
    assert len(cache.get_many(words)) == len(words)
    cache.close()


def test_a_damaged_cache_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"not a database" * 500)
    cache = Cache(tmp_path)
    cache.put_papers([PAPER])
    assert cache.papers([PAPER.id]) == {PAPER.id: PAPER}
    cache.close()


def test_where_the_cache_lies_can_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setenv("KB_CACHE_DIR", str(tmp_path / "c"))
    assert cache_folder() == (tmp_path / "c").resolve()
    one, two = vault_cache_folder(tmp_path / "a"), vault_cache_folder(tmp_path / "b")
    assert one != two
    assert one.is_relative_to(cache_folder())


def test_what_kb_wrote_below_a_folder(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for path in ("Daily/b.md", "Daily/a.md", "Daily%/c.md", "Dailyx/d.md", "Home.md"):
        cache.put(path, "0")
    assert cache.written("Daily/") == ["Daily/a.md", "Daily/b.md"]
    assert cache.written("daily/") == []
    cache.forget("Daily/a.md")
    assert cache.written("Daily/") == ["Daily/b.md"]
    cache.close()


def test_facts_of_the_vault_outlast_the_process(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.fact("ledger") is None
    cache.put_fact("ledger", "kept")
    cache.put_fact("ledger", "moved")
    cache.close()
    again = Cache(tmp_path)
    assert again.fact("ledger") == "moved"
    again.close()


def test_told_is_replaced_as_a_whole(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.tell({"a.md": "broken", "b.md": "double"})
    cache.tell({"b.md": "double"})
    assert cache.told() == {"b.md": "double"}
    cache.close()
