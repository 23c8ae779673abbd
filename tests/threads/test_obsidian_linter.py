"""obsidian-linter: a plugin that rewrites notes and their frontmatter when they are saved."""

from __future__ import annotations

import pytest
from standins.revised import Revised, body, changed_lines

from kb.core import frontmatter

WORDS = """
## Mine

A rule, and what looks like properties:

---
version: 99
title: not mine
---

| a | b |
|---|---|
| `version: 1` | é 🦊 e\u0301 |

```yaml
---
version: 1
---
```

A footnote[^1], inline `code`, $x_1$, %%hidden%% and a hard\u00a0space.  \nThe rest\t

[^1]: `code` in it
"""


def test_obsidian_linter_34_what_looks_like_a_second_frontmatter_is_left_alone(
    one: Revised,
) -> None:
    """A second block between rules was taken for frontmatter and text was doubled; only the lines
    at the very top are properties, whatever stands below."""
    one.write(one.text() + WORDS)
    one.revise()
    assert one.text().endswith(WORDS)
    assert frontmatter.read(one.text())["version"] == 2
    bare = WORDS.lstrip() + "---\n"
    assert frontmatter.edit(bare, {"version": 3}) == "---\nversion: 3\n---\n" + bare


def test_obsidian_linter_653_order_quotes_and_comments_are_not_rewritten(one: Revised) -> None:
    """The thread was not to be had; the threads together tell of properties reordered, requoted and
    doubled. Kb changes the lines of its own keys, in whatever order and style the reader has them."""
    lines = one.text().splitlines(keepends=True)
    head = [line for line in lines[1:] if line != "---\n"][:19]
    mine = [
        "# what I think of it\n",
        "mood:   'so - so'   # today\n",
        "nested: {b: 1, a: [2,   3]}\n",
    ]
    one.write("".join(["---\n", *mine, *reversed(head), *lines[lines.index("---\n", 1) :]]))
    before = one.text()
    one.revise()
    changed = changed_lines(before, one.text())
    assert changed[0] == ("version: 1\n", "version: 2\n")
    assert [old for old, _ in changed[1:]] == [line for line in lines if "We study" in line][1:2]


def test_obsidian_linter_958_many_passes_do_not_wear_a_property_down(one: Revised) -> None:
    """Each run garbled the line `tags: book` a little more; after any number of passes the head is
    what it was, but for the keys that have news."""
    one.box.edit(one.note, "tags: [paper]\n", "tags: book\n")
    head = frontmatter.split(one.text())[0]
    for version in range(2, 7):
        one.revise()
        now = frontmatter.split(one.text())[0]
        assert now == head.replace("version: 1\n", f"version: {version}\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_obsidian_linter_1111_no_character_gets_lost_in_the_text(
    one: Revised, newline: str
) -> None:
    """Characters, words and line breaks went missing all over a note; around kb's region every byte
    stays through edit after edit, whatever stands before it."""
    text = one.text().replace("status: unread\n", 'status: unread\nmood: "🦊🦊 e\u0301"\n')
    above, below = text.split("<!-- kb:begin paper -->")
    mine = f"{WORDS}\n# 🦊 above\n\n"
    one.write(f"{above}{mine}<!-- kb:begin paper -->{below}{WORDS}".replace("\n", newline))
    before = body(one.text())
    for _ in range(3):
        one.revise()
    after = body(one.text())
    for mark, side in (("<!-- kb:begin paper -->", 0), ("<!-- kb:end paper -->", 1)):
        assert after.split(mark)[side].encode() == before.split(mark)[side].encode()
    assert "Better words, version 4." in after


def test_obsidian_linter_1537_windows_line_ends_do_not_double_the_frontmatter(
    one: Revised,
) -> None:
    """A pull brought CRLF, the frontmatter was not recognised and a second one put on top; kb reads
    it, and writes its lines with the ends that the note has."""
    one.write(one.text().replace("\n", "\r\n"))
    one.revise()
    text = one.text()
    assert text.count("---\r\n") == 2
    assert "version: 2\r\n" in text
    assert "\n" not in text.replace("\r\n", "")
    assert frontmatter.read(text)["arxiv_id"] == "2502.00001"
