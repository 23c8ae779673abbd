"""Citations for BibTeX and biblatex."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from kb.core.exports import texsafe
from kb.core.exports.people import split_name
from kb.core.tex import accents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kb.core.exports.entries import Entry

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def bibtex(entries: Iterable[Entry]) -> str:
    """One record a paper, in the order given: `@article` with a journal, `@misc` without.

    Fields as arXiv gives them (https://info.arxiv.org/help/hypertex/bibstyles/index.html).
    """
    return "\n".join(_record(entry) for entry in entries)


def key(entry: Entry) -> str:
    """The citation key: first author and arXiv id, such as `made2503.03213`.

    It depends on nothing but the paper, so it never changes with what else is exported.
    """
    family = split_name(entry.authors[0]).family if entry.authors else ""
    folded = unicodedata.normalize("NFKD", accents(family)).casefold()
    letters = "".join(char for char in folded if char.isascii() and char.isalnum())
    return f"{letters[:30] or 'arxiv'}{entry.id.replace('/', '-')}"


def _record(entry: Entry) -> str:
    day = entry.submitted or entry.month
    fields = [
        ("title", f"{{{texsafe.title(entry.title)}}}"),
        ("author", _braced(" and ".join(_author(name) for name in entry.authors))),
        ("journal", _braced(texsafe.tex(entry.journal))),
        ("year", f"{{{day.year}}}"),
        ("month", _MONTHS[day.month - 1]),
        ("eprint", f"{{{entry.id}}}"),
        ("archiveprefix", "{arXiv}"),
        ("primaryclass", _braced(texsafe.literal(entry.primary))),
        ("doi", _braced(_plain_field(entry.doi))),
        ("url", f"{{{entry.url}}}"),
        ("note", _braced(texsafe.tex(entry.author_comment))),
        ("keywords", _braced(", ".join(texsafe.literal(topic) for topic in entry.topics))),
        ("abstract", _braced(texsafe.tex(entry.abstract))),
    ]
    width = max(len(name) for name, _ in fields)
    lines = [f"  {name:<{width}} = {value}," for name, value in fields if value]
    kind = "article" if entry.journal else "misc"
    return "\n".join([f"@{kind}{{{key(entry)},", *lines, "}", ""])


def _braced(text: str) -> str:
    return f"{{{text}}}" if text else ""


def _plain_field(text: str) -> str:
    """A DOI: taken by programs as it stands, so nothing is escaped and nothing can break out."""
    return re.sub(r"[\s{}\\\"%#]", "", text)


def _author(author: str) -> str:
    name = split_name(author)
    family = texsafe.literal(name.family)
    if name.whole:
        return f"{{{family}}}"
    last = f"{texsafe.literal(name.particle)} {family}" if name.particle else family
    if " " in name.family:
        last = f"{texsafe.literal(name.particle)} {{{family}}}".strip()
    suffix = f", {name.suffix}" if name.suffix else ""
    given = re.sub(r"\band\b", "{and}", texsafe.literal(name.given))
    return f"{last}{suffix}, {given}"
