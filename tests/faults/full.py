"""The fault suites at their full counts, and what they found, as a table in Markdown.

    python tests/faults/full.py [NAME ...] [--share 0.1] [--seed N] [--jobs N]

Runs for about an hour and a half on 2 cores; with names, only those suites. Exits 1 where a trial failed.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

if TYPE_CHECKING:
    from faults.tally import Tally


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of the table: what goes wrong, and how often it is tried."""

    number: int
    module: str
    what: str
    count: int


SUITES = (
    Suite(1, "kill_points", "SIGKILL at every write, rename, fsync, link, unlink", 10_000),
    Suite(2, "random_kills", "SIGKILL at random times", 1_000),
    Suite(3, "disk_errors", "EIO, ENOSPC, EACCES, EROFS, EDQUOT at every call", 10_000),
    Suite(4, "hostile_notes", "hostile notes", 100_000),
    Suite(5, "living_vault", "a living vault, 50 steps each", 1_000),
    Suite(6, "editors_at_work", "lines typed by 8 editors while kb writes", 100_000),
    Suite(7, "rivals", "rounds of 10 rival processes", 200),
    Suite(8, "git_states", "repository states", 1_000),
    Suite(8, "git_race", "commits racing a person's", 500),
    Suite(9, "vanished", "vaults and folders that vanish", 1_000),
    Suite(10, "bombs", "YAML bombs, huge and broken notes", 1_000),
    Suite(11, "hostile_names", "hostile titles and ids", 10_000),
    Suite(12, "power_loss", "power lost at every call, on a model of a disk", 1_000),
    Suite(13, "watch_burst", "files written in one burst beside the watcher", 30_000),
    Suite(14, "watch_styles", "edits in each style of saving beside the watcher", 1_000),
    Suite(15, "watch_together", "seconds of watcher, editors, git by hand and cron at once", 300),
)
"""A count that is larger than what there is to try means all of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    suite: Suite
    tally: Tally
    seconds: float

    def row(self) -> str:
        more = ", ".join(f"{name} {count:,}" for name, count in sorted(self.tally.figures.items()))
        cells = (
            self.suite.number, self.suite.what, f"{self.tally.tried:,}",
            len(self.tally.failures), more, f"{self.seconds:.0f} s",
        )  # fmt: skip
        return f"| {' | '.join(map(str, cells))} |"


def carry_out(suite: Suite, count: int, seed: int) -> Outcome:
    """One suite, in a scratch folder of its own."""
    module = importlib.import_module(f"faults.{suite.module}")
    folder = Path(tempfile.mkdtemp(prefix=f"kb-{suite.module}-"))
    begun = time.monotonic()
    try:
        tally = module.run(count, seed=seed, folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(suite, tally, time.monotonic() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these suites")
    parser.add_argument("--share", type=float, default=1.0, help="of the full counts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    words = parser.parse_args()
    unknown = set(words.names) - {suite.module for suite in SUITES}
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    wanted = [suite for suite in SUITES if not words.names or suite.module in words.names]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(
        words.jobs, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        begun = {
            pool.submit(carry_out, s, max(1, round(s.count * words.share)), words.seed): s
            for s in wanted
        }
        for done in as_completed(begun):
            outcomes.append(done.result())
            print(outcomes[-1].row(), file=sys.stderr, flush=True)
    print("| # | fault | tried | failed | of which, and besides | took |")
    print("|---|---|---:|---:|---|---:|")
    for outcome in sorted(outcomes, key=lambda o: (o.suite.number, o.suite.module)):
        print(outcome.row())
    failures = [(o.suite.module, told) for o in outcomes for told in o.tally.failures]
    for module, told in failures:
        print(f"\n{module}: {told}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
