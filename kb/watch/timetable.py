"""When the next pass is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kb.core import announcements

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

JITTER = timedelta(minutes=15)
RETRY = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1))
"""How long to wait after a first, a second and any further pass that could not finish."""


def next_pass(at: Sequence[str], now: datetime, *, chance: random.Random) -> datetime:
    """When the next pass is due, after `now`: at the named times of the local day, and for `auto`
    when arXiv's next day should be out, some minutes later so that not all ask at once."""
    times = []
    for each in at or ("auto",):
        if each == "auto":
            jitter = JITTER * chance.random()
            times.append(announcements.next_out(now) + jitter)
        else:
            hour, minute = map(int, each.split(":"))
            here = now.astimezone().replace(tzinfo=None)
            due = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
            if due <= here:
                due += timedelta(days=1)
            times.append(due.astimezone())  # as clocks are set on that day
    return min(times)
