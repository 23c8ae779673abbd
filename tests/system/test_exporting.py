"""`kb export`: what is in the vault goes out, and comes back as it was."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from standins import digests
from standins.box import Box

from kb.core.listed import Listing
from kb.sources.lists import read_list

SAME = ("id", "title", "authors", "relevance", "novelty", "topics", "comment", "announced")


def same_papers(one: Listing, other: Listing) -> None:
    assert one.ids == other.ids
    for a, b in zip(one.papers, other.papers, strict=True):
        for name in SAME:
            assert getattr(a, name) == getattr(b, name), (a.id, name)


def round_trip(box: Box, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "day.md").write_bytes(data)
    first = read_list(data, "day.md")
    assert first.day is not None
    box.kb("import", "--offline", str(tmp_path / "day.md"))
    out = box.kb("export", "--format", "digest", "--date", str(first.day.day))
    second = read_list(out.encode(), "again.md")
    assert second.problems == ()
    same_papers(first, second)
    assert second.day == first.day
    assert second.topics_text == first.topics_text
    other = Box(tmp_path / "other", box.capsys)
    other.kb("init")
    (tmp_path / "again.md").write_text(out, "utf-8")
    other.kb("import", "--offline", str(tmp_path / "again.md"))
    third = read_list(other.kb("export", "--format", "digest").encode(), "third.md")
    same_papers(second, third)
    assert (third.day, third.topics_text) == (second.day, second.topics_text)
    before = box.state()
    told = box.json("import", "--offline", str(tmp_path / "again.md"))
    assert (told["import"]["created"], told["import"]["completed"]) == (0, 0)
    assert box.state() == before


@pytest.mark.parametrize("text", [digests.FIRST, digests.THIRD])
def test_a_digest_goes_in_and_comes_out_the_same(box: Box, tmp_path: Path, text: str) -> None:
    round_trip(box, text.encode(), tmp_path)


@pytest.mark.parametrize("day", ["2025-01-31", "2025-03-06", "2026-04-09"])
def test_the_real_digests_as_well(box: Box, tmp_path: Path, shared_data: Path, day: str) -> None:
    path = shared_data / "reading" / f"daily-digest-{day}.md"
    if not path.is_file():
        pytest.skip("the digests are not here")
    round_trip(box, path.read_bytes(), tmp_path)


def test_days_of_the_local_scorer_come_back_from_a_folder(
    box: Box, feed: Path, tmp_path: Path
) -> None:
    box.kb("sync", "--feed", str(feed))
    box.kb("export", "--format", "digest", code=0)
    newest = read_list(box.out.encode(), "newest.md")
    assert newest.day is not None
    assert str(newest.day.day) == "2025-03-07"
    assert (newest.day.announced, newest.day.scanned) == (40, 40)
    box.kb("export", "--format", "digest", "--since", "2025-03-05", code=2)
    folder = tmp_path / "digests"
    box.kb("export", "--format", "digest", "--since", "2025-03-05", "--out", f"{folder}/")
    assert [file.name for file in sorted(folder.iterdir())] == [
        f"arxiv-2025-03-0{n}.md" for n in (5, 6, 7)
    ]
    other = Box(tmp_path / "other", box.capsys)
    other.kb("init")
    told = other.json("import", "--offline", str(folder))
    assert told["import"]["created"] == len(box.notes())
    for day in ("2025-03-05", "2025-03-06", "2025-03-07"):
        mine = box.kb("export", "--format", "digest", "--date", day)
        theirs = other.kb("export", "--format", "digest", "--date", day)
        one, two = (read_list(text.encode(), "x.md") for text in (mine, theirs))
        same_papers(one, two)
        assert one.day == two.day


def test_every_format_holds_every_paper(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    before, count = box.state(), len(box.notes())
    bibtex = box.kb("export")
    assert bibtex.count("\n@") + bibtex.startswith("@") == count
    assert len(json.loads(box.kb("export", "--format", "csl"))) == count
    rows = list(csv.DictReader(io.StringIO(box.kb("export", "--format", "csv"))))
    assert len(rows) == count
    assert all(row["comment"] and row["abstract"] for row in rows)
    assert [r["announced"] for r in rows] == sorted((r["announced"] for r in rows), reverse=True)
    lines = box.kb("export", "--format", "jsonl").splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == count
    assert box.kb("export", "--format", "atom").count("<entry>") == count
    assert box.state() == before


def test_what_is_asked_for_goes_out(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    path = next(p for p in box.notes() if "2025-03/" in p)
    box.edit(path, "status: unread", "status: read")

    def lines(*words: str) -> list[str]:
        return box.kb("export", "--format", "jsonl", *words).splitlines()

    assert len(lines("--status", "read")) == 1
    assert {json.loads(line)["announced"] for line in lines("--date", "2025-03-06")} == {
        "2025-03-06"
    }
    assert lines("--topic", "no such topic") == []
    assert lines("--min-score", "21") == []
    assert 0 < len(lines("--until", "2025-03-05")) < len(lines())
    box.kb("export", "--date", "2025-03-06", "--since", "2025-03-05", code=2)


def test_a_file_of_the_vaults_own_is_never_written_over(
    box: Box, feed: Path, tmp_path: Path
) -> None:
    box.kb("sync", "--feed", str(feed))
    before = box.state()
    for path in (box.notes()[0], "Home.md", "Topics.md", "kb.toml", ".kb/x.bib", ".git/x",
                 "Daily/arxiv-2025-03-06.md"):  # fmt: skip
        box.kb("export", "--out", str(box.root / path), code=2)
    assert box.state() == before
    link = tmp_path / "link.bib"
    link.symlink_to(box.root / box.notes()[0])
    box.kb("export", "--out", str(link), code=2)
    assert box.state() == before
    for _ in range(2):
        box.kb("export", "--out", str(box.root / "library.bib"))
        box.kb("export", "--format", "digest", "--out", str(box.root / "Reports/day.md"))
        box.kb("export", "--out", str(tmp_path / "out/library.bib"))
    assert (tmp_path / "out/library.bib").read_bytes() == (box.root / "library.bib").read_bytes()
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out/library.bib"]


def test_kbs_own_tables_are_imported_as_they_were(box: Box, feed: Path, tmp_path: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    for form in ("csv", "jsonl", "bibtex", "csl"):
        path = tmp_path / f"all.{form}"
        box.kb("export", "--format", form, "--out", str(path))
        other = Box(tmp_path / form, box.capsys)
        other.kb("init")
        told = other.json("import", "--offline", str(path))
        assert told["import"]["created"] == len(box.notes())
        assert not any("**" in other.text(note).partition("## Notes")[2] for note in other.notes())
        before = other.state()
        other.kb("import", "--offline", str(path))
        assert other.state() == before
