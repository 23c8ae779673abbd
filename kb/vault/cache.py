"""What can be had again: abstracts, parsed notes, the folded ledger, hashes of what kb last wrote.

One SQLite file per vault and a few snapshots, outside the vault, deletable at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from kb.core.papers import Paper
from kb.errors import KbError
from kb.vault.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SCHEMA = 7
# Long rows spill out of the pages of tables without rowid (sqlite.org/withoutrowid.html, 4).
_TABLES = """
create table if not exists papers (id text primary key, data text not null);
create table if not exists counts (id text primary key, data blob not null);
create table if not exists ours (path text primary key, sha256 text not null) without rowid;
create table if not exists notes (
    path text primary key, mtime_ns integer not null, ctime_ns integer not null,
    size integer not null, packed blob not null,
    id text, day text, flags integer not null, score integer not null, relevance integer not null,
    status text not null, rating integer, topic text not null, face blob not null
);
create table if not exists pages (
    path text primary key, mtime_ns integer not null, ctime_ns integer not null,
    size integer not null, signature text not null
) without rowid;
create table if not exists facts (name text primary key, value text not null) without rowid;
create table if not exists told (where_ text primary key, why text not null) without rowid;
create table if not exists begun (id text primary key, data text not null) without rowid;
"""


NoteRow = tuple[
    str, int, int, int, bytes, str | None, str | None, int, int, int, str, int | None, str, bytes
]
"""Path, modification and change time (ns), size, what `notes.pack` made of the file, and the card of
a paper's note: id, day, flags (kept, refused, unread), score, relevance, status, rating, topic, face."""


class CacheError(KbError):
    """The cache cannot be read or written; nothing of the vault is lost."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(
            f"{path}: the cache cannot be used ({error}); make room or mend the permissions there, or"
            " set KB_CACHE_DIR to another folder, then run kb again. It may be deleted at any time"
        )


def cache_folder() -> Path:
    """`$KB_CACHE_DIR`, else the user's cache folder."""
    if configured := os.environ.get("KB_CACHE_DIR"):
        return Path(configured).expanduser().resolve()
    from platformdirs import user_cache_path

    return user_cache_path("kb", appauthor=False)


def vault_cache_folder(root: Path) -> Path:
    """The folder of one vault's cache and lock, named after the vault and its path."""
    digest = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "vaults" / f"{root.resolve().name or 'vault'}-{digest}"


