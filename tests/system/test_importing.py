"""`kb import`: lists that people keep become notes, and nothing of them is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from standins import digests, lists
from standins.arxiv_server import ArxivStandIn
from standins.box import Box
from standins.vaults import record

from kb.cli import run as run_cli
from kb.core import frontmatter, regions
from kb.sources.lists import read_list
from kb.vault.files import VaultFiles
from kb.vault.ledger import Ledger

COUNTS = {
    "monthly-table-2025-04.md": 5,
    "monthly-list-2024-03.md": 26,
    "monthly-list-2025-06.md": 24,
    "topic-table.md": 36,
    "reading-list.md": 20,
    "daily-digest-2025-01-31.md": 1,
    "daily-digest-2025-03-06.md": 17,
    "daily-digest-2026-04-09.md": 16,
}


@pytest.fixture
def arxiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivStandIn]:
    with lists.arxiv() as server:
        monkeypatch.setenv("KB_ARXIV_URL", server.url)
        yield server


@pytest.fixture
def reading(tmp_path: Path) -> Path:
    path = tmp_path / "reading.md"
    path.write_text(lists.READING, "utf-8")
    return path


def by_id(box: Box) -> dict[str, str]:
    """Every note by its paper."""
    texts = [box.text(path) for path in box.notes()]
    return {str(frontmatter.read(text)["arxiv_id"]): text for text in texts}


def words(text: str) -> str:
    """What stands below the heading of the reader's notes."""
    return text.partition("\n## Notes\n")[2].strip("\n")


@pytest.mark.parametrize("name", COUNTS)
def test_each_real_list_gives_a_note_for_every_paper(
    box: Box, shared_data: Path, name: str
) -> None:
    path = shared_data / "reading" / name
    if not path.is_file():
        pytest.skip("the lists are not here")
    listing = read_list(path.read_bytes(), name)
    told = box.json("import", "--offline", str(path))
    assert told["import"]["papers"] == told["import"]["created"] == COUNTS[name]
    assert told["import"]["files"][0]["rows"] == listing.rows
    notes = by_id(box)
    assert notes.keys() == set(listing.ids)
    for paper in listing.papers:
        note = notes[paper.id or ""]
        assert all(line in note.splitlines() for line in paper.bullets.splitlines())
        assert regions.find(note, "paper") is not None
        if paper.comment:
            assert paper.comment in note or "$" in paper.comment or "\\" in note
    told_of = {problem["where"] for problem in told["problems"]}
    assert told_of >= {problem.where for problem in listing.problems}
    before, head = box.state(), box.git("rev-parse", "HEAD")
    again = box.json("import", "--offline", str(path))
    assert (again["import"]["created"], again["import"]["unchanged"]) == (0, COUNTS[name])
    assert box.state() == before
    assert box.git("rev-parse", "HEAD") == head
    box.kb("index", "--check")
    assert "ok    pages" in box.kb("doctor")


def test_bullets_stand_word_for_word_under_the_readers_notes(
    box: Box, arxiv: ArxivStandIn, reading: Path
) -> None:
    box.kb("import", str(reading))
    note = by_id(box)["2501.00001"]
    bullets = lists.READING.split("\n\n")[0].split("\n", 1)[1]
    assert words(note) == bullets
    values = frontmatter.read(note)
    assert values["source"] == "import"
    assert values["title"] == "Counting Clouds with a Ladder"
    assert values["authors"] == ["Ada Example", "Émile Beispiel"]
    assert values["submitted"] == date(2025, 1, 2)
    assert "## Abstract" in note
    assert "relevance" not in values
    assert "[Counting Clouds with a Ladder]" in box.text("Monthly/arxiv-imported.md")


def test_a_marker_in_somebodys_words_ends_no_region(
    box: Box, arxiv: ArxivStandIn, reading: Path
) -> None:
    box.kb("import", str(reading))
    note = by_id(box)["2501.00002"]
    assert "- It goes down, `not` up" in words(note)
    assert "kb:end paper" in words(note)
    assert regions.names(note) == ["paper"]
    before = box.state()
    box.kb("import", str(reading))
    assert box.state() == before


