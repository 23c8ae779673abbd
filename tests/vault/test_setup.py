from __future__ import annotations

import json
import tomllib

import pytest

from kb import config, resources
from kb.errors import ConfigError, UsageError
from kb.vault.setup import TEMPORARY, Existing, SetupPlan, plan_setup

Files = dict[str, bytes]


def _existing(files: Files, *, is_vault: bool | None = None) -> Existing:
    vault = any(path.startswith(".obsidian/") for path in files) if is_vault is None else is_vault
    return Existing(
        frozenset(files), files.__getitem__, vault, any(path.endswith(".md") for path in files)
    )


def _apply(files: Files, plan: SetupPlan) -> Files:
    after = dict(files)
    for new in plan.files:
        assert new.path not in after
        assert new.why
        after[new.path] = new.data
    for merge in plan.merges:
        assert after[merge.path] == merge.before != merge.after
        after[merge.path] = merge.after
    return after


def _paths(plan: SetupPlan) -> set[str]:
    return {new.path for new in plan.files}


OURS = {path for path in resources.template_files() if not path.startswith("sample/")}
READER: Files = {
    ".obsidian/app.json": b'{"vimMode":true}',
    ".obsidian/core-plugins.json": b'{\n\t"graph": false\n}',
    ".obsidian/workspace.json": b"{}",
    ".obsidian/daily-notes.json": b'{"folder": "Journal"}',
    "Journal/2025-01-07.md": b"# Tuesday\r\n",
    "Templates/Meeting.md": b"# {{title}}\n",
    "Topics.md": b"topics for the seminar\n",
    "Home.md": b"# My home\n",
    "Papers/other.md": b"x\n",
}


def test_an_empty_folder_gets_the_template_as_it_is() -> None:
    plan = plan_setup(_existing({}))
    assert (plan.root, plan.links, plan.notes, plan.merges) == ("", "markdown", (), ())
    assert {new.path: new.data for new in plan.files} == {
        path: resources.template_file(path) for path in OURS
    }
    assert plan.files[0].path == "kb.toml"


def test_files_that_are_not_notes_do_not_make_a_vault() -> None:
    plan = plan_setup(_existing({"README.txt": b"", ".git/HEAD": b""}))
    assert plan.root == ""
    assert _paths(plan) == OURS


def test_an_existing_vault_gets_everything_below_one_folder() -> None:
    plan = plan_setup(_existing(READER))
    assert plan.root == "arXiv"
    assert _paths(plan) == {
        "kb.toml", "arXiv/Topics.md", "arXiv/Papers.base", "arXiv/Templates/Paper.md",
        ".kb/.gitignore", ".kb/.gitattributes", ".obsidian/types.json", ".obsidian/bookmarks.json",
        ".gitignore",
    }  # fmt: skip
    assert {merge.path for merge in plan.merges} == {
        ".obsidian/app.json", ".obsidian/core-plugins.json",
    }  # fmt: skip


def test_nothing_that_exists_is_changed_but_keys_that_were_missing() -> None:
    after = _apply(READER, plan_setup(_existing(READER)))
    merged = {".obsidian/app.json", ".obsidian/core-plugins.json"}
    assert {path: after[path] for path in READER if path not in merged} == {
        path: data for path, data in READER.items() if path not in merged
    }
    assert after[".obsidian/app.json"] == b'{"vimMode":true, "alwaysUpdateLinks": true}'
    assert json.loads(after[".obsidian/core-plugins.json"]) == {
        "graph": False, "bases": True, "bookmarks": True, "properties": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "files",
    [
        {},
        READER,
        {"note.md": b""},
        {".gitignore": b"*.pyc\n"},
        READER | {"arXiv/mine.md": b""},
        READER | {".obsidian/app.json": b"{ broken"},
        READER | {".obsidian/types.json": b'{"types": {"topics": "text"}}'},
    ],
)
def test_a_second_run_plans_nothing(files: Files) -> None:
    after = _apply(files, plan_setup(_existing(files)))
    again = plan_setup(_existing(after))
    assert again.is_empty
    assert again.notes == ()
    first = plan_setup(_existing(files))
    assert (again.root, again.links) == (first.root, first.links)


