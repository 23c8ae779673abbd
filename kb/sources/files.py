"""Papers from saved feeds: one file, a folder of them, or standard input."""

from __future__ import annotations

import gzip
import io
import os
import re
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from kb.errors import Problem, UsageError
from kb.sources import jsonlines, streams
from kb.sources.atom import parse_atom
from kb.sources.rss import parse_rss
from kb.sources.xml import NotAFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from kb.core.papers import Paper

_MOST_PROBLEMS = 100
"""Told one by one for a file; the others are counted."""

_PATIENCE = 50
"""Lines without any JSON object after which a file is taken for something else."""

_ROOT = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"\xfd7zXZ": "packed with xz",
    b"BZh": "packed with bzip2",
}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SavedFeed:
    """What a saved feed holds."""

    papers: tuple[Paper, ...]
    """New and cross-listed, each with its announcement day, in the order they came."""
    updates: tuple[Paper, ...]
    """Replacements: for notes there are already. `announced` is the day of the replacement."""
    problems: tuple[Problem, ...]
    days: tuple[date, ...]
    """The announcement days in it, also those of feeds without items."""


@dataclass(slots=True)
class _Reading:
    day: date | None
    mailing_day: Callable[[datetime], date]
    papers: dict[str, Paper] = field(default_factory=dict)
    updates: dict[str, Paper] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    feeds: int = 0

    def add(self, paper: Paper, where: str) -> None:
        if paper.announce_type in ("replace", "replace-cross"):
            known = self.updates.get(paper.id)
            if known is None or paper.version > known.version:
                self.updates[paper.id] = paper
            return
        day = self.day or paper.announced
        if day is None and paper.submitted is not None:
            day = self.mailing_day(paper.submitted)
        if day is None:
            self.problems.append(Problem(where, f"{paper.id} has no announcement day: give --date"))
            return
        self.days.add(day)
        if paper.announced != day:
            paper = replace(paper, announced=day)
        known = self.papers.get(paper.id)
        if known is None or _precedence(paper) < _precedence(known):
            self.papers[paper.id] = paper


def _precedence(paper: Paper) -> tuple[date | None, int, bool]:
    return paper.announced, -paper.version, paper.announce_type == "cross"


def read_feed(
    source: str,
    *,
    stdin: BinaryIO | None = None,
    day: date | None = None,
    mailing_day: Callable[[datetime], date],
) -> SavedFeed:
    """The papers in `source`: a file, a folder (with what is below it), or `-` for `stdin`.

    Atom (API answers), RSS (the announcement feed), JSON lines, a JSON array or one JSON object;
    plain or gzipped; told apart by content. The announcement day of a record is `day` where given,
    else the record's own, else `mailing_day` of its submission time. Of records of one paper the
    earliest day wins, then the highest version. A record or file that cannot be read is a Problem
    that names file and line. Raises UsageError where `source` is missing or nothing in it is
    readable.
    """
    reading = _Reading(day, mailing_day)
    if source == "-":
        if stdin is None:
            raise UsageError("there is no standard input to read; name a file or a folder")
        stream = io.BufferedReader(cast("io.RawIOBase", stdin))
        try:
            _read(stream, "standard input", reading)
        finally:
            stream.detach()
    else:
        path = Path(source).expanduser()
        if not path.exists():
            raise UsageError(
                f"{source}: no such file or folder; --feed takes a file, a folder or -"
            )
        if path.is_dir():
            for file in _files_below(path):
                _read_file(file, file.relative_to(path).as_posix(), reading)
        else:
            _read_file(path, path.name, reading)
    if not (reading.feeds or reading.papers or reading.updates):
        raise UsageError(_nothing(source, reading.problems))
    return SavedFeed(
        papers=tuple(reading.papers.values()),
        updates=tuple(reading.updates.values()),
        problems=tuple(reading.problems),
        days=tuple(sorted(reading.days)),
    )


def _nothing(source: str, problems: list[Problem]) -> str:
    if not problems:
        return f"{source}: there is no feed in this folder"
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{source}: nothing in it can be read as papers: {problems[0]}{more}"


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(place, name)
            if not name.startswith(".") and file.is_file():
                yield file


