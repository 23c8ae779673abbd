"""Fault 4: hostile notes. Each is edited with every other byte as it was, or refused with a reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from faults.oracle import complaint, marked, region_complaint, updated_complaint
from faults.passes import kb, new_vault, private
from faults.tally import Tally
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from standins.feeds import ON_TOPIC, rss
from standins.hostile_notes import BODY_LINES, CASES, IN_A_VAULT, SOUND, VALUES, bodies, hostile

from kb.core import frontmatter, regions
from kb.core.frontmatter import REMOVE, FrontmatterError, Remove
from kb.core.regions import RegionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Changes = dict[str, Any]

KEYS = ["status", "relevance", "title", "topics", "rating"]
UPDATED = ["title", "version", "revised", "authors", "categories", "author_comment"]
"""What a new version of a paper may change in its note."""
_BATCH = 1000
"""Examples that Hypothesis remembers at a time."""
_BY_HAND: list[Changes] = [
    {"status": "read", "relevance": 9},
    {"status": REMOVE},
    {"relevance": REMOVE, "title": "a: b # c"},
    {"withdrawn": True},
]


def run(
    count: int,
    *,
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Tally:
    """Every hand-made note, and `count` made up ones; what fails is shrunk to its smallest."""
    tally = Tally()
    for path in sorted(CASES.glob("*.before.md")):
        text = path.read_bytes().decode()
        for changes in _BY_HAND:
            with tally.trial(f"{path.name} {changes}"):
                tally.figures.update(edited(text, changes))
    with private(folder):
        _pass_over(tally, folder)
    made = 0
    while made < count:
        batch = min(_BATCH, count - made)
        _batch(tally, batch, seed + made)
        made += batch
        progress(made, count)
    return tally


def _batch(tally: Tally, count: int, start: int) -> None:
    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        text=hostile(),
        changes=st.dictionaries(
            st.sampled_from(KEYS),
            st.sampled_from([*VALUES, REMOVE, REMOVE]),
            min_size=1,
            max_size=3,
        ),
        body=bodies(),
        inner=st.lists(st.sampled_from(BODY_LINES), max_size=3).map("\n".join),
    )
    def one(text: str, changes: Changes, body: str, inner: str) -> None:
        last[:] = [f"{text!r} {changes} {body!r} {inner!r}"]
        tally.tried += 1
        tally.figures.update(edited(text, changes))
        tally.figures.update(replaced(text, inner))
        tally.figures.update(replaced(f"---\nmine: 1\n---\n{body}", inner))

    last: list[str] = []
    try:
        one()
    except Exception as error:  # noqa: BLE001  (a crash is a failure like any other)
        tally.failures.append(f"{type(error).__name__}: {error}: {last[0]}")


def _pass_over(tally: Tally, folder: Path) -> None:
    """A pass that brings every hostile note a new version, with a sound one before and after."""
    vault = folder / "vault"
    numbers = range(1, len(IN_A_VAULT) + 3)
    new_vault(vault)
    first = rss(folder / "1.xml", *((n, "new", 1, ON_TOPIC) for n in numbers))
    assert kb(vault, "sync", "--feed", str(first)).code == 0
    paths = sorted(path.relative_to(vault).as_posix() for path in vault.glob("Papers/**/*.md"))
    before: dict[str, bytes] = {}
    for path, (_, spoil) in zip(paths, [SOUND, *IN_A_VAULT, SOUND], strict=True):
        text = (vault / path).read_bytes().decode()
        before[path] = spoil(text.replace("## Notes\n", "## Notes\n\nmine\n"))
        (vault / path).write_bytes(before[path])
    second = rss(
        folder / "2.xml",
        *((n, "replace", 2, "Other words.") for n in numbers),
        date="Tue, 11 Feb 2025",
    )
    ran = kb(vault, "sync", "--feed", str(second))
    after = {path: (vault / path).read_bytes() for path in paths}
    for path, (name, _) in zip(paths, [SOUND, *IN_A_VAULT, SOUND], strict=True):
        with tally.trial(f"in a vault, {name}"):
            if after[path] == before[path]:
                assert ran.refused.get(path), f"left alone without a word ({ran.errors})"
                tally.figures["in a vault refused"] += 1
            else:
                wrong = updated_complaint(
                    before[path].decode(), after[path].decode(), UPDATED, "paper"
                )
                assert not wrong, wrong
                tally.figures["in a vault edited"] += 1
    with tally.trial("the rest of the pass goes on"):
        assert ran.code == 1, ran.errors
        for path in (paths[0], paths[-1]):
            assert b"\nversion: 2\n" in after[path], "a sound note was not updated"
    with tally.trial("a further pass changes nothing"):
        again = kb(vault, "sync", "--feed", str(second))
        assert again.code == 0, again.errors
        assert after == {path: (vault / path).read_bytes() for path in paths}


def edited(text: str, changes: Mapping[str, Any]) -> Counter[str]:
    """Edits `text`, and raises AssertionError unless it came out right or was refused."""
    wanted = {key: value for key, value in changes.items() if not isinstance(value, Remove)}
    gone = [key for key in changes if key not in wanted]
    try:
        result = frontmatter.edit(text, changes)
    except FrontmatterError as refusal:
        _check_reason(refusal)
        return Counter(refused=1)
    wrong = complaint(text, result, wanted, gone)
    assert not wrong, wrong
    assert frontmatter.edit(result, changes) == result, "a second edit changes it again"
    return Counter(edited=1, changed=int(result != text))


def replaced(text: str, inner: str, name: str = "paper") -> Counter[str]:
    """Replaces a region of `text`, and raises AssertionError as `edited` does."""
    try:
        result = regions.replace(text, name, inner)
    except (RegionError, FrontmatterError) as refusal:
        _check_reason(refusal)
        sound = marked(text) or {}
        return Counter({"regions refused" if name in sound else "without a sound region": 1})
    wrong = region_complaint(text, result, name, inner)
    assert not wrong, wrong
    assert regions.replace(result, name, inner) == result, "a second replacement changes it again"
    return Counter({"regions replaced": 1})


def _check_reason(refusal: FrontmatterError | RegionError) -> None:
    assert refusal.reason.strip(), "refused without a reason"
