"""The fold against its plainest form: every record a dict, every table a dict, nothing packed."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.core.folding import extend, fold, fold_lines, go_on
from kb.core.history import History

Record = dict[str, Any]
Checks = dict[str, dict[str, Callable[[Any], bool]]]
SETTLED = {"done": 3, "quiet": 2, "holiday": 1, "open": 0}

# The plainest form


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def are_ids(value: Any) -> bool:
    return are_texts(value) and not any("\n" in each for each in value)


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and -(2**63) <= value < 2**63


def is_day(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def are_scores(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list) and len(each) == 3 and are_ids(each[:1])
        and all(is_whole(score) and 0 <= score < 256 for score in each[1:])
        for each in value
    )  # fmt: skip


def are_reasons(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(reason, list)
        and len(reason) == 2
        and are_texts(reason[0])
        and is_text(reason[1])
        for reason in value.values()
    )


def are_whole(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(is_whole, value))


def are_cutoffs(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_whole, value.values()))


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def is_score(value: Any) -> bool:
    return is_whole(value) and 1 <= value <= 10


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 1e300


NEEDED: Checks = {
    "day": {"day": is_day, "outcome": lambda value: is_text(value) and value in SETTLED},
    "judged": {"id": lambda _: True, "by": lambda _: True, "r": is_score, "n": is_score},
    "wrote": {"id": is_text, "path": is_text},
    "gone": {"id": is_text},
    "seen": {"day": is_day, "papers": are_texts},
    "boxes": {"id": is_text, "on": are_texts},
    "forgot": {"source": lambda _: True},
    "pass": {},
}
OPTIONAL: Checks = {
    "day": {
        "source": is_text, "why": is_text, "by": is_text, "criteria": is_text, "cats": are_texts,
        "announced": is_whole, "usd": is_number, "kept": are_texts, "cutoffs": are_cutoffs,
        "tokens": are_whole, "papers": are_scores, "outside": are_ids, "reasons": are_reasons,
    },
    "wrote": {"keys": is_object, "regions": is_object, "update": is_text},
}  # fmt: skip


def is_sound(record: Record) -> bool:
    kind = record["k"]
    if not is_text(kind) or kind not in NEEDED or not is_text(record.get("at", "")):
        return False
    needed, optional = NEEDED[kind], OPTIONAL.get(kind, {})
    return all(key in record and good(record[key]) for key, good in needed.items()) and all(
        good(record[key]) for key, good in optional.items() if key in record
    )


def at_of(record: Record) -> str:
    at = record.get("at", "")
    return at if is_text(at) else ""


def records_of(lines: list[bytes]) -> list[Record]:
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [record for record in found if isinstance(record, dict)]


def plainly(lines: list[bytes]) -> dict[str, Any]:
    unique: dict[str, Record] = {}
    for record in records_of(lines):
        unique.setdefault(repr(sorted(record.items(), key=lambda item: item[0])), record)
    told: dict[str, Any] = {
        "days": {}, "judged": {}, "wrote": {}, "paths": set(), "gone": {}, "dropped": set(),
        "former": {}, "backlog": {}, "boxes": {}, "passes": [], "updates": {}, "latest": "",
        "unknown": 0,
    }  # fmt: skip
    for record in sorted(unique.values(), key=at_of):
        if record.get("v") != 1 or "k" not in record:
            told["unknown"] += 1
            continue
        told["latest"] = max(told["latest"], at_of(record))
        if not is_sound(record):
            told["unknown"] += 1
        else:
            take(told, record)
    return told | {"seen": seen(told)}


def take(told: dict[str, Any], record: Record) -> None:
    kind, at, arxiv_id = record["k"], at_of(record), record.get("id")
    if kind == "day":
        take_day(told["days"], record)
    elif kind == "judged":
        judged = record | {"by": str(record["by"])}
        told["judged"].setdefault(str(arxiv_id), []).append(judged)
    elif kind == "wrote":
        earlier = told["wrote"].get(arxiv_id, {})
        told["wrote"][arxiv_id] = {
            "path": record["path"], "keys": record.get("keys", {}), "at": at,
            "regions": record.get("regions", {}),
            "adopted": bool(record.get("adopted") or earlier.get("adopted")),
            "moved": bool(record.get("moved") or earlier.get("moved")),
            "relevance": record.get("keys", {}).get("relevance"),
        }  # fmt: skip
        told["paths"].add(record["path"])
        if told["gone"].get(arxiv_id, "") <= at:
            told["gone"].pop(arxiv_id, None)
            told["former"].pop(arxiv_id, None)
            told["dropped"].discard(arxiv_id)
        if record.get("update"):
            told["updates"].setdefault(arxiv_id, []).append(record["update"])
    elif kind == "gone":
        told["gone"][arxiv_id] = at
        if record.get("by") == "cutoffs":
            told["dropped"].add(arxiv_id)
        if arxiv_id in told["wrote"]:
            told["former"][arxiv_id] = told["wrote"].pop(arxiv_id)
    elif kind == "seen":
        told["backlog"].setdefault(date.fromisoformat(record["day"]), set()).update(
            record["papers"]
        )
    elif kind == "boxes":
        told["boxes"][arxiv_id] = set(record["on"])
    elif kind == "pass":
        told["passes"].append(record)
    else:
        for key in [key for key in told["days"] if key[1] == str(record["source"])]:
            day = told["days"].pop(key)
            for forgotten in [*day["scores"], *day["outside"]]:
                for table in ("gone", "former", "wrote", "boxes", "updates"):
                    told[table].pop(forgotten, None)
                told["dropped"].discard(forgotten)


def take_day(days: dict[Any, Any], record: Record) -> None:
    key = date.fromisoformat(record["day"]), record.get("source", "")
    day = days.setdefault(key, {
        "outcome": "open", "why": "", "categories": (), "announced": 0, "by": "", "scores": {},
        "outside": set(), "kept": [], "reasons": {}, "cutoffs": {}, "criteria": "", "usd": 0.0,
        "from_arxiv": False, "tokens": (0, 0, 0), "at": "",
    })  # fmt: skip
    if SETTLED[record["outcome"]] >= SETTLED[day["outcome"]]:
        day["outcome"], day["why"] = record["outcome"], record.get("why", "")
    day["categories"] = tuple(record.get("cats", day["categories"]))
    day["announced"] = max(day["announced"], record.get("announced", 0))
    day["from_arxiv"] = day["from_arxiv"] or record.get("via") != "feed"
    for name in ("by", "cutoffs", "criteria"):
        day[name] = record.get(name, day[name])
    day["at"] = at_of(record)
    for arxiv_id, *scores in record.get("papers", ()):
        day["scores"].setdefault(arxiv_id, tuple(scores))
    day["outside"].update(record.get("outside", ()))
    day["outside"].difference_update(day["scores"])
    for arxiv_id in record.get("kept", ()):
        if arxiv_id not in day["kept"]:
            day["kept"].append(arxiv_id)
    for arxiv_id, (topics, comment) in record.get("reasons", {}).items():
        day["reasons"].setdefault(arxiv_id, (tuple(topics), comment))
    spent = record.get("tokens", (0, 0, 0))
    day["tokens"] = tuple(before + more for before, more in zip(day["tokens"], spent, strict=True))
    day["usd"] += float(record.get("usd", 0.0))


def seen(told: dict[str, Any]) -> dict[str, date]:
    first: dict[str, date] = {}
    for (day, _), record in told["days"].items():
        for arxiv_id in [*record["scores"], *record["outside"]]:
            first[arxiv_id] = min(day, first.get(arxiv_id, day))
    for day, papers in told["backlog"].items():
        for arxiv_id in papers:
            first[arxiv_id] = min(day, first.get(arxiv_id, day))
    return first


def unpacked(history: History) -> dict[str, Any]:
    def written(table: dict[str, Any]) -> dict[str, Any]:
        names = ("path", "keys", "at", "regions", "adopted", "moved", "relevance")
        return {i: {name: getattr(each, name) for name in names} for i, each in table.items()}

    names = ("outcome", "why", "categories", "announced", "by", "cutoffs", "criteria", "usd", "kept",
             "from_arxiv", "tokens", "at")  # fmt: skip
    return {
        "days": {
            key: {name: getattr(day, name) for name in names}
            | {"scores": dict(day.scores), "outside": set(day.outside), "reasons": dict(day.reasons)}
            for key, day in history.days.items()
        },
        "judged": dict(history.judged), "wrote": written(history.wrote), "paths": history.paths,
        "gone": history.gone, "dropped": history.dropped, "former": written(history.former),
        "backlog": history.backlog, "boxes": {i: set(on) for i, on in history.boxes.items()},
        "passes": history.passes, "updates": history.updates, "latest": history.latest,
        "unknown": history.unknown, "seen": history.seen,
    }  # fmt: skip


# Records, sound and hostile

IDS = st.sampled_from(["2503.00001", "hep-th/9901001", "é"])
ATS = st.sampled_from([f"2025-03-{day:02}T06:00:00.000Z" for day in (6, 6, 7, 8)] + [""])
DAYS = st.sampled_from(["2025-03-06", "2025-03-07"])
SCORES = st.integers(1, 10)
TEXTS = st.sampled_from(["", "words", "ü ☃ \ud800", '"\\{'])
LISTS = st.lists(IDS, unique=True, max_size=3)
JUNK = st.sampled_from(
    [None, True, 0, 1.5, 2**64, -(2**70), "", "junk", [], [["x"]], [5], {}, {"a": 1}, [[1, 2, 3]],
     {"relevance": 2**65, "x": [1e300]}, [["a\nb", 1, 1]], {"é": [["t"], "c"], "x": [["t"], 2**64]}]
)  # fmt: skip


def of_kind(kind: str, needed: dict[str, Any], **optional: Any) -> st.SearchStrategy[Record]:
    fixed = {"v": st.just(1), "k": st.just(kind), "at": ATS}
    return st.fixed_dictionaries(fixed | needed, optional={"extra": JUNK, **optional})


SOUND = st.one_of(
    of_kind(
        "day",
        {"day": DAYS, "outcome": st.sampled_from(sorted(SETTLED))},
        source=st.sampled_from(["", "sample"]), why=TEXTS, by=TEXTS, criteria=TEXTS, cats=LISTS,
        announced=st.integers(0, 9), usd=st.sampled_from([0.25, 0.5, 3]), via=st.just("feed"),
        cutoffs=st.dictionaries(TEXTS, SCORES, max_size=1), kept=LISTS, outside=LISTS,
        tokens=st.lists(SCORES, min_size=3, max_size=3),
        papers=st.lists(st.tuples(IDS, SCORES, SCORES), unique_by=lambda p: p[0], max_size=3),
        reasons=st.dictionaries(IDS, st.tuples(st.lists(TEXTS, max_size=1), TEXTS), max_size=2),
    ),
    of_kind("judged", {"id": IDS, "by": TEXTS, "r": SCORES, "n": SCORES}, comment=TEXTS),
    of_kind(
        "wrote",
        {"id": IDS, "path": st.sampled_from(["a.md", "b/ü.md"])},
        keys=st.dictionaries(TEXTS | st.just("relevance"), JUNK, max_size=2),
        regions=st.dictionaries(TEXTS, TEXTS, max_size=1), adopted=JUNK, moved=JUNK, update=TEXTS,
    ),
    of_kind("gone", {"id": IDS}, by=st.sampled_from(["cutoffs", "undo"])),
    of_kind("seen", {"day": DAYS, "papers": LISTS}),
    of_kind("boxes", {"id": IDS, "on": st.lists(st.sampled_from(["read", "star"]), max_size=2)}),
    of_kind("forgot", {"source": st.sampled_from(["", "sample"])}),
    of_kind("pass", {}, created=SCORES),
)  # fmt: skip


@st.composite
def hostile(draw: st.DrawFn) -> Record:
    record = dict(draw(SOUND))
    key = draw(st.sampled_from(sorted(record)))
    if draw(st.booleans()):
        record[key] = draw(JUNK)
    else:
        del record[key]
    return record


@st.composite
def ledgers(draw: st.DrawFn) -> list[bytes]:
    """Lines in any order and number, with keys in any order, white space, torn lines and noise."""
    records = draw(st.lists(SOUND | hostile(), max_size=8))
    lines: list[bytes] = []
    for record in draw(st.lists(st.sampled_from(records), max_size=14)) if records else []:
        order = draw(st.permutations(sorted(record)))
        tight = draw(st.booleans())
        text = json.dumps(
            {key: record[key] for key in order},
            ensure_ascii=draw(st.booleans()),
            separators=(",", ":") if tight else None,
        )
        line = text.encode("utf-8", "surrogatepass")
        lines.append(
            line[: draw(st.integers(0, len(line)))] if draw(st.integers(0, 9)) == 9 else line
        )
    noise = st.sampled_from(
        [b"<<<<<<< ours", b"[1]", b"5", b'{"v":2,"k":"day","at":"9"}', b"{}", b"\xff"]
    )
    lines += draw(st.lists(noise, max_size=2))
    return draw(st.permutations(lines))


@settings(max_examples=300)
@given(ledgers())
def test_the_fold_means_what_its_plainest_form_means(lines: list[bytes]) -> None:
    assert unpacked(fold_lines(lines)) == plainly(lines)


@given(ledgers())
def test_lines_and_records_fold_alike(lines: list[bytes]) -> None:
    assert fold(records_of(lines)) == fold_lines(lines)


@given(ledgers(), st.integers(0, 14))
def test_what_is_appended_later_may_be_added_to_what_was_read(lines: list[bytes], at: int) -> None:
    records = records_of(lines)
    once: dict[str, Record] = {}
    for record in records:
        once.setdefault(repr(sorted(record.items(), key=lambda item: item[0])), record)
    ordered = sorted(once.values(), key=at_of)
    history = fold(ordered[:at])
    extend(history, ordered[at:])
    assert history == fold(records)


def at_of_line(line: bytes) -> str:
    return next(map(at_of, records_of([line])), "")


@given(ledgers(), st.integers(0, 14), st.booleans())
def test_a_history_goes_on_with_lines_that_are_newer_and_with_no_others(
    lines: list[bytes], at: int, in_order: bool
) -> None:
    if in_order:
        lines = sorted(lines, key=at_of_line)
    history = fold_lines(lines[:at])
    goes_on = go_on(history, lines[at:])
    assert history == fold_lines(lines if goes_on else lines[:at])


def test_a_history_goes_on_with_the_next_pass() -> None:
    former, later = ({"v": 1, "k": "pass", "at": f"2025-03-0{day}"} for day in (6, 7))
    history = fold([former])
    assert not go_on(history, [json.dumps(former).encode()])
    assert go_on(history, [json.dumps(later).encode()])
    assert history.passes == [former, later]


@given(st.lists(SOUND, max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters_to_records_of_different_times(
    records: list[Record], chance: random.Random
) -> None:
    timed = [record | {"at": f"2025-03-06T06:00:{n:02}Z"} for n, record in enumerate(records)]
    shuffled = [*timed, *chance.choices(timed, k=len(timed))] if timed else []
    chance.shuffle(shuffled)
    assert unpacked(fold(shuffled)) == unpacked(fold(timed))
