"""Which notes a vault holds, kept in step with its disk.

A file is read again only where its stamp (times, size) is not the one under which it was read
last: by this process, or by an earlier one that has left what it read in the cache.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from array import array
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from zlib import crc32

from kb.core import names
from kb.core import notes as notes_
from kb.core.collection import Card, Notes
from kb.core.properties import PLAIN
from kb.errors import Busy, Problem, Refused
from kb.vault import snapshots
from kb.vault.apart import apart, each
from kb.vault.reading import Missing
from kb.vault.walk import NOT_UNICODE, Entry, Walk, is_conflict_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from kb.core.notes import Note
    from kb.core.properties import Properties
    from kb.vault.cache import Cache, NoteRow
    from kb.vault.files import VaultFiles

_RACY = 50_000_000
"""Nanoseconds in which a file can be changed twice under one time: what was read so soon after a
change is read again the next time."""
_UNTRUSTED = -1


class Home(Protocol):
    """Says under which path kb last knew the note of a paper."""

    def get(self, arxiv_id: str, /) -> str | None: ...


class Seen(NamedTuple):
    """A Markdown file as it was read."""

    mtime_ns: int
    ctime_ns: int
    size: int
    packed: bytes
    """What `notes.pack` made of it; empty where it is about no paper."""
    id: str | None = None
    card: Card | None = None
    """Where it is the note of a paper, `id`."""

    @classmethod
    def of(cls, stamp: tuple[int, int, int], note: Note) -> Seen:
        packed = notes_.pack(note)
        if note.id is None:
            return cls(*stamp, packed)
        return cls(*stamp, packed, note.id, Card.of(note, packed))


@dataclass(slots=True)
class Changes:
    """What the disk had to say that was not known."""

    papers: set[str]
    """Papers of whose notes, in one place or several, one has come, changed or gone."""
    paths: set[str]
    """Markdown files that have come, changed or gone."""
    everything: bool = False
    """Nothing was known before."""

    def __bool__(self) -> bool:
        return self.everything or bool(self.papers or self.paths)


class _Listing(NamedTuple):
    """The Markdown files that a vault was found to have."""

    paths: list[str]
    stamps: array[int]
    """Modification and change time (ns) and size of each."""
    passed_over: dict[str, str]


def _list(root: Path) -> _Listing:
    listing = _Listing([], array("q"), {})
    for entry in Walk(root).all(listing.passed_over):
        listing.paths.append(entry.path)
        listing.stamps.extend((entry.mtime_ns, entry.ctime_ns, entry.size))
    return listing


class Scan:
    """Every Markdown file of a vault, and the one note of each paper: of several with one id the one
    at the path under which kb knows it (`Home`), else the first by path."""

    def __init__(self, files: VaultFiles, cache: Cache, properties: Properties = PLAIN) -> None:
        self._files = files
        self._cache = cache
        self._properties = properties
        self._how = f"{notes_.FACE} {properties.signature}"
        """How notes are read: what was read otherwise is not to be used."""
        self._seen: dict[str, Seen] = {}
        self.begun = False
        """Whether it has been compared with the disk yet."""
        self.notes = Notes()
        """By paper, as they are on disk now; kept in step by whoever writes one."""
        self._rivals: dict[str, set[str]] = {}
        """Paths of the notes with one id, where there are several."""
        self._traces: dict[str, set[str]] = {}
        self._troubled: dict[str, tuple[str, bool]] = {}
        """Files that cannot be used as they are: why, and whether they say that they are a paper's."""
        self._passed_over: dict[str, str] = {}
        self._walk = Walk(files.root)
        """Of the last look at the disk."""
        self._listed: Callable[[], _Listing] | None = None
        """Has what another process lists."""
        self._unsaved: dict[str, Seen | None] = {}
        """What the cache is to remember of files (None: that they are gone)."""

    # What is there

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Notes of papers that cannot be used as they are, by what they say of themselves."""
        return self.refused_among(frozenset())

    def refused_among(self, wrote: frozenset[str]) -> tuple[Problem, ...]:
        """Those, and what cannot be used of the files under which kb wrote notes (`wrote`)."""
        told = [
            Problem(path, why)
            for path, (why, claimed) in sorted(self._troubled.items())
            if claimed or path in wrote
        ]
        odd = [
            Problem(path, why)
            for path, why in sorted(self._passed_over.items())
            if path in wrote and why != NOT_UNICODE
        ]
        return (*told, *odd)

    def troubled(self) -> list[str]:
        """Files that cannot be used as they are."""
        return [*self._troubled, *self._passed_over]

    @property
    def traced(self) -> Mapping[str, Note]:
        """Papers that a note without `arxiv_id` is about, by its properties."""
        return _Traced(self._traces, self.note_at)

    @property
    def duplicates(self) -> tuple[tuple[Note, Note], ...]:
        """(listed, passed over) notes with the same id."""
        found = []
        for arxiv_id, paths in sorted(self._rivals.items()):
            listed = self.notes.path_of(arxiv_id)
            others = sorted(path for path in paths if path != listed)
            if listed is not None:
                found += [(self.note_at(listed), self.note_at(path)) for path in others]
        return tuple(found)

    @property
    def nameless(self) -> tuple[str, ...]:
        """Files and folders whose names are not Unicode, as ASCII; a paper's note may be among them."""
        return tuple(sorted(p for p, why in self._passed_over.items() if why == NOT_UNICODE))

    @property
    def stems(self) -> frozenset[str]:
        """Keys of every file stem in the vault (`names.key`)."""
        return frozenset(
            names.key(path.rpartition("/")[2].removesuffix(".md")) for path in self._seen
        )

    def paths(self) -> Iterator[str]:
        """Every Markdown file of the vault, what only has the name of one included."""
        yield from self._seen
        yield from (path for path, why in self._passed_over.items() if why != NOT_UNICODE)

    def __contains__(self, path: str) -> bool:
        """Whether there is a Markdown file, or what has the name of one, at `path`."""
        return path in self._seen or (
            path in self._passed_over and self._passed_over[path] != NOT_UNICODE
        )

    def is_unclear(self, path: str) -> bool:
        """Whether a file is there and is no paper's listed note: what cannot be read or has lost its
        `arxiv_id` (perhaps as an editor is about to save it) is not deleted."""
        return path in self and self.notes.id_at(path) is None

    def stamp(self, path: str) -> tuple[int, int, int] | None:
        """Times and size of a file as it was last seen."""
        seen = self._seen.get(path)
        return seen[:3] if seen else None

    def told(self) -> tuple[object, ...]:
        """Equal where all that was met is the same: names and stamps of files, what was passed over, and
        how notes are read."""
        stamps = sum(hash((crc32(os.fsencode(p)), *seen[:3])) for p, seen in self._seen.items())
        return self._how, len(self._seen), stamps, sorted(self._passed_over.items())

    def note_at(self, path: str) -> Note:
        """What was read at `path`."""
        packed = self._seen[path].packed
        return notes_.unpack(packed) if packed else notes_.Note(path=path)

    def card_at(self, path: str) -> Card | None:
        """The card of the paper's note that was read, or written by kb, at `path`."""
        seen = self._seen.get(path)
        return seen.card if seen else None

    # In step with the disk

    @contextmanager
    def listing(self) -> Iterator[None]:
        """Lets another process list the files meanwhile, for `compare` to have."""
        with apart(partial(_list, self._files.root)) as self._listed:
            try:
                yield
            finally:
                self._listed = None

    def compare(self, home: Home) -> Changes:
        """Looks at every file of the vault. Raises DiskError where the vault cannot be listed."""
        changes = Changes(set(), set(), everything=not self.begun)
        since: dict[str, Seen] = {}
        if not self.begun:
            since = self._recall()
            self.begun = True
        known = self._seen | since
        present: dict[str, Seen | None] = {}
        unread: list[Entry] = []
        self._walk = Walk(self._files.root)
        listing = self._listed() if self._listed is not None else _list(self._files.root)
        self._passed_over = listing.passed_over
        numbers = iter(listing.stamps)
        for path, *stamp in zip(listing.paths, numbers, numbers, numbers, strict=True):
            seen = present[path] = known.get(path)
            if seen is None or seen[:3] != tuple(stamp):
                mtime_ns, ctime_ns, size = stamp
                unread.append(Entry(path, size, mtime_ns, ctime_ns))
        fresh = dict(zip((entry.path for entry in unread), each(self._read, unread), strict=True))
        for path, seen in (present | fresh).items():
            if seen is not None and self._seen.get(path) is not seen:
                self._enter(path, seen, changes)
        gone = [path for path in known if path not in present]
        for path in gone:
            if path in self._seen:
                self._leave(path, changes)
        self._settle(home, changes)
        if changes.everything:
            changes.paths, changes.papers = set(self._seen), set(self.notes)
        self._unsaved |= fresh
        self._unsaved |= dict.fromkeys(gone)
        if not (changes.everything and self._keep(len(since) + len(fresh))):
            self.remember()
        return changes

    def look_at(self, hints: Iterable[str], home: Home) -> Changes:
        """Looks at the named files, and at all in the named folders, as far as they are the vault's."""
        changes = Changes(set(), set())
        fresh: dict[str, Seen] = {}
        gone: list[str] = []
        for path, entry in self._resolve(hints):
            before = self._seen.get(path)
            if entry is None:
                if before is not None:
                    self._leave(path, changes)
                    gone.append(path)
            elif before is None or before[:3] != (entry.mtime_ns, entry.ctime_ns, entry.size):
                fresh[path] = self._read(entry)
                self._enter(path, fresh[path], changes)
        self._settle(home, changes)
        self._unsaved |= fresh
        self._unsaved |= dict.fromkeys(gone)
        return changes

    def differs(self, hints: Iterable[str]) -> bool:
        """Whether `look_at` would find anything. Nothing is read but names and stamps."""
        for path, entry in self._resolve(hints):
            seen = self._seen.get(path)
            if (entry is None) != (seen is None):
                return True
            if entry and seen and seen[:3] != (entry.mtime_ns, entry.ctime_ns, entry.size):
                return True
        return False

    def wrote(self, path: str, size: int, note: Note | None = None) -> None:
        """Takes the stamp of what kb itself has just written, `size` bytes, so that an event of it is
        nothing new. Where somebody has written since, it is left to be found."""
        if not self._walk.is_plain(path.rpartition("/")[0]):
            return
        try:
            there = (self._files.root / path).lstat()
        except OSError:
            return
        if stat.S_ISREG(there.st_mode) and there.st_size == size:
            stamp = (there.st_mtime_ns, there.st_ctime_ns, size)
            self._seen[path] = Seen.of(stamp, note or notes_.Note(path=path))

    def removed(self, path: str) -> None:
        """kb itself has just removed a page."""
        self._seen.pop(path, None)

    def _resolve(self, hints: Iterable[str]) -> Iterator[tuple[str, Entry | None]]:
        """The files that hints mean, and how they stand now: None for those that are not there."""
        walk = self._walk = Walk(self._files.root)
        folders: set[str] = set()
        for hint in sorted(set(hints)):
            if hint[-3:].lower() == ".md" and not (self._files.root / hint).is_dir():
                if walk.is_plain(hint.rpartition("/")[0]):  # else only a full comparison can tell
                    self._passed_over.pop(hint, None)
                    yield hint, walk.entry(hint, self._passed_over)
            elif not any(hint.startswith(f"{folder}/") for folder in folders):
                folders.add(hint)
        if not folders:
            return
        found = {
            entry.path: entry
            for folder in sorted(folders)
            for entry in walk.below(folder, self._passed_over)
        }
        prefixes = tuple(f"{folder}/" for folder in folders)
        known = [path for path in self._seen if "" in folders or path.startswith(prefixes)]
        yield from ((path, None) for path in known if path not in found)
        yield from found.items()

    def _enter(self, path: str, seen: Seen, changes: Changes) -> None:
        before = self._seen.get(path)
        self._seen[path] = seen
        if before is not None and before.packed == seen.packed:
            changes.paths.add(path)  # the same to notes and pages, and yet for git to record
            return
        self._part_with(path, before, changes, now=seen.id)
        changes.paths.add(path)
        if not seen.packed:
            return
        if seen.id is None or seen.card is None or seen.card.refused:
            self._take_note(path, notes_.unpack(seen.packed))
        if seen.id is None or seen.card is None:
            return
        changes.papers.add(seen.id)
        listed = self.notes.path_of(seen.id)
        if listed is None or listed == path:
            self.notes.put(seen.id, seen.card)
            if seen.id in self._rivals:
                self._rivals[seen.id].add(path)
        else:
            self._rivals.setdefault(seen.id, set()).update((listed, path))

    def _take_note(self, path: str, note: Note) -> None:
        """What a file says beside being a paper's note."""
        if note.refused:
            self._troubled[path] = note.refused, note.claimed
        if note.id is None:
            for trace in note.traces:
                self._traces.setdefault(trace, set()).add(path)

    def _leave(self, path: str, changes: Changes) -> None:
        self._part_with(path, self._seen.pop(path), changes)
        changes.paths.add(path)

    def _part_with(
        self, path: str, before: Seen | None, changes: Changes, *, now: str | None = None
    ) -> None:
        """Forgets what the file said before; the note of the paper `now` is to be put in its place."""
        self._troubled.pop(path, None)
        if before is None or not before.packed:
            return
        if before.id is None:
            for trace in notes_.unpack(before.packed).traces:
                if paths := self._traces.get(trace):
                    paths.discard(path)
                    if not paths:
                        del self._traces[trace]
            return
        changes.papers.add(before.id)
        if rivals := self._rivals.get(before.id):
            rivals.discard(path)
        if before.id != now and self.notes.path_of(before.id) == path:
            del self.notes[before.id]

    def _settle(self, home: Home, changes: Changes) -> None:
        """Which of several notes is the paper's."""
        for arxiv_id, paths in list(self._rivals.items()):
            if len(paths) < 2:
                del self._rivals[arxiv_id]
            chosen = min(paths, key=lambda p: (p != home.get(arxiv_id), p), default=None)
            if chosen is not None and chosen != self.notes.path_of(arxiv_id):
                if (card := self._seen[chosen].card) is not None:
                    self.notes.put(arxiv_id, card)
                changes.papers.add(arxiv_id)

    # What the cache remembers

    def remember(self) -> None:
        """Lets the cache have what was read of files that were looked at. It takes as long as writing a
        page, so a pass does it when the pages are right."""
        if self._unsaved:
            self._cache.read_notes_as(self._how)
            rows = (_row(path, seen) for path, seen in self._unsaved.items() if seen is not None)
            gone = [path for path, seen in self._unsaved.items() if seen is None]
            self._cache.put_notes(rows, gone)
            self._unsaved = {}

    def _recall(self) -> dict[str, Seen]:
        """Takes up the last snapshot, if notes were read for it as they are now; and what the cache has
        of each file that was read since."""
        self._cache.read_notes_as(self._how)
        if state := self._cache.snapshots.load("notes", self._about):
            self._seen, self.notes, self._rivals, self._traces, self._troubled = state
            self.notes.settle()
        return {path: _from_row(path, row) for path, *row in self._cache.notes()}

    def _keep(self, fresh: int) -> bool:
        """Keeps a snapshot where so many notes are not in the last one."""
        if not snapshots.is_worth(fresh, len(self._seen), snapshots.WORTH_FILES):
            return False
        state = self._seen, self.notes, self._rivals, self._traces, self._troubled
        if not self._cache.snapshots.keep("notes", self._about, state):
            return False
        self._cache.forget_notes()
        self._unsaved = {}
        return True

    @property
    def _about(self) -> str:
        """What a snapshot is about: one of another way to read, or of other fields, is not to be used."""
        return f"{self._how} {Seen._fields} {Card._fields} {sorted(vars(Notes()))}"

    def _read(self, entry: Entry) -> Seen:
        path = entry.path
        if is_conflict_copy(path.rpartition("/")[2]):
            return Seen(entry.mtime_ns, entry.ctime_ns, entry.size, b"")
        racy = time.time_ns() - entry.mtime_ns < _RACY
        mtime = _UNTRUSTED if racy else entry.mtime_ns
        return Seen.of((mtime, entry.ctime_ns, entry.size), self._note(path))

    def _note(self, path: str) -> Note:
        try:
            return notes_.read(path, self._files.read_met(path).text, self._properties)
        except Missing:
            return notes_.Note(path=path)
        except (Busy, Refused) as error:
            return self._told_by_its_head(path, error.why)

    def _told_by_its_head(self, path: str, why: str) -> Note:
        """A note that cannot be used, and still the paper's if its first lines say so."""
        try:
            head = notes_.read(path, _loosely(self._files.head(path)), self._properties)
        except (Busy, Refused):
            return notes_.Note(path=path, refused=why)
        return replace(head, regions={}, refused=why)


