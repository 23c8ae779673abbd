"""Keywords out of the ways people list them, and text out of its markup."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


_LONGEST = 5000


def split_keywords(items: Iterable[str]) -> tuple[str, ...]:
    """Single keywords from lists of them: `A/B c; Long Name (LN), etc.` is A c, B c, Long Name, LN."""
    found: dict[str, str] = {}
    for item in items:
        outside = re.sub(r"\(([^()]*)\)", lambda m: f"\x00{m[1].replace(',', ';')}\x00", item)
        for part in re.split(r"[,;，；]", outside.replace("\x00", ";")):
            for word in _spread(_bare_keyword(part)):
                found.setdefault(word.casefold(), word)
    return tuple(found.values())


def _bare_keyword(text: str) -> str:
    text = " ".join(text.replace('"', " ").split()).strip(" .'“”‘’`:()")
    text = re.sub(
        r"^(?:(?:and|or|e\.g\.|eg|i\.e\.|such as|like|including)(?:\s+|$))+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = text.strip(" .'")
    if re.fullmatch(
        r"(?:and |or )?(?:etc|so on|others?|more|similar(?: \w+)?|\.*)", text, re.IGNORECASE
    ):
        return ""
    return re.sub(r"\s+etc$", "", text)


def _spread(text: str) -> list[str]:
    """Slashes between words mean either: `Spatial/Temporal Modeling` is two keywords."""
    choices = [
        word.split("/") if re.fullmatch(r"[\w-]{2,}(?:/[\w-]{2,})+", word) else [word]
        for word in text.split()
    ]
    spread = itertools.islice(itertools.product(*choices), 8)
    return [" ".join(words) for words in spread if any(words)]


def plain_text(text: str) -> str:
    """Links and emphasis reduced to their text, on one line; no more than its spaces where it is
    longer than any sentence."""
    if len(text) > _LONGEST:
        return " ".join(text.split())
    text = re.sub(r"!?\[\[(?:[^\]|]*\|)?([^\]|]*)\]\]", r"\1", text)
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", text)
    text = re.sub(r"(\*{1,3}|`+|~~|==)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text)
    return " ".join(text.replace("**", " ").split())
