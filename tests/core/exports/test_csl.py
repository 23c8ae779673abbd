from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.entries import BARE, ENTRIES, HARD, PLAIN

from kb.core.exports.csl import csl, item
from kb.core.exports.entries import Entry
from kb.core.exports.people import Name, split_name
from kb.sources.lists import read_list


def test_an_item_in_full() -> None:
    assert item(PLAIN) == {
        "id": "made2413.00001",
        "type": "article-journal",
        "title": "Counting toy clouds",
        "author": [
            {"family": "Made", "given": "Ada", "non-dropping-particle": "van der"},
            {"literal": "The Cloud Team"},
        ],
        "issued": {"date-parts": [[2024, 12, 30]]},
        "abstract": "We count toy clouds.",
        "container-title": "J. Toy 3 (2025) 12",
        "archive": "arXiv",
        "archive_location": "2413.00001",
        "number": "arXiv:2413.00001",
        "version": "2",
        "DOI": "10.1000/toy_1",
        "URL": "https://arxiv.org/abs/2413.00001",
        "keyword": "Counting, Clouds",
        "note": "12 pages & 3 figures",
    }


def test_a_preprint() -> None:
    found = item(BARE)
    assert (found["type"], found["publisher"], found["genre"]) == ("article", "arXiv", "Preprint")
    assert found["DOI"] == "10.48550/arXiv.2504.12345"
    assert found["issued"] == {"date-parts": [[2025, 4]]}
    assert "title" not in found


# The variables of the schema that are text, and those of other shapes.
TEXTS = {
    "id", "type", "title", "abstract", "container-title", "publisher", "genre", "archive",
    "archive_location", "number", "version", "DOI", "URL", "keyword", "note",
}  # fmt: skip
NAME_PARTS = {"family", "given", "non-dropping-particle", "suffix", "literal"}


@given(st.lists(ENTRIES | st.sampled_from([PLAIN, HARD, BARE]), max_size=5))
def test_the_shape_is_that_of_the_schema(entries: list[Entry]) -> None:
    items = json.loads(csl(entries))
    assert len(items) == len(entries)
    for made in items:
        assert {"id", "type"} <= set(made) <= TEXTS | {"author", "issued"}
        assert all(isinstance(made[name], str) and made[name] for name in TEXTS & set(made))
        for name in made.get("author", []):
            assert set(name) <= NAME_PARTS
            assert all(isinstance(part, str) and part for part in name.values())
            assert "literal" in name or "family" in name
        (parts,) = made["issued"]["date-parts"]
        assert all(isinstance(part, int) for part in parts)
        assert 1 <= len(parts) <= 3


@given(st.lists(ENTRIES, max_size=5))
def test_any_papers_are_read_back(entries: list[Entry]) -> None:
    listing = read_list(csl(entries).encode(), "x.json", form="csl")
    assert listing.odd == ()
    assert [entry.id for entry in listing.entries] == [entry.id for entry in entries]
    for read, written in zip(listing.entries, entries, strict=True):
        assert read.authors == written.authors
        assert read.dated == written.submitted


def test_formulas_and_accents_are_said_in_unicode() -> None:
    (entry,) = read_list(csl([HARD]).encode(), "x.json").entries
    assert entry.title.startswith("A √n-bound, 100% sharp & ")
    assert entry.authors[0] == "Zoë Kühn"


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Ada Made", Name("Made", "Ada")),
        ("Ada B. van der Made", Name("Made", "Ada B.", "van der")),
        ("van der Made, Ada", Name("Made", "Ada", "van der")),
        ("Ada Made Jr.", Name("Made", "Ada", "", "Jr.")),
        ("Made, Jr., Ada", Name("Made", "Ada", "", "Jr.")),
        ("Ada Made, III", Name("Made", "Ada", "", "III")),
        ("Made", Name("Made")),
        ("The Cloud Collaboration", Name("The Cloud Collaboration")),
        ("李 雷", Name("李 雷")),
        (r"Zo{\"e} Made", Name("Made", "Zoë")),
        ("", Name("")),
    ],
)
def test_names_in_their_parts(author: str, name: Name) -> None:
    assert split_name(author) == name


def test_dates_of_months_are_whole_for_every_id() -> None:
    assert Entry(id="2413.00001", title="").month == date(2024, 12, 1)
    assert Entry(id="hep-th/9901001", title="").month == date(1999, 1, 1)
