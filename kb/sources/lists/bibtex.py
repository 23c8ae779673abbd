"""BibTeX and biblatex files, as Zotero, JabRef, DBLP and people write them."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from kb.core.listed import Listed
from kb.core.papers import find_arxiv_ids
from kb.core.tex import accents
from kb.core.tex.words import read
from kb.sources.lists import scores
from kb.sources.lists.dates import When, read_date
from kb.sources.lists.links import bare_id, why_not

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kb.core.papers import ArxivId
    from kb.core.tex.pieces import Piece
    from kb.sources.lists.draft import Draft

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PLAIN_WORD = re.compile(r"[^\s{}\"#,=]+")
_TRACES = (
    "eprint", "arxivid", "arxiv", "doi", "url", "journal", "journaltitle", "note", "howpublished",
    "number", "archive", "volume", "booktitle", "publisher", "series", "pages",
)  # fmt: skip
_BARE = frozenset({"eprint", "arxivid", "arxiv", "number", "volume"})
_READ = frozenset((
    "title", "author", "abstract", "keywords", "doi", "url", "journal", "journaltitle",
    "booktitle", "year", "month", "date", "eprint", "archiveprefix", "archive", "primaryclass",
    "eprinttype", "eprintclass", "arxivid", "arxiv", "annote", "annotation", "readstatus",
    "ranking",
))  # fmt: skip
_FIRST = re.compile(
    r"\s*(?:%[^\n]*\s+)*@\s*(?:(?:string|preamble|comment)\s*[{(]|[a-z]{3,20}\s*[{(][^\s{}(),=@]*\s*,)",
    re.IGNORECASE,
)
_BRACE = re.compile(r"\\textbrace(left|right)(?:\{\}|(?![A-Za-z]))")
_PREPRINT = re.compile(r"\b(?:arxiv|corr)\b", re.IGNORECASE)
_STATUSES = {"read": "read", "skimmed": "read", "unread": "unread", "reading": "reading"}


def looks_like_bibtex(text: str) -> bool:
    """Whether the first thing in a text that is no comment is a record, a string or a preamble."""
    return _FIRST.match(text) is not None


def read_bibtex(text: str, draft: Draft) -> None:
    """Add every record of a BibTeX file to `draft`; one that is broken is told as odd."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import (
        DuplicateBlockKeyBlock,
        DuplicateFieldKeyBlock,
        Entry,
        ImplicitComment,
        ParsingFailedBlock,
        String,
    )

    logging.getLogger("bibtexparser").addHandler(logging.NullHandler())
    logging.getLogger("bibtexparser").propagate = False
    library = parse_string(text, parse_stack=[])
    macros = dict(zip(_MONTHS, _MONTHS, strict=True))
    lost: list[tuple[int, str]] = []
    for block in library.blocks:
        line = (block.start_line or 0) + 1
        if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
            if isinstance(block, DuplicateFieldKeyBlock):
                twice = ", ".join(sorted(block.duplicate_keys))
                draft.doubt(line, f"{twice} stands twice in the record; the first was taken")
            inner = block.ignore_error_block
            block = inner if inner is not None else block
        if isinstance(block, Entry):
            raw: dict[str, str] = {}
            for field in block.fields:
                raw.setdefault(field.key.casefold(), str(field.value))
            _add(line, block.key, raw, macros, draft)
        elif isinstance(block, String):
            macros[block.key.casefold()] = _value(str(block.value), macros)[0]
        elif isinstance(block, ImplicitComment):
            lost += [(line, found.id) for found in find_arxiv_ids(block.comment)]
        elif isinstance(block, ParsingFailedBlock):
            draft.rows += 1
            draft.misread(line, f"the record cannot be read ({_said(block.error)})")
            lost += [(line, found.id) for found in find_arxiv_ids(block.raw or "")]
    listed = {entry.id for entry in draft.entries}
    for line, arxiv_id in lost:
        if arxiv_id not in listed:
            draft.doubt(line, f"between the records stands {arxiv_id}, which was not taken for one")


def _said(error: object) -> str:
    return " ".join(str(getattr(error, "abort_reason", "") or error).split()).rstrip(".")[:120]


def _add(
    line: int, key: str, raw: Mapping[str, str], macros: Mapping[str, str], draft: Draft
) -> None:
    draft.rows += 1
    values: dict[str, str] = {}
    for name, written in raw.items():
        values[name], rest = _value(written, macros)
        if rest:
            draft.doubt(line, f"{key}: after the {name} stands what cannot be read: {rest[:40]!r}")
    identity = _id(values)
    when = _when(values)
    journal = next(
        (v for n in ("journaltitle", "journal", "booktitle") if (v := values.get(n))), ""
    )
    doi = values.get("doi", "")
    draft.entries.append(
        Listed(
            line=line,
            id=identity.id if identity else None,
            version=identity.version if identity else None,
            why="" if identity else _why(values),
            title=words(values.get("title", "")),
            authors=_authors(values.get("author", "")),
            abstract=words(values.get("abstract", "")),
            topics=_keywords(values.get("keywords", "")),
            dated=when.date if when else None,
            year=when.year if when else None,
            listed=draft.name.rpartition(".")[0] or draft.name,
            bullets=values.get("annote") or values.get("annotation", ""),
            doi="" if find_arxiv_ids(doi) else doi.removeprefix("https://doi.org/"),
            journal="" if _PREPRINT.search(journal) else words(journal),
            url="" if identity else values.get("url", ""),
            status=_STATUSES.get(values.get("readstatus", "").casefold(), ""),
            rating=scores.count(values.get("ranking", "").removeprefix("rank")),
            extra=tuple((n, words(v)) for n, v in values.items() if n not in _READ and v),
        )
    )


