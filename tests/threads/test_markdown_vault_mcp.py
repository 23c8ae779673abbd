"""markdown-vault-mcp: a server that writes notes and commits them by itself."""

from __future__ import annotations

import os

import pytest
from standins.person import Person
from standins.revised import Revised


@pytest.fixture
def person(one: Revised) -> Person:
    """Whose vault it is: a file is staged, another changed, neither to be committed yet."""
    person = Person(one.box.root)
    person.git("config", "user.name", "A reader")
    person.git("config", "user.email", "reader@localhost")
    one.box.write("Ideas/staged.md", "not yet\n")
    one.box.edit("Topics.md", "# Topics\n", "# Topics\n\nhalf a thought\n")
    person.git("add", "Ideas/staged.md")
    one.box.write("Ideas/staged.md", "not yet\nand more\n")
    return person


def untouched(person: Person) -> None:
    """What was staged is staged, what was changed is changed."""
    status = person.git("status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(status) == [" M Topics.md", " M kb.toml", "AM Ideas/staged.md"]
    assert person.git("show", ":Ideas/staged.md") == "not yet\n"


def test_markdown_vault_mcp_1249_a_pass_without_news_commits_nothing_of_the_reader_s(
    one: Revised, person: Person
) -> None:
    """A write that changed no byte committed what the reader had staged, as the index differed from
    the branch; a pass without news of kb's own makes no commit."""
    head, index = person.git("rev-parse", "HEAD"), person.index()
    assert one.box.json("index")["commit"] is None
    assert one.file()["commit"] is None
    assert (person.git("rev-parse", "HEAD"), person.index()) == (head, index)
    untouched(person)


def test_markdown_vault_mcp_1273_what_is_staged_does_not_go_along(
    one: Revised, person: Person
) -> None:
    """The commit of a write took along all that the reader had staged; kb's commits hold the files
    of the pass, and the reader's staging is as it was."""
    assert one.revise()["commit"]
    assert one.note in person.files()
    assert not person.files() & {"Ideas/staged.md", "Topics.md", "kb.toml"}
    untouched(person)


GLOBS = [("b[1].md", "b1.md"), ("n*te.md", "note.md"), ("wh?t.md", "what.md"), (":!x.md", "x.md")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize(("name", "other"), GLOBS)
def test_markdown_vault_mcp_1305_a_name_is_not_read_as_a_pattern(
    one: Revised, person: Person, name: str, other: str
) -> None:
    """For git the name of the note was a pattern, and the commit took along the file that it matched;
    a note may be called anything, and it is committed alone."""
    one.box.write(f"Reading/{other}", "as committed\n")
    person.git("add", f"Reading/{other}")
    person.git("commit", "-q", "-m", "other", "--", f"Reading/{other}")
    one.box.write(f"Reading/{other}", "as committed\nbeing written\n")
    (one.box.root / one.note).rename(one.box.root / "Reading" / name)
    assert one.revise()["commit"]
    assert f"Reading/{name}" in person.files()
    assert f"Reading/{other}" not in person.files()
    assert person.git("show", f"HEAD:Reading/{name}") == one.box.text(f"Reading/{name}")
    assert one.box.text(f"Reading/{other}") == "as committed\nbeing written\n"
    assert f" M Reading/{other}" in person.git("status", "--porcelain").splitlines()
