"""`kb sync --feed`: days, problems, replacements, and what the ledger says afterwards."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from standins.box import Box
from standins.feeds import ON_TOPIC, rss
from standins.vaults import record

from kb.core import frontmatter


def test_days_are_judged_filed_and_accounted_for(box: Box, feed: Path) -> None:
    told = box.json("sync", "--feed", str(feed))
    assert [d["day"] for d in told["days"]] == ["2025-03-05", "2025-03-06", "2025-03-07"]
    for day in told["days"]:
        assert (day["announced"], day["scanned"]) == (40, 40)
        assert 1 <= day["relevant"] <= 15
    for path in box.notes():
        assert "attention" in str(frontmatter.read(box.text(path))["title"]).lower()
    for number in range(40):
        story = box.json("why", f"2503.{number:05}")
        assert story["announced"] == "2025-03-05"
        assert story["judged"][0]["of"] == 40
        assert story["decision"].startswith(("kept", "left out"))


def test_the_order_of_days_and_files_does_not_matter(box: Box, feed: Path, tmp_path: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    folder = tmp_path / "many"
    folder.mkdir()
    by_day: dict[str, list[str]] = {}
    for line in feed.read_text().splitlines():
        by_day.setdefault(json.loads(line)["announced"], []).append(line)
    for name, lines in zip("cab", by_day.values(), strict=True):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            file.write("\n".join(reversed(lines)))
    other = Box(tmp_path / "other", box.capsys)
    other.kb("init")
    other.kb("sync", "--feed", str(folder))
    assert other.notes() == box.notes()
    assert [other.text(path) for path in other.notes()] == [box.text(path) for path in box.notes()]


def test_day_by_day_gives_the_same_as_all_at_once(box: Box, feed: Path, tmp_path: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    other = Box(tmp_path / "other", box.capsys)
    other.kb("init")
    for day in ("2025-03-05", "2025-03-06", "2025-03-07"):
        other.kb("sync", "--feed", str(feed), "--since", day, "--until", day)
    assert [other.text(path) for path in other.notes()] == [box.text(path) for path in box.notes()]


def test_papers_outside_the_categories_are_announced_not_scanned(box: Box, tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(
        json.dumps(record(3)) + "\n" + json.dumps(record(6, categories=["math.NT"], primary="math.NT"))
        + "\n" + json.dumps(record(9, categories=["math.NT", "cs.AI"], primary="math.NT"))
    )  # fmt: skip
    (day,) = box.json("sync", "--feed", str(path))["days"]
    assert (day["announced"], day["scanned"]) == (3, 2)
    assert "outside your categories" in box.json("why", "2503.00006")["decision"]


def test_announce_new_leaves_cross_lists_out(box: Box, tmp_path: Path) -> None:
    box.edit("kb.toml", 'announce = ["new", "cross"]', 'announce = ["new"]')
    path = tmp_path / "f.jsonl"
    path.write_text(
        json.dumps(record(3))
        + "\n"
        + json.dumps(record(9, categories=["math.NT", "cs.AI"], primary="math.NT"))
    )
    (day,) = box.json("sync", "--feed", str(path))["days"]
    assert (day["announced"], day["scanned"]) == (2, 1)


def test_one_bad_record_is_named_and_the_rest_goes_on(box: Box, tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(
        json.dumps(record(3))
        + "\nnot json\n"
        + json.dumps({"id": "x"})
        + "\n"
        + json.dumps(record(6))
    )
    told = box.json("sync", "--feed", str(path))
    assert told["days"][0]["scanned"] == 2
    assert [p["where"].rpartition(":")[2] for p in told["problems"]] == ["2", "3"]
    assert all(
        p["where"].startswith(str(path)) or "f.jsonl" in p["where"] for p in told["problems"]
    )


def test_date_overrides_every_record_and_needs_a_feed(box: Box, feed: Path) -> None:
    told = box.json("sync", "--feed", str(feed), "--date", "2025-04-01")
    assert [(d["day"], d["scanned"]) for d in told["days"]] == [("2025-04-01", 120)]
    assert "--feed" in json.loads(box.kb("sync", "--date", "2025-04-01", "--json", code=2))["error"]


def test_standard_input(box: Box, feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(feed.read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert len(box.json("sync", "--feed", "-")["days"]) == 3


def test_a_feed_that_is_not_there_is_a_usage_error(box: Box, tmp_path: Path) -> None:
    box.kb("sync", "--feed", str(tmp_path / "nothing.xml"), code=2)
    assert "nothing.xml" in box.err


def test_papers_that_come_later_join_their_day(box: Box, tmp_path: Path) -> None:
    one, two = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_text("\n".join(json.dumps(record(n)) for n in range(20)))
    two.write_text("\n".join(json.dumps(record(n)) for n in range(10, 30)))
    box.kb("sync", "--feed", str(one))
    (day,) = box.json("sync", "--feed", str(two))["days"]
    assert (day["announced"], day["scanned"]) == (30, 30)
    assert day["relevant"] == len(box.notes()) <= 15


def test_an_announcement_feed_files_new_and_cross_and_updates_known_notes(
    box: Box, tmp_path: Path
) -> None:
    first = rss(
        tmp_path / "1.xml",
        (1, "new", 1, ON_TOPIC),
        (2, "cross", 1, ON_TOPIC),
        (9, "replace", 3, ON_TOPIC),
    )
    (day,) = box.json("sync", "--feed", str(first))["days"]
    assert (day["day"], day["scanned"]) == ("2025-02-10", 2)
    second = rss(
        tmp_path / "2.xml", (1, "replace", 2, "Better words on linear attention."), (9, "replace-cross", 4, ON_TOPIC),
        date="Tue, 11 Feb 2025",
    )  # fmt: skip
    told = box.json("sync", "--feed", str(second))
    notes = {frontmatter.read(box.text(p))["arxiv_id"]: p for p in box.notes()}
    assert "2502.00009" not in notes
    if "2502.00001" in notes:
        assert told["notes"]["updated"] == 1
        text = box.text(notes["2502.00001"])
        assert frontmatter.read(text)["version"] == 2
        assert "Better words" in text
    assert box.json("sync", "--feed", str(second))["notes"]["updated"] == 0


def test_a_feed_without_items_is_a_quiet_day(box: Box, tmp_path: Path) -> None:
    (day,) = box.json("sync", "--feed", str(rss(tmp_path / "q.xml")))["days"]
    assert (day["day"], day["outcome"]) == ("2025-02-10", "quiet")
    assert "quiet: nothing announced" in box.text("Weekly/arxiv-2025-W07.md")
