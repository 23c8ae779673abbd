"""Which model judges in a pass, on behalf of this vault, and how much it may cost."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kb.core.costs import Cost
from kb.errors import Busy, ConfigError, Problem, Refused, UsageError
from kb.scorers.llm import ability
from kb.scorers.llm import endpoint as endpoints
from kb.scorers.llm.budget import DAILY, Line
from kb.sync.judging.asking import Model
from kb.vault.files import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kb.config import LlmSettings
    from kb.core.topics import Topics
    from kb.scorers.llm.ability import Ability
    from kb.scorers.llm.endpoint import Endpoint
    from kb.sync.state import State
    from kb.vault.vault import Vault

_BY_THEMSELVES: Mapping[str, Callable[[LlmSettings], bool]] = {
    "summarise": lambda settings: settings.summaries != "never",
    "notes": lambda settings: settings.notes != "never",
    "month": lambda settings: settings.overview,
}
"""Tasks that may follow the judging, whose prompts had better be right before it."""
REMEMBERED = timedelta(days=30)
"""After which what an endpoint can do is found out anew."""


def find(state: State) -> Endpoint | None:
    """Where the model is; None where the local scorer judges alone.

    Raises UsageError where a model is asked for and there is none, ConfigError for an address that
    cannot be used.
    """
    options = state.options
    if options.scorer == "local" or options.feed == "sample":
        if options.scorer == "llm":
            raise UsageError("the sample is judged by the local scorer; leave --scorer llm out")
        return None
    where = endpoints.find(state.vault.settings.llm, os.environ)
    if where is None and options.scorer == "llm":
        raise UsageError(
            "there is no model to ask; set the environment variable OPENAI_API_KEY, or llm.base_url in"
            " kb.toml to the address of a server that needs no key"
        )
    return where


def open_model(state: State, where: Endpoint, topics: Topics) -> Model:
    """The model at `where`, ready to be asked. Raises ConfigError for a mistake in a prompt."""
    from kb.scorers.llm.scorer import ModelScorer

    vault, settings = state.vault, state.vault.settings
    key = f"llm:{where.place}:{where.model}"
    scorer = ModelScorer(
        where,
        settings.llm,
        topics,
        settings.keep.cutoffs,
        own_prompt=lambda name: own_prompt(vault, name),
        prompts_folder=prompts_folder(vault),
        ability=_recall(vault.cache.fact(key), state.now.date()),
        budget=line(state).left,
    )
    model = Model(state, scorer, ability_fact=key, line=line(state))
    for task, where_set in _BY_THEMSELVES.items():
        if where_set(settings.llm):
            model.prompt_of(task)
    if not scorer.is_priced and (state.options.max_cost is not None or not where.is_local):
        model.unpriced = Problem(
            where.model,
            "has no price that kb knows, so neither llm.daily_budget nor --max-cost can hold; say it in"
            f' kb.toml: [llm.prices."{where.model}"] with input and output, in USD a million tokens',
        )
    return model


def line(state: State) -> Line:
    """What this pass may spend, by the stricter of the setting for a day and the option for a pass."""
    today = spent_on(state, state.at[:10])
    daily = Line(DAILY, state.vault.settings.llm.daily_budget, today.usd)
    most = state.options.max_cost
    return daily if most is None or daily.left < most else Line("--max-cost", most)


def spent_on(state: State, day: str) -> Cost:
    costs = (cost for (on, _), cost in state.history.costs.items() if on == day)
    return sum(costs, Cost())


def prompts_folder(vault: Vault) -> str:
    """Where the reader's own prompts lie; beside the ledger unless the setting says otherwise."""
    folder = vault.settings.folders.prompts
    return folder if folder.startswith(".kb/") else vault.settings.at(folder)


def own_prompt(vault: Vault, name: str) -> str | None:
    """The reader's own prompt of that name. Raises ConfigError where it cannot be read."""
    path = f"{prompts_folder(vault)}/{name}"
    try:
        return vault.read_text(path)
    except Missing:
        return None
    except (Refused, Busy) as error:
        raise ConfigError(str(error)) from None


def remember(found: Ability, today: date) -> str:
    return f"{today.isoformat()} {found.dump()}"


def _recall(fact: str | None, today: date) -> Ability | None:
    on, _, told = (fact or "").partition(" ")
    try:
        fresh = timedelta(0) <= today - date.fromisoformat(on) < REMEMBERED
    except ValueError:
        return None
    return ability.load(told) if fresh else None
