"""A pass that remembers the one before, and is only given hints, leaves what one that looks at
everything would leave."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from standins import large_vaults
from standins.box import Box

from kb import sync
from kb.core.report import Report
from kb.sync.state import State
from kb.vault.cache import vault_cache_folder
from kb.vault.vault import Vault

REFRESH = sync.Options(intake=False, commit=False)
LOOK = sync.Options(intake=False, dry_run=True)


class Life:
    """A reader's doings in a vault, each told to a memory by the paths it touched."""

    def __init__(self, box: Box, seed: int) -> None:
        self.box = box
        self.chance = random.Random(seed)
        self.aside: list[tuple[str, bytes]] = []
        self.made = 0

    def any_note(self) -> str | None:
        notes = self.box.notes()
        return self.chance.choice(notes) if notes else None

    def any_page(self) -> Path:
        return self.chance.choice(sorted(self.box.root.glob("*ly/arxiv-*.md")))

    def live(self) -> list[str]:
        doings: list[Callable[[], list[str]]] = [
            self.mark, self.mark, self.tick, self.delete, self.bring_back, self.move, self.copy,
            self.break_it, self.mend, self.write_on_a_page, self.delete_a_page, self.judge,
            self.give_another_day, self.move_a_folder,
        ]  # fmt: skip
        return self.chance.choice(doings)()

    def mark(self) -> list[str]:
        note = self.any_note()
        if note is None:
            return []
        key, values = self.chance.choice(
            [("status", ["read", "skip", "unread"]), ("rating", ["5", "2", ""]),
             ("relevance", ["3", "9"]), ("topics", ["[Robots]"])]
        )  # fmt: skip
        lines = self.box.text(note).split("\n")
        for at, line in enumerate(lines):
            if line.startswith(f"{key}:"):
                lines[at] = f"{key}: {self.chance.choice(values)}"
                break
        self.box.write(note, "\n".join(lines))
        return [note]

    def tick(self) -> list[str]:
        page = self.chance.choice(sorted(self.box.root.glob("Daily/*.md")))
        text = page.read_text()
        box = self.chance.choice(["- [ ] read", "- [ ] star", "- [x] read", "- [ ] skip"])
        page.write_text(text.replace(box, box.replace("[ ]", "[x]"), 1))
        return [self.place(page)]

    def delete(self) -> list[str]:
        note = self.any_note()
        if note is None or len(self.aside) > 2:
            return []
        self.aside.append((note, (self.box.root / note).read_bytes()))
        (self.box.root / note).unlink()
        return [note]

    def bring_back(self) -> list[str]:
        if not self.aside:
            return []
        note, data = self.aside.pop()
        (self.box.root / note).parent.mkdir(parents=True, exist_ok=True)
        (self.box.root / note).write_bytes(data)
        return [note]

    def move(self) -> list[str]:
        note = self.any_note()
        if note is None:
            return []
        self.made += 1
        to = f"Papers/moved/{self.made} {Path(note).name}"[-100:]
        to = to if to.startswith("Papers/") else f"Papers/{self.made}.md"
        (self.box.root / to).parent.mkdir(parents=True, exist_ok=True)
        (self.box.root / note).rename(self.box.root / to)
        return [note, to]

    def copy(self) -> list[str]:
        note = self.any_note()
        if note is None:
            return []
        self.made += 1
        to = self.chance.choice([f"A copy {self.made}.md", f"Papers/zz {self.made}.md"])
        (self.box.root / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.box.root / note, self.box.root / to)
        return [to]

    def break_it(self) -> list[str]:
        note = self.any_note()
        if note is None:
            return []
        self.box.write(note, self.box.text(note).replace("\nversion: 1\n", "\nversion: [\n", 1))
        return [note]

    def mend(self) -> list[str]:
        broken = [note for note in self.box.notes() if "\nversion: [\n" in self.box.text(note)]
        for note in broken[:1]:
            self.box.write(note, self.box.text(note).replace("\nversion: [\n", "\nversion: 1\n"))
        return broken[:1]

    def write_on_a_page(self) -> list[str]:
        page = self.any_page()
        with page.open("a") as file:
            file.write("\nmy own words\n")
        return [self.place(page)]

    def delete_a_page(self) -> list[str]:
        page = self.any_page()
        page.unlink()
        return [self.place(page)]

    def judge(self) -> list[str]:
        """Another machine's judgement, as a git pull brings it."""
        self.made += 1
        note = self.any_note()
        if note is None:
            return []
        number = next(line for line in self.box.text(note).split("\n") if "arxiv_id" in line)
        record = {
            "v": 1, "k": "judged", "id": number.split('"')[1], "ver": 1, "by": "a-model",
            "prompt": "9f2c", "r": self.chance.choice([2, 9]), "n": 8, "topics": [],
            "comment": f"since {self.made}", "at": f"2030-01-01T00:00:{self.made:02}.000Z",
        }  # fmt: skip
        with (self.box.root / ".kb/ledger/2030-01.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
        return []

    def give_another_day(self) -> list[str]:
        note = self.any_note()
        if note is None:
            return []
        day = self.chance.choice(["2025-01-08", "2025-02-14", ""])
        lines = self.box.text(note).split("\n")
        lines = [f"announced: {day}" if line.startswith("announced:") else line for line in lines]
        self.box.write(note, "\n".join(lines))
        return [note]

    def move_a_folder(self) -> list[str]:
        folders = sorted(folder for folder in self.box.root.glob("Papers/*") if folder.is_dir())
        if not folders:
            return []
        self.made += 1
        folder = self.chance.choice(folders)
        to = folder.with_name(f"folder {self.made}")
        folder.rename(to)
        return [self.place(folder), self.place(to)]

    def place(self, path: Path) -> str:
        return path.relative_to(self.box.root).as_posix()


def stale(report: Report) -> list[str]:
    return [str(action) for action in report.actions]


@pytest.mark.parametrize("seed", range(12))
def test_a_pass_with_a_memory_leaves_nothing_to_be_done(box: Box, seed: int) -> None:
    box.kb("sync", "--feed", "sample")
    life = Life(box, seed)
    done: list[str] = []
    memory = sync.Memory()
    with Vault(box.root) as vault, Vault(box.root) as other:
        sync.run(vault, REFRESH, memory=memory)
        for _ in range(14):
            before = len(done)
            hints = [hint for _ in range(life.chance.randint(1, 3)) for hint in life.live()]
            done += hints
            report = sync.run(vault, REFRESH, memory=memory, hints=hints)
            fresh = sync.run(other, LOOK)
            assert not stale(fresh), f"after {done[before:]}: {stale(report)}"
            told = {p.where: p.why for p in fresh.refused}
            assert vault.cache.told() == told, done[before:]


@pytest.mark.parametrize("seed", range(6))
def test_what_one_process_leaves_another_may_take_up(box: Box, seed: int) -> None:
    box.kb("sync", "--feed", "sample")
    life = Life(box, seed)
    done: list[str] = []
    for _ in range(8):
        before = len(done)
        with Vault(box.root) as vault:
            memory = sync.Memory()
            sync.run(vault, REFRESH, memory=memory)
            if life.chance.random() < 0.5:
                done += (hints := life.live())
                sync.run(vault, REFRESH, memory=memory, hints=hints)
                sync.remember_as_left(vault, memory)
        if life.chance.random() < 0.7:
            done += life.live()
            with Vault(box.root) as vault:
                sync.run(vault, REFRESH, memory=sync.Memory())
        with Vault(box.root) as vault:
            assert not stale(sync.run(vault, LOOK)), done[before:]


@pytest.mark.parametrize("seed", range(6))
def test_a_day_more_after_another_process_leaves_nothing_to_be_done(box: Box, seed: int) -> None:
    box.kb("sync", "--feed", "sample")
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    life = Life(box, seed)
    days = [date(2025, 1, 6) + timedelta(days=back) for back in (*range(0, 60, 9), 400, -300)]
    life.chance.shuffle(days)
    quick = 0
    for day in days:
        feed = large_vaults.feed(box.root.parent / f"{day}.jsonl", day, seed=seed, count=3)
        changed = life.live() if life.chance.random() < 0.3 else []
        for _ in range(2):  # the second finds all as it was left
            time.sleep(0.06)  # what is read right after a change is read again
            with Vault(box.root) as vault:
                memory = sync.Memory()
                options = sync.Options(feed=str(feed), commit=False)
                report = sync.run(vault, options, memory=memory)
                assert not stale(sync.run(vault, LOOK)), (day, changed, stale(report))
            with Vault(box.root) as vault:
                look = State(
                    vault, LOOK, now=sync.utc_now(), progress=sync.silent, memory=sync.Memory()
                )
                quick += look.as_left
    assert quick >= len(days), "hardly any pass went on from what the one before had left"


def test_no_page_is_written_before_it_may_be(box: Box) -> None:
    box.kb("sync", "--feed", "sample")
    memory = sync.Memory()
    found: list[dict[str, bytes]] = []

    def pages() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in box.root.glob("*ly/*.md")}

    with Vault(box.root) as vault:
        sync.run(vault, REFRESH, memory=memory)
        note, before = box.notes()[0], pages()
        box.edit(note, "status: unread", "status: read")
        run = partial(sync.run, vault, REFRESH, memory=memory, hints=[note])
        assert run(before_pages=lambda: found.append(pages())).pages >= 2
    assert found == [before]
    assert pages() != before


