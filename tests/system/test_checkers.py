"""What tools we did not write say of a vault whose titles are as hostile as can be."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from markdown_it import MarkdownIt
from standins.box import Box

MARKDOWNLINT = "markdownlint-cli2@0.18.1"
REAL_HOME = os.environ.get("HOME", "")
HOSTILE = [
    "Pipes | in || titles", "Code `a|b` and ``c``", "[[Wiki]] ![[Embed]] [md](x.md)", "<b>bold</b> <!-- x -->",
    "Backslash \\", "\\| escaped \\\\| pipes", "$|x|$ and $\\|y\\|_2$ cost $5", "%% hidden %% and #tag",
    "Trailing dot.", ".leading dot", "CON", "a/b\\c:d*e?f\"g<h>i|j", "Same title", "Same Title", "same title",
    "Émile's naïve Größe", "长标题" * 60, "word " * 60, "emoji 🎉👩‍🔬", "\u202eRTL override", "| a | b |\n| - | - |",
    "{{ braces }} {% raw %}", "---", "- [ ] task", "1. list", "> quote", "# heading", "~~~", "*emph* _under_ ==mark==",
    "https://example.invalid/a_b_c", "&amp; &lt;", "^block-id", "Tab\tand\u00a0nbsp", "(parentheses) [brackets]",
]  # fmt: skip


def hostile_feed(path: Path) -> Path:
    lines = [
        json.dumps({
            "id": f"2503.{n:05}", "title": title, "abstract": f"On linear attention: {title}. We show {title}.",
            "authors": [f"A. {title[:30]}", "Émile Beispiel"], "categories": ["cs.LG"], "announced": f"2025-03-{3 + n % 5:02}",
        })
        for n, title in enumerate(HOSTILE)
    ]  # fmt: skip
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(params=["markdown", "wiki"])
def vault(request: pytest.FixtureRequest, box: Box, tmp_path: Path) -> Box:
    box.edit("kb.toml", 'links = "markdown"', f'links = "{request.param}"')
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    box.edit("kb.toml", "per_day = 15", "per_day = 0")
    box.kb("sync", "--feed", "sample")
    told = box.json("sync", "--feed", str(hostile_feed(tmp_path / "hostile.jsonl")))
    assert told["notes"]["created"] == len(HOSTILE)
    assert told["problems"] == []
    return box


def pages(box: Box) -> list[Path]:
    return [
        path
        for folder in ("Daily", "Weekly", "Monthly")
        for path in sorted((box.root / folder).glob("*.md"))
    ] + [box.root / "Home.md"]


def test_pyyaml_reads_all_frontmatter_with_the_right_types(vault: Box) -> None:
    for path in vault.notes():
        values = yaml.safe_load(vault.text(path).split("\n---\n", 1)[0])
        assert isinstance(values["arxiv_id"], str)
        assert isinstance(values["announced"], date)
        assert all(
            isinstance(values[key], int) for key in ("version", "relevance", "novelty", "score")
        )
        assert all(
            isinstance(values[key], list)
            for key in ("authors", "topics", "categories", "tags", "aliases")
        )
        assert values["status"] == "unread"
        assert values["rating"] is None


def test_file_names_are_legal_everywhere_and_unique(vault: Box) -> None:
    stems = [Path(path).stem for path in vault.notes()]
    assert len({stem.casefold() for stem in stems}) == len(stems)
    for stem in stems:
        assert not re.search(r'[\\/:*?"<>|#^\[\]\x00-\x1f\x7f]|%%', stem)
        assert len(stem.encode()) <= 120
        assert stem == stem.strip(" .")


def test_a_commonmark_parser_resolves_every_link(vault: Box) -> None:
    parser = MarkdownIt("gfm-like", {"linkify": False})
    seen = 0
    for page in pages(vault):
        for token in parser.parse(page.read_text("utf-8")):
            for child in token.children or []:
                target = dict(child.attrs).get("href") if child.type == "link_open" else None
                if target is None or "://" in str(target):
                    continue
                seen += 1
                assert (page.parent / unquote(str(target))).is_file(), f"{page.name}: {target}"
    assert seen > 0


def test_obsidiantools_finds_every_link_and_every_note(vault: Box) -> None:
    obsidiantools = pytest.importorskip("obsidiantools.api")
    shutil.rmtree(vault.root / ".git")
    graph = obsidiantools.Vault(vault.root).connect(show_nested_tags=False)
    assert graph.nonexistent_notes == []
    wiki = 'links = "wiki"' in vault.text("kb.toml")
    for path in vault.notes():
        front = graph.get_front_matter(Path(path).stem)
        assert front["title"]
        assert isinstance(front["relevance"], int)
        if wiki:
            assert len(graph.get_backlinks(Path(path).stem)) >= 3


def test_markdownlint_finds_no_broken_table(vault: Box) -> None:
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npm is not installed, so markdownlint-cli2 was not run")
    (vault.root / ".markdownlint-cli2.jsonc").write_text(
        json.dumps({"config": {"default": False, "MD055": True, "MD056": True}})
    )
    env = os.environ | {"HOME": REAL_HOME}  # npm's own settings and cache
    done = subprocess.run(
        [npx, "--yes", MARKDOWNLINT, "Daily/*.md", "Weekly/*.md", "Monthly/*.md", "Home.md"],
        cwd=vault.root, env=env, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if "Summary:" not in done.stdout + done.stderr:
        pytest.skip(f"markdownlint-cli2 could not be fetched: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stdout + done.stderr
