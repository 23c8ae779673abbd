from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kb.core.links import Linker, markdown_link, read_links, wiki_link
from kb.core.tables import table

gfm = MarkdownIt("commonmark").enable(["table", "strikethrough"])
labels = st.text(alphabet="ab |\\`*_[]<>~#&!$%=^{}()\n\u202eé🙂", max_size=20)
parts = st.text(
    alphabet="abé日🙂 ()<>%#?[]|\"'\\&;$*`~!+=@,:^-_.\u00a0\u0301", min_size=1, max_size=12
).filter(lambda part: part not in (".", ".."))
paths = st.lists(parts, min_size=1, max_size=3).map(
    lambda each: PurePosixPath(*each[:-1], f"{each[-1]}.md")
)
FROM = PurePosixPath("Daily/arxiv-2025-03-06.md")


def only_link(markdown: str) -> tuple[str, bool]:
    """The target of the one link that a text is, and whether nothing stands beside it."""
    (inline,) = [token for token in gfm.parse(markdown) if token.type == "inline"]
    children = inline.children or []
    opened = [child for child in children if child.type == "link_open"]
    assert len(opened) == 1
    whole = children[0].type == "link_open" and children[-1].type == "link_close"
    return str(opened[0].attrs["href"]), whole


@settings(max_examples=200, deadline=None)
@given(labels, paths, paths)
@example("$[a](b)$ ]( [x]", PurePosixPath("a (b) [c] %20 #d.md"), FROM)
@example("x", PurePosixPath("a:b.md"), PurePosixPath("y.md"))
def test_a_markdown_link_is_one_link_to_its_path(
    label: str, to_path: PurePosixPath, from_path: PurePosixPath
) -> None:
    link = markdown_link(label, from_path, to_path)
    href, whole = only_link(link)
    assert whole
    assert joined(from_path, unquote(href)) == str(to_path)
    assert str(to_path) in [joined(from_path, target) for target in read_links(link)]
    assert not set(link.rpartition("](")[2][:-1]) & set(' ()<>#?[]|"\\')
    href, whole = only_link(table([link], []).replace("| --- |\n", "| --- |"))
    assert joined(from_path, unquote(href)) == str(to_path)


def joined(from_path: PurePosixPath, relative: str) -> str:
    return posixpath.normpath(posixpath.join(str(from_path.parent), relative))


def test_links_stay_readable() -> None:
    to_path = PurePosixPath("Papers/2025-03/Über (die) 日本 - 50%.md")
    assert markdown_link("Über [x] a|b", FROM, to_path, "A heading") == (
        r"[Über \[x\] a\|b](../Papers/2025-03/Über%20%28die%29%20日本%20-%2050%25.md#A%20heading)"
    )
    assert markdown_link("", PurePosixPath("Home.md"), to_path).startswith(
        "[Über (die) 日本 - 50%](Papers/"
    )


@settings(max_examples=150, deadline=None)
@given(labels, st.booleans())
def test_a_wiki_link_ends_where_it_should(label: str, in_table: bool) -> None:
    link = wiki_link(label, PurePosixPath("Papers/A title.md"), in_table=in_table)
    assert re.fullmatch(r"\[\[A title(\\?\|[^\[\]|\n`<>]+)?\]\]", link)
    assert read_links(link) == ["A title"]
    assert ("\\|" in link) == (in_table and "|" in link)
    if in_table:
        rows = [t for t in gfm.parse(table(["h", "x"], [[link, "y"]])) if t.type == "inline"]
        assert [t.content for t in rows] == ["h", "x", link.replace("\\|", "|"), "y"]


def test_wiki_labels_read_like_what_they_stand_for() -> None:
    to_path = PurePosixPath("Papers/A.md")
    assert wiki_link("p(a|b) [x] `c` <d>\\", to_path) == "[[A|p(a¦b) (x) 'c' ‹d›]]"
    assert wiki_link("A", to_path) == wiki_link("", to_path) == "[[A]]"
    assert wiki_link("Live", PurePosixPath("Papers.base")) == "[[Papers.base|Live]]"


@pytest.mark.parametrize(
    "name", ["[1].md", "a#b.md", "a^b.md", "a|b.md", "a\\b.md", "a%%b.md", "a:b.md"]
)
def test_names_that_wiki_links_cannot_express_are_linked_in_markdown(name: str) -> None:
    to_path = PurePosixPath("Papers", name)
    with pytest.raises(ValueError, match="wiki link"):
        wiki_link("x", to_path)
    assert Linker("wiki").link("x", str(FROM), str(to_path)) == markdown_link("x", FROM, to_path)


def test_a_linker_keeps_to_its_style() -> None:
    here, there = str(FROM), "Papers/A.md"
    assert Linker().link("x", here, there, in_table=True) == "[x](../Papers/A.md)"
    assert Linker("wiki").link("x", here, there) == "[[A|x]]"
    assert Linker("wiki").link("x", here, there, in_table=True) == "[[A\\|x]]"


def test_links_of_every_kind_are_found() -> None:
    text = """---
related: "[[In properties]]"
---
[a](../b%20c.md#part "title") ![i](<d e.png>) [paren](f(g).md) [spaces](h i.md) [[j#k|l]] ![[m]]
[ref]: n.md 'x'
[^1]: no target
[[folder/o\\|p]] [web](https://x.example/q.md) [mail](mailto:a@b.example) [//](//x.example)
[o](obsidian://open?vault=v&file=Papers%2Fr.md) [ent](s&amp;t.md) [esc](u\\(v.md) [self](#here) [](empty.md)
"""
    assert read_links(text) == [
        *(
            "../b c.md",
            "d e.png",
            "f(g).md",
            "h i.md",
            "Papers/r.md",
            "s&t.md",
            "u(v.md",
            "empty.md",
        ),
        *("n.md", "In properties", "j", "m", "folder/o"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="[]()|<>\\# \na.", max_size=60))
def test_reading_links_of_any_text_gives_names_that_stand_in_it(text: str) -> None:
    assume("%" not in text)
    for target in read_links(text):
        assert target.strip() == target or " " in target
        assert target.replace("\\", "") in text.replace("\\", "")
