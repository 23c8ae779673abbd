"""A vault that is open: its settings, files, ledger, cache and lock, and the notes in it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kb.core import frontmatter, links, regions
from kb.core import notes as notes_
from kb.core.pages import REGION, Layout
from kb.errors import Busy, ConfigError, Problem, Refused, UsageError
from kb.vault.cache import Cache, vault_cache_folder
from kb.vault.files import Missing, VaultFiles, decode
from kb.vault.ledger import Ledger
from kb.vault.lock import VaultLock
from kb.vault.walk import NOT_UNICODE, is_conflict_copy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from kb.config import Settings
    from kb.core.notes import Note

CONFIG = "kb.toml"


def find(path: str | None) -> Path:
    """The vault's folder: `path`, else `$KB_VAULT`, else the nearest folder upwards with a kb.toml.

    Raises UsageError where there is none.
    """
    if named := path or os.environ.get("KB_VAULT"):
        root = Path(named).expanduser().resolve()
        if not (root / CONFIG).is_file():
            raise UsageError(_no_vault(root, named))
        return root
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise UsageError(
        f"no {CONFIG} in this folder or above; name a vault with --vault, or make one: kb init my-vault"
    )


def _no_vault(root: Path, named: str) -> str:
    if vault_cache_folder(root).is_dir():
        return (
            f"{root} was a vault of kb, but its {CONFIG} is gone, so nothing was done; bring it back"
            " (an unmounted disk, an unfinished sync?)"
        )
    return f"{root} is not a vault of kb (no {CONFIG}); `kb init {named}` makes it one"


@dataclass(frozen=True, slots=True)
class Scan:
    """All notes found on disk."""

    notes: tuple[Note, ...]
    """Those with an `arxiv_id`: one per paper, the others are in `duplicates`."""
    traced: dict[str, Note]
    """Papers that a note without `arxiv_id` is about, by its properties."""
    duplicates: tuple[tuple[Note, Note], ...]
    """(listed, passed over) notes with the same id."""
    stems: frozenset[str]
    """Keys of every file stem in the vault (`names.key`)."""
    refused: tuple[Problem, ...]
    paths: frozenset[str]
    """Every Markdown file of the vault."""
    nameless: tuple[str, ...] = ()
    """Files and folders whose names are not Unicode, as ASCII; a paper's note may be among them."""

    @property
    def unclear(self) -> frozenset[str]:
        """Files that are there and are no paper's listed note: what cannot be read or has lost its
        `arxiv_id` (perhaps as an editor is about to save it) is not deleted."""
        return self.paths - {note.path for note in self.notes}

    @property
    def by_id(self) -> dict[str, Note]:
        return {note.id: note for note in self.notes if note.id}


