"""Other people's lists of papers, each format recognised by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.sources.lists.bibtex import looks_like_bibtex, read_bibtex
from kb.sources.lists.csl import looks_like_csl, read_csl
from kb.sources.lists.digests import looks_like_digest, read_digest
from kb.sources.lists.draft import Draft
from kb.sources.lists.ids import looks_like_ids, read_ids
from kb.sources.lists.markdown import read_markdown
from kb.sources.lists.records import (
    looks_like_csv,
    looks_like_json_lines,
    read_csv,
    read_json_lines,
)
from kb.sources.lists.text import decode, mend

if TYPE_CHECKING:
    from kb.core.listed import Listing

__all__ = ["FORMS", "NotAList", "read_list", "recognise"]

FORMS = ("digest", "markdown", "bibtex", "csl", "csv", "jsonl", "ids")
"""What `--as` may say. Tables and reading lists are Markdown."""

_MAGIC = {
    b"%PDF": "a PDF file", b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"SQLite": "a database",
}  # fmt: skip


class NotAList(ValueError):
    """What came holds no text that could list papers; `str()` says what it is instead."""


def recognise(text: str, name: str = "") -> str:
    """Which of FORMS a text is, `name` being that of its file. Markdown is what is nothing else."""
    lines = text.split("\n")
    if looks_like_digest(lines):
        return "digest"
    if looks_like_bibtex(text) or name.casefold().endswith((".bib", ".bibtex")):
        return "bibtex"
    if looks_like_json_lines(text):
        return "jsonl"
    if looks_like_csl(text):
        return "csl"
    if looks_like_ids(lines):
        return "ids"
    return "csv" if looks_like_csv(text) else "markdown"


def read_list(data: bytes, name: str, *, form: str | None = None) -> Listing:
    """The papers in the bytes of one file called `name`, and everything that should be told of it.

    `form` is one of FORMS, else the content decides. Every row is an entry or told, and line
    numbers are those of the file. Raises NotAList for what is no text, ValueError for an unknown
    `form`.
    """
    if form is not None and form not in FORMS:
        raise ValueError(f"{form!r} is no format; known are {', '.join(FORMS)}")
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise NotAList(f"{name} is {what}, not a list in text")
    text, guessed = decode(data)
    if "\x00" in text:
        raise NotAList(f"{name} is no text")
    raw = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [mend(line) for line in raw]
    mended = sum(a != b for a, b in zip(raw, lines, strict=True))
    text = "\n".join(lines)
    draft = Draft(name)
    if guessed:
        draft.doubt(1, f"the file is not UTF-8 and was read as {guessed}")
    form = form or recognise(text, name)
    match form:
        case "digest":
            read_digest(lines, draft)
        case "bibtex":
            read_bibtex(text, draft)
        case "csl":
            read_csl(text, draft)
        case "csv":
            read_csv(text, draft)
        case "jsonl":
            read_json_lines(text, draft)
        case "ids":
            read_ids(lines, draft)
        case _:
            read_markdown(raw, lines, draft)
    return draft.done(form, mended=mended)
