"""Notes on papers that were in the vault before kb: what their properties mean, by whoever made them.

Zotero Integration, Citations, Web Clipper, Readwise, book and paper importers and people all name
their properties differently; here they become facts under kb's own names.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from kb.core import freehand
from kb.core.papers import find_arxiv_ids, id_of_number, parse_arxiv_id
from kb.core.properties import KEYS, Properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIKED = 4
"""A rating from which on a paper counts as liked."""
_FEW = 3
"""Notes that make a habit."""
_MOST_STARS = 5
_ALIKE: dict[str, type] = {
    "title": str, "authors": list, "doi": str, "journal": str, "status": str, "rating": int,
    "topics": list, "summary": str,
}  # fmt: skip
"""Meanings that are keys of kb's, and what kb has under them."""

_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "fulltitle", "papertitle", "name", "paper", "titel"),
    "authors": ("authors", "author", "creators", "creator", "authorlist", "by", "firstauthor", "autor"),
    "year": ("year", "pubyear", "publicationyear", "yearpublished", "jahr"),
    "date": (
        "date", "published", "publicationdate", "publishdate", "pubdate", "issued", "datepublished",
        "publisheddate", "submitted",
    ),
    "doi": ("doi", "doiurl", "doilink"),
    "url": (
        "url", "link", "source", "paperurl", "paperlink", "arxivurl", "arxivlink", "pdfurl", "pdf",
        "pdflink", "uri", "weburl", "address", "abs", "absurl", "links", "urls", "sourceurl", "href",
    ),
    "arxiv_id": (
        "arxivid", "arxiv", "eprint", "arxivno", "arxivnumber", "arxivnum", "eprintid", "paperid",
        "identifier", "archivelocation", "archiveid",
    ),
    "status": ("status", "readstatus", "readingstatus", "readingstate", "state", "progress", "stage"),
    "rating": (
        "rating", "myrating", "stars", "myrate", "rate", "personalrating", "ratingstars", "bewertung",
    ),
    "topics": ("topics", "topic", "keywords", "keyword", "subjects", "subject", "field", "area"),
    "journal": (
        "journal", "publication", "publicationtitle", "venue", "containertitle", "booktitle",
        "conference", "publishedin",
    ),
    "abstract": ("abstract", "abstractnote"),
    "summary": ("summary", "tldr", "description", "oneliner", "takeaway"),
    "citekey": ("citekey", "citationkey", "citekeys", "citation", "bibkey", "zoterocitekey"),
}  # fmt: skip
_MEANINGS = {name: (meaning, at) for meaning, ns in _NAMES.items() for at, name in enumerate(ns)}
_OWN_TRACES = ("arxiv_id", "url", "doi", "journal", "citekey")
_READ_FLAGS = frozenset({"read", "isread", "finished", "done", "completed", "gelesen"})
_READ_DATES = frozenset(
    {"dateread", "readon", "readdate", "finishedon", "datefinished", "lastread"}
)
_STATUSES: dict[str, tuple[str, ...]] = {
    "unread": (
        "unread", "toread", "todo", "tbr", "inbox", "backlog", "queue", "queued", "notstarted", "new",
        "wanttoread", "readlater", "later", "ungelesen", "open", "planned",
    ),
    "reading": (
        "reading", "inprogress", "ongoing", "started", "current", "currentlyreading", "active", "doing",
        "skimming", "wip",
    ),
    "read": (
        "read", "done", "finished", "completed", "complete", "annotated", "processed", "summarized",
        "summarised", "reviewed", "skimmed", "gelesen", "closed",
    ),
    "skip": ("skip", "skipped", "abandoned", "dropped", "ignored", "ignore", "discarded", "rejected"),
}  # fmt: skip
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words}
_SIGNS = {"✅": "read", "☑": "read", "✔": "read", "🟩": "read", "🟢": "read", "🟨": "reading",
          "🟡": "reading", "🟥": "unread", "🔴": "unread"}  # fmt: skip