def is_as_left(box: Box) -> bool:
    with Vault(box.root) as vault:
        look = partial(State, vault, LOOK, now=sync.utc_now(), progress=sync.silent)
        assert not look().as_left, "nobody relies on it without a memory"
        return look(memory=sync.Memory()).as_left


def test_it_is_known_whether_all_is_as_it_was_left(box: Box) -> None:
    box.kb("sync", "--feed", "sample")
    box.kb("index")
    assert is_as_left(box)
    note, page = box.notes()[0], next(p.name for p in box.root.glob("Daily/*.md"))
    changes: tuple[Callable[[], object], ...] = (
        lambda: box.edit(note, "status: unread", "status: read"),
        lambda: box.write(f"Daily/{page}", box.text(f"Daily/{page}") + "\nmine\n"),
        lambda: (box.root / f"Daily/{page}").unlink(),
        lambda: (box.root / note).rename(box.root / "elsewhere.md"),
        lambda: box.write("new.md", "mine\n"),
        lambda: box.edit("kb.toml", "month_rows = 10", "month_rows = 3"),
        lambda: Life(box, 0).judge(),
    )
    for change in changes:
        change()
        assert not is_as_left(box)
        box.kb("index")
        time.sleep(0.06)  # what is read right after a change is read again
        box.kb("index")
        assert is_as_left(box)
    shutil.rmtree(vault_cache_folder(box.root))
    assert not is_as_left(box)


def test_what_had_to_wait_is_looked_at_again_without_a_hint(box: Box) -> None:
    box.kb("sync", "--feed", "sample")
    box.edit("kb.toml", "quiet = 0", "quiet = 3600")
    note = box.notes()[0]
    life = Life(box, 1)
    memory = sync.Memory()
    with Vault(box.root) as vault:
        sync.run(vault, REFRESH, memory=memory)
        box.write(note, box.text(note) + "\ntyped just now\n")
        life.any_note = lambda: note  # type: ignore[method-assign]
        life.judge()
        waits = sync.run(vault, REFRESH, memory=memory, hints=[note])
        assert [problem.where for problem in waits.deferred] == [note]
        assert [p.where for p in sync.run(vault, REFRESH, memory=memory, hints=[]).deferred] == [
            note
        ]
        vault.files._quiet = 0.0
        assert sync.run(vault, REFRESH, memory=memory, hints=[]).updated == 1
        assert not sync.run(vault, REFRESH, memory=memory, hints=[]).actions
    assert "scored_by: a-model" in box.text(note)
