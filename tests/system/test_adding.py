"""`kb add`: notes at once for papers named by hand."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from standins import lists
from standins.arxiv_server import ArxivStandIn
from standins.box import Box

from kb.core import frontmatter


@pytest.fixture
def arxiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivStandIn]:
    with lists.arxiv() as server:
        monkeypatch.setenv("KB_ARXIV_URL", server.url)
        yield server


def test_a_known_paper_gets_a_note_at_once(box: Box, arxiv: ArxivStandIn) -> None:
    told = box.json("add", "https://arxiv.org/pdf/2501.00001v1", "--rate", "5", "--topic", "Sky")
    (added,) = told["added"]
    assert added["outcome"] == "created"
    values = frontmatter.read(box.text(added["path"]))
    assert (values["source"], values["rating"], values["scored_by"]) == ("hand", 5, "local")
    assert values["topics"][0] == "Sky"  # type: ignore[index]
    assert told["commit"]
    assert "Add Counting Clouds with a Ladder" in box.git("log", "-1", "--format=%s")
    page = box.text("Monthly/arxiv-imported.md")
    assert "## Added by hand" in page
    assert "[Counting Clouds with a Ladder]" in page
    before = box.state()
    again = box.json("add", "arXiv:2501.00001", "--rate", "5", "--topic", "Sky")
    assert again["added"][0]["outcome"] == "there"
    assert box.state() == before
    box.kb("index", "--check")


def test_what_is_unknown_or_no_paper_is_told_and_the_others_go_on(
    box: Box, arxiv: ArxivStandIn
) -> None:
    out = box.kb("add", "2501.99999", "10.1000/wells.7", "a word", "2502.00001", code=1)
    assert out.startswith("2502.00001  Papers/undated/Wells That Sing.md\n")
    assert "2501.99999: arXiv knows no such paper" in box.err
    assert "10.1000/wells.7: is the DOI of a journal" in box.err
    assert "a word: is not an arXiv id" in box.err
    assert len(box.notes()) == 1
    told = box.json("add", "10.48550/arXiv.2501.00002")
    assert (
        told["added"][0]["path"] == "Papers/undated/Deep Wells and the Ladders That Lead There.md"
    )


def test_a_deleted_note_comes_back(box: Box, arxiv: ArxivStandIn) -> None:
    path = box.json("add", "2501.00001")["added"][0]["path"]
    (box.root / path).unlink()
    box.kb("index")
    assert "stays deleted" in box.kb("why", "2501.00001")
    assert box.json("add", "2501.00001")["added"] == [
        {
            "id": "2501.00001",
            "path": path,
            "outcome": "created",
            "open": box.json("add", "2501.00001")["added"][0]["open"],
        }
    ]
    assert path in box.notes()
    box.kb("sync", "--feed", "sample")
    assert path in box.notes()


def test_a_paper_that_was_left_out_keeps_its_history(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    history = box.json("why", "2503.00001")
    assert history["note"] is None
    (judged,) = history["judged"]
    told = box.json("add", "2503.00001", "--open")
    values = frontmatter.read(box.text(told["added"][0]["path"]))
    assert (values["relevance"], values["novelty"]) == (judged["relevance"], judged["novelty"])
    assert str(values["announced"]) == history["announced"] == "2025-03-05"
    assert told["added"][0]["open"].startswith("obsidian://open?path=%2F")
    assert "A%20survey%20of%20ponds" in told["added"][0]["open"]
    after = box.json("why", "2503.00001")
    assert after["judged"] == history["judged"]
    assert told["added"][0]["path"] in after["note"]
    assert "A survey of ponds, part 1]" in box.text("Daily/arxiv-2025-03-05.md")


def test_a_rating_reaches_a_note_that_is_there(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    path = box.notes()[0]
    arxiv_id = str(frontmatter.read(box.text(path))["arxiv_id"])
    box.write(path, box.text(path) + "\nMine.\n")
    told = box.json("add", arxiv_id, "--rate", "4", "--topic", "Reading club")
    assert told["added"][0]["outcome"] == "changed"
    values = frontmatter.read(box.text(path))
    assert values["rating"] == 4
    assert values["topics"][0] == "Reading club"  # type: ignore[index]
    assert box.text(path).endswith("\nMine.\n")


def test_a_note_of_the_readers_own_is_joined(box: Box, arxiv: ArxivStandIn) -> None:
    box.write("Mine/Clouds.md", "---\nurl: https://arxiv.org/abs/2501.00001\n---\nHello.\n")
    told = box.json("add", "2501.00001")
    assert told["added"][0] == told["added"][0] | {"path": "Mine/Clouds.md", "outcome": "joined"}
    assert box.text("Mine/Clouds.md").endswith("---\nHello.\n")
    assert frontmatter.read(box.text("Mine/Clouds.md"))["arxiv_id"] == "2501.00001"


def test_papers_come_from_standard_input(
    box: Box, arxiv: ArxivStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"2501.00001\nhttps://arxiv.org/abs/2502.00001\nnot a paper\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    told = box.json("add", "-", code=1)
    assert [added["id"] for added in told["added"]] == ["2501.00001", "2502.00001"]
    assert "standard input:3" in told["person"]


def test_a_dry_run_writes_nothing(box: Box, arxiv: ArxivStandIn) -> None:
    before = box.state()
    out = box.kb("add", "--dry-run", "2501.00001")
    assert "would create Papers/undated/Counting Clouds with a Ladder.md" in out
    assert box.state() == before


def test_an_arxiv_that_does_not_answer_leaves_all_for_later(box: Box, arxiv: ArxivStandIn) -> None:
    arxiv.fault("503 retry-after", path="api")
    box.kb("add", "2501.00001", code=75)
    assert box.notes() == []
