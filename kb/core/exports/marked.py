"""Text in a digest: literal in Markdown, formulas apart, and exactly what it was when read again."""

from __future__ import annotations

import re

from kb.core.inline import one_line
from kb.core.tex.literal import literal

MARK = "<!-- kb digest 1 -->"
"""The first line of a digest that kb wrote: its texts are escaped."""

_MATH = re.compile(r"(?<![\\$])\$(?![\s$])(?:\\.|[^\\$])+?(?<!\s)\$(?![\d$])")
# In a formula these would be seen as something else by whoever does not know formulas.
_UNSAFE = re.compile(r"<[A-Za-z/!?]|%%|`|\[\[|\]\(|\]\[|-->")
_READ = re.compile(r"\\([!-/:-@\[-`{-~])|(\$(?:\\.|[^\\$])+\$)", re.DOTALL)


def escaped(text: str) -> str:
    """`text` on one line as Markdown that shows it as it is; `$...$` stays a formula."""
    line = one_line(text)
    out: list[str] = []
    at = 0
    for match in _MATH.finditer(line):
        if _UNSAFE.search(match[0]):
            continue
        out += [literal(line[at : match.start()], first=False, after="$"), match[0]]
        at = match.end()
    return "".join([*out, literal(line[at:], first=False)])


def unescaped(markdown: str) -> str:
    """What `escaped` was given, white space folded."""
    return _READ.sub(lambda match: match[1] or match[2], markdown).strip()
