from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from kb.sources.lists import read_list

if TYPE_CHECKING:
    from kb.core.listed import Listed, Listing

A = "https://arxiv.org/abs/2413.00001"
B = "https://arxiv.org/pdf/2413.00002v3.pdf"


def read(text: str, name: str = "list.md") -> Listing:
    listing = read_list(text.encode(), name)
    assert listing.rows == len(listing.entries) + len(listing.odd)
    return listing


def one(text: str, name: str = "list.md") -> Listed:
    (entry,) = read(text, name).entries
    return entry


def table(header: str, *rows: str) -> str:
    columns = header.count("|") - 1
    return "\n".join([header, "|" + "---|" * columns, *rows]) + "\n"


def test_a_month_in_weeks() -> None:
    text = "\n".join(
        (
            "# Papers, May 2024",
            "## Week 1/4",
            table("| Title | Summary | Topics |", f"| [Toy clouds]({A}) | Neat.| Clouds, Toys |", "| []() |  |  |"),
            "## Week 2/4",
            table("| Title | Summary | Topics |", "| []() | | |"),
        )
    )  # fmt: skip
    listing = read(text)
    assert [(entry.id, entry.listed, entry.why) for entry in listing.entries] == [
        ("2413.00001", "2024-05 week 1", ""),
        (None, "2024-05 week 1", "an empty placeholder row"),
        (None, "2024-05 week 2", "an empty placeholder row"),
    ]
    assert listing.entries[0].topics == ("Clouds", "Toys")
    assert [problem.where for problem in listing.without] == ["list.md:6", "list.md:11"]


@pytest.mark.parametrize(
    ("name", "heading", "listed"),
    [
        ("2025-04.md", "## Week 3/4", "2025-04 week 3"),
        ("papers-june-2025.md", "", "2025-06"),
        ("list.md", "## Week 3", "week 3"),
        ("list.md", "## Agents", "Agents"),
        ("folder/my list.md", "", "my list"),
    ],
)
def test_a_table_without_dates_keeps_where_it_listed_a_paper(
    name: str, heading: str, listed: str
) -> None:
    assert (
        one(f"{heading}\n\n{table('| Title | Topics |', f'| [T]({A}) | x |')}", name).listed
        == listed
    )


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("| Date | Name | Summary | Topics |", f"| 6 March 2024 |[Toy]({A}) | Neat. | x|"),
        ("| Title | Description | Tags | Month |", f"| [Toy]({A}) | Neat. | x | 6 March 2024 |"),
        ("|Topics|Summary|Paper|Published|", f"|x|Neat.|[**Toy**]({A})|2024-03-06|"),
        ("| **Title** | TL;DR | Keywords | Date | Link |", f"| Toy | Neat. | x | 3/6/2024 | [pdf]({A}) |"),
        ("| # | Paper Title | Key Idea | Area | When | arXiv |", "| 1 | *Toy* | Neat. | x | 2024/3/6 | 2413.00001 |"),
        ("| Title | Description | Tag | Year | ID |", "| `Toy` | Neat. | `x` | 6th March 2024 | arXiv:2413.00001 |"),
        ("Title | Abstract | Category | Day", f"[Toy]({A}) | Neat. | x | 6 March 2024"),
        ("| Model | Paper | Summary | Topic | Date |", f"| M | [Toy]({A}) | Neat. | x | 06.03.2024 |"),
        ("|Link|Title|Summary|Topics|Date|", f"|{A}|Toy|Neat.|#x|20240306|"),
    ],
)  # fmt: skip
def test_columns_in_any_order_under_any_name(header: str, row: str) -> None:
    count = header.strip("|").count("|") + 1
    entry = one(f"{header}\n{'|'.join(['---'] * count)}\n{row}\n")
    assert (entry.id, entry.title) == ("2413.00001", "Toy")
    assert (entry.summary or entry.abstract, entry.topics) == ("Neat.", ("x",))
    assert (entry.dated, entry.listed) == (date(2024, 3, 6), "2024-03-06")


def test_columns_of_no_known_meaning_are_kept() -> None:
    text = table(
        "| Title | Authors | Venue | Code | Params | Status | Rating | R/N |",
        f"| [T]({A}) | A. Poe, B. Roe and C. Doe | ICX 2024 | [here](https://example.org/c) | 7B | read | ★★★★ | 8/7 |",
    )
    entry = one(text)
    assert entry.authors == ("A. Poe", "B. Roe", "C. Doe")
    assert (entry.journal, entry.code) == ("ICX 2024", "https://example.org/c")
    assert (entry.status, entry.rating) == ("read", 4)
    assert (entry.relevance, entry.novelty) == (8, 7)
    assert entry.extra == (("Params", "7B"),)


