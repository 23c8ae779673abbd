"""Notes as people and their tools have them at worst, as Hypothesis strategies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from hypothesis import strategies as st

CASES = Path(__file__).resolve().parents[1] / "cases" / "frontmatter"

# What people write, each entry sound by itself.
ENTRIES = [
    *("title: Lamps", "title: 'It''s'", 'title: "a # b: c"  # note', "mine: {a: [1, 2], b: {}}"),
    *("list:\n- a\n- b", "list2:\n    - a\n\n    # c\n    - b: 1\n      c: 2", "n:\n", "'q u': ~"),
    *("lit: |\n  status: x\n\n  # y\n", "keep: |+\n  text\n\n", "fold: >-\n  a\n  b"),
    *("emo: 🙂 # 🙂", "multi: one\n  two\n  three", 'dq: "one\n\n  two"', "# a comment", "", "   "),
    *("  # indented", "flow: [\n  a, # x\n  'status: y'\n]", "anchor: &a [x]"),
    *("url: https://x.example/#a:b", "t:\tx\t", "d: 2025-01-01", "b: yes", "o: 0o7"),
    *("ls: a\u2028b", "<%x%>: 1", "dup: 1", "dup: 2", "k: {{x}}"),
]
OWN = [
    *("status: unread", "status: 'unread' # why", "status:", "status: # empty"),
    *("status: |\n  x\n\n", "status:\n- a\n- b", "status: [a,\n  b]", "status: one\n  two"),
    *("'status' : x", 'status: "a # b"#c', "status: &s x", "status: unread  "),
    *("status:\tunread\t# c", "status: >+\n\n  x\n\n", "status: !!str 5"),
]
VALUES = ["read", None, True, 7, date(2025, 3, 5), ["a", 'b"'], "yes", "a: b # c", "\u2028", ""]

HEAD_LINES = [
    *("status: a", "status: 'x'", '"status": y', "Status: Z", "STATUS: q", "? status", ": q"),
    *("status : v", "  status: indented", "status:", "status:x", "status: a: b", "status: *a"),
    *("status: |", "status: >2-", "status: [", "status: {a: b}", "status: 'open", "relevance: 08"),
    *(
        "relevance: 8",
        "relevance: 8.0 # c",
        "title: a # b",
        "title: 'a # b'",
        'title: "a \\',
        '  b"',
    ),
    *("- item", "- item # c", "  - item # c", "- a: 1", "  b: 2", "# comment", "   # comment"),
    *("key: |", "key: >-", "key: |2-", "  text", "    deeper", "  # text?", "  ---", "key: 'open"),
    *('key: "open', "  close'", '  close"', "  two", "key: [", "  a, # c", "]", "key: {", "}"),
    *("---", "--- ", "...", "--- x", "----", "<<: *a", "base: &a {x: 1, status: z}", "other: *a"),
    *("&k anchored: 1", "key: !!str 5", "key: !x y", "%YAML 1.2", "\tindented: x", "tab:\tx\t# c"),
    *("<% tp.date.now() %>", "key: <% x %>", "key: {{title}}", "{{key}}: 1", "<<<<<<< HEAD"),
    *("=======", ">>>>>>> theirs", "key: @x", "key: `x`", "ключ: значение", "🙂: 🙂", "nul: \0"),
    *("esc: \x1b", "bom: \ufeff", "sep: a\u2028status: b", "nel: a\x85status: b", "vt: a\vb"),
    *("ff: a\fb", "sur: \ud800", "yes: 1", "2025: 1", "~: 1", "null: 1", "", "", " ", "\t"),
]
MARKS = [f"<!-- kb:{side} {name} -->" for side in ("begin", "end") for name in ("paper", "reading")]
BODY_LINES = [
    *("text", "more text", "", "", "", "# Heading", "---", "status: in prose", "===", "- item"),
    *("```", "````", "~~~", "```py", "``` `x`", "- ```", "> ```", "    ```", " ```", "\t```"),
    *("<!--", "-->", "<div>", "</div>", "<pre>", "</pre>", "<b>", "<![CDATA[", "$x$", "[[a|b]]"),
    *("<<<<<<< a", "=======", ">>>>>>> b", "\0", "\u2028", "\x85", "\f```", "\v", "\ud800", "a\\"),
    *("<!--kb:begin paper-->", "<!-- kb:begin paper --> x", " <!-- kb:end paper -->", "> <!-- kb:"),
    *("<!-- KB:END paper -->", "<!-- kb:begin paper --> ", "<!-- kb:end paper -->\t", "1. one"),
    *MARKS,
]
_NOISE = st.text(
    alphabet=" \t\n\r\v\f#:-'\"[]{}&*|>!%@`~<?,.\\\x00\x85\u2028\ufeff\ud800a1=", max_size=6
)
_ENDS = st.sampled_from([*["\n"] * 12, *["\r\n"] * 4, "\r", "\u2028", "\x85", "\v", "\f", ""])


def notes(line_end: str) -> st.SearchStrategy[tuple[str, str]]:
    """Whole notes, and the lines in them that are ours."""
    entries = st.lists(st.sampled_from(ENTRIES), max_size=6)
    own = st.one_of(st.just(""), st.sampled_from(OWN).map(lambda entry: f"{entry}\n"))

    def joined(before: list[str], own: str, after: list[str], end: str) -> tuple[str, str]:
        block = "".join(f"{entry}\n" for entry in before) + own
        block += "".join(f"{entry}\n" for entry in after)
        return f"---\n{block}---{end}".replace("\n", line_end), own.replace("\n", line_end)

    return st.builds(
        joined, entries, own, entries, st.sampled_from(["", "\n", "\nbody\n---\nx: y"])
    )


def _lines(among: Sequence[str], most: int) -> st.SearchStrategy[str]:
    """Lines below one another, mostly with one kind of line end, sometimes with any."""
    plain = st.lists(st.sampled_from(among), max_size=most)
    same = st.builds(
        lambda lines, end: "".join(line.replace("\n", end) + end for line in lines),
        plain,
        st.sampled_from(["\n", "\n", "\n", "\r\n"]),
    )
    mixed = st.lists(st.tuples(st.sampled_from(among), _ENDS).map("".join), max_size=most)
    return st.one_of(same, same, same, mixed.map("".join))


def bodies() -> st.SearchStrategy[str]:
    """Bodies with a region that is mostly sound, among what may hide, double or open it."""
    around = st.one_of(
        _lines(["text", "", "# Heading", "- item", "```\nx\n```"], 4), _lines(BODY_LINES, 4)
    )
    begin, end = MARKS[0], MARKS[2]
    sound = st.builds(
        lambda before, inside, after, eol: f"{before}{begin}{eol}{inside}{end}{eol}{after}",
        around,
        around,
        around,
        st.sampled_from(["\n", "\n", "\r\n"]),
    )
    return st.one_of(sound, sound, _lines(BODY_LINES, 8), st.just(""))


def _heads() -> st.SearchStrategy[str]:
    any_entry = _lines([*ENTRIES, *OWN], 8)
    block = st.one_of(
        any_entry, _lines(HEAD_LINES, 8), st.builds(str.__add__, any_entry, _lines(HEAD_LINES, 2))
    )
    opening = st.sampled_from(
        [*["---\n"] * 9, "---\r\n", "--- \n", "---\r", "\n---\n", " ---\n", ""]
    )
    closing = st.sampled_from([*["---\n"] * 9, "---\r\n", "---\t\n", "---", "...\n", " ---\n", ""])
    bom = st.sampled_from([*[""] * 5, "\ufeff", "\ufeff\ufeff"])
    return st.builds("{}{}{}{}".format, bom, opening, block, closing)


def _spoilt(text: str, noise: str, at: float, times: int) -> str:
    """`text` with a bit of noise put in, or lines doubled, taken out or moved about."""
    place = int(len(text) * at)
    lines = text.splitlines(keepends=True)
    row = int(len(lines) * at)
    match times:
        case 0:
            return text[:place] + noise + text[place:]
        case 1:
            return "".join([*lines[:row], *lines[row : row + 1] * 2, *lines[row + 1 :]])
        case 2:
            return "".join([*lines[:row], *lines[row + 1 :]])
        case 3:
            return "".join([*lines[row:], *lines[:row]])
        case _:
            return text.replace("\n", "\r\n" if times == 4 else "\r")


def hostile() -> st.SearchStrategy[str]:
    """Whole notes: put together from entries, from lines, or from the hand-made ones spoilt."""
    made = [path.read_bytes().decode() for path in sorted(CASES.glob("*.before.md"))]
    put_together = st.builds(str.__add__, _heads(), bodies())
    of_entries = st.sampled_from(["\n", "\r\n"]).flatmap(notes).map(lambda pair: pair[0])
    of_hand = st.builds(str.__add__, st.sampled_from(made), bodies())
    any_note = st.one_of(put_together, put_together, of_entries, of_hand)
    spoilt = st.builds(_spoilt, any_note, _NOISE, st.floats(0, 1), st.integers(0, 5))
    return st.one_of(any_note, any_note, spoilt)


Spoil = Callable[[str], bytes]


def _with(old: str, new: str) -> Spoil:
    def spoil(text: str) -> bytes:
        assert old in text, old
        return text.replace(old, new, 1).encode("utf-8", "surrogateescape")

    return spoil


def _nested(depth: int) -> str:
    return f"deep: {'[' * depth}{']' * depth}\n"


SOUND: tuple[str, Spoil] = ("a sound note", str.encode)
_END = "<!-- kb:end paper -->"
IN_A_VAULT: list[tuple[str, Spoil]] = [
    ("CRLF", lambda text: text.replace("\n", "\r\n").encode()),
    ("mixed line ends", lambda text: text.replace("\n", "\r\n", 9).encode()),
    ("bare carriage returns", lambda text: text.replace("\n", "\r").encode()),
    ("BOM", lambda text: b"\xef\xbb\xbf" + text.encode()),
    ("UTF-16", lambda text: text.encode("utf-16")),
    ("no final newline", lambda text: text.rstrip("\n").encode()),
    ("no closing fence", lambda text: text.replace("\n---\n", "\n", 1).encode()),
    ("comments", _with("version: 1\n", "# mine\nversion: 1   # first\n# and\n")),
    ("a comment in a list", _with("version: 1\n", "version:\n- 1 # one\n")),
    ("quotes", _with("version: 1\n", "'version' : '1'\n")),
    ("a literal block", _with("version: 1\n", "version: |\n  1\n\n")),
    ("a key that looks like ours", _with("version: 1\n", "mine: |\n  version: 1\nversion: 1\n")),
    ("another case", _with("version: 1\n", "Version: 7\nVERSION: 8\nversion: 1\n")),
    ("our key doubled", _with("version: 1\n", "version: 1\nversion: 1\n")),
    ("another key doubled", _with("version: 1\n", "mine: 1\nversion: 1\nmine: 2\n")),
    ("an anchor", _with("version: 1\n", "version: &v 1\nmine: *v\n")),
    ("a merge key", _with("version: 1\n", "base: &b {version: 1}\n<<: *b\n")),
    ("a tab", _with("version: 1\n", "version: 1\n\tmine: 1\n")),
    ("braces of a template", _with("version: 1\n", "version: 1\n<% tp.file.title %>\n")),
    (
        "a conflict in the head",
        _with("version: 1\n", "<<<<<<< a\nversion: 1\n=======\n>>>>>>> b\n"),
    ),
    ("a conflict in the body", _with("mine\n", "<<<<<<< a\nmine\n=======\nyours\n>>>>>>> b\n")),
    ("rules in prose", _with("mine\n", "mine\n---\nversion: 1\n---\n")),
    ("a line separator", _with("version: 1\n", "mine: a\u2028version: 9\nversion: 1\n")),
    ("emoji", _with("version: 1\n", "🙂: 🙂 # 🙂\nversion: 1\n")),
    ("a NUL byte", _with("mine\n", "mi\0ne\n")),
    ("a NUL byte in the head", _with("version: 1\n", "version: 1\nmine: \0\n")),
    ("no UTF-8", _with("mine\n", "mi\udcffne\n")),
    ("a bomb", _with("version: 1\n", _nested(20_000) + "version: 1\n")),
    ("an open code block", _with("<!-- kb:begin", "```\n<!-- kb:begin")),
    ("a region doubled", lambda text: (text + text.partition("---\n\n")[2]).encode()),
    ("a region that never ends", _with(_END, "")),
    ("a region that ends twice", _with(_END, f"{_END}\n\n{_END}")),
    ("a marker that is indented", _with(_END, f"  {_END}")),
    ("markers in code", _with("mine\n", f"mine\n```\n{MARKS[0]}\n{MARKS[2]}\n```\n")),
    ("markers in a quote", _with("mine\n", f"> {MARKS[0]}\n> {MARKS[2]}\n")),
]
"""What may have become of a note of kb's that lies in a vault, with `mine` below its region."""
