"""When arXiv announces, and on which day a paper was announced.

The calendar is arXiv's own (https://info.arxiv.org/help/availability.html): papers submitted from
14:00 to 14:00 US/Eastern are announced Sunday to Thursday at 20:00, under the date of the next
weekday. Its holidays are on no list a program could read; they show in the ids, which arXiv gives
out at announcement, one after the other over all its archives.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from kb.core.papers import id_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OUT = time(0, 30)
"""US/Eastern: by then the feed of the day is there."""
FREEZE = time(14, 0)
"""US/Eastern: what is submitted later is announced a day later."""

IdKey = tuple[int, int]
"""What `id_order` makes of a new-style id."""

_DAY = timedelta(days=1)


@cache
def eastern() -> ZoneInfo:
    """The zone by which arXiv keeps its days."""
    return ZoneInfo("America/New_York")


def eastern_date(moment: datetime) -> date:
    """The date on the wall at arXiv."""
    return moment.astimezone(eastern()).date()


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def next_day(day: date) -> date:
    """The next Monday to Friday after `day`."""
    day += _DAY
    while not is_weekday(day):
        day += _DAY
    return day


def previous_day(day: date) -> date:
    """The last Monday to Friday before `day`."""
    day -= _DAY
    while not is_weekday(day):
        day -= _DAY
    return day


def back(day: date, count: int) -> date:
    """`previous_day`, `count` times over."""
    for _ in range(count):
        day = previous_day(day)
    return day


def days_between(first: date, last: date) -> list[date]:
    """Every Monday to Friday from `first` to `last`, both included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if is_weekday(day)]


def out_at(day: date) -> datetime:
    """When the feed of `day` should be there, in UTC."""
    return datetime.combine(day, OUT, eastern()).astimezone(UTC)


def current_day(now: datetime) -> date:
    """The latest day whose feed should be there at `now`, which must carry its zone."""
    today = eastern_date(now)
    return today if is_weekday(today) and now >= out_at(today) else previous_day(today)


def next_out(now: datetime) -> datetime:
    """When the next day's feed should be there, in UTC; always after `now`."""
    return out_at(next_day(current_day(now)))


def mailing_day(submitted: datetime) -> date:
    """The day on which a paper submitted then is announced, if nothing holds it back."""
    local = submitted.astimezone(eastern())
    freeze = local.date() if local.time() < FREEZE else local.date() + _DAY
    while not is_weekday(freeze):
        freeze += _DAY
    return next_day(freeze)


def window(day: date) -> tuple[datetime, datetime]:
    """The submission times announced on `day`, in UTC: from the first to before the second."""
    end = previous_day(day)
    start = previous_day(end)
    return (
        datetime.combine(start, FREEZE, eastern()).astimezone(UTC),
        datetime.combine(end, FREEZE, eastern()).astimezone(UTC),
    )


class Sighting(NamedTuple):
    """What speaks for a paper's day: a feed or the ledger (`sure`), or when it was submitted."""

    id: str
    day: date
    sure: bool = False
    submitted: datetime | None = None


def has_order(arxiv_id: str) -> bool:
    """Whether the id tells its place among all others; old-style ids count per archive."""
    return "/" not in arxiv_id


def thresholds(sightings: Iterable[Sighting], days: Sequence[date]) -> dict[date, IdKey]:
    """For each of the consecutive `days` the id from which on papers are of that day or later.

    Each threshold is where the fewest papers stand on the wrong side. A paper can be announced late
    (moderation held it back) but hardly before it was submitted, so the second weighs more, and a
    sure sighting weighs more than both. Of equal places the lowest is taken: what was held back
    comes at the head of the day it was let go.
    """
    rows = sorted(
        ((id_order(s.id), s.day, s.sure, s.submitted) for s in sightings if has_order(s.id)),
        key=lambda row: row[0],
    )
    found: dict[date, IdKey] = {}
    for day in days:
        wrong = best = sum(8 if sure else 1 for _, seen, sure, _ in rows if seen < day)
        place = 0
        for number, (_, seen, sure, _) in enumerate(rows, start=1):
            wrong += (8 if sure else 3) if seen >= day else -(8 if sure else 1)
            if wrong < best:
                best, place = wrong, number
        if place < len(rows):
            found[day] = rows[place][0]
        else:
            last = rows[-1][0] if rows else (0, 0)
            found[day] = (last[0], last[1] + 1)
    for day, after in pairwise(days):
        times = [
            (key, at, sure) for key, _, sure, at in rows if at and found[day] <= key < found[after]
        ]
        found[after] = _head_of_next(times) or found[after]
    _snap_to_months([row[0] for row in rows], found)
    return found


def _snap_to_months(keys: Sequence[IdKey], limits: dict[date, IdKey]) -> None:
    """Move a threshold that stands a little off the turn of the month to it: numbers begin anew
    with a day, never within one."""
    for place, (before, key) in enumerate(pairwise(keys), start=1):
        if before[0] == key[0] or not limits:
            continue
        off = {day: bisect_left(keys, limit) - place for day, limit in limits.items()}
        day = min(off, key=lambda day: (abs(off[day]), day))
        if abs(off[day]) <= max(1, len(keys) / len(limits) * 0.15):
            limits[day] = key


