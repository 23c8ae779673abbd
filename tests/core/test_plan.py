from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from standins.vaults import FORM, assessment, note_text, paper

from kb.core import composing, frontmatter, notes, pages, plan, regions, whereabouts
from kb.core.collection import Notes
from kb.core.folding import fold
from kb.core.note_names import NamePlan
from kb.core.properties import PLAIN
from kb.core.ticks import ticks


def wrote(number: int = 1, text: str = "") -> dict[str, Any]:
    read = notes.read("x.md", text or note_text(number))
    keys = notes.remembered(composing.properties(paper(number), assessment(number)))
    return {"v": 1, "k": "wrote", "id": paper(number).id, "path": "x.md", "keys": keys,
            "regions": read.regions, "at": "2025-03-06T06:00:00Z"}  # fmt: skip


# Names


def test_a_note_s_path_is_its_month_and_title() -> None:
    names = NamePlan(taken=set(), folder="Papers/{announced:%Y-%m}", name="{title}")
    assert names.path(paper(title="A: b / c?")) == "Papers/2025-03/A - b - c.md"
    again = names.path(paper(2, title="a: B / C?"))
    assert again == "Papers/2025-03/a - B - C (2503.00002).md"


def test_papers_without_a_day_and_a_root() -> None:
    names = NamePlan(
        taken=set(), folder="Papers/{announced:%Y-%m}", name="{id} {title}", root="arXiv"
    )
    path = names.path(paper(1, id="hep-th/9901001", announced=None))
    assert path == "arXiv/Papers/undated/hep-th-9901001 An invented paper, number 1.md"


def test_a_template_cannot_lead_out() -> None:
    with pytest.raises(ValueError, match=r"\.\."):
        NamePlan(taken=set(), folder="../{announced:%Y}", name="{title}").path(paper())
    hostile = NamePlan(taken=set(), folder="P", name="{title}").path(
        paper(title="../../etc/passwd")
    )
    assert hostile.startswith("P/")
    assert ".." not in hostile.split("/")


# Adopting


def test_joining_adds_what_is_missing_and_keeps_every_other_byte() -> None:
    mine = "---\ntitle: My title   # mine\nurl: https://arxiv.org/abs/2503.00001\n---\r\nmy words\n"
    edit = plan.adopt(notes.read("m.md", mine), paper(), assessment(), FORM)
    after, keys, region = edit.apply(mine)
    assert "title: My title   # mine\n" in after
    assert after.endswith("---\r\nmy words\n")
    assert "status" not in frontmatter.read(after)
    assert frontmatter.read(after)["relevance"] == 8
    assert "title" not in keys
    assert not region
    kept = [line for line in after.splitlines() if line in mine.splitlines()]
    assert kept == mine.splitlines()


def test_a_note_of_a_pass_that_died_is_kb_s_own() -> None:
    text = note_text()
    edit = plan.adopt(notes.read("m.md", text), paper(), assessment(), FORM)
    after, keys, region = edit.apply(text)
    assert after == text
    assert region
    assert keys["relevance"] == 8


# Updating


def update(text: str, now: str = "", **news: Any) -> tuple[str, dict[str, Any], bool] | None:
    """The update planned for a note that held `text`, applied to what it holds `now`."""
    history = fold([wrote()])
    edit = plan.update(
        notes.read("x.md", text), replace(paper(), **news), history.wrote["2503.00001"], FORM,
        "Inventions: something",
    )  # fmt: skip
    return edit.apply(now or text) if edit else None


def test_a_new_version_updates_metadata_and_the_region() -> None:
    done = update(note_text(), version=2, title="A better title", abstract="New words.")
    assert done is not None
    after, keys, region = done
    values = frontmatter.read(after)
    assert (values["version"], values["title"]) == (2, "A better title")
    assert values["relevance"] == 8
    assert "New words." in after
    assert region
    assert keys["version"] == 2
    assert str(values["announced"]) == "2025-03-06"


def test_the_same_version_changes_nothing() -> None:
    assert update(note_text(), version=1) is None


def test_a_withdrawal_marks_the_note_once() -> None:
    done = update(note_text(), version=2, withdrawn=True)
    assert done is not None
    assert frontmatter.read(done[0])["withdrawn"] is True
    assert update(done[0], version=2, withdrawn=True) is None


@pytest.mark.parametrize("meanwhile", [False, True])
def test_what_the_reader_changed_stays(meanwhile: bool) -> None:
    mine = (
        note_text()
        .replace("title: ", "title: Mine # ", 1)
        .replace("We invent something. It", "I say: it")
    )
    seen = note_text() if meanwhile else mine
    done = update(seen, mine, version=2, title="Theirs", abstract="New words.")
    assert done is not None
    after, _, region = done
    assert "title: Mine # " in after
    assert "I say: it" in after
    assert "New words." not in after
    assert not region
    assert frontmatter.read(after)["version"] == 2


# Ticks


