"""Invented papers with titles, people and abstracts as long as real ones, any number of them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from standins.arxiv_papers import FAMILY, GIVEN

from kb.core.announcements import window
from kb.core.papers import Paper

if TYPE_CHECKING:
    from collections.abc import Sequence

CATEGORIES = ("cs.LG", "cs.AI", "stat.ML", "cs.CL", "cs.CV", "math.OC", "cs.NE", "cs.IT")
MORE_FAMILY = ("Beispiel", "Placeholder", "Fictiva", "Øpdigtet", "Nobody", "Imaginé", "Templar")
ELSEWHERE = (
    "glacier melt", "tidal gauges", "bridge cables", "orchard yield", "stellar spectra",
    "bird calls", "ferry timetables", "violin varnish", "soil moisture", "power outages",
)  # fmt: skip
"""What papers are about that no topic of the vault wants."""
_ADJECTIVES = (
    "Gentle", "Sharp", "Layered", "Hidden", "Frugal", "Provable", "Uneven", "Slow", "Tight",
    "Local", "Reversible", "Anytime", "Coarse", "Patient", "Stable", "Nested", "Honest", "Wide",
)  # fmt: skip
_THINGS = (
    "Estimators", "Bounds", "Schedules", "Measurements", "Decompositions", "Traces", "Circuits",
    "Kernels", "Limits", "Mixtures", "Ladders", "Windows", "Budgets", "Symmetries", "Sketches",
)  # fmt: skip
_SHAPES = (
    "{a} {t} for {what}",
    "{a} {t} of {what} under a Fixed Budget",
    "On the {a} Side of {what}: {t} and Their Price",
    "When Does {what} Need {a} {t}?",
    "{what} with {a} {t} in $O(n \\log n)$ Time",
    "Beyond {what}: {a} {t} that Survive a Change of Scale",
    "{a} {t}, {other}, and the Cost of {what}",
    "How {what} Learns {a} {t}",
)
_OPENINGS = (
    "Much of what is known about {what} comes from small experiments whose settings were never varied.",
    "It is widely held that {what} works because of its scale, although few have looked at anything else.",
    "Progress on {what} has been fast, and the reasons for it have stayed unclear.",
    "Every practical use of {what} trades accuracy for memory, and the trade is rarely made on purpose.",
)
_CLAIMS = (
    "We introduce {name}, a procedure that treats {what} as a problem of {other} and needs no further tuning.",
    "We propose {name}, which replaces the usual step by {other} and keeps everything else as it was.",
    "This paper presents {name}: a family of models in which {what} and {other} share their parameters.",
    "We prove that {what} cannot do better than {other} once the width exceeds $d^{{3/2}}$, and give {name}, which meets the bound.",
)
_BODY = (
    "The central observation is that the {noun} of the first layers decides how far the later ones can drift.",
    "A simple argument shows that the {noun} falls off with the square root of the number of samples.",
    "We derive closed forms for the {noun} in the limit of many units, and check them for finite ones.",
    "In contrast to earlier accounts, the {noun} is measured along the whole of training and not only at its end.",
    "An ablation over seven choices of the {noun} finds that two of them account for nearly all of the effect.",
    "The analysis covers the case in which the {noun} is itself estimated from noisy data.",
    "Where the assumptions fail, the {noun} still gives a bound that is no worse than the trivial one.",
    "We also describe where it does not help: with little data the {noun} is dominated by the prior.",
)
_NOUNS = (
    "spectral gap", "effective rank", "step size", "gating pattern", "residual norm", "margin",
    "temperature", "curvature", "overlap of features", "batch noise", "memory footprint",
)  # fmt: skip
_RESULTS = (
    "On {n} benchmarks it improves on the strongest baseline by {x} points at {y}% of the compute.",
    "Across {n} tasks the gain is {x}% on average, and the memory needed falls by a factor of {y}.",
    "Experiments on {n} data sets confirm the theory to within {x}% and take {y} minutes on one machine.",
)
_ENDS = (
    "Code, data and all {n} trained models are public.",
    "The findings hold for {n} random seeds and two ways of counting.",
    "We end with {n} open questions.",
)


class Papers:
    """Gives out invented papers one after the other; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def make(self, arxiv_id: str, day: date, subjects: Sequence[str]) -> Paper:
        """A paper announced on `day` about some of `subjects`."""
        chance = self._chance
        what, other = chance.sample(list(subjects), 2) if len(subjects) > 1 else (subjects[0],) * 2
        start, end = window(day)
        submitted = (start + (end - start) * chance.random()).replace(microsecond=0)
        listed = [
            chance.choice(CATEGORIES[:2]),
            *chance.sample(CATEGORIES[2:], chance.randint(0, 2)),
        ]
        pages = chance.randint(8, 48)
        return Paper(
            id=arxiv_id,
            title=self._title(what, other),
            authors=self._people(),
            abstract=self._abstract(what, other),
            categories=tuple(listed),
            submitted=submitted.astimezone(UTC),
            revised=submitted.astimezone(UTC),
            announced=day,
            comment=f"{pages} pages, {pages // 4} figures" if chance.random() < 0.6 else "",
            doi=f"10.0000/invented.{arxiv_id}" if chance.random() < 0.05 else "",
        )

    def _title(self, what: str, other: str) -> str:
        chance = self._chance
        return chance.choice(_SHAPES).format(
            a=chance.choice(_ADJECTIVES), t=chance.choice(_THINGS), what=_titled(what),
            other=_titled(other),
        )  # fmt: skip

    def _people(self) -> tuple[str, ...]:
        chance = self._chance
        names: dict[str, None] = {}
        for _ in range(chance.randint(2, 6)):
            initial = chance.choice("ABCDEFGHJKLMNPRSTVW")
            family = chance.choice((*FAMILY, *MORE_FAMILY))
            names[f"{chance.choice(GIVEN)} {initial}. {family}"] = None
        return tuple(names)

    def _abstract(self, what: str, other: str) -> str:
        chance = self._chance
        name = f"{chance.choice(_ADJECTIVES)}{chance.choice(_THINGS)[:4]}"
        sentences = [
            chance.choice(_OPENINGS).format(what=what),
            chance.choice(_CLAIMS).format(what=what, other=other, name=name),
            *(
                sentence.format(noun=chance.choice(_NOUNS))
                for sentence in chance.sample(_BODY, chance.randint(3, 6))
            ),
            chance.choice(_RESULTS).format(
                n=chance.randint(3, 19), x=chance.randint(1, 9), y=chance.randint(2, 60)
            ),
            chance.choice(_ENDS).format(n=chance.randint(3, 12)),
        ]
        return " ".join(sentences)


def _titled(words: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in words.split(" "))


def stamp(day: date) -> datetime:
    """The morning on which kb looked at `day`."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(
        seconds=day.toordinal() % 600
    )
