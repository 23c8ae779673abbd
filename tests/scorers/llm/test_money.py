"""What is counted, what it costs, and the line that is not crossed."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from standins.openai_faults import HARMLESS, PARTLY, TRANSPORT, UNSOUND
from standins.openai_server import ModelServer
from standins.vaults import paper

from kb.config import PriceSettings
from kb.scorers.llm import prices, reply
from kb.scorers.llm.budget import Budget, BudgetReached
from kb.scorers.llm.reply import Counts
from kb.scorers.llm.scorer import ModelScorer
from kb.scorers.llm.usage import Share, Usage, shares

Make = Callable[..., ModelScorer]
PAPERS = [paper(number, abstract="Some words of an abstract. " * 20) for number in range(1, 13)]
MANY = [paper(number, abstract="Some words of an abstract. " * 20) for number in range(1, 121)]


@pytest.fixture(autouse=True)
def models(server: ModelServer) -> None:
    server.models = ("gpt-4o-mini", "gpt-4o", "somebody/else")


def told(**usage: Any) -> Callable[..., Any]:
    from dataclasses import replace

    return lambda sound, _asked: replace(sound, usage=usage)


def test_tokens_are_counted_as_the_endpoint_counts_them(server: ModelServer, make: Make) -> None:
    server.misbehave(
        told(
            prompt_tokens=1000,
            completion_tokens=200,
            prompt_tokens_details={"cached_tokens": 768},
            completion_tokens_details={"reasoning_tokens": 64},
        )
    )
    usage = make(model="gpt-4o").assess(PAPERS).usage
    assert (usage.prompt, usage.cached, usage.completion) == (1000, 768, 200)
    assert (usage.reasoning, usage.requests, usage.retries, usage.uncounted) == (64, 1, 0, 0)
    assert usage.total == 1200
    assert usage.usd == pytest.approx((232 * 2.5 + 768 * 1.25 + 200 * 10) / 1e6)
    assert usage.seconds > 0


@pytest.mark.parametrize("name", ["no usage", "null usage"])
def test_tokens_that_are_not_told_are_estimated_and_said_to_be(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(HARMLESS[name])
    usage = make(model="gpt-4o").assess(PAPERS).usage
    assert usage.uncounted == 1
    assert usage.prompt > 12 * 100
    assert usage.completion > 0
    assert usage.usd is not None
    assert usage.usd > 0


def test_what_was_paid_for_in_vain_is_counted_too(server: ModelServer, make: Make) -> None:
    server.misbehave(UNSOUND["eleven"], times=1)
    outcome = make(model="gpt-4o").assess(PAPERS)
    alone = outcome.usage.prompt
    server.asked.clear()
    assert alone > 1.5 * make(model="gpt-4o").assess(PAPERS).usage.prompt
    assert sum(judged.share.prompt for judged in outcome.judged.values()) == alone


def test_a_price_that_nobody_knows_is_not_nothing(server: ModelServer, make: Make) -> None:
    scorer = make(model="somebody/else")
    outcome = scorer.assess(PAPERS)
    assert outcome.usage.usd is None
    assert outcome.usage.prompt > 0
    assert {judged.share.usd for judged in outcome.judged.values()} == {None}
    assert not scorer.is_priced
    assert scorer.estimate(PAPERS).usd is None


def test_a_price_of_one_s_own_wins(server: ModelServer, make: Make) -> None:
    own = {
        "somebody/else": PriceSettings(input=1, output=2),
        "gpt-4o": PriceSettings(input=0, output=0),
    }
    priced = make(model="somebody/else", prices=own)
    usage = priced.assess(PAPERS).usage
    assert usage.usd == pytest.approx((usage.prompt + 2 * usage.completion) / 1e6)
    assert make(model="gpt-4o", prices=own).assess(PAPERS).usage.usd == 0


def test_what_the_endpoint_says_it_cost_stands_where_no_price_is_known(
    server: ModelServer, make: Make
) -> None:
    server.misbehave(told(cost=0.0123))
    assert make(model="somebody/else").assess(PAPERS).usage.usd == 0.0123


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gpt-4o", True),
        ("gpt-4o-2024-08-06", True),
        ("openai/gpt-4o", True),
        ("gpt-4o-audio", False),
        ("azure/gpt-4o", False),
        ("gpt-4", False),
        ("llama3", False),
        ("", False),
    ],
)
def test_whose_price_is_known(model: str, known: bool) -> None:
    assert (prices.price_of(model, {}) is not None) is known


def test_the_list_is_dated_and_sensible() -> None:
    assert prices.as_of() > date(2026, 1, 1)
    for price in prices._listed()[1].values():
        assert 0 < price.cached < price.input < price.output


def test_the_estimate_is_near(server: ModelServer, make: Make) -> None:
    scorer = make(model="gpt-4o")
    estimate = scorer.estimate(MANY)
    assert not server.asked
    usage = scorer.assess(MANY).usage
    assert estimate.requests == usage.requests
    assert estimate.papers == len(MANY)
    assert 0.8 * usage.prompt < estimate.prompt < 1.3 * usage.prompt
    assert estimate.usd is not None
    assert estimate.usd > 0


def test_asking_stops_before_the_line(server: ModelServer, make: Make) -> None:
    whole = make(model="gpt-4o", batch_tokens=800, concurrency=4).assess(MANY)
    assert whole.usage.usd is not None
    for part in (0.25, 0.5, 0.9):
        limit = whole.usage.usd * part
        scorer = make(model="gpt-4o", batch_tokens=800, concurrency=4, scorer={"budget": limit})
        outcome = scorer.assess(MANY)
        assert isinstance(outcome.stopped, BudgetReached)
        assert outcome.usage.usd is not None
        assert outcome.usage.usd <= limit
        assert scorer.spent == pytest.approx(outcome.usage.usd)
        assert outcome.judged.keys() | outcome.reasons.keys() == {each.id for each in MANY}
        assert all("budget" in reason for reason in outcome.reasons.values())


def test_a_budget_of_nothing_asks_nothing(server: ModelServer, make: Make) -> None:
    outcome = make(model="gpt-4o", scorer={"budget": 0.0}).assess(PAPERS)
    assert isinstance(outcome.stopped, BudgetReached)
    assert outcome.stopped.exit_code == 75
    assert not server.asked


def test_a_budget_below_a_batch_is_used_for_smaller_ones(server: ModelServer, make: Make) -> None:
    whole = make(model="gpt-4o")
    assert whole.assess(MANY[:30]).usage.requests == 1
    server.asked.clear()
    limit = 0.02
    assert not make(model="gpt-4o", scorer={"budget": limit}).covers(MANY[:30])
    scorer = make(model="gpt-4o", scorer={"budget": limit})
    outcome = scorer.assess(MANY[:30])
    assert isinstance(outcome.stopped, BudgetReached)
    asked = [arxiv_id for chat in server.chats for arxiv_id in chat.ids]
    assert asked == [each.id for each in MANY[: len(asked)]]
    assert outcome.judged.keys() == set(asked)
    assert len(server.chats[0].ids) > len(server.chats[-1].ids) == 1
    assert scorer.spent <= limit
    assert not scorer.covers(MANY[len(asked) : len(asked) + 1])


def test_a_budget_that_one_request_at_a_time_fits_into_is_used(
    server: ModelServer, make: Make
) -> None:
    """What is set aside for requests under way comes back when they were cheaper."""
    whole = make(model="gpt-4o", batch_tokens=800, concurrency=4)
    used = whole.assess(MANY).usage.usd
    assert used is not None
    room = 30 * 220 * 10 / 1e6
    outcome = make(
        model="gpt-4o", batch_tokens=800, concurrency=4, scorer={"budget": used + room}
    ).assess(MANY)
    assert len(outcome.judged) == len(MANY)


def test_a_budget_holds_over_calls(server: ModelServer, make: Make) -> None:
    once = make(model="gpt-4o").assess(PAPERS).usage.usd
    assert once is not None
    scorer = make(model="gpt-4o", scorer={"budget": 3 * once + 12 * 220 * 10 / 1e6})
    ends = [scorer.assess(PAPERS).stopped for _ in range(12)]
    assert ends[0] is None
    assert isinstance(ends[-1], BudgetReached)
    assert scorer.spent <= 3 * once + 12 * 220 * 10 / 1e6


@pytest.mark.parametrize("fault", [PARTLY["one is missing"], UNSOUND["empty content"]])
def test_asking_again_is_held_to_the_line_too(server: ModelServer, make: Make, fault: Any) -> None:
    server.misbehave(fault)
    scorer = make(model="gpt-4o", batch_tokens=800, scorer={"budget": 0.08})
    outcome = scorer.assess(MANY)
    assert outcome.usage.usd is not None
    assert outcome.usage.usd <= 0.08


def test_retries_are_counted(server: ModelServer, make: Make) -> None:
    server.misbehave(TRANSPORT["500"], times=2)
    usage = make(model="gpt-4o").assess(PAPERS).usage
    assert (usage.requests, usage.retries) == (3, 2)


def test_asking_again_counts_as_a_retry(server: ModelServer, make: Make) -> None:
    server.misbehave(PARTLY["half are missing"], times=1)
    usage = make(model="gpt-4o").assess(PAPERS).usage
    assert (usage.requests, usage.retries) == (4, 3)


def test_what_is_refused_for_good_is_no_retry(server: ModelServer, make: Make) -> None:
    server.key = "another"
    usage = make(model="gpt-4o").assess(PAPERS).usage
    assert (usage.requests, usage.retries, usage.usd) == (1, 0, 0.0)


@pytest.mark.parametrize(
    "usage",
    [
        None, [], "many", {}, {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": "7", "completion_tokens": 1}, {"prompt_tokens": -7, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1}, {"prompt_tokens": 7},
        {"prompt_tokens": 10**30, "completion_tokens": 1},
    ],
)  # fmt: skip
def test_usage_that_is_none(usage: object) -> None:
    assert reply._counts(usage) is None


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({}, Counts(9, 0, 4)),
        ({"prompt_cache_hit_tokens": 5}, Counts(9, 5, 4)),
        ({"prompt_tokens_details": {"cached_tokens": 99}}, Counts(9, 9, 4)),
        ({"prompt_tokens_details": None, "completion_tokens_details": 3}, Counts(9, 0, 4)),
        ({"completion_tokens_details": {"reasoning_tokens": 99}}, Counts(9, 0, 4, 4)),
        ({"cost": 0.5}, Counts(9, 0, 4, 0, 0.5)),
        ({"cost": True}, Counts(9, 0, 4)),
        ({"cost": -1}, Counts(9, 0, 4)),
    ],
)
def test_usage(usage: dict[str, Any], counts: Counts) -> None:
    assert reply._counts({"prompt_tokens": 9, "completion_tokens": 4} | usage) == counts


def test_shares_add_up() -> None:
    ids = ["a", "b", "c"]
    parts = shares(ids, {"a": 1, "b": 5, "c": 1}, Counts(100, 31, 7), 0.01)
    assert [sum(part[n] or 0 for part in parts.values()) for n in range(3)] == [100, 31, 7]
    assert math.isclose(sum(part.usd or 0 for part in parts.values()), 0.01)
    assert parts["b"].prompt > parts["a"].prompt
    assert parts["a"].plus(parts["c"]).prompt == parts["a"].prompt + parts["c"].prompt
    assert Share(1, 0, 0, None).plus(Share(1, 0, 0, 1.0)).usd is None


def test_usage_adds_up() -> None:
    first, second = Usage(), Usage(prompt=5, requests=2, seconds=1.5, usd=0.5)
    first.answered(Counts(10, 2, 3, 1), 0.25)
    first.add(second)
    assert (first.prompt, first.requests, first.seconds, first.usd) == (15, 2, 1.5, 0.75)
    first.add(Usage(usd=None))
    assert first.usd is None


def test_a_budget() -> None:
    budget = Budget(1.0)
    assert budget.fits(1.0)
    budget.hold(0.6)
    assert not budget.fits(0.5)
    budget.spend(0.1)
    budget.release(0.6)
    assert budget.fits(0.9)
    assert not budget.fits(0.91)
    assert budget.fits(None)
    assert Budget(None).fits(1e9)
    assert "$1.00" in str(budget.reached())