def shelf_page(*statuses: str) -> tuple[str, dict[str, notes.Note]]:
    from pathlib import PurePosixPath

    from kb.core.links import Linker

    found = {}
    for number, status in enumerate(statuses, 1):
        text = note_text(number).replace("status: unread", f"status: {status}")
        found[paper(number).id] = notes.read(str(PurePosixPath("Papers") / f"{number}.md"), text)
    shelf = pages.Shelf(fold([]), Notes(found.values()), Linker("markdown"), pages.Layout())
    page = next(p for p in pages.render(shelf) if p.path.startswith("Daily/"))
    return pages.page_text(page, None), found


def tick(text: str, arxiv_id: str, old: str, new: str) -> str:
    at = text.index(f"[{arxiv_id}](")
    return text[:at] + text[at:].replace(old, new, 1)


def test_a_tick_becomes_a_property() -> None:
    text, found = shelf_page("unread", "unread")
    ticked = tick(text, "2503.00002", "- [ ] read", "- [x] read")
    ticked = tick(ticked, "2503.00001", "- [ ] star", "* [X] star")
    edits = {
        e.id: e for e in ticks([("Daily/d.md", pages.ticked(ticked))], found, fold([]), PLAIN).edits
    }
    assert set(edits) == {"2503.00001", "2503.00002"}
    assert "status: read" in edits["2503.00002"].apply(note_text(2))[0]
    assert "rating: 5" in edits["2503.00001"].apply(note_text(1))[0]


def test_an_untouched_page_asks_for_nothing() -> None:
    text, found = shelf_page("unread", "read")
    base = fold([{"v": 1, "k": "boxes", "id": "2503.00002", "on": ["read"], "at": "1"}])
    assert ticks([("d", pages.ticked(text))], found, base, PLAIN).edits == ()


def test_a_status_changed_in_the_note_is_not_undone_by_the_old_page() -> None:
    text, _ = shelf_page("read")
    base = fold([{"v": 1, "k": "boxes", "id": "2503.00001", "on": ["read"], "at": "1"}])
    now = {"2503.00001": notes.read("x.md", note_text(1))}
    assert ticks([("d", pages.ticked(text))], now, base, PLAIN).edits == ()


def test_a_tick_taken_back_means_unread() -> None:
    text, found = shelf_page("read")
    base = fold([{"v": 1, "k": "boxes", "id": "2503.00001", "on": ["read"], "at": "1"}])
    cleared = tick(text, "2503.00001", "- [x] read", "- [ ] read")
    (edit,) = ticks([("d", pages.ticked(cleared))], found, base, PLAIN).edits
    assert "status: unread" in edit.apply(note_text(1).replace("status: unread", "status: read"))[0]


def test_papers_with_a_torn_section_are_left_alone() -> None:
    text, found = shelf_page("unread")
    torn = tick(text, "2503.00001", "- [ ] read\n", "").replace("- [ ] star", "- [x] star")
    assert ticks([("d", pages.ticked(torn))], found, fold([]), PLAIN).edits == ()


# Vanishing


def test_losing_sight_is_not_deleting() -> None:
    assert not whereabouts.too_many_vanished(20, 40)
    assert whereabouts.too_many_vanished(21, 200)
    assert not whereabouts.too_many_vanished(21, 210)
    assert whereabouts.too_many_vanished(4, 4)
    assert not whereabouts.too_many_vanished(3, 3)
    assert not whereabouts.too_many_vanished(4, 5)
    held = Notes([notes.read("x.md", note_text(2))])
    both = ["2503.00001", "2503.00002", "2503.00003"]
    assert whereabouts.vanished(fold([wrote(1), wrote(2)]), held, both) == ["2503.00001"]


# Pages in files


PAGE = pages.Page(
    "Daily/arxiv-2025-03-06.md",
    {"kb": "daily", "from": date(2025, 3, 6), "to": date(2025, 3, 6), "papers": 1},
    "# One",
)


def test_a_page_is_replaced_in_its_region_alone() -> None:
    first = pages.page_text(PAGE, None)
    assert pages.page_text(PAGE, first) == first
    mine = first.replace("---\n\n<!--", "---\n\nmy intro\n\n<!--") + "\nmy outro\n"
    mine = mine.replace("papers: 1", "papers: 1\ncssclass: wide")
    after = pages.page_text(
        replace(PAGE, inner="# Two", properties={**PAGE.properties, "papers": 2}), mine
    )
    assert after == mine.replace("# One", "# Two").replace("papers: 1", "papers: 2")


@pytest.mark.parametrize("text", ["", "# my diary\n", "---\nkb: weekly\n---\n\n<!-- kb:begin page -->\n\n<!-- kb:end page -->\n",
                                  "---\nkb: daily\n---\n\nno region\n"])  # fmt: skip
def test_a_file_that_is_not_our_page_is_never_taken_over(text: str) -> None:
    with pytest.raises((pages.NotAPage, regions.RegionError, frontmatter.FrontmatterError)):
        pages.page_text(PAGE, text)