def test_titles_are_arxivs_and_both_are_told(box: Box, arxiv: ArxivStandIn, reading: Path) -> None:
    told = box.json("import", str(reading))
    (problem,) = [p for p in told["problems"] if "2501.00002" in p["why"]]
    assert problem["where"] == "reading.md:7"
    assert "Deep Wells" in problem["why"]
    assert "A ladder for deep wells" in problem["why"]
    assert frontmatter.read(by_id(box)["2501.00002"])["title"].startswith("Deep Wells")  # type: ignore[attr-defined]


def test_several_lists_make_one_note_a_paper(
    box: Box, arxiv: ArxivStandIn, reading: Path, tmp_path: Path
) -> None:
    (tmp_path / "table.md").write_text(lists.TABLE)
    (tmp_path / "zotero.bib").write_text(lists.BIBTEX)
    told = box.json(
        "import", str(reading), str(tmp_path / "table.md"), str(tmp_path / "zotero.bib")
    )
    assert told["import"]["papers"] == told["import"]["created"] == 3
    without = [p["where"] for p in told["problems"] if "Title" not in p["why"]]
    assert "table.md:7" in without
    assert any(where.startswith("zotero.bib:") for where in without)
    clouds = frontmatter.read(by_id(box)["2501.00001"])
    assert (clouds["topics"], clouds["listed"]) == (["Sky", "Tools"], "reading")
    wells = frontmatter.read(by_id(box)["2502.00001"])
    assert (wells["doi"], wells["journal"]) == ("10.1000/arxiv.says", "Journal of Wells")


def test_notes_that_are_there_are_completed_and_keep_every_word(
    box: Box, arxiv: ArxivStandIn, reading: Path, tmp_path: Path
) -> None:
    table = tmp_path / "table.md"
    table.write_text(lists.TABLE)
    box.kb("import", "--offline", str(table))
    path = next(p for p in box.notes() if "Counting" in p)
    box.edit(path, "\ntopics:", "\nmood: high\ntopics:")
    box.write(path, box.text(path) + "\nMy own words.\n")
    theirs = "Mine/Wells.md"
    box.write(theirs, "---\nurl: https://arxiv.org/abs/2501.00002\n---\nHello.\n")
    told = box.json("import", str(table), str(reading))
    assert told["import"]["created"] == 0
    note = box.text(path)
    values = frontmatter.read(note)
    assert (values["mood"], values["authors"]) == ("high", ["Ada Example", "Émile Beispiel"])
    assert "## Abstract" in note
    assert "\nMy own words.\n" in note
    assert any("holds words of yours" in p["why"] for p in told["problems"])
    joined = box.text(theirs)
    assert joined.endswith("---\nHello.\n")
    assert frontmatter.read(joined)["arxiv_id"] == "2501.00002"
    before = box.state()
    assert box.json("import", str(table), str(reading))["import"]["completed"] == 0
    assert box.state() == before


def test_words_of_a_later_list_go_into_a_note_without_any(
    box: Box, arxiv: ArxivStandIn, reading: Path, tmp_path: Path
) -> None:
    (tmp_path / "ids.txt").write_text("2501.00001\n2501.99999\n")
    told = box.json("import", str(tmp_path / "ids.txt"))
    assert told["import"]["unmade"] == ["2501.99999"]
    assert words(by_id(box)["2501.00001"]) == ""
    box.kb("import", str(reading))
    assert words(by_id(box)["2501.00001"]).startswith("- What is asked\n    - How many")


def test_a_dry_run_writes_nothing(box: Box, arxiv: ArxivStandIn, reading: Path) -> None:
    before = box.state()
    out = box.kb("import", "--dry-run", str(reading))
    assert "2 notes would be made" in out
    assert out.count("would create Papers/undated/") == 2
    assert box.state() == before


