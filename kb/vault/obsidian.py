"""Obsidian's own settings files: what they say, and how keys are added to them.

They belong to the reader and to Obsidian. A file that is there gets the keys without which kb's
notes would not work, and keeps every byte it has.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

APP = ".obsidian/app.json"
BOOKMARKS = ".obsidian/bookmarks.json"
CORE_PLUGINS = ".obsidian/core-plugins.json"
TYPES = ".obsidian/types.json"
DAILY_NOTES = ".obsidian/daily-notes.json"
PERIODIC_NOTES = ".obsidian/plugins/periodic-notes/data.json"

# How a vault looks is its owner's choice: nothing else is added to a file that is there.
ADDED: Mapping[str, tuple[str, ...]] = {
    APP: ("alwaysUpdateLinks",),
    CORE_PLUGINS: ("bases", "bookmarks", "properties"),
    TYPES: ("types",),
}
# Obsidian infers text by itself, and these words may mean something else in the reader's notes.
_COMMON_WORDS = {"aliases", "tags", "from", "to", "papers"}


@dataclass(frozen=True, slots=True)
class JsonMerge:
    """Keys to add to a settings file. All bytes of `before` stay, in their order."""

    path: str
    before: bytes
    after: bytes
    added: tuple[str, ...]
    """As `key` or `key.key`."""


def read_settings(data: bytes | None) -> dict[str, Any]:
    """A settings file as a dict: empty where there is none or it cannot be read."""
    try:
        settings = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def plan_merge(path: str, before: bytes, template: bytes) -> tuple[JsonMerge | None, str | None]:
    """The keys of ADDED that `template` has and the file at `path` lacks.

    The second value is something to tell the person; a file of another shape, or one that is not
    JSON, is left alone and told. None, None where there is nothing to add.
    """
    wanted = {key: value for key, value in json.loads(template).items() if key in ADDED[path]}
    try:
        text = before.decode("utf-8")
        body = text.removeprefix("\ufeff")
        there = json.loads(body)
    except (ValueError, RecursionError):
        return None, f"{path} is not valid JSON; it stays as it is, and kb adds nothing to it."
    if path == CORE_PLUGINS and _bases_off(there):
        return None, f"The core plugin Bases is off in {path}; switch it on to see Papers.base."
    if path == CORE_PLUGINS and isinstance(there, list):
        return None, None
    if not isinstance(there, dict) or not isinstance(there.get("types", {}), dict):
        return None, f"{path} has another shape than expected; it stays as it is."
    if path == TYPES:
        types = {
            key: value
            for key, value in wanted["types"].items()
            if value != "text" and key not in _COMMON_WORDS and key not in there.get("types", {})
        }
        at, members = (("types",), types) if "types" in there else ((), {"types": types})
        added = tuple(f"types.{key}" for key in types)
    else:
        members = {key: value for key, value in wanted.items() if key not in there}
        at, added = (), tuple(members)
    if not added:
        return None, None
    bom = text[: len(text) - len(body)]
    after = (bom + add_members(body, at, members)).encode("utf-8")
    return JsonMerge(path, before, after, added), None


def _bases_off(there: object) -> bool:
    """Since 2024 an object of booleans; before that a list of what is on."""
    if isinstance(there, list):
        return "bases" not in there
    return isinstance(there, dict) and there.get("bases") is False


def add_members(text: str, at: tuple[str, ...], members: Mapping[str, object]) -> str:
    """`text`, valid JSON, with `members` after the last one of the object that the keys `at` lead to.

    Every character of `text` stays, in its order; new lines follow the indentation and line ends
    that are there. None of `members` may be in the object.
    """
    start = _past_space(text, 0)
    for key in at:
        start = _values(text, start)[0][key]
    values, end = _values(text, start)
    if not members:
        return text
    first = re.compile(r"\{[ \t]*\r?\n([ \t]*)").match(text, start)
    if values and not first:
        added = "".join(f", {json.dumps(k)}: {json.dumps(v)}" for k, v in members.items())
        return text[:end] + added + text[end:]
    newline = "\r\n" if "\r\n" in text else "\n"
    unit = found[1] if (found := re.search(r"\{[ \t]*\r?\n([ \t]+)\"", text)) else "  "
    line = text[text.rfind("\n", 0, start) + 1 : start]
    outer = line[: len(line) - len(line.lstrip(" \t"))]
    indent = first[1] if values and first else outer + unit
    block = f",{newline}".join(
        f"{indent}{json.dumps(key)}: "
        + json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", newline + indent)
        for key, value in members.items()
    )
    if values:
        return f"{text[:end]},{newline}{block}{text[end:]}"
    return f"{text[: start + 1]}{newline}{block}{newline}{outer}{text[_past_space(text, end) :]}"


def _values(text: str, start: int) -> tuple[dict[str, int], int]:
    """Where the values of the object at `start` begin, and where its last member ends."""
    decoder = json.JSONDecoder()
    values: dict[str, int] = {}
    end = start + 1
    at = _past_space(text, end)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = _past_space(text, _past_space(text, at) + 1)
        values[key] = at
        _, end = decoder.raw_decode(text, at)
        at = _past_space(text, end)
        if text[at] == ",":
            at = _past_space(text, at + 1)
    return values, end


def _past_space(text: str, at: int) -> int:
    while text[at : at + 1] in {" ", "\t", "\r", "\n"}:
        at += 1
    return at


def diary_notes(read: Callable[[str], bytes | None]) -> Iterator[str]:
    """Where the core plugin Daily notes and the plugin Periodic Notes keep the reader's diary.

    One sentence for each kind of note; a warning where its names could meet those of kb's pages.
    """
    sources: list[tuple[str, dict[str, Any]]] = []
    if (daily := read(DAILY_NOTES)) is not None:
        sources.append(("daily", read_settings(daily)))
    periodic = read_settings(read(PERIODIC_NOTES))
    for period in ("daily", "weekly", "monthly", "quarterly", "yearly"):
        settings = periodic.get(period)
        if isinstance(settings, dict) and settings.get("enabled") is not False:
            sources.append((period, settings))
    for period, settings in sources:
        folder = str(settings.get("folder") or "").strip("/")
        form = str(settings.get("format") or {"weekly": "gggg-[W]ww"}.get(period, "YYYY-MM-DD"))
        where = f"in {folder}/" if folder else "at the top of the vault"
        if _literal_start(form.rpartition("/")[2]).casefold().startswith("arxiv-"):
            yield (
                f"Your {period} notes {where} are named {form}, which begins like the names of kb's"
                " pages (arxiv-...); give one of the two another name before the first kb sync."
            )
        else:
            yield (
                f"Your {period} notes stay {where}, named {form}; kb's pages are named arxiv-..."
                " and stay apart from them."
            )


def _literal_start(form: str) -> str:
    """The text with which every name of a Moment.js format begins: `[arxiv]-YYYY` → `arxiv-`."""
    start = ""
    for literal, other in re.findall(r"\[([^\]]*)\]|(.)", form, re.DOTALL):
        if other and other in "MQDdeEwWgGYyNAaHhkmsSXxZzLlTot":
            break
        start += literal or other
    return start
