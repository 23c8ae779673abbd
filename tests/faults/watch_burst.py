"""Tens of thousands of files written at once, more than a queue of events can hold.

Among them are notes on papers and changes of notes that were there: each must be on its pages soon
after, by events or by one look at the whole vault.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from benchmarks.saves import Pages, properties, shows
from faults.tally import Tally, silent
from faults.watching import PATIENCE, Watched, until_right
from standins.vaults import assessment, paper

from kb import resources
from kb.core import composing
from kb.core.announcements import back
from kb.core.properties import Form

if TYPE_CHECKING:
    from pathlib import Path

    from faults.tally import Progress

NOTES = 100
TO_A_FOLDER = 200


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` files in a burst: one in twenty a paper's note, one in twenty a change of a known one."""
    tally = Tally()
    vault = Watched(folder, NOTES, seed)
    files = _files(vault, count, random.Random(seed))
    with tally.trial("a burst"), vault.watching() as watcher:
        looked = watcher.full_comparisons()
        for path in files:
            (vault.root / path).parent.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda item: (vault.root / item[0]).write_bytes(item[1]), files.items()))
        tally.figures["milliseconds of the burst"] = round(1000 * (time.monotonic() - begun))
        progress(count // 2, count)
        took = until_right(watcher, vault.root, vault.env, PATIENCE + count / 200)
        tally.figures["milliseconds until the watcher was at rest"] = round(1000 * took)
        looked = watcher.full_comparisons() - looked
        tally.figures["full comparisons"] = looked
        assert looked <= 1, f"{looked} full comparisons"
    for path, data in files.items():
        with tally.trial(path):
            assert (vault.root / path).read_bytes() == data, "is not what the reader wrote"
            if path.startswith(("Papers/", "Came/")):
                values = properties(data.decode())
                pages = Pages.of(vault.root, date.fromisoformat(values["announced"]))
                stem = path.rpartition("/")[2].removesuffix(".md")
                assert shows(pages, stem, values), "is not on its pages"
    with tally.trial("in the end"):
        vault.check_rest(strangers=("Bulk/",))
    progress(count, count)
    return tally


def _files(vault: Watched, count: int, chance: random.Random) -> dict[str, bytes]:
    """Path and bytes of each file of the burst, in the order of writing."""
    template = resources.template_file("Templates/Paper.md").decode()
    days = [back(vault.today, number) for number in range(40)]
    known = list(vault.notes)
    chance.shuffle(known)
    found: dict[str, bytes] = {}
    for number in range(count):
        if number % 20 == 0:
            new = replace(
                paper(number + 1, title=f"A paper that came with {number} others"),
                id=f"1701.{number:05}", announced=chance.choice(days),
            )  # fmt: skip
            judged = replace(assessment(), id=new.id, relevance=chance.randint(5, 10))
            text = composing.compose(new, judged, Form(template, "Paper.md"))
            found[f"Came/{number // TO_A_FOLDER}/Came {number:05}.md"] = text.encode()
        elif number % 20 == 1 and known:
            path = known.pop()
            text = (vault.root / path).read_text("utf-8")
            status = "reading" if "\nstatus: reading\n" not in text else "read"
            before = f"\nstatus: {properties(text)['status']}\n"
            found[path] = text.replace(before, f"\nstatus: {status}\n", 1).encode()
        else:
            words = f"# Page {number}\n\n{chance.random()}\n".encode()
            found[f"Bulk/{number // TO_A_FOLDER}/Page {number:05}.md"] = words
    return found
