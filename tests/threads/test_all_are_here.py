"""The threads, and that each has its test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

THREADS = {
    "obsidian_git": (342, 396, 558, 593, 683, 1050, 1179),
    "obsidian_linter": (34, 653, 958, 1111, 1537),
    "frontmatter_modified_date": (32,),
    "metaedit": (42, 108),
    "templater": (1269, 1629),
    "zotero_integration": (201, 282, 309, 351),
    "python_frontmatter": (87, 99, 100, 114, 117),
    "syncthing": (220, 3742),
    "vdirsyncer": (42,),
    "gitwatch": (106,),
    "obsidian_nvim": (712,),
    "qownnotes": (513, 682),
    "markdown_vault_mcp": (1249, 1273, 1305),
}
"""By tool, the numbers of the issues in which somebody told what they had lost."""


def test_every_thread_has_one_test_that_is_named_after_it_and_says_what_happened() -> None:
    named: dict[str, int] = {}
    for file in Path(__file__).parent.glob("test_*.py"):
        for each in ast.parse(file.read_text("utf-8")).body:
            if not isinstance(each, ast.FunctionDef) or file == Path(__file__):
                continue
            if name := re.match(r"test_(\w+?_\d+)_[a-z]", each.name):
                assert ast.get_docstring(each), each.name
                named[name[1]] = named.get(name[1], 0) + 1
    threads = [f"{tool}_{number}" for tool, numbers in THREADS.items() for number in numbers]
    assert named == dict.fromkeys(threads, 1)
