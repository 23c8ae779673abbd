"""How long the ledger of a large vault takes to read, and what it takes of memory while held.

    python tests/benchmarks/ledger.py [NOTES ...] [--runs 3]

The ledger is invented: 20 notes a weekday, each day with 250 papers scanned and reasons for the
kept, every fourth note read, every tenth updated. With `--judged` a model has judged each note as
well. Times are the processor's. Beside them stands the floor of the same run: its files read, its
lines parsed.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

PER_DAY, SCANNED = 20, 250
WORDS = (
    "sparse",
    "mixture",
    "routing",
    "attention",
    "state",
    "space",
    "retrieval",
    "alignment",
    "benchmark",
    "agents",
    "planning",
    "diffusion",
    "latent",
    "tokens",
    "scaling",
    "quantised",
    "memory",
    "reasoning",
    "graphs",
    "causal",
    "privacy",
    "federated",
)
Record = dict[str, Any]


def make(root: Path, notes: int, *, judged: bool) -> None:
    """Month files in `root`, as passes would have written them."""
    from kb.vault.ledger import Ledger

    chance, ledger = random.Random(notes), Ledger(root)
    months: dict[str, list[Record]] = {}
    day, numbers = date(2016, 1, 4), 0
    for number in range(0, notes, PER_DAY):
        while day.weekday() > 4:
            day += timedelta(days=1)
        numbers = 0 if day.day < 4 and numbers > 1000 else numbers
        ids = [f"{day:%y%m}.{numbers + n:05}" for n in range(1, SCANNED + 1)]
        numbers += SCANNED
        kept = sorted(chance.sample(ids, min(PER_DAY, notes - number)))
        months.setdefault(f"{day:%Y-%m}", []).extend(_of_day(chance, day, ids, kept, judged=judged))
        day += timedelta(days=1)
    for month, records in months.items():
        ledger.append(month, records)


def _of_day(
    chance: random.Random, day: date, ids: list[str], kept: list[str], *, judged: bool
) -> list[Record]:
    at = f"{day}T06:01:12.345Z"
    later = f"{day + timedelta(days=3)}T17:20:30.000Z"
    scores = {i: (chance.randint(1, 10), chance.randint(1, 10)) for i in ids}
    records = [_wrote(chance, day, i, *scores[i], at) for i in kept]
    changed = chance.sample(records, len(records) // 10)
    records += [written | {"at": later, "update": "version 2"} for written in changed]
    read = chance.sample(kept, len(kept) // 4)
    records += [{"v": 1, "k": "boxes", "id": i, "on": ["read"], "at": later} for i in read]
    records += [_judged(chance, i, at) for i in kept if judged]
    records.append({
        "v": 1, "k": "day", "day": day.isoformat(), "cats": ["cs.LG", "cs.AI", "cs.CL"],
        "outcome": "done", "announced": 442, "scanned": len(ids), "relevant": len(kept),
        "by": "local", "papers": [[i, *scores[i]] for i in ids], "kept": kept, "at": at,
        "reasons": {i: [["Model Architecture"], _words(chance, 12)] for i in kept},
        "criteria": hashlib.sha256(at.encode()).hexdigest()[:8],
        "cutoffs": {"relevance": 7, "per_day": PER_DAY},
    })  # fmt: skip
    records.append(
        {"v": 1, "k": "pass", "at": at, "created": len(kept), "updated": 0, "problems": 0}
    )
    return records


def _wrote(chance: random.Random, day: date, i: str, r: int, n: int, at: str) -> Record:
    from kb.core import composing, notes
    from kb.core.assessments import Assessment
    from kb.core.papers import Paper

    title = _words(chance, 9)
    sent = datetime(day.year, day.month, day.day) - timedelta(days=1)
    paper = Paper(
        id=i, title=title, authors=tuple(_words(chance, 2) for _ in range(5)), abstract="",
        categories=("cs.LG", "cs.AI", "stat.ML"), submitted=sent, revised=sent, announced=day,
        comment="12 pages",
    )  # fmt: skip
    judged = Assessment(id=i, relevance=r, novelty=n, topics=("Model Architecture",), summary=title)
    return {
        "v": 1, "k": "wrote", "id": i, "path": f"Papers/{day:%Y-%m}/{title} {i[5:]}.md",
        "keys": notes.remembered(composing.properties(paper, judged)),
        "regions": {"paper": hashlib.sha256(i.encode()).hexdigest()}, "at": at,
    }  # fmt: skip


def _judged(chance: random.Random, i: str, at: str) -> Record:
    return {
        "v": 1, "k": "judged", "id": i, "ver": 1, "by": "a-model", "prompt": "9f2c", "r": 8, "n": 7,
        "topics": ["Model Architecture"], "comment": _words(chance, 25), "tokens": [412, 0, 38],
        "usd": 0.0012, "at": at,
    }  # fmt: skip


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count)).capitalize()


def resident() -> float:
    """MB that this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(root: Path) -> None:
    """Reads the ledger once in this process, and says so as JSON."""
    from kb.vault.ledger import Ledger

    ledger = Ledger(root)
    before, start = resident(), time.process_time()
    history = ledger.history()
    seconds = time.process_time() - start
    peak = _peak()
    gc.collect()
    held = resident() - before
    start = time.process_time()
    seen = len(history.seen)
    told = {"ms": seconds * 1000, "held": held, "peak": peak - before, "papers": seen}
    told["seen"] = (time.process_time() - start) * 1000
    print(json.dumps(told | {"notes": len(history.wrote)}))


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def floor(root: Path) -> float:
    """Milliseconds for what cannot be spared: the files read and each line parsed."""
    import orjson

    start = time.process_time()
    for file in sorted(root.glob(".kb/ledger/*.jsonl")):
        for line in file.read_bytes().splitlines():
            orjson.loads(line)
    return (time.process_time() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notes", type=int, nargs="*", default=[1000, 10_000, 50_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--judged", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(args.measure)
        return
    print("  notes  ledger MB   history ms   floor ms   held MB   peak MB   seen ms")
    for notes in args.notes:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            make(root, notes, judged=args.judged)
            size = sum(file.stat().st_size for file in root.glob(".kb/ledger/*")) / 1e6
            runs = [_in_a_process(root) for _ in range(args.runs)]
            least = statistics.median(floor(root) for _ in range(args.runs))
            ms, held, peak, seen = (
                statistics.median(run[what] for run in runs)
                for what in ("ms", "held", "peak", "seen")
            )
            print(
                f"{notes:7} {size:10.1f} {ms:12.0f} {least:10.0f} {held:9.1f} {peak:9.1f} {seen:9.0f}"
            )


def _in_a_process(root: Path) -> dict[str, float]:
    words = [sys.executable, __file__, "--measure", str(root)]
    told: dict[str, float] = json.loads(
        subprocess.run(words, check=True, capture_output=True).stdout
    )
    return told


if __name__ == "__main__":
    main()