def test_a_digest_makes_its_day_whole_again(box: Box, tmp_path: Path) -> None:
    (tmp_path / "day.md").write_text(digests.THIRD)
    listing = read_list(digests.THIRD.encode(), "day.md")
    assert listing.day is not None
    day = listing.day.day
    told = box.json("import", "--offline", str(tmp_path / "day.md"))
    (shown,) = told["days"]
    assert shown["day"] == str(day)
    assert (shown["announced"], shown["scanned"], shown["relevant"]) == (
        listing.day.announced, listing.day.scanned, len(listing.ids),
    )  # fmt: skip
    page = box.text(f"Daily/arxiv-{day}.md")
    assert str(listing.day.usage[-1].prompt) in page
    assert page.count("\n- [ ] read") == len(listing.ids)
    for paper in listing.papers:
        values = frontmatter.read(by_id(box)[paper.id or ""])
        assert values["announced"] == day
        assert (values["relevance"], values["novelty"]) == (paper.relevance, paper.novelty)
        assert values["scored_by"] == listing.day.usage[-1].model
    before = box.state()
    box.kb("import", "--offline", str(tmp_path / "day.md"))
    box.kb("sync", "--feed", str(tmp_path / "none.jsonl"), code=2)
    assert box.state() == before


def test_a_feed_that_comes_later_does_not_take_the_model_s_place(box: Box, tmp_path: Path) -> None:
    (tmp_path / "day.md").write_text(digests.THIRD)
    told = read_list(digests.THIRD.encode(), "day.md").day
    assert told is not None
    day, usage = told.day, told.usage
    box.kb("import", "--offline", str(tmp_path / "day.md"))
    page = f"Daily/arxiv-{day}.md"
    before = [
        line for line in box.text(page).splitlines() if line.startswith(f"| {usage[-1].model}")
    ]
    assert len(before) == 1
    feed = tmp_path / "feed.jsonl"
    feed.write_text("\n".join(json.dumps(record(n, str(day))) for n in range(40)))
    box.kb("sync", "--feed", str(feed))
    lines = box.text(page).splitlines()
    assert before[0] in lines
    assert "| local | 0 | 0 | 0 | 0 | $0.00 |" in lines


def test_topics_that_a_digest_prints_are_offered_and_never_replace_the_readers(
    box: Box, tmp_path: Path
) -> None:
    (tmp_path / "day.md").write_text(digests.THIRD)
    listing = read_list(digests.THIRD.encode(), "day.md")
    default = box.text("Topics.md")
    told = box.json("import", "--offline", str(tmp_path / "day.md"))
    assert any("--topics makes them your Topics.md" in p["why"] for p in told["problems"])
    assert box.text("Topics.md") == default
    box.kb("import", "--offline", "--topics", "--dry-run", str(tmp_path / "day.md"))
    assert box.text("Topics.md") == default
    box.kb("import", "--offline", "--topics", str(tmp_path / "day.md"))
    assert box.text("Topics.md") == listing.topics_text
    assert "ok    topics" in box.kb("doctor")
    box.write("Topics.md", "# Topics\n\n## Mine\nMy own.\n")
    told = box.json("import", "--offline", "--topics", str(tmp_path / "day.md"))
    assert any("is yours and stays as it is" in p["why"] for p in told["problems"])
    assert box.text("Topics.md") == "# Topics\n\n## Mine\nMy own.\n"


def test_deleted_notes_stay_deleted_until_asked_for(
    box: Box, arxiv: ArxivStandIn, reading: Path
) -> None:
    box.kb("import", str(reading))
    path = next(p for p in box.notes() if "Counting" in p)
    (box.root / path).unlink()
    told = box.json("import", str(reading))
    assert told["import"]["deleted"] == ["2501.00001"]
    assert path not in box.notes()
    assert box.json("import", "--again", str(reading))["import"]["created"] == 1
    assert path in box.notes()


def test_what_is_no_list_is_told_and_the_others_go_on(
    box: Box, arxiv: ArxivStandIn, reading: Path, tmp_path: Path
) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7 ...")
    told = box.json("import", str(tmp_path / "paper.pdf"), str(reading), code=1)
    assert told["import"]["created"] == 2
    assert "paper.pdf" in told["person"]
    box.kb("import", str(tmp_path / "missing.md"), code=2)


