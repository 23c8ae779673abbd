"""Invented papers with the days on which an invented arXiv received and announced them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from kb.core.announcements import (
    days_between,
    is_weekday,
    mailing_day,
    next_day,
    previous_day,
    window,
)

SUBJECTS = ("sparse", "causal", "convex", "spectral", "federated", "symbolic", "robust", "modular")
OBJECTS = (
    "attention",
    "lattices",
    "planners",
    "kernels",
    "auctions",
    "grammars",
    "galaxies",
    "proofs",
)
GIVEN = ("Ada", "Émile", "Grace", "Kurt", "Sofya", "Wei", "Ngũgĩ", "María")
FAMILY = ("Testperson", "Standin", "Example", "Müstermann", "O'Sample", "Invented")
CATEGORIES = ("cs.LG", "cs.AI", "cs.CV", "cs.CL", "math.AP", "quant-ph", "hep-ph", "astro-ph.GA")


@dataclass(kw_only=True)
class Invented:
    """One paper of the stand-in; `crossed` are categories added later, with the day of it."""

    id: str
    title: str
    authors: list[str]
    abstract: str
    categories: list[str]
    submitted: datetime
    announced: date
    comment: str = ""
    journal: str = ""
    doi: str = ""
    affiliation: str = ""
    crossed: dict[str, date] = field(default_factory=dict)
    replaced: dict[date, str] = field(default_factory=dict)
    """Announcement day of each new version and its comment."""

    def version(self, on: date) -> int:
        return 1 + sum(day <= on for day in self.replaced)

    def updated(self, on: date) -> datetime:
        days = [day for day in self.replaced if day <= on]
        return window(max(days))[1] - timedelta(hours=1) if days else self.submitted

    def comment_on(self, on: date) -> str:
        days = [day for day in self.replaced if day <= on]
        return self.replaced[max(days)] if days else self.comment

    def categories_on(self, on: date) -> list[str]:
        return self.categories + [name for name, day in self.crossed.items() if day <= on]


def announcement_days(first: date, last: date, holidays: frozenset[date]) -> list[date]:
    return [day for day in days_between(first, last) if day not in holidays]


def invent_days(
    first_day: date,
    n_days: int,
    per_day: int,
    *,
    holidays: frozenset[date] = frozenset(),
    held: float = 0.02,
    crossed: float = 0.0,
    categories: tuple[str, ...] = CATEGORIES,
    rare: dict[str, int] | None = None,
    shuffled: bool = False,
    seed: int = 1,
) -> list[Invented]:
    """Papers of `n_days` weekdays from `first_day` on, about `per_day` submitted for each.

    Papers due on one of `holidays` are announced on the next day that is none. A share of `held`
    is kept back for one to five days, a share of `crossed` cross-listed later into cs.AI. `rare`
    names categories with one paper on every so-many-eth day. Ids are given out at announcement,
    one after the other: what was held comes first, the rest in order of submission; `shuffled`
    mixes them within the day.
    """
    chance = random.Random(seed)
    last = first_day
    for _ in range(n_days - 1):
        last = next_day(last)
    days = announcement_days(first_day, last, holidays)
    waiting: list[tuple[datetime, date, list[str]]] = []
    for number, due in enumerate(days_between(first_day, last)):
        start, end = window(due)
        names = [[chance.choice(categories)] for _ in range(per_day)]
        names += [[name] for name, every in (rare or {}).items() if number % every == 0]
        for listed in names:
            if chance.random() < 0.4:
                other = chance.choice(categories)
                listed += [other] if other not in listed else []
            submitted = start + (end - start) * chance.random()
            assert mailing_day(submitted) == due
            day = due
            if chance.random() < held:
                for _ in range(chance.randint(1, 5)):
                    day = next_day(day)
            waiting.append((submitted.replace(microsecond=0), day, listed))
    papers: list[Invented] = []
    numbers: dict[str, int] = {}
    for announced in days:
        out = sorted(
            (row for row in waiting if _actual(row[1], holidays) == announced),
            key=lambda row: row[0],
        )
        if shuffled:
            chance.shuffle(out)
        for submitted, _, listed in out:
            month = f"{previous_day(announced):%y%m}"
            numbers[month] = numbers.get(month, 0) + 1
            papers.append(
                _paper(chance, f"{month}.{numbers[month]:05d}", submitted, announced, listed)
            )
            if chance.random() < crossed and "cs.AI" not in listed:
                later = announced
                for _ in range(chance.randint(1, 5)):
                    later = next_day(later)
                papers[-1].crossed["cs.AI"] = _actual(later, holidays)
    return papers


def _actual(day: date, holidays: frozenset[date]) -> date:
    while day in holidays or not is_weekday(day):
        day = next_day(day)
    return day


def _paper(
    chance: random.Random, arxiv_id: str, submitted: datetime, announced: date, listed: list[str]
) -> Invented:
    what = f"{chance.choice(SUBJECTS)} {chance.choice(OBJECTS)}"
    people = [
        f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}" for _ in range(chance.randint(1, 4))
    ]
    return Invented(
        id=arxiv_id,
        title=f"On {what} & its <limits> ({arxiv_id})",
        authors=list(dict.fromkeys(people)),
        abstract=f"We invent {what} for $n < \\sqrt{{m}}$ and measure what nobody asked.",
        categories=listed,
        submitted=submitted.astimezone(UTC),
        announced=announced,
        comment="9 pages, 1 figure" if chance.random() < 0.5 else "",
    )