_STATUS_TAG = re.compile(r"(?:status|reading|paper|read|literature)[/_-](?=\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the properties of somebody's note say, under kb's names."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    doi: str = ""
    url: str = ""
    status: str = ""
    """A word of kb's where theirs means one, else theirs."""
    rating: int | None = None
    """1 to 5, whatever scale they used."""
    topics: tuple[str, ...] = ()
    journal: str = ""
    abstract: str = ""
    summary: str = ""
    citekey: str = ""
    ids: tuple[str, ...] = ()
    """arXiv ids that properties name as the paper's own."""
    mentioned: tuple[str, ...] = ()
    """arXiv ids that other properties and the text name."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Meaning to the name their property has."""
    alike: frozenset[str] = frozenset()
    """Meanings whose property holds what kb's would: a list of names, a number up to five."""

    @property
    def id(self) -> str | None:
        """The paper the note is on: the one id its properties give, else the only one anywhere."""
        if self.ids:
            return self.ids[0] if len(self.ids) == 1 else None
        return self.mentioned[0] if len(self.mentioned) == 1 else None

    @property
    def liked(self) -> bool:
        """Whether it was read there and not rated low: liked from the first day."""
        if self.rating is not None:
            return self.rating >= LIKED
        return self.status == "read"


def facts(values: Mapping[str, Any], text: str = "") -> Facts:
    """The facts in a note's properties, `text` being what stands below them.

    Never raises: a value of a kind that no one expects is passed over.
    """
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    ranks: dict[str, int] = {}
    for name, value in values.items():
        meaning, rank = _MEANINGS.get(_key(name), ("", 0))
        if not meaning or not freehand.texts(value):
            continue
        if meaning not in found or rank < ranks[meaning]:
            found[meaning], names[meaning], ranks[meaning] = value, str(name), rank
    ids, mentioned = _traces(values, text)
    status, status_name = _status(values, found.get("status"))
    if status_name and "status" not in names:
        names["status"] = status_name
    rating = freehand.rating(found.get("rating"))
    return Facts(
        title=freehand.first(found.get("title")),
        authors=freehand.people(found.get("authors")),
        year=freehand.year(found.get("year")) or freehand.year(found.get("date")),
        doi=freehand.doi(found.get("doi")),
        url=next((t for t in freehand.addresses(found.get("url")) if t.startswith("http")), ""),
        status=status,
        rating=rating,
        topics=freehand.words(found.get("topics")),
        journal=freehand.first(found.get("journal")),
        abstract=freehand.first(found.get("abstract")),
        summary=freehand.first(found.get("summary")),
        citekey=freehand.first(found.get("citekey")).removeprefix("@"),
        ids=ids,
        mentioned=mentioned,
        names=names,
        alike=frozenset(meaning for meaning, value in found.items() if _is_alike(meaning, value)),
    )


def conventions(notes: Iterable[Facts]) -> dict[str, str]:
    """What `[notes.properties]` would say so that kb's notes are like these: the names that more than
    half of them have for one of kb's keys, where kb could write and read the same."""
    counts: dict[str, Counter[str]] = {}
    alike: Counter[tuple[str, str]] = Counter()
    number = 0
    for note in notes:
        number += 1
        for meaning, name in note.names.items():
            counts.setdefault(meaning, Counter())[name] += 1
            alike[meaning, name] += meaning in note.alike
    found: dict[str, str] = {}
    for key in (key for key in KEYS if key in _ALIKE and key in counts):
        name, used = counts[key].most_common(1)[0]
        usual = used >= _FEW and used * 2 > number and alike[key, name] == used
        if usual and name != key and _fits({**found, key: name}):
            found[key] = name
    return found


def _fits(names: Mapping[str, str]) -> bool:
    try:
        Properties.of(names)
    except ValueError:
        return False
    return True


def _is_alike(meaning: str, value: Any) -> bool:
    kind = _ALIKE.get(meaning)
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_STARS
    return kind is str and isinstance(value, str) and (meaning != "status" or value in _STATUSES)


def _key(name: object) -> str:
    return "".join(char for char in str(name).casefold() if char.isalnum())


def _traces(values: Mapping[str, Any], text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids that are the note's own, and those it merely mentions."""
    own: dict[str, None] = {}
    other: dict[str, None] = {}
    for name, value in values.items():
        meaning = _MEANINGS.get(_key(name), ("", 0))[0]
        mine = meaning in _OWN_TRACES or _key(name) in ("aliases", "alias", "extra", "note")
        for item in freehand.texts(value):
            found = [trace.id for trace in find_arxiv_ids(item)]
            if not found and meaning == "arxiv_id" and (bare := _bare(item, value)):
                found = [bare]
            (own if mine else other).update(dict.fromkeys(found))
    other.update((trace.id, None) for trace in find_arxiv_ids(text))
    return tuple(own), tuple(one for one in other if one not in own)


def _bare(text: str, value: Any) -> str | None:
    if isinstance(value, float):
        return id_of_number(value)
    try:
        return parse_arxiv_id(freehand.shown(text)).id
    except ValueError:
        return None


def _status(values: Mapping[str, Any], given: Any) -> tuple[str, str]:
    """How far the reader is, and the property that says so where it is no status by name."""
    for text in freehand.texts(given):
        shown = freehand.shown(text)
        for sign, status in _SIGNS.items():
            if sign in shown:
                return status, ""
        if shown:
            word = _key(shown.rpartition("/")[2].lstrip("#"))
            return _STATUS_OF.get(word, shown), ""
    for name, value in values.items():
        key = _key(name)
        if key in _READ_FLAGS and value is not None:
            if isinstance(value, bool):
                return ("read" if value else "unread"), str(name)
            if isinstance(value, date) or _key(value) in ("yes", "true", "x", "ja"):
                return "read", str(name)
        if key in _READ_DATES and value and freehand.year(value):
            return "read", str(name)
    for tag in _tags(values):
        bare = _STATUS_TAG.sub("", tag)
        told = bare != tag or _key(tag) in ("toread", "unread")
        if told and (found := _STATUS_OF.get(_key(bare.rpartition("/")[2]))):
            return found, "tags"
    return "", ""


def _tags(values: Mapping[str, Any]) -> list[str]:
    found = (v for name, v in values.items() if _key(name) in ("tags", "tag"))
    return [
        part.strip("#").casefold()
        for value in found
        for text in freehand.texts(value)
        for part in re.split(r"[\s,]+", text)
        if part.strip("#")
    ]
