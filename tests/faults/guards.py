"""Each guard earns its keep: with one removed, at least one test must fail.

    python tests/faults/guards.py [NAME ...]

Copies the tree, takes one guard out of the copy, runs the tests that should notice, and prints a
table in Markdown. Exits 1 where none did.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Guard:
    """A place in the code, what stands there in its stead when it is gone, and who should notice."""

    name: str
    path: str
    code: str
    without: str
    tests: str


GUARDS = (
    Guard(
        "fsync of bytes", "kb/vault/files.py",
        "                yield partial(os.fsync, descriptor)\n", "                yield lambda: None\n",
        "tests/faults/test_power_loss.py",
    ),
    Guard(
        "fsync of folders", "kb/vault/disk.py",
        "        os.fsync(fd)\n", "        pass\n",
        "tests/faults/test_power_loss.py",
    ),
    Guard(
        "fsync of the ledger", "kb/vault/ledger.py",
        "                os.fsync(file.fileno())\n", "                pass\n",
        "tests/faults/test_power_loss.py",
    ),
    Guard(
        "compare with what was read", "kb/vault/files.py",
        "    if now.sha256 != expect.sha256:\n", "    if False:\n",
        "tests/vault/test_files.py",
    ),
    Guard(
        "compare right before the exchange", "kb/vault/files.py",
        "or not holds(target, expect.data):\n", "or False:\n",
        "tests/vault/test_saves.py",
    ),
    Guard(
        "exchange", "kb/vault/disk.py",
        "    return _rename_with(_RENAME_EXCHANGE, one, other)\n", "    return False\n",
        "tests/vault/test_saves.py",
    ),
    Guard(
        "verify after the exchange", "kb/vault/files.py",
        "    return disk.is_open_as(aside, held.fileno()) and (\n", "    return True or (\n",
        "tests/vault/test_saves.py",
    ),
    Guard(
        "lease", "kb/vault/files.py",
        "    leased = disk.nobody_writes(held.fileno())\n    if", "    leased = None\n    if",
        "tests/vault/test_saves.py",
    ),
    Guard(
        "quiet time", "kb/vault/files.py",
        "        if abs(age) < self._quiet and", "        if False and",
        "tests/vault/test_files.py",
    ),
    Guard(
        "new files never over old ones", "kb/vault/disk.py",
        "_RENAME_NOREPLACE = 1\n", "_RENAME_NOREPLACE = 0\n",
        "tests/vault/test_files.py",
    ),
    Guard(
        "only our own leftovers", "kb/vault/leftovers.py",
        'match["new"] is None or digest in {match["new"], match["old"]}', "True",
        "tests/vault/test_leftovers.py",
    ),
    Guard(
        "lock", "kb/vault/lock.py",
        "            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", "            pass\n",
        "tests/vault/test_lock.py tests/faults/test_rivals.py",
    ),
    Guard(
        "inside the vault", "kb/vault/files.py",
        "        if not real.is_relative_to(self.root):\n", "        if False:\n",
        "tests/vault/test_reading.py",
    ),
    Guard(
        "fence refusal", "kb/core/frontmatter.py",
        "    if closing is None:\n        raise", "    if closing is None:\n        return None\n        raise",
        "tests/core/test_frontmatter.py",
    ),
    Guard(
        "conflict refusal", "kb/core/frontmatter.py",
        "    _check_conflict(text)\n    block", "    block",
        "tests/core/test_frontmatter.py",
    ),
    Guard(
        "read again after the edit", "kb/core/frontmatter.py",
        "    _verify(document, result, wanted)\n", "    pass\n",
        "tests/core/test_frontmatter.py tests/faults/test_hostile_notes.py",
    ),
    Guard(
        "region refusal", "kb/core/regions.py",
        "            if name in found:\n", "            if False:\n",
        "tests/core/test_regions.py",
    ),
    Guard(
        "depth of YAML", "kb/core/yamlsafe.py",
        "        if len(self.frames) >= MAX_DEPTH:\n", "        if False:\n",
        "tests/core/test_frontmatter.py",
    ),
    Guard(
        "three-way", "kb/core/notes.py",
        "    return bool(_remember(key, current) != remembered_keys[key])\n", "    return False\n",
        "tests/core/test_plan.py",
    ),
    Guard(
        "write-ahead memory", "kb/sync/writing.py",
        "            cache.begin(", "            {}.get(",
        "tests/system/test_reader.py",
    ),
    Guard(
        "losing sight is not deleting", "kb/core/whereabouts.py",
        "def too_many_vanished(", "def too_many_vanished(*_: object) -> bool:\n    return False\n\n\ndef _(",
        "tests/core/test_plan.py",
    ),
    Guard(
        "pathspec limit: literal", "kb/repository/plumbing.py",
        'f":(literal){path}"', "path",
        "tests/repository/test_git.py",
    ),
    Guard(
        "pathspec limit: --only", "kb/repository/record.py",
        '"--only", *plumbing.LISTED', '"--include", *plumbing.LISTED',
        "tests/repository/test_git.py",
    ),
    Guard(
        "what the reader has staged", "kb/repository/record.py",
        "    alone = staged is not None and staged <= ours\n", "    alone = staged is not None\n",
        "tests/repository/test_git.py",
    ),
    Guard(
        "what git was told to forget", "kb/repository/record.py",
        "if codes != {_REMOVED}]", "]",
        "tests/repository/test_git.py",
    ),
    Guard(
        "a copy of the index", "kb/repository/record.py",
        '    env = {"GIT_INDEX_FILE": os.fspath(lock.work)}\n', "    env: dict[str, str] = {}\n",
        "tests/repository",
    ),
    Guard(
        "standing back", "kb/repository/record.py",
        "    if busy := under_way(repository.git_dir):\n", "    if busy := None:\n",
        "tests/repository/test_state.py",
    ),
    Guard(
        "plain classes alone in snapshots", "kb/vault/snapshots.py",
        "        if name not in _CLASSES.get(module, ()):\n", "        if False:\n",
        "tests/vault/test_snapshots.py",
    ),
    Guard(
        "a ledger that was rewritten", "kb/vault/ledger.py",
        " and _digest(data[:size]) == digest\n", "\n",
        "tests/vault/test_snapshots.py",
    ),
    Guard(
        "only newer records are added", "kb/core/folding.py",
        "    if any(at <= history.latest or kind == records.NEWER for at, kind, *_ in entries):\n",
        "    if False:\n",
        "tests/core/test_fold.py",
    ),
    Guard(
        "no copy outlives its process", "kb/vault/apart.py",
        "        _die_with(parent)\n", "        pass\n",
        "tests/vault/test_apart.py",
    ),
    Guard(
        "as it was left", "kb/sync/state.py",
        "            and vault.cache.fact(_AS_LEFT) == _mark(vault, self.scan)\n", "",
        "tests/system/test_memory.py",
    ),
    Guard(
        "pages beside a new day", "kb/sync/rendering.py",
        "    state.beside |= more\n", "",
        "tests/system/test_memory.py",
    ),
    Guard(
        "days of new records", "kb/sync/state.py",
        "            self._stir(record, day)\n", "            pass\n",
        "tests/system/test_memory.py tests/system/test_retelling.py",
    ),
    Guard(
        "no page before the vault is quiet", "kb/sync/writing.py",
        "        if before is not None:\n            before()\n", "",
        "tests/system/test_memory.py",
    ),
)  # fmt: skip


def is_noticed(guard: Guard, copy: Path) -> tuple[bool, str]:
    """Whether a test fails in `copy` without the guard, and how pytest closed."""
    file = copy / guard.path
    whole = file.read_text("utf-8")
    file.write_text(whole.replace(guard.code, guard.without, 1), "utf-8")
    try:
        ran = subprocess.run(
            [sys.executable, "-B", "-m", "pytest", "-n0", "-x", "-q", *guard.tests.split()],
            cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    finally:
        file.write_text(whole, "utf-8")
    failed = [line for line in ran.stdout.splitlines() if line.startswith("FAILED")]
    said = failed[0].split(" - ")[0].removeprefix("FAILED ") if failed else ran.stdout[-200:]
    return ran.returncode == 1, said


def copy_of_the_tree(folder: Path) -> Path:
    copy = folder / "kb"
    for name in ("kb", "tests", "prompts", "vault_template", "pyproject.toml", "README.md"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    return copy


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these guards")
    words = parser.parse_args()
    wanted = [guard for guard in GUARDS if not words.names or guard.name in words.names]
    unnoticed = 0
    print("| guard removed | first test that failed |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_the_tree(Path(folder))
        for guard in wanted:
            noticed, said = is_noticed(guard, copy)
            unnoticed += not noticed
            print(f"| {guard.name} | {'' if noticed else 'NONE: '}{said} |", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
