from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import frontmatter as python_frontmatter
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from standins.hostile_notes import CASES, VALUES, notes

from kb.core.frontmatter import (
    KEY_ORDER,
    REMOVE,
    FrontmatterError,
    Remove,
    Value,
    dump,
    dump_value,
    edit,
    names_key,
    read,
    split,
)
from kb.core.yamlblock import MAX_BYTES
from kb.core.yamlsafe import parse

NAMES = sorted(path.name.removesuffix(".before.md") for path in CASES.glob("*.before.md"))
CHANGES: dict[str, Value | Remove] = {"status": "read", "relevance": 9}


def text_of(name: str) -> str:
    return (CASES / name).read_bytes().decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_note_keeps_every_other_byte_or_is_refused(name: str) -> None:
    before = text_of(f"{name}.before.md")
    refused = CASES / f"{name}.refused.txt"
    if refused.exists():
        with pytest.raises(FrontmatterError, match=re.escape(refused.read_text().strip())):
            edit(before, CHANGES)
        return
    after = edit(before, CHANGES)
    assert after == text_of(f"{name}.after.md")
    assert edit(after, CHANGES) == after
    assert {key: read(after)[key] for key in CHANGES} == CHANGES


def test_there_are_cases_enough_and_none_without_an_outcome() -> None:
    assert len(NAMES) >= 90
    for name in NAMES:
        outcomes = [CASES / f"{name}.after.md", CASES / f"{name}.refused.txt"]
        assert sum(path.exists() for path in outcomes) == 1, name


@pytest.mark.parametrize("name", NAMES)
def test_reading_agrees_with_pyyaml_where_both_read(name: str) -> None:
    text = text_of(f"{name}.before.md")
    try:
        ours = read(text)
        block = split(text)[0].removeprefix("\ufeff")
        theirs = yaml.safe_load(block.split("\n", 1)[1].rsplit("---", 1)[0]) if block else {}
    except (ValueError, yaml.YAMLError):
        return
    assert ours == {_as_written(key): value for key, value in (theirs or {}).items()}


def _as_written(key: object) -> object:
    return {2024: "2024", True: "yes"}.get(key, key)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["status", "relevance", "title"])
def test_removing_a_key_takes_only_its_lines(name: str, key: str) -> None:
    before = text_of(f"{name}.before.md")
    try:
        after = edit(before, {key: REMOVE})
    except FrontmatterError:
        return
    assert after == before or key in read(before)
    assert lines_taken(before, after, key)
    left = {name: value for name, value in read(before).items() if name != key}
    assert {name: value for name, value in read(after).items() if name != key} == left


def lines_taken(before: str, after: str, key: str) -> bool:
    """Whether `after` is `before` without lines that stand together and begin with `key`."""
    if before == after:
        return True
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    start = next(n for n in range(len(old)) if new[n : n + 1] != old[n : n + 1])
    rest = len(new) - start
    same_end = old[len(old) - rest :] == new[start:]
    comment = (
        new[start].lstrip(" ").startswith("#") and old[len(old) - rest + 1 :] == new[start + 1 :]
    )
    return key in old[start] and (same_end or comment)


@settings(max_examples=400, deadline=None)
@given(
    note=st.sampled_from(["\n", "\r\n"]).flatmap(notes),
    value=st.sampled_from(VALUES),
    bom=st.sampled_from(["", "\ufeff"]),
)
@example(("---\nstatus:\n- a\n- b\n---", "status:\n- a\n- b\n"), None, "")
def test_whatever_a_person_wrote_around_our_key_stays(
    note: tuple[str, str], value: Any, bom: str
) -> None:
    text, own = bom + note[0], note[1]
    try:
        result = edit(text, {"status": value})
    except FrontmatterError:
        return
    before, after = loaded(text), loaded(result)
    assert after.pop("status") == value
    before.pop("status", None)
    assert after == before
    old, new = changed_lines(text, result)
    assert len(new) <= 1
    if not re.search("[|>]", own):  # what is indented below a literal block belongs to it
        assert "".join(old) in own
    assert edit(result, {"status": value}) == result
    try:
        removed = edit(result, {"status": REMOVE})
    except FrontmatterError:
        assert re.search("[|>]", text)  # a block above would take in blank lines left behind
    else:
        assert loaded(removed) == before


