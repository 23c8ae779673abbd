"""Papers as JSON records: arXiv's public metadata snapshot, and the layout of saved listings."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, cast, get_args

from kb.core.papers import AnnounceType, Paper, parse_arxiv_id
from kb.sources import fields

if TYPE_CHECKING:
    from datetime import datetime


def parse_line(line: bytes) -> Paper:
    """The paper of one JSON line; see `parse_record`."""
    return parse_record(load(line))


def load(data: bytes) -> Any:
    """What the JSON text says. Raises ValueError with a sentence when it is none."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at column {error.colno})") from None
    except (RecursionError, ValueError):
        raise ValueError(
            "not JSON that can be read (nested too deep, or a number too long)"
        ) from None


def parse_record(record: object) -> Paper:
    """The paper of one record; fields it does not know are passed over.

    Needs `id`, `title`, `abstract`, `authors` and `categories`. `authors` and `categories` may be
    lists or one text each, as in https://www.kaggle.com/datasets/Cornell-University/arxiv, whose
    `versions` give the version and the times of submission. `announced` stays None where the
    record does not tell it. Raises ValueError naming the field that is missing or wrong.
    """
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    identity = parse_arxiv_id(_text(record, "id"))
    title = fields.fold(_text(record, "title"))
    if not title:
        raise ValueError("field `title` is empty")
    abstract = fields.fold_paragraphs(_text(record, "abstract"))
    comment = fields.fold(_optional(record, "comment", "comments"))
    version, submitted, revised = _versions(record)
    kind = _optional(record, "announce_type")
    return Paper(
        id=identity.id,
        version=version or identity.version or 1,
        title=title,
        authors=_authors(record),
        abstract=abstract,
        categories=_categories(record),
        submitted=submitted,
        revised=revised,
        announced=_announced(record),
        announce_type=cast("AnnounceType", kind) if kind in get_args(AnnounceType) else "",
        comment=comment,
        journal=fields.fold(_optional(record, "journal", "journal-ref", "journal_ref")),
        doi=fields.fold(_optional(record, "doi")),
        withdrawn=record.get("withdrawn") is True or fields.says_withdrawn(comment, abstract),
        source="sample" if record.get("source") == "sample" else "",
    )


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        raise ValueError(f"missing field `{name}`")
    if not isinstance(value, str):
        raise ValueError(f"field `{name}` must be text")
    return value


def _optional(record: dict[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := record.get(name), str)), "")


def _authors(record: dict[str, Any]) -> tuple[str, ...]:
    # The snapshot splits the names itself, better than can be done again from the text.
    parsed = record.get("authors_parsed")
    if isinstance(parsed, list) and parsed and all(map(_is_name, parsed)):
        return tuple(
            name
            for last, first, *rest in parsed
            if (name := fields.fold(f"{first} {last} {''.join(rest[:1])}"))
        )
    authors = record.get("authors")
    if authors is None:
        raise ValueError("missing field `authors`")
    if isinstance(authors, str):
        return fields.split_authors(authors)
    if isinstance(authors, list) and all(isinstance(author, str) for author in authors):
        return tuple(name for author in authors if (name := fields.fold(author)))
    raise ValueError("field `authors` must be text or a list of texts")


def _is_name(parts: object) -> bool:
    return (
        isinstance(parts, list) and len(parts) > 1 and all(isinstance(part, str) for part in parts)
    )


def _categories(record: dict[str, Any]) -> tuple[str, ...]:
    terms = record.get("categories")
    if terms is None:
        raise ValueError("missing field `categories`")
    if isinstance(terms, str):
        terms = terms.split()
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise ValueError("field `categories` must be text or a list of texts")
    found = fields.arxiv_categories(terms, _optional(record, "primary"))
    if not found:
        raise ValueError("field `categories` names no arXiv category")
    return found


def _versions(record: dict[str, Any]) -> tuple[int | None, datetime | None, datetime | None]:
    """The newest version, when the first was submitted, and when the newest was."""
    found: dict[int, datetime | None] = {}
    versions = record.get("versions")
    for entry in versions if isinstance(versions, list) else ():
        digits = _optional(entry, "version").lstrip("v") if isinstance(entry, dict) else ""
        if digits.isdecimal() and 0 < int(digits[:5]) < 10_000:
            found[int(digits)] = fields.utc_from_mail(_optional(entry, "created"))
    if found:
        return max(found), found[min(found)], found[max(found)]
    version = record.get("version")
    return (
        version if isinstance(version, int) and 0 < version < 10_000 else None,
        fields.utc_from_iso(_optional(record, "submitted")),
        fields.utc_from_iso(_optional(record, "revised")),
    )


def _announced(record: dict[str, Any]) -> date | None:
    value = record.get("announced")
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("field `announced` must be a day such as 2025-03-06") from None