def _head_of_next(block: Sequence[tuple[IdKey, datetime, bool]]) -> IdKey | None:
    """Where the next day begins inside the ids taken for one day's; None where they are all its own.

    arXiv numbers a day in the order of submission. Papers at the end that were submitted well
    before their neighbours were held for a day, and open the next one.
    """
    size = len(block)
    times = sorted(at for _, at, _ in block)
    later = block[size // 2 : int(size * 0.8)]
    if size < 16 or sum(at >= times[int(size * 0.4)] for _, at, _ in later) < 0.9 * len(later):
        return None
    tail = range(size - max(2, int(0.15 * size)), size)
    place = max(tail, key=lambda at: block[at - 1][1] - block[at][1])
    if block[place][1] >= times[int(size * 0.7)] or any(sure for _, _, sure in block[place:]):
        return None
    return block[place][0]


def day_by_id(arxiv_id: str, limits: Mapping[date, IdKey]) -> date | None:
    """The day an id falls into; None for old-style ids and those before the first threshold.

    Of days with the same threshold (no id lies between them) the last one is meant.
    """
    if not has_order(arxiv_id) or not limits:
        return None
    days = sorted(limits)
    place = bisect_right([limits[day] for day in days], id_order(arxiv_id))
    return days[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class Filing:
    """Which paper was announced on which day, and on which days arXiv announced nothing."""

    day_of: Mapping[str, date]
    limits: Mapping[date, IdKey]
    silent: frozenset[date]
    """Days without an announcement, by the ids; the papers of their windows came a day later."""


def file_by_id(
    sightings: Iterable[Sighting], days: Sequence[date], *, silent: Iterable[date] = ()
) -> Filing:
    """Give each paper its day among the consecutive `days`; `silent` ones are known to be empty.

    Papers with ids before the first day are left out; old-style ids go by their sighting alone.
    """
    given = list(sightings)
    mute = set(silent)
    while True:
        moved = [s if s.sure else s._replace(day=_spoken(s.day, mute)) for s in given]
        loud = [day for day in days if day not in mute]
        limits = thresholds(moved, loud)
        filed = {
            s.id: day
            for s in moved
            if (day := day_by_id(s.id, limits) if has_order(s.id) else s.day) in loud
        }
        more = _silent_by_id(moved, filed, loud) if loud else None
        if more is None:
            return Filing(filed, limits, frozenset(mute))
        mute.add(more)


def _spoken(day: date, mute: set[date]) -> date:
    while day in mute:
        day = next_day(day)
    return day


def _silent_by_id(
    sightings: Sequence[Sighting], filed: Mapping[str, date], days: Sequence[date]
) -> date | None:
    """A day whose papers, by their ids, were announced together with those of the next day.

    Three signs: sure sightings of the next day reach back over most of them; their ids are mixed
    with those of the next day; or nothing that was held back stands between the two (`unbroken`).
    """
    due = Counter(s.day for s in sightings if not s.sure and has_order(s.id))
    kept = Counter(
        s.day for s in sightings if not s.sure and filed.get(s.id) == s.day and has_order(s.id)
    )
    told = {s.day for s in sightings if s.sure}
    mixed = (d for d in days[:-1] if d not in told and due[d] >= 5 and kept[d] < 0.5 * due[d])
    return next(mixed, None) or next(iter(unbroken(sightings, days, usual=6)), None)


def unbroken(sightings: Iterable[Sighting], days: Sequence[date], *, usual: float) -> list[date]:
    """Days of which nothing shows that they were announced apart from the next one.

    A day begins with what moderation held back, so some papers with ids between those of two days
    were due before both. Where that happens `usual` times on average over the stretch, its not
    happening speaks for one announcement of both. Days with sure sightings are left out, and the
    first three with papers, before which nothing is at hand that could have been held.
    """
    rows = sorted((id_order(s.id), s.day) for s in sightings if has_order(s.id))
    told = {s.day for s in sightings if s.sure}
    by_day: dict[date, list[IdKey]] = {}
    for key, day in rows:
        by_day.setdefault(day, []).append(key)
    held: dict[date, int] = {}
    full = [day for day in days if len(by_day.get(day, ())) >= 20]
    for day, after in pairwise(full[3:]):
        mine, theirs = by_day[day], by_day[after]
        low, high = mine[int(len(mine) * 0.8)], theirs[int(len(theirs) * 0.2)]
        first = bisect_left(rows, (low, date.min))
        last = bisect_left(rows, (high, date.min))
        held[day] = sum(seen < day for _, seen in rows[first:last])
    if len(held) < 4 or sum(held.values()) < usual * (len(held) - 1):
        return []
    return [d for d, a in pairwise(full) if held.get(d) == 0 and not told & {d, a}]
