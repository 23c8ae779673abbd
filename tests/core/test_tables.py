from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kb.core.inline import one_line
from kb.core.tables import cell, cell_of_markdown, row, table

if TYPE_CHECKING:
    from markdown_it.token import Token

PIECES = [
    *(
        "|",
        "\\",
        "\\\\",
        "\\|",
        "`",
        "``",
        "$",
        "$$",
        "[",
        "]",
        "[[",
        "]]",
        "](x)",
        "<",
        "<b>",
        "<!--",
        "-->",
    ),
    *(
        "\n",
        "\r\n",
        "\u2028",
        "\x00",
        "*",
        "**",
        "_",
        "~~",
        "&lt;",
        "&",
        "#",
        "%%",
        "==",
        "!",
        "a",
        "b c",
        "1",
    ),
    *(
        "é",
        "🙂",
        "\u202e",
        "$|a|$",
        "$x_1$",
        "http://x.example/a_b",
        "---",
        ":-:",
        "\ud800",
        "^",
        "\t",
        "{",
        "}",
    ),
]
hostile = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
gfm = MarkdownIt("commonmark").enable(["table", "strikethrough"])
words = st.text(alphabet="abc |\\`*_[]<>~#&!$%=^{}()+-.:;'\"/?@,é1", max_size=20)


def cells_of(markdown: str) -> list[list[Token]]:
    """The cells of each row of the only thing in a text, a table."""
    tokens = gfm.parse(markdown)
    assert tokens[0].type == "table_open"
    assert [t.type for t in tokens].count("table_open") == 1
    assert tokens[-1].type == "table_close"
    rows: list[list[Token]] = []
    for before, token in itertools.pairwise(tokens):
        if before.type == "tr_open":
            rows.append([])
        if token.type == "inline":
            rows[-1].append(token)
    return rows


def shown(inline: Token) -> str:
    assert all(child.type == "text" for child in inline.children or ()), inline.children
    return "".join(child.content for child in inline.children or ())


@settings(max_examples=250, deadline=None)
@given(st.lists(st.lists(hostile, min_size=3, max_size=3), min_size=1, max_size=3), st.booleans())
@example([["\\", "|", "`"], ["$a", "b$", "\\"], ["`|", "|`", "$"]], True)
def test_no_cell_breaks_its_row(rows: list[list[str]], raw: bool) -> None:
    fit = cell if raw else cell_of_markdown
    text = table([fit(each) for each in rows[0]], [[fit(each) for each in cells] for cells in rows])
    parsed = cells_of(text)
    assert [len(cells) for cells in parsed] == [3] * (len(rows) + 1)
    assert text.count("\n") == len(rows) + 2
    for cells in parsed:
        for inline in cells:
            kinds = {child.type for child in inline.children or ()}
            assert not kinds & {"html_inline", "code_inline", "softbreak", "hardbreak"}
            assert "[[" not in inline.content.replace("\\[\\[", "")


@settings(max_examples=250, deadline=None)
@given(words.filter(lambda text: "$" not in text))
def test_a_cell_of_raw_text_shows_the_text(text: str) -> None:
    parsed = cells_of(table(["h", "x"], [[cell(text), "end"]]))
    assert shown(parsed[1][0]) == one_line(re.sub(r"([\[\]])(?=\1)", r"\1 ", one_line(text)))
    assert shown(parsed[1][1]) == "end"


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("p(a|b)", r"p(a\|b)"),
        (r"a\|b", r"a&#92;\|b"),
        ("$p(a|b)$", r"$p(a\vert b)$"),
        (r"$\|x\|_2 < 1$", r"$\Vert x\Vert _2 \lt 1$"),
        (r"$a\\|b$", r"$a\\\vert b$"),
        ("$$a|b$$", r"$a\vert b$"),
        ("$5 and $10", r"\$5 and \$10"),
        ("$a | b", r"\$a \| b"),
        (r"$\sqrt[3]{x}$", r"$\sqrt[3]{x}$"),
        ("$[0,1)$", r"$\lbrack 0,1)$"),
        ("$]a, b[$", r"$\rbrack a, b\lbrack$"),
        ("a $$ $$ b", r"a \$\$ \$\$ b"),
        ("$[[x]](y)$", "$[{}[x]{}]{}(y)$"),
        ("snake_case _it_", r"snake_case \_it\_"),
        ("#tag C# # x", r"\#tag C# # x"),
        ("%%hidden%% 5%", r"\%\%hidden\%\% 5%"),
        ("==lit== a=b", r"\=\=lit\=\= a=b"),
        ("<!-- x -->", "&lt;!-- x -->"),
        ("R&D &amp; co", "R&D &amp;amp; co"),
        ("a\n\nb\r\nc", "a b c"),
        ("end\\", r"end\\"),
        ("", ""),
    ],
)
def test_raw_text_is_escaped_as_little_as_can_be(text: str, fit: str) -> None:
    assert cell(text) == fit


@pytest.mark.parametrize(
    ("markdown", "fit"),
    [
        ("**bold** [x](y.md)", "**bold** [x](y.md)"),
        (r"a \| b | c", r"a \| b \| c"),
        (r"a \\| b", r"a &#92;\| b"),
        (r"a \\\| b", r"a &#92;\| b"),
        (r"\<b> <b>", r"\<b> &lt;b>"),
        ("`a|b`", r"\`a\|b\`"),
        (r"\`a", r"\`a"),
        ("[[x|y]]", r"\[ \[x\|y\] \]"),
        (r"\\[[x]]", r"\\\[ \[x\] \]"),
        ("end\\", "end&#92;"),
        (r"\$5 and $x|y$ and $", r"\$5 and $x\vert y$ and \$"),
        ("line\nnext", "line next"),
        (r"\alpha", r"\alpha"),
    ],
)
def test_markdown_keeps_what_breaks_nothing(markdown: str, fit: str) -> None:
    assert cell_of_markdown(markdown) == fit
    assert cell_of_markdown(fit) == fit


def test_a_table_is_written_with_its_sides() -> None:
    assert table(["A", "B"], [["1", "2"]]) == "| A | B |\n| --- | --- |\n| 1 | 2 |\n"
    assert table(["A", "B", "C"], [], align=["left", "center", "right"]).splitlines()[1] == (
        "| :--- | :---: | ---: |"
    )
    assert table(["A", "B"], [], align="lr").splitlines()[1] == "| :--- | ---: |"
    assert row(["a\nb", ""]) == "| a b |  |"


def test_a_table_with_a_row_too_short_or_too_long_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 cells, the table 2 columns"):
        table(["A", "B"], [["1"]])
    with pytest.raises(ValueError, match="1 cells, the table 2 columns"):
        table(["A", "B"], [], align="l")
