from __future__ import annotations

import random
from datetime import date
from typing import Any

from kb.core.history import fold

DAY = {"v": 1, "k": "day", "day": "2025-03-06", "cats": ["cs.LG"], "outcome": "done", "announced": 5,
       "scanned": 2, "relevant": 1, "by": "local", "papers": [["2503.00001", 8, 4], ["2503.00002", 3, 5]],
       "kept": ["2503.00001"], "outside": ["2503.00009"],
       "reasons": {"2503.00001": [["T"], "T: words"]}, "at": "2025-03-06T06:00:00.000Z"}  # fmt: skip


def wrote(at: str, path: str = "Papers/a.md", **more: Any) -> dict[str, Any]:
    return {"v": 1, "k": "wrote", "id": "2503.00001", "path": path, "keys": {"relevance": 8},
            "regions": {"paper": "x"}, "at": at} | more  # fmt: skip


def test_order_and_repetition_do_not_matter() -> None:
    records = [
        DAY,
        wrote("2025-03-06T06:00:01Z"),
        wrote("2025-03-07T06:00:01Z", "Papers/b.md"),
        {"v": 1, "k": "boxes", "id": "2503.00001", "on": ["read"], "at": "2025-03-08T00:00:00Z"},
        {
            "v": 1,
            "k": "seen",
            "day": "2025-03-05",
            "papers": ["2503.00003"],
            "at": "2025-03-06T05:00:00Z",
        },
    ]
    expected = fold(records)
    shuffled = [dict(record) for record in records * 3]
    random.Random(7).shuffle(shuffled)
    assert fold(shuffled) == expected
    assert expected.wrote["2503.00001"].path == "Papers/b.md"
    assert expected.seen == {
        "2503.00001": date(2025, 3, 6), "2503.00002": date(2025, 3, 6),
        "2503.00009": date(2025, 3, 6), "2503.00003": date(2025, 3, 5),
    }  # fmt: skip


def test_two_records_of_a_day_join_and_the_first_judgement_stands() -> None:
    later = DAY | {"papers": [["2503.00001", 2, 2], ["2503.00005", 9, 9]], "kept": ["2503.00005"],
                   "at": "2025-03-07T06:00:00.000Z", "announced": 6}  # fmt: skip
    day = fold([later, DAY]).days[(date(2025, 3, 6), "")]
    assert day.scores == {"2503.00001": (8, 4), "2503.00002": (3, 5), "2503.00005": (9, 9)}
    assert day.kept == ["2503.00001", "2503.00005"]
    assert (day.announced, day.scanned, day.relevant) == (6, 3, 2)


def test_an_open_day_never_reopens_a_finished_one() -> None:
    opened = {
        "v": 1,
        "k": "day",
        "day": "2025-03-06",
        "outcome": "open",
        "why": "feed",
        "at": "2025-03-09T00:00:00Z",
    }
    history = fold([DAY, opened])
    assert history.days[(date(2025, 3, 6), "")].outcome == "done"
    assert fold([opened]).days[(date(2025, 3, 6), "")].why == "feed"


def test_a_deleted_note_stays_deleted_until_it_is_written_again() -> None:
    gone = {"v": 1, "k": "gone", "id": "2503.00001", "at": "2025-03-08T00:00:00Z"}
    history = fold([DAY, wrote("2025-03-06T06:00:01Z"), gone])
    assert "2503.00001" in history.gone
    assert "2503.00001" not in history.wrote
    again = fold([DAY, wrote("2025-03-06T06:00:01Z"), gone, wrote("2025-03-09T06:00:01Z")])
    assert again.gone == {}
    assert "2503.00001" in again.wrote


def test_the_sample_s_days_stand_apart_and_can_be_forgotten() -> None:
    sample = DAY | {"source": "sample", "papers": [["2413.00001", 8, 4]], "kept": ["2413.00001"],
                    "outside": [], "reasons": {}}  # fmt: skip
    history = fold([DAY, sample])
    assert [d.day for d in history.real_days()] == [date(2025, 3, 6)]
    assert history.days[(date(2025, 3, 6), "sample")].scanned == 1
    forgot = {"v": 1, "k": "forgot", "source": "sample", "at": "2025-04-01T00:00:00Z"}
    after = fold([DAY, sample, forgot])
    assert [source for _, source in after.days] == [""]
    assert "2413.00001" not in after.seen


def test_unknown_and_malformed_records_are_counted_not_fatal() -> None:
    history = fold([{"v": 2, "k": "day"}, {"v": 1, "k": "new-kind"}, {"v": 1, "k": "day", "day": "nonsense",
                    "outcome": "done"}, {"k": "gone"}, DAY])  # fmt: skip
    assert history.unknown == 4
    assert len(history.days) == 1
