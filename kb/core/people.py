"""Followed authors, whichever way their names are written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kb.core.tex import accents

if TYPE_CHECKING:
    from collections.abc import Sequence

_LETTERS = str.maketrans(
    {"ø": "o", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŋ": "n"}
)  # fmt: skip
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_PARTICLES = frozenset(
    ["van", "von", "der", "den", "dem", "de", "del", "della", "di", "da", "do", "dos", "das", "du", "la", "le", "las", "los", "ter", "ten", "te", "el", "al", "bin", "ibn", "zu", "zur", "af", "av", "y"]
)  # fmt: skip
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md"])
_NOISE = re.compile(r"\([^()]*\)|[\"“”„`´'’ʼ‘]|\d")
_HYPHENS = re.compile("[\u2010-\u2015]")
_SEPARATORS = re.compile(r"[\s.~_]+")
_NO_LETTERS = dict.fromkeys(map(ord, " \t'\"`-.,~_0123456789"))
_MOST_SURNAMES = 3


class _Part(NamedTuple):
    """One word of the given names."""

    text: str
    bound: bool
    """Whether a hyphen ties it to the word before, as in `Jean-Pierre`."""


class _Reading(NamedTuple):
    """One way to tell given names from surname."""

    surname: str
    """Particles included, written together."""
    given: tuple[_Part, ...]


class _Name(NamedTuple):
    whole: str
    readings: tuple[_Reading, ...]


def followed(follow: Sequence[str], authors: Sequence[str]) -> tuple[str, ...]:
    """The names in `follow` that are among `authors`, as `follow` spells them and in its order."""
    wanted = {name: _ends(name) for name in follow}
    every_end = frozenset().union(*wanted.values())
    found: set[str] = set()
    for author in authors:
        if author.isascii() and not set(author) & set("\\{("):
            # Most authors are nobody's: a look at the end of the surname tells it at once.
            bare = author.lower().translate(_NO_LETTERS)
            if not any(end in bare for end in every_end):
                continue
        found.update(name for name in wanted if name not in found and matches(name, author))
    return tuple(name for name in wanted if name in found)


@lru_cache(maxsize=1024)
def _ends(name: str) -> frozenset[str]:
    spellings = _spellings(name)
    texts = [reading.surname for spelling in spellings for reading in spelling.readings]
    texts += [spelling.whole for spelling in spellings]
    return frozenset(text.translate(_NO_LETTERS)[-4:] for text in texts)


def matches(follow: str, author: str) -> bool:
    """Whether `author` on a paper may be the person that `follow` names.

    Accents, case, hyphens, particles and suffixes may be written either way, names of the form
    `Doe, Jane` included. An initial stands for every name it begins, a middle name may be missing.
    A surname alone matches nobody.
    """
    wanted, found = _spellings(follow), _spellings(author)
    return any(_same(one, other) for one in wanted for other in found)


@lru_cache(maxsize=65_536)
def _spellings(text: str) -> tuple[_Name, ...]:
    text = _HYPHENS.sub("-", _NOISE.sub("", accents(text[:200])))
    lowered = text.lower()
    out = [_name(text, lowered)]
    if (spelt_out := lowered.translate(_SPELT_OUT)) != lowered:
        out.append(_name(spelt_out, spelt_out))
    return tuple(out)


def _fold(lowered: str) -> str:
    decomposed = unicodedata.normalize("NFKD", lowered.translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def _name(text: str, lowered: str) -> _Name:
    parts = [part for part in (_words(part) for part in _fold(lowered).split(",")) if part]
    parts = [part for part in parts if not all(word in _SUFFIXES for word in part)] or parts[:1]
    capitals = {w.lower() for w in _words(text) if len(w) == 2 and w.isupper() and w.isascii()}
    capitals = set() if text.isupper() else capitals
    if not parts:
        return _Name("", ())
    whole = " ".join(word for part in parts for word in part)
    if len(parts) > 1:
        given, surname = parts[1], parts[0]
        while len(given) > 1 and given[-1] in _PARTICLES:
            surname = [given[-1], *surname]
            given = given[:-1]
        return _Name(whole, (_reading(surname, given, capitals),))
    tied = _PARTICLES.intersection(_words(text))
    words = parts[0]
    while len(words) > 2 and words[-1] in _SUFFIXES:
        words = words[:-1]
    starts = range(len(words) - 1, max(0, len(words) - 1 - _MOST_SURNAMES), -1)
    return _Name(
        whole,
        tuple(
            _reading(words[at:], words[:at], capitals)
            for at in starts
            # A particle belongs to the surname behind it; in capitals (`Bin`, `Le`) it may be a name.
            if at < 2 or words[at - 1] not in tied
        ),
    )


def _words(text: str) -> list[str]:
    return [
        word for word in (w.strip("-,") for w in _SEPARATORS.sub(" ", _tied(text)).split()) if word
    ]


def _tied(text: str) -> str:
    """`J.-P.` with its hyphen kept between the initials."""
    return re.sub(r"\.\s*-\s*", "-", text)


def _reading(surname: list[str], given: list[str], capitals: set[str]) -> _Reading:
    parts: list[_Part] = []
    for word in given:
        pieces = list(word) if word in capitals else [p for p in word.split("-") if p]
        parts.extend(_Part(piece, bound=at > 0) for at, piece in enumerate(pieces))
    return _Reading("".join(surname).replace("-", ""), tuple(parts))


def _same(one: _Name, other: _Name) -> bool:
    if one.whole and one.whole == other.whole:
        return True
    return any(
        a.surname == b.surname and _given_fit(a.given, b.given)
        for a in one.readings
        for b in other.readings
    )


def _given_fit(one: tuple[_Part, ...], other: tuple[_Part, ...]) -> bool:
    short, long = sorted((one, other), key=len)
    if "".join(part.text for part in short) == "".join(part.text for part in long):
        return True
    if not _fit(short[0].text, long[0].text):
        # A first name that is mostly left out: `J. Robert Doe` is also `Robert Doe`.
        later = len(long) > len(short) and len(long[0].text) == 1 and len(short[0].text) > 1
        return later and short[0].text == long[1].text and _within(short[1:], long[2:])
    # `Jean` alone is somebody else than `Jean-Pierre`, while `J.` may be either.
    full = len(short[0].text) > 1 and len(long[0].text) > 1
    if full and len(short) == 1 and len(long) > 1 and long[1].bound and len(long[1].text) > 1:
        return False
    return _within(short[1:], long[1:])


def _within(short: tuple[_Part, ...], long: tuple[_Part, ...]) -> bool:
    """Whether the middle names of one are found, in order, among those of the other."""
    rest = iter(long)
    return all(any(_fit(part.text, candidate.text) for candidate in rest) for part in short)


def _fit(one: str, other: str) -> bool:
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    return one == other
