"""A vault whose repository is in some state, what git knows of it, and what a pass must leave."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from faults.world import files_of, times_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.processes import Ended
    from faults.world import World

_PAGES = ("Daily/", "Weekly/", "Monthly/", "Home.md", ".kb/")
_NOTES = ("Papers/", "Reading/")
BESIDE = ("outer", "store", "away", "gitconfig")
"""What states make beside the vault."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of a repository, and what must come of the pass.

    `begin` brings it about. `commits`: all that is kb's is committed. `held`: the files are written
    and git is left as it is; after `end` the next pass must commit everything.
    """

    begin: Callable[[Case], object]
    outcome: Literal["commits", "held"] = "commits"
    says: tuple[str, ...] = ()
    """Words that must stand in what kb prints."""
    code: int = 0
    end: Callable[[Case], object] | None = None
    modes: tuple[str, ...] = ("notes",)
    """The values of `git.commit` with which it is tried."""
    passes: int = 1
    """How many it takes: a hook that changes what was just committed makes work for one more."""

    @property
    def name(self) -> str:
        return self.begin.__name__.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Look:
    """What git knows: HEAD, of every path of the index its blob, stage and flags, the stash; the
    locks there are; and the files of the vault."""

    head: str
    index: dict[str, tuple[str, ...]]
    stash: str
    locks: set[str]
    files: dict[str, bytes]


@dataclass
class Case:
    """The vault of a World in one state. `begin` functions change it, with git itself."""

    world: World
    mode: str
    root: Path
    env: dict[str, str]
    moved_to: set[str] = field(default_factory=set)
    """Where notes are that the reader has moved out of kb's folders."""
    left_out: set[str] = field(default_factory=set)
    """Files that are kb's by their place, and must not be committed in this state."""
    added_by_hook: set[str] = field(default_factory=set)
    """Files that a hook of the reader's adds to every commit."""
    kept: dict[Path, bytes] = field(default_factory=dict)
    """Files in the git folder that the reader still needs as they are."""
    alongside: list[subprocess.Popen[bytes]] = field(default_factory=list)
    """Processes of the reader's that end by themselves."""
    before: Look | None = None
    """What there was, where `begin` had a pass of kb's run already."""
    wait_seconds: float | None = None
    """How long kb waits for locks, where that is not its own ten seconds."""
    first: Callable[[], None] | None = None
    """What runs in the process of kb before kb."""

    def git(self, *words: str, at: Path | None = None, code: int | None = 0) -> str:
        ran = subprocess.run(
            ["git", *words], cwd=at or self.root, env=self.world.env, capture_output=True,
            check=False,
        )  # fmt: skip
        assert code is None or ran.returncode == code, (words, ran.stdout, ran.stderr)
        return ran.stdout.decode("utf-8", "surrogateescape")

    @property
    def top(self) -> Path:
        return self.root / self.git("rev-parse", "--show-cdup").strip()

    @property
    def git_dir(self) -> Path:
        return self.root / self.git("rev-parse", "--absolute-git-dir").strip()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    def hook(self, name: str, script: str) -> None:
        folder = self.root / self.git("rev-parse", "--git-path", "hooks").strip()
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    def no_hooks(self) -> None:
        shutil.rmtree(self.root / self.git("rev-parse", "--git-path", "hooks").strip())

    def settings(self, *pairs: tuple[str, str]) -> None:
        """Settings of the person for all their repositories; only kb's git sees them."""
        file = self.world.folder / "gitconfig"
        self.env["GIT_CONFIG_GLOBAL"] = str(file)
        for name, value in pairs:
            self.git("config", "--file", str(file), name, value)

    def move_to(self, root: Path) -> None:
        """Goes on in `root`, another checkout of the same commit, with the work and the staging."""
        staged = {path: self.git("show", f":{path}") for path in ("staged.md", "Notes/Idea.md")}
        carry_work(self.root, root)
        self.root = root
        for path, text in staged.items():
            changed = (root / path).read_bytes()
            self.write(path, text)
            self.git("add", path)
            (root / path).write_bytes(changed)
        self.git("config", "user.name", "A reader")
        self.git("config", "user.email", "reader@localhost")

    def run(self) -> Ended:
        root, env = self.world.root, self.world.env
        try:
            self.world.root, self.world.env = self.root, self.env
            return self.world.run(first=self._first)
        finally:
            self.world.root, self.world.env = root, env

    def _first(self) -> None:
        if self.wait_seconds is not None:
            from kb.repository.git import Repository

            (Repository.commit.__kwdefaults__ or {})["wait_seconds"] = self.wait_seconds
        if self.first is not None:
            self.first()

    def ours(self, path: str) -> bool:
        """Whether a file is kb's to commit; paths relative to the vault."""
        if self.mode == "own":
            return path.startswith(_PAGES) and path not in self.left_out
        known = path.startswith(_PAGES + _NOTES) or path in self.moved_to
        return known and path not in self.left_out

    def look(self) -> Look:
        files = files_of(self.root)
        if self.git("rev-parse", "--is-inside-work-tree", code=None).strip() != "true":
            return Look("", {}, "", set(), files)
        index: dict[str, tuple[str, ...]] = {}
        for option, between in (("-s", "\t"), ("-v", " ")):
            for entry in self.git("ls-files", "-z", option, at=self.top).split("\0")[:-1]:
                about, path = entry.split(between, 1)
                index[path] = (*index.get(path, ()), about)
        head = self.git("rev-parse", "--verify", "-q", "HEAD", code=None).strip()
        common = self.root / self.git("rev-parse", "--git-common-dir").strip()
        kinds = ("*.lock", "refs/heads/**/*.lock", "kb-*")
        locks = {p.name for at in (self.git_dir, common) for kind in kinds for p in at.glob(kind)}
        return Look(head, index, self.git("stash", "list"), locks, files)

    def check_files(self, before: Look) -> None:
        """I1: no file of the reader's was changed."""
        for path, data in before.files.items():
            if not path.startswith(_PAGES + _NOTES) and path not in self.moved_to:
                assert (self.root / path).read_bytes() == data, f"{path} was changed"

    def check_held(self, before: Look, now: Look) -> None:
        """Git is as it was."""
        assert now.head == before.head, "something was committed"
        assert now.index == before.index, "the staging is not what it was"
        assert now.locks <= before.locks, f"left in the repository: {now.locks}"
        assert now.stash == before.stash, "the stash is not what it was"

    def check_committed(self, before: Look, now: Look) -> None:
        """I3: what is kb's is committed, nothing else is, and the staging is as it was."""
        prefix = self.git("rev-parse", "--show-prefix").strip()

        def ours(path: str) -> bool:
            return path.startswith(prefix) and self.ours(path.removeprefix(prefix))

        assert now.head != before.head, "nothing was committed"
        since = f"{before.head}..HEAD" if before.head else "HEAD"
        words = ("log", "-z", "--format=", "--name-only", "--no-renames", "--grep=^kb-pass:", since)
        committed = set(self.git(*words).split("\0")) - {""}
        foreign = {path for path in committed if not ours(path)} - self.added_by_hook
        assert not foreign, f"kb committed {sorted(foreign)}"
        for path in now.index.keys() | before.index.keys():
            if not ours(path) and path not in self.added_by_hook:
                was, is_ = before.index.get(path), now.index.get(path)
                assert is_ == was, f"the staging of {path} was {was} and is {is_}"
        words = ("status", "--porcelain", "-z", "--no-renames", "-uall", "--", ".")
        status = [line for line in self.git(*words).split("\0") if line]
        open_ = [line for line in status if ours(line[3:])]
        assert not open_, f"not committed: {open_}"
        assert not now.locks, f"left in the repository: {now.locks}"
        assert now.stash == before.stash, "the stash is not what it was"
        self.git("fsck", "--strict", "--no-dangling", "--no-progress")


