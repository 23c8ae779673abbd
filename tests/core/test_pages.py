from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from markdown_it import MarkdownIt
from standins.vaults import note_text, paper

from kb.core import composing, notes, pages
from kb.core.collection import Notes
from kb.core.folding import fold
from kb.core.links import Linker
from kb.core.pages.calendar import Week, month_weeks


def day_record(day: str, **more: Any) -> dict[str, Any]:
    return {"v": 1, "k": "day", "day": day, "cats": ["cs.LG"], "outcome": "done", "announced": 9,
            "by": "local", "papers": [["2503.00001", 8, 6]], "kept": ["2503.00001"],
            "reasons": {"2503.00001": [["Inventions"], "Inventions: something"]},
            "criteria": "abcd1234", "at": f"{day}T06:00:00Z"} | more  # fmt: skip


def note(number: int = 1, path: str = "", **changes: str) -> notes.Note:
    text = note_text(number)
    for key, value in changes.items():
        text = re.sub(rf"^{key}:.*$", f"{key}: {value}", text, count=1, flags=re.MULTILINE)
    return notes.read(path or f"Papers/2025-03/{number}.md", text)


def render(*listed: notes.Note, records: list[dict[str, Any]] | None = None, style: Any = "markdown",
           **more: Any) -> dict[str, pages.Page]:  # fmt: skip
    history = fold(records if records is not None else [day_record("2025-03-06")])
    shelf = pages.Shelf(history, Notes(listed), Linker(style), pages.Layout(), **more)
    return {page.path: page for page in pages.render(shelf)}


def test_weeks_belong_to_the_month_of_their_thursday() -> None:
    assert str(Week.of(date(2024, 12, 30))) == "2025-W01"
    assert Week.of(date(2024, 12, 30)).month == (2025, 1)
    assert Week.of(date(2025, 5, 1)).month == (2025, 5)
    assert [str(w) for w in month_weeks(2025, 2)] == [
        "2025-W06",
        "2025-W07",
        "2025-W08",
        "2025-W09",
    ]
    day = date(2020, 1, 1)
    while day < date(2031, 1, 1):
        assert Week.of(day) in month_weeks(*Week.of(day).month)
        day += timedelta(days=1)


def test_every_note_is_linked_from_its_day_week_and_month_and_home() -> None:
    found = render(note(1), note(2))
    for path in (
        "Daily/arxiv-2025-03-06.md",
        "Weekly/arxiv-2025-W10.md",
        "Monthly/arxiv-2025-03.md",
        "Home.md",
    ):
        for number in (1, 2):
            assert f"Papers/2025-03/{number}.md" in found[path].inner, path
    assert found["Daily/arxiv-2025-03-06.md"].properties == {
        "kb": "daily", "from": date(2025, 3, 6), "to": date(2025, 3, 6), "papers": 2,
    }  # fmt: skip


def test_a_daily_page_tells_usage_totals_topics_and_each_paper() -> None:
    inner = render(note(1))["Daily/arxiv-2025-03-06.md"].inner
    assert "| local | 0 | 0 | 0 | 0 | $0.00 |" in inner
    assert "Papers announced: **9** · scanned: **1** · relevant: **1**" in inner
    assert "| Inventions | 1 |" in inner
    assert "## 1. [An invented paper, number 1](../Papers/2025-03/1.md)" in inner
    assert "**arXiv** [2503.00001](https://arxiv.org/abs/2503.00001)" in inner
    assert "**Why** Inventions: something" in inner
    assert "- [ ] read\n- [ ] skip\n- [ ] star" in inner
    assert "](../.kb/criteria/abcd1234.md)" in inner


def test_pages_order_by_score_then_relevance_then_id() -> None:
    listed = [
        note(1, relevance="7", novelty="9"),
        note(2, relevance="9", novelty="7"),
        note(3, relevance="10", novelty="9"),
    ]
    inner = render(*listed)["Daily/arxiv-2025-03-06.md"].inner
    assert re.findall(r"^## \d+\. \[.*?number (\d)", inner, re.MULTILINE) == ["3", "2", "1"]


def test_tasks_show_what_the_note_says_and_read_back() -> None:
    inner = render(note(1, status="read", rating="5"), note(2, status="skip"), note(3))[
        "Daily/arxiv-2025-03-06.md"
    ].inner
    assert pages.ticked(inner) == {
        "2503.00001": frozenset({"read", "star"}), "2503.00002": frozenset({"skip"}),
        "2503.00003": frozenset(),
    }  # fmt: skip


