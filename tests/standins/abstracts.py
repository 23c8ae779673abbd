"""Forty invented papers about bridges and kitchens, and what two readers want of them."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from kb.core.papers import Paper

TOPICS = """\
# Topics
For somebody who builds bridges and does not cook.

## Stone arches
How arches of stone stand and fall.
Relevant: voussoirs and falsework, thrust lines, collapse of masonry arches
Keywords: masonry arch, thrust line, voussoir
Negative keywords: dental bridge

## Cable dynamics
Ropes that swing.
Relevant: vibration of stay cables, aerodynamic damping, fatigue of steel wires
Keywords: stay cable, vortex shedding, wire fatigue

## Everywhere
Negative keywords: cooking, kitchen, bakery
"""

_ARCHES = (
    "the thrust line of a masonry arch under its own weight",
    "falsework that lets each voussoir settle before the keystone is set",
    "collapse of masonry arches with weak mortar joints",
    "a masonry arch whose voussoirs slide along the joints",
)
_CABLES = (
    "vortex shedding behind a stay cable in light rain",
    "aerodynamic damping of long stay cables",
    "wire fatigue in cables that swing for fifty years",
    "vibration of a stay cable fixed to a soft deck",
)
_KITCHENS = (
    "the rise of sourdough in a bakery with cold floors",
    "cooking lentils at high altitude in a small kitchen",
    "a schedule of ovens for a bakery without a cellar",
    "kitchen smoke and the taste of onions",
    "cooking times of beans soaked in hard water",
    "queues at a bakery before the holidays",
)
_OTHERS = (
    "the migration of storks across narrow seas",
    "counting lichens on roofs of slate",
    "prices of second-hand violins at auctions",
    "a calendar for tides in shallow harbours",
    "the grammar of whistled greetings",
    "how snow melts on dark soil",
)
_CLAIMS = (
    "We measure {x} and compare it with a simple model.",
    "This paper introduces a bound for {x}, e.g. in wet years.",
    "We propose a procedure that predicts {x} within 3.5 per cent.",
)
_REST = (
    "The data come from two winters.",
    "Earlier accounts disagree, cf. the survey by Roe et al. on the matter.",
    "All measurements and scripts are public.",
)


def _make() -> list[Paper]:
    subjects = [
        subject
        for row in itertools.zip_longest(_ARCHES, _CABLES, _KITCHENS, _OTHERS)
        for subject in row
        if subject
    ] * 2
    return [
        Paper(
            id=f"2513.{number:05d}",
            title=f"{'On' if number % 2 else 'More about'} {subject}",
            authors=("Jane Roe",),
            abstract=" ".join(
                [
                    f"Much has been written about {subject}.",
                    _CLAIMS[number % 3].format(x=subject),
                    _REST[number % 3],
                    _REST[(number + 1) % 3],
                ]
            ),
            categories=("cs.LG",),
            announced=date(2025, 1, 6) + timedelta(days=number // 20),
        )
        for number, subject in enumerate(subjects)
    ]


PAPERS = _make()
WANTED = frozenset(p.id for p in PAPERS if any(s in p.title for s in (*_ARCHES, *_CABLES)))
ON_ARCHES = frozenset(p.id for p in PAPERS if any(s in p.title for s in _ARCHES))
ON_KITCHENS = frozenset(p.id for p in PAPERS if any(s in p.title for s in _KITCHENS))
