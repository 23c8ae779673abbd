"""How the fields of one record are read, in whichever layout it came."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)*)?")
# Control characters, halves of surrogate pairs, and marks that turn the reading direction.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_PARAGRAPH = re.compile(r"\n(?:[ \t]*\n\s*|[ \t]{2,})")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|[IVX]{1,4}", re.IGNORECASE)
_WORK = (
    r"(?:paper|article|submission|manuscript|preprint|work|document|note|version|e-?print|letter)"
)
_WITHDRAWN = r"withdrawn\b(?!\s+(?:from|at|before)\s+(?!arxiv))"
_SAID_OF_IT = rf"(?:this|the|our)\s+{_WORK}\s+(?:has\s+been|is|was)\s+(?:\w+\s+)?{_WITHDRAWN}"
_WITHDRAWN_ABSTRACT = re.compile(
    rf"{_SAID_OF_IT}|(?:{_WORK}\s+)?withdrawn\s*(?:[.,:;]|\Z|by\b|due\b|because\b|from\s+arxiv)",
    re.IGNORECASE,
)
_WITHDRAWN_COMMENT = re.compile(
    rf"\b{_SAID_OF_IT}|\A\W*(?:{_WORK}\s+(?:(?:has\s+been|is|was)\s+)?)?{_WITHDRAWN}"
    r"|\bwithdrawn\s+(?:by\s+(?:the\s+)?(?:author|arxiv|submitter)|from\s+arxiv)",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """One line: white space to single spaces, control characters dropped."""
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_CONTROL.sub("", line).split())


def fold_paragraphs(text: str) -> str:
    """Line wraps undone, paragraphs kept as an empty line between them.

    In arXiv's layout a line that starts with two blanks begins a paragraph.
    """
    folded = map(fold, _PARAGRAPH.split(text.replace("\r\n", "\n").strip()))
    return "\n\n".join(part for part in folded if part)


def arxiv_categories(terms: list[str], primary: str = "") -> tuple[str, ...]:
    """The arXiv categories among `terms`, each once, primary first; MSC and ACM classes dropped."""
    found = [term for term in map(str.strip, [primary, *terms]) if _CATEGORY.fullmatch(term)]
    return tuple(dict.fromkeys(found))


def split_authors(text: str, *, conjunction: bool = True) -> tuple[str, ...]:
    """The names in one text such as `A. Author, B. Author and C. Author (Affiliation)`.

    Affiliations in parentheses are dropped; `Jr.` and numerals stay with the name before them.
    """
    text = fold(_without_parentheses(text))
    parts = re.split(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+" if conjunction else r"\s*,\s*", text)
    names: list[str] = []
    for part in filter(None, parts):
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f" {part}"
        elif part != "and":
            names.append(part)
    return tuple(names)


def _without_parentheses(text: str) -> str:
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for character in text:
        if character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character)
    return "".join(kept) if not depth else text


def says_withdrawn(comment: str, abstract: str) -> bool:
    """Whether the comment says, or the abstract begins by saying, that the paper was withdrawn."""
    if "withdrawn" not in comment.lower() and "withdrawn" not in abstract.lower():
        return False
    return bool(
        _WITHDRAWN_COMMENT.search(comment) or _WITHDRAWN_ABSTRACT.match(abstract.lstrip(" (*["))
    )


def utc_from_iso(text: str) -> datetime | None:
    """An ISO 8601 time as an aware UTC time (UTC where it names no zone).

    None where it is no time, or one at which there was no arXiv.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _utc(moment)


def utc_from_mail(text: str) -> datetime | None:
    """A time as RSS and arXiv's version lists write it (RFC 2822), in UTC; None where it is none."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, IndexError):
        return None
    return _utc(moment)


def _utc(moment: datetime) -> datetime | None:
    if not 1980 <= moment.year < 2200:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def eastern_day(text: str) -> date | None:
    """The US/Eastern date of an RFC 2822 time; None where it is none.

    A time written in an Eastern offset keeps its own date: midnight written with the offset of the
    other half of the year would else fall on the day before.
    """
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, IndexError):
        return None
    if moment.utcoffset() in (timedelta(hours=-4), timedelta(hours=-5)):
        return moment.date()
    utc = _utc(moment)
    return utc.astimezone(EASTERN).date() if utc else None
