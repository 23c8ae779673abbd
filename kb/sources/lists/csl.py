"""CSL JSON, as Zotero and citation tools write it."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

from kb.core.listed import Listed
from kb.core.papers import find_arxiv_ids
from kb.sources import fields
from kb.sources.lists.dates import When, read_date
from kb.sources.lists.links import bare_id, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.core.papers import ArxivId
    from kb.sources.lists.draft import Draft

_TRACES = ("eprint", "arxiv", "archive_location", "number", "DOI", "URL", "note", "archive")
_BARE = frozenset({"eprint", "arxiv", "archive_location"})
_READ = frozenset((
    "id", "type", "title", "author", "issued", "abstract", "container-title", "DOI", "URL",
    "keyword", "archive", "archive_location", "number", "publisher", "genre", "version",
    "eprint", "arxiv",
))  # fmt: skip
_TAG = re.compile(r"</?(?:i|b|sup|sub|span|jats:\w+)\b[^<>]*>", re.IGNORECASE)


def looks_like_csl(text: str) -> bool:
    """Whether the text begins as a JSON array or object with an item of CSL."""
    head = text[:20_000]
    return head.lstrip()[:1] in ("[", "{") and any(
        f'"{name}"' in head for name in ("issued", "container-title", "DOI", "type", "URL")
    )


def read_csl(text: str, draft: Draft) -> None:
    """Add every item to `draft`. What is no JSON from some place on is told as odd."""
    try:
        for offset, item in items(text):
            line = text.count("\n", 0, offset) + 1
            draft.rows += 1
            if isinstance(item, dict):
                draft.entries.append(_entry(line, item, draft))
            else:
                draft.misread(line, "the item is no JSON object")
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        draft.rows += 1
        draft.misread(line, f"not JSON from here on ({str(error).partition(':')[0]})")


def items(text: str) -> Iterator[tuple[int, Any]]:
    """Each item of a JSON array, or of `items` in an object, and where it begins.

    Raises ValueError where the text is no such JSON; the items before have been given by then.
    """
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at : at + 1] == "{":
        whole, _ = decoder.raw_decode(text, at)
        inside = whole.get("items") if isinstance(whole, dict) else None
        if not isinstance(inside, list):
            yield at, whole
            return
        start = text.find("[", text.find('"items"'))
        at = start if start >= 0 else at
    if text[at : at + 1] != "[":
        raise json.JSONDecodeError("Expecting an array", text, at)
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        item, end = decoder.raw_decode(text, at)
        yield at, item
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("Expecting ',' or ']'", text, at)


def _skip(text: str, at: int) -> int:
    match = re.compile(r"\s*").match(text, at)
    return match.end() if match else at


def _entry(line: int, item: Mapping[str, Any], draft: Draft) -> Listed:
    identity = _id(item)
    when = _when(item.get("issued"))
    doi, url = _text(item.get("DOI")), _text(item.get("URL"))
    return Listed(
        line=line,
        id=identity.id if identity else None,
        version=identity.version if identity else None,
        why="" if identity else (why_not([url]) if url else "the item names no arXiv id"),
        title=_plain(item.get("title")),
        authors=tuple(name for author in _list(item.get("author")) if (name := _name(author))),
        abstract=_plain(item.get("abstract")),
        topics=tuple(
            dict.fromkeys(
                word
                for part in re.split(r"[,;]", _text(item.get("keyword")))
                if (word := part.strip())
            )
        ),
        dated=when.date if when else None,
        year=when.year if when else None,
        listed=draft.name.rpartition(".")[0] or draft.name,
        doi="" if find_arxiv_ids(doi) or find_arxiv_ids(f"10.{doi}") else doi,
        journal=_plain(item.get("container-title")),
        url="" if identity else url,
        extra=tuple(
            (name, _plain(value))
            for name, value in item.items()
            if name not in _READ and isinstance(value, str | int | float) and _plain(value)
        ),
    )


def _id(item: Mapping[str, Any]) -> ArxivId | None:
    for name in _TRACES:
        text = _text(item.get(name))
        if name in _BARE and (bare := bare_id(text.partition(" [")[0])):
            return bare
        if found := find_arxiv_ids(text):
            return found[0]
    return None


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _plain(value: object) -> str:
    return fields.fold(html.unescape(_TAG.sub("", str(value)))) if value is not None else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(author: object) -> str:
    if not isinstance(author, dict):
        return _plain(author) if isinstance(author, str) else ""
    if literal := author.get("literal"):
        return _plain(literal)
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    return " ".join(text for part in parts if (text := _plain(author.get(part))))


def _when(issued: object) -> When | None:
    if not isinstance(issued, dict):
        return read_date(issued) if isinstance(issued, str) else None
    parts = issued.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts else None
    if isinstance(first, list) and first:
        texts = [str(part).zfill(2) for part in first[:3]]
        return read_date("-".join(texts))
    for name in ("literal", "raw"):
        if isinstance(text := issued.get(name), str):
            return read_date(text)
    return None
