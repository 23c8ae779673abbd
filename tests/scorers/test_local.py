from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from standins.abstracts import ON_ARCHES, ON_KITCHENS, PAPERS, TOPICS, WANTED

from kb.core.papers import Paper
from kb.core.topics import parse_topics
from kb.scorers.local import Label, LocalScorer

READER = parse_topics(TOPICS)
BY_ID = {paper.id: paper for paper in PAPERS}


def paper(number: int, title: str, abstract: str = "") -> Paper:
    return Paper(
        id=f"2513.9{number:04d}", title=title, authors=(), abstract=abstract, categories=()
    )


def test_what_the_reader_wants_comes_first() -> None:
    ranked = LocalScorer(READER).rank(PAPERS, PAPERS)
    best = [ranked.ids[i] for i in (-ranked.order).argsort()[: len(WANTED)]]
    assert set(best) == WANTED
    worst = [ranked.ids[i] for i in ranked.order.argsort()[: len(ON_KITCHENS)]]
    assert set(worst) == ON_KITCHENS


def test_relevance_tells_the_wanted_from_the_rest() -> None:
    scored = LocalScorer(READER).score_day(PAPERS, PAPERS)
    assert list(scored) == sorted(BY_ID)
    wanted = sorted(scored[i].relevance for i in WANTED)
    assert wanted[len(wanted) // 2] >= 7
    assert max(scored[i].relevance for i in scored if i not in WANTED) < wanted[0]
    assert all(1 <= a.novelty <= 10 and a.by == "local" for a in scored.values())


def test_topics_are_named_by_evidence_only() -> None:
    scored = LocalScorer(READER).score_day(PAPERS, PAPERS)
    for paper_id in WANTED:
        named = "Stone arches" if paper_id in ON_ARCHES else "Cable dynamics"
        assert scored[paper_id].topics[0] == named
        assert scored[paper_id].comment.startswith(f"{named}: ")
    assert {scored[i].topics for i in ON_KITCHENS} == {()}


def test_the_comment_uses_the_words_of_the_paper() -> None:
    day = [
        *PAPERS,
        paper(1, "Masonry Arches of the XIVth century", "Voussoirs; a thrust line. Stay."),
    ]
    said = LocalScorer(READER).score_day(day, day)[day[-1].id]
    assert said.comment.startswith(
        "Stone arches: Masonry Arches".replace("M", "m").replace("A", "a")
    )
    assert "voussoirs" in said.comment
    assert "thrust line" in said.comment


def test_a_day_is_the_same_whatever_the_order_and_whatever_was_scored_before() -> None:
    first, second = PAPERS[:20], PAPERS[20:]
    alone = LocalScorer(READER).score_day(second, PAPERS)
    shuffled = random.Random(1).sample(PAPERS, len(PAPERS))
    assert LocalScorer(READER).score_day(shuffled[:0] + second[::-1], shuffled) == alone
    scorer = LocalScorer(READER)
    scorer.score_day(first, first)
    assert scorer.score_day(second, PAPERS) == alone
    assert LocalScorer(READER).score_day(second, first) == alone


PRINT = """
from standins.abstracts import PAPERS, TOPICS
from kb.core.topics import parse_topics
from kb.scorers.local import Label, LocalScorer
labels = [Label(PAPERS[0].id, True), Label(PAPERS[2].id, False)]
ranked = LocalScorer(parse_topics(TOPICS), labels, PAPERS[:3]).rank(PAPERS[20:], PAPERS)
print([round(float(x), 6) for x in ranked.order])
print(LocalScorer(parse_topics(TOPICS)).score_day(PAPERS, PAPERS))
"""


def test_another_process_says_the_same() -> None:
    tests = Path(__file__).resolve().parents[1]
    said = {
        hashlib.sha256(
            subprocess.run(
                [sys.executable, "-c", PRINT],
                env={**os.environ, "PYTHONPATH": str(tests), "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
        ).hexdigest()
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_labels_are_learnt_from() -> None:
    """A reader of bridges who rates bakeries highly gets bakeries."""
    liked = sorted(ON_KITCHENS)[:6]
    left = sorted(WANTED)[:6]
    labels = [*(Label(i, True) for i in liked), *(Label(i, False) for i in left)]
    plain = LocalScorer(READER).rank(PAPERS, PAPERS)
    told = LocalScorer(READER, labels, [BY_ID[i] for i in liked + left]).rank(PAPERS, PAPERS)
    others = [plain.ids.index(i) for i in ON_KITCHENS - set(liked)]
    assert told.order[others].min() > plain.order[others].max()


def test_a_pool_in_order_learns_from_other_labels_without_being_ranked_again() -> None:
    said = dict.fromkeys(sorted(ON_KITCHENS)[:6], True) | dict.fromkeys(sorted(WANTED)[:6], False)
    labels = [Label(i, liked) for i, liked in said.items()]
    ranked = LocalScorer(READER).rank(PAPERS, PAPERS)
    told = LocalScorer(READER, labels, [BY_ID[i] for i in said]).rank(PAPERS, PAPERS)
    assert ranked.learnt_from([*labels, Label("2401.00001", True)]).tolist() == told.order.tolist()
    assert told.learnt_from(()).tolist() == ranked.order.tolist() != told.order.tolist()


@pytest.mark.parametrize("liked", [True, False])
def test_labels_of_one_kind_do_no_harm(liked: bool) -> None:
    labels = [Label(i, liked) for i in sorted(WANTED if liked else ON_KITCHENS)[:4]]
    ranked = LocalScorer(READER, labels, [BY_ID[label.id] for label in labels]).rank(PAPERS, PAPERS)
    best = {ranked.ids[i] for i in (-ranked.order).argsort()[: len(WANTED)]}
    assert len(best & WANTED) >= len(WANTED) - 1


def test_a_label_without_its_paper_is_left_alone() -> None:
    plain = LocalScorer(READER).score_day(PAPERS, PAPERS)
    assert LocalScorer(READER, [Label("2401.00001", True)]).score_day(PAPERS, PAPERS) == plain


def test_labelled_papers_from_before_the_pool_count() -> None:
    old = paper(1, "On loaves", "Loaves and loaves in a bakery.")
    ranked = LocalScorer(READER, [Label(old.id, True)], [old]).rank(PAPERS, PAPERS)
    assert old.id in ranked.ids
    assert int(ranked.labelled.sum()) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("labelled", [False, True])
def test_a_handful_of_papers(count: int, labelled: bool) -> None:
    day = PAPERS[:count]
    labels = [Label(day[0].id, True)] if labelled else []
    scored = LocalScorer(READER, labels, day[:1]).score_day(day, day)
    assert set(scored) == {p.id for p in day}
    assert scored[PAPERS[0].id].relevance >= 7
    assert all(1 <= a.relevance <= 10 and 1 <= a.novelty <= 10 for a in scored.values())


def test_odd_papers_and_topics() -> None:
    odd = [
        paper(1, "", ""),
        paper(2, "42", "1 2 3"),
        paper(3, "短い", "石のアーチ。"),
        paper(4, "Masonry arch", ""),
        paper(5, "Same", "Same thing."),
        paper(6, "Same", "Same thing."),
    ]
    for text in (
        TOPICS,
        "## Lone\n",
        "## 石\nKeywords: アーチ\n",
        "## One\nKeywords: stay cable\n",
    ):
        for background in ([], PAPERS):
            scored = LocalScorer(parse_topics(text)).score_day(odd, [*odd, *background])
            assert len(scored) == len(odd)
            assert scored[odd[4].id].relevance == scored[odd[5].id].relevance
            assert scored[odd[0].id].relevance <= 5
    assert LocalScorer(READER).score_day([], PAPERS) == {}


@pytest.mark.parametrize("count", [1, 30, 150])
def test_an_empty_day_has_nothing_to_keep(count: int) -> None:
    """Papers without a word of any topic stay below the cutoff even where nothing is better."""
    base = [p for p in PAPERS if p.id not in WANTED]
    day = [replace(base[n % len(base)], id=f"2513.{n:05d}") for n in range(count)]
    scored = LocalScorer(READER).score_day(day, day)
    assert max(a.relevance for a in scored.values()) < 7


def test_novelty_is_distance_from_what_was_there() -> None:
    new = paper(
        1, "Harpsichord tuning by ear", "Beats between strings, quills, and temperament of quills."
    )
    again = replace(PAPERS[0], id="2513.90002")
    scored = LocalScorer(READER).score_day([new, again, *PAPERS[30:]], PAPERS)
    assert scored[again.id].novelty < scored[new.id].novelty


def test_all_ten_values_are_used() -> None:
    rng = random.Random(3)
    bits = " ".join(p.abstract for p in PAPERS).split()
    day = [
        paper(n, " ".join(rng.choices(bits, k=6)), " ".join(rng.choices(bits, k=60)))
        for n in range(400)
    ]
    scored = LocalScorer(READER).score_day(day, day)
    assert {a.relevance for a in scored.values()} == set(range(1, 11))
    assert {a.novelty for a in scored.values()} == set(range(1, 11))
    share = sum(a.relevance >= 7 for a in scored.values()) / len(day)
    assert 0.04 <= share <= 0.09


class Store(dict[str, bytes]):
    """A store for stems that counts what it is asked to keep."""

    puts = 0

    def get_many(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {i: self[i] for i in ids if i in self}

    def put_many(self, blobs: Mapping[str, bytes]) -> None:
        self.puts += len(blobs)
        self.update(blobs)


def test_stored_stems_change_nothing_and_outdated_ones_are_replaced() -> None:
    store = Store()
    plain = LocalScorer(READER).score_day(PAPERS, PAPERS)
    for puts in (len(PAPERS), len(PAPERS), len(PAPERS) + 1):
        if puts > len(PAPERS):
            store[PAPERS[3].id] = store[PAPERS[4].id]
        assert LocalScorer(READER, counts=store).score_day(PAPERS, PAPERS) == plain
        assert store.puts == puts
