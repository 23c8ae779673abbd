"""Tells whether an edit of a note changed what it may and nothing else, knowing nothing of kb.

Where kb finds its keys by the events of a parser, this looks at the finished result: lines that
differ, PyYAML's nodes and comments before and after, markdown-it's view of what is code.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCE = re.compile(r"---[ \t]*\r?\n?")
_YAML_LINE = re.compile(r"[^\r\n\x85\u2028\u2029]*(\r\n|[\r\n\x85\u2028\u2029])")
_MARK = re.compile(r"<!-- kb:(begin|end) ([a-z][a-z0-9-]*) -->[ \t]*")


class Parts(NamedTuple):
    """A note cut at the lines of its fences; without frontmatter all of it is `body`."""

    opening: str
    block: str
    closing: str
    body: str


def parts(text: str) -> Parts:
    """Joined they are `text`. A head that never closes counts as body."""
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    if lines and _FENCE.fullmatch(lines[0].removeprefix("\ufeff")):
        for number, line in enumerate(lines[1:], 1):
            if _FENCE.fullmatch(line):
                block, rest = lines[1:number], lines[number + 1 :]
                return Parts(lines[0], "".join(block), line, "".join(rest))
    return Parts("", "", "", text)


def complaint(
    before: str, after: str, wanted: Mapping[str, object], gone: Sequence[str] = ()
) -> str:
    """What is wrong with `after` as `before` with `wanted` set and `gone` removed; empty: nothing."""
    old, new = parts(before), parts(after)
    if not old.opening and new.opening:
        return _added(before, after, new, wanted)
    if old.body != new.body:
        return "the body differs"
    if (old.opening, old.closing) != (new.opening, new.closing):
        return "a fence differs"
    try:
        was, now = _nodes(old.block), _nodes(new.block)
        spoken = _comments(old.block), _comments(new.block)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        return f"cannot be read as YAML: {str(error).splitlines()[0]}"
    touched = {*wanted, *gone}
    if [pair for pair in was if pair[0] not in touched] != [
        pair for pair in now if pair[0] not in touched
    ]:
        return "another key differs"
    if spoken[0] != spoken[1]:
        return "a comment differs"
    if _blank(old.block) - _blank(new.block) > _blank(_spans(old.block, touched)):
        return "a blank line is gone"
    return _values(new.block, wanted, gone) or _lines(old, new, wanted)


def _added(before: str, after: str, new: Parts, wanted: Mapping[str, object]) -> str:
    """A note that had no frontmatter must have got one, and nothing else."""
    first = re.search(r"\r?\n", before)
    end = first[0] if first else "\n"
    bom = "\ufeff" if before.startswith("\ufeff") else ""
    if after != f"{bom}---{end}{new.block}---{end}{before.removeprefix(bom)}":
        return "something besides new frontmatter differs"
    if not all(line.endswith(end) for line in re.findall(r"[^\n]*\n", new.block)):
        return "the new lines end otherwise"
    if {key for key, _ in _nodes(new.block)} != set(wanted):
        return "the new frontmatter holds other keys"
    return _values(new.block, wanted, ())


def _nodes(block: str) -> list[tuple[str, object]]:
    root = yaml.compose(block, Loader=_Loader)
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise yaml.YAMLError("no mapping")
    return [(key.value, (_shape(key), _shape(value))) for key, value in root.value]


def _spans(block: str, keys: set[str]) -> str:
    """The keys and values themselves, as they are written."""
    root = yaml.compose(block, Loader=_Loader)
    return "".join(
        block[key.start_mark.index : value.end_mark.index]
        for key, value in (root.value if root else ())
        if key.value in keys
    )


def _blank(text: str) -> int:
    return sum(not line.strip() for line in text.split("\n"))


def _shape(node: yaml.Node, above: tuple[yaml.Node, ...] = ()) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.tag, node.value, node.style
    if any(node is each for each in above):
        raise yaml.YAMLError("a value holds itself")
    within = (*above, node)
    if isinstance(node, yaml.MappingNode):
        pairs = [(_shape(key, within), _shape(value, within)) for key, value in node.value]
        return node.tag, node.flow_style, pairs
    assert isinstance(node, yaml.SequenceNode)
    return node.tag, node.flow_style, [_shape(item, within) for item in node.value]


def _comments(block: str) -> list[str]:
    """All comments, in order: what begins with `#` where no token stands."""
    found: list[str] = []
    at = 0
    for token in yaml.scan(block, Loader=_Loader):
        start, end = token.start_mark.index, token.end_mark.index
        found += re.findall(r"#[^\r\n]*", block[at:start])
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            found += re.findall(r"[ \t](#[^\r\n]*)", block[start:end].partition("\n")[0])
        at = max(at, end)
    return found + re.findall(r"#[^\r\n]*", block[at:])


def _values(block: str, wanted: Mapping[str, object], gone: Sequence[str]) -> str:
    root = yaml.compose(block, Loader=_Loader)
    found = {key.value: value for key, value in root.value} if root else {}
    for key, value in wanted.items():
        if key not in found:
            return f"{key} is not there"
        got = yaml.constructor.SafeConstructor().construct_document(found[key])
        if repr(got) != repr(value):
            return f"{key} reads {got!r}, not {value!r}"
    left = sorted(set(gone) & set(found))
    return f"{left[0]} is still there" if left else ""


def _lines(old: Parts, new: Parts, wanted: Mapping[str, object]) -> str:
    """Whether the lines that differ are those of the keys: one new line at most for each."""
    one, two = ([found[0] for found in _YAML_LINE.finditer(each.block)] for each in (old, new))
    added: list[str] = []
    ends = {_end(old.opening)}
    for taken, put in _differing(one, two):
        ends |= {_end(line) for line in taken}
        added += put
    if any(_end(line) not in ends for line in added):
        return "a new line ends otherwise"
    keys = [line for line in added if not line.lstrip(" ").startswith("#")]
    if len(keys) > len(wanted):
        return "more lines differ than keys were set"
    try:
        named = {key for line in keys for key, _ in _nodes(line.lstrip(" "))}
    except yaml.YAMLError:
        return "a new line is no property by itself"
    return "" if named <= set(wanted) else "a line of another key differs"


def _end(line: str) -> str:
    found = _YAML_LINE.fullmatch(line)
    return found[1] if found else ""


def _differing(one: list[str], two: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, start, end, start2, end2 in matcher.get_opcodes():
        if kind != "equal":
            yield one[start:end], two[start2:end2]


def marked(text: str) -> dict[str, tuple[int, int]] | None:
    """Where the inside of each region begins and ends; None where the markers do not add up.

    A marker counts alone on its line, below the frontmatter, outside fenced code as markdown-it
    sees it.
    """
    start = len(text) - len(parts(text).body)
    body = text[start:]
    if "<!-- kb:" not in body:
        return {}
    code: set[int] = set()
    for token in MarkdownIt("commonmark").parse(body):
        if token.type == "fence" and token.level == 0 and token.map:
            code.update(range(*token.map))
    found: dict[str, tuple[int, int]] = {}
    begun: tuple[str, int] | None = None
    at = start
    for number, line in enumerate(re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", body)):
        mark = _MARK.fullmatch(line.rstrip("\r\n"))
        if mark and number not in code:
            side, name = mark.groups()
            if side == "begin" and begun is None and name not in found:
                begun = name, at + len(line)
            elif side == "end" and begun is not None and begun[0] == name:
                found[name] = begun[1], at
                begun = None
            else:
                return None
        at += len(line)
    return None if begun else found


def region_complaint(before: str, after: str, name: str, inner: str) -> str:
    """What is wrong with `after` as `before` with the inside of a region replaced."""
    was = marked(before)
    if was is None:
        return "the markers do not add up, and it was edited"
    if name not in was:
        return "there is no such region, and it was edited"
    start, end = was[name]
    if not after.startswith(before[:start]) or not after.endswith(before[end:]):
        return "something outside the region differs"
    inside = after[start : len(after) - len(before) + end]
    line_end = "\r\n" if before[:start].endswith("\r\n") else "\n"
    text = re.sub(r"\r\n?", "\n", inner).strip("\n")
    framed = f"\n{text}\n\n" if text else "\n"
    if inside != framed.replace("\n", line_end):
        return f"the region reads {inside!r}"
    now = marked(after)
    if now is None or now.keys() != was.keys() or now[name] != (start, start + len(inside)):
        return "the markers no longer add up"
    return ""


def updated_complaint(before: str, after: str, keys: Sequence[str], region: str) -> str:
    """What is wrong with `after` as `before` with any of `keys` set and a region replaced."""
    old, new = parts(before), parts(after)
    try:
        was, now = dict(_nodes(old.block)), dict(_nodes(new.block))
        read = yaml.load(new.block, Loader=_Loader) if new.block else {}
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        return f"cannot be read as YAML: {str(error).splitlines()[0]}"
    wanted = {key: read[key] for key in keys if now.get(key) != was.get(key)}
    if old.body == new.body:
        return complaint(before, after, wanted)
    places, new_places = marked(before) or {}, marked(after) or {}
    if region not in places or region not in new_places:
        return "the body differs, and there is no sound region"
    (start, end), (start2, end2) = places[region], new_places[region]
    if before[end:] != after[end2:]:
        return "something below the region differs"
    return complaint(before, after[:start2] + before[start:end] + after[end2:], wanted)
