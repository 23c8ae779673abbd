from __future__ import annotations

import json
import random
from datetime import date
from itertools import permutations
from typing import Any

from kb.core.folding import fold, fold_lines

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


def test_a_note_deleted_and_written_again_in_one_pass_is_there() -> None:
    at = "2025-03-08T00:00:00Z"
    gone = {"v": 1, "k": "gone", "id": "2503.00001", "by": "cutoffs", "at": at}
    for history in (
        fold([gone, wrote(at)]),
        fold([wrote("2025-03-07T00:00:00Z"), gone, wrote(at)]),
    ):
        assert (history.gone, history.former, history.dropped) == ({}, {}, set())
        assert "2503.00001" in history.wrote


def test_a_paper_listed_outside_and_scanned_later_is_not_outside() -> None:
    later = DAY | {"papers": [["2503.00009", 4, 4]], "kept": [], "outside": ["2503.00008"],
                   "at": "2025-03-07T06:00:00.000Z"}  # fmt: skip
    history = fold([DAY, later])
    day = history.days[(date(2025, 3, 6), "")]
    assert set(day.outside) == {"2503.00008"}
    assert day.scores["2503.00009"] == (4, 4)
    assert set(day.listed) == {"2503.00001", "2503.00002", "2503.00008", "2503.00009"}
    assert history.day_of("2503.00008") is history.day_of("2503.00009") is day


def test_a_paper_was_seen_on_the_earliest_of_its_days_that_are_left() -> None:
    early = {"v": 1, "k": "seen", "day": "2025-03-04", "papers": ["2503.00009"], "at": "2"}
    sample = DAY | {"day": "2025-03-03", "source": "sample", "at": "1"}
    history = fold([DAY, early, sample])
    assert history.seen_on("2503.00001") == history.seen["2503.00001"] == date(2025, 3, 3)
    after = fold([DAY, early, sample, {"v": 1, "k": "forgot", "source": "sample", "at": "9"}])
    assert after.seen == {
        "2503.00001": date(2025, 3, 6),
        "2503.00002": date(2025, 3, 6),
        "2503.00009": date(2025, 3, 4),
    }
    assert [after.seen_on(i) for i in ("2503.00001", "2503.00009", "2503.00007")] == [
        date(2025, 3, 6), date(2025, 3, 4), None,
    ]  # fmt: skip
    assert after.scored(["2503.00001", "2503.00009"]) == {"2503.00001"}


def test_the_newest_time_is_that_of_records_this_program_knows() -> None:
    records: list[dict[str, Any]] = [
        DAY,
        {"v": 2, "k": "day", "at": "2030-01-01T00:00:00Z"},
        {"v": 1, "k": "new-kind", "at": "2025-03-09T00:00:00Z"},
    ]
    assert fold(records).latest == "2025-03-09T00:00:00Z"


def test_a_score_out_of_range_is_no_judgement() -> None:
    judged = {"v": 1, "k": "judged", "id": "2503.00001", "by": "m", "r": 8, "n": 7, "at": "1"}
    assert fold([judged]).judged["2503.00001"] == [judged]
    for wrong in ({"r": 0}, {"n": 11}, {"n": "7"}, {"r": None}):
        history = fold([judged | wrong])
        assert (len(history.judged), history.unknown) == (0, 1)


def test_vast_numbers_stay_what_they_are() -> None:
    vast = {"v": 1, "k": "pass", "at": "1", "created": 2**64 + 1}
    keys = {"version": 2**64 + 1}
    history = fold_lines(json.dumps(r).encode() for r in (vast, wrote("1", keys=keys)))
    assert history.passes == [vast]
    assert history.wrote["2503.00001"].keys == keys


def test_a_malformed_record_of_a_day_changes_nothing() -> None:
    for wrong in ({"papers": [["2503.00007", 8, 4], None]}, {"kept": ["2503.00007", 5]}, {"tokens": [1]},
                  {"outcome": "done?"}, {"day": "2025-03-32"}, {"reasons": {"2503.00007": "?"}}):  # fmt: skip
        history = fold([DAY, DAY | {"at": "2025-03-09T00:00:00Z"} | wrong])
        assert history.unknown == 1
        assert history.days == fold([DAY]).days


def test_of_several_summaries_of_a_model_the_earliest_stands_and_of_models_the_last_asked() -> None:
    def said(by: str, at: int, short: str) -> dict[str, object]:
        return {"v": 1, "k": "summary", "id": "2503.00001", "ver": 1, "by": by, "prompt": "p",
                "short": short, "long": f"{short} at length", "at": f"2025-03-0{at}T00:00:00Z"}  # fmt: skip

    records = [said("a", 1, "first"), said("a", 2, "again"), said("b", 3, "other")]
    assert fold(records[:2]).summary_of("2503.00001") == ("first", "first at length")
    assert fold(records[::-1]).summary_of("2503.00001") == ("other", "other at length")
    assert fold([]).summary_of("2503.00001") is None
    broken = fold(
        [
            said("a", 1, "x") | {"long": 3},
            said("a", 1, "x") | {"by": None},
            said("a", 1, "x") | {"id": 7},
        ]
    )
    assert (broken.summary_of("2503.00001"), broken.unknown) == (None, 3)


def test_a_month_is_looked_back_on_by_the_last_word() -> None:
    def said(at: int, text: object) -> dict[str, object]:
        return {"v": 1, "k": "month", "month": "2025-03", "by": "a", "prompt": "p", "papers": 2,
                "of": "f00", "text": text, "at": f"2025-04-0{at}T00:00:00Z"}  # fmt: skip

    history = fold([said(2, ["later"]), said(1, ["earlier"]), said(3, "no list"), said(4, [5])])
    assert [record["text"] for record in history.months["2025-03"]] == [["earlier"], ["later"]]
    assert history.unknown == 2


def test_a_batch_goes_on_whichever_of_its_records_is_read_first() -> None:
    at = "2025-03-08T00:00:00Z"
    begun = {"v": 1, "k": "bulk", "batch": "kb-1", "by": "a", "place": "p", "prompt": "q", "told": "{}",
             "days": {}, "vers": {}, "at": at}  # fmt: skip
    handed, done = (
        begun | {"id": "b1"},
        {"v": 1, "k": "bulk", "batch": "kb-1", "done": True, "at": at},
    )
    for told in ([begun, handed], [handed, begun]):
        assert fold(told).bulks["kb-1"].get("id") == "b1"
    for order in permutations([begun, handed, done]):
        assert fold(order).bulks == {}
