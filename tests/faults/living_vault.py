"""Fault 5: a vault that is lived in: the reader, other machines, clocks and crashes, between passes.

Every example is a life of some fifty steps in a copy of one small vault. What the reader does is
done to real files and to a model; a pass of kb is held against the model, then made again (I4).
"""

from __future__ import annotations

import io
import json
import os
import posixpath
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from faults import living_model, living_text
from faults.calls import Point, when_met
from faults.living_model import Announced, Held, Model, Passed, Verdict
from faults.tally import Tally, silent
from faults.world import files_of
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from standins.feeds import ON_TOPIC, rss
from standins.vaults import record

from kb import config, doctor, resources, sync
from kb.cli import run as run_cli
from kb.sync.options import Options
from kb.vault.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.tally import Progress

    from kb.core.report import Report

MOST_NOTES = 12
FIRST_DAY = date(2025, 2, 10)
SAMPLE_DAY = date(2025, 1, 7)
FOLDERS = ("Reading", "Reading/deep (er)/[1]", "Papers", "Ünicode 100%", "a & b")
NUMBER = st.integers(0, 999)
ENOUGH = 5
"""Lives that fail until no more are tried."""


def run(
    count: int, *, seed: int, folder: Path, progress: Progress = silent, steps: int = 50
) -> Tally:
    """`count` lives of `steps` steps, each failure told with its steps; fewer where many fail.

    Hypothesis ends at a life that fails: the rest are drawn from the next seed. None is shortened.
    """
    template = Template(folder)
    tally = Tally()

    class Machine(LivingVault):
        world = template
        counts = tally
        failed_before = 0

        def ended(self, error: BaseException | None) -> None:
            if len(tally.failures) > self.failed_before:
                return  # Hypothesis lives the failed life once more
            tally.tried += 1
            progress(tally.tried, count)
            if isinstance(error, Exception):
                tally.failures.append(self.obituary(f"life {tally.tried}, seed {seed}", error))

    while tally.tried < count and len(tally.failures) < ENOUGH:
        Machine.failed_before = len(tally.failures)
        try:
            run_state_machine_as_test(
                seeded(seed + Machine.failed_before)(Machine),
                settings=settings(
                    max_examples=count - tally.tried, stateful_step_count=steps, database=None,
                    deadline=None, derandomize=False, suppress_health_check=list(HealthCheck),
                    print_blob=False, report_multiple_bugs=False, phases=(Phase.generate,),
                ),
            )  # fmt: skip
        except Exception as error:
            if len(tally.failures) == Machine.failed_before:
                raise AssertionError("Hypothesis failed, and no life did") from error
            tally.failures[-1] += "\n  ".join(["\n  again:", *getattr(error, "__notes__", ())])
    return tally


