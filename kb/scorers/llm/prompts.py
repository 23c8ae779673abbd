"""What is said to a model: the files of `prompts/`, or the reader's own in their place.

A prompt has two parts. What comes before `{{ turn }}` is the same for every request of a task and
goes first, so that providers need not read it again; after it come the papers, between two lines
that nobody who wrote an abstract can know.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb import resources
from kb.core.inline import one_line
from kb.core.templates import render
from kb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kb.core.papers import Paper

_SCALES = "scales.md"
_END_OF_SCALES = "## What the local scorer"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request in words."""

    stable: str
    """Instructions; empty where the reader's own prompt makes no difference between the parts."""
    papers: str

    def messages(self, *, system: bool) -> list[dict[str, str]]:
        """As chat messages; with a system message where the model knows what that is."""
        if system and self.stable:
            return [
                {"role": "system", "content": self.stable},
                {"role": "user", "content": self.papers},
            ]
        return [{"role": "user", "content": f"{self.stable}\n\n{self.papers}".strip()}]


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of one vault. `own` gives back the text of a file of the vault's prompts folder,
    None where there is none of that name."""

    variables: Mapping[str, object]
    """The topics, the language and the cutoffs."""
    own: Callable[[str], str | None] = lambda _name: None
    folder: str = ".kb/prompts"

    def say(
        self,
        task: str,
        papers: Sequence[Paper],
        *,
        lines: bool = False,
        nonce: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> Prompt:
        """The prompt for `papers`; with `lines` it asks for one object a line.

        Each paper's texts are one line each, so that none can look like the next. Raises ConfigError
        naming file and line for a mistake in a prompt of the reader's.
        """
        told = [
            {
                "id": paper.id,
                "title": one_line(paper.title),
                "abstract": one_line(paper.abstract),
            }
            for paper in papers
        ]
        turn, fence = _unheard(told, nonce), _unheard(told, nonce)
        name, text = self._text(f"{task}.md")
        between = f"=== {fence} ==="
        values = {
            **self.variables,
            "scales": self._scales(),
            "lines": lines,
            "papers": told,
            "turn": turn,
            "fence": between,
        }
        rendered = render(text, values, name=name)
        if rendered.count(between) < 2:
            raise ConfigError(
                f"{name} must write {{{{ fence }}}} on the lines before and after the papers, so that"
                " an abstract cannot pass for an instruction"
            )
        stable, found, rest = rendered.partition(turn)
        return Prompt(stable.strip(), rest.strip()) if found else Prompt("", stable.strip())

    def digest(self, task: str) -> str:
        """Changes when anything is said differently that is not about a paper."""
        said = self.say(task, (), nonce=lambda: "0" * 12)
        source = self._text(f"{task}.md")[1]
        return hashlib.sha256(f"{said.stable}\0{source}".encode()).hexdigest()[:8]

    def _scales(self) -> str:
        """The two scales; what the local scorer's numbers mean is nothing to a model."""
        text = self._text(_SCALES)[1].partition(_END_OF_SCALES)[0]
        lines = text.strip().splitlines()
        return "\n".join(lines[1:] if lines and lines[0].startswith("# ") else lines).strip()

    def _text(self, name: str) -> tuple[str, str]:
        """Where a prompt stands, for a message, and its text."""
        own = self.own(name)
        if own is not None:
            return f"{self.folder}/{name}", own.removeprefix("\ufeff").replace("\r\n", "\n")
        return f"prompts/{name}", resources.prompt(name)


def _unheard(told: Sequence[Mapping[str, str]], nonce: Callable[[], str]) -> str:
    """A word that no paper holds."""
    while True:
        word = nonce()
        if not any(word in text for each in told for text in each.values()):
            return word
