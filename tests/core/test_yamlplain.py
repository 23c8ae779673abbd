from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kb.core import frontmatter, yamlplain
from kb.core.frontmatter import read
from kb.core.notes import plain_value, values_in
from kb.core.yamlblock import FrontmatterError
from kb.core.yamlsafe import parse

PIECES = [
    *("title", "arxiv_id", "tags", "on", "yes", "<<", "a b", "é", "key-1", "_", ": ", ":", ":\n", "\n"),
    *("  - ", "- ", " - ", "   - ", "- - ", "? ", "#", " # x", "\t", "  ", " ", "\r\n"),
    *("[", "]", ", ", ",", "{", "}", "|", ">", "&a ", "*a", "!!str ", "%", "@", "`", "---", "..."),
    *('"', "'", '\\"', "\\\\", "\\n", "\\x41", '"text"', '"a: b"', '"ü, [x] #"', "'it''s'", '", "'),
    *("word", "two words", "cs.LG", "No", "TRUE", "null", "y", "~", "=", "x: y", "a#b", "a #b"),
    *("0", "17", "007", "1_000", "1:30", "-3", "1.5", "2401.06055", "1e3", "0x1f", "9" * 20),
    *("2024-01-19", "2024-02-30", "2024-1-9", "2024-01-19T10:00:00", "https://arxiv.org/abs/1",
      "http://a.b/?q=1&r=2", "https://a.b/c:", "https://a.b/#c", "https://a.b:80/"),
    *("\u2028", "\x85", "\ufeff", "\x7f", "\x01", "\U0001d4d0", "\ud800", "\u200b", "٣", "½", "ⅷ"),
]  # fmt: skip
VALUES = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=4).map(lambda items: f"[{', '.join(items)}]"),
    st.text(max_size=8).map(lambda text: f'"{text}"'),
    st.text(max_size=8),
)
KEYS = st.sampled_from(["title", "tags", "status", "on", "a-b", "x_1", "~", "1"])
LINES = st.one_of(
    st.tuples(KEYS, VALUES).map(lambda line: f"{line[0]}: {line[1]}"),
    KEYS.map(lambda key: f"{key}:"),
    st.tuples(st.sampled_from(["- ", "  - ", " - "]), VALUES).map("".join),
)
BLOCKS = st.one_of(
    st.lists(LINES, max_size=6).map("\n".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)


@settings(max_examples=1500, deadline=None)
@given(BLOCKS)
@example("a:\n- x\n- y\nb: [p, q]\n")
@example("a:\n  - x\n- y\n")
@example("a: x\n- y\n")
@example("a:\nb:\n- 1")
@example("a:\n\n- 1")
@example("")
def test_what_it_reads_it_reads_as_the_parser_does(block: str) -> None:
    found = yamlplain.read(block)
    if found is None:
        return
    assert {str(key): plain_value(value) for key, value in parse(block).values.items()} == found


def test_what_kb_writes_is_plain() -> None:
    written = frontmatter.dump(
        {"title": 'Of "small" \\alpha: a study', "authors": ["Ada Nobody", "Bo Beispiel"],
         "arxiv_id": "2401.06055", "version": 1, "announced": date(2024, 1, 22), "rating": None,
         "categories": ["cs.LG", "stat.ML"], "url": "https://arxiv.org/abs/2401.06055",
         "scored_by": "local", "tags": ["paper"], "topics": []}
    )  # fmt: skip
    assert yamlplain.read(written.removeprefix("---\n").removesuffix("---\n")) == {
        "title": 'Of "small" \\alpha: a study', "authors": ["Ada Nobody", "Bo Beispiel"],
        "arxiv_id": "2401.06055", "version": 1, "announced": "2024-01-22", "rating": None,
        "categories": ["cs.LG", "stat.ML"], "url": "https://arxiv.org/abs/2401.06055",
        "scored_by": "local", "tags": ["paper"], "topics": [],
    }  # fmt: skip


def test_a_list_of_lines_as_obsidian_writes_it_is_plain() -> None:
    block = "authors:\n  - Ada Nobody\n  - Bo, the Second\nstatus: to read\ntags:\n  - paper\n"
    assert yamlplain.read(block) == {
        "authors": ["Ada Nobody", "Bo, the Second"], "status": "to read", "tags": ["paper"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "block", ["kept: no\n", "a: 1\na: 2\n", "id: 2401.06055\n", "# mine\na: 1\n", "a: x # y\n"]
)
def test_the_rest_is_left_to_the_parser(block: str) -> None:
    assert yamlplain.read(block) is None


@settings(max_examples=300, deadline=None)
@given(BLOCKS)
def test_a_note_has_the_same_values_either_way(block: str) -> None:
    text = f"---\n{block}\n---\nbody\n"
    assert _told(lambda: values_in(text)) == _told(lambda: plain_value(read(text)))


def _told(values: Callable[[], object]) -> object:
    try:
        return values()
    except FrontmatterError as error:
        return str(error)
