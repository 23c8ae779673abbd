"""`kb init` and the first pass in a vault that somebody has had for years."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from standins.box import Box
from standins.vaults import record

from kb.core import frontmatter

MINE = {
    "Home.md": "# my home\n",
    "Topics.md": "not kb's\n",
    "Daily/2025-03-06.md": "# diary\r\nwindows lines\r\n",
    "Papers/Old.md": "---\nurl: https://arxiv.org/abs/2503.00003v1\nrating: 5 # mine\ntags:\n- read\n---\nMy notes.\n",
    "Zettel/note.md": "plain [[Home]]\n",
    ".obsidian/app.json": '{\n    "useMarkdownLinks": false,\n    "alwaysUpdateLinks": false\n}',
    ".obsidian/daily-notes.json": '{"folder": "Daily", "format": "YYYY-MM-DD"}',
}


@pytest.fixture
def mine(empty: Box) -> Box:
    for path, text in MINE.items():
        empty.write(path, text)
    return empty


def untouched(box: Box, *but: str) -> None:
    for path, text in MINE.items():
        if path not in but:
            assert box.text(path) == text


def test_a_dry_run_shows_the_plan_and_writes_nothing(mine: Box) -> None:
    out = mine.kb("init", "--dry-run")
    assert "would add arXiv/Topics.md" in out
    assert set(mine.state()) == set(MINE)


def test_kb_joins_without_touching_what_is_there(mine: Box, tmp_path: Path) -> None:
    mine.kb("init")
    untouched(mine)
    assert mine.text("arXiv/Home.md").startswith("---\nkb: home")
    assert 'links = "wiki"' in mine.text("kb.toml")
    assert mine.json("init")["files"] == []
    feed = tmp_path / "f.jsonl"
    feed.write_text("\n".join(json.dumps(record(n)) for n in range(40)))
    told = mine.json("sync", "--feed", str(feed))
    assert told["exit"] == 0
    untouched(mine, "Papers/Old.md")
    created = mine.root / "arXiv/Papers/2025-03"
    assert created.is_dir()
    assert "[[" in mine.text("arXiv/Daily/arxiv-2025-03-06.md")


def test_a_note_on_a_known_paper_is_joined_not_doubled(mine: Box, tmp_path: Path) -> None:
    mine.kb("init")
    mine.edit("kb.toml", 'name = "{title}"', 'quiet = 0\nname = "{title}"')
    feed = tmp_path / "f.jsonl"
    feed.write_text("\n".join(json.dumps(record(n)) for n in range(40)))
    mine.kb("sync", "--feed", str(feed))
    text = mine.text("Papers/Old.md")
    values = frontmatter.read(text)
    assert values["arxiv_id"] == "2503.00003"
    assert values["rating"] == 5
    assert "status" not in values
    for line in MINE["Papers/Old.md"].splitlines():
        assert line in text.splitlines()
    assert text.endswith("---\nMy notes.\n")
    ids = [
        frontmatter.read(p.read_text())["arxiv_id"]
        for p in (mine.root / "arXiv/Papers").rglob("*.md")
    ]
    assert "2503.00003" not in ids
    assert "[[Old|" in mine.text("arXiv/Daily/arxiv-2025-03-06.md")
    before = mine.state()
    mine.kb("sync", "--feed", str(feed))
    assert mine.state() == before


def test_a_vault_in_a_subfolder_of_a_repository_commits_only_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    top = tmp_path / "work"
    top.mkdir()
    git = ["git", "-C", str(top), "-c", "user.name=T", "-c", "user.email=t@example.invalid"]
    subprocess.run([*git, "init", "-q", "-b", "trunk"], check=True)
    (top / "thesis.tex").write_text("mine\n")
    (top / "staged.txt").write_text("staged\n")
    subprocess.run([*git, "add", "staged.txt"], check=True)
    box = Box(top / "notes" / "vault", capsys)
    assert box.json("init")["repository"] == "joined"
    box.kb("sync", "--feed", "sample")
    assert not (box.root / ".git").exists()
    files = subprocess.run(
        [*git, "log", "--format=", "--name-only"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert all(name.startswith(("notes/vault/", '"notes/vault/')) for name in files if name)
    status = subprocess.run(
        [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
    ).stdout
    assert status == "A  staged.txt\n?? thesis.tex\n"


def test_a_vault_in_a_folder_the_repository_ignores_gets_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    top = tmp_path / "clone"
    top.mkdir()
    subprocess.run(["git", "-C", str(top), "init", "-q"], check=True)
    (top / ".gitignore").write_text("/my-vault/\n")
    box = Box(top / "my-vault", capsys)
    assert box.json("init", "--dry-run")["repository"] == "new"
    assert box.json("init")["repository"] == "new"
    assert (box.root / ".git").is_dir()


def test_git_off_and_own(box: Box) -> None:
    box.edit("kb.toml", 'commit = "notes"', 'commit = "off"')
    assert box.json("sync", "--feed", "sample", "--until", "2025-01-07")["commit"] is None
    box.edit("kb.toml", 'commit = "off"', 'commit = "own"')
    box.kb("sync", "--feed", "sample")
    names = box.git("show", "--format=", "--name-only", "HEAD").split("\n")
    assert any(name.startswith("Daily/") for name in names)
    assert not any("Papers/" in name for name in names)


def test_files_that_are_ours_by_name_only_are_never_taken_over(box: Box) -> None:
    box.write("Daily/arxiv-2025-01-07.md", "my own page\n")
    told = box.json("sync", "--feed", "sample", code=1)
    assert [r["path"] for r in told["notes"]["refused"]] == ["Daily/arxiv-2025-01-07.md"]
    assert box.text("Daily/arxiv-2025-01-07.md") == "my own page\n"


def test_no_topic_is_a_configuration_error(box: Box) -> None:
    box.write("Topics.md", "# Topics\n\nnothing yet\n")
    box.kb("sync", "--feed", "sample", code=2)
    assert "Topics.md names no topic" in box.err
    (box.root / "Topics.md").unlink()
    box.kb("sync", "--feed", "sample", code=2)
    assert "missing" in box.err


def test_a_second_pass_at_the_same_time_exits_75(box: Box) -> None:
    from kb import config
    from kb.vault.vault import Vault

    with Vault(box.root, config.load(box.root / "kb.toml")) as vault, vault.lock():
        box.kb("sync", "--feed", "sample", code=75)
    box.kb("sync", "--feed", "sample")


THEIRS = {
    "Reading/Clouds.md": "---\r\nTitle: Counting clouds\r\nAuthor: '[[Example, Ada]]'\r\n"
    "eprint: '2501.00001'\r\nmy-rating: 4/5\r\nread-status: done\r\n---\r\nMy words.\r\n",
    "Reading/Wells.md": "---\nauthors: [Émile Beispiel]\nyear: 2025\n# a comment\n---\n"
    "Read at https://arxiv.org/pdf/2502.00001v2 yesterday.\n",
    "Reading/Wells again.md": "---\ndoi: 10.48550/arXiv.2502.00001\n---\n",
    "Diary/Monday.md": "---\ndate: 2025-03-06\n---\nSaw https://arxiv.org/abs/2501.00002 today.\n",
    "Diary/Broken.md": "---\neprint: 2501.00003\n: [\n---\n",
    "Plain.md": "arXiv:2501.00004\n",
}


@pytest.fixture
def library(empty: Box) -> Box:
    for path, text in (MINE | THEIRS).items():
        empty.write(path, text)
        os.utime(empty.root / path, (1, 1))
    return empty


def test_joining_is_shown_before_it_is_done(library: Box) -> None:
    before = library.state()
    out = library.kb("init", "--join", "--dry-run")
    assert "would join Reading/Clouds.md (arXiv 2501.00001, " in out
    assert "rating from my-rating" in out
    assert "3 notes on papers would be joined." in out
    assert library.state() == before
    library.kb("init")
    assert "3 notes here are on arXiv papers" in library.err
    for path, text in THEIRS.items():
        assert library.text(path) == text


def test_notes_on_papers_are_joined_by_any_trace_and_keep_every_line(library: Box) -> None:
    told = library.json("init", "--join")
    assert len(told["joined"]) == 3
    assert any("Wells.md: is a second note on 2502.00001" in each for each in told["problems"])
    clouds = library.text("Reading/Clouds.md")
    for line in THEIRS["Reading/Clouds.md"].splitlines(keepends=True):
        assert line in clouds
    assert clouds.count("\n") == clouds.count("\r\n")
    values = frontmatter.read(clouds)
    assert (values["arxiv_id"], values["status"], values["rating"]) == ("2501.00001", "read", 4)
    assert values["authors"] == ["Ada Example"]
    for path in ("Diary/Monday.md", "Diary/Broken.md", "Plain.md", "Topics.md", "Home.md"):
        assert library.text(path) == (MINE | THEIRS)[path]
    assert "[[Clouds\\|Counting clouds]]" in library.text("arXiv/Monthly/arxiv-imported.md")
    before = library.state()
    assert library.json("init", "--join")["joined"] == []
    assert library.state() == before


def test_what_was_read_before_kb_came_counts_as_liked(library: Box) -> None:
    from kb.scorers.feedback import labels
    from kb.vault.vault import Vault

    library.kb("init", "--join")
    with Vault(library.root) as vault:
        said = vault.scan().notes.opinions({})
        history = vault.ledger.history()
    own = {i for i, written in history.wrote.items() if written.adopted}
    assert own == {"2501.00001", "2502.00001", "2503.00003"}
    liked = {label.id for label in labels(said, {}, cutoff=7, own=own) if label.liked}
    assert liked == {"2501.00001", "2503.00003"}


def test_the_habits_of_a_vault_are_offered_for_new_notes(empty: Box, tmp_path: Path) -> None:
    for number in range(4):
        text = f"---\neprint: 2501.0000{number}\nmy rating: {number + 1}\ncreators: [Ada Example]\n---\n"
        empty.write(f"Reading/{number}.md", text)
        os.utime(empty.root / f"Reading/{number}.md", (1, 1))
    before = empty.state()
    empty.kb("init", "--dry-run")
    assert 'rating = "my rating"' in empty.err
    assert empty.state() == before
    empty.kb("init", "--join")
    assert 'rating = "my rating"' in empty.err
    assert frontmatter.read(empty.text("Reading/3.md"))["rating"] == 4
    offered = '# [notes.properties]\n# authors = "creators"\n# rating = "my rating"\n'
    assert offered in empty.text("kb.toml")
    empty.edit("kb.toml", offered, offered.replace("# ", ""))
    feed = tmp_path / "f.jsonl"
    feed.write_text("\n".join(json.dumps(record(n)) for n in range(40)))
    empty.kb("sync", "--feed", str(feed))
    note = next(p for p in empty.notes() if p.startswith("arXiv/"))
    values = frontmatter.read(empty.text(note))
    assert values["creators"] == ["Ada Example", "Émile Beispiel"]
    assert values["my rating"] is None
    empty.kb("init", "--dry-run")
    assert "your notes on papers call" not in empty.err
