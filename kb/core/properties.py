"""What a vault calls the properties of its notes: kb's keys, and the names under which they stand.

Everywhere else kb speaks of its own keys. Here they are found in a note and put into one, whatever
the vault calls them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kb.core import frontmatter
from kb.core.frontmatter import Remove

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.core.frontmatter import Value

KEYS = (
    "title", "aliases", "arxiv_id", "version", "authors", "submitted", "revised", "announced",
    "primary", "categories", "doi", "journal", "author_comment", "code", "topics", "relevance",
    "novelty", "score", "scored_by", "provisional", "kept", "followed", "withdrawn", "source",
    "listed", "summary", "url", "pdf", "status", "rating", "tags",
)  # fmt: skip
"""Every key kb may write, in the order in which a new note has them."""
NEEDED = {
    "arxiv_id": "kb finds the note of a paper by it",
    "version": "kb tells by it whether a paper has been replaced",
    "announced": "kb files notes by it",
    "topics": "pages are arranged by it, and you correct kb with it",
    "relevance": "pages are ordered by it, and you correct kb with it",
    "novelty": "pages are ordered by it, and you correct kb with it",
    "provisional": "kb tells by it what still has to be judged",
    "kept": "it takes a note off the pages",
    "followed": "kb keeps the papers of authors you follow by it",
    "withdrawn": "kb tells by it what a note says already",
    "source": "kb tells by it what you have listed or added yourself",
}
"""Keys that cannot be off, and why."""
_SHARED_NAMES = frozenset({"aliases", "tags"})
"""Obsidian knows these by their names."""
_NAME = re.compile(r"[^\W_](?:[^\x00-\x1f\x7f:#,\[\]{}\"'`|>&*!%@\\]*[^\s:#,\[\]{}\"'`|>&*!%@\\])?")
_LONGEST = 60


@dataclass(frozen=True)
class Properties:
    """The names of kb's keys in the notes of a vault, and the keys that new notes are without."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Key to name, where it is another."""
    off: frozenset[str] = frozenset()

    @classmethod
    def of(cls, told: Mapping[str, str | bool]) -> Properties:
        """What `[notes.properties]` says: a name, or False for a key that is not to be written.

        Raises ValueError, naming the key and the remedy, for a key that kb does not have, one that it
        cannot do without, and a name that is none or stands for two keys.
        """
        names: dict[str, str] = {}
        off: set[str] = set()
        for key, said in told.items():
            if key not in KEYS:
                close = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(KEYS)}"
                raise ValueError(f"{key} is no property of kb's ({hint})")
            if said is False:
                if why := NEEDED.get(key):
                    raise ValueError(f"{key} cannot be off: {why}; it can have another name")
                off.add(key)
            elif isinstance(said, str) and said != key:
                names[key] = _checked(key, said)
        _refuse_doubles(names)
        return cls(names, frozenset(off))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names in the order in which notes have them, kb's own keys beside."""
        return tuple(dict.fromkeys(name for key in KEYS for name in (self.name(key), key)))

    @property
    def signature(self) -> str:
        """Equal where notes are read alike."""
        return repr(sorted(self.names.items()))

    def name(self, key: str) -> str:
        """What a new note calls `key`."""
        return self.names.get(key, key)

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of a note under kb's keys. Older notes may have the keys themselves."""
        if not self.names:
            return dict(values)
        held = {self._held(values, key): key for key in self.names}
        aside = {name for key, other in self.names.items() for name in (key, other)}
        return {
            held.get(name, name): value
            for name, value in values.items()
            if name in held or name not in aside
        }

    def written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of a new note, under its vault's names."""
        return {self.name(key): value for key, value in self.on(values).items()}

    def on(
        self, values: Mapping[str, Any], present: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Those of `values`, by kb's keys, that are to be written: all but what is off, as long as it
        says nothing of the reader's. What is `present` is kept right."""
        there = present or {}
        return {
            key: value
            for key, value in values.items()
            if key not in self.off or key in there or _said(key, value)
        }

    def edit(self, text: str, changes: Mapping[str, Value | Remove]) -> str:
        """`text` with kb's keys set or removed, each under the name that the note has for it, else the
        vault's. Raises FrontmatterError as `frontmatter.edit` does."""
        if self.names and changes:
            present = frontmatter.read(text)
            changes = {
                name: value
                for key, value in changes.items()
                for name in self._places(present, key, gone=isinstance(value, Remove))
            }
        return frontmatter.edit(text, changes, order=self.order)

    def names_key(self, text: str, key: str) -> bool:
        """Whether the head of a note, sound or broken, has a line that begins with `key`."""
        return any(frontmatter.names_key(text, name) for name in {self.name(key), key})

    def differing(self, values: Mapping[str, Any]) -> list[str]:
        """What a new note would have otherwise, in words, of a note with these properties."""
        found = [f"{key} is {name}" for key, name in self.names.items() if key in values]
        off = [key for key in sorted(self.off) if key in values and not _said(key, values[key])]
        return sorted(found) + [f"{key} is off" for key in off]

    def _held(self, values: Mapping[str, Any], key: str) -> str | None:
        """The name under which a note has `key`; of two the one that says something."""
        name = self.name(key)
        if key in values and values.get(name) is None:
            return key
        return name if name in values else None

    def _places(self, values: Mapping[str, Any], key: str, *, gone: bool) -> set[str]:
        if gone:
            return {self.name(key), key} & values.keys()
        return {self._held(values, key) or self.name(key)}


PLAIN = Properties()
"""kb's own keys, all of them."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the notes of a vault look like."""

    template: str
    """Of all below the properties."""
    name: str
    """The file of the template."""
    properties: Properties = PLAIN


def _said(key: str, value: Any) -> bool:
    """Whether it is something that a reader said."""
    return (key == "status" and value not in (None, "", "unread")) or (
        key == "rating" and value is not None
    )


def _checked(key: str, name: str) -> str:
    if key in _SHARED_NAMES:
        raise ValueError(f"{key} cannot have another name: Obsidian knows it by this one")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ValueError(
            f"{key} cannot be called {name!r}; begin with a letter and leave out : # , quotes and"
            " brackets"
        )
    return name


def _refuse_doubles(names: Mapping[str, str]) -> None:
    owners = {key.casefold(): key for key in KEYS}
    for key, name in names.items():
        owner = owners.setdefault(name.casefold(), key)
        if owner != key:
            raise ValueError(f"{key} cannot be called {name!r}: that is the name of {owner}")
