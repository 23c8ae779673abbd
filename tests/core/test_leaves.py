"""A page whose signature is the same is the same page; and only pages of a stirred day change."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standins.vaults import note_text

from kb.core import notes, pages
from kb.core.collection import Notes
from kb.core.folding import extend, fold
from kb.core.links import Linker

DAYS = ("2025-03-06", "2025-03-07", "2025-03-10", "2025-03-15", "2025-04-01", "2025-04-30")
KEYS = {
    "title": ['"Another title"', '"One $x$"'],
    "announced": [*DAYS, "", "never"],
    "status": ["unread", "read", "skip", "reading", ""],
    "rating": ["5", "1", ""],
    "relevance": ["3", "9", "ten"],
    "novelty": ["2", ""],
    "topics": ["[Robots]", "[]", "[Robots, Inventions]"],
    "summary": ['"Short."', ""],
    "authors": ["[A B, C D]", "[]"],
    "kept": ["false", "true"],
    "listed": ["2025-04 week 1"],
}  # fmt: skip

SCREEN = {"size": 3, "sent": 2, "kept": [0], "sample": [], "prompt": "p"}

change = st.sampled_from(sorted(KEYS)).flatmap(
    lambda key: st.tuples(st.just(key), st.sampled_from(KEYS[key]))
)
note = st.tuples(st.integers(1, 6), st.sampled_from(DAYS), st.lists(change, max_size=3))
record = st.fixed_dictionaries(
    {
        "day": st.sampled_from(DAYS),
        "outcome": st.sampled_from(["done", "quiet", "holiday", "open"]),
        "announced": st.integers(0, 3),
        "source": st.sampled_from(["", "sample"]),
        "by": st.sampled_from(["local", "a-model"]),
        "why": st.sampled_from(["", "no answer"]),
        "criteria": st.sampled_from(["", "abcd1234"]),
        "usd": st.sampled_from([0.0, 0.5]),
        "tokens": st.sampled_from([[0, 0, 0], [5, 1, 2]]),
        "papers": st.lists(st.sampled_from([["2503.00001", 8, 6], ["2503.00002", 3, 3]])),
        "reasons": st.sampled_from([{}, {"2503.00001": [["Robots"], "since it is so"]}]),
        "model": st.sampled_from(["", "a-model"]),
        "waiting": st.sampled_from([{}, {"was not asked": ["2503.00001", "2503.00002"]}]),
        "screen": st.sampled_from([SCREEN, SCREEN | {"sent": 1}]),
    }
)
judged = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["2503.00001", "2503.00002"]),
        "comment": st.sampled_from(["a", "b"]),
        "day": st.sampled_from(DAYS),
        "tokens": st.sampled_from([[0, 0, 0], [5, 1, 2]]),
        "usd": st.sampled_from([None, 0.25]),
    }
)
seen = st.sampled_from(DAYS)
World = tuple[list[Any], list[Any], list[Any], list[Any]]
worlds = st.tuples(
    st.lists(note, max_size=5), st.lists(record, max_size=4), st.lists(judged, max_size=2),
    st.lists(seen, max_size=1),
)  # fmt: skip


def note_of(number: int, day: str, changes: list[tuple[str, str]]) -> notes.Note:
    text = re.sub(r"^announced:.*$", f"announced: {day}", note_text(number), flags=re.MULTILINE)
    for key, value in changes:
        line = f"{key}: {value}"
        text, found = re.subn(rf"^{key}:.*$", line, text, count=1, flags=re.MULTILINE)
        text = text if found else text.replace("tags:", f"{line}\ntags:", 1)
    return notes.read(f"Papers/{number}.md", text)


def shelf_of(world: World, held: Notes | None = None) -> pages.Shelf:
    told, records, judgements, background = world
    ledger = [
        *({"v": 1, "k": "day", "at": f"2025-05-01T00:00:0{n}Z"} | r for n, r in enumerate(records)),
        *({"v": 1, "k": "judged", "by": "m", "r": 5, "n": 5, "at": f"2025-05-02T00:00:0{n}Z"} | j
          for n, j in enumerate(judgements)),
        *({"v": 1, "k": "seen", "day": d, "papers": ["2503.00077"], "at": ""} for d in background),
    ]  # fmt: skip
    listed = held if held is not None else Notes()
    for each in told:
        read = note_of(*each)
        listed[read.id or ""] = read
    for gone in set(listed) - {note_of(*each).id for each in told}:
        del listed[gone]
    return pages.Shelf(fold(ledger), listed, Linker("markdown"), pages.Layout())


def with_one_thing_else(world: World, other: World, part: int, at: int) -> World:
    """`world` with one note or record taken from `other`, or left out."""
    changed = [list(each) for each in world]
    mine, theirs = changed[part], other[part]
    mine[at : at + 1] = theirs[:1]
    return changed[0], changed[1], changed[2], changed[3]


@settings(deadline=None, max_examples=300)
@given(worlds, worlds, st.integers(0, 3), st.integers(0, 3))
def test_equal_signatures_mean_equal_pages(one: World, other: World, part: int, at: int) -> None:
    before = {leaf.path: leaf for leaf in pages.leaves(shelf_of(one))}
    for leaf in pages.leaves(shelf_of(with_one_thing_else(one, other, part, at))):
        known = before.get(leaf.path)
        if known is not None and leaf.signature() and leaf.signature() == known.signature():
            assert leaf.render() == known.render()


@pytest.mark.parametrize(
    ("key", "value"),
    [("outcome", "quiet"), ("announced", 7), ("source", "sample"), ("by", "a-model"), ("why", "x"),
     ("criteria", "abcd1234"), ("usd", 0.5), ("tokens", [5, 1, 2]), ("papers", []),
     ("reasons", {}), ("waiting", {"it rests": ["2503.00001"]}), ("screen", SCREEN), ("day", "2025-03-05"), ("day", "2025-03-15")],
)  # fmt: skip
def test_whatever_a_record_says_else_on_a_page_is_in_its_signature(key: str, value: Any) -> None:
    plain = {"day": "2025-03-06", "outcome": "done", "announced": 3,
             "papers": [["2503.00001", 8, 6]], "reasons": {"2503.00001": [["Robots"], "so"]}}  # fmt: skip
    told: list[Any] = [(1, "2025-03-06", []), (2, "2025-03-07", []), (3, "2025-03-14", [])]
    two: list[World] = [(told, [plain], [], []), (told, [plain | {key: value}], [], [])]
    before, after = ({leaf.path: leaf for leaf in pages.leaves(shelf_of(w))} for w in two)
    for path in before.keys() & after.keys():
        same = before[path].render() == after[path].render()
        assert same or before[path].signature() != after[path].signature(), path


@settings(deadline=None, max_examples=200)
@given(worlds, st.lists(note, max_size=5))
def test_only_pages_of_stirred_days_change(world: World, changed: list[Any]) -> None:
    held = Notes()
    shelf = shelf_of(world, held)
    extent = shelf.extent()
    before = {page.path: page for page in pages.render(shelf)}
    held.stirred.clear()
    after = shelf_of((changed, *world[1:]), held)
    if after.extent() != extent:
        return  # then all are looked at
    leaves = list(pages.leaves(after, held.stirred))
    wanted = {leaf.path: leaf.render() for leaf in leaves}
    for leaf in leaves:
        told = {kind for day in leaf.days for kind in held.stirred.get(day, ())}
        if leaf.days and not told & (leaf.marks | {"face"}):
            assert wanted[leaf.path] == before[leaf.path]
    fresh = pages.render(shelf_of((changed, *world[1:])))
    assert before | wanted == {page.path: page for page in fresh}


@settings(deadline=None, max_examples=300)
@given(worlds, st.lists(record, max_size=3), st.lists(note, max_size=2))
def test_with_more_days_only_their_pages_change_and_those_beside_them(
    world: World, records: list[Any], more: list[Any]
) -> None:
    held = Notes()
    shelf = shelf_of(world, held)
    before, extent = {page.path: page for page in pages.render(shelf)}, shelf.extent()
    held.settle()
    extend(
        shelf.history,
        ({"v": 1, "k": "day", "at": f"2025-06-01T00:00:0{n}Z"} | r for n, r in enumerate(records)),
    )
    for each in more:
        read = note_of(*each)
        held[read.id or ""] = read
    after = replace(shelf, _held={}, _ids={}, _faces={})
    beside = pages.beside(extent, after.extent())
    wanted = {page.path: page for page in pages.render(after)}
    if beside is None:
        return  # then all are looked at
    stirred = held.stirred.keys() | {date.fromisoformat(r["day"]) for r in records} | beside
    changed = {leaf.path: leaf.render() for leaf in pages.leaves(after, stirred)}
    assert before | changed == wanted


def test_most_of_the_time_one_day_more_leaves_most_pages_alone() -> None:
    told: list[Any] = [(n, f"2025-03-{n:02}", []) for n in range(3, 8)]
    plain = {"day": "2025-03-03", "outcome": "done", "announced": 3, "papers": []}
    shelf = shelf_of((told, [plain], [], []))
    extent = shelf.extent()
    assert pages.beside(extent, shelf.extent()) == set()
    later = plain | {"v": 1, "k": "day", "day": "2025-03-20", "at": "2025-06-01T00:00:00Z"}
    extend(shelf.history, [later])
    known = {date(2025, 3, day) for day in range(3, 8)}
    assert pages.beside(extent, shelf.extent()) == {date(2025, 3, 20)} | known
    extent = shelf.extent()
    extend(shelf.history, [later | {"day": "2025-03-18", "at": "2025-06-02T00:00:00Z"}])
    assert pages.beside(extent, shelf.extent()) == {date(2025, 3, day) for day in (7, 18, 20)}
    extent = shelf.extent()
    del shelf.notes[note_of(*told[2]).id or ""]
    assert pages.beside(extent, shelf.extent()) is None


@settings(deadline=None, max_examples=200)
@given(worlds, st.lists(note, max_size=5), st.sampled_from(["markdown", "wiki"]))
def test_what_a_page_said_before_of_notes_that_are_the_same_stays(
    world: World, changed: list[Any], style: Any
) -> None:
    held = Notes()
    shelf = replace(shelf_of(world, held), linker=Linker(style))
    texts = {page.path: pages.page_text(page, None) for page in pages.render(shelf)}
    held.settle()
    after = replace(shelf_of((changed, *world[1:]), held), linker=Linker(style))
    anew = {page.path: page for page in pages.render(after)}
    after.standing = lambda path: texts.get(path, "")
    after.changed = held.changed
    assert {page.path: page for page in pages.render(after)} == anew


@pytest.mark.parametrize("style", ["markdown", "wiki"])
def test_a_note_that_is_the_same_is_not_looked_at_again(style: Any) -> None:
    told: list[Any] = [(number, "2025-03-06", []) for number in (1, 2, 3)]
    held = Notes()
    shelf = replace(shelf_of((told, [], [], []), held), linker=Linker(style), month_rows=2)
    pages_ = pages.render(shelf)
    texts = {page.path: pages.page_text(page, None) for page in pages_}
    held.settle()
    after = replace(shelf, _held={}, standing=texts.__getitem__, changed=held.changed)
    assert pages.render(after) == pages_
    assert after._held == {}  # no note was read


def test_a_page_says_on_which_day_it_lists() -> None:
    layout = pages.Layout()
    assert layout.day_on("Daily/arxiv-2025-03-06.md") == date(2025, 3, 6)
    assert layout.day_on("Weekly/arxiv-2025-W10.md") == date(2025, 3, 6)
    assert layout.day_on("Monthly/arxiv-2025-03.md") == date(2025, 3, 15)
    assert layout.day_on(layout.imported) is None
    assert layout.day_on(layout.home) is None