class _Traced(Mapping[str, "Note"]):
    """The first by path of the notes that name a paper in some property."""

    def __init__(self, paths: Mapping[str, set[str]], note_at: Callable[[str], Note]) -> None:
        self._paths = paths
        self._note_at = note_at

    def __getitem__(self, arxiv_id: str) -> Note:
        return self._note_at(min(self._paths[arxiv_id]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _row(path: str, seen: Seen) -> NoteRow:
    """What the cache remembers of a file."""
    stamp, card = seen[:3], seen.card
    if card is None:
        return (path, *stamp, seen.packed, None, None, 0, 0, 0, "", None, "", b"")
    flags = card.kept | card.refused << 1 | card.unread << 2
    day = card.day.isoformat() if card.day else None
    return (
        path, *stamp, seen.packed, seen.id, day, flags, *card.rank, card.status, card.rating,
        card.topic, card.face,
    )  # fmt: skip


def _from_row(path: str, row: Sequence[Any]) -> Seen:
    mtime, ctime, size, packed, arxiv_id, day, flags, score, relevance, *rest = row
    if arxiv_id is None:
        return Seen(mtime, ctime, size, packed)
    status, rating, topic, face = rest
    card = Card(
        path, date.fromisoformat(day) if day else None, bool(flags & 1), bool(flags & 2),
        bool(flags & 4), (score, relevance), sys.intern(status), rating, sys.intern(topic),
        face, packed,
    )  # fmt: skip
    return Seen(mtime, ctime, size, packed, arxiv_id, card)


def _loosely(data: bytes) -> str:
    """Bytes as text as well as can be; the last, cut character aside."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return data.decode(encoding, "replace").replace("\0", "\ufffd")
