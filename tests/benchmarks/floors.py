"""What bare Python and bare git need for the same work, on the same disk and in the same minute."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def percentile(figures: list[float], share: float) -> float:
    """The figure that `share` of all (0 to 1) do not exceed."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def bare_python(runs: int) -> float:
    words = [sys.executable, "-c", "pass"]
    return statistics.median(timed(lambda: subprocess.run(words, check=True)) for _ in range(runs))


def pages(root: Path, page_files: list[Path], times: int) -> list[float]:
    """A file is seen to have changed, then as many bytes as these pages have are written beside
    them, flushed to the disk, and renamed over one another."""
    folder = root / ".floor"
    folder.mkdir()
    texts = [page.read_bytes() for page in page_files]
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        page_files[0].stat()
        for number, text in enumerate(texts):
            new = folder / f"{number}.tmp"
            with new.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(folder / f"{number}.md")
        took.append(time.perf_counter() - begun)
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()
    return took


def commits(root: Path, notes: list[str]) -> list[float]:
    """`git add` and `git commit` of one path, once for each note."""
    took = []
    for note in notes:
        with (root / note).open("ab") as file:
            file.write(b"One line more.\n")
        begun = time.perf_counter()
        for words in (
            ("add", "--", note),
            ("commit", "-q", "-m", "One line more", "--only", "--", note),
        ):
            subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)
        took.append(time.perf_counter() - begun)
    return took


def walk(root: Path) -> list[Path]:
    """Every note, with what the folder says of it."""
    return [path for path, _ in _entries(str(root))]


def _entries(folder: str) -> Iterator[tuple[Path, os.stat_result]]:
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _entries(entry.path)
            elif entry.name.endswith(".md"):
                yield Path(entry.path), entry.stat()


def parse(files: list[Path]) -> int:
    """The frontmatter of every file through the loader in C; how many have one."""
    found = 0
    for file in files:
        text = file.read_text("utf-8")
        if match := re.match(r"---\n(.*?)\n---\n", text, re.DOTALL):
            found += isinstance(yaml.load(match[1], Loader=_LOADER), dict)
    return found


def sleeping(has_proc: bool) -> float:
    """MB that a Python which does nothing holds (0 where that cannot be seen)."""
    if not has_proc:
        return 0.0
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(words) as process:
        time.sleep(0.3)
        told = Path(f"/proc/{process.pid}/status").read_text()
        process.kill()
    match = re.search(r"VmRSS:\s+(\d+)", told)
    return int(match[1]) / 1024 if match else 0.0
