"""The bundled sample, end to end: what a newcomer's first line does."""

from __future__ import annotations

import json
from pathlib import Path

from standins.box import Box
from standins.vaults import record

from kb.core import frontmatter


def test_one_line_makes_a_vault_with_notes_and_pages(box: Box) -> None:
    told = box.json("sync", "--feed", "sample")
    assert told["exit"] == 0
    assert [day["day"] for day in told["days"]] == ["2025-01-07", "2025-01-08", "2025-01-09"]
    assert all(day["outcome"] == "done" and day["source"] == "sample" for day in told["days"])
    assert all(2 <= day["relevant"] <= 12 for day in told["days"])
    assert told["notes"]["created"] == len(box.notes()) == sum(d["relevant"] for d in told["days"])
    assert told["commit"]
    for path in box.notes():
        values = frontmatter.read(box.text(path))
        assert str(values["arxiv_id"])[2:4] == "13"
        assert values["source"] == "sample"
    for page in (
        "Home.md",
        "Daily/arxiv-2025-01-07.md",
        "Weekly/arxiv-2025-W02.md",
        "Monthly/arxiv-2025-01.md",
    ):
        assert box.text(page).startswith("---\nkb: ")
    assert box.git("status", "--porcelain") == " M kb.toml\n"


def test_a_second_pass_changes_no_byte_no_time_and_makes_no_commit(box: Box) -> None:
    box.kb("sync", "--feed", "sample")
    before, head = box.state(), box.git("rev-parse", "HEAD")
    told = box.json("sync", "--feed", "sample")
    assert (told["exit"], told["commit"], told["pages"]) == (0, None, 0)
    assert told["notes"] == {"created": 0, "updated": 0, "refused": [], "deferred": []}
    assert box.state() == before
    assert box.git("rev-parse", "HEAD") == head


def test_two_vaults_come_out_the_same(box: Box, tmp_path: Path) -> None:
    box.kb("sync", "--feed", "sample")
    other = Box(tmp_path / "other", box.capsys)
    other.kb("init")
    other.kb("sync", "--feed", "sample")
    mine = {
        p: b
        for p, (b, _) in box.state().items()
        if not p.startswith(".kb/ledger") and p not in ("kb.toml", "Home.md")
    }
    theirs = {p: b for p, (b, _) in other.state().items() if p in mine}
    assert mine == theirs


def test_the_sample_marks_no_real_day_done_and_teaches_nothing(
    box: Box, feed: Path, tmp_path: Path
) -> None:
    plain = Box(tmp_path / "plain", box.capsys)
    plain.kb("init")
    plain.kb("sync", "--feed", str(feed))
    box.kb("sync", "--feed", "sample")
    same_day = tmp_path / "same.jsonl"
    same_day.write_text(json.dumps(record(900, "2025-01-07")))
    told = box.json("sync", "--feed", str(feed))
    assert [d["outcome"] for d in told["days"]] == ["done"] * 3
    scores = {d["day"]: d["papers"] for d in _days(plain)}
    assert {d["day"]: d["papers"] for d in _days(box) if "source" not in d} == scores
    again = box.json("sync", "--feed", str(same_day))
    assert again["days"] == [
        {
            "day": "2025-01-07",
            "outcome": "done",
            "announced": 1,
            "scanned": 1,
            "relevant": again["days"][0]["relevant"],
        }
    ]


def _days(box: Box) -> list[dict[str, object]]:
    records = [
        json.loads(line)
        for file in sorted((box.root / ".kb/ledger").iterdir())
        for line in file.read_text().splitlines()
    ]
    return [record for record in records if record["k"] == "day"]


def test_doctor_removes_the_sample_but_no_word_of_the_reader(box: Box) -> None:
    box.kb("sync", "--feed", "sample")
    mine = box.notes()[0]
    box.edit(mine, "## Notes\n", "## Notes\n\nworth a second look\n")
    assert "kb doctor --fix: removes them" in box.kb("doctor")
    box.kb("doctor", "--fix", code=0)
    assert box.notes() == [mine]
    assert "worth a second look" in box.text(mine)
    day = frontmatter.read(box.text(mine))["announced"]
    assert [page.name for page in box.root.glob("Daily/*.md")] == [f"arxiv-{day}.md"]
    assert box.git("status", "--porcelain") == " M kb.toml\n"
    told = box.json("sync", "--feed", "sample")
    assert told["notes"]["created"] > 0


def test_a_dry_run_writes_nothing(box: Box) -> None:
    before = box.state()
    out = box.kb("sync", "--feed", "sample", "--dry-run")
    assert "would create Papers/2025-01/" in out
    assert "would page Daily/arxiv-2025-01-07.md" in out
    assert box.state() == before
    box.kb("sync", "--feed", "sample")
    assert len(box.notes()) == out.count("would create ")


def test_the_cache_can_be_deleted_at_any_time(box: Box, tmp_path: Path) -> None:
    import shutil

    box.kb("sync", "--feed", "sample")
    before = box.state()
    shutil.rmtree(tmp_path / "cache")
    box.kb("sync", "--feed", "sample")
    assert box.state() == before
    assert "2413.000" in box.kb("why", "2413.00001")