class Cache:
    """Tables keyed by paper id or vault path. A damaged or older file is thrown away and begun anew.

    Several threads may use it: each reads or writes while no other does.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self.path = folder / "cache.sqlite"
        self.snapshots = Snapshots(folder)
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._open()
            except sqlite3.OperationalError:  # the disk, not the file
                raise
            except sqlite3.DatabaseError:
                for name in ("cache.sqlite", "cache.sqlite-wal", "cache.sqlite-shm"):
                    (folder / name).unlink(missing_ok=True)
                self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=10, check_same_thread=False, isolation_level=None)
        try:
            db.execute("pragma journal_mode=wal")
            db.execute("pragma synchronous=normal")
            version = db.execute("pragma user_version").fetchone()[0]
            if version not in (0, _SCHEMA):
                raise sqlite3.DatabaseError("another layout")
            db.executescript(_TABLES)
            db.execute(f"pragma user_version={_SCHEMA}")
            self._stat = self.path.stat()
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def close(self) -> None:
        with self._told():
            self._db.close()

    def is_there(self) -> bool:
        """Whether the open file is still the one under its name."""
        try:
            return os.path.samestat(self.path.stat(), self._stat)
        except OSError:
            return False

    # papers

    def papers(self, ids: Iterable[str]) -> dict[str, Paper]:
        return {key: _paper(json.loads(data)) for key, data in self._many("papers", ids)}

    def put_papers(self, papers: Iterable[Paper]) -> None:
        self._put("papers", ((p.id, _dump(p)) for p in papers))

    # term counts of the local scorer

    def get_many(self, ids: Iterable[str]) -> dict[str, bytes]:
        return dict(self._many("counts", ids))

    def put_many(self, counts: Mapping[str, bytes]) -> None:
        self._put("counts", counts.items())

    # the bytes that kb wrote last

    def get(self, path: str) -> str | None:
        rows = self._run("select sha256 from ours where path = ?", path)
        return rows[0][0] if rows else None

    def put(self, path: str, sha256: str) -> None:
        self._run("insert or replace into ours values (?, ?)", path, sha256)

    def forget(self, path: str) -> None:
        self._run("delete from ours where path = ?", path)

    def written(self, folder: str) -> list[str]:
        """Paths below `folder` (with its `/`) of files that kb wrote."""
        rows = self._run(
            "select path from ours where substr(path, 1, ?) = ? order by path", len(folder), folder
        )
        return [path for (path,) in rows]

    # what is known of the vault itself

    def fact(self, name: str) -> str | None:
        rows = self._run("select value from facts where name = ?", name)
        return rows[0][0] if rows else None

    def put_fact(self, name: str, value: str) -> None:
        self._run("insert or replace into facts values (?, ?)", name, value)

    # parsed notes

    def read_notes_as(self, how: str) -> None:
        """Forgets what was read of notes in another way than `how`."""
        if self.fact("notes are read as") != how:
            self.forget_notes()
            self.put_fact("notes are read as", how)

    def notes(self) -> list[NoteRow]:
        """What was read of each file since the last snapshot, and the stamp under which it was."""
        return cast("list[NoteRow]", self._run("select * from notes"))

    def forget_notes(self) -> None:
        """A snapshot has them all."""
        self._run("delete from notes")

    def put_notes(self, rows: Iterable[NoteRow], gone: Iterable[str]) -> None:
        marks = ",".join("?" * 14)
        with self._transaction():
            self._db.executemany(f"insert or replace into notes values ({marks})", rows)  # noqa: S608
            self._db.executemany("delete from notes where path = ?", ((path,) for path in gone))

    # pages that were found right

    def right(self) -> dict[str, tuple[tuple[int, int, int], str]]:
        """Path to the stamp of the file (times, size) and the signature of what the page shows."""
        rows = self._run("select path, mtime_ns, ctime_ns, size, signature from pages")
        return {path: (tuple(stamp), signature) for path, *stamp, signature in rows}

    def put_right(
        self, pages: Mapping[str, tuple[tuple[int, int, int], str]], gone: Iterable[str] = ()
    ) -> None:
        rows = [(path, *stamp, signature) for path, (stamp, signature) in pages.items()]
        with self._transaction():
            self._db.executemany("insert or replace into pages values (?, ?, ?, ?, ?)", rows)
            self._db.executemany("delete from pages where path = ?", ((path,) for path in gone))

    # what a person has been told once

    def told(self) -> dict[str, str]:
        return dict(self._run("select where_, why from told"))

    def tell(self, problems: Mapping[str, str]) -> None:
        """Replaces all that has been told."""
        with self._transaction():
            self._db.execute("delete from told")
            self._db.executemany("insert into told values (?, ?)", problems.items())

    # notes that kb is about to write, until the ledger says so

    def begin(self, arxiv_id: str, record: Mapping[str, Any]) -> None:
        """Remembers what the ledger is to say once the note is written."""
        self._run("insert or replace into begun values (?, ?)", arxiv_id, json.dumps(record))

    def begun(self) -> dict[str, dict[str, Any]]:
        """What passes that were broken off were about to write, by paper."""
        return {key: json.loads(data) for key, data in self._run("select id, data from begun")}

    def end(self, ids: Iterable[str]) -> None:
        """The ledger says it now, or it was not written after all."""
        with self._transaction():
            self._db.executemany("delete from begun where id = ?", ((each,) for each in ids))

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, self._told():
            return self._db.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turns every error of the database or its folder into one CacheError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise CacheError(self.path, error) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._told():
            self._db.execute("begin")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                    self._db.execute("rollback")
                raise

    def _many(self, table: str, ids: Iterable[str]) -> list[tuple[str, Any]]:
        wanted = list(ids)
        rows: list[tuple[str, Any]] = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows += self._run(f"select id, data from {table} where id in ({marks})", *part)  # noqa: S608
        return rows

    def _put(self, table: str, rows: Iterable[tuple[str, Any]]) -> None:
        with self._transaction():
            self._db.executemany(f"insert or replace into {table} values (?, ?)", rows)  # noqa: S608


def _dump(paper: Paper) -> str:
    try:
        return orjson.dumps(paper).decode()
    except TypeError:  # a lone surrogate
        return json.dumps(asdict(paper), default=lambda value: value.isoformat())


def _paper(data: dict[str, Any]) -> Paper:
    for key, kind in (("submitted", datetime), ("revised", datetime), ("announced", date)):
        if data[key]:
            data[key] = kind.fromisoformat(data[key])
    return Paper(
        **data | {"authors": tuple(data["authors"]), "categories": tuple(data["categories"])}
    )
