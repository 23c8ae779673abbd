"""obsidian-git: a plugin that commits, pulls and pushes a vault by itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from standins.box import Box
from standins.person import Person
from standins.revised import Revised

from kb.repository.git import Repository


def reader(box: Box) -> Person:
    """Somebody who works in the vault's repository, under a name of their own."""
    person = Person(box.root)
    person.git("config", "user.name", "A reader")
    person.git("config", "user.email", "reader@localhost")
    return person


def committed(person: Person) -> set[str]:
    """Every path that any commit ever held."""
    names = person.git("log", "--all", "--format=", "--name-only", "-z")
    return {name.strip() for name in names.replace("\n", "\0").split("\0")} - {""}


def test_obsidian_git_396_new_notes_are_not_checked_out_away(one: Revised) -> None:
    """A checkout at every start removed notes that were not committed yet; kb checks nothing out,
    not even to undo, and what is not committed stays as it is."""
    reader(one.box)
    one.box.write("Ideas/new.md", "written on the way\n")
    one.box.edit("Topics.md", "# Topics\n", "# Topics\n\nhalf a thought\n")
    (one.box.root / "Papers.base").unlink()
    mine = {path: one.box.state()[path] for path in ("Ideas/new.md", "Topics.md")}
    one.revise()
    one.box.kb("undo")
    assert "version: 1\n" in one.text()
    assert {path: one.box.state()[path] for path in mine} == mine
    assert not (one.box.root / "Papers.base").exists()
    status = one.box.git("status", "--porcelain", "--untracked-files=all").splitlines()
    assert status == [" D Papers.base", " M Topics.md", " M kb.toml", "?? Ideas/new.md"]


def test_obsidian_git_558_a_conflict_is_not_settled_by_a_commit(one: Revised) -> None:
    """On a phone the marks of a conflict were not to be seen, and a commit took back what the other
    device had written; kb neither edits nor commits amid a merge, and both texts come out of it."""
    person = reader(one.box)
    person.git("switch", "-q", "-c", "phone")
    one.write(one.text() + "\nfrom the phone\n")
    person.git("commit", "-q", "-m", "phone", "--", one.note)
    person.git("switch", "-q", "main")
    one.write(one.text() + "\nfrom the desk\n")
    person.git("commit", "-q", "-m", "desk", "--", one.note)
    person.git("merge", "-q", "phone", code=1)
    marked, index, head = one.text(), person.index("Home.md"), person.git("rev-parse", "HEAD")
    told = one.revise(code=1)
    assert [each["path"] for each in told["notes"]["refused"]] == [one.note]
    assert "merge is under way" in json.dumps(told["problems"])
    assert one.text() == marked
    assert person.index("Home.md") == index
    assert person.git("rev-parse", "HEAD") == head
    kept = [line for line in marked.splitlines() if not line.startswith(("<<<<", "====", ">>>>"))]
    one.write("\n".join(kept) + "\n")
    person.git("add", one.note)
    person.git("commit", "-q", "--no-edit")
    one.revise()
    assert "from the phone\n" in one.text()
    assert "from the desk\n" in one.text()
    assert person.git("show", f"HEAD:{one.note}") == one.text()
    assert len(person.git("log", "--merges", "--format=%H").splitlines()) == 1


def test_obsidian_git_593_nothing_is_left_staged_backwards(one: Revised) -> None:
    """A pull moved the branch and left index and files behind, so that the next commit took it all
    back; the index follows each of kb's commits, and a commit of the reader's takes nothing back."""
    person = reader(one.box)
    one.box.write("Ideas/new.md", "staged\n")
    person.git("add", "Ideas/new.md")
    one.revise()
    assert person.git("diff", "--cached", "--name-status") == "A\tIdeas/new.md\n"
    person.git("commit", "-q", "-m", "mine")
    assert person.files() == {"Ideas/new.md"}
    assert person.git("show", f"HEAD:{one.note}") == one.text()