def test_a_second_run_adds_what_is_missing_where_the_settings_say() -> None:
    after = _apply(READER, plan_setup(_existing(READER)))
    del after["arXiv/Papers.base"], after[".obsidian/bookmarks.json"]
    plan = plan_setup(_existing(after))
    assert _paths(plan) == {"arXiv/Papers.base", ".obsidian/bookmarks.json"}
    assert plan.merges == ()


def test_an_interrupted_run_goes_on_in_the_same_folder() -> None:
    first = plan_setup(_existing(READER))
    half = dict(READER)
    for new in first.files[:4]:
        half[new.path] = new.data
    rest = plan_setup(_existing(half))
    assert rest.root == "arXiv"
    assert _paths(rest) == _paths(first) - half.keys()


def test_settings_written_are_those_of_the_plan() -> None:
    plan = plan_setup(_existing(READER), categories=["stat.ML", "hep-th"])
    settings = config.parse(plan.files[0].data.decode())
    assert settings.folders.root == "arXiv"
    assert settings.pages.links == "wiki"
    assert settings.arxiv.categories == ["stat.ML", "hep-th"]
    assert plan.files[0].data.count(b"\n") == resources.template_file("kb.toml").count(b"\n")


def test_templates_go_where_the_settings_say() -> None:
    toml = b'[folders]\nroot = "Lit"\ntemplates = "Meta/Shapes"\n[pages]\nlinks = "wiki"\n'
    plan = plan_setup(_existing({"kb.toml": b"\xef\xbb\xbf" + toml}))
    assert (plan.root, plan.links) == ("Lit", "wiki")
    assert {"Lit/Meta/Shapes/Paper.md", "Lit/Topics.md"} <= _paths(plan)


# -- Links ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "links"),
    [
        (b'{"useMarkdownLinks": true}', "markdown"),
        (b'{"useMarkdownLinks": false}', "wiki"),
        (b"{}", "wiki"),
        (b"[]", "wiki"),
        (b"{ broken", "wiki"),
        (None, "wiki"),
    ],
)
def test_links_are_as_the_vault_has_them(app: bytes | None, links: str) -> None:
    files = {".obsidian/app.json": app} if app is not None else {}
    plan = plan_setup(_existing(files, is_vault=True))
    assert plan.links == links
    assert any(("Markdown" if links == "markdown" else "wiki") in note for note in plan.notes)
    after = _apply(files, plan)[".obsidian/app.json"]
    if app is None:
        assert json.loads(after) == {"alwaysUpdateLinks": True}
    else:
        assert b"newLinkFormat" not in after


def test_a_folder_of_markdown_that_obsidian_never_saw_gets_markdown_links() -> None:
    plan = plan_setup(_existing({"docs/a.md": b"x"}))
    assert (plan.root, plan.links) == ("arXiv", "markdown")
    app = json.loads(_apply({}, plan)[".obsidian/app.json"])
    assert app == {
        "alwaysUpdateLinks": True, "newLinkFormat": "relative", "useMarkdownLinks": True,
    }  # fmt: skip


def test_a_wiki_vault_of_our_own_gets_its_app_settings_back_as_wiki() -> None:
    toml = resources.template_file("kb.toml").replace(b'links = "markdown"', b'links = "wiki"')
    app = json.loads(_apply({}, plan_setup(_existing({"kb.toml": toml})))[".obsidian/app.json"])
    assert app["useMarkdownLinks"] is False


# -- Names that clash -------------------------------------------------------------------------


@pytest.mark.parametrize("taken", ["arXiv/old.md", "arxiv/data/x.csv", "ARXIV", "arXiv"])
def test_a_folder_in_use_is_not_taken_over(taken: str) -> None:
    plan = plan_setup(_existing(READER | {taken: b""}))
    assert plan.root == "arXiv (kb)"
    assert any("arXiv/ is in use" in note for note in plan.notes)
    assert "arXiv (kb)/Topics.md" in _paths(plan)


def test_the_next_free_name_is_found() -> None:
    plan = plan_setup(_existing(READER | {"arXiv/a.md": b"", "arXiv (kb)/b.md": b""}))
    assert plan.root == "arXiv (kb 2)"


def test_names_that_only_begin_alike_are_free() -> None:
    assert (
        plan_setup(_existing(READER | {"arXiv papers/a.md": b"", "arXiv.md": b""})).root == "arXiv"
    )


