"""Values of properties as people and other tools write them: names, years, stars, links in any manner.

None of these raises: what says nothing that is looked for is nothing.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

_WIKI = re.compile(r"!?\[\[([^\[\]|]*)(?:\|([^\[\]]*))?\]\]")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)\)")
_FRACTION = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:/|of|out of)\s*(\d+)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_FULL_STARS, _EMPTY_STARS = "⭐★🌟", "☆"


def texts(value: Any) -> list[str]:
    """A property as texts: a list item by item, a person given in parts as one name."""
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        parts = [str(value[k]) for k in ("given", "first", "firstName") if value.get(k)]
        parts += [str(value[k]) for k in ("family", "last", "lastName", "name") if value.get(k)]
        return [" ".join(parts)] if parts else []
    if value is None or isinstance(value, bool):
        return [] if value is None else [str(value).lower()]
    text = " ".join(str(value).split())
    return [text] if text else []


def shown(text: str) -> str:
    """Text without its links and quotes: `[[People/Ada|Ada]]` is Ada."""
    text = _WIKI.sub(lambda m: m[2] or m[1].rpartition("/")[2], text)
    return _LINK.sub(r"\1", text).strip(" \"'")


def first(value: Any) -> str:
    """The first text there is, as it is shown; empty where there is none."""
    return next(filter(None, map(shown, texts(value))), "")


def words(value: Any) -> tuple[str, ...]:
    """Words or phrases, each once: a list, or a line with commas, links and hashes aside."""
    found: dict[str, None] = {}
    for text in texts(value):
        parts = re.split(r"[,;]", text) if not isinstance(value, (list, tuple)) else [text]
        found.update((word, None) for part in parts if (word := shown(part).strip(" #")))
    return tuple(found)


def people(value: Any) -> tuple[str, ...]:
    """Names in reading order, out of a list or a line of them."""
    each = texts(value)
    if len(each) == 1:
        each = _split_people(_WIKI.sub(lambda m: m[2] or m[1].rpartition("/")[2], each[0]))
    names = (_reading_order(shown(text)) for text in each)
    return tuple(dict.fromkeys(name for name in names if name and name not in ("et al.", "others")))


def _split_people(line: str) -> list[str]:
    for separator in (r"\s*;\s*", r"\s+(?:and|&)\s+"):
        parts = re.split(separator, line)
        if len(parts) > 1 and all("," not in part or part.count(",") == 1 for part in parts):
            whole = all(" " in part.partition(",")[0] for part in parts[:-1] if "," in part)
            if separator.startswith(r"\s*;") or not whole:
                return parts
    parts = [part.strip() for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", line) if part.strip()]
    # `Doe, Jane` is one person; `Jane Doe, John Roe` are two.
    return [line] if len(parts) == 2 and not all(" " in part for part in parts) else parts


def _reading_order(name: str) -> str:
    family, comma, given = (part.strip() for part in name.partition(","))
    return f"{given} {family}".strip() if comma and given else name.strip(" ,")


def year(value: Any) -> int | None:
    """The year of a date, or the first of the last and this century that a text names."""
    if isinstance(value, date):
        return value.year
    for text in texts(value):
        if match := re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", text):
            return int(match[0])
    return None


def doi(value: Any) -> str:
    """A DOI without its resolver; empty where there is none."""
    for text in addresses(value):
        place = text.find("10.")
        if place >= 0 and "/" in text[place:]:
            return text[place:].rstrip(" .")
    return ""


def addresses(value: Any) -> list[str]:
    """Texts with the addresses of their links."""
    found: list[str] = []
    for text in texts(value):
        found += [match[2] for match in _LINK.finditer(text)] or [text]
    return found


def rating(value: Any) -> int | None:
    """1 to 5; stars are counted, `8/10` and a bare 8 are halved, 0 is no rating."""
    for text in texts(value):
        stars = sum(text.count(sign) for sign in _FULL_STARS)
        if stars:
            scale = stars + sum(text.count(sign) for sign in _EMPTY_STARS)
            return _of_five(stars, max(scale, 5))
        if match := _FRACTION.search(text):
            return _of_five(float(match[1].replace(",", ".")), int(match[2]))
        if match := _NUMBER.fullmatch(text):
            number = float(match[0].replace(",", "."))
            return _of_five(number, 5 if number <= 5 else 10)
    return None


def _of_five(number: float, scale: int) -> int | None:
    if scale <= 0 or not 0 < number <= scale:
        return None
    return max(1, int(number * 5 / scale + 0.5))
