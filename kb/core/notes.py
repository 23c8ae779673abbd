"""The note of one paper: what kb reads from it, and what it remembers of what it wrote."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kb.core import frontmatter, jsonlines, regions
from kb.core.papers import find_arxiv_ids, id_of_number, parse_arxiv_id
from kb.core.properties import KEYS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.core.properties import Properties

REGION = "paper"
SHARED = frozenset({"aliases", "tags", "status", "rating"})
"""Keys that are the reader's, or both's: written once, never again unasked."""
_TEXT = frozenset({"title", "authors", "summary", "author_comment", "journal"})
"""Remembered in the ledger as a digest: the ledger holds no paper text."""
FACE = (
    "title", "authors", "announced", "topics", "relevance", "novelty", "score", "provisional", "kept",
    "followed", "listed", "summary", "primary", "journal", "code",
)  # fmt: skip
_BARE_ID_KEYS = frozenset({"arxiv", "arxivid", "eprint", "arxiv-id", "arxiv_no", "arxiv-number"})


def remembered(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger keeps of written keys, to tell later whether the reader changed them."""
    return {
        key: _remember(key, value)
        for key, value in values.items()
        if key in KEYS and key not in SHARED
    }


def _remember(key: str, value: Any) -> Any:
    plain = plain_value(value)
    if key in _TEXT:
        return "#" + hashlib.sha256(repr(plain).encode("utf-8", "replace")).hexdigest()[:12]
    return plain


def plain_value(value: Any) -> Any:
    """`value` as JSON knows it: dates as ISO text, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def changed_by_reader(key: str, current: Any, remembered_keys: Mapping[str, Any]) -> bool:
    """Whether `current`, read from the note, is not what kb last wrote for `key`."""
    if key not in remembered_keys:
        return current is not None
    return bool(_remember(key, current) != remembered_keys[key])


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What pages and plans need of a note. Wrong types are read as kindly as can be."""

    path: str
    id: str | None = None
    """From `arxiv_id`; None for notes that are not kb's."""
    traces: tuple[str, ...] = ()
    """arXiv ids that other properties name."""
    values: dict[str, Any] = field(default_factory=dict)
    """The frontmatter, as JSON knows it."""
    regions: dict[str, str] = field(default_factory=dict)
    """Region name to digest."""
    refused: str = ""
    """Why it cannot be read, where it cannot."""
    claimed: bool = False
    """Its frontmatter names `arxiv_id`, readable or not: it is a paper's note."""

    @property
    def title(self) -> str:
        return _text(self.values.get("title")) or self.stem

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".md")

    @property
    def announced(self) -> date | None:
        try:
            return date.fromisoformat(_text(self.values.get("announced"))[:10])
        except ValueError:
            return None

    def number(self, key: str) -> int | None:
        """The value as a whole number; None for what is none."""
        value = self.values.get(key)
        if type(value) is int:
            return value
        if isinstance(value, bool) or value is None:
            return None
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            return None

    @property
    def relevance(self) -> int:
        return self.number("relevance") or 0

    @property
    def novelty(self) -> int:
        return self.number("novelty") or 0

    @property
    def score(self) -> int:
        """What pages sort by. Where the reader overruled a part, the sum of the parts."""
        relevance, novelty = self.number("relevance"), self.number("novelty")
        if relevance is not None and novelty is not None:
            return relevance + novelty
        return self.number("score") or 0

    @property
    def kept(self) -> bool:
        """Whether pages list it: False once it fell below the cutoffs but is the reader's too."""
        return self.values.get("kept") is not False

    @property
    def status(self) -> str:
        return _text(self.values.get("status"))

    @property
    def rating(self) -> int | None:
        return self.number("rating")

    def texts(self, key: str) -> tuple[str, ...]:
        """The value as a list of texts; one text counts as a list of one."""
        value = self.values.get(key)
        items = value if isinstance(value, list) else [value]
        return tuple(text for item in items if (text := _text(item)))


def _text(value: Any) -> str:
    if type(value) is str:
        return value.strip()
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


def read(path: str, text: str, properties: Properties = PLAIN) -> Note:
    """The note in `text`, by kb's keys whatever the vault calls them. Never raises: a broken one
    comes back with `refused`, and its id if its frontmatter names one."""
    try:
        values = values_in(text, properties)
    except frontmatter.FrontmatterError as error:
        label = "|".join(re.escape(name) for name in {properties.name("arxiv_id"), "arxiv_id"})
        named = re.search(rf"^(?:{label}):[ \t]*[\"']?([^\s\"'#]+)", text[:20_000], re.MULTILINE)
        arxiv_id = _id(named[1]) if named else None
        claimed = properties.names_key(text, "arxiv_id")
        return Note(path=path, id=arxiv_id, refused=str(error), claimed=claimed)
    arxiv_id = _id(values.get("arxiv_id"))
    refused = ""
    if values.get("arxiv_id") is not None and arxiv_id is None:
        refused = f"arxiv_id is {_text(values['arxiv_id'])[:40]!r}, which is not an arXiv id"
    found: dict[str, str] = {}
    if arxiv_id is not None:
        try:
            for name in regions.names(text):
                region = regions.find(text, name)
                if region is not None:
                    found[name] = regions.digest(region.inner)
        except regions.RegionError as error:
            refused = str(error)
    return Note(
        path=path,
        id=arxiv_id,
        traces=() if arxiv_id else _traces(values),
        values=values if arxiv_id or refused else {},
        regions=found,
        refused=refused,
        claimed="arxiv_id" in values,
    )


def values_in(text: str, properties: Properties = PLAIN) -> dict[str, Any]:
    """The frontmatter of a note as JSON knows it, by kb's keys. Raises FrontmatterError as
    `frontmatter.read` does."""
    plain = frontmatter.read_plain(text)
    if plain is None:
        plain = {str(key): plain_value(value) for key, value in frontmatter.read(text).items()}
    return properties.read(plain)


def face(note: Note) -> bytes:
    """A digest of what pages show of a note, status and rating aside."""
    shown = [note.id, note.path, *(note.values.get(key) for key in FACE)]
    return hashlib.blake2b(jsonlines.quick_dumps(shown), digest_size=8).digest()


def pack(note: Note) -> bytes:
    """The note as JSON, for the cache; empty where there is nothing to say of the file."""
    told = {
        "id": note.id, "traces": note.traces, "values": note.values, "regions": note.regions,
        "refused": note.refused, "claimed": note.claimed,
    }  # fmt: skip
    told = {key: value for key, value in told.items() if value}
    return jsonlines.quick_dumps(told | {"path": note.path}) if told else b""


def unpack(packed: bytes) -> Note:
    """What `pack` made of a note."""
    told = jsonlines.quick(packed)
    if "traces" in told:
        told["traces"] = tuple(told["traces"])
    return Note(**told)


def _id(value: Any) -> str | None:
    """An id as written, also where YAML took it for a number."""
    return id_of_number(value) if isinstance(value, float) else _parsed(_text(value))


def _parsed(text: str) -> str | None:
    try:
        return parse_arxiv_id(text).id
    except ValueError:
        return None


def _traces(values: Mapping[str, Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for key, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            if key.casefold() in _BARE_ID_KEYS and (bare := _id(item)):
                found[bare] = None
            elif isinstance(item, str):
                found.update((trace.id, None) for trace in find_arxiv_ids(item))
    return tuple(found)
