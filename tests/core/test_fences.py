from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kb.core.fences import code_spans

MARK = "<!-- kb:begin paper -->"
PIECES = [
    *(
        "```",
        "````",
        "~~~",
        "~~~~",
        "```py",
        "``` a`b",
        "~~~ `",
        " ```",
        "  ```",
        "   ```",
        "    ```",
    ),
    *(
        "",
        "",
        "text",
        "more text",
        "- item",
        "  inside",
        "1. one",
        "   three",
        "2. two",
        "> quote",
        ">",
    ),
    *("- ```", "> ```", "> ~~~", "  - nested", "-", "*", "***", "# head", "===", "---", "\t```"),
    *(
        "<div>",
        "<pre>",
        "</pre>",
        "<!-- a",
        "-->",
        "<b>",
        "<b> x",
        "- > ```",
        "   code",
        "      deep",
    ),
    *("\u2028", "```\u2028", "> \u2028", "-\x85", "\v"),
    *(MARK, MARK, MARK),
]


def marks_outside_code(text: str) -> list[int]:
    """The lines on which a Markdown parser sees the mark as more than code."""
    fenced: set[int] = set()
    for piece in MarkdownIt("commonmark").parse(text):
        if piece.type == "fence" and piece.map and piece.level == 0:
            fenced.update(range(*piece.map))
    return [n for n, line in enumerate(text.split("\n")) if line == MARK and n not in fenced]


def ours(text: str) -> list[int]:
    spans = code_spans(text)
    lines, start = [], 0
    for number, line in enumerate(text.split("\n")):
        if line == MARK and not any(a <= start < b for a, b in spans):
            lines.append(number)
        start += len(line) + 1
    return lines


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
@example(["- ```", MARK, "  ```", MARK])
@example(["- text", "lazy", "  ```", "  code", MARK])
@example(["100.  wide", "    lazy", "   ```", MARK])
@example(["1. x", "   ```", "code", "   ```", MARK])
def test_a_mark_is_code_exactly_where_a_commonmark_parser_says_so(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    assert ours(text) == marks_outside_code(text)


def test_spans_cover_whole_fences_and_an_open_one_runs_to_the_end() -> None:
    text = "a\n```py\nx\n```\nb\n~~~\ny"
    assert [text[a:b] for a, b in code_spans(text)] == ["```py\nx\n```\n", "~~~\ny"]


def test_windows_line_ends_close_fences_too() -> None:
    text = "```\r\nx\r\n```\r\nafter\r\n"
    assert [text[a:b] for a, b in code_spans(text)] == ["```\r\nx\r\n```\r\n"]


def test_containers_nested_without_end_do_not_exhaust_the_stack() -> None:
    text = "> " * 20_000 + "x\n" + "- " * 20_000 + "\n```\nx\n```\n"
    assert len(code_spans(text)) == 1