def test_an_arxiv_that_does_not_answer_leaves_all_for_later(
    box: Box, arxiv: ArxivStandIn, reading: Path
) -> None:
    arxiv.fault("503 retry-after", path="api")
    before = {p: b for p, (b, _) in box.state().items()}
    box.kb("import", str(reading), code=75)
    assert {p: b for p, (b, _) in box.state().items()} == before


def test_an_import_that_dies_anywhere_is_finished_by_the_next(
    box: Box, arxiv: ArxivStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for name, text in {"r.md": lists.READING, "d.md": digests.THIRD, "t.md": lists.TABLE}.items():
        (tmp_path / name).write_text(text, "utf-8")
        names.append(str(tmp_path / name))
    whole = Box(tmp_path / "whole", box.capsys)
    whole.kb("init")
    whole.kb("import", *names)
    write, left = VaultFiles.write, [0]

    def dies(files: VaultFiles, path: str, data: bytes, **how: Any) -> bool:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return write(files, path, data, **how)

    append = Ledger.append

    def dies_too(ledger: Ledger, month: str, records: Any) -> str | None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return append(ledger, month, records)

    monkeypatch.setattr(VaultFiles, "write", dies)
    monkeypatch.setattr(Ledger, "append", dies_too)
    deaths, code = 0, 130
    while code == 130:
        left[0] = 2 + deaths % 2
        code = run_cli(["import", *names, "--vault", str(box.root)])
        deaths += code == 130
    assert code == 0
    assert deaths > 8
    skip = (".kb/ledger", "kb.toml", "Home.md")
    ours, theirs = (
        {p: data for p, (data, _) in each.state().items() if not p.startswith(skip)}
        for each in (box, whole)
    )
    assert ours == theirs
    one, other = (Ledger(each.root).history() for each in (box, whole))
    assert one.days.keys() == other.days.keys()
    for key, day in one.days.items():
        assert (day.kept, day.tokens, day.usd, day.usage) == (
            other.days[key].kept, other.days[key].tokens, other.days[key].usd,
            other.days[key].usage,
        )  # fmt: skip
    before = box.state()
    box.kb("import", *names)
    assert box.state() == before


def test_an_import_is_undone_but_no_word_of_the_reader(
    box: Box, arxiv: ArxivStandIn, reading: Path
) -> None:
    box.kb("import", str(reading))
    mine = next(path for path in box.notes() if "Counting" in path)
    box.write(mine, box.text(mine) + "\nMine.\n")
    box.kb("undo")
    assert box.notes() == [mine]
    assert box.text(mine).endswith("\nMine.\n")
    told = box.json("import", str(reading))
    assert told["import"]["deleted"] == ["2501.00002"]
    assert box.json("import", "--again", str(reading))["import"]["created"] == 1


def test_hostile_titles_make_safe_names(box: Box, tmp_path: Path) -> None:
    titles = ["../../etc/passwd", "CON", "a|b [[c]] `d`", "---", "<!-- kb:end paper -->", "x" * 400,
              "{{ title }}", "\u202eevil", "# heading"]  # fmt: skip
    rows = [f"- [{t}](https://arxiv.org/abs/2501.{n:05})" for n, t in enumerate(titles, 1)]
    (tmp_path / "list.md").write_text("\n".join(rows) + "\n", "utf-8")
    told = box.json("import", "--offline", str(tmp_path / "list.md"))
    assert told["import"]["papers"] == len(titles)
    assert told["import"]["created"] + len(told["import"]["unmade"]) == len(titles)
    for path in box.notes():
        assert re.fullmatch(r"Papers/undated/[^/\\:*?\"<>|#^\[\]]{1,124}", path)
        assert regions.names(box.text(path)) == ["paper"]
    before = box.state()
    box.kb("import", "--offline", str(tmp_path / "list.md"))
    assert box.state() == before