@pytest.mark.parametrize("name", ["Topics.md", "topics.MD", "Papers.base", "Templates/Paper.md"])
def test_a_file_of_our_name_in_the_chosen_folder_stays(name: str) -> None:
    files = {"note.md": b"", name: b"mine"}
    plan = plan_setup(_existing(files), root="")
    assert _apply(files, plan)[name] == b"mine"
    assert name.casefold() not in {path.casefold() for path in _paths(plan)}
    assert any(note.startswith(f"{name} is yours") for note in plan.notes)


def test_namesakes_elsewhere_are_told() -> None:
    notes = plan_setup(_existing(READER)).notes
    assert any(note.startswith("Home.md and kb's arXiv/Home.md share a name") for note in notes)
    assert any(note.startswith("Topics.md and kb's arXiv/Topics.md share") for note in notes)
    assert any(
        n.startswith("Home.md is yours") for n in plan_setup(_existing(READER), root="").notes
    )


def test_existing_bookmarks_are_left_alone_and_new_ones_lead_to_our_folder() -> None:
    mine = {".obsidian/bookmarks.json": b'{"items":[]}'}
    assert ".obsidian/bookmarks.json" not in _paths(plan_setup(_existing(READER | mine)))
    made = _apply(READER, plan_setup(_existing(READER)))[".obsidian/bookmarks.json"]
    assert [item["path"] for item in json.loads(made)["items"]] == [
        "arXiv/Home.md", "arXiv/Papers.base", "arXiv/Topics.md",
    ]  # fmt: skip


def test_a_broken_settings_file_is_left_alone_and_told() -> None:
    plan = plan_setup(_existing(READER | {".obsidian/app.json": b"{ broken"}))
    assert ".obsidian/app.json" not in {merge.path for merge in plan.merges}
    assert any("app.json is not valid JSON" in note for note in plan.notes)


# -- git --------------------------------------------------------------------------------------


def test_an_existing_gitignore_is_not_changed_and_the_line_is_told() -> None:
    plan = plan_setup(_existing({".gitignore": b"*.pyc\n"}))
    assert ".gitignore" not in _paths(plan)
    assert TEMPORARY in _apply({}, plan)[".kb/.gitignore"].decode()
    (note,) = plan.notes
    assert TEMPORARY in note
    assert plan_setup(_existing({".gitignore": f"a\n{TEMPORARY}\n".encode()})).notes == ()


def test_in_somebodys_vault_git_is_told_to_ignore_only_what_is_ours() -> None:
    after = _apply(READER, plan_setup(_existing(READER)))
    assert after[".gitignore"].decode().split() == [TEMPORARY]


# -- Asking for a folder ----------------------------------------------------------------------


def test_a_folder_can_be_asked_for() -> None:
    plan = plan_setup(_existing(READER), root="Reading\\Papers/")
    assert plan.root == "Reading/Papers"
    assert tomllib.loads(plan.files[0].data.decode())["folders"]["root"] == "Reading/Papers"
    empty = plan_setup(_existing({}), root="Lit")
    assert "Lit/Topics.md" in _paths(empty)
    ignored = next(new.data for new in empty.files if new.path == ".gitignore")
    assert ignored == resources.template_file(".gitignore")


@pytest.mark.parametrize(
    "root",
    ["/etc", "..", "a/../b", ".hidden", "a/.b", "a.", " a", 'a"b', "a|b", "C:x", "a\nb", "{x}"],
)
def test_a_folder_outside_or_unfit_is_refused(root: str) -> None:
    with pytest.raises(UsageError, match="inside the vault"):
        plan_setup(_existing({}), root=root)


def test_another_folder_than_the_settings_say_is_refused() -> None:
    files = _apply(READER, plan_setup(_existing(READER)))
    assert plan_setup(_existing(files), root="arXiv").is_empty
    with pytest.raises(UsageError, match="change it there"):
        plan_setup(_existing(files), root="Lit")


@pytest.mark.parametrize(
    "toml",
    [b"root = ", b"\xff", b'folders = "x"', b"[folders]\nroot = 1\n", b"[pages]\nlinks = true\n"],
)
def test_settings_that_cannot_be_read_stop_it(toml: bytes) -> None:
    with pytest.raises(ConfigError, match=r"kb\.toml"):
        plan_setup(_existing({"kb.toml": toml}))


def test_the_diary_is_told() -> None:
    assert any("in Journal/" in note for note in plan_setup(_existing(READER)).notes)