def test_breaks_and_indents_become_markdown_lists() -> None:
    cell = (
        "One thing.  <br><br> Why? <br> &nbsp;  -> first \\| half <br> &nbsp; -> second <br><br> So:"
        " <br>&nbsp; 1> do <br/>&nbsp; 2> stop <br> • a dot <BR> &nbsp; 🔹 kept &amp; shown"
    )
    assert one(table("| Title | Summary |", f"| [T]({A}) | {cell} |")).summary == (
        "One thing.\n\nWhy?\n\n- first | half\n- second\n\nSo:\n\n1. do\n2. stop\n- a dot\n"
        "- 🔹 kept & shown"
    )


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        (f"[On $a_b|c$]({A})".replace("|", r"\|"), "On $a_b|c$"),
        (f"[A [b] c]({A})", "A [b] c"),
        (f"[**Bold: it**]({A}) [[code](https://example.org)]", "Bold: it"),
        (f"[![badge](https://example.org/b.svg)]({A}) Plain words", "Plain words"),
        (f"Plain words ([arXiv]({A}), [code](https://example.org))", "Plain words"),
        (f"Plain words<br>[pdf]({A})", "Plain words"),
        (f'<a href="{A}">Plain words</a>', "Plain words"),
        (f"<{A}> ", ""),
        (r"[G\_x &amp; y](" + A + ")", "G_x & y"),
        (f"[Café\u200b]({A})", "Café"),
        ("Plain words arXiv:2413.00001", "Plain words arXiv:2413.00001"),
    ],
)
def test_titles(cell: str, title: str) -> None:
    entry = one(table("| Title | Topics |", f"| {cell} | x |"))
    assert (entry.id, entry.title) == ("2413.00001", title)


def test_rows_that_name_no_paper_of_arxiv_say_where_they_lead() -> None:
    listing = read(
        table(
            "| Title | Summary |",
            "| [A log](https://www.example.org/a) | x |",
            "| Nothing | x |",
            "| [Broken](https://arxiv.org/abs/25) | x |",
            "| [Cited](https://example.org) | like arXiv:2413.00009 |",
        )
    )
    assert [entry.id for entry in listing.entries] == [None] * 4
    assert [problem.why for problem in listing.without] == [
        "'A log': its link leads to example.org, not to arXiv",
        "'Nothing': it has no link to arXiv",
        "'Broken': https://arxiv.org/abs/25 is no address of an arXiv paper",
        "'Cited': its link leads to example.org, not to arXiv",
    ]
    assert [problem.where for problem in listing.doubts] == ["list.md:6"]


def test_what_a_row_leaves_open_is_told() -> None:
    listing = read(
        table(
            "| Title | Date | Relevance | arXiv |",
            f"| [T]({A}) | soon | 12 | {B} |",
            f"| [U]({B}) | - | | | a | b |",
        )
    )
    assert [str(problem) for problem in listing.doubts] == [
        "list.md:3: the row links 2413.00001 and 2413.00002; 2413.00001 was taken",
        "list.md:3: 'soon' is no date that can be read",
        "list.md:3: the relevance '12' is no whole number from 1 to 10",
        "list.md:4: the row has 2 more cells than the table has columns",
    ]
    assert listing.entries[0].extra == (("Date", "soon"), ("relevance", "12"))
    assert (listing.entries[1].version, listing.entries[1].extra) == (3, (("", "a"), ("", "b")))


def test_one_title_over_two_ids_and_one_id_under_two_titles() -> None:
    listing = read(
        table(
            "| Title | Topics |",
            f"| [The same clouds]({A}) | x |",
            f"| [The Same Clouds!]({B}) | x |",
            f"| [Something else entirely]({A}) | x |",
            f"| [The same clouds: a survey]({A}) | x |",
        )
    )
    assert [str(problem) for problem in listing.doubts] == [
        (
            "list.md:4: 'The Same Clouds!' stands over 2413.00002 here and over 2413.00001 in line 3;"
            " one of them is another paper"
        ),
        (
            "list.md:5: 2413.00001 is called 'Something else entirely' here and 'The same clouds' in"
            " line 3"
        ),
    ]


def test_tables_of_other_things_are_none_of_papers() -> None:
    text = table("| Model | Tokens |", "| small | 12 |") + "\n" + table("| A | B |", f"| x | {A} |")
    listing = read(text)
    assert [(entry.id, entry.line) for entry in listing.entries] == [("2413.00001", 7)]


def test_line_ends_and_padding_do_not_matter() -> None:
    text = table("|   Title   |  Topics   |", f"|   [T]({A})    |     x    |  ")
    assert one(text.replace("\n", "\r\n")) == one(text) == one(text.replace("\n", "\r"))


def test_an_html_table() -> None:
    text = (
        "<table>\n<tr><th>Paper</th><th>Topics</th></tr>\n"
        f'<tr>\n<td rowspan="2">x</td><td><a href="{A}">T</a></td></tr>\n<tr><td>{B}</td></tr></table>\n'
    )
    listing = read(text)
    assert [(entry.line, entry.id) for entry in listing.entries] == [
        (3, "2413.00001"),
        (5, "2413.00002"),
    ]
    assert listing.ids == ("2413.00001", "2413.00002")


def test_broken_letters_are_mended_and_counted() -> None:
    broken = "it’s 🔹 fine".encode().decode("cp1254", "replace")
    entry = one(table("| Title | Summary |", f"| [T]({A}) | {broken} |"))
    assert entry.summary == "it’s 🔹 fine"
    assert read(table("| Title | Summary |", f"| [T]({A}) | {broken} |")).mended == 1
