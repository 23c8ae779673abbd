"""What an editor of single keys does to notes, to bombs, to a person's lines, and when it is killed."""

from __future__ import annotations

import difflib
import itertools
import multiprocessing
import os
import random
import re
import shlex
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from faults import bombs
from faults.editors import loads_and_dumps, naive, ours, round_trip
from faults.editors.shape import Declined, Edit
from faults.oracle import complaint
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from standins.hostile_notes import CASES, hostile
from standins.vaultfiles import save_by_rename, save_in_place

TESTS = Path(__file__).resolve().parents[1]
KEY = "status"
_PATIENCE = 5.0
"""Seconds after which a command is taken to hang."""
_TYPED_INTO = b"---\ntitle: Lamps\nstatus: x\n---\n" + b"Some words of before.\n" * 400
_TO_A_NOTE = 25
Outcome = Literal["done", "refused", "crashed"]


@dataclass(frozen=True, slots=True)
class Editor:
    """A command with `{file}`, `{key}` and `{value}` in it, and its work as a function if we have it."""

    name: str
    command: tuple[str, ...]
    inside: Edit | None = None

    def edit(self, file: Path, value: str) -> Outcome:
        """Sets the key, within this process where that can be."""
        if self.inside is None:
            return self.run(file, value)
        try:
            self.inside(file, KEY, value)
        except Declined:
            return "refused"
        except Exception:  # noqa: BLE001  (whatever it dies of)
            return "crashed"
        return "done"

    def run(self, file: Path, value: str) -> Outcome:
        """Sets the key by the command. A signal, a traceback or a hang count as a crash."""
        process = self.start(file, value)
        try:
            said = process.communicate(timeout=_PATIENCE)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return "crashed"
        if process.returncode < 0 or b"Traceback (most recent call last)" in said:
            return "crashed"
        return "refused" if process.returncode else "done"

    def start(self, file: Path, value: str) -> subprocess.Popen[bytes]:
        filled = [
            word.replace("{file}", str(file)).replace("{key}", KEY).replace("{value}", value)
            for word in self.command
        ]
        path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
        return subprocess.Popen(
            filled,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )


def _known(name: str, module: str, inside: Edit) -> Editor:
    words = ("-m", f"faults.editors.{module}", "{file}", "{key}", "{value}")
    return Editor(name, (sys.executable, *words), inside)


KB = _known("kb", "ours", ours.edit)
NAIVE = _known("naive read-and-replace", "naive", naive.edit)
EDITORS = [
    KB,
    _known("python-frontmatter", "loads_and_dumps", loads_and_dumps.edit),
    _known("ruamel.yaml", "round_trip", round_trip.edit),
    NAIVE,
]


def foreign(command: str) -> Editor:
    """An editor of somebody else's, from a command line as a shell would read it."""
    return Editor(command, tuple(shlex.split(command)))


def hand_made() -> list[bytes]:
    return [path.read_bytes() for path in sorted(CASES.glob("*.before.md"))]


def made_up(count: int, seed: int) -> list[bytes]:
    """`count` notes as fault 4 makes them up."""
    found: list[bytes] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile())
    def collect(text: str) -> None:
        found.append(text.encode("utf-8", "replace"))

    collect()
    return found[:count]


def notes(editor: Editor, texts: list[bytes], folder: Path) -> Counter[str]:
    """How many notes come back with every other byte the same, refused, or damaged."""
    told: Counter[str] = Counter()
    for number, before in enumerate(texts):
        file = folder / f"note-{number}.md"
        file.write_bytes(before)
        outcome = editor.edit(file, "done")
        after = file.read_bytes()
        file.unlink()
        if outcome == "done":
            told["damaged" if damage(before, after, "done") else "same"] += 1
        else:
            told["refused" if after == before else "damaged"] += 1
    return told


def damage(before: bytes, after: bytes, value: str) -> str:
    """What else than the key is not as it was, or that the key is not; empty where all is well."""
    old = before.decode(errors="surrogateescape")
    new = after.decode(errors="surrogateescape")
    wrong = complaint(old, new, {KEY: value})
    if wrong.startswith("cannot be read") and complaint(old, old, {}).startswith("cannot be read"):
        return _damage_by_lines(old, new, value)  # no YAML before either: its lines have to do
    return wrong


def _damage_by_lines(old: str, new: str, value: str) -> str:
    one, two = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    differing = [codes for codes in matcher.get_opcodes() if codes[0] != "equal"]
    if len(differing) != 1:
        return "other lines differ"
    _, start, end, start2, end2 = differing[0]
    own = end - start <= 1 and all(line.startswith(KEY) for line in one[start:end])
    said = re.compile(rf"""{KEY}: *["']?{value}["']?\s*""")
    fine = own and end2 - start2 == 1 and said.fullmatch(two[start2])
    return "" if fine else "other lines differ"


def over_bombs(editor: Editor, folder: Path, most: int = len(bombs.HEADS)) -> Counter[str]:
    """Over fault 10's broken notes: how many are `tried`, `crashed` (hangs too), took `slow`: over 1 s more than usual."""
    file = folder / "bomb.md"
    usual = min(_seconds(editor, file, b"---\nstatus: x\n---\n")[0] for _ in range(3))
    told: Counter[str] = Counter()
    for bomb in bombs.HEADS[:most]:
        seconds, outcome = _seconds(editor, file, bomb.make())
        told["tried"] += 1
        told["crashed"] += outcome == "crashed"
        told["slow"] += outcome != "crashed" and seconds - usual > 1
    file.unlink()
    return told