class Template:
    """A new vault in a repository, with the reader's own files in it, some of them staged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "template"
        home = folder / "home"
        home.mkdir(parents=True)
        (home / "gitconfig").write_text("[user]\nname = A reader\nemail = reader@localhost\n")
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "KB_VAULT", "KB_ARXIV_URL"):
            os.environ.pop(name, None)
        os.environ |= {
            "HOME": str(home),
            "KB_CACHE_DIR": str(folder / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        }
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            assert run_cli(["init", str(self.root)]) == 0
        settings_file = self.root / "kb.toml"
        text = settings_file.read_text("utf-8")
        for old, new in (
            ('name = "{title}"', 'quiet = 0\nname = "{title}"'),
            ("settle = 30", "settle = 0"),
            ("per_day = 15", "per_day = 0"),
            ("relevance = 7", "relevance = 1"),
        ):
            assert old in text
            text = text.replace(old, new, 1)
        settings_file.write_text(text, "utf-8")
        for path in ("Diary.md", "Daily/2025-02-10.md", "Notes/staged.md", "Papers/list.txt"):
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"---\nmine: 1\n---\n{path}, my own\n")
        self.git("add", "Notes/staged.md")
        self.settings = config.load(settings_file)

    def git(self, *words: str, root: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *words], cwd=root or self.root, capture_output=True, text=True, check=True
        )
        return done.stdout


class LivingVault(RuleBasedStateMachine):
    """One life of a vault."""

    world: ClassVar[Template]
    counts: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.world.folder, prefix="life-"))
        self.root = self.folder / "vault"
        self.cache = self.folder / "cache"
        self.feed = self.folder / "feed"
        self.trace = self.folder / "trace"
        self.feed.mkdir()
        shutil.copytree(self.world.root, self.root, symlinks=True)
        self.settings = self.world.settings
        self.model = Model()
        self.model.foreign = {
            path: data
            for path, data in files_of(self.root).items()
            if not path.startswith(".kb/") and path != "Home.md"
        }
        if (self.root / "Home.md").exists():
            self.model.pages["Home.md"] = (self.root / "Home.md").read_bytes()
        self.now = datetime(2025, 3, 3, 12, tzinfo=UTC)
        self.day = FIRST_DAY
        self.number = 0
        self.trash: list[Held] = []
        self.mtime = time.time() - 10_000_000
        self.committed = self.world.git("rev-parse", "HEAD", root=self.root).strip()
        self.gitted = False
        self.story: list[str] = []

    # Time and files

    def tell(self, what: str) -> int:
        """Writes down a step, and gives back its number."""
        self.story.append(what)
        return len(self.story)

    def put(self, path: str, data: bytes, *, age: float | None = None) -> None:
        """The reader saves a file, at a time that no other file has."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        self.mtime += 7
        then = self.mtime if age is None else time.time() - age
        os.utime(file, (then, then))

    def hold(self, note: Held) -> None:
        self.put(note.path, note.data)
        self.model.notes[note.path] = note

    def drop(self, note: Held) -> None:
        (self.root / note.path).unlink()
        del self.model.notes[note.path]

    def pick(
        self, n: int, wanted: Callable[[Held], bool] = lambda note: not note.broken
    ) -> Held | None:
        found = sorted((h for h in self.model.notes.values() if wanted(h)), key=lambda h: h.path)
        return found[n % len(found)] if found else None

    def free(self, folder: str, stem: str) -> str:
        path = posixpath.join(folder, f"{stem}.md")
        while (self.root / path).exists():
            stem += "'"
            path = posixpath.join(folder, f"{stem}.md")
        return path

    def edit(self, note: Held, text: str, **more: Any) -> None:
        known = {"loose": note.loose or note.limbo} | more
        self.hold(replace(note, data=text.encode(), **known))

    # Papers come in

    @rule(papers=st.integers(1, 3), kind=st.sampled_from(["json", "rss"]))
    def announce(self, papers: int, kind: str) -> None:
        if self.number + papers > MOST_NOTES:
            return
        day = self.day.isoformat()
        self.tell(f"announce {papers} on {day}")
        numbers = range(self.number + 1, self.number + papers + 1)
        self.number += papers
        if kind == "json":
            lines = [json.dumps(record(3 * n, day)) for n in numbers]
            (self.feed / f"{day}.jsonl").write_text("\n".join(lines) + "\n")
            ids = [f"2503.{3 * n:05}" for n in numbers]
        else:
            items = [(n, "new", 1, f"{ON_TOPIC} Part {n}.") for n in numbers]
            rss(self.feed / f"{day}.xml", *items, date=f"{self.day:%a, %d %b %Y}")
            ids = [f"2502.{n:05}" for n in numbers]
        self.model.papers |= {i: Announced(day) for i in ids}
        self.day += timedelta(days=1 if self.day.weekday() < 4 else 3)

    @rule(n=NUMBER, withdrawn=st.booleans())
    def replace_paper(self, n: int, withdrawn: bool) -> None:
        ids = sorted(i for i in self.model.papers if i.startswith("2502."))
        if not ids:
            return
        arxiv_id = ids[n % len(ids)]
        paper = self.model.papers[arxiv_id]
        version = paper.version + 1
        self.tell(f"{arxiv_id} gets version {version}{', withdrawn' if withdrawn else ''}")
        said = "This paper has been withdrawn by its authors." if withdrawn else f"New {n}."
        rss(
            self.feed / f"{arxiv_id}v{version}.xml",
            (int(arxiv_id[5:]), "replace", version, f"{said} {ON_TOPIC}"),
            date=f"{self.day:%a, %d %b %Y}",
        )
        self.model.papers[arxiv_id] = replace(paper, version=version, withdrawn=withdrawn)

    @rule(n=NUMBER, relevance=st.sampled_from([2, 9]), novelty=st.sampled_from([3, 8]))
    def assess(self, n: int, relevance: int, novelty: int) -> None:
        """Another machine has asked a model, and its ledger has come in."""
        ids = sorted(self.model.judged)
        if not ids:
            return
        arxiv_id = ids[n % len(ids)]
        self.tell(f"a model gives {arxiv_id} {relevance} and {novelty}")
        at = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"v": 1, "k": "judged", "id": arxiv_id, "ver": 1, "by": "a-model", "prompt": "0",
                "r": relevance, "n": novelty, "topics": ["Another topic"], "comment": "so it says",
                "tokens": [1, 0, 1], "usd": 0.0, "at": at}  # fmt: skip
        file = self.root / f".kb/ledger/{self.model.papers[arxiv_id].day[:7]}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_bytes() if file.exists() else b""
        line = b"\n" if before and not before.endswith(b"\n") else b""
        file.write_bytes(before + line + json.dumps(told).encode() + b"\n")
        stands = self.model.verdicts.get(arxiv_id)
        if stands is None or at < stands.at:
            self.model.verdicts[arxiv_id] = Verdict(relevance, novelty, at)

    # The reader writes

    @rule(n=NUMBER, how=st.sampled_from(range(len(living_text.WORDS))))
    def write_words(self, n: int, how: int) -> None:
        if note := self.pick(n):
            step = self.tell(f"words {how} in {note.path}")
            self.edit(note, living_text.WORDS[how](note.text, step))

    @rule(n=NUMBER, how=st.sampled_from(range(len(living_text.STATUS))))
    def set_status(self, n: int, how: int) -> None:
        if note := self.pick(n):
            self.tell(f"status {how} in {note.path}")
            self.edit(note, living_text.STATUS[how](note.text, n))

    @rule(n=NUMBER, how=st.sampled_from(range(len(living_text.KEYS))))
    def change_key(self, n: int, how: int) -> None:
        if note := self.pick(n):
            key, make = living_text.KEYS[how]
            self.tell(f"{key} changed in {note.path}")
            text = living_text.set_key(note.text, key, make(n))
            if text != note.text:
                self.edit(note, text, theirs=note.theirs | {key})

    @rule(n=NUMBER)
    def change_region(self, n: int) -> None:
        note = self.pick(n)
        if note and (text := living_text.change_region(note.text, n)) is not None:
            self.tell(f"words inside the region of {note.path}")
            self.edit(note, text, frozen=True)

    @rule(n=NUMBER, which=st.integers(0, 2))
    def lose_markers(self, n: int, which: int) -> None:
        note = self.pick(n)
        if note and (text := living_text.without_markers(note.text, which)) is not None:
            self.tell(f"markers {which} of {note.path} deleted")
            if which == 2:
                self.edit(note, text, frozen=True)
            else:
                self.edit(note, text, broken="a marker lost", sound=note.data)

    @rule(n=NUMBER, how=st.sampled_from(sorted(living_text.BREAKS)))
    def break_note(self, n: int, how: str) -> None:
        if note := self.pick(n):
            self.tell(f"{how} in {note.path}")
            data = living_text.BREAKS[how](note.text)
            broken = replace(note, data=data, broken=how, sound=note.data)
            self.unlimbo(note)
            self.hold(replace(broken, id=None) if how == "garbage id" else broken)

    @precondition(lambda self: any(note.broken for note in self.model.notes.values()))
    @rule(n=NUMBER)
    def mend_note(self, n: int) -> None:
        note = self.pick(n, lambda note: bool(note.broken))
        assert note is not None
        self.tell(f"{note.path} mended")
        mended = replace(note, data=note.sound, broken="", sound=b"")
        self.hold(replace(mended, id=living_text.value(mended.text, "arxiv_id")))

    @rule(n=NUMBER, other=NUMBER)
    def change_id(self, n: int, other: int) -> None:
        note = self.pick(n)
        ids = [*sorted(self.model.papers), f"2503.{3 * (self.number + 1):05}"]
        new = ids[other % len(ids)]
        if note and note.id != new:
            self.tell(f"the id of {note.path} becomes {new}")
            self.unlimbo(note)
            text = living_text.set_key(note.text, "arxiv_id", f'"{new}"')
            # kb reads it as another paper's note by now, so what it calls its own is not foreseen.
            self.edit(note, text, id=new, loose=True, theirs=note.theirs | {"arxiv_id"})

    def unlimbo(self, note: Held) -> None:
        if note.limbo and note.id:
            self.model.maybe.add(note.id)

    # The reader moves

    @rule(n=NUMBER, where=st.sampled_from(FOLDERS), name=st.sampled_from(["", "own", "case"]))
    def move(self, n: int, where: str, name: str) -> None:
        if note := self.pick(n, lambda _: True):
            folder, _, file = note.path.rpartition("/")
            stem = file.removesuffix(".md")
            stem = {"": stem, "own": f"My #{n} (really)", "case": stem.swapcase()}[name]
            path = self.free(folder if name == "case" else where, stem)
            self.tell(f"{note.path} becomes {path}")
            self.take(note, path)

    def take(self, note: Held, path: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / note.path).rename(self.root / path)
        del self.model.notes[note.path]
        self.model.notes[path] = replace(note, path=path)

    @rule(n=NUMBER, other=NUMBER)
    def swap(self, n: int, other: int) -> None:
        one, two = (self.pick(m, lambda note: not note.about) for m in (n, other))
        if one and two and one is not two:
            self.tell(f"{one.path} and {two.path} change names")
            first, second = one.path, two.path
            self.take(one, "between.md")
            self.take(two, first)
            self.take(self.model.notes["between.md"], second)

    @rule(n=NUMBER, trash=st.booleans())
    def delete(self, n: int, trash: bool) -> None:
        if note := self.pick(n, lambda _: True):
            self.tell(f"{note.path} deleted")
            self.unlimbo(note)
            self.drop(note)
            if trash:
                self.trash.append(note)

    @precondition(lambda self: self.trash)
    @rule(n=NUMBER, same=st.booleans())
    def restore(self, n: int, same: bool) -> None:
        note = self.trash.pop(n % len(self.trash))
        folder, _, name = note.path.rpartition("/")
        path = self.free(folder if same else "Reading", name.removesuffix(".md"))
        self.tell(f"{path} restored")
        self.hold(replace(note, path=path, loose=note.loose or note.limbo, limbo=False))

    @rule(n=NUMBER)
    def duplicate(self, n: int) -> None:
        if (note := self.pick(n, lambda _: True)) and len(self.model.notes) < MOST_NOTES + 4:
            folder, _, name = note.path.rpartition("/")
            path = self.free(folder, f"{name.removesuffix('.md')} copy")
            self.tell(f"{path} made from {note.path}")
            # Should it take the other's place, kb knows only what it wrote into that.
            self.hold(replace(note, path=path, loose=True, limbo=False, born=""))

    @rule(n=NUMBER)
    def copy_in_conflict(self, n: int) -> None:
        if note := self.pick(n, lambda _: True):
            stem = note.path.removesuffix(".md")
            path = f"{stem}.sync-conflict-20250301-101112-ABCDEF{n % 10}.md"
            self.tell(f"{path} left by a sync tool")
            self.put(path, note.data)
            self.model.foreign[path] = note.data

    @rule(kind=st.sampled_from(["2503", "2502"]))
    def own_note(self, kind: str) -> None:
        """The reader has a note on a paper that arXiv has yet to announce."""
        number = self.number + 1
        arxiv_id = f"2503.{3 * number:05}" if kind == "2503" else f"2502.{number:05}"
        path = f"Notes/On {arxiv_id}.md"
        if path not in self.model.notes:
            self.tell(f"{path} written")
            text = (
                f"---\nurl: https://arxiv.org/abs/{arxiv_id} # where\nmine: 1\n---\n\nI read it.\n"
            )
            note = Held(path, text.encode(), None, "", theirs={"url"}, about=arxiv_id)
            self.hold(note)

    @rule(n=NUMBER, link=st.booleans())
    def write_elsewhere(self, n: int, link: bool) -> None:
        words = f"thought {n}\n"
        if link and (note := self.pick(n, lambda _: True)):
            words += f"[[{posixpath.basename(note.path).removesuffix('.md')}]]\n"
        path = ("Diary.md", f"Notes/{n % 3}.md", "Daily/2025-02-10.md")[n % 3]
        self.tell(f"words in {path}")
        data = self.model.foreign.get(path, b"") + words.encode()
        self.put(path, data)
        self.model.foreign[path] = data

    # The reader's pages

    def pick_page(self, n: int) -> str | None:
        pages = sorted(path for path in self.model.pages if path not in self.model.spoilt)
        return pages[n % len(pages)] if pages else None

    def put_page(self, path: str, data: bytes) -> None:
        self.put(path, data)
        self.model.pages[path] = data

    @rule(n=NUMBER, how=st.sampled_from([0, 1, 2, 5, 6]))
    def write_around(self, n: int, how: int) -> None:
        if path := self.pick_page(n):
            step = self.tell(f"words {how} in {path}")
            text = self.model.pages[path].decode()
            self.put_page(path, living_text.WORDS[how](text, step).encode())

    @rule(n=NUMBER, which=st.integers(0, 2))
    def spoil_page(self, n: int, which: int) -> None:
        if path := self.pick_page(n):
            data = self.model.pages[path]
            if (text := living_text.without_markers(data.decode(), which)) is not None:
                self.tell(f"markers {which} of {path} deleted")
                self.model.spoilt[path] = data
                self.put_page(path, text.encode())

    @precondition(lambda self: self.model.spoilt)
    @rule(n=NUMBER)
    def mend_page(self, n: int) -> None:
        path = sorted(self.model.spoilt)[n % len(self.model.spoilt)]
        self.tell(f"{path} mended")
        self.put_page(path, self.model.spoilt.pop(path))

    @rule(n=NUMBER)
    def delete_page(self, n: int) -> None:
        if pages := sorted(self.model.pages):
            path = pages[n % len(pages)]
            self.tell(f"{path} deleted")
            (self.root / path).unlink()
            del self.model.pages[path]
            self.model.spoilt.pop(path, None)
            for arxiv_id, (page, _) in list(self.model.ticks.items()):
                if page == path:
                    del self.model.ticks[arxiv_id]

    @rule(n=NUMBER, task=st.sampled_from(["read", "skip", "star"]))
    def tick(self, n: int, task: str) -> None:
        note = self.pick(n)
        if note is None or note.id is None or note.id in self.model.ticks:
            return
        page = self.model.page_of(note)
        if page in self.model.spoilt or page not in self.model.pages:
            return
        text = living_text.box(self.model.pages[page].decode(), note.id, task)
        if text is not None:
            self.tell(f"{task} of {note.id} ticked or unticked on {page}")
            self.put_page(page, text.encode())
            self.model.ticks[note.id] = (page, task)

    # Settings, clocks, caches

    @rule(n=NUMBER)
    def edit_topics(self, n: int) -> None:
        self.tell("Topics.md edited")
        data = (
            self.model.foreign["Topics.md"]
            + f"\n## Topic {n}\n\nPonds.\nKeywords: frog {n}\n".encode()
        )
        self.put("Topics.md", data)
        self.model.foreign["Topics.md"] = data

    @rule(relevance=st.sampled_from([1, 1, 5, 10]), per_day=st.sampled_from([0, 0, 1]))
    def change_cutoffs(self, relevance: int, per_day: int) -> None:
        self.tell(f"cutoffs: relevance {relevance}, {per_day} a day")
        keep = replace(self.settings.keep, relevance=relevance, per_day=per_day)
        self.settings = replace(self.settings, keep=keep)

    @rule(hours=st.sampled_from([-200, -25, -1, 1, 25, 200]))
    def jump(self, hours: int) -> None:
        self.tell(f"the clock jumps by {hours} h")
        self.now += timedelta(hours=hours)

    @rule(n=NUMBER, hours=st.sampled_from([-100_000, -1, 1, 1000]))
    def touch(self, n: int, hours: int) -> None:
        if note := self.pick(n, lambda _: True):
            self.tell(f"{note.path} gets a time {hours} h from now")
            then = time.time() + hours * 3600 + n
            os.utime(self.root / note.path, (then, then))

    @rule()
    def delete_cache(self) -> None:
        self.tell("the cache is deleted")
        shutil.rmtree(self.cache, ignore_errors=True)
        self.model.told = None
        for path, note in self.model.notes.items():
            self.model.notes[path] = replace(note, loose=note.loose or note.limbo)

    # Passes

    def options(self, **more: Any) -> Options:
        words: dict[str, Any] = {"feed": str(self.feed), "commit": False} | more
        return Options(**words)

    def pass_once(self, options: Options, settings: config.Settings) -> Report:
        self.now += timedelta(minutes=1)
        with Vault(self.root, settings, folder=self.cache) as vault:
            return sync.run(vault, options, now=lambda: self.now)

    def pass_and_check(
        self,
        options: Options,
        settings: config.Settings,
        *,
        busy: frozenset[str] = frozenset(),
        after: timedelta = timedelta(),
    ) -> Report:
        self.counts.figures["passes"] += 1
        intake = options.intake and (options.feed == "sample" or any(self.feed.iterdir()))
        options = replace(options, intake=intake)
        report = self.pass_once(options, settings)
        files = files_of(self.root)
        left = [path for path in files if ".kb-" in path and path.endswith(".tmp")]
        self.ensure(not left, f"left behind: {left}")
        keep = settings.keep
        passed = Passed(
            report,
            files,
            intake=intake,
            sample=options.feed == "sample",
            all_kept=self.all_kept(settings),
            busy=busy,
            cutoffs=(keep.relevance, keep.novelty),
        )
        self.holding(lambda: living_model.check(self.model, passed))
        if busy:
            return report
        times = {path: (self.root / path).stat().st_mtime_ns for path in files}
        self.now += after
        again = self.pass_once(options, settings)
        self.now -= after
        later = files_of(self.root)
        changed = sorted(p for p in files.keys() | later.keys() if files.get(p) != later.get(p))
        self.ensure(not changed, f"a further pass changed {changed}: {again.actions}")
        self.ensure(not again.actions, f"a further pass did {again.actions}")
        self.ensure(again.exit == 0, f"a further pass left with {again.exit}: {again.person}")
        written = [p for p in times if (self.root / p).stat().st_mtime_ns != times[p]]
        self.ensure(not written, f"a further pass wrote {written}")
        self.model.told = {problem.where: problem.why for problem in again.refused}
        return report

    def all_kept(self, settings: config.Settings) -> bool:
        return settings.keep.relevance == 1 and settings.keep.per_day == 0

    def ensure(self, held: bool, why: str) -> None:
        if not held:
            self.fail(why)

    def holding(self, check: Callable[[], None]) -> None:
        try:
            check()
        except AssertionError as error:
            self.fail(str(error))

    def fail(self, why: str) -> None:
        raise AssertionError(why)

    @rule(jump=st.sampled_from([0, 0, -50, 50]))
    def sync(self, jump: int) -> None:
        self.tell("pass")
        self.pass_and_check(self.options(), self.settings, after=timedelta(hours=jump))

    @rule()
    def index(self) -> None:
        self.tell("pass that takes nothing in")
        self.pass_and_check(self.options(feed=None, intake=False), self.settings)

    @rule()
    def rehearse(self) -> None:
        self.tell("rehearsal")
        before = files_of(self.root)
        self.pass_once(self.options(dry_run=True, intake=any(self.feed.iterdir())), self.settings)
        self.ensure(files_of(self.root) == before, "a rehearsal changed something")

    @rule(n=NUMBER)
    def sync_while_typing(self, n: int) -> None:
        note = self.pick(n)
        if note is None:
            return
        self.tell(f"pass, {note.path} saved a moment ago")
        then = time.time() - 3600
        for older, path in enumerate([*self.model.notes, *self.model.pages]):
            os.utime(self.root / path, (then - older, then - older))
        self.edit(note, note.text + f"\njust typed {n}\n")
        os.utime(self.root / note.path)
        notes = replace(self.settings.notes, quiet=10.0)
        settings_ = replace(self.settings, notes=notes)
        self.pass_and_check(self.options(), settings_, busy=frozenset({note.path}))
        os.utime(self.root / note.path, (then, then))
        self.sync(0)

    @rule()
    def sync_and_commit(self) -> None:
        self.tell("pass with git")
        git = replace(self.settings.git, commit="notes")
        settings_ = replace(self.settings, git=git)
        self.pass_and_check(self.options(commit=True), settings_)
        self.counts.figures["passes with git"] += 1
        self.gitted = True
        changed = self.world.git(
            "log", "--format=", "--name-only", "-z", f"{self.committed}..HEAD", root=self.root
        ).split("\0")
        self.committed = self.world.git("rev-parse", "HEAD", root=self.root).strip()
        foreign = sorted(set(changed) & self.model.foreign.keys())
        self.ensure(not foreign, f"committed {foreign}")
        staged = self.world.git("diff", "--cached", "--name-only", root=self.root)
        self.ensure(staged == "Notes/staged.md\n", f"the staging is {staged!r}")

    @rule(relevance=st.sampled_from([1, 9]))
    def take_sample(self, relevance: int) -> None:
        if any(paper.sample for paper in self.model.papers.values()):
            return
        self.tell("pass that takes a day of the sample in")
        for line in resources.sample_path().read_text("utf-8").splitlines():
            told = json.loads(line)
            if told["announced"] == SAMPLE_DAY.isoformat():
                self.model.papers[told["id"]] = Announced(told["announced"], sample=True)
        keep = replace(self.settings.keep, relevance=relevance, per_day=2)
        settings_ = replace(self.settings, keep=keep)
        self.pass_and_check(self.options(feed="sample", until=SAMPLE_DAY), settings_)

    @precondition(lambda self: any(paper.sample for paper in self.model.papers.values()))
    @rule()
    def forget_sample(self) -> None:
        self.sync(0)
        self.tell("the sample is taken away")
        self.now += timedelta(minutes=1)
        with Vault(self.root, self.settings_off(), folder=self.cache) as vault:
            doctor.mend(vault, now=lambda: self.now)
        files = files_of(self.root)
        self.holding(lambda: living_model.check_forgotten(self.model, files))
        self.sync(0)

    def settings_off(self) -> config.Settings:
        """The settings, without git."""
        git = replace(self.settings.git, commit="off")
        return replace(self.settings, git=git)

    @rule(call=st.integers(1, 30) | st.integers(1, 120), torn=st.booleans())
    def crash(self, call: int, torn: bool) -> None:
        self.announce(1, "json")  # else most passes have little to write
        self.tell(f"pass that is killed at call {call}{', half written' if torn else ''}")
        self.now += timedelta(minutes=1)
        options = self.options(intake=any(self.feed.iterdir()))
        pid = os.fork()
        if pid == 0:
            self.be_killed(call, torn, options)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status not in (0, -signal.SIGKILL):
            self.fail(f"a pass left with {status}: {self.trace.read_text('utf-8')}")
        self.counts.figures["passes killed"] += status == -signal.SIGKILL
        files = {p: d for p, d in files_of(self.root).items() if not p.startswith(".kb/")}
        files = {p: d for p, d in files.items() if not p.rpartition("/")[2].startswith(".kb-")}
        keep, all_kept = self.settings.keep, self.all_kept(self.settings)
        cutoffs = keep.relevance, keep.novelty
        self.holding(
            lambda: living_model.check_broken_off(self.model, files, cutoffs, all_kept=all_kept)
        )

    def be_killed(self, call: int, torn: bool, options: Options) -> None:
        def act(half: Callable[[bool], Any]) -> None:
            if torn:
                half(True)
            os.kill(os.getpid(), signal.SIGKILL)

        code = 70
        try:
            when_met(Point("", call), act)
            with Vault(self.root, self.settings, folder=self.cache) as vault:
                sync.run(vault, options, now=lambda: self.now)
            code = 0
        except BaseException:  # noqa: BLE001 - a process of its own ends here
            self.trace.write_text(traceback.format_exc(), "utf-8")
        finally:
            os._exit(code)

    def teardown(self) -> None:
        error = sys.exc_info()[1]
        try:
            if not isinstance(error, Exception):
                self.sync(0)
                if self.gitted:
                    self.world.git("fsck", "--strict", "--no-dangling", root=self.root)
        except Exception as last:
            error = last
            raise
        finally:
            self.ended(error)
            shutil.rmtree(self.folder, ignore_errors=True)

    def ended(self, error: BaseException | None) -> None:
        """The life is over; an Exception is what it failed by."""

    def obituary(self, which: str, error: Exception) -> str:
        """All there is to know of a life that failed."""
        trace = "" if type(error) is AssertionError else "".join(traceback.format_exception(error))
        return "\n  ".join([f"{which}: {error!r}", *trace.splitlines(), "after:", *self.story])