def test_a_week_says_why_days_have_no_papers() -> None:
    records = [
        day_record("2025-03-04"),
        {"v": 1, "k": "day", "day": "2025-03-05", "outcome": "holiday", "at": "2025-03-06T06:00:00Z"},
        {"v": 1, "k": "day", "day": "2025-03-06", "outcome": "quiet", "at": "2025-03-06T06:00:00Z"},
        {"v": 1, "k": "seen", "day": "2025-03-03", "papers": ["2503.00009"], "at": "2025-03-06T06:00:00Z"},
        {"v": 1, "k": "day", "day": "2025-03-10", "outcome": "open", "why": "the feed is cut", "at": "2025-03-10T06:00:00Z"},
    ]  # fmt: skip
    found = render(records=records)
    week = found["Weekly/arxiv-2025-W10.md"].inner
    assert "Monday, 3 Mar |  |  |  | before the first pass: read, not filed |" in week
    assert "holiday: arXiv announced nothing" in week
    assert "quiet: nothing announced" in week
    assert "Friday, 7 Mar |  |  |  | missing: no pass has fetched it |" in week
    assert "open: the feed is cut" in found["Weekly/arxiv-2025-W11.md"].inner
    assert "Tuesday, 11 Mar" not in found["Weekly/arxiv-2025-W11.md"].inner
    home = found["Home.md"].inner
    assert "Friday, 7 March 2025: no pass has fetched it" in home
    assert "Monday, 10 March 2025: the feed is cut" in home
    assert "Wednesday, 5 March" not in home


def test_a_month_shows_the_best_of_each_week_then_the_others() -> None:
    listed = [note(n) for n in range(1, 6)]
    inner = render(*listed, month_rows=2)["Monthly/arxiv-2025-03.md"].inner
    assert re.findall(r"^## (Week \d/\d)$", inner, re.MULTILINE) == [
        "Week 1/4",
        "Week 2/4",
        "Week 3/4",
        "Week 4/4",
    ]
    table = re.findall(r"^\| \[An invented", inner, re.MULTILINE)
    others = re.findall(r"^- \[An invented", inner, re.MULTILINE)
    assert (len(table), len(others)) == (2, 3)
    assert "```mermaid\nxychart-beta" in inner
    assert '"Inventions" : 5' in inner


def test_notes_without_a_day_are_listed_apart() -> None:
    undated = notes.read(
        "Papers/undated/x.md", '---\narxiv_id: "2503.00001"\nlisted: 2025-04 week 1\n---\n'
    )
    found = render(undated, records=[])
    inner = found["Monthly/arxiv-imported.md"].inner
    assert "## 2025-04 week 1" in inner
    assert "(../Papers/undated/x.md)" in inner
    assert "Monthly/arxiv-imported.md" not in render(note(1))


def test_pages_are_a_function_of_notes_and_ledger_alone() -> None:
    one = render(note(1), note(2))
    two = render(note(2), note(1), records=[day_record("2025-03-06"), day_record("2025-03-06")])
    assert one == two


HOSTILE = [
    "| a | b |", "x `y` | z", "[[wiki]] ![[embed]]", "<script>alert(1)</script>", "a\\", "\\|", "$|x|$ and $5",
    "%%comment%%", "]( [x](y)", "# heading", "- item\n- item", "<!-- kb:end page -->", "&lt;b&gt; &amp;",
    "```", "~~~mermaid", "{{ x }}", "---", "\u202eevil", "emoji 🎉 ünï", "http://x.y/z_(a)",
]  # fmt: skip


@pytest.mark.parametrize("style", ["markdown", "wiki"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_title_breaks_a_page(hostile: str, style: str) -> None:
    from standins.vaults import FORM

    from kb.core.assessments import Assessment

    judged = Assessment(
        id="2503.00001", relevance=8, novelty=5, topics=(hostile,), summary=" ".join(hostile.split()),
        comment=hostile,
    )  # fmt: skip
    text = composing.compose(paper(1, title=hostile, authors=(hostile,)), judged, FORM)
    found = render(notes.read("Papers/2025-03/x.md", text), style=style)
    parser = MarkdownIt("gfm-like", {"linkify": False})
    for page in found.values():
        tokens = parser.parse(page.inner)
        rows = _rows(tokens)
        assert all(len(set(widths)) == 1 for widths in rows), page.path
        assert not any(token.type == "html_block" for token in tokens)
        assert page.inner.count("kb:end page") == 0 or "kb:end page" in hostile
        assert len([t for t in tokens if t.type == "heading_open" and t.tag == "h1"]) == 1
    assert pages.ticked(found["Daily/arxiv-2025-03-06.md"].inner) == {"2503.00001": frozenset()}


def _rows(tokens: list[Any]) -> list[list[int]]:
    tables: list[list[int]] = []
    for token in tokens:
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append(0)
        elif token.type in ("td_open", "th_open"):
            tables[-1][-1] += 1
    return tables
