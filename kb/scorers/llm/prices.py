"""What tokens cost, where that is known."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kb.config import PriceSettings
    from kb.scorers.llm.reply import Counts

_DATED = re.compile(r"-20\d\d-\d\d-\d\d$")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    cached: float
    output: float

    def of(self, prompt: int, cached: int, completion: int) -> float:
        """US dollars; `cached` are those among the prompt tokens that the provider had kept."""
        fresh = max(0, prompt - cached)
        cost = fresh * self.input + cached * self.cached + completion * self.output
        return cost / _MILLION


def price_of(model: str, own: Mapping[str, PriceSettings]) -> Price | None:
    """The price of `model`: from `[llm.prices]`, else from the list that comes with kb, where the
    date of a snapshot and OpenRouter's `openai/` make no difference. None where nobody knows."""
    if (told := own.get(model)) is not None:
        cached = told.input if told.cached is None else told.cached
        return Price(told.input, cached, told.output)
    return _listed()[1].get(_DATED.sub("", model.removeprefix("openai/")))


def as_of() -> date:
    """The day of the list that comes with kb."""
    return _listed()[0]


def cost(price: Price | None, counts: Counts) -> float | None:
    """US dollars of one request: by the price, else what the endpoint itself said it cost."""
    if price is None:
        return counts.usd
    return price.of(counts.prompt, counts.cached, counts.completion)


@functools.cache
def _listed() -> tuple[date, dict[str, Price]]:
    text = resources.files("kb.scorers.llm").joinpath("prices.toml").read_text("utf-8")
    found = tomllib.loads(text)
    return found["as_of"], {name: Price(**each) for name, each in found["models"].items()}
