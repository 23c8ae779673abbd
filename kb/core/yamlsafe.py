"""A block of YAML read under limits: values as PyYAML's safe loader gives them, and where they stand.

The parser's events are taken one at a time, so depth, aliases and size are known before anything is
built, and nothing here recurses: CPython's C loader crashes on a block nested 50,000 deep.
"""

from __future__ import annotations

from typing import Any

import yaml

from kb.core.yamlblock import MAX_BYTES, Document, Entry, FrontmatterError

MAX_DEPTH = 32
MAX_ANCHORS = 16
"""Anchors, and again aliases, in one block."""
_LONGEST_TYPED = 100
"""What is longer than any date or number stays text; converting it could take long."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS: dict[str, list[tuple[str, Any]]] = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_TAG = "tag:yaml.org,2002:"
_TYPED = {
    _TAG + name: getattr(_CONSTRUCTOR, f"construct_yaml_{name}")
    for name in ("null", "bool", "int", "float", "binary", "timestamp")
}
_STARTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_LEAVES = (yaml.ScalarEvent, yaml.AliasEvent)
_MERGE = object()


class _Frame:
    """A collection that is still open."""

    __slots__ = ("anchor", "key", "merged", "value", "waiting")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.waiting = False
        self.key: Any = None
        self.merged: list[dict[Any, Any]] | None = None


class _Reader:
    """Builds the values and notes the places, event by event."""

    def __init__(self, block: str, first_line: int) -> None:
        self.block = block
        self.first_line = first_line
        self.frames: list[_Frame] = []
        self.anchors: dict[str, Any] = {}
        self.anchors_seen = 0
        self.aliases_seen = 0
        self.documents = 0
        self.values: dict[str, object] = {}
        self.flow = False
        self.entries: list[Entry] = []
        self.entry: Entry | None = None

    def line(self, position: int) -> int:
        return self.block.count("\n", 0, position) + self.first_line

    def fail(self, reason: str, event: Any) -> FrontmatterError:
        return FrontmatterError(reason, self.line(event.start_mark.index))

    def take(self, event: Any) -> None:
        kind = type(event)
        if self.entry is not None:
            self.place(self.entry, event, kind)
        if kind is yaml.ScalarEvent:
            self.put(self.scalar(event), event)
        elif kind in _STARTS:
            self.open([] if kind is yaml.SequenceStartEvent else {}, event)
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            self.close(event)
        elif kind is yaml.AliasEvent:
            self.put(self.alias(event), event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if event.explicit or self.documents > 1:
                raise self.fail("holds more than one YAML document", event)
        elif kind is yaml.DocumentEndEvent and event.explicit:
            raise self.fail("holds a YAML document end `...`", event)

    def place(self, entry: Entry, event: Any, kind: type) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if kind in _LEAVES:
            entry.end = end
            entry.leaves.append((start, end))
        elif kind not in _STARTS:
            if end > start:  # the end of a block collection has no width
                entry.end = end
            return
        entry.tied |= bool(event.anchor)
        if len(self.frames) == 1:
            entry.start = start
            if kind in _STARTS:
                entry.style = "flow" if event.flow_style else "block"
            elif kind is yaml.ScalarEvent:
                entry.style = event.style or ""

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        tag: str | None = event.tag
        if tag is None and event.implicit[0] and len(text) <= _LONGEST_TYPED:
            for candidate, pattern in _RESOLVERS.get(text[:1], ()):
                if pattern.match(text):
                    tag = candidate
                    break
        value: Any = text
        if tag == _TAG + "merge":
            value = _MERGE
        elif tag in _TYPED:
            try:
                value = _TYPED[tag](yaml.ScalarNode(tag, text))
            except (ValueError, ArithmeticError, LookupError, AttributeError, yaml.YAMLError):
                value = text  # 2025-02-30 looks like a date and is none
        elif tag not in (None, "!", _TAG + "str", _TAG + "value"):
            raise self.fail(f"holds a YAML tag that kb does not know ({tag[:60]})", event)
        if event.anchor:
            self.remember(value, event)
        return value

    def remember(self, value: Any, event: Any) -> None:
        if event.anchor in self.anchors:  # as PyYAML's own composer says
            raise self.fail(f"names the anchor {event.anchor[:60]!r} twice", event)
        self.anchors[event.anchor] = value
        self.anchors_seen += 1
        if self.anchors_seen > MAX_ANCHORS:
            raise self.fail(f"holds more than {MAX_ANCHORS} anchors", event)

    def alias(self, event: Any) -> Any:
        self.aliases_seen += 1
        if self.aliases_seen > MAX_ANCHORS:
            raise self.fail(f"holds more than {MAX_ANCHORS} aliases", event)
        if event.anchor not in self.anchors:
            raise self.fail("holds an alias without its anchor", event)
        if any(frame.anchor for frame in self.frames):  # how bombs are built
            raise self.fail("holds an alias inside an anchored value", event)
        return self.anchors[event.anchor]

    def open(self, value: Any, event: Any) -> None:
        if len(self.frames) >= MAX_DEPTH:
            raise self.fail(f"is nested deeper than {MAX_DEPTH} levels", event)
        if event.tag not in (None, "!", _TAG + "map", _TAG + "seq"):
            raise self.fail(f"holds a YAML tag that kb does not know ({event.tag[:60]})", event)
        if not self.frames:
            if type(value) is list:
                raise self.fail("holds a list, not properties", event)
            self.flow = bool(event.flow_style)
        if event.anchor:
            self.remember(value, event)
        self.frames.append(_Frame(value, event.anchor))

    def close(self, event: Any) -> None:
        frame = self.frames.pop()
        for other in frame.merged or ():
            for key, value in other.items():
                frame.value.setdefault(key, value)
        self.put(frame.value, event)

    def put(self, value: Any, event: Any) -> None:
        if not self.frames:
            if type(value) is not dict:
                raise self.fail("holds plain text, not properties", event)
            self.values = value
            return
        frame = self.frames[-1]
        if type(frame.value) is list:
            frame.value.append(_plain(value))
        elif not frame.waiting:
            frame.key = self.key(value, event)
            frame.waiting = True
        else:
            if frame.key is _MERGE:
                frame.merged = self.merged(value, event)
            else:
                frame.value[frame.key] = _plain(value)
            frame.waiting = False
            if len(self.frames) == 1:
                self.entry = None

    def key(self, value: Any, event: Any) -> Any:
        top = len(self.frames) == 1
        if isinstance(value, list | dict) or (top and type(event) is not yaml.ScalarEvent):
            raise self.fail("has a key that is no plain word; perhaps a template", event)
        frame = self.frames[-1]
        name = event.value if top and value is not _MERGE else value
        if name in frame.value or (name is _MERGE and frame.merged is not None):
            raise self.fail(f"names the key {event.value[:60]!r} twice", event)
        if top:
            place = event.start_mark.index, event.end_mark.index
            self.entry = Entry(event.value, *place, tied=bool(event.anchor))
            self.entries.append(self.entry)
        return name

    def merged(self, value: Any, event: Any) -> list[dict[Any, Any]]:
        others = value if type(value) is list else [value]
        if not all(type(other) is dict for other in others):
            raise self.fail("merges with `<<` what is no mapping", event)
        return others


def _plain(value: Any) -> Any:
    return "<<" if value is _MERGE else value


def parse(block: str, first_line: int = 1) -> Document:
    """The mapping that `block` holds and where its keys stand.

    `first_line` is the block's first line in its file, for messages. Values come as PyYAML's safe
    loader gives them; what only looks like a date or a number stays text. Raises FrontmatterError
    where the block is too large, too deep, tied by too many aliases, no YAML, not one mapping, or
    names a key twice.
    """
    _check_size(block, first_line)
    reader = _Reader(block, first_line)
    try:
        for event in yaml.parse(block, Loader=_Loader):
            reader.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = mark.index if mark else getattr(error, "position", 0)
        raise FrontmatterError(_why(error, block), reader.line(position)) from None
    return Document(reader.values, reader.entries, reader.flow)


def _check_size(block: str, first_line: int) -> None:
    try:
        size = len(block) if len(block) > MAX_BYTES else len(block.encode())
    except UnicodeEncodeError as error:
        line = block.count("\n", 0, error.start) + first_line
        raise FrontmatterError("holds a character that is no valid UTF-8", line) from None
    if size > MAX_BYTES:
        raise FrontmatterError(f"is larger than {MAX_BYTES // 1024} KiB", first_line)
    if (nul := block.find("\0")) >= 0:
        raise FrontmatterError("holds a NUL byte", block.count("\n", 0, nul) + first_line)


def _why(error: yaml.YAMLError, block: str) -> str:
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if "<%" in block or "{{" in block:
        return f"holds template braces that YAML cannot read ({problem})"
    if "\t" in block and "cannot start any token" in problem:
        return f"has a tab as indentation, which YAML forbids ({problem})"
    return f"cannot be read as YAML ({problem})"
