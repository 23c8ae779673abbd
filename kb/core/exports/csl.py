"""Citations as CSL JSON, for citeproc, Pandoc and Zotero."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kb.core.exports.bibtex import key
from kb.core.exports.people import split_name
from kb.core.tex import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kb.core.exports.entries import Entry


def csl(entries: Iterable[Entry]) -> str:
    """A JSON array, one item a paper, in the order given.

    The shape is that of https://resource.citationstyles.org/schema/v1.0/input/json/csl-data.json;
    ids are the keys of the BibTeX export, formulas are in Unicode.
    """
    return json.dumps([item(entry) for entry in entries], ensure_ascii=False, indent=2) + "\n"


def item(entry: Entry) -> dict[str, Any]:
    """One item of the array; what is not known is left out."""
    values: dict[str, Any] = {
        "id": key(entry),
        "type": "article-journal" if entry.journal else "article",
        "title": plain(entry.title),
        "author": [_author(name) for name in entry.authors],
        "issued": _date(entry.submitted) if entry.submitted else _month(entry.month),
        "abstract": plain(entry.abstract),
        "container-title": plain(entry.journal),
        "publisher": "" if entry.journal else "arXiv",
        "genre": "" if entry.journal else "Preprint",
        "archive": "arXiv",
        "archive_location": entry.id,
        "number": f"arXiv:{entry.id}",
        "version": str(entry.version) if entry.version else "",
        "DOI": entry.doi or f"10.48550/arXiv.{entry.id}",
        "URL": entry.url,
        "keyword": ", ".join(entry.topics),
        "note": plain(entry.author_comment),
    }
    return {name: value for name, value in values.items() if value}


def _author(author: str) -> dict[str, str]:
    name = split_name(author)
    if name.whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: text for part, text in parts.items() if text}


def _date(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _month(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month]]}
