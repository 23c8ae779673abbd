"""Fault 6: eight editors type in twenty notes while kb updates the same notes again and again.

Each note is typed in by one editor alone, so that a line that is nowhere can only be kb's fault. An
editor does what Obsidian does: it holds the text in a buffer, and reads the file again before it
saves where the file is no longer what it read or saved last.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from faults.processes import Process
from faults.tally import Tally, silent
from faults.world import environment, files_of, times_of
from standins.feeds import ON_TOPIC, rss
from standins.vaultfiles import Ours

from kb.core import frontmatter
from kb.errors import Busy
from kb.vault import disk, leftovers
from kb.vault.files import RECOVERED, Missing, VaultFiles

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from faults.processes import Ended
    from faults.tally import Progress

NOTES = 20
WAYS: tuple[Way, ...] = ("in place", "rename", "append", "rename")
PACE = 1650
"""Lines a second that the four fast editors type together; 100,000 lines then take a minute."""
LINE = re.compile(rb"line (\d+-\d+-\d+)")

Way = Literal["in place", "append", "rename"]


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` lines or more typed while kb writes; no line lost, keys sound, order kept.

    Then a fifth of it once more with the exchange and the lease off, as on systems that have none:
    there the lines lost are counted, and everything else must hold.
    """
    tally = Tally()
    if disk.CAN_RENAMEAT2 and disk.CAN_LEASE:
        _run(Desk(folder / "here"), count, seed, tally, progress)
    _run(Desk(folder / "elsewhere", bare=True), count // 5, seed, tally, progress)
    return tally


def _run(desk: Desk, count: int, seed: int, tally: Tally, progress: Progress) -> None:
    seconds = max(5.0, count / PACE)
    fork = multiprocessing.get_context("fork")
    stop, counts = fork.Event(), desk.folder / "counts"
    updating = fork.Process(target=_update, args=(desk, stop, counts))
    editors = [
        Editor(number, WAYS[number % 4], number < 4, tuple(desk.notes[number::8]))
        for number in range(8)
    ]
    typing = [
        fork.Process(
            target=each.work, args=(desk, count // 4 + 1, seconds, f"{seed} {each.number}")
        )
        for each in editors
    ]
    for process in (updating, *typing):
        process.start()
    began, passes, ends = time.monotonic(), 0, Counter[int]()
    while any(process.is_alive() for process in typing):
        progress(min(int((time.monotonic() - began) / seconds * count), count), count)
        ended = desk.pass_(passes + 2)
        passes += 1
        with tally.trial(f"{desk}, pass {passes}"):
            assert ended.code in (0, 1), ended
            assert "Traceback" not in ended.err, ended
        ends[ended.code] += 1
    stop.set()
    for process in (updating, *typing):
        process.join(60)
        with tally.trial(f"{desk}, {process.name}"):
            assert process.exitcode == 0, process.exitcode
    wrote = Counter(json.loads(counts.read_text()))
    figures = {f"passes that left with {code}": n for code, n in ends.items()}
    figures |= {"seconds": int(time.monotonic() - began), "writes of kb": wrote["wrote"]}
    figures |= {"writes of kb that stood back": wrote["busy"]}
    for what, number in figures.items():
        tally.figures[f"{desk}: {what}"] += number
    check_desk(desk, editors, passes + 2, tally)


@dataclass(slots=True)
class Editor:
    """One program in which a person types: fast ones a burst of lines a save, as a script might."""

    number: int
    way: Way
    fast: bool
    files: tuple[Path, ...]
    known: dict[Path, tuple[tuple[int, ...], bytes]] = field(default_factory=dict)
    """What a file was when it was read or saved last, and its text."""

    def work(self, desk: Desk, lines: int, seconds: float, seed: str) -> None:
        """Types until the time is up; a fast one `lines` lines at the least."""
        chance = random.Random(seed)
        typed = Counter[Path]()
        began = time.monotonic()
        while (gone := time.monotonic() - began) < seconds or self._behind(typed, lines):
            if self.fast and typed.total() > lines * gone / seconds:
                time.sleep(0.001)
                continue
            file = chance.choice(self.files)
            burst = chance.randint(1, 8) if self.fast else 1
            self._save(file, range(typed[file], typed[file] + burst))
            typed[file] += burst
            if not self.fast:
                time.sleep(min(chance.uniform(0.2, 2.0), max(seconds - gone, 0)))
        told = {str(self.files.index(file)): number for file, number in typed.items()}
        desk.typed(self.number).write_text(json.dumps(told))

    def _behind(self, typed: Counter[Path], lines: int) -> bool:
        return self.fast and typed.total() < lines

    def line(self, file: Path, number: int) -> bytes:
        return b"line %d-%d-%d" % (self.number, self.files.index(file), number)

    def _save(self, file: Path, numbers: range) -> None:
        words = b"".join(self.line(file, number) + b"\n" for number in numbers)
        if self.way == "append":
            with file.open("ab", buffering=0) as opened:
                opened.write(words)
            return
        text = self._text(file) + words
        if self.way == "in place":
            with file.open("wb", buffering=0) as opened:
                opened.write(text)
        else:
            new = file.with_name(f".editor-{self.number}")
            new.write_bytes(text)
            new.replace(file)
        self.known[file] = (_stamp(file), text)

    def _text(self, file: Path) -> bytes:
        stamp = _stamp(file)
        if file not in self.known or self.known[file][0] != stamp:
            self.known[file] = (stamp, file.read_bytes())
        return self.known[file][1]


def _stamp(file: Path) -> tuple[int, ...]:
    told = file.stat()
    return told.st_ino, told.st_mtime_ns, told.st_size


class Desk:
    """A vault of twenty notes; `bare` takes the exchange and the lease away from kb."""

    def __init__(self, folder: Path, *, bare: bool = False) -> None:
        self.folder, self.bare = folder, bare
        self.root = folder / "vault"
        self.env = environment(folder)
        self._must("init")
        settings = self.root / "kb.toml"
        text = settings.read_text("utf-8")
        for old, new in (
            ('name = "{title}"', 'quiet = 0\nname = "{title}"'),
            ("settle = 30", "settle = 0"),
            ("per_day = 15", "per_day = 0"),
            ("relevance = 7", "relevance = 1"),
        ):
            assert old in text
            text = text.replace(old, new, 1)
        settings.write_text(text, "utf-8")
        self._must("sync", "--feed", str(self._feed(1)))
        self.notes = sorted((self.root / "Papers").rglob("*.md"))
        assert len(self.notes) == NOTES
        self.ids = {note: _values(note.read_bytes())["arxiv_id"] for note in self.notes}

    def __str__(self) -> str:
        return "without exchange and lease" if self.bare else "here"

    def typed(self, editor: int) -> Path:
        """Where an editor says how many lines it has typed in which of its notes."""
        return self.folder / f"typed-{editor}"

    def first(self) -> None:
        """What a process of kb does before anything else."""
        if self.bare:
            disk.CAN_RENAMEAT2 = disk.CAN_LEASE = False

    def pass_(self, version: int) -> Ended:
        """Every paper is replaced by a newer version; every other pass renders pages alone."""
        if version % 3 == 0:
            return self.run("index")
        return self.run("sync", "--feed", str(self._feed(version)))

    def run(self, *words: str) -> Ended:
        told = self.folder / "told"
        where = ["--vault", str(self.root)]
        return Process([*words, *where], self.env, told, first=self.first).wait()

    def _must(self, *words: str) -> None:
        ended = self.run(*words)
        assert ended.code == 0, ended

    def _feed(self, version: int) -> Path:
        kind = "new" if version == 1 else "replace"
        texts = ((n, kind, version, f"{ON_TOPIC} Part {n}, again {version}.") for n in range(1, 21))
        return rss(self.folder / "feed.xml", *texts)


def _update(desk: Desk, stop: Event, counts: Path) -> None:
    """Sets one key of one note after the other, as fast as the disk allows."""
    desk.first()
    files = VaultFiles(desk.root, quiet_seconds=0, ours=Ours())
    told = Counter[str](wrote=0, busy=0)
    turn = 0
    while not stop.is_set():
        turn += 1
        path = desk.notes[turn % NOTES].relative_to(desk.root).as_posix()
        with contextlib.suppress(Missing, frontmatter.FrontmatterError):
            try:
                state = files.read(path)
                if "arxiv_id" not in frontmatter.read(state.text):
                    continue  # an editor has emptied it, and is about to write
                text = frontmatter.edit(state.text, {"turn": turn})
                told["wrote"] += files.write(path, text.encode(), expect=state)
            except Busy:
                told["busy"] += 1
    counts.write_text(json.dumps(told))


def check_desk(desk: Desk, editors: list[Editor], version: int, tally: Tally) -> None:
    """Every line is in its note or was kept, in order; then kb comes to rest."""
    with tally.trial(f"{desk}, a last pass"):
        for words in (("sync", "--feed", str(desk._feed(version))), ("index",)):
            ended = desk.run(*words)
            assert ended.code in (0, 1), ended
        files, times = files_of(desk.root), times_of(desk.root)
        left = [path for path in files if leftovers.is_temporary(path.rpartition("/")[2])]
        assert not left, f"left behind: {left}"
        ended = desk.run("index")
        assert ended.code == 0, ended
        assert times_of(desk.root) == times, "a further pass wrote something"
        assert {path for path in files if path.endswith(".md") and "Papers/" in path} == {
            note.relative_to(desk.root).as_posix() for note in desk.notes
        }
    kept = set()
    for file in sorted((desk.root / RECOVERED).glob("*")):
        tally.figures[f"{desk}: files in {RECOVERED}"] += 1
        kept |= set(LINE.findall(file.read_bytes()))
    for editor in editors:
        typed = json.loads(desk.typed(editor.number).read_text())
        for file in editor.files:
            lines = [
                editor.line(file, number).removeprefix(b"line ")
                for number in range(typed.get(str(editor.files.index(file)), 0))
            ]
            tally.figures[f"{desk}: lines typed"] += len(lines)
            with tally.trial(f"{desk}, {file.name}, {editor.way}"):
                _check_note(desk, file, lines, kept, version, tally)


def _check_note(
    desk: Desk, file: Path, lines: list[bytes], kept: set[bytes], version: int, tally: Tally
) -> None:
    data = file.read_bytes()
    found = LINE.findall(data)
    missing = set(lines) - set(found)
    tally.figures[f"{desk}: lines in {RECOVERED} alone"] += len(missing & kept)
    lost = missing - kept
    tally.figures[f"{desk}: lines lost"] += len(lost)
    assert desk.bare or not lost, f"{len(lost)} lines are nowhere, such as {sorted(lost)[:3]}"
    there = set(found)
    assert len(there) == len(found), "a line is there twice"
    assert found == [line for line in lines if line in there], "not in the order of typing"
    values = _values(data)
    assert values.get("arxiv_id") == desk.ids[file], f"its properties are {values}"
    held = values.get("version")
    assert isinstance(held, int)
    assert 1 <= held <= version, held
    tally.figures[f"{desk}: notes whose keys an editor set back"] += held < version
    assert isinstance(values.get("turn", 0), int)
    assert data.count(b"<!-- kb:begin paper -->") == data.count(b"<!-- kb:end paper -->") == 1


def _values(data: bytes) -> dict[str, object]:
    return dict(frontmatter.read(data.decode()))
