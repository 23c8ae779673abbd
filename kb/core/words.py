"""The reader's own text on a paper, brought along from elsewhere, put where their notes go."""

from __future__ import annotations

import re

from kb.core import frontmatter, regions

_HEADING = re.compile(r"^#{1,6}[ \t]+Notes[ \t]*$", re.MULTILINE)


def added(text: str, said: str) -> str:
    """A note with `said` below its last heading `Notes`, else at its end, word for word.

    Only where that would hide or double a marker of kb's is what does so made harmless. Raises
    RegionError where the markers of the note do not add up as it is.
    """
    result = _placed(text, said.strip("\n"))
    if _inners(result) != _inners(text):
        result = _placed(text, regions.defuse(said.strip("\n")))
    return result


def holds(text: str, said: str) -> bool:
    """Whether every line of `said` stands in the note already."""
    there = {line.rstrip() for line in text.splitlines()}
    either = (said, regions.defuse(said))
    return any(all(line.rstrip() in there for line in each.splitlines()) for each in either)


def _placed(text: str, said: str) -> str:
    head, body = frontmatter.split(text)
    headings = list(_HEADING.finditer(body, _end_of_regions(text) - len(head)))
    if not headings:
        return text.rstrip("\n") + f"\n\n{said}\n"
    end = headings[-1].end()
    before, after = text[: len(head) + end], body[end:].strip("\n")
    return f"{before}\n\n{said}\n" + (f"\n{after}\n" if after else "")


def _end_of_regions(text: str) -> int:
    found = [region.end for name in regions.names(text) if (region := regions.find(text, name))]
    return max(found, default=len(frontmatter.split(text)[0]))


def _inners(text: str) -> dict[str, str] | None:
    try:
        return {name: r.inner for name in regions.names(text) if (r := regions.find(text, name))}
    except regions.RegionError:
        return None
