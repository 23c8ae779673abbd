from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from kb.sources.lists import read_list

if TYPE_CHECKING:
    from kb.core.listed import Listed, Listing


def read(text: str, name: str = "library.bib") -> Listing:
    listing = read_list(text.encode(), name)
    assert listing.form == "bibtex"
    assert listing.rows == len(listing.entries) + len(listing.odd)
    return listing


def one(fields: str, head: str = "@article{key,") -> Listed:
    (entry,) = read(f"{head}\n{fields}\n}}\n").entries
    return entry


def test_a_record_is_read_whole() -> None:
    entry = one(r"""
        title = {The {LLM} of {\"O}dd $\sqrt{n}$ {\emph{things}} \& "more"},
        author = {Doe, Jane and {The Cloud Team} and van der Made, Jr., Ada and Poe, {\'E}mile and others},
        eprint = {2413.00001v2}, archivePrefix = {arXiv}, primaryClass = {cs.LG},
        abstract = {First line
          and second with @odd {braces}.},
        journal = "J. " # inv # { 12}, month = mar, year = 2024, doi = {10.1000/xyz},
        keywords = {clouds, fog; mist},
        annote = {My {own} words},
        readstatus = {read}, ranking = {rank4}, groups = {a/b}
    """)
    assert (entry.id, entry.version, entry.line) == ("2413.00001", 2, 1)
    assert entry.title == r'The LLM of Ödd $\sqrt{n}$ things & "more"'
    assert entry.authors == ("Jane Doe", "The Cloud Team", "Ada van der Made Jr.", "Émile Poe")
    assert entry.abstract == "First line and second with @odd braces."
    assert (entry.journal, entry.doi, entry.year) == ("J. inv 12", "10.1000/xyz", 2024)
    assert entry.topics == ("clouds", "fog", "mist")
    assert entry.bullets == "My {own} words"
    assert (entry.status, entry.rating) == ("read", 4)
    assert entry.extra == (("groups", "a/b"),)


@pytest.mark.parametrize(
    ("fields", "arxiv_id"),
    [
        ("eprint = {2413.00001}", "2413.00001"),
        ("eprint = 2413.00001, eprinttype = arxiv", "2413.00001"),
        ("eprint = {arXiv:2413.00001}", "2413.00001"),
        ("eprint = {9901001}, archiveprefix = {arXiv}, primaryclass = {hep-th}", "hep-th/9901001"),
        ("eprint = {hep-th/9901001}", "hep-th/9901001"),
        ("arxivid = {2413.00001}", "2413.00001"),
        ("url = {http://arxiv.org/pdf/2413.00001v1}", "2413.00001"),
        (
            r"url = {https://arxiv.org/abs/math\_ph/x}, doi = {10.48550/arXiv.2413.00001}",
            "2413.00001",
        ),
        ("journal = {arXiv preprint arXiv:2413.00001}", "2413.00001"),
        ("journal = {CoRR}, volume = {abs/2413.00001}", "2413.00001"),
        ("note = {arXiv:2413.00001 [cs]}", "2413.00001"),
        (r"howpublished = {\url{https://arxiv.org/abs/2413.00001}}", "2413.00001"),
        ("number = {arXiv:2413.00001}", "2413.00001"),
        ("eprint = {2413.00001}, eprinttype = {hal}", None),
        ("eprint = {30000000}, eprinttype = {pubmed}", None),
        ("volume = {12}, number = {3}, pages = {1--2}", None),
    ],
)
def test_the_id_wherever_it_stands(fields: str, arxiv_id: str | None) -> None:
    entry = one(f"title = {{T}}, {fields}")
    assert entry.id == arxiv_id
    assert bool(entry.why) == (arxiv_id is None)
    assert not entry.journal


def test_records_without_a_paper_say_why() -> None:
    listing = read(
        "@book{a, title={A}, url={https://example.org/a}}\n"
        "@misc{b, title={B}, eprint={x.y}}\n@misc{c, title={C}, doi={10.1/2}}\n@misc{d, title={D}}\n"
    )
    assert [str(problem) for problem in listing.without] == [
        "library.bib:1: 'A': its link leads to example.org, not to arXiv",
        "library.bib:2: 'B': its eprint 'x.y' is no arXiv id",
        "library.bib:3: 'C': the record names no arXiv id (DOI 10.1/2)",
        "library.bib:4: 'D': the record names no arXiv id",
    ]


def test_one_broken_record_does_not_take_the_others_with_it() -> None:
    listing = read(r"""% made by hand
@comment{jabref-meta: databaseType:bibtex;}
@preamble{"\newcommand{\x}{y}"}
@string{cloud = "Journal of " # {Clouds}}
@article{first, title={First}, journal = cloud, eprint={2413.00001}}
@article{broken title={x}, url={https://arxiv.org/abs/2413.00008}}
@article{open, title={never closed, eprint={2413.00009},
@article{twice, title={Twice}, title={Again}, eprint={2413.00002}}
@article{first, title={Same key}, eprint={2413.00003}}
@misc(round, title = {Round}, eprint = {2413.00004})
@misc{nocomma, title = {No} year = {2020}, eprint = {2413.00005}}
see also arXiv:2413.00007
""")
    assert listing.ids == tuple(f"2413.0000{n}" for n in range(1, 6))
    assert listing.entries[0].journal == "Journal of Clouds"
    assert [problem.where for problem in listing.odd] == ["library.bib:6", "library.bib:7"]
    told = [str(problem) for problem in listing.doubts]
    assert told[0] == "library.bib:8: title stands twice in the record; the first was taken"
    assert told[1].startswith("library.bib:11: nocomma: after the title stands what cannot be read")
    assert [line for line in told if "2413.00007" in line]
    assert [line for line in told if "2413.00008" in line]


@pytest.mark.parametrize(
    ("fields", "day", "year"),
    [
        ("date = {2024-03-06}", date(2024, 3, 6), 2024),
        ("date = {2024-03-06/2024-03-09}", date(2024, 3, 6), 2024),
        ("year = {2024}, month = {3}", None, 2024),
        ("year = 2024", None, 2024),
        ("year = {in press}", None, None),
    ],
)
def test_dates(fields: str, day: date | None, year: int | None) -> None:
    entry = one(f"eprint = {{2413.00001}}, {fields}")
    assert (entry.dated, entry.year) == (day, year)


def test_markdown_with_a_record_in_it_is_markdown() -> None:
    text = "# Read\n[T](https://arxiv.org/abs/2413.00001)\n```bibtex\n@misc{x,\n title={T}}\n```\n"
    assert read_list(text.encode(), "x.md").form == "markdown"
    assert read_list(b"Some words first.\n@misc{x, eprint={2413.00001}}\n", "x.bib").ids