def carry_work(root: Path, to: Path) -> None:
    """Makes the files of `to` those of `root`, git's own left out."""
    for path in files_of(to).keys() - files_of(root).keys():
        (to / path).unlink()
    for path in files_of(root):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, to / path, follow_symlinks=False)


def try_state(world: World, mode: str, state: State) -> None:
    """Raises AssertionError where the pass, the next or the one after does not do its part."""
    world.restore()
    for name in BESIDE:
        there = world.folder / name
        there.unlink() if there.is_file() else shutil.rmtree(there, ignore_errors=True)
    case = Case(world, mode, world.root, dict(world.env))
    state.begin(case)
    before = case.before or case.look()
    ended = case.run()
    assert ended.code == (state.code if mode != "off" else 0), ended
    for words in state.says if mode != "off" else ():
        assert words in ended.out + ended.err, f"kb did not say {words!r}: {ended}"
    assert "Traceback" not in ended.err, ended
    for _ in range(state.passes - 1):
        case.run()
    now = case.look()
    case.check_files(before)
    assert "Daily/arxiv-2025-02-11.md" in now.files, "no file was written"
    if mode == "off":
        case.check_held(before, now)
        return
    if state.outcome == "held":
        case.check_held(before, now)
        if state.end is None:
            return
        state.end(case)
        before = case.look()
        ended = case.run()
        assert ended.code == 0, f"the next pass {ended}"
        now = case.look()
        case.check_files(before)
    case.check_committed(before, now)
    for path, data in case.kept.items():
        assert path.exists(), f"{path.name} is gone"
        assert path.read_bytes() == data, f"{path.name} says something else"
    for process in case.alongside:
        process.wait(30)
    times = times_of(case.root)
    ended = case.run()
    assert ended.code == 0, f"a further pass {ended}"
    assert case.look() == now, "a further pass changed something"
    assert times_of(case.root) == times, "a further pass wrote something"
