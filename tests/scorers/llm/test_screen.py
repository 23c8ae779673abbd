"""What the screen leaves out, and what it must have earned before."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.scorers.llm.screen import Choice, Loss, Screened, choose, measured, share

LIMITS = {"loss": 0.02, "floor": 0.2}


def whole(*kept: int, size: int = 100) -> Screened:
    """A day of which everything was sent."""
    return Screened(size=size, sent=size, kept=kept)


GOOD = [whole(*range(20))] * 10
"""Every kept paper is in the best fifth."""


def test_it_begins_with_everything() -> None:
    assert share([], **LIMITS) == 1
    assert share(GOOD[:2], **LIMITS) == 1
    assert share([whole()] * 20, **LIMITS) == 1, "days on which nothing was kept earn nothing"
    assert share([whole(3)] * 20, **LIMITS) == 1, "a kept paper a day says too little"


def test_a_good_order_earns_its_share() -> None:
    assert share(GOOD, **LIMITS) == 0.2
    assert share(GOOD, loss=0.015, floor=0.5) == 0.5


def test_an_order_that_says_nothing_earns_nothing() -> None:
    rng = random.Random(1)
    days = [whole(*rng.sample(range(100), 20)) for _ in range(20)]
    assert share(days, **LIMITS) > 0.9


def test_the_share_holds_what_may_not_be_lost() -> None:
    days = [whole(*range(20), 59)] * 10
    assert share(days, **LIMITS) == 0.6
    assert share(days, loss=0.1, floor=0.1) == 0.19


def test_it_follows_what_is_new() -> None:
    bad = [whole(*range(0, 100, 5))] * 3
    assert share([*GOOD, *bad], **LIMITS) > 0.9
    assert share([*bad, *GOOD * 14], **LIMITS) == 0.2, "what is long past is forgotten"


def test_a_find_of_the_sample_widens_the_share() -> None:
    lucky = Screened(size=100, sent=20, kept=tuple(range(18)), sample=(40, 77))
    found = Screened(size=100, sent=20, kept=(*range(18), 77), sample=(40, 77))
    assert share([lucky] * 10, **LIMITS) == 0.2
    assert share([*[lucky] * 40, found], **LIMITS) == 0.2, "one find may be chance"
    assert share([*[lucky] * 37, *[found] * 4], **LIMITS) == 0.78
    assert share([*[lucky] * 5, found], **LIMITS) == 0.78, "but not where so little is known"


@pytest.mark.parametrize("loss", [0.02, 0.06])
def test_what_nobody_looked_for_is_not_taken_for_absent(loss: float) -> None:
    """Else each day would earn the next a smaller share, until the floor."""
    rng = random.Random(3)
    days: list[Screened] = []
    lost = total = sent = 0
    for day in range(150):
        places = {min(199, int(rng.expovariate(1 / 25))) for _ in range(20)}
        part = share(days, loss=loss, floor=0.05)
        chosen = choose([str(n) for n in range(200)], part, sample=0.02, seed=str(day))
        seen = {int(each) for each in chosen.sent}
        days.append(
            Screened(
                size=200,
                sent=len(chosen.best),
                kept=tuple(sorted(places & seen)),
                sample=tuple(int(each) for each in chosen.sample),
            )
        )
        if day >= 50:
            lost, total, sent = lost + len(places - seen), total + len(places), sent + len(seen)
    assert 0.5 * loss < lost / total < 3 * loss
    assert sent < 100 * 200 * 0.7


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.integers(1, 60).flatmap(
            lambda size: st.builds(
                Screened,
                size=st.just(size),
                sent=st.integers(0, size),
                kept=st.lists(st.integers(0, size - 1), unique=True).map(tuple),
                sample=st.lists(st.integers(0, size - 1), unique=True, max_size=3).map(tuple),
            )
        ),
        max_size=25,
    ),
    st.floats(0, 0.5),
    st.floats(0, 1),
)
def test_the_share_is_never_below_its_floor(
    days: list[Screened], loss: float, floor: float
) -> None:
    found = share(days, loss=loss, floor=floor)
    assert floor <= found <= 1
    assert share(days, loss=0.0, floor=floor) == 1


@given(st.integers(0, 120), st.floats(0, 1), st.floats(0, 1), st.text(max_size=10))
def test_a_day_is_divided_and_nothing_is_lost(
    size: int, part: float, sample: float, seed: str
) -> None:
    order = [f"p{n}" for n in range(size)]
    chosen = choose(order, part, sample=sample, seed=seed)
    assert sorted([*chosen.sent, *chosen.left_out]) == sorted(order)
    assert list(chosen.best) == order[: len(chosen.best)]
    assert len(chosen.best) >= part * size - 1e-6
    assert chosen == choose(order, part, sample=sample, seed=seed)
    if sample > 1e-6 and len(chosen.best) < size:
        assert chosen.sample


def test_a_small_sample_of_the_rest() -> None:
    order = [str(n) for n in range(320)]
    chosen = choose(order, 0.5, sample=0.02, seed="2025-03-06")
    assert (len(chosen.best), len(chosen.sample), len(chosen.left_out)) == (160, 4, 156)
    assert chosen.sample != choose(order, 0.5, sample=0.02, seed="2025-03-07").sample
    assert choose(order, 0.5, sample=0, seed="x").sample == ()
    assert choose(order, 1, sample=0.02, seed="x") == Choice(tuple(order), (), ())


def test_every_paper_of_the_rest_is_drawn_now_and_then() -> None:
    order = [str(n) for n in range(50)]
    drawn = {
        each for day in range(600) for each in choose(order, 0.5, sample=0.02, seed=str(day)).sample
    }
    assert drawn == set(order[25:])


def test_the_loss_is_measured() -> None:
    assert measured([]) == Loss(0, 0, 0, 0.0)
    assert measured(GOOD).share == 0
    days = [
        Screened(size=100, sent=50, kept=(*range(19), 70), sample=(70,)),
        Screened(size=100, sent=50, kept=tuple(range(20)), sample=(60,)),
    ]
    loss = measured(days)
    assert (loss.kept, loss.sampled, loss.found) == (40, 2, 1)
    assert loss.lost == 49
    assert loss.share == 49 / 89


@pytest.mark.parametrize("true_loss", [0.0, 0.1])
def test_the_measure_is_right_in_the_long_run(true_loss: float) -> None:
    rng = random.Random(7)
    days, lost = [], 0
    for day in range(2000):
        kept = {place for place in range(50) if rng.random() < 0.2}
        hidden = {place for place in range(50, 100) if rng.random() < 0.2 * true_loss}
        chosen = choose([str(n) for n in range(100)], 0.5, sample=0.04, seed=str(day))
        sample = {int(each) for each in chosen.sample}
        lost += len(hidden - sample)
        seen = tuple(sorted(kept | hidden & sample))
        days.append(Screened(size=100, sent=50, kept=seen, sample=tuple(sorted(sample))))
    assert measured(days).lost == pytest.approx(lost, rel=0.25, abs=1)
