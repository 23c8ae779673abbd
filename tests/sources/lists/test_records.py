from __future__ import annotations

import json

import pytest

from kb.sources.lists import read_list


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_any_delimiter(delimiter: str) -> None:
    text = "\n".join(
        (
            delimiter.join(["Title", "arXiv", "Tags", "Where"]),
            f'Toy{delimiter}2413.00001{delimiter}"fog, mist"{delimiter}ICX',
            f'"Two\nlines"{delimiter}https://example.org{delimiter}{delimiter}',
            f"Last{delimiter}arXiv:2413.00002v2{delimiter}{delimiter}",
            delimiter * 3,
        )
    )
    listing = read_list(text.encode(), "list.csv")
    assert listing.form == "csv"
    assert [(entry.line, entry.id, entry.title) for entry in listing.entries] == [
        (2, "2413.00001", "Toy"),
        (3, None, "Two lines"),
        (5, "2413.00002", "Last"),
        (6, None, ""),
    ]
    assert (listing.entries[0].topics, listing.entries[0].journal) == (("fog", "mist"), "ICX")
    assert listing.rows == 4


def test_markup_in_csv_is_text() -> None:
    listing = read_list(b"title,arxiv_id,summary\n*x* [y](z),2413.00001,a<br>b\n", "list.csv")
    assert [(entry.title, entry.summary) for entry in listing.entries] == [("*x* [y](z)", "a<br>b")]


def test_json_lines() -> None:
    lines = [
        json.dumps({"id": "2413.00001", "title": "T", "authors": ["A. Poe"], "topics": ["fog; mist"]}),
        "",
        "{broken",
        "[1]",
        json.dumps({"url": "https://arxiv.org/abs/2413.00002", "relevance": 8, "x": None, "y": "z"}),
    ]  # fmt: skip
    listing = read_list("\n".join(lines).encode(), "list.jsonl")
    assert listing.form == "jsonl"
    first, last = listing.entries
    assert (first.id, first.authors, first.topics) == ("2413.00001", ("A. Poe",), ("fog, mist",))
    assert (last.id, last.line, last.relevance, last.extra) == ("2413.00002", 5, 8, (("y", "z"),))
    assert [problem.where for problem in listing.odd] == ["list.jsonl:3", "list.jsonl:4"]


def test_plain_ids() -> None:
    text = """# mine
2413.00001
 arXiv: 2413.00002v3, hep-th/9901001   # two more
- https://arxiv.org/abs/2413.00003
what is this
"""
    listing = read_list(text.encode(), "ids.txt")
    assert listing.form == "ids"
    assert [(entry.id, entry.version, entry.line) for entry in listing.entries] == [
        ("2413.00001", None, 2),
        ("2413.00002", 3, 3),
        ("hep-th/9901001", None, 3),
        ("2413.00003", None, 4),
    ]
    assert next(str(problem) for problem in listing.odd) == (
        "ids.txt:5: 'what' is no arXiv id and no address of a paper"
    )
    assert listing.rows == 7
