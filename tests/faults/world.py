"""A reader's vault with a day behind it, work of theirs under way, and a pass still to come.

The pass files a new day, updates notes of replaced papers, carries ticks from a page into notes,
follows a note that was moved, renders pages and commits. `World` knows what the vault is before it
and what it must be in the end, however often the pass is broken off on the way.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faults.processes import Ended, Process
from standins.feeds import ON_TOPIC, rss
from standins.person import Person

import kb
from kb.core import frontmatter
from kb.core.folding import fold
from kb.vault import leftovers
from kb.vault.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

PER_DAY = 6
_CLOCK = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z?|\n## Last pass\n\n[^\n]*")
READERS = ("Diary.md", "staged.md", "changed.md", "untracked.md", "kb.toml", "Notes/Idea.md")
"""Files of the reader's that no pass may touch or commit."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a vault, git's own left out, and what git knows."""

    files: dict[str, bytes]
    head: str
    status: str

    def told(self) -> dict[str, bytes]:
        """The files as far as they do not depend on the clock or on how often kb had to begin."""
        return {
            path: _CLOCK.sub(b"", data)
            for path, data in self.files.items()
            if not path.startswith((".kb/ledger/", ".kb/recovered/"))
        }


class World:
    """Built once in `folder`; `restore` sets the vault back to the moment before the pass."""

    def __init__(self, folder: Path, *, commit: str = "notes") -> None:
        self.folder = folder
        self.root = folder / "vault"
        self.cache = folder / "cache"
        self._kept = folder / "kept"
        self.env = environment(folder)
        self.person = Person(self.root)
        self.feed = rss(
            folder / "2.xml",
            *((n, "new", 1, f"{ON_TOPIC} Part {n}.") for n in range(51, 63)),
            *((n, "replace", 2, f"Other words about {n}. {ON_TOPIC}") for n in range(1, PER_DAY)),
            date="Tue, 11 Feb 2025",
        )
        self._live_a_day(commit)
        for name in ("vault", "cache"):
            shutil.copytree(folder / name, self._kept / name, symlinks=True)
        self.before = self.snapshot()
        self.staging = self._staging()
        ended = self.run()
        assert ended.code == 0, ended
        self.after = self.snapshot()
        self.history = _told(self.root)
        self.restore()

    def _live_a_day(self, commit: str) -> None:
        first = rss(
            self.folder / "1.xml",
            *((n, "new", 1, f"{ON_TOPIC} Part {n}.") for n in range(1, 13)),
        )
        self._must("init")
        settings = self.root / "kb.toml"
        text = settings.read_text("utf-8")
        for old, new in (
            ('name = "{title}"', 'quiet = 0\nname = "{title}"'),
            ("settle = 30", "settle = 0"),
            ("per_day = 15", f"per_day = {PER_DAY}"),
            ("relevance = 7", "relevance = 1"),
            ('commit = "notes"', f'commit = "{commit}"'),
        ):
            assert old in text
            text = text.replace(old, new, 1)
        settings.write_text(text, "utf-8")
        self._must("sync", "--feed", str(first))
        self._work()

    def _work(self) -> None:
        """What the reader does: words in notes, a tick, a move, and work of their own in git."""
        person, root = self.person, self.root
        person.git("config", "user.name", "A reader")
        person.git("config", "user.email", "reader@localhost")
        notes = self.notes()
        assert len(notes) == PER_DAY
        _edit(notes[0], "## Notes\n", "## Notes\n\nMy own words, ünd möre.\n\n- [ ] ask about it\n")
        crlf = notes[1].read_bytes().replace(b"\n", b"\r\n")
        notes[1].write_bytes(b"\xef\xbb\xbf" + crlf + b"no line end at the end")
        _edit(notes[2], "tags: [paper]", "tags: [paper] # mine\nmine: {a: [1, 2]}")
        _edit(notes[3], "**Why it is here**", "**Why it is here, I think**")
        (root / "Reading").mkdir()
        notes[4].rename(root / "Reading" / notes[4].name)
        page = root / "Daily/arxiv-2025-02-10.md"
        ticked = str(frontmatter.read(notes[5].read_text("utf-8"))["arxiv_id"])
        text = page.read_text("utf-8")
        at = text.index(f"**arXiv** [{ticked}]")
        page.write_text(
            text[:at] + text[at:].replace("- [ ] read", "- [x] read", 1) + "\nmy own line\n"
        )
        for name in ("Diary", "staged", "changed"):
            person.write(f"{name}.md", f"{name}\n")
        person.git("add", "Diary.md", "staged.md", "changed.md", "kb.toml")
        person.git("commit", "-q", "-m", "mine")
        person.write("staged.md", "staged once\n")
        person.write("Notes/Idea.md", "an idea, staged\n")
        person.git("add", "staged.md", "Notes/Idea.md")
        person.write("staged.md", "staged once\nand changed again\n")
        person.write("changed.md", "changed since\n")
        person.write("untracked.md", "not git's\n")

    def notes(self) -> list[Path]:
        return sorted((self.root / "Papers").rglob("*.md"))

    def restore(self) -> None:
        for name in ("vault", "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self._kept / name, self.folder / name, symlinks=True)

    def start(self, *words: str, first: Callable[[], None] | None = None) -> Process:
        """The pass, or `kb WORDS`, in a process of its own."""
        asked = words or ("sync", "--feed", str(self.feed))
        told = self.folder / "told"
        return Process([*asked, "--vault", str(self.root)], self.env, told, first=first)

    def run(self, *words: str, first: Callable[[], None] | None = None) -> Ended:
        return self.start(*words, first=first).wait()

    def _must(self, *words: str) -> None:
        ended = self.run(*words)
        assert ended.code == 0, ended

    def snapshot(self) -> Snapshot:
        return Snapshot(
            files_of(self.root), self._ask("rev-parse", "HEAD"), self._ask("status", "--porcelain")
        )

    def check_broken_off(self) -> None:
        """I1 and I2, right after a pass was broken off: every file is the old or the new one."""
        before, after = self.before.told(), self.after.told()
        for path, data in self.snapshot_told().items():
            name = path.rpartition("/")[2]
            if leftovers.is_temporary(name):
                continue
            assert data in (before.get(path), after.get(path)), f"{path} is neither old nor new"
        for path in before.keys() & after.keys():
            assert (self.root / path).exists(), f"{path} is not there"

    def snapshot_told(self) -> dict[str, bytes]:
        return Snapshot(files_of(self.root), "", "").told()

    def check_recovered(self, *, recovers: bool = True) -> None:
        """I3 and I4: the next pass finishes what was begun, a further one changes nothing."""
        if recovers:
            ended = self.run()
            assert ended.code == 0, f"the next pass {ended}"
        now = self.snapshot()
        wanted, found = self.after.told(), now.told()
        differing = {p for p in wanted.keys() | found.keys() if wanted.get(p) != found.get(p)}
        assert not differing, f"differ from an unbroken pass: {sorted(differing)}"
        assert now.status == self.after.status, f"git status:\n{now.status}"
        assert _told(self.root) == self.history, "the ledger says something else"
        self.check_repository()
        times = times_of(self.root)
        again = self.run()
        assert again.code == 0, f"a further pass {again}"
        later = self.snapshot()
        assert later == now, "a further pass changed something"
        assert times_of(self.root) == times, "a further pass wrote something"

    def check_repository(self) -> None:
        """I3: sound, no lock left, the reader's staging and files as they were, none in a commit."""
        said = subprocess.run(
            ["git", "fsck", "--strict", "--no-dangling", "--no-progress"],
            cwd=self.root, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert said.returncode == 0, f"git fsck: {said.stdout} {said.stderr}"
        left = [p.name for p in (self.root / ".git").glob("*.lock")]
        left += [p.name for p in (self.root / ".git").glob("kb-*")]
        assert not left, f"left in .git: {left}"
        assert self._staging() == self.staging, "the reader's staging is not what it was"
        for path in READERS:
            assert (self.root / path).read_bytes() == self.before.files[path], path
        since = self._ask("log", "--format=", "--name-only", f"{self.before.head}..HEAD")
        foreign = set(since.splitlines()) & set(READERS)
        assert not foreign, f"committed {foreign}"

    def _staging(self) -> dict[str, str]:
        index = self.person.index()
        return {path: index[path] for path in READERS if path in index}

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=self.env, capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip("\n")


def environment(folder: Path) -> dict[str, str]:
    """A home, a cache and a git of their own below `folder`, which is made."""
    home = folder / "home"
    home.mkdir(parents=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "KB_CACHE_DIR": str(folder / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PYTHONPATH": str(Path(kb.__file__).parents[1]),
    }


def files_of(root: Path) -> dict[str, bytes]:
    """Every file below `root` but those of `.git`."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts[:1]
    }


def times_of(root: Path) -> dict[str, int]:
    return {
        path: (root / path).stat().st_mtime_ns for path in files_of(root)
    }  # of files alone: folders change with every temporary name


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_bytes().decode()
    assert old in text
    file.write_bytes(text.replace(old, new, 1).encode())


def _told(root: Path) -> dict[str, object]:
    """What the ledger says, whatever the clock and however often kb had to begin."""
    history = fold(Ledger(root).records())
    return {
        "days": {
            key: (day.outcome, day.announced, day.scores, day.kept, day.outside)
            for key, day in history.days.items()
        },
        "wrote": {
            arxiv_id: (written.path, dict(written.keys), dict(written.regions))
            for arxiv_id, written in history.wrote.items()
        },
        "gone": set(history.gone),
        "boxes": history.boxes,
        "seen": history.seen,
        "unknown": history.unknown,
    }
