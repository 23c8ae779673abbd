"""A vault after years of use: thousands of notes, their pages, their ledger, their history in git.

    PYTHONPATH=tests python -m standins.large_vaults VAULT [NOTES] [--seed N]

Everything lies where kb would have put it, and `kb index` has been over it once: a further one
changes nothing. The same count and seed give the same notes and the same ledger, the clock aside
that kb's own pass left in it. The cache is where `$KB_CACHE_DIR` says.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import multiprocessing
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from standins.long_papers import ELSEWHERE, Papers, stamp

from kb import config, resources
from kb.core import composing, notes, regions
from kb.core.announcements import back, days_between, previous_day
from kb.core.assessments import Assessment, rank
from kb.core.note_names import NamePlan
from kb.core.properties import Form
from kb.core.topics import parse_topics
from kb.sync import criteria
from kb.vault.vault import CONFIG, Vault

if TYPE_CHECKING:
    from kb.core.history import Record
    from kb.core.papers import Paper
    from kb.core.topics import Topic

ROOT = Path(__file__).resolve().parents[2]
LAST = date(2025, 3, 7)
"""The last announcement day unless another is named; the others are the weekdays before it."""
PER_DAY = 20
ANNOUNCED = 420
SCANNED = 250
POOL = 20
"""Days whose papers all have a text in the cache, as the local scorer wants."""
_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
_THOUGHTS = (
    "Read on the train. The second figure is the one to remember.",
    "Compare with what we measured in spring; their baseline looks weak.",
    "- [ ] ask about the constants in the main bound\n- [ ] try it on our own data",
    "Too long for what it says, but section 4 is worth a second look.",
    "> worth quoting in the introduction\n\nand the proof is shorter than ours.",
    "Nothing new for me. Keep for the references.",
    "Talk about this on Thursday.\n\n## Open\n\nWhat happens at the boundary?",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A vault that was made."""

    root: Path
    notes: tuple[str, ...]
    """Paths of the paper notes."""


