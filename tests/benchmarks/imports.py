"""What `kb import` takes for years of digests, made by `kb export` from a large vault.

    python tests/benchmarks/imports.py [--digests 100 400] [--per-day 25] [--folder SCRATCH] [--digests-in DIR]

For each number of digests a fresh vault takes them in, offline, and then once more: processor and wall
seconds, peak memory beside that of `kb index` on what came of it, commits, and what the second import
changed. The floor is what bare Python and git need on the same disk for the same notes: each written,
synced and renamed, then one commit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.installed import as_installed
from faults.passes import private
from standins import large_vaults

COLUMNS = (
    "digests", "notes", "processor s", "wall s", "peak MB", "kb index, peak MB", "commits",
    "again, processor s", "changed", "floor, processor s (wall)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took, its children included."""

    wall: float
    processor: float
    peak: float
    """MB."""


def timed(*words: str) -> Took:
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} left with {process.returncode}")
    spent = usage.ru_utime + usage.ru_stime
    return Took(time.perf_counter() - start, spent, usage.ru_maxrss / 1024)


def kb(vault: Path, *words: str) -> Took:
    return timed(sys.executable, "-m", "kb", *words, "--vault", str(vault))


def exported(folder: Path, count: int, per_day: int) -> Path:
    """A folder of `count` digests of `per_day` papers each, written by `kb export`."""
    vault, out = folder / "from", folder / "digests"
    large_vaults.make(vault, count * per_day, per_day=per_day)
    out.mkdir()
    kb(vault, "export", "--format", "digest", "--since", "2000-01-01", "--out", str(out))
    shutil.rmtree(vault)
    return out


def commits(vault: Path) -> int:
    words = ["git", "-C", str(vault), "rev-list", "--count", "HEAD"]
    return int(subprocess.run(words, capture_output=True, check=True, text=True).stdout)


def state(vault: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the vault: its time and bytes, those of git and its lock aside."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in vault.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def floor(vault: Path, scratch: Path) -> Took:
    """A process that does no more than write the notes of `vault` and commit them."""
    code = (
        "import os, pathlib, subprocess, sys\n"
        "here, there = map(pathlib.Path, sys.argv[1:])\n"
        "for note in here.glob('Papers/**/*.md'):\n"
        "    to = there / note.relative_to(here)\n"
        "    to.parent.mkdir(parents=True, exist_ok=True)\n"
        "    with open(f'{to}.tmp', 'wb') as file:\n"
        "        file.write(note.read_bytes())\n"
        "        os.fsync(file.fileno())\n"
        "    os.replace(f'{to}.tmp', to)\n"
        "git = ['git', '-C', str(there), '-c', 'user.name=x', '-c', 'user.email=x@example.org']\n"
        "subprocess.run([*git, 'init', '-q'], check=True)\n"
        "subprocess.run([*git, 'add', '.'], check=True)\n"
        "subprocess.run([*git, 'commit', '-q', '-m', 'x'], check=True)\n"
    )
    took = timed(sys.executable, "-c", code, str(vault), str(scratch / "floor"))
    shutil.rmtree(scratch / "floor")
    return took


def measure(digests: list[Path], scratch: Path) -> str:
    """A row of the table."""
    vault, lists = scratch / f"to-{len(digests)}", scratch / "lists"
    lists.mkdir()
    for digest in digests:
        shutil.copy(digest, lists)
    kb(vault.parent, "init", str(vault))
    before = commits(vault)
    first = kb(vault, "import", "--offline", "-q", str(lists))
    made, held = commits(vault) - before, state(vault)
    notes = sum(1 for _ in vault.glob("Papers/**/*.md"))
    second = kb(vault, "import", "--offline", "-q", str(lists))
    changed = len(dict(state(vault).items() ^ held.items())) + commits(vault) - before - made
    index = kb(vault, "index", "-q")
    bare = floor(vault, scratch)
    shutil.rmtree(vault)
    shutil.rmtree(lists)
    return (
        f"| {len(digests)} | {notes:,} | {first.processor:.1f} | {first.wall:.1f} | {first.peak:.0f}"
        f" | {index.peak:.0f} | {made} | {second.processor:.1f} | {changed}"
        f" | {bare.processor:.1f} ({bare.wall:.1f}) |"
    )


@contextmanager
def _scratch(folder: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=folder) as name, private(Path(name)):
        yield Path(name)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--digests", type=int, nargs="+", default=[100, 400])
    parser.add_argument("--per-day", type=int, default=25)
    parser.add_argument("--folder", type=Path, help="where scratch vaults go")
    parser.add_argument("--digests-in", type=Path, help="digests made before, to be taken again")
    asked = parser.parse_args()
    as_installed()
    with _scratch(asked.folder) as scratch:
        made = asked.digests_in or exported(scratch, max(asked.digests), asked.per_day)
        files = sorted(made.glob("*.md"))
        print(f"| {' | '.join(COLUMNS)} |")
        print(f"|{'---:|' * len(COLUMNS)}")
        for count in asked.digests:
            print(measure(files[:count], scratch), flush=True)


if __name__ == "__main__":
    main()
