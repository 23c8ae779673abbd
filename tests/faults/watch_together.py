"""Everything at once: the watcher, editors, a person's git, and `kb sync` from cron."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from faults.editors_at_work import WAYS, Desk, Editor, check_desk
from faults.tally import Tally, silent
from faults.watching import PATIENCE, check_sound, until_right, watching
from standins.person import Person
from standins.watchers import NOWHERE

from kb.vault import disk

if TYPE_CHECKING:
    from faults.tally import Progress

EDITORS = 4
LINES_A_SECOND = 10
"""By the editor that types fast; the others type as a person does."""
CRON = 3.0
"""Seconds between two passes; each brings a newer version of every paper."""
TURN = 0.2
"""Seconds between two turns of the person at git."""


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` seconds of it. No line may be lost, no staging touched; in the end all pages are right."""
    tally = Tally()
    desk = Desk(folder, bare=not (disk.CAN_RENAMEAT2 and disk.CAN_LEASE))
    desk.env["KB_ARXIV_URL"] = NOWHERE
    person = _reader_of(desk)
    editors = [
        Editor(number, WAYS[number], number == 0, tuple(desk.notes[number::EDITORS]))
        for number in range(EDITORS)
    ]
    fork = multiprocessing.get_context("fork")
    lines = count * LINES_A_SECOND
    typing = [
        fork.Process(target=each.work, args=(desk, lines, float(count), f"{seed} {each.number}"))
        for each in editors
    ]
    stop, told = folder / "stop", folder / "told.json"
    env = {**desk.env, "PYTHONPATH": str(Path(__file__).parents[1])}
    words = [sys.executable, "-m", "faults.git_person", *map(str, (desk.root, stop, told, TURN))]
    with watching(desk.root, desk.env, folder / "watch.log") as watcher:
        at_git = subprocess.Popen(words, env=env)
        try:
            for process in typing:
                process.start()
            version = _cron(desk, count, tally, progress)
            for process in typing:
                process.join(PATIENCE)
                with tally.trial(f"the editor {process.name}"):
                    assert process.exitcode == 0, process.exitcode
        finally:
            stop.touch()
            at_git.wait(PATIENCE)
        with tally.trial("coming to rest"):
            took = until_right(watcher, desk.root, desk.env)
            tally.figures["milliseconds until the watcher was at rest"] = round(1000 * took)
        tally.figures["full comparisons"] = watcher.full_comparisons()
    seen = json.loads(told.read_text())
    tally.figures["commits of the person"] = seen["commits"]
    tally.figures["times the person met a lock"] = seen["refused"]
    tally.failures += seen["faults"]
    with tally.trial("the repository"):
        check_sound(desk.root, desk.env)
        index = person.index()
        for path, blob in seen["staged"].items():
            assert blob in index.get(path, ""), f"{path} is no longer staged"
        kept = ("Papers", "Daily", "Weekly", "Monthly", ".kb")
        status = person.git("status", "--porcelain", "--", *kept)
        assert not status, f"not committed: {status[:300]}"
    check_desk(desk, editors, version + 1, tally)
    return tally


def _reader_of(desk: Desk) -> Person:
    """The person whose repository it is, with work of their own in it."""
    person = Person(desk.root)
    person.git("config", "user.name", "A reader")
    person.git("config", "user.email", "reader@localhost")
    for path in ("changed.md", "Diary.md", "Notes/Idea.md"):
        person.write(path, "mine\n")
    settings = (desk.root / "kb.toml").read_text("utf-8")
    person.write("kb.toml", settings.replace("settle = 0", "settle = 1"))
    person.git("add", "changed.md", "Diary.md", "Notes/Idea.md", "kb.toml")
    person.git("commit", "-q", "-m", "mine")
    return person


def _cron(desk: Desk, seconds: int, tally: Tally, progress: Progress) -> int:
    """Passes for so long; the version that the last feed brought."""
    began, version = time.monotonic(), 1
    while (gone := time.monotonic() - began) < seconds:
        progress(int(gone), seconds)
        version += 1
        with tally.trial(f"cron, pass {version - 1}"):
            ended = desk.run("sync", "--feed", str(desk._feed(version)))
            tally.figures[f"passes that left with {ended.code}"] += 1
            assert ended.code in (0, 1, 75), ended
            assert "Traceback" not in ended.err, ended
        time.sleep(min(CRON, max(0.0, seconds - (time.monotonic() - began))))
    return version
