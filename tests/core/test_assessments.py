from __future__ import annotations

from kb.core.assessments import Assessment, Cutoffs, keep, rank, reason_left_out


def judged(number: int, relevance: int, novelty: int = 5, **more: object) -> Assessment:
    return Assessment(id=f"2503.{number:05}", relevance=relevance, novelty=novelty, **more)  # type: ignore[arg-type]


def test_pages_order_by_score_then_relevance_then_id() -> None:
    ordered = rank([judged(3, 7, 8), judged(1, 8, 7), judged(2, 8, 7), judged(4, 9, 9)])
    assert [a.id[-1] for a in ordered] == ["4", "1", "2", "3"]


def test_novelty_is_not_asked_of_the_local_scorer() -> None:
    cutoffs = Cutoffs(relevance=7, novelty=6)
    assert reason_left_out(judged(1, 7, 1), cutoffs) is None
    assert "novelty 5 is below" in str(reason_left_out(judged(1, 7, 5, by="gpt-x"), cutoffs))
    assert "relevance 6 is below" in str(reason_left_out(judged(1, 6, 9, by="gpt-x"), cutoffs))


def test_the_limit_takes_the_most_relevant_and_says_why_the_others_went() -> None:
    kept, left_out = keep(
        [judged(1, 7, 9), judged(2, 9, 1), judged(3, 8, 1), judged(4, 3)], Cutoffs(per_day=2)
    )
    assert {a.id[-1] for a in kept} == {"2", "3"}
    assert "limit of 2" in left_out["2503.00001"]
    assert "below the cutoff 7" in left_out["2503.00004"]


def test_followed_authors_are_kept_and_take_no_place() -> None:
    followed = judged(1, 1, followed=("Jane Doe",))
    kept, _ = keep([followed, judged(2, 9), judged(3, 8)], Cutoffs(per_day=1))
    assert {a.id[-1] for a in kept} == {"1", "2"}


def test_no_limit_and_places_already_taken() -> None:
    many = [judged(n, 8) for n in range(1, 40)]
    assert len(keep(many, Cutoffs(per_day=0))[0]) == 39
    assert len(keep(many, Cutoffs(per_day=10), already=4)[0]) == 6
    assert keep(many, Cutoffs(per_day=10), already=12)[0] == []
