"""Making a vault, or joining one that somebody has: files, a repository, a first commit."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kb import config, sync
from kb.core import foreign
from kb.errors import Problem, TryLater, UsageError
from kb.sync import joining
from kb.vault.setup import CONFIG, Existing, SetupPlan, plan_setup, with_conventions
from kb.vault.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kb.core.foreign import Facts
    from kb.core.report import Report

_SKIPPED = {".git", ".trash", "node_modules"}


@dataclass(frozen=True, slots=True)
class Made:
    """What `kb init` did, or would do."""

    plan: SetupPlan
    repository: str
    """`new`, `joined`, or why there is none."""
    commit: str | None = None
    problems: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    """Notes on papers that were joined, and what of theirs was taken over, in words."""
    unjoined: int = 0
    """Notes on papers that could be."""


def run(
    path: Path,
    *,
    root: str | None,
    categories: Sequence[str] | None,
    dry_run: bool,
    join: bool = False,
) -> Made:
    """Makes what is missing of a vault at `path`; nothing that exists is replaced. With `join` the
    notes on papers that are there get the properties by which kb knows them.

    Raises UsageError for a path that cannot be a vault, ConfigError for a kb.toml that cannot be
    read, KbError where the disk or git refuses.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file; name a folder")
    if categories is not None:
        config.parse(f"[arxiv]\ncategories = {list(categories)!r}\n".replace("'", '"'))
    plan = plan_setup(_existing(path), root=root, categories=categories)
    joined, told = _rehearsed(path, plan) if path.is_dir() else ((), [])
    if not _settings_to_be(path, plan).notes.properties:
        plan = with_conventions(plan, foreign.conventions(told))
    if dry_run:
        return Made(plan, _repository_would_be(path), joined=joined, unjoined=len(joined))
    unjoined = 0 if join else len(joined)
    path.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    settings = _settings_to_be(path, plan)
    with Vault(path, settings) as vault, vault.lock():
        for file in plan.files:
            vault.files.write(file.path, file.data, expect=None)
        for merge in plan.merges:
            held = vault.files.read(merge.path)
            if held.data == merge.before:
                vault.files.write(merge.path, merge.after, expect=held, urgent=True)
    with Vault(path, settings) as vault:
        options = sync.Options(intake=False, commit=False)
        report = sync.run(vault, options, work=joining.join if join else None)
        joined = tuple(_joined(report))
    theirs = {a.path for a in report.actions if a.kind == "adopt"}
    written = [p for p in report.written if settings.git.commit != "own" or p not in theirs]
    made = _record(path, plan, settings, written)
    problems = (*made.problems, *map(str, [*report.problems, *report.deferred]))
    return replace(made, joined=joined, unjoined=unjoined, problems=problems)


def _rehearsed(path: Path, plan: SetupPlan) -> tuple[tuple[str, ...], list[Facts]]:
    """The notes that could be joined, and what they say."""
    told: list[Facts] = []
    with Vault(path.resolve(), _settings_to_be(path, plan)) as vault:
        options = sync.Options(intake=False, commit=False, dry_run=True)
        report = sync.run(vault, options, work=partial(joining.join, told=told))
    return tuple(_joined(report)), told


def _joined(report: Report) -> Iterator[str]:
    return (f"{a.path} ({a.detail})" for a in report.actions if a.kind == "adopt")


def _existing(path: Path) -> Existing:
    paths = frozenset(_files(path)) if path.is_dir() else frozenset()
    return Existing(
        paths=paths,
        read=lambda name: (path / name).read_bytes(),
        is_vault=(path / ".obsidian").is_dir(),
        has_markdown=any(name.endswith(".md") for name in paths),
    )


def _files(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in files:
            yield (Path(folder) / name).relative_to(root).as_posix()


def _settings_to_be(path: Path, plan: SetupPlan) -> config.Settings:
    for file in plan.files:
        if file.path == CONFIG:
            return config.parse(file.data.decode())
    return config.load(path / CONFIG)


def _repository_would_be(path: Path) -> str:
    from kb.repository.git import Repository

    there = path
    while not there.is_dir():
        there = there.parent
    found = Repository.find(there)
    if found is None or (
        there != path and found.is_ignored(path.relative_to(there).as_posix() + "/")
    ):
        return "new"
    return "joined"


def _record(path: Path, plan: SetupPlan, settings: config.Settings, pages: list[str]) -> Made:
    from kb.repository.git import Repository

    if settings.git.commit == "off":
        return Made(plan, 'none: git.commit is "off"')
    repository = Repository.find(path)
    kind = "joined" if repository else "new"
    repository = repository or Repository.create(path)
    made = [file.path for file in plan.files] + [merge.path for merge in plan.merges] + pages
    told: list[str] = []
    problems: list[Problem] = []
    commit = None
    if made:
        try:
            commit = repository.commit(made, _message(plan), problems=problems)
        except TryLater as later:
            told.append(f"nothing was committed: {later}")
    return Made(plan, kind, commit, (*told, *map(str, problems)))


def _message(plan: SetupPlan) -> str:
    if any(file.path == CONFIG for file in plan.files):
        return "Set up kb in this vault\n"
    return "Add what was missing of kb's files\n"
