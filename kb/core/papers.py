"""What arXiv knows of a paper, and the ids by which papers are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime

AnnounceType = Literal["", "new", "cross", "replace", "replace-cross"]
Source = Literal["", "sample", "import", "hand"]

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN (2007 to 2014), YYMM.NNNNN, and before
# April 2007 archive[.SC]/YYMMNNN. Month 13 is left possible: the bundled sample lives there.
_NEW = r"(?:0[7-9]|1[0-4])\d\d\.\d{4}(?!\d)|\d{4}\.\d{5}"
_OLD = r"[a-z]+(?:-[a-z]+)*(?:\.[A-Z]{2})?/\d{7}"
_ID = re.compile(rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d{{0,3}}))?", re.ASCII)
_TRACE = re.compile(
    rf"""(?:
        \barxiv(?:\s*:\s*|\s+(?=\d\d\d\d\.\d))
        | arxiv\.org/(?:abs|pdf|html|ps|src|format|e-print|list)/
        | xxx\.lanl\.gov/(?:abs|pdf)/
        | ar5iv\.org/(?:abs|html|pdf)/
        | alphaxiv\.org/(?:abs|pdf|html|overview)/
        | (?:huggingface|hf)\.co/papers/
        | (?:arxiv-vanity|emergentmind)\.com/papers/
        | (?:scirate\.com|semanticscholar\.org|papers\.cool)/arxiv/
        | 10\.48550(?:/|%2f)arxiv\.
    )(?P<trace>(?:{_NEW}|{_OLD})(?:v[1-9]\d{{0,3}})?)(?!\d)""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


class ArxivId(NamedTuple):
    """An arXiv id without version, and the version where one was given."""

    id: str
    version: int | None


def parse_arxiv_id(text: str) -> ArxivId:
    """The id that `text` is: bare, with `arXiv:` or `oai:arXiv.org:`, or an arXiv address.

    Raises ValueError, with a sentence for a person, when `text` is nothing of the kind.
    """
    stripped = text.strip()
    bare = re.sub(r"^(?:oai:arxiv\.org:|arxiv:\s*)", "", stripped, flags=re.IGNORECASE)
    match = _ID.fullmatch(bare)
    if match is None and (trace := _TRACE.search(stripped)):
        match = _ID.fullmatch(_lower_archive(trace["trace"]))
    if match is None:
        raise ValueError(
            f"{text[:80]!r} is not an arXiv id; ids look like 2503.03213, 2503.03213v2 or hep-th/9901001"
        )
    version = match["version"]
    return ArxivId(match["id"], int(version) if version else None)


def id_of_number(value: float) -> str | None:
    """The id that YAML took for a number: 2503.1 was written 2503.10000, 704.1 was 0704.1000.

    None where no id looks so.
    """
    yymm, _, number = f"{value}".partition(".")
    if not (yymm.isdecimal() and number.isdecimal()):
        return None
    text = f"{yymm.zfill(4)}.{number.ljust(5 if int(yymm) >= 1501 else 4, '0')}"
    return text if _ID.fullmatch(text) else None


def find_arxiv_ids(text: str) -> list[ArxivId]:
    """Every id that `text` names by an address, a DOI or `arXiv:`, in order, each once."""
    found: dict[str, ArxivId] = {}
    for match in _TRACE.finditer(text):
        parsed = parse_arxiv_id(_lower_archive(match["trace"]))
        found.setdefault(parsed.id, parsed)
    return list(found.values())


def _lower_archive(trace: str) -> str:
    archive, slash, number = trace.rpartition("/")
    head, dot, subject = archive.partition(".")
    return f"{head.lower()}{dot}{subject.upper()}{slash}{number}" if slash else trace


def id_order(arxiv_id: str) -> tuple[int, int]:
    """A key that sorts ids as arXiv gave them out: (year and month, number).

    Old-style numbers count per archive, so only new-style ids are ordered exactly.
    """
    yymm, number = (
        (arxiv_id[:4], arxiv_id[5:])
        if arxiv_id[4:5] == "."
        else (arxiv_id.rpartition("/")[2][:4], arxiv_id[-3:])
    )
    year = int(yymm[:2])
    return ((year + (2000 if year < 91 else 1900)) * 100 + int(yymm[2:]), int(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper, whatever its version. Text is as arXiv sent it (TeX included), white space folded."""

    id: str
    """Without version: `2503.03213` or `hep-th/9901001`."""
    title: str
    authors: tuple[str, ...]
    abstract: str
    categories: tuple[str, ...]
    """Primary first."""
    version: int = 1
    submitted: datetime | None = None
    """When version 1 was submitted, in UTC."""
    revised: datetime | None = None
    """When this version was submitted, in UTC."""
    announced: date | None = None
    """The announcement day: the mailing date, US/Eastern."""
    announce_type: AnnounceType = ""
    comment: str = ""
    """The authors' comment, e.g. `12 pages, 3 figures`."""
    journal: str = ""
    doi: str = ""
    withdrawn: bool = False
    source: Source = ""

    @property
    def primary(self) -> str:
        return self.categories[0] if self.categories else ""

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def pdf(self) -> str:
        return f"https://arxiv.org/pdf/{self.id}"