class Vault:
    """Opens what a pass needs. Close it, or use it as a context manager."""

    def __init__(self, root: Path, settings: Settings, *, folder: Path | None = None) -> None:
        self.root = root
        self.settings = settings
        self.cache_folder = folder or vault_cache_folder(root)
        self.cache = Cache(self.cache_folder)
        self.files = VaultFiles(root, quiet_seconds=settings.notes.quiet, ours=self.cache)
        self.ledger = Ledger(root, memory=self.cache)

    def __enter__(self) -> Vault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.cache.close()

    def lock(self) -> VaultLock:
        return VaultLock(self.cache_folder, self.root)

    @property
    def layout(self) -> Layout:
        folders = self.settings.folders
        return Layout(folders.root, folders.daily, folders.weekly, folders.monthly)

    def read_text(self, path: str) -> str:
        """A file of the vault as text. Raises Refused, or its subclass Missing."""
        return decode(path, self.files.read(path).data)

    def topics_text(self) -> str:
        """`Topics.md`. Raises ConfigError where it is missing."""
        path = self.layout.topics
        try:
            return self.read_text(path)
        except Missing:
            raise ConfigError(
                f"{path} is missing; write down what to look for, or let `kb init {self.root}` put"
                " the default back"
            ) from None

    def scan(self, wrote: dict[str, str] | None = None) -> Scan:
        """Every Markdown file's frontmatter, read again only where the file changed.

        `wrote` says under which path kb last knew a paper, which settles which of two notes with
        one id is the paper's.
        """
        known = self.cache.notes()
        fresh: list[tuple[str, int, int, str]] = []
        found: list[Note] = []
        stems: set[str] = set()
        present: set[str] = set()
        paths: set[str] = set()
        passed_over: dict[str, str] = {}
        for entry in self.files.walk(passed_over):
            stems.add(_stem_key(entry.path))
            paths.add(entry.path)
            if is_conflict_copy(entry.path.rpartition("/")[2]):
                continue
            present.add(entry.path)
            row = known.get(entry.path)
            if row is not None and row[0] == entry.mtime_ns and row[1] == entry.size:
                note = _load(entry.path, row[2])
            else:
                note = self._read(entry.path)
                fresh.append((entry.path, entry.mtime_ns, entry.size, _store(note)))
            found.append(note)
        gone = [path for path in known if path not in present]
        if fresh or gone:
            self.cache.put_notes(fresh, gone)
        here = {path for path, why in passed_over.items() if why != NOT_UNICODE}
        scan = arrange(found, wrote or {}, frozenset(stems), frozenset(paths | here))
        ours = here.intersection((wrote or {}).values())
        return replace(
            scan,
            refused=(*scan.refused, *(Problem(path, passed_over[path]) for path in sorted(ours))),
            nameless=tuple(sorted(passed_over.keys() - here)),
        )

    def linked(self) -> frozenset[str] | None:
        """What the reader has linked, as `links.file_key` of the names: in Markdown (the regions of
        kb's pages do not count), on canvases, as bookmarks. None where a file cannot be read."""
        found: set[str] = set()
        for entry in self.files.walk():
            try:
                text = self.read_text(entry.path)
                ours = regions.find(text, REGION) if self.layout.owns(entry.path) else None
            except (Refused, Busy, regions.RegionError, frontmatter.FrontmatterError):
                return None
            text = text[: ours.start] + text[ours.end :] if ours else text
            found.update(links.file_key(target) for target in links.read_links(text))
        root = self.files.root
        for file in (*root.rglob("*.canvas"), *root.glob(".obsidian/bookmarks.json")):
            named = re.findall(r'"([^"]+\.md)"', file.read_text("utf-8", "replace"))
            found.update(links.file_key(json.loads(f'"{name}"')) for name in named)
        return frozenset(found)

    def _read(self, path: str) -> Note:
        try:
            return notes_.read(path, self.read_text(path))
        except Missing:
            return notes_.Note(path=path)
        except (Busy, Refused) as error:
            return self._told_by_its_head(path, error.why)

    def _told_by_its_head(self, path: str, why: str) -> Note:
        """A note that cannot be used, and still the paper's if its first lines say so."""
        try:
            head = notes_.read(path, _loosely(self.files.head(path)))
        except (Busy, Refused):
            return notes_.Note(path=path, refused=why)
        return replace(head, regions={}, refused=why)


def arrange(
    found: Sequence[Note], wrote: dict[str, str], stems: frozenset[str], paths: frozenset[str]
) -> Scan:
    """Sorts out one note per paper: the one kb wrote, else the first by path."""
    chosen: dict[str, Note] = {}
    duplicates: list[tuple[Note, Note]] = []
    traced: dict[str, Note] = {}
    refused: list[Problem] = []
    known = frozenset(wrote.values())
    for note in sorted(found, key=lambda n: (n.path != wrote.get(n.id or "", ""), n.path)):
        if note.refused and (note.claimed or note.path in known):
            refused.append(Problem(note.path, note.refused))
        if note.id is None:
            for trace in note.traces:
                traced.setdefault(trace, note)
        elif note.id in chosen:
            duplicates.append((chosen[note.id], note))
        else:
            chosen[note.id] = note
    ordered = tuple(sorted(chosen.values(), key=lambda n: n.path))
    return Scan(ordered, traced, tuple(duplicates), stems, tuple(refused), paths)


def _loosely(data: bytes) -> str:
    """Bytes as text as well as can be; the last, cut character aside."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return data.decode(encoding, "replace").replace("\0", "\ufffd")


def _stem_key(path: str) -> str:
    from kb.core import names

    return names.key(path.rpartition("/")[2].removesuffix(".md"))


def _store(note: Note) -> str:
    if note == notes_.Note(path=note.path):
        return ""
    return json.dumps(asdict(note), ensure_ascii=False)


def _load(path: str, data: str) -> Note:
    if not data:
        return notes_.Note(path=path)
    values = json.loads(data)
    return notes_.Note(**values | {"traces": tuple(values["traces"])})
