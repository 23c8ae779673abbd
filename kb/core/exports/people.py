"""Names of authors, told apart into family name and given names."""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.core.tex import accents, plain

_PARTICLES = frozenset((
    "af", "al", "av", "ben", "bin", "d", "da", "dal", "das", "de", "del", "dela", "della",
    "den", "der", "des", "di", "do", "dos", "du", "el", "ibn", "la", "las", "le", "les", "los",
    "of", "op", "te", "ten", "ter", "van", "vom", "von", "y", "zu", "zum", "zur",
))  # fmt: skip
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{1,3}|IV|V|VI{1,3}")
_GROUP = re.compile(
    r"\b(?:collaborations?|team|consortium|group|project|community|committee|initiative|working"
    r" group|lab|laboratory|institute|network|authors)\b",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Name(NamedTuple):
    """A person; a group, or somebody with one name, has that as `family` and is `whole`."""

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""

    @property
    def whole(self) -> bool:
        return not self.given


def split_name(author: str) -> Name:
    """The parts of a name such as `Ada van der Made Jr.` or `van der Made, Ada`."""
    text = plain(accents(author))
    parts = [part.strip() for part in text.split(",")]
    suffix = ""
    if len(parts) > 1 and _SUFFIX.fullmatch(parts[-1]):
        suffix = parts.pop()
    elif len(parts) > 2 and _SUFFIX.fullmatch(parts[1]):
        suffix = parts.pop(1)
    if len(parts) == 2 and all(parts):
        words = parts[0].split()
        at = _particles(words)
        return Name(" ".join(words[at:]), parts[1], " ".join(words[:at]), suffix)
    text = " ".join(filter(None, parts))
    words = text.split()
    if len(words) > 2 and not suffix and _SUFFIX.fullmatch(words[-1]):
        suffix = words.pop()
    if len(words) < 2 or len(parts) > 1 or _GROUP.search(text) or _UNSPACED.search(text):
        return Name(text)
    at = len(words) - 1
    while at > 1 and words[at - 1] in _PARTICLES:
        at -= 1
    return Name(words[-1], " ".join(words[:at]), " ".join(words[at:-1]), suffix)


def _particles(words: list[str]) -> int:
    at = 0
    while at < len(words) - 1 and words[at] in _PARTICLES:
        at += 1
    return at