def _seconds(editor: Editor, file: Path, data: bytes) -> tuple[float, Outcome]:
    file.write_bytes(data)
    begun = time.perf_counter()
    outcome = editor.run(file, "done")
    return time.perf_counter() - begun, outcome


def typing(editor: Editor, lines: int, folder: Path, seed: int) -> Counter[str]:
    """A person appends `lines` lines, 25 to a note, while the editor sets its key over and over.

    Each line is saved in place or by a rename, onto what the disk then holds, as Obsidian takes in
    what changed on disk: a line takes some 6 ms, or as long as an edit, and the editor rests for
    30 ms. Counts `typed`, `lost`, `recovered` (only in `.kb/recovered`) and `updates`.
    """
    chance = random.Random(seed)
    probe = folder / "probe.md"
    probe.write_bytes(_TYPED_INTO)
    begun = time.perf_counter()
    editor.edit(probe, "v0")
    rest = max(0.006, time.perf_counter() - begun)
    told: Counter[str] = Counter()
    for first in range(0, lines, _TO_A_NOTE):
        file = folder / f"typed-{first}.md"
        file.write_bytes(_TYPED_INTO)
        typed = [b"typed line %06d." % n for n in range(first, min(first + _TO_A_NOTE, lines))]
        with _busy(editor, file, pause=0.03) as done:
            for line in typed:
                time.sleep(chance.expovariate(1 / rest))
                save = save_in_place if chance.random() < 0.5 else save_by_rename
                save(file, _settled(file) + line + b"\n")
            told["updates"] += done()
        told["typed"] += len(typed)
        last = _typed_in(file)
        kept = {line for each in (folder / ".kb/recovered").glob("*") for line in _typed_in(each)}
        told["recovered"] += sum(line not in last and line in kept for line in typed)
        told["lost"] += sum(line not in last and line not in kept for line in typed)
    return told


def _typed_in(file: Path) -> set[bytes]:
    """An editor that takes away the last line end joins lines, and loses none."""
    return set(re.findall(rb"typed line \d{6}\.", file.read_bytes()))


def _settled(file: Path) -> bytes:
    """What the file holds once two looks at it agree, and it is not empty."""
    before = b""
    for _ in range(200):
        with suppress(FileNotFoundError):
            now = file.read_bytes()
            if now and now == before:
                return now
            before = now
        time.sleep(0.0002)
    return before


def killed(editor: Editor, rounds: int, folder: Path, seed: int) -> Counter[str]:
    """How often the file is `partial` when the editor is killed at a random moment, of `tried`."""
    chance = random.Random(seed)
    file = folder / "killed.md"
    whole = b"---\ntitle: Lamps\nstatus: v0\n---\n" + b"Some words of before.\n" * 20_000
    sound = {_but_value(whole)}
    file.write_bytes(whole)
    begun = time.perf_counter()
    for value in ("v1", "v2"):
        editor.edit(file, value)
        sound.add(_but_value(file.read_bytes()))
    longest = time.perf_counter() - begun
    told: Counter[str] = Counter()
    for _ in range(rounds):
        file.write_bytes(whole)
        with _busy(editor, file, pause=0, kill=True):
            time.sleep(chance.uniform(0, longest))
        told["tried"] += 1
        told["partial"] += _but_value(file.read_bytes()) not in sound
    return told


def _but_value(data: bytes) -> bytes:
    return re.sub(rb"status: '?v?\d+'?", b"status: ", data, count=1)


@contextmanager
def _busy(
    editor: Editor, file: Path, *, pause: float, kill: bool = False
) -> Iterator[Callable[[], int]]:
    """The editor at work on the file, over and over, until the end, at which it may be killed.

    Gives a function that tells how often an edit was done.
    """
    if editor.inside is None or not hasattr(os, "fork"):
        with _commands(editor, file, pause, kill=kill) as done:
            yield done
        return
    context = multiprocessing.get_context("fork")
    count = context.Value("i", 0, lock=False)
    ready, stop = context.Event(), context.Event()

    def work() -> None:
        ready.set()
        for turn in itertools.count():
            if stop.is_set():
                return
            count.value += editor.edit(file, f"v{turn}") == "done"
            time.sleep(pause)

    process = context.Process(target=work)
    process.start()
    ready.wait(10)
    try:
        yield lambda: int(count.value)
    finally:
        if not kill:
            stop.set()
            process.join(_PATIENCE)
        process.kill()
        process.join()


@contextmanager
def _commands(
    editor: Editor, file: Path, pause: float, *, kill: bool
) -> Iterator[Callable[[], int]]:
    """As `_busy`, with one command after the other."""
    stop = threading.Event()
    running: list[subprocess.Popen[bytes]] = []
    done = [0]

    def work() -> None:
        for turn in itertools.count():
            if stop.is_set():
                return
            running[:] = [editor.start(file, f"v{turn}")]
            running[0].communicate()
            done[0] += running[0].returncode == 0
            time.sleep(pause)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: done[0]
    finally:
        stop.set()
        if kill:
            for process in running:
                process.kill()
        thread.join()
