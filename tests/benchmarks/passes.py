"""How long a pass takes, as whole processes: a large day, a median day, the second pass, `kb --help`.

    python tests/benchmarks/passes.py [--runs 3] [--feed DAY.jsonl.gz ...]

Without `--feed` the largest and a median day of the labelled data beside the checkout are taken;
where that is not there, days of invented papers of the same sizes. Each figure stands beside the
machine's own baseline, a bare `python -c pass`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.installed import as_installed

ROOT = Path(__file__).resolve().parents[2]
LISTINGS = ROOT.parent / "shared" / "data" / "arxiv-days" / "listings"


def timed(words: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and peak MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} left with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def kb(*words: str) -> list[str]:
    return [sys.executable, "-m", "kb", *words]


def days(feeds: list[Path], scratch: Path) -> list[tuple[str, Path, int]]:
    """(label, feed, papers): the named feeds, else the largest and the median of the data."""
    if not feeds and LISTINGS.is_dir():
        sizes = sorted((_count(path), path) for path in LISTINGS.glob("*.jsonl.gz"))
        middle = min(sizes, key=lambda size: abs(size[0] - 500))
        feeds = [sizes[-1][1], middle[1]]
    if feeds:
        return [(path.name.split(".")[0], path, _count(path)) for path in feeds]
    from standins.vaults import record

    made = []
    for count in (1847, 500):
        path = scratch / f"invented-{count}.jsonl"
        path.write_text("\n".join(json.dumps(record(n)) for n in range(count)))
        made.append((f"invented {count}", path, count))
    return made


def _count(path: Path) -> int:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return sum(1 for line in data.splitlines() if line.strip())


def measure(
    feed: Path, runs: int, scratch: Path
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """First and second passes over fresh vaults."""
    first, second = [], []
    for run in range(runs):
        home = scratch / f"{feed.name}-{run}"
        env = os.environ | {"KB_CACHE_DIR": str(home / "cache"), "HOME": str(scratch)}
        timed(kb("init", str(home / "vault")), env)
        words = kb("sync", "--vault", str(home / "vault"), "--feed", str(feed), "-q")
        first.append(timed(words, env))
        second.append(timed(words, env))
    return first, second


def line(label: str, figures: list[tuple[float, float]], bare: float, reach: str) -> str:
    seconds = statistics.median(s for s, _ in figures)
    peak = max(mb for _, mb in figures)
    return f"{label:<44} {seconds:6.2f} s  {seconds / bare:6.1f} x bare  {peak:5.0f} MB   reach: {reach}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--feed", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    as_installed()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        env = dict(os.environ)
        timed([sys.executable, "-c", "pass"], env)
        bare = statistics.median(timed([sys.executable, "-c", "pass"], env)[0] for _ in range(15))
        print(
            f"bare python -c pass: {bare * 1000:.0f} ms; {os.cpu_count()} cores; {args.runs} runs, medians"
        )
        timed(kb("--help"), env)
        print(line("kb --help", [timed(kb("--help"), env) for _ in range(15)], bare, "5 x bare"))
        for label, feed, count in days(args.feed, scratch):
            reach = "10 s, 500 MB" if count > 1000 else "6 s"
            first, second = measure(feed, args.runs, scratch)
            print(line(f"{label}: {count} papers, first pass", first, bare, reach))
            print(line(f"{label}: second pass", second, bare, "1 s"))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"(this script itself: {own:.0f} MB)")


if __name__ == "__main__":
    main()