def make(
    root: Path, count: int, *, seed: int = 0, last: date = LAST, per_day: int = PER_DAY
) -> Made:
    """A vault of `count` paper notes and a tenth as many other notes at `root`.

    `per_day` papers are kept of each day. `last` is its last announcement day; the current one leaves a watcher nothing to catch up with.
    """
    _kb("init", str(root))
    settings = root / CONFIG
    settings.write_text(_set(settings.read_text("utf-8"), "per_day = 15", f"per_day = {per_day}"))
    chance = random.Random(seed)
    with Vault(root, config.load(settings)) as vault:
        writing = _Writing(vault, chance, Papers(seed + 1), per_day)
        writing.live(count, last)
    _others(root, max(1, count // 10), last, chance, writing.paths)
    _kb("index", "--no-commit", "-q", "--vault", str(root))
    _commit(root)
    return Made(root, tuple(writing.paths))


def feed(path: Path, day: date, *, seed: int, count: int = SCANNED) -> Path:
    """A saved feed of `count` papers announced on `day`, a fifth of them on the vault's topics."""
    papers = Papers(seed)
    topics = parse_topics(resources.template_file("Topics.md").decode()).topics
    lines = []
    for number in range(count):
        subjects = topics[number % len(topics)].keywords if number % 5 == 0 else ELSEWHERE
        paper = papers.make(f"{day:%y%m}.{day.day:02}{number:03}", day, subjects)
        record = {
            "id": paper.id, "title": paper.title, "abstract": paper.abstract,
            "authors": paper.authors, "categories": paper.categories, "primary": paper.primary,
            "comment": paper.comment, "announced": day.isoformat(),
        }  # fmt: skip
        lines.append(json.dumps(record, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _set(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def _kb(*words: str) -> None:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path}
    ran = subprocess.run(
        [sys.executable, "-m", "kb", *words], env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"kb {words[0]} left with {ran.returncode}: {ran.stderr[-2000:]}"


class _Writing:
    """Writes days as a pass would, and then what a reader made of the notes."""

    def __init__(self, vault: Vault, chance: random.Random, papers: Papers, per_day: int) -> None:
        self.vault = vault
        self.per_day = per_day
        self.chance = chance
        self.papers = papers
        self.topics = parse_topics(vault.topics_text()).topics
        self.template = vault.read_text(vault.settings.at("Templates", "Paper.md"))
        self.names = NamePlan(set(), vault.settings.folders.papers, vault.settings.notes.name)
        self.criteria = criteria.snapshot(vault)
        self.paths: list[str] = []
        self._folders: set[Path] = set()
        self._numbers: dict[str, int] = {}

    def live(self, count: int, last: date) -> None:
        """As many days as `count` notes need, the oldest first; the ledger by month."""
        path, text = self.criteria
        file = self.vault.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        days = days_between(back(last, max(0, -(-count // self.per_day) - 1)), last)
        with _workers(count) as carry_out:
            for months in itertools.groupby(
                enumerate(days), lambda numbered: f"{numbered[1]:%Y-%m}"
            ):
                notes_: list[_Note] = []
                records: list[Record] = []
                for number, day in months[1]:
                    kept = min(self.per_day, count - number * self.per_day)
                    more, told = self._day(day, kept, len(days) - number)
                    notes_ += more
                    records += told
                self.vault.ledger.append(months[0], [*carry_out(notes_), *records])

    def _day(self, day: date, kept: int, age: int) -> tuple[list[_Note], list[Record]]:
        month = f"{previous_day(day):%y%m}"
        first = self._numbers.get(month, 0) + 1
        self._numbers[month] = first + ANNOUNCED
        numbers = sorted(self.chance.sample(range(ANNOUNCED), SCANNED))
        ids = [f"{month}.{first + number:05}" for number in numbers]
        chosen = sorted(self.chance.sample(ids, kept))
        at = stamp(day).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shelf = [self._relevant(arxiv_id, day) for arxiv_id in chosen]
        texts = [paper for paper, _ in shelf]
        if age <= POOL:
            texts += [self.papers.make(i, day, ELSEWHERE) for i in ids if i not in chosen]
        self.vault.cache.put_papers(texts)
        scores = {a.id: (a.relevance, a.novelty) for _, a in shelf}
        others = {i: (self.chance.randint(1, 6), self.chance.randint(2, 7)) for i in ids}
        record: Record = {
            "v": 1, "k": "day", "day": day.isoformat(),
            "cats": list(self.vault.settings.arxiv.categories), "outcome": "done",
            "announced": ANNOUNCED, "scanned": SCANNED, "relevant": kept, "by": "local",
            "papers": [[i, *scores.get(i, others[i])] for i in ids],
            "kept": [a.id for a in rank(a for _, a in shelf)], "at": at,
            "reasons": {a.id: [list(a.topics), a.comment] for _, a in shelf},
            "criteria": criteria.digest_of(self.criteria[0]),
            "cutoffs": {"relevance": 7, "per_day": self.per_day},
        }  # fmt: skip
        done = {"v": 1, "k": "pass", "at": at, "created": kept, "updated": 0, "problems": 0}
        return [self._note(paper, judged, at, age) for paper, judged in shelf], [record, done]

    def _relevant(self, arxiv_id: str, day: date) -> tuple[Paper, Assessment]:
        chance = self.chance
        topic: Topic = chance.choice(self.topics)
        more = [t.name for t in self.topics if t is not topic and chance.random() < 0.15]
        paper = self.papers.make(arxiv_id, day, topic.keywords)
        words = [word for word in topic.keywords if word in paper.abstract][:3]
        sentences = paper.abstract.split(". ")
        return paper, Assessment(
            id=arxiv_id,
            relevance=chance.randint(7, 10),
            novelty=chance.randint(4, 9),
            topics=(topic.name, *more),
            comment=f"{topic.name}: {', '.join(words)}",
            summary=" ".join(f"{sentences[1].removesuffix('.')}.".split()[:40]),
        )

    def _note(self, paper: Paper, judged: Assessment, at: str, age: int) -> _Note:
        path = self.names.path(paper)
        folder = (self.vault.root / path).parent
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        self.paths.append(path)
        seed = self.chance.getrandbits(32)
        return _Note(self.vault.root, path, self.template, paper, judged, at, age, seed)


@dataclass(frozen=True, slots=True)
class _Note:
    """All that it takes to write one note, in whatever process."""

    root: Path
    path: str
    template: str
    paper: Paper
    judged: Assessment
    at: str
    age: int
    """Announcement days from the paper's to the end, its own included."""
    seed: int

    def write(self) -> Record:
        """The file, and then what the ledger says of it."""
        text = composing.compose(self.paper, self.judged, Form(self.template, "Paper.md"))
        chance = random.Random(self.seed)
        file = self.root / self.path
        file.write_bytes(self._lived_in(text, chance).encode())
        _date(file, datetime.fromisoformat(self.at) + timedelta(hours=chance.randint(1, 200)))
        keys = notes.remembered(composing.properties(self.paper, self.judged))
        region = regions.find(text, notes.REGION)
        assert region is not None
        return {
            "v": 1, "k": "wrote", "id": self.paper.id, "path": self.path, "keys": keys,
            "regions": {notes.REGION: regions.digest(region.inner)}, "at": self.at,
        }  # fmt: skip

    def _lived_in(self, text: str, chance: random.Random) -> str:
        """The note as the reader left it: some words, mostly a status, sometimes a rating."""
        unread = 0.8 if self.age <= 5 else 0.25
        words = ("unread", "reading", "read", "skip")
        status = chance.choices(words, (unread, 0.05, 0.5, 0.2))[0]
        text = _set(text, "\nstatus: unread\n", f"\nstatus: {status}\n")
        rating = chance.choices((0, 5, 4, 1), (0.6, 0.15, 0.2, 0.05))[0] if status == "read" else 0
        if rating:
            text = _set(text, "\nrating:\n", f"\nrating: {rating}\n")
        return f"{text}\n{chance.choice(_THOUGHTS)}\n"


@contextlib.contextmanager
def _workers(count: int) -> Iterator[Callable[[list[_Note]], list[Record]]]:
    """Writes notes, many of them in as many processes as there are processors."""
    if count < 1000 or not hasattr(os, "fork"):
        yield lambda pending: [note.write() for note in pending]
        return
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        yield lambda pending: pool.map(_Note.write, pending, chunksize=20)


def _date(file: Path, moment: datetime) -> None:
    """Lets the file look as if it was saved then."""
    os.utime(file, (moment.timestamp(), moment.timestamp()))


def _others(root: Path, count: int, last: date, chance: random.Random, papers: list[str]) -> None:
    """A diary, projects and attachments: what kb must look at and leave alone."""
    for number in range(count):
        day = last - timedelta(days=number)
        about = Path(chance.choice(papers)).stem
        diary = number % 4 != 3
        file = root / (f"Diary/{day:%Y}/{day}.md" if diary else f"Projects/Project {number:05}.md")
        file.parent.mkdir(parents=True, exist_ok=True)
        head = "---\ntags: [project]\n---\n\n" if not diary else ""
        words = "\n\n".join(chance.sample(_THOUGHTS, 3))
        file.write_text(f"{head}# {file.stem}\n\n{words}\n\nSee [[{about}]].\n", "utf-8")
        _date(file, stamp(day))
        if number % 20 == 0:
            picture = root / f"Diary/attachments/figure {number}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.write_bytes(_PNG + zlib.crc32(picture.name.encode()).to_bytes(4, "big") * 2000)


def _commit(root: Path) -> None:
    """All of it in one commit, packed, as after months."""
    for words in _git_words():
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def _git_words() -> Iterator[list[str]]:
    yield ["config", "user.name", "A reader"]
    yield ["config", "user.email", "reader@localhost"]
    yield ["add", "-A"]
    yield [
        "-c",
        "gc.auto=0",
        "-c",
        "maintenance.auto=false",
        "commit",
        "-q",
        "-m",
        "Some years of reading",
    ]
    yield ["gc", "-q"]
    yield ["status", "--porcelain"]  # the index then knows what all files look like


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vault", type=Path)
    parser.add_argument("notes", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    made = make(words.vault.absolute(), words.notes, seed=words.seed)
    print(f"{len(made.notes)} notes in {made.root}")


if __name__ == "__main__":
    main()