def test_obsidian_git_1050_foreign_files_are_not_swept_up(one: Revised) -> None:
    """The thread was not to be had; the threads together tell of a commit by itself that took
    1,191 files along which were none of its business. Kb's commits hold kb's files."""
    person = reader(one.box)
    for number in range(1191):
        one.box.write(f"Attachments/{number:04}.md", "not a paper\n")
    one.box.edit("Topics.md", "# Topics\n", "# Topics\n\nhalf a thought\n")
    one.revise()
    assert not {path for path in committed(person) if path.startswith("Attachments/")}
    assert "Topics.md" not in person.files()
    untracked = person.git("status", "--porcelain", "--untracked-files=all")
    assert untracked.count("?? Attachments/") == 1191


def test_obsidian_git_1179_no_key_reaches_git(
    one: Revised, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The thread was not to be had; the threads together tell of API keys that reached git. A key in
    the environment or in a plugin's settings is never committed, one in kb.toml never accepted."""
    key = "sk-" + "Ab1" * 12
    monkeypatch.setenv("OPENAI_API_KEY", key)
    one.box.write(".obsidian/plugins/a/data.json", f'{{"key": "{key}"}}')
    one.box.write(".env", f"OPENAI_API_KEY={key}\n")
    one.box.edit("kb.toml", 'base_url = ""', 'base_url = "http://127.0.0.1:9/v1"')
    one.revise(code=75)  # nobody is there to ask for a summary
    one.box.kb("init")
    one.box.edit("kb.toml", 'model = "gpt-4o-mini"', f'model = "{key}"')
    one.revise(code=2)
    assert "OPENAI_API_KEY" in one.box.out
    assert key not in one.box.out + one.box.err
    objects = ["git", "-C", str(one.box.root), "cat-file", "--batch-all-objects", "--batch"]
    assert key.encode() not in subprocess.run(objects, capture_output=True, check=True).stdout
    written = [path for path in (one.box.root / ".kb").rglob("*") if path.is_file()]
    written += [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not [path for path in written if key.encode() in path.read_bytes()]


def test_obsidian_git_342_a_lock_of_a_moment_costs_no_commit(one: Revised) -> None:
    """Two gits at once met the other's index.lock and failed; kb waits for it, then commits."""
    person = reader(one.box)
    lock = one.box.root / ".git/index.lock"
    lock.touch()
    soon = threading.Timer(0.5, lock.unlink)
    soon.start()
    told = one.revise()
    soon.join()
    assert (told["problems"], bool(told["commit"])) == ([], True)
    assert person.git("show", f"HEAD:{one.note}") == one.text()


@pytest.mark.skipif(os.name == "nt", reason="no proof of death can be had there")
@pytest.mark.parametrize("whose", ["kb's", "somebody's"])
def test_obsidian_git_683_a_lock_left_over_does_not_stop_everything(
    one: Revised, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """A lock that a dead git left stopped every commit until a person removed it. Kb removes its
    own; before anybody else's it does all the rest, says so, and commits once it is gone."""
    waits = Repository.commit.__kwdefaults__
    assert waits is not None
    monkeypatch.setitem(waits, "wait_seconds", 0.2)
    person = reader(one.box)
    head = person.git("rev-parse", "HEAD").strip()
    lock = one.box.root / ".git/index.lock"
    mine = {"kb": 1, "host": socket.gethostname(), "work": "kb-index-1-0", "head": head}
    lock.write_text(json.dumps(mine) if whose == "kb's" else "")
    told = one.revise()
    assert "version: 2\n" in one.text()
    if whose == "somebody's":
        assert "index.lock" in json.dumps(told["problems"])
        assert lock.exists()
        lock.unlink()
        one.box.kb("index")
    assert not lock.exists()
    assert person.git("show", f"HEAD:{one.note}") == one.text()
    subprocess.run(["git", "-C", str(one.box.root), "fsck", "--strict"], check=True)
