"""Single records of the ledger, read and checked: what the fold needs of each, kept small.

A record is a JSON object on one line, see `kb.core.folding` for the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple

from kb.core import jsonlines
from kb.core.costs import Cost, cost_of
from kb.core.packed import PaperIds, Reasons, Scores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Record = dict[str, Any]

NEWER, MALFORMED = "newer", "malformed"
OUTCOMES = {"done": 3, "quiet": 2, "holiday": 1, "open": 0}
"""How an announcement day stands, and which of two counts."""


class Written(NamedTuple):
    """What kb last wrote into the note of one paper.

    Of tens of thousands hardly one is looked into, so keys and regions are kept as JSON and read
    each time they are asked for.
    """

    path: str
    at: str
    relevance: Any
    """As among `keys`; None where it is not."""
    line: bytes
    """An object with `keys` and `regions`, as JSON."""
    adopted: bool = False
    moved: bool = False
    """The reader has renamed or moved the note since kb made it."""
    update: str = ""
    """What was news of the paper, such as a new version; empty for a new note."""

    @classmethod
    def of(
        cls,
        path: str,
        keys: Mapping[str, Any],
        regions: Mapping[str, str],
        at: str,
        *,
        adopted: bool = False,
        moved: bool = False,
        update: str = "",
        line: bytes = b"",
    ) -> Written:
        """`line` is made where it is not given."""
        line = line or jsonlines.dumps({"keys": dict(keys), "regions": dict(regions)})
        return cls(path, at, keys.get("relevance"), line, adopted, moved, update)

    @property
    def keys(self) -> dict[str, Any]:
        found: dict[str, Any] = jsonlines.loads(self.line).get("keys", {})
        return found

    @property
    def regions(self) -> dict[str, str]:
        """Region name to the digest of its text."""
        found: dict[str, str] = jsonlines.loads(self.line).get("regions", {})
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and self._told() == other._told()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return f"Written{self._told()!r}"

    def _told(self) -> tuple[Any, ...]:
        return self.path, self.keys, self.regions, self.at, self.adopted, self.moved, self.update


Entry = tuple[str, str, Any, Any, bytes | None]
"""A record as the fold takes it: its `at`; its kind, or NEWER or MALFORMED; what it is about, such as
a paper (records of two kinds, or about two things, cannot be equal); what it says; and the record as
JSON, or None where what it says is all of it."""


def canonical(entry: Entry) -> str:
    """The same for two records that are equal as JSON, whatever the order of their keys."""
    *_, said, line = entry
    record = said if line is None else jsonlines.loads(line)
    try:
        return repr(sorted(record.items(), key=lambda item: item[0]))
    except RecursionError:
        return repr(line)


def read(line: bytes) -> Entry | None:
    """The record in a line of the ledger; None where there is none that can be read."""
    try:
        record = jsonlines.quick(line)
        if not isinstance(record, dict):
            return None
        # In the two long kinds no such number is taken, or it is read again when it is needed.
        if record.get("k") not in ("wrote", "day") and jsonlines.has_vast_number(line):
            record = jsonlines.loads(line)
    except ValueError:
        return None
    return entry(record, line)


def entry(record: Record, line: bytes | None = None) -> Entry:
    """`record` as the fold takes it; `line` is the record as JSON, where it is at hand."""
    said_at, kind = record.get("at", ""), record.get("k")
    at = intern(said_at) if type(said_at) is str else ""  # one for all records of a pass
    if record.get("v") != 1 or "k" not in record:
        return at, NEWER, None, None, line or jsonlines.dumps(record)
    try:
        _text(said_at)
        if kind == "day":
            return at, "day", *_day(record), None
        line = line or jsonlines.dumps(record)
        about, said = _READERS[kind](record, at, line)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return at, MALFORMED, None, None, line or jsonlines.dumps(record)
    return at, str(kind), about, said, line


def _day(record: Record) -> tuple[tuple[date, str], Record]:
    """Day and source, and the record with its long lists packed."""
    day = date.fromisoformat(record["day"])
    if record["outcome"] not in OUTCOMES:
        raise ValueError("no outcome of a day")
    said = record | {key: make(record[key]) for key, make in _OF_A_DAY.items() if key in record}
    return (day, said.get("source", "")), said


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    "".join(value)  # all of it text
    return value


def _tokens(value: Any) -> tuple[int, int, int]:
    prompt, cached, completion = map(_whole, value)
    return prompt, cached, completion


def _whole(value: Any) -> int:
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise TypeError("not a whole number")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError("not a number")
    return float(value)


def _seven(value: Any) -> tuple[Any, ...]:
    """The fields of a `kb.core.listed.Usage`."""
    if not isinstance(value, list) or len(value) != 7:
        raise TypeError("not what a model took")
    return tuple(value)


def _by_reason(value: Any) -> dict[str, list[str]]:
    return {_text(why): _texts(ids) for why, ids in value.items()}


def _screen(value: Any) -> dict[str, Any]:
    """How a day was screened: places count in the local order, from 0."""
    size, sent = _whole(value["size"]), _whole(value["sent"])
    places = {name: [_whole(each) for each in value[name]] for name in ("kept", "sample")}
    if not 0 <= sent <= size or any(not 0 <= p < size for each in places.values() for p in each):
        raise ValueError("a place that is none")
    return {"size": size, "sent": sent, **places, "prompt": _text(value["prompt"])}


_OF_A_DAY: dict[str, Callable[[Any], Any]] = {
    "source": _text,
    "why": _text,
    "by": _text,
    "model": _text,
    "waiting": _by_reason,
    "answered": _texts,
    "fell": _texts,
    "screen": _screen,
    "criteria": _text,
    "announced": _whole,
    "usage": lambda value: tuple(map(_seven, value)),
    "scanned": _whole,
    "usd": _number,
    "cats": _texts,
    "kept": _texts,
    "cutoffs": lambda value: {key: _whole(cutoff) for key, cutoff in value.items()},
    "tokens": _tokens,
    "papers": Scores,
    "outside": lambda value: PaperIds(_texts(value)),
    "reasons": Reasons,
}


@dataclass(frozen=True, slots=True)
class Paid:
    """What a record says was spent, by which model, on which announcement day's papers."""

    by: str
    cost: Cost
    day: date | None


