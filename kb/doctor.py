"""Named checks of a vault, and mending what can be mended."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb import sync
from kb.core import jsonlines
from kb.core.ownership import is_untouched
from kb.core.topics import parse_topics
from kb.errors import Busy, ConfigError, Refused
from kb.sync import shape
from kb.sync.intake import SAMPLE
from kb.sync.options import Options, silent, utc_now
from kb.sync.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from kb.vault.vault import Vault

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `fix` is what `--fix` does about it, empty where only a person can."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def examine(vault: Vault, *, now: Callable[[], datetime] = utc_now) -> list[Check]:
    """Every check, in a fixed order. Nothing is written."""
    state = State(vault, Options(intake=False, dry_run=True), now=now(), progress=silent)
    return [
        *_git(vault),
        *_criteria(state),
        *_notes(state),
        *_shape(state),
        *_ledger(vault, state),
        *_sample(state),
        *_leftovers(vault),
        *_pages(vault, now),
    ]


def mend(vault: Vault, *, now: Callable[[], datetime] = utc_now) -> list[str]:
    """Removes the sample and leftovers, renders stale pages, commits. Says what it did."""
    done: list[str] = []
    with vault.lock():
        state = State(vault, Options(intake=False), now=now(), progress=silent)
        done += [f"removed {path}" for path in vault.files.clean_leftovers()]
        done += _remove_sample(state)
    report = sync.run(vault, Options(intake=False), now=now)
    done += [str(action) for action in report.actions if action.kind in ("page", "remove")]
    return [*done, report.person] if report.person else done


def _git(vault: Vault) -> Iterator[Check]:
    from kb.repository.git import Repository

    if vault.settings.git.commit == "off":
        yield Check("git", ok=True, detail='not asked for: git.commit is "off"')
        return
    if shutil.which("git") is None:
        yield Check(
            "git", ok=False, detail="git is not installed; install it, or set git.commit to off"
        )
        return
    repository = Repository.find(vault.root)
    if repository is None:
        yield Check("git", ok=False, detail="the vault is in no repository; run kb init on it")
        return
    state = repository.state()
    if state.busy:
        yield Check("git", ok=False, detail=f"a {state.busy} is under way; finish or abort it")
    elif state.branch is None:
        yield Check("git", ok=False, detail="HEAD is detached; check out a branch")
    else:
        yield Check("git", ok=True, detail=f"on branch {state.branch}")


def _criteria(state: State) -> Iterator[Check]:
    path = state.vault.layout.topics
    try:
        topics = parse_topics(state.vault.topics_text())
    except (ConfigError, Refused) as error:
        yield Check("topics", ok=False, detail=str(error))
    else:
        lines = ", ".join(str(line) for line, _ in topics.unplaced)
        if lines:
            yield Check("topics", ok=False, detail=f"{path}: lines {lines} are read as free text")
        else:
            yield Check("topics", ok=True, detail=f"{len(topics.topics)} topics")
    try:
        state.vault.template_text()
        yield Check("template", ok=True, detail=state.vault.template_name)
    except (ConfigError, Refused) as error:
        yield Check("template", ok=False, detail=str(error))


def _notes(state: State) -> Iterator[Check]:
    refused = [f"{p.where}: {p.why}" for p in state.scan.refused]
    yield Check(
        "readable notes", ok=not refused, detail="; ".join(refused) or f"{len(state.notes)} notes"
    )
    doubles = [f"{a.path} and {b.path}" for a, b in state.scan.duplicates]
    yield Check("one note a paper", ok=not doubles, detail="; ".join(doubles) or "no duplicates")
    frozen = [
        note.path
        for arxiv_id, note in sorted(state.notes.items())
        if (written := state.history.wrote.get(arxiv_id)) is not None
        and any(note.regions.get(name) != digest for name, digest in written.regions.items())
    ]
    detail = "you changed kb's region in these, so kb leaves it alone: " + ", ".join(frozen)
    yield Check("frozen regions", ok=True, detail=detail if frozen else "none")


def _shape(state: State) -> Iterator[Check]:
    """Notes made under other settings are right as they are; it is only told."""
    differing = sorted(shape.differing(state))
    if not differing:
        yield Check("settings for notes", ok=True, detail="every note follows them")
    else:
        told = "; ".join(f"{path} ({', '.join(why)})" for path, why in differing[:_SHOWN])
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        detail = (
            f"they are for new notes; {len(differing)} older ones differ and are read all the same:"
            f" {told}{more}. Leave them, or rename in Obsidian (All properties; or move the file)"
        )
        yield Check("settings for notes", ok=True, detail=detail)
    if old := shape.old_views(state):
        detail = (
            f"{old} calls properties by their former names; change it, or delete it and run kb init"
        )
        yield Check("views", ok=False, detail=detail)


def _ledger(vault: Vault, state: State) -> Iterator[Check]:
    bad = []
    for file in sorted(vault.ledger.folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
            try:
                if line.strip():
                    jsonlines.loads(line)
            except ValueError:
                bad.append(f"{file.name}:{number}")
    if bad:
        yield Check(
            "ledger",
            ok=False,
            detail=f"lines that cannot be read, passed over: {', '.join(bad[:10])}",
        )
    elif state.history.unknown:
        yield Check(
            "ledger", ok=False, detail=f"{state.history.unknown} records of a newer kb; update kb"
        )
    else:
        yield Check("ledger", ok=True, detail=f"{len(state.history.days)} days")


def _sample(state: State) -> Iterator[Check]:
    if any(source == SAMPLE for _, source in state.history.days):
        yield Check(
            "sample",
            ok=True,
            detail="invented papers of the sample are here",
            fix="removes them",
        )
    else:
        yield Check("sample", ok=True, detail="not here")


def _leftovers(vault: Vault) -> Iterator[Check]:
    left = vault.files.leftovers()
    yield Check(
        "leftovers",
        ok=not left,
        detail=", ".join(left) or "none",
        fix="removes them" if left else "",
    )
    recovered = vault.files.recovered()
    detail = "bytes of yours that were displaced, for you to look at: " + ", ".join(recovered)
    yield Check("recovered", ok=not recovered, detail=detail if recovered else "none")


def _pages(vault: Vault, now: Callable[[], datetime]) -> Iterator[Check]:
    report = sync.run(vault, Options(intake=False, dry_run=True), now=now)
    stale = [action.path for action in report.actions if action.kind in ("page", "remove")]
    refused = [f"{p.where}: {p.why}" for p in report.refused]
    if refused:
        yield Check("pages", ok=False, detail="; ".join(refused))
    else:
        detail = f"stale: {', '.join(stale[:10])}" if stale else "all in step with notes and ledger"
        yield Check("pages", ok=not stale, detail=detail, fix="renders them" if stale else "")


def _remove_sample(state: State) -> list[str]:
    """Notes of the sample that nobody wrote in go; the ledger forgets its days."""
    if not any(source == SAMPLE for _, source in state.history.days):
        return []
    done = []
    for arxiv_id, note in sorted(state.notes.items()):
        if note.values.get("source") != SAMPLE:
            continue
        try:
            held = state.vault.files.read(note.path)
            written = state.history.wrote.get(arxiv_id)
            if not is_untouched(note.path, held.text, written, state.form):
                done.append(f"kept {note.path}: you have used it")
                continue
            state.vault.files.remove(note.path, expect=held)
        except (Busy, Refused) as error:
            done.append(f"kept {error.path}: {error.why}")
            continue
        del state.notes[arxiv_id]
        done.append(f"removed {note.path}")
    state.remember([{"v": 1, "k": "forgot", "source": SAMPLE, "at": state.at}])
    return done
