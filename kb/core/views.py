"""The live views of Obsidian's Bases, in the words of a vault that names its properties otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.core.yamltext import dump_value

if TYPE_CHECKING:
    from kb.core.properties import Properties

_PLACE = re.compile(
    r"^(\s*(?:- (?:property: )?|property: ))([a-z_]+)$|^(\s*)note\.([a-z_]+):", re.MULTILINE
)
_IN_QUOTES = re.compile(r'hasProperty\("([a-z_]+)"\)')
_EXPRESSION = re.compile(r"^(?:\s+- .*[!=<>(].*|  \w+: .*\(.*)$", re.MULTILINE)
_WORD = re.compile(r"""(?<![\w."])[a-z_]+(?![\w"(])""")


def renamed(base: str, called: Properties) -> str:
    """`base`, the text of a `.base` file that speaks of kb's keys, with the names of the vault."""
    if not called.names:
        return base
    text = _EXPRESSION.sub(lambda line: _expression(line[0], called), base)
    return _PLACE.sub(lambda place: _placed(place, called), text)


def _placed(place: re.Match[str], called: Properties) -> str:
    lead, key, indent, column = place.groups()
    if key is not None:
        return f"{lead}{_scalar(called.name(key))}"
    return f"{indent}{_scalar(f'note.{called.name(column)}')}:"


def _scalar(name: str) -> str:
    return dump_value("", name)


def _expression(line: str, called: Properties) -> str:
    line = _IN_QUOTES.sub(lambda match: f'hasProperty("{called.name(match[1])}")', line)
    return _WORD.sub(lambda word: _term(word[0], called), line)


def _term(key: str, called: Properties) -> str:
    name = called.names.get(key, key)
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f'note["{name}"]'