def _judged(record: Record, *_: Any) -> tuple[str, Paid | None]:
    if not all(isinstance(record[key], int) and 1 <= record[key] <= 10 for key in ("r", "n")):
        raise ValueError("a score is out of range")
    return str(record["id"]), _paid(record, str(record["by"]))


def _summary(record: Record, *_: Any) -> tuple[str, Paid | None]:
    """What a model says of a paper, in a sentence or two and at more length."""
    _text(record["short"]), _text(record["long"])
    return _text(record["id"]), _paid(record, _text(record["by"]))


def _month(record: Record, *_: Any) -> tuple[str, tuple[Paid | None, Record]]:
    """How a model looks back on a month: paragraphs, and a digest of the papers they are about."""
    _texts(record["text"]), _text(record["of"]), _whole(record["papers"])
    _text(record.get("prompt", ""))
    return _text(record["month"]), (_paid(record, _text(record["by"])), record)


def _spent(record: Record, *_: Any) -> tuple[str, tuple[Paid | None, Record]]:
    """What one asking took beside what the records of its answers say."""
    by = _text(record["by"])
    _text(record.get("task", "")), _text(record.get("prompt", ""))
    unsound = record.get("unsound", {})
    _texts([*unsound.keys(), *unsound.values()])
    return by, (_paid(record, by), record)


def _bulk(record: Record, *_: Any) -> tuple[str, Record]:
    """Papers handed to a provider's queue, or (`done`) that it has answered."""
    if not record.get("done"):
        for key in ("by", "place", "prompt", "told"):
            _text(record[key])
        _text(record.get("id", "")), _number(record.get("about", 0.0))
        for day in record["days"].values():
            date.fromisoformat(day)
        for version in record["vers"].values():
            _whole(version)
    return _text(record["batch"]), record


def _paid(record: Record, by: str) -> Paid | None:
    cost = cost_of(record)
    if cost is None:
        return None
    try:
        return Paid(by, cost, date.fromisoformat(record["day"]))
    except (KeyError, TypeError, ValueError):  # the judgement counts all the same
        return Paid(by, cost, None)


def _wrote(record: Record, at: str, line: bytes) -> tuple[str, Written]:
    path, keys, regions = record["path"], record.get("keys", {}), record.get("regions", {})
    if not (isinstance(path, str) and isinstance(keys, dict) and isinstance(regions, dict)):
        raise TypeError("a path is no text, or keys or regions are no object")
    adopted, moved = bool(record.get("adopted")), bool(record.get("moved"))
    update = _text(record.get("update", ""))
    return _text(record["id"]), Written.of(
        path, keys, regions, at, adopted=adopted, moved=moved, update=update, line=line
    )


def _gone(record: Record, *_: Any) -> tuple[str, bool]:
    return _text(record["id"]), record.get("by") == "cutoffs"


def _seen(record: Record, *_: Any) -> tuple[date, list[str]]:
    return date.fromisoformat(record["day"]), _texts(record["papers"])


def _boxes(record: Record, *_: Any) -> tuple[str, frozenset[str]]:
    return _text(record["id"]), _shared(tuple(_texts(record["on"])))


@lru_cache(maxsize=64)
def _shared(on: tuple[str, ...]) -> frozenset[str]:
    """One set for the many notes that have the same boxes ticked."""
    return frozenset(on)


def _forgot(record: Record, *_: Any) -> tuple[str, None]:
    return str(record["source"]), None


def _pass(record: Record, *_: Any) -> tuple[None, Record]:
    return None, record


_READERS: dict[Any, Callable[[Record, str, bytes], tuple[Any, Any]]] = {
    "judged": _judged,
    "summary": _summary,
    "month": _month,
    "spent": _spent,
    "bulk": _bulk,
    "wrote": _wrote,
    "gone": _gone,
    "seen": _seen,
    "boxes": _boxes,
    "forgot": _forgot,
    "pass": _pass,
}
