"""How long a pass waits for a model, beside the shortest it could.

    python tests/benchmarks/model_latency.py [--papers 320] [--latency 2] [--concurrency 8] [--before 0]
                                              [--runs 3]

files a day from a file with `kb sync`, a process of its own, judged by a stand-in that answers each
request after `--latency` seconds; `--before` so many days that were judged by the local scorer. The
ideal is requests x latency / concurrency. Beside the whole pass stand its parts: the asking, from the
first request to the last answer, and the same pass by the local scorer, which is all else there is to
do; and the processor time of the process, since on a busy machine the wall says little. The day is sent
whole.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.installed import as_installed
from faults.passes import private
from standins import large_vaults
from standins.openai_server import ModelServer

REACH = 1.5
LAST = date(2025, 6, 27)


@dataclass(frozen=True)
class Pass:
    """One run, in seconds."""

    wall: float
    worked: float
    """Processor time of the process."""
    asking: float
    ideal: float
    requests: int
    local: float
    """Wall time of the same pass by the local scorer."""


def kb(*words: str) -> tuple[float, float]:
    """Runs a command in a process of its own; wall and processor seconds."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "kb", *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"kb {' '.join(words)} left with {process.returncode}")
    return took, usage.ru_utime + usage.ru_stime


def vault(folder: Path, name: str, url: str, concurrency: int, before: Path | None) -> Path:
    """A new vault whose model is at `url`, with the days of `before` filed."""
    root = folder / name
    kb("init", str(root), "-q")
    text = (root / "kb.toml").read_text()
    assert 'base_url = ""' in text
    text = text.replace('base_url = ""', f'base_url = "{url}"\nconcurrency = {concurrency}', 1)
    text = text.replace('summaries = "kept"', 'summaries = "never"', 1)
    text = text.replace("overview = true", "overview = false", 1)
    (root / "kb.toml").write_text(text)
    if before is not None:
        kb("sync", "--vault", str(root), "--feed", str(before), "--scorer", "local", "-q")
    return root


def measure(folder: Path, papers: int, latency: float, concurrency: int, before: int) -> Pass:
    days = folder / "before"
    days.mkdir()
    for back in range(before, 0, -1):
        day = LAST - timedelta(days=back)
        large_vaults.feed(days / f"{day}.jsonl", day, seed=back, count=papers)
    feed = large_vaults.feed(folder / "day.jsonl", LAST, seed=0, count=papers)
    with private(folder), ModelServer(models=("gpt-4o-mini",), latency=latency) as server:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            os.environ.pop(name, None)
        roots = [
            vault(folder, name, server.url, concurrency, days if before else None)
            for name in ("asked", "local")
        ]
        words = ("sync", "--feed", str(feed), "-q")
        wall, worked = kb(*words, "--scorer", "llm", "--vault", str(roots[0]))
        local, _ = kb(*words, "--scorer", "local", "--vault", str(roots[1]))
        chats = server.chats
    asked = [arxiv_id for chat in chats for arxiv_id in chat.ids]
    assert len(asked) == len(set(asked)) == papers, "not every paper was asked about once"
    asking = chats[-1].at + latency - chats[0].at
    ideal = len(chats) * latency / concurrency
    return Pass(wall, worked, asking, ideal, len(chats), local)


def row(what: str, took: float, ideal: float, reach: str = "") -> str:
    return f"{what:<58} {took:6.2f} s  {took / ideal:5.2f} x ideal  {reach}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--papers", type=int, default=320)
    parser.add_argument("--latency", type=float, default=2.0, help="seconds")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--before", type=int, default=0, help="days filed before")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    as_installed()
    runs = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as scratch:
            runs.append(
                measure(
                    Path(scratch), options.papers, options.latency, options.concurrency,
                    options.before,
                )
            )  # fmt: skip
    middle = sorted(runs, key=lambda run: run.wall)[len(runs) // 2]
    rounds = math.ceil(middle.requests / options.concurrency)
    print(
        f"{options.papers} papers in {middle.requests} requests of {options.latency:g} s,"
        f" {options.concurrency} at once: ideal {middle.ideal:.2f} s, {rounds} rounds; median of"
        f" {len(runs)} runs, {options.before} days before"
    )
    asking = statistics.median(run.asking for run in runs)
    print(row("asking, from the first request to the last answer", asking, middle.ideal))
    print(row("kb sync as a whole", middle.wall, middle.ideal, f"reach: {REACH} x"))
    local = statistics.median(run.local for run in runs)
    print(row("the same pass by the local scorer alone", local, middle.ideal))
    worked = statistics.median(run.worked for run in runs)
    print(row("processor time of the pass", worked, middle.ideal))


if __name__ == "__main__":
    main()
