"""The benchmarks of a model's cost and of the wait for it run; no figure is asked for here."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks import labelled, model_cost, model_latency
from standins.vaults import record

CUTOFFS = {"relevance": 8, "novelty": 7}
DATES = ("2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07", "2025-03-10")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six made-up days of one era, thirty papers a day, every paper on attention selected."""
    folder = tmp_path / "days"
    for name in ("labels", "listings", "topics"):
        (folder / name).mkdir(parents=True)
    topics = "## Attention\nLinear attention and state space models for long context.\n"
    (folder / "topics/E1_made-up.topics.txt").write_text(topics)
    for number, date in enumerate(DATES):
        papers = [record(100 * number + n, date, in_scan=n != 1) for n in range(30)]
        labels: dict[str, Any] = {
            paper["id"]: {
                "relevance": 9, "novelty": 8, "comment": "It is on attention.",
                "source": "digest", "selected": True,
            }
            for paper in papers
            if "attention" in paper["abstract"]
        }  # fmt: skip
        labels[papers[2]["id"]] = {
            "relevance": None, "novelty": None, "comment": "", "source": "author_match",
            "selected": False,
        }  # fmt: skip
        meta = {"date": date, "era": "E1_made-up", "cutoffs": CUTOFFS}
        told = json.dumps({"meta": meta, "labels": labels})
        (folder / "labels" / f"{date}.json").write_text(told)
        with gzip.open(folder / "listings" / f"{date}.jsonl.gz", "wt") as lines:
            lines.write("".join(json.dumps(paper) + "\n" for paper in papers))
    return folder


def test_a_replay_bills_each_day(data: Path, tmp_path: Path) -> None:
    (days,) = labelled.load(data).values()
    topics = (data / "topics/E1_made-up.topics.txt").read_text()
    whole = model_cost.replay(days, topics, "", "gpt-4o-mini", tmp_path / "whole")
    screened = model_cost.replay(days, topics, "0.3", "gpt-4o-mini", tmp_path / "screened")
    assert [bill.papers for bill in whole] == [28] * len(DATES)
    selected = [len(day.selected) for day in days]
    assert [bill.selected for bill in whole] == selected
    assert [bill.kept for bill in whole] == selected
    assert {bill.sent for bill in whole} == {28}
    assert all(bill.usd > 0 for bill in whole)
    assert screened[0].tokens == pytest.approx(whole[0].tokens, rel=0.01)  # but for the fences
    assert screened[-1].sent < 28
    assert screened[-1].tokens < whole[-1].tokens
    assert 0.7 * sum(selected) <= model_cost.total(screened).kept <= sum(selected)


@pytest.mark.skipif(os.name == "nt", reason="wait4 is of other systems")
def test_they_print_what_they_promise(data: Path) -> None:
    words = [
        sys.executable,
        str(Path(model_cost.__file__)),
        "--data",
        str(data),
        "--screen",
        ".3,.1",
    ]
    ran = subprocess.run([*words, "--jobs", "1"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for date in DATES:
        assert f"E1_made-up {date}" in ran.stdout
    assert "AFTER DAY 10 OF AN ERA" in ran.stdout
    assert "first day of each era" in ran.stdout
    words = [sys.executable, str(Path(model_latency.__file__)), "--papers", "40", "--runs", "1"]
    ran = subprocess.run([*words, "--latency", ".1"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "40 papers in 2 requests" in ran.stdout
    assert "kb sync as a whole" in ran.stdout


def test_without_the_data_it_says_so(tmp_path: Path) -> None:
    words = [sys.executable, str(Path(model_cost.__file__)), "--data", str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "The labelled days are not at" in ran.stdout