def _read_file(path: Path, name: str, reading: _Reading) -> None:
    try:
        with path.open("rb") as stream:
            _read(stream, name, reading)
    except OSError as error:
        reading.problems.append(Problem(name, f"cannot be read ({error.strerror or error})"))


def _read(packed: io.BufferedReader[Any], name: str, reading: _Reading) -> None:
    """Add what the stream holds, or the Problem that says why it holds nothing."""
    before = len(reading.problems)
    try:
        with streams.unpacked(packed) as stream:
            _read_unpacked(stream, name, reading)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        reading.problems.append(Problem(name, f"the gzip data is damaged or cut short ({error})"))
    except ValueError as error:
        reading.problems.append(Problem(name, str(error)))
    if len(reading.problems) - before > _MOST_PROBLEMS:
        more = len(reading.problems) - before - _MOST_PROBLEMS
        del reading.problems[before + _MOST_PROBLEMS :]
        reading.problems.append(Problem(name, f"{more} more records cannot be read"))


def _read_unpacked(stream: io.BufferedReader[Any], name: str, reading: _Reading) -> None:
    number, first = 1, stream.readline(streams.MAX_LINE + 1)
    while first and not first.strip():
        number, first = number + 1, stream.readline(streams.MAX_LINE + 1)
    start = first.removeprefix(_BOM).lstrip()
    if not start:
        raise ValueError("it is empty")
    for magic, what in _ARCHIVES.items():
        if first.startswith(magic):
            raise ValueError(f"it is {what}; unpack it first")
    if start.startswith(b"<"):
        _add_xml(streams.whole(first, stream), name, reading)
    elif start.startswith(b"["):
        _add_records(jsonlines.load(streams.whole(first, stream)), name, reading)
    elif start.startswith(b"{") and not start.rstrip().endswith(b"}"):
        # One object over many lines, or lines of which the first is broken.
        head = first + stream.read(streams.MAX_WHOLE)
        try:
            record = jsonlines.load(head)
        except ValueError:
            _add_lines(streams.lines(head, stream), number, name, reading)
        else:
            _add_records([record], name, reading)
    else:
        _add_lines(streams.lines(first, stream), number, name, reading)


def _add_xml(data: bytes, name: str, reading: _Reading) -> None:
    root = _ROOT.match(data.removeprefix(_BOM))
    if root is not None and root[1] == b"feed":
        page = parse_atom(data)
        if page.error is not None:
            raise NotAFeed(f"an error of arXiv instead of papers ({page.error})")
        papers, problems = page.papers, page.problems
    else:
        feed = parse_rss(data)
        papers, problems = feed.items, feed.problems
        # Weekend feeds are empty and no announcement; an empty feed of another day is a quiet day.
        if feed.day is not None and (papers or feed.day.weekday() < 5):
            reading.days.add(reading.day or feed.day)
    reading.feeds += 1
    reading.problems.extend(Problem(f"{name}, {each.where}", each.why) for each in problems)
    for paper in papers:
        reading.add(paper, name)


def _add_records(records: list[object], name: str, reading: _Reading) -> None:
    for number, record in enumerate(records, 1):
        where = f"{name}, record {number}"
        try:
            paper = jsonlines.parse_record(record)
        except ValueError as error:
            reading.problems.append(Problem(where, str(error)))
        else:
            reading.add(paper, where)


def _add_lines(lines: Iterator[bytes], number: int, name: str, reading: _Reading) -> None:
    """Add one record a line, the first of which is line `number` of the file."""
    problems: list[Problem] = []
    objects = failed = 0
    for at, line in enumerate(lines, number):
        if not line.strip():
            continue
        where = f"{name}:{at}"
        try:
            if len(line) > streams.MAX_LINE:
                raise ValueError(f"the line is longer than {streams.MAX_LINE >> 20} MiB")
            paper = jsonlines.parse_line(line)
        except ValueError as error:
            objects += line.lstrip().startswith(b"{")
            failed += 1
            problems.append(Problem(where, str(error)))
            if not objects and failed >= _PATIENCE:
                break
        else:
            objects += 1
            reading.add(paper, where)
    if not objects:
        raise NotAFeed("neither Atom, RSS nor JSON lines")
    reading.problems.extend(problems)
