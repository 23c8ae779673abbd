"""The part of arXiv's query language that the stand-in understands."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.arxiv_papers import Invented

    Test = Callable[[Invented, date], bool]

_TOKEN = re.compile(r"\s*(\(|\)|submittedDate:\[[^\]]*\]|[^\s()]+)")


class BadQueryError(ValueError):
    """What arXiv answers with status 400."""


def compile_query(text: str) -> Test:
    """A test of a paper on a day for `cat:`, `submittedDate:[A TO B]`, AND, OR, ANDNOT, ( )."""
    tokens = _TOKEN.findall(text)
    test, rest = _either(tokens)
    if rest:
        raise BadQueryError(f"cannot parse query from {rest[0]}")
    return test


def _either(tokens: list[str]) -> tuple[Test, list[str]]:
    test, tokens = _both(tokens)
    while tokens and tokens[0] == "OR":
        other, tokens = _both(tokens[1:])
        test = _or(test, other)
    return test, tokens


def _both(tokens: list[str]) -> tuple[Test, list[str]]:
    test, tokens = _one(tokens)
    while tokens and tokens[0] in ("AND", "ANDNOT"):
        word = tokens[0]
        other, tokens = _one(tokens[1:])
        test = _and(test, other if word == "AND" else _not(other))
    return test, tokens


def _one(tokens: list[str]) -> tuple[Test, list[str]]:
    if not tokens:
        raise BadQueryError("unexpected end of query")
    token, *rest = tokens
    if token == "(":
        test, rest = _either(rest)
        if not rest or rest[0] != ")":
            raise BadQueryError("missing parenthesis")
        return test, rest[1:]
    if token.startswith("cat:"):
        return _category(token[4:]), rest
    if token.startswith("submittedDate:["):
        first, _, last = token[len("submittedDate:[") : -1].partition(" TO ")
        return _submitted(_moment(first), _moment(last)), rest
    word = token.partition(":")[2] or token
    return (lambda paper, _on: word.lower() in (paper.title + paper.abstract).lower()), rest


def _category(name: str) -> Test:
    if name.endswith("*"):
        return lambda paper, on: any(c.startswith(name[:-1]) for c in paper.categories_on(on))
    return lambda paper, on: name in paper.categories_on(on)


def _submitted(first: datetime, last: datetime) -> Test:
    # Minutes, both ends included.
    return lambda paper, _on: first <= paper.submitted.replace(second=0) <= last


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip()[:12].ljust(12, "0"), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        raise BadQueryError(f"malformed date {text}") from None


def _or(one: Test, other: Test) -> Test:
    return lambda paper, on: one(paper, on) or other(paper, on)


def _and(one: Test, other: Test) -> Test:
    return lambda paper, on: one(paper, on) and other(paper, on)


def _not(one: Test) -> Test:
    return lambda paper, on: not one(paper, on)
