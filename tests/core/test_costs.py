from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from kb.core.costs import Cost, cost_of, money
from kb.core.folding import fold

AT = "2025-03-07T06:00:00.000Z"


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(0, "$0.00"), (0.00001, "under $0.0001"), (0.0031, "$0.0031"), (1.25, "$1.25")],
)
def test_money_is_shown_so_that_it_can_be_seen(usd: float, shown: str) -> None:
    assert money(usd) == shown


def test_an_unknown_price_is_said() -> None:
    unknown = Cost(10, 0, 5, unpriced=True)
    assert unknown.price() == "price unknown"
    assert unknown.as_json()["usd"] is None
    both = unknown + Cost(1, 0, 1, nanos=20_000_000)
    assert both.price() == "$0.0200 + price unknown"
    assert both.as_json()["usd"] == 0.02


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"tokens": None},
        {"tokens": [1, 2]},
        {"tokens": [0, 0, 0]},
        {"tokens": ["a", None, True]},
    ],
)
def test_a_record_without_tokens_tells_no_cost(record: dict[str, Any]) -> None:
    assert cost_of(record) is None


@pytest.mark.parametrize("usd", [None, "much", -1, True, 1e300, float("nan")])
def test_a_price_that_is_none_is_unknown(usd: Any) -> None:
    assert cost_of({"tokens": [5, 1, 2], "usd": usd}) == Cost(5, 1, 2, unpriced=True)


def test_costs_add_up_the_same_in_any_order() -> None:
    spent = {"v": 1, "k": "spent", "by": "m", "task": "assess", "prompt": "p", "day": "2025-03-06",
             "unsound": {"2503.00009": "was not answered"}, "at": AT}  # fmt: skip
    judged = {"v": 1, "k": "judged", "by": "m", "r": 5, "n": 5, "day": "2025-03-06", "at": AT}
    told = [
        judged | {"id": "2503.00001", "tokens": [10, 2, 3], "usd": 0.1},
        judged | {"id": "2503.00002", "tokens": [10, 2, 3], "usd": 0.2},
        judged | {"id": "2503.00003", "tokens": [10, 2, 3], "usd": 0.3, "day": "never"},
        spent | {"tokens": [7, 0, 1], "usd": 0.7},
    ]
    for records in permutations(told):
        history = fold(records)
        assert history.costs == {("2025-03-07", "m"): Cost(37, 6, 10, nanos=1_300_000_000)}
        assert list(history.usage.values()) == [{"m": Cost(27, 4, 7, nanos=1_000_000_000)}]
        assert history.tries == {("assess", "m", "p", "2503.00009"): 1}
        assert len(history.judged) == 3
    assert fold([*told, *told]).costs == fold(told).costs