def loaded(text: str) -> dict[Any, Any]:
    block = text.removeprefix("\ufeff").split("\n", 1)[1]
    end = re.search(r"^---[ \t]*\r?$", block, re.MULTILINE)
    assert end
    return libyaml(block[: end.start()]) or {}


def libyaml(block: str) -> Any:
    return yaml.load(block, Loader=yaml.CSafeLoader)  # the loader in Python refuses tabs after `:`


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines of each that the other lacks, between the longest common beginning and end."""
    old, new = re.findall(r".*\n|.+\Z", before), re.findall(r".*\n|.+\Z", after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[start : len(old) - end], new[start : len(new) - end]


@settings(max_examples=300, deadline=None)
@given(
    note=notes("\n"),
    noise=st.text(alphabet=" \t\n\r#:-'\"[]{}&*|>!%@`~<?,.\\\x00\x85\u2028\ud800a1", max_size=6),
    at=st.floats(0, 1),
)
def test_a_damaged_note_is_edited_soundly_or_refused(
    note: tuple[str, str], noise: str, at: float
) -> None:
    place = int(len(note[0]) * at)
    text = note[0][:place] + noise + note[0][place:]
    try:
        before = read(text)
        result = edit(text, {"relevance": 9, "title": REMOVE})
    except FrontmatterError:
        return
    after = read(result)
    assert after.pop("relevance") == 9
    assert "title" not in after
    assert after == {k: v for k, v in before.items() if k not in ("title", "relevance")}
    assert result.endswith(split(text)[1])


strings = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
hostile = st.one_of(
    strings,
    st.sampled_from(
        ["yes", "No", "1e3", "0x1", "2025-01-01", "12:30", "~", "null", "=", "<<", "- a"]
    ),
    st.sampled_from(
        [
            "\u2028",
            "\x85",
            "\x00",
            "\x7f",
            "\ufeff",
            "\ufffe",
            "🙂",
            "'",
            '"',
            "#",
            ": ",
            "\\",
            "a\tb",
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.one_of(st.sampled_from(KEY_ORDER), hostile),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-999, 9999),
            st.dates(),
            hostile,
            st.lists(hostile, max_size=4),
        ),
        max_size=8,
    )
)
def test_what_is_dumped_reads_back_as_it_was(values: dict[str, Any]) -> None:
    text = dump(values)
    assert read(text) == values
    assert text.count("\n") == len(values) + 2
    assert python_frontmatter.parse(text) == (values, "")
    assert yaml.safe_load(text.removeprefix("---\n").removesuffix("---\n")) == (values or None)


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert read(dump({"title": "a\ud800b"})) == {"title": "a\ufffdb"}


def test_our_own_style_is_the_contracts() -> None:
    values = {
        "title": 'A title: with "quotes" and $\\sqrt{n}$',
        "aliases": ["arXiv:2503.03213"],
        "arxiv_id": "2503.03213",
        "version": 1,
        "authors": ["Ada Lovelace", "Émilie du Châtelet"],
        "announced": date(2025, 3, 6),
        "primary": "cs.LG",
        "categories": ["cs.LG", "stat.ML"],
        "topics": [],
        "scored_by": "gpt-4o-mini",
        "url": "https://arxiv.org/abs/hep-th/9901001",
        "provisional": True,
        "rating": None,
        "tags": ["paper", "to read", "yes", "日本", "1e3"],
    }
    assert (
        dump(values)
        == """---
