from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import resources
from kb.vault import obsidian
from kb.vault.obsidian import add_members, diary_notes, plan_merge

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)
LAYOUTS = st.sampled_from([None, 1, 2, 4, "\t", "   "])


def _text(value: object, indent: str | int | None, newline: str, ascii_only: bool) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only).replace("\n", newline)


@given(OBJECTS, OBJECTS, LAYOUTS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_adding_members_keeps_every_character(
    there: dict[str, Any], new: dict[str, Any], indent: str | int | None, newline: str, plain: bool
) -> None:
    new = {key: value for key, value in new.items() if key not in there}
    text = _text(there, indent, newline, plain)
    after = add_members(text, (), new)
    assert json.loads(after) == there | new
    head = text[:-1].rstrip()
    assert after.startswith(head)
    assert after[len(head) :].endswith(text[len(head) :].lstrip())
    if there and new and indent is not None:
        lines = _text(there | new, indent, newline, plain)
        assert len(after.split(newline)) == len(lines.split(newline))


@given(OBJECTS, OBJECTS, OBJECTS, LAYOUTS)
def test_adding_members_inside_an_object(
    outer: dict[str, Any], inner: dict[str, Any], new: dict[str, Any], indent: str | int | None
) -> None:
    new = {key: value for key, value in new.items() if key not in inner}
    there = outer | {"types": inner} | {"after": 1}
    after = add_members(_text(there, indent, "\n", True), ("types",), new)
    assert json.loads(after) == there | {"types": inner | new}


def test_layout_follows_what_is_there() -> None:
    assert add_members('{\n\t"a": 1\n}\n', (), {"b": True}) == '{\n\t"a": 1,\n\t"b": true\n}\n'
    assert add_members('{\r\n  "a": 1\r\n}', (), {"b": 2}) == '{\r\n  "a": 1,\r\n  "b": 2\r\n}'
    assert add_members('{"a":1}', (), {"b": 2}) == '{"a":1, "b": 2}'
    assert add_members("{}", (), {"b": 2}) == '{\n  "b": 2\n}'
    assert add_members("{ }\n", (), {"b": 2}) == '{\n  "b": 2\n}\n'
    assert (
        add_members('{\n    "types": {}\n}', ("types",), {"b": "date"})
        == '{\n    "types": {\n        "b": "date"\n    }\n}'
    )
    assert add_members('{ "a": 1.0 }', (), {}) == '{ "a": 1.0 }'


def _plan(path: str, before: str) -> tuple[obsidian.JsonMerge | None, str | None]:
    return plan_merge(path, before.encode(), resources.template_file(path))


def test_only_the_key_that_links_need_is_added_to_the_app_settings() -> None:
    merge, note = _plan(obsidian.APP, '{\n  "vimMode": true\n}')
    assert note is None
    assert merge is not None
    assert merge.added == ("alwaysUpdateLinks",)
    assert merge.after == b'{\n  "vimMode": true,\n  "alwaysUpdateLinks": true\n}'


def test_a_value_of_the_readers_is_not_replaced() -> None:
    assert _plan(obsidian.APP, '{"alwaysUpdateLinks": false}') == (None, None)
    types = '{"types": {"announced": "text", "relevance": "text"}}'
    merge, _ = _plan(obsidian.TYPES, types)
    assert merge is not None
    after = json.loads(merge.after)["types"]
    assert (after["announced"], after["relevance"]) == ("text", "text")
    assert after["novelty"] == "number"
    assert "types.announced" not in merge.added
    assert "types.novelty" in merge.added


def test_words_that_may_be_the_readers_own_get_no_type() -> None:
    merge, _ = _plan(obsidian.TYPES, "{}")
    assert merge is not None
    after = json.loads(merge.after)["types"]
    assert not {"status", "title", "url", "source", "from", "to", "tags"} & after.keys()
    assert after["authors"] == "multitext"


@pytest.mark.parametrize(
    ("path", "before", "word"),
    [
        (obsidian.APP, "{ nonsense", "not valid JSON"),
        (obsidian.APP, '{"a": 1,}', "not valid JSON"),
        (obsidian.APP, "[" * 100_000, "not valid JSON"),
        (obsidian.APP, "[]", "another shape"),
        (obsidian.TYPES, '{"types": []}', "another shape"),
        (obsidian.CORE_PLUGINS, '{"bases": false}', "Bases is off"),
        (obsidian.CORE_PLUGINS, '["file-explorer"]', "Bases is off"),
    ],
)
def test_what_cannot_be_extended_is_left_alone_and_told(path: str, before: str, word: str) -> None:
    merge, note = _plan(path, before)
    assert merge is None
    assert note is not None
    assert word in note
    assert path in note


def test_settings_that_are_not_text_are_left_alone() -> None:
    merge, note = plan_merge(obsidian.APP, b"\xff\xfe{}", resources.template_file(obsidian.APP))
    assert merge is None
    assert note is not None


def test_an_old_list_of_plugins_that_has_bases_needs_nothing() -> None:
    assert _plan(obsidian.CORE_PLUGINS, '["bases"]') == (None, None)


def test_a_byte_order_mark_stays() -> None:
    merge, _ = _plan(obsidian.APP, '\ufeff{"a": 1}')
    assert merge is not None
    assert merge.after.decode() == '\ufeff{"a": 1, "alwaysUpdateLinks": true}'


@pytest.mark.parametrize("path", sorted(obsidian.ADDED))
@pytest.mark.parametrize("before", ["{}", '{\n  "x": 1\n}\n', '{"types": {"x": "date"}}'])
def test_after_a_merge_there_is_nothing_to_merge(path: str, before: str) -> None:
    merge, _ = _plan(path, before)
    assert merge is not None
    assert _plan(path, merge.after.decode()) == (None, None)


def _diary(daily: object = None, periodic: object = None) -> list[str]:
    files = {obsidian.DAILY_NOTES: daily, obsidian.PERIODIC_NOTES: periodic}
    return list(diary_notes(lambda path: json.dumps(files[path]).encode() if files[path] else None))


def test_the_diary_is_told_where_it_lies() -> None:
    assert _diary() == []
    (note,) = _diary({"folder": "Journal/Days", "format": "YYYY/MM-DD"})
    assert "in Journal/Days/, named YYYY/MM-DD" in note
    daily, weekly = _diary(
        None,
        {
            "daily": {"folder": "", "enabled": True},
            "weekly": {"folder": "/Weeks/", "format": ""},
            "monthly": {"enabled": False},
            "yearly": "nonsense",
        },
    )
    assert "daily notes stay at the top of the vault, named YYYY-MM-DD" in daily
    assert "weekly notes stay in Weeks/, named gggg-[W]ww" in weekly


@pytest.mark.parametrize("form", ["[arxiv-]YYYY", "[ArXiv]-YYYY-MM-DD", "YYYY/[arxiv-]DD"])
def test_a_diary_that_could_meet_our_pages_is_warned_of(form: str) -> None:
    (note,) = _diary({"format": form})
    assert "give one of the two another name" in note


@pytest.mark.parametrize("form", ["YYYY-MM-DD", "[arxiv]YYYY", "[my-arxiv-]DD", "[arxiv-]/YYYY"])
def test_other_diaries_stay_apart(form: str) -> None:
    (note,) = _diary({"format": form})
    assert "stay apart" in note
