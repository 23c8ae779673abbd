"""python-frontmatter: a library that loads frontmatter into a dictionary and dumps it again.

Each test first shows that a load and a dump changes more than was asked for, then that kb does not.
"""

from __future__ import annotations

import frontmatter as library
import pytest

from kb.core import frontmatter, regions


def edited(text: str) -> str:
    """`text` after kb has set `status`, which must have changed that line alone.

    The text must have a line `status: unread`.
    """
    post = library.loads(text)
    assert library.dumps(post) != text, "the library would have done no harm"
    result = frontmatter.edit(text, {"status": "read"})
    assert result == text.replace("status: unread", "status: read", 1)
    return result


@pytest.mark.parametrize("end", ["\n", "\n\n\n", "  \n", "\t", "\r\n\r\n", "\u00a0\n"])
def test_python_frontmatter_87_the_end_of_the_text_is_not_stripped(end: str) -> None:
    """Blank lines at the end were gone after a round trip; they stay, as do missing ones."""
    assert edited(f"---\nstatus: unread\n---\n\n\nwords{end}").endswith(f"words{end}")
    page = f"{regions.wrap('page', 'old')}words{end}"
    assert regions.replace(page, "page", "new").endswith(f"words{end}")


@pytest.mark.parametrize(
    "head",
    [
        "# what this is\nstatus: unread  # for now\n# end\n",
        "base: &b {a: 1}\nstatus: unread\nother: *b\n",
        "story: |\n  one\n\n   two\nstatus: unread\n",
        "folded: >-\n  one\n  two\nstatus: unread\n",
        "\nstatus: unread\n\n\nmood: good\n",
    ],
)
def test_python_frontmatter_99_comments_and_blocks_are_not_dumped_over(head: str) -> None:
    """The thread was not to be had; comments, anchors, blocks and blank lines do not survive a load
    and a dump, and stay with kb."""
    edited(f"---\n{head}---\nwords\n")


@pytest.mark.parametrize(
    "line",
    [
        "bed: 22:30",
        "start: 2012-10-11T23:39:45-04:00",
        "flag: Yes",
        "number: 0o17",
        "id: 2503.10000",
        "about: " + "a long line that goes on and on, " * 6 + "to its end",
        "empty:",
        "void: ~",
        "list: [a,   b]",
    ],
)
def test_python_frontmatter_100_values_are_not_written_anew(line: str) -> None:
    """The thread was not to be had; times of day, dates, yes and no, numbers, empty values and long
    lines come out of a load and a dump changed, and stay with kb."""
    edited(f"---\n{line}\nstatus: unread\n---\nwords\n")


@pytest.mark.parametrize("value", ['"plain"', "'plain'", '"it\'s"', "'say \"so\"'", '"[[A note]]"'])
def test_python_frontmatter_114_quotes_are_not_changed(value: str) -> None:
    """Double quotes became single ones, or none; each value keeps the quotes it has."""
    edited(f"---\na: {value}\nlist: [{value}]\nstatus: unread\n---\n")


def test_python_frontmatter_117_keys_are_not_sorted() -> None:
    """Properties came out in alphabetical order; they stay in theirs, and a new one of kb's goes
    below the one that comes before it in a new note."""
    text = "---\nzeal: 1\nversion: 2\nmood: good\nstatus: unread\nalpha: 3\n---\n"
    edited(text)
    added = frontmatter.edit(text, {"url": "https://arxiv.org/abs/2502.00001", "rating": 4})
    keys = [line.partition(":")[0] for line in added.splitlines()[1:-1]]
    assert keys == ["zeal", "version", "url", "mood", "status", "rating", "alpha"]
