"""`kb sync` against a small arXiv: a real HTTP server that can misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from standins.arxiv_papers import invent_days
from standins.arxiv_reader import HASTY, STEADY
from standins.arxiv_server import ArxivStandIn
from standins.box import Box

from kb import config, sync
from kb.core import frontmatter
from kb.core.announcements import back, current_day, next_day, out_at
from kb.core.report import Report
from kb.errors import TryLater
from kb.sources.arxiv import ArxivSource
from kb.vault.vault import Vault

FIRST = date(2025, 2, 3)
TODAY = date(2025, 3, 6)


@pytest.fixture
def server() -> Iterator[ArxivStandIn]:
    with ArxivStandIn(invent_days(FIRST, 40, 25), today=TODAY) as running:
        yield running


def one_pass(
    box: Box, server: ArxivStandIn, day: date, tmp_path: Path, *, hasty: bool = False, **asked: date
) -> Report:
    """A pass an hour after the feed of `day` is out."""
    server.today = day
    now = (out_at(day) + timedelta(hours=1)).astimezone(UTC)
    source = ArxivSource(
        server.url,
        tmp_path / "pace",
        lambda: now,
        patience=HASTY if hasty else STEADY,
        page_size=200,
    )
    try:
        with Vault(box.root, config.load(box.root / "kb.toml")) as vault:
            return sync.run(vault, sync.Options(**asked), now=lambda: now, arxiv=source)  # type: ignore[arg-type]
    finally:
        source.close()


def seen(box: Box) -> dict[str, str]:
    """Which papers the ledger filed on which day."""
    from kb.vault.ledger import Ledger

    history = Ledger(box.root).history()
    return {
        i: day.day.isoformat() for day in history.real_days() for i in [*day.scores, *day.outside]
    }


def announced(server: ArxivStandIn, day: date) -> set[str]:
    return {
        p.id for p in server.papers
        if p.announced == day and {"cs.LG", "cs.AI"} & set(p.categories_on(day))
    }  # fmt: skip


def test_the_first_pass_files_today_and_reads_twenty_days(
    box: Box, server: ArxivStandIn, tmp_path: Path
) -> None:
    report = one_pass(box, server, TODAY, tmp_path)
    assert [(d.day, d.outcome) for d in report.days] == [(TODAY, "done")]
    assert set(seen(box)) == announced(server, TODAY)
    assert report.backlog > 100
    assert report.exit == 0
    for path in box.notes():
        values = frontmatter.read(box.text(path))
        assert values["announced"] == TODAY
        assert values["submitted"] <= TODAY  # type: ignore[operator]
    background = next(
        p.id
        for p in server.papers
        if p.announced == back(TODAY, 3) and "cs.LG" in p.categories_on(TODAY)
    )
    assert "background" in box.json("why", background)["decision"]


def test_a_second_pass_of_the_day_changes_nothing(
    box: Box, server: ArxivStandIn, tmp_path: Path
) -> None:
    one_pass(box, server, TODAY, tmp_path)
    before, head = box.state(), box.git("rev-parse", "HEAD")
    report = one_pass(box, server, TODAY, tmp_path)
    assert (report.exit, report.commit, report.written) == (0, None, [])
    assert box.state() == before
    assert box.git("rev-parse", "HEAD") == head


def test_missed_days_are_filled_in(box: Box, server: ArxivStandIn, tmp_path: Path) -> None:
    one_pass(box, server, TODAY, tmp_path)
    later = TODAY
    missed = []
    for _ in range(4):
        later = next_day(later)
        missed.append(later)
    report = one_pass(box, server, later, tmp_path)
    assert [d.day for d in report.days] == missed
    assert all(d.outcome == "done" for d in report.days)
    filed = seen(box)
    for day in missed:
        assert announced(server, day) <= set(filed)
    assert not [gap for gap in box.json("status")["days"] if gap["outcome"] == "missing"]


def test_a_first_pass_on_a_weekend_has_notes_too(
    box: Box, server: ArxivStandIn, tmp_path: Path
) -> None:
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    saturday = datetime(2025, 3, 8, 12, tzinfo=UTC)
    server.today = date(2025, 3, 8)
    source = ArxivSource(
        server.url, tmp_path / "pace", lambda: saturday, patience=STEADY, page_size=200
    )
    with Vault(box.root, config.load(box.root / "kb.toml")) as vault:
        report = sync.run(vault, sync.Options(), now=lambda: saturday, arxiv=source)
    source.close()
    assert [(d.day, d.outcome) for d in report.days] == [(date(2025, 3, 7), "done")]
    assert box.notes()


def test_a_holiday_is_no_error_for_ever(box: Box, tmp_path: Path) -> None:
    holiday = next_day(TODAY)
    papers = invent_days(FIRST, 40, 25, holidays=frozenset({holiday}))
    with ArxivStandIn(papers, today=TODAY, holidays=frozenset({holiday})) as server:
        one_pass(box, server, TODAY, tmp_path)
        one_pass(box, server, holiday, tmp_path)
        after = one_pass(box, server, next_day(holiday), tmp_path)
    assert after.exit == 0
    days = {d["day"]: d["outcome"] for d in box.json("status")["days"]}
    assert days[holiday.isoformat()] == "holiday"
    assert days[next_day(holiday).isoformat()] == "done"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("503", "any"), ("429", "any"), ("html with status 200", "rss"), ("html with status 200", "api"),
        ("truncated xml", "rss"), ("truncated xml", "api"), ("endless drip", "any"),
        ("a third of the feed", "rss"), ("yesterday's feed", "rss"),
    ],
)  # fmt: skip
def test_no_fault_loses_a_paper(
    name: str, path: str, box: Box, server: ArxivStandIn, tmp_path: Path
) -> None:
    from standins.arxiv_faults import FAULTS

    if name not in FAULTS:
        pytest.fail(f"no fault {name!r}; there are {sorted(FAULTS)}")
    server.fault(name, path=path)  # type: ignore[arg-type]
    try:
        report = one_pass(box, server, TODAY, tmp_path, hasty=True)
        assert report.exit == 75 or announced(server, TODAY) <= set(seen(box))
    except TryLater:
        assert seen(box) == {}
    server.heal()
    one_pass(box, server, TODAY, tmp_path)
    assert announced(server, TODAY) <= set(seen(box))
    later_day = next_day(TODAY)
    report = one_pass(box, server, later_day, tmp_path)
    assert announced(server, later_day) <= set(seen(box))
    assert report.exit == 0


def test_saved_feeds_of_long_ago_do_not_ask_for_all_the_days_since(
    box: Box, server: ArxivStandIn, feed: Path, tmp_path: Path
) -> None:
    box.kb("sync", "--feed", str(feed), "--date", "2024-11-05")
    report = one_pass(box, server, TODAY, tmp_path)
    assert [(d.day, d.outcome) for d in report.days] == [(TODAY, "done")]
    assert not [d for d in box.json("status")["days"] if d["outcome"] == "missing"]


def test_cross_lists_that_are_not_wanted_are_seen_all_the_same(
    box: Box, server: ArxivStandIn, tmp_path: Path
) -> None:
    box.edit("kb.toml", 'announce = ["new", "cross"]', 'announce = ["new"]')
    box.edit("kb.toml", 'categories = ["cs.LG", "cs.AI"]', 'categories = ["cs.CL"]')
    (day,) = one_pass(box, server, TODAY, tmp_path).days
    assert day.announced > day.scanned
    cross = next(
        p.id for p in server.papers
        if p.announced == TODAY and p.categories[0] != "cs.CL" and "cs.CL" in p.categories
    )  # fmt: skip
    assert "outside" in box.json("why", cross)["decision"]


def test_replacements_reach_the_notes_we_have(
    box: Box, server: ArxivStandIn, tmp_path: Path
) -> None:
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    one_pass(box, server, TODAY, tmp_path)
    note = box.notes()[0]
    arxiv_id = frontmatter.read(box.text(note))["arxiv_id"]
    paper = next(p for p in server.papers if p.id == arxiv_id)
    paper.replaced[next_day(TODAY)] = "This paper has been withdrawn by the authors"
    report = one_pass(box, server, next_day(TODAY), tmp_path)
    assert report.updated == 1
    values = frontmatter.read(box.text(note))
    assert values["version"] == 2
    assert values["withdrawn"] is True


def test_the_command_line_asks_the_mirror(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = current_day(datetime.now(UTC))
    with ArxivStandIn(invent_days(back(today, 30), 40, 10), today=today) as server:
        monkeypatch.setenv("KB_ARXIV_URL", server.url)
        told = box.json("sync")
        assert told["exit"] == 0
        assert told["days"][-1]["outcome"] == "done"
        assert box.json("sync")["commit"] is None
        server.fault("503")
        server.today = next_day(today)
    box.kb("status")


def test_no_answer_at_all_is_75_and_writes_nothing(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_ARXIV_URL", "http://127.0.0.1:9")
    before = box.state()
    told = box.json("sync", code=75)
    assert told["exit"] == 75
    assert "127.0.0.1:9" in told["error"]
    assert box.state() == before
