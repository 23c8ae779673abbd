from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from kb.sources.lists import read_list

ITEM: dict[str, Any] = {
    "id": "made2024",
    "type": "article",
    "title": "A <i>toy</i> &amp; more",
    "author": [
        {"family": "Made", "given": "Ada", "non-dropping-particle": "van der"},
        {"literal": "The Team"},
        {"family": "Poe", "given": "B.", "suffix": "Jr."},
    ],
    "issued": {"date-parts": [["2024", 3, 6]]},
    "DOI": "10.48550/arXiv.2413.00001",
    "abstract": "<jats:p>Words.</jats:p>",
    "keyword": "clouds, fog",
    "container-title": "",
    "language": "en",
}


def read(*items: object) -> Any:
    listing = read_list(json.dumps(list(items)).encode(), "library.json")
    assert listing.form == "csl"
    assert listing.rows == len(listing.entries) + len(listing.odd)
    return listing


def test_an_item_is_read_whole() -> None:
    (entry,) = read(ITEM).entries
    assert (entry.id, entry.title) == ("2413.00001", "A toy & more")
    assert entry.authors == ("Ada van der Made", "The Team", "B. Poe Jr.")
    assert (entry.dated, entry.year, entry.abstract) == (date(2024, 3, 6), 2024, "Words.")
    assert (entry.topics, entry.doi, entry.journal) == (("clouds", "fog"), "", "")
    assert entry.extra == (("language", "en"),)


@pytest.mark.parametrize(
    ("fields", "arxiv_id"),
    [
        ({"URL": "http://arxiv.org/abs/2413.00001v3"}, "2413.00001"),
        ({"number": "arXiv:2413.00001"}, "2413.00001"),
        ({"note": "arXiv:2413.00001 [cs]"}, "2413.00001"),
        ({"archive": "arXiv", "archive_location": "2413.00001 [cs.LG]"}, "2413.00001"),
        ({"eprint": "hep-th/9901001"}, "hep-th/9901001"),
        ({"DOI": "10.1000/2413.00001"}, None),
        ({"number": "2413"}, None),
    ],
)
def test_the_id_wherever_it_stands(fields: dict[str, str], arxiv_id: str | None) -> None:
    bare = {key: value for key, value in ITEM.items() if key != "DOI"}
    (entry,) = read(bare | fields).entries
    assert entry.id == arxiv_id
    assert entry.doi == (fields.get("DOI", "") if arxiv_id is None else "")


def test_lines_are_those_of_the_file_and_nothing_is_lost() -> None:
    text = '[\n {"title": "A", "DOI": "10.1/2"},\n {"title": "B",\n  "URL": "https://example.org"},\n 7,\n oops ]'
    listing = read_list(text.encode(), "library.json")
    assert [(entry.line, entry.id) for entry in listing.entries] == [(2, None), (3, None)]
    assert [str(problem) for problem in listing.problems] == [
        "library.json:2: 'A': the item names no arXiv id",
        "library.json:3: 'B': its link leads to example.org, not to arXiv",
        "library.json:5: the item is no JSON object",
        "library.json:6: not JSON from here on (Expecting value)",
    ]
    assert listing.rows == 4


def test_items_inside_an_object() -> None:
    text = json.dumps({"config": [], "items": [ITEM, ITEM]}, indent=1)
    listing = read_list(text.encode(), "library.json")
    assert [entry.id for entry in listing.entries] == ["2413.00001"] * 2
    assert listing.entries[1].line > listing.entries[0].line > 1


@pytest.mark.parametrize(
    ("issued", "said"),
    [
        ({"date-parts": [[2024]]}, 2024),
        ({"literal": "March 2024"}, 2024),
        ({"raw": "2024-03-06"}, 2024),
        ({"date-parts": [[]]}, None),
        ({"date-parts": [["x"]]}, None),
        ("2024", 2024),
        (None, None),
    ],
)
def test_dates(issued: object, said: int | None) -> None:
    assert read(ITEM | {"issued": issued}).entries[0].year == said


def test_values_of_the_wrong_kind_harm_nobody() -> None:
    odd = {
        "type": 3,
        "title": None,
        "author": {"family": "x"},
        "DOI": ["10.1"],
        "keyword": 5,
        "issued": [],
    }
    (entry,) = read(odd).entries
    assert entry.id is None
