from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core import jsonlines

ANY_TEXT = st.text(st.characters(), max_size=8)  # lone surrogates included
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | ANY_TEXT
    | st.integers() | st.integers(-(2**70), 2**70) | st.integers(2**63 - 3, 2**64 + 3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def outcome(read: Callable[[bytes], Any], line: bytes) -> str:
    try:
        return repr(read(line))
    except ValueError:
        return "not JSON"


def as_line(value: Any, *, ascii_only: bool) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@given(
    VALUES, st.booleans(), st.integers(0, 60), st.sampled_from([b"", b" ", b"\r", b"x", b"\xff"])
)
def test_every_line_is_read_as_the_standard_library_does(
    value: Any, ascii_only: bool, cut: int, tail: bytes
) -> None:
    whole = as_line(value, ascii_only=ascii_only)
    for line in (whole, whole + tail, whole[:cut], b"\xef\xbb\xbf" + whole):
        assert outcome(jsonlines.loads, line) == outcome(json.loads, line)


@given(st.binary(max_size=30))
def test_what_is_not_json_is_not_json_to_both(line: bytes) -> None:
    assert outcome(jsonlines.loads, line) == outcome(json.loads, line)


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    for line in (jsonlines.dumps(value), *([jsonlines.quick_dumps(value)] * (not has_nan(value)))):
        assert repr(jsonlines.loads(line)) == repr(value)
        assert b"\n" not in line


def has_nan(value: Any) -> bool:
    if isinstance(value, float):
        return value != value or value in (float("inf"), float("-inf"))
    if isinstance(value, dict):
        return any(map(has_nan, value.values()))
    return isinstance(value, list) and any(map(has_nan, value))


@pytest.mark.parametrize("depth", [900, 5000, 200_000])
def test_lines_nested_very_deep_are_read_or_are_not_json(depth: int) -> None:
    line = b"[" * depth + b"]" * depth
    for read in (jsonlines.loads, jsonlines.quick):
        try:
            read(line)
        except ValueError:
            assert depth > 900