def _why(values: Mapping[str, str]) -> str:
    if eprint := values.get("eprint"):
        return f"its eprint {eprint[:40]!r} is no arXiv id"
    if url := values.get("url"):
        return why_not([url])
    return "the record names no arXiv id" + (f" (DOI {doi})" if (doi := values.get("doi")) else "")


def _id(values: Mapping[str, str]) -> ArxivId | None:
    kind = values.get("archiveprefix") or values.get("eprinttype") or ""
    for name in _TRACES:
        if not (text := values.get(name, "")):
            continue
        bare = text.removeprefix("abs/") if name == "volume" else text
        foreign = name == "eprint" and kind and "arxiv" not in kind.casefold()
        old = name == "eprint" and "/" not in text and values.get("primaryclass")
        if name in _BARE and not foreign:
            found = bare_id(bare) or (bare_id(f"{values['primaryclass']}/{text}") if old else None)
            if found is not None:
                return found
        if traces := find_arxiv_ids(text.replace("\\", "")):
            return traces[0]
    return None


def _value(written: str, macros: Mapping[str, str]) -> tuple[str, str]:
    """The value of a field with its braces, quotes, macros and `#` resolved, and what is left over."""
    parts: list[str] = []
    rest = written.strip()
    while rest:
        if rest[0] in '{"':
            end = _closing(rest)
            if end < 0:
                return "".join(parts) + rest[1:], ""
            parts.append(rest[1:end])
            rest = rest[end + 1 :].lstrip()
        elif match := _PLAIN_WORD.match(rest):
            parts.append(macros.get(match[0].casefold(), match[0]))
            rest = rest[match.end() :].lstrip()
        else:
            return "".join(parts), rest
        if rest and not rest.startswith("#"):
            return "".join(parts), rest
        rest = rest[1:].lstrip()
    return "".join(parts), ""


def _closing(text: str) -> int:
    """Where the brace or quote that opens `text` closes; -1 where it does not."""
    depth = 0
    quoted = text[0] == '"'
    at = 1
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return -1 if quoted else at
            depth -= 1
        elif char == '"' and quoted and depth == 0:
            return at
        at += 1
    return -1


def words(value: str) -> str:
    """TeX as text: letters for accents, no braces or macros of style, formulas between dollars."""
    line = _BRACE.sub(lambda match: "\ue010" if match[1] == "left" else "\ue011", value)
    text = _flat(read(accents(" ".join(line.split()))))
    return " ".join(text.translate({0xE010: "{", 0xE011: "}"}).split())


def _flat(pieces: Sequence[Piece]) -> str:
    said: list[str] = []
    for piece in pieces:
        if piece.inside:
            said.append(_flat(piece.inside))
        elif piece.kind in ("math", "display"):
            said.append(f"${piece.text}$" if piece.text.strip() else "")
        elif piece.kind == "text":
            said.append(re.sub(r"[{}]", "", piece.text))
        else:
            said.append(piece.text)
    return "".join(said)


def _authors(value: str) -> tuple[str, ...]:
    names: list[str] = []
    for name in _split_and(" ".join(value.split())):
        parts = [words(part) for part in _split_commas(name)]
        if parts == ["others"] or not any(parts):
            continue
        if len(parts) == 3:
            names.append(" ".join(filter(None, (parts[2], parts[0], parts[1]))))
        else:
            names.append(" ".join(filter(None, reversed(parts))))
    return tuple(names)


def _split_and(text: str) -> list[str]:
    return _split(text, re.compile(r"\s+and\s+", re.IGNORECASE))


def _split_commas(text: str) -> list[str]:
    return _split(text, re.compile(r"\s*,\s*"))


def _split(text: str, pattern: re.Pattern[str]) -> list[str]:
    """`text` at the matches of `pattern` that no braces hold together."""
    parts: list[str] = []
    start = depth = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        depth += (text[at] == "{") - (text[at] == "}")
        match = pattern.match(text, at) if depth == 0 else None
        if match is not None and match.end() > at:
            parts.append(text[start:at])
            start = at = match.end()
            continue
        at += 1
    return [*parts, text[start:]]


def _keywords(value: str) -> tuple[str, ...]:
    items = (words(item) for item in re.split(r"[,;]", value))
    return tuple(dict.fromkeys(item for item in items if item))


def _when(values: Mapping[str, str]) -> When | None:
    if (given := values.get("date")) and (when := read_date(given.partition("/")[0])):
        return when
    year = values.get("year", "").strip()
    if month := values.get("month", "").strip():
        number = scores.count(month)
        name = _MONTHS[number - 1] if number and 1 <= number <= 12 else month
        if when := read_date(f"{name} {year}"):
            return when
    return read_date(year)
