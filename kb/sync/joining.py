"""Joining the notes on papers that somebody had before kb came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import foreign, frontmatter, joining
from kb.errors import Busy, Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.core.foreign import Facts
    from kb.sync.state import State

_AT_ONCE = 200


def found(state: State) -> Iterator[tuple[str, str, Facts]]:
    """Path, paper and facts of each note on a paper that is not kb's, by path."""
    vault = state.vault
    templates = f"{vault.settings.at(vault.settings.folders.templates)}/"
    for path in sorted(state.scan.paths()):
        ours = vault.layout.owns(path) or path in vault.settings_files
        if ours or path.startswith(templates) or state.notes.id_at(path) is not None:
            continue
        try:
            text = vault.files.read(path).text
            values = frontmatter.read(text)
            body = frontmatter.split(text)[1]
        except (Busy, Refused, frontmatter.FrontmatterError):
            continue  # a note that cannot be read cannot be edited
        if "arxiv_id" in vault.properties.read(values):
            continue
        facts = foreign.facts(values, body)
        if (arxiv_id := joining.paper_of(facts)) is not None:
            yield path, arxiv_id, facts


def join(state: State, told: list[Facts] | None = None) -> None:
    """Gives each of them the properties by which kb knows it; of several notes on one paper the
    first by path. Nothing that is there is changed, and a second run finds nothing. `told` takes
    what the notes say."""
    records = []
    for number, (path, arxiv_id, facts) in enumerate(found(state)):
        if told is not None:
            told.append(facts)
        state.progress("joining", number, None)
        if (other := state.notes.path_of(arxiv_id)) is not None:
            state.report.problems.append(
                Problem(path, f"is a second note on {arxiv_id}; {other} is the one that is listed")
            )
            continue
        announced = state.history.seen_on(arxiv_id)
        edit = joining.join(path, arxiv_id, facts, announced, state.vault.properties)
        done = state.writer.edit(edit, None)
        if done is None:
            continue
        state.notes[arxiv_id] = done[0]
        records += [done[1]] if done[1] else []
        if len(records) >= _AT_ONCE:
            state.remember(records)
            records = []
    state.remember(records)
    if state.report.updated:
        state.report.subject = f"Join {state.report.updated} notes on papers"