title: "A title: with \\"quotes\\" and $\\\\sqrt{n}$"
aliases: ["arXiv:2503.03213"]
arxiv_id: "2503.03213"
version: 1
authors: ["Ada Lovelace", "Émilie du Châtelet"]
announced: 2025-03-06
primary: cs.LG
categories: [cs.LG, stat.ML]
topics: []
scored_by: gpt-4o-mini
url: https://arxiv.org/abs/hep-th/9901001
provisional: true
rating:
tags: [paper, "to read", "yes", 日本, "1e3"]
---
"""
    )


@pytest.mark.parametrize("value", [datetime(2025, 3, 5), 1.5, {"a": 1}, [1], [["a"]], b"x"])
def test_what_has_no_place_in_a_property_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="'mine' cannot hold"):
        dump_value("mine", value)


def test_several_changes_are_made_at_once_and_new_keys_stand_in_order() -> None:
    before = "---\ntitle: Lamps\nrelevance: 3\nprovisional: true\nstatus: x\nmine: 1\n---\n"
    changes: dict[str, Value | Remove] = {
        "novelty": 4,
        "withdrawn": True,
        "relevance": 5,
        "aliases": ["a"],
        "provisional": REMOVE,
    }
    assert edit(before, changes) == (
        '---\ntitle: Lamps\naliases: ["a"]\nrelevance: 5\nnovelty: 4\nwithdrawn: true\nstatus: x\n'
        "mine: 1\n---\n"
    )
    assert edit(before, {"zeta": 1, "alpha": 2}).endswith("mine: 1\nzeta: 1\nalpha: 2\n---\n")


def test_an_order_of_ones_own_is_followed() -> None:
    assert edit("---\nb: 1\nd: 1\n---\n", {"c": 2, "a": 0}, order=("a", "b", "c", "d")) == (
        "---\nb: 1\nc: 2\nd: 1\na: 0\n---\n"
    )


def test_removing_keeps_the_comment_beside_the_key() -> None:
    before = "---\nprovisional: true # ask again\nstatus: x\n---\n"
    assert edit(before, {"provisional": REMOVE}) == "---\n# ask again\nstatus: x\n---\n"
    assert edit(before, {"doi": REMOVE}) == before
    assert edit("no properties", {"doi": REMOVE}) == "no properties"


def test_blank_lines_that_would_join_a_block_above_are_a_reason_to_refuse() -> None:
    before = "---\nkeep: |+\n  text\n\nstatus: |\n  x\n\n---\n"
    with pytest.raises(FrontmatterError, match="would not read the same"):
        edit(before, {"status": REMOVE})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", 1),
        ("---\n<<<<<<< a\nx: 1\n---\n", 2),
        ("x\n\n<<<<<<< a\n=======\n>>>>>>> b", 3),
    ],
)
def test_a_conflict_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(FrontmatterError, match="merge conflict") as caught:
        edit(text, CHANGES)
    assert caught.value.line == line


def test_a_key_that_yaml_would_misread_is_quoted() -> None:
    assert edit("---\na: 1\n---\n", {"on": "x"}) == '---\na: 1\n"on": x\n---\n'


def test_splitting_gives_the_text_back() -> None:
    for name in NAMES:
        text = text_of(f"{name}.before.md")
        try:
            head, body = split(text)
        except FrontmatterError:
            continue
        assert head + body == text
        assert bool(head) == bool(re.match(r"\ufeff?---[ \t]*\r?\n", text))


def test_errors_name_the_line_in_the_file() -> None:
    for text, line in [
        ("---\na: 1\nb: 1\na: 2\n---\n", 4),
        ("---\na: 1\nb: [\n---\n", 4),
        ("---\r\na: 1\r\nb: !x 1\r\n---\r\n", 3),
        ("\ufeff---\na: 1\nb: \0\n---\n", 3),
        ("---\na: \ud800\n---\n", 2),
        ("---\na: 1\n=======\n---\n", 3),
        ("---\na: 1\n", 1),
    ]:
        with pytest.raises(FrontmatterError) as caught:
            read(text)
        assert caught.value.line == line
        assert str(caught.value) == f"line {line}: {caught.value.reason}"


@pytest.mark.parametrize(
    "block",
    [
        "a: " + "[" * 30_000,
        "a: " + "{a: " * 12_000,
        "- " * 30_000 + "x",
        "? " * 30_000 + "x",
        "\n".join(" " * n + "a:" for n in range(300)),
        "a: " + "[" * 200_000 + "]" * 200_000,
        "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a]\n" for n in range(9)),
        "".join(f"a{n}: &a{n} x\n" for n in range(17)),
        "x" * (MAX_BYTES + 1),
        "é" * (MAX_BYTES // 2 + 1),
        "a: *nowhere",
        "a: &a\n  <<: *a",
        "<<: 1",
        "a: 1\n<<: {b: 1}\n<<: {c: 1}",
        "[a]: 1",
        "? {a: 1}\n: 2",
        "a: !!timestamp {}",
        "a: !!map x",
        "%YAML 1.2",
        "a: b\n\ta: c",
    ],
)
def test_bombs_and_oddities_are_refused_not_survived_by_luck(block: str) -> None:
    with pytest.raises(FrontmatterError):
        read(f"---\n{block}\n---\n")


def test_numbers_too_long_to_be_numbers_stay_text() -> None:
    digits, sixties = "9" * 5000, "1" + ":59" * 10_000
    assert read(f"---\na: {digits}\nb: {sixties}\n---\n") == {"a": digits, "b": sixties}


def test_what_only_looks_typed_stays_text() -> None:
    assert read("---\na: 2025-02-30\nb: 0b\nc: !!int x\nd: =\ne: !!str 5\nf: ! 5\n---\n") == {
        "a": "2025-02-30",
        "b": "0b",
        "c": "x",
        "d": "=",
        "e": "5",
        "f": "5",
    }


def test_merge_keys_give_way_to_what_is_written() -> None:
    text = "---\na: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\nc:\n  y: 9\n  <<: [*a, *b]\n---\n"
    assert read(text) == loaded(text)
    assert read(text)["c"] == {"x": 1, "y": 9, "z": 4}


def test_a_note_of_fifty_megabytes_is_read_by_its_head() -> None:
    body = "<<<<<<< \n--- and so on\n" * 2_500_000
    text = f"---\nstatus: x\n---\n{body}"
    assert read(text) == {"status": "x"}
    assert edit(text, {"status": "done"}) == f"---\nstatus: done\n---\n{body}"
    with pytest.raises(FrontmatterError, match="never closes"):
        read("---\n" + body)


def test_a_block_that_closes_beyond_the_limit_is_too_large() -> None:
    with pytest.raises(FrontmatterError, match="larger than 64 KiB"):
        read("---\n" + "a: 1\n" * 20_000 + "---\n")


def test_a_broken_note_can_still_be_told_by_the_key_it_names() -> None:
    assert names_key('---\ntitle: [\n"arxiv_id" : x\n---\n', "arxiv_id")
    assert names_key("\ufeff---\narxiv_id: x\nno end\n", "arxiv_id")
    assert names_key("---\rtitle: x\rarxiv_id: x\r---\r", "arxiv_id")
    assert not names_key("---\ntitle: x\n---\narxiv_id: x\n", "arxiv_id")
    assert not names_key("arxiv_id: x\n", "arxiv_id")
    assert not names_key("---\nmy_arxiv_id: x\n---\n", "arxiv_id")


def test_places_of_values_are_exact() -> None:
    block = "🙂: é\r\nb: |+\r\n  x\r\n\r\n# c\r\nc: [1, 2] # d\r\nd:\r\n- a: 1\r\n  b:\r\n-\r\n"
    places = {entry.key: block[entry.start : entry.end] for entry in parse(block).entries}
    assert places == {
        "🙂": "é",
        "b": "|+\r\n  x\r\n\r\n",
        "c": "[1, 2]",
        "d": "- a: 1\r\n  b:\r\n-",
    }
