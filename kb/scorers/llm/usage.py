"""What was spent, request by request, and which part of it fell to which paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kb.scorers.llm.reply import Counts


class Share(NamedTuple):
    """One paper's part of the requests it was in."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    usd: float | None = 0.0
    """None: no price is known."""

    def plus(self, other: Share) -> Share:
        return Share(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            None if self.usd is None or other.usd is None else self.usd + other.usd,
        )


@dataclass(slots=True)
class Usage:
    """All requests together. `cached` is a part of `prompt`, `reasoning` of `completion`."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    requests: int = 0
    """All that were sent, retries included."""
    retries: int = 0
    uncounted: int = 0
    """Answers whose tokens the endpoint did not tell; they are estimated."""
    seconds: float = 0.0
    """By the clock on the wall."""
    usd: float | None = 0.0
    """None: no price is known, which is not the same as nothing."""

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    def answered(self, counts: Counts, usd: float | None) -> None:
        self.prompt += counts.prompt
        self.cached += counts.cached
        self.completion += counts.completion
        self.reasoning += counts.reasoning
        self.usd = None if self.usd is None or usd is None else self.usd + usd

    def add(self, other: Usage) -> None:
        self.prompt += other.prompt
        self.cached += other.cached
        self.completion += other.completion
        self.reasoning += other.reasoning
        self.requests += other.requests
        self.retries += other.retries
        self.uncounted += other.uncounted
        self.seconds += other.seconds
        self.usd = None if self.usd is None or other.usd is None else self.usd + other.usd


def shares(
    ids: Sequence[str], weights: Mapping[str, int], counts: Counts, usd: float | None
) -> dict[str, Share]:
    """The tokens of one request divided among its papers by weight (1 or more each); together they
    are all of it."""
    total = sum(weights[each] for each in ids)
    parts: dict[str, Share] = {}
    done, before = 0, [0, 0, 0]
    for each in ids:
        done += weights[each]
        upto = [n * done // total for n in (counts.prompt, counts.cached, counts.completion)]
        prompt, cached, completion = (now - then for now, then in zip(upto, before, strict=True))
        part = None if usd is None else usd * weights[each] / total
        parts[each] = Share(prompt, cached, completion, part)
        before = upto
    return parts
