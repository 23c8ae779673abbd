"""How well the local scorer ranks real days, replayed era by era.

    python tests/benchmarks/ranking.py [--days N] [--era E1] [--data DIR]

Figures are per-day means over the scanned papers of the labelled days in `data/arxiv-days` (beside the
repository's folder, or `--data`). K is the number selected that day; keep25 and keep50 are the shares of
the selected papers in the best quarter and the better half. `sanity` is arxiv-sanity-lite's recipe
(tf-idf, LinearSVC C=.01, balanced) trained in the same run on the same labels; `recipe` is the row first
measured for the recipe this scorer began from. With `--days N` only every so many days are replayed, N
an era.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb.core.papers import Paper
from kb.core.topics import Topics, parse_topics
from kb.scorers.local import Label, LocalScorer
from kb.scorers.tokens import read_terms

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "arxiv-days"
ERAS = ("E1", "E2", "E4")
POOL_DAYS = 20
# AUC and keep25 as first measured for the recipe, E1 E2 E4; a dash where it was not.
RECIPE = {
    (1, 0): (".79 (.65)", ".85 (.74)", ".81 (.66)"),
    (20, 0): (".856 (.76)", ".906 (.84)", ".840 (.70)"),
    (20, 1): (".864 (.77)", ".934 (.91)", ".896 (.81)"),
    (20, 5): (".891 (.83)", ".946 (.94)", "-"),
    (20, 20): (".895 (.83)", ".952 (.95)", ".905 (.82)"),
}
SANITY = {1: (".766", ".893", ".870"), 5: (".854", ".931", "-"), 20: (".878", ".946", ".889")}


@dataclass(frozen=True)
class Day:
    """One announcement day: what was scanned, and what of it was selected."""

    date: str
    era: str
    papers: tuple[Paper, ...]
    selected: frozenset[str]


class Store(dict[str, bytes]):
    """Stems of papers seen before, as a vault's cache keeps them."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {i: self[i] for i in ids if i in self}

    def put_many(self, blobs: Mapping[str, bytes]) -> None:
        self.update(blobs)


def load(data: Path) -> list[Day]:
    """All days, without papers that were taken for an author's name."""
    days = []
    for file in sorted((data / "listings").glob("*.jsonl.gz")):
        date = file.name.removesuffix(".jsonl.gz")
        told = json.loads((data / "labels" / f"{date}.json").read_text("utf-8"))
        labels = told["labels"]
        papers = {}
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if row["in_scan"] and labels.get(row["id"], {}).get("source") != "author_match":
                    papers[row["id"]] = Paper(
                        id=row["id"],
                        title=row["title"],
                        authors=(),
                        abstract=row["abstract"],
                        categories=tuple(row["categories"]),
                    )
        selected = frozenset(i for i, label in labels.items() if label["selected"])
        days.append(Day(date, told["meta"]["era"], tuple(papers.values()), selected & set(papers)))
    return days


def measures(scores: np.ndarray, liked: np.ndarray) -> tuple[float, float, float, float]:
    """AUC, recall@K, keep25, keep50."""
    from scipy.stats import rankdata

    count, n = int(liked.sum()), len(liked)
    auc = (rankdata(scores)[liked].sum() - count * (count + 1) / 2) / (count * (n - count))
    best = liked[np.argsort(-scores, kind="stable")]
    top = [best[:k].sum() / count for k in (count, round(n / 4), round(n / 2))]
    return (float(auc), *map(float, top))  # type: ignore[return-value]


def sanity(train: list[tuple[Paper, bool]], day: Day, pool: list[Paper]) -> np.ndarray:
    """arxiv-sanity-lite's ranking, its settings: a linear SVM on tf-idf, fitted on all that is known."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    def text(papers: list[Paper]) -> list[str]:
        return [f"{p.title} {p.abstract}" for p in papers]

    known = {p.id: p for p in [*(p for p, _ in train), *pool]}
    words = TfidfVectorizer(
        stop_words="english",
        strip_accents="unicode",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    ).fit(text(list(known.values())))
    svm = LinearSVC(C=0.01, class_weight="balanced", random_state=0, tol=1e-6, max_iter=10_000)
    svm.fit(words.transform(text([p for p, _ in train])), [liked for _, liked in train])
    return np.asarray(svm.decision_function(words.transform(text(list(day.papers)))))


def replay(
    days: list[Day], chosen: list[Day], topics: Topics, seen: int, labelled: int, store: Store
) -> str:
    """One line of the table: `seen` days in the pool, labels of the `labelled` days before each."""
    ours, theirs, seconds, had, kept = [], [], [], [], []
    for day in chosen:
        at = days.index(day)
        before = [d for d in days[:at] if d.era == day.era][-labelled:] if labelled else []
        if labelled and not before:
            continue
        had.append(len(before))
        today = {p.id for p in day.papers}
        told = {
            p.id: (p, p.id in d.selected) for d in before for p in d.papers if p.id not in today
        }
        pool = [p for d in days[max(0, at - seen + 1) : at + 1] for p in d.papers]
        labels = [Label(i, liked) for i, (_, liked) in told.items()]
        scorer = LocalScorer(topics, labels, [p for p, _ in told.values()], store)
        start = time.perf_counter()
        ranked = scorer.rank(day.papers, pool)
        assessed = scorer.assess(day.papers, ranked)
        seconds.append(time.perf_counter() - start)
        order = dict(zip(ranked.ids, ranked.order.tolist(), strict=True))
        liked = np.array([p.id in day.selected for p in day.papers])
        ours.append(measures(np.array([order[p.id] for p in day.papers]), liked))
        if not labelled:
            yes = [i for i, a in assessed.items() if a.relevance >= 7]
            hits = len(day.selected & set(yes))
            kept.append((len(yes), hits / max(1, len(yes)), hits / len(day.selected)))
        else:
            theirs.append(measures(sanity(list(told.values()), day, pool), liked))
    row = "{:.3f}  {:.3f}  {:.3f}  {:.3f}".format(*np.mean(ours, axis=0))
    line = f"{row} | {len(ours):4d}  {statistics.median(seconds):5.2f} s"
    if theirs:
        line += " | {:.3f}  {:.3f}  {:.3f}  {:.3f}".format(*np.mean(theirs, axis=0))
    if labelled and min(had) < labelled:
        line += f" | {statistics.median(had):.0f} labelled days in the median, {min(had)} at least"
    if kept:
        counts = [k for k, _, _ in kept]
        line += (
            f" | relevance 7+: {min(counts)}/{statistics.median(counts):.0f}/{max(counts)} a day"
            f" (min/median/max), precision {np.mean([p for _, p, _ in kept]):.2f},"
            f" recall {np.mean([r for _, _, r in kept]):.2f}"
        )
    return line


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--days", type=int, default=0, help="replay about this many days an era")
    parser.add_argument("--era", choices=ERAS, help="only this era")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder arxiv-days")
    options = parser.parse_args()
    if not (options.data / "listings").is_dir():
        print(f"The labelled days are not at {options.data}; give their folder with --data.")
        return 1
    days = load(options.data)
    store = Store()
    read_terms((p for day in days for p in day.papers), store)
    for place, era in enumerate(ERAS):
        if options.era not in (None, era):
            continue
        chosen = [day for day in days if day.era.startswith(era)]
        if options.days:
            chosen = chosen[:: max(1, len(chosen) // options.days)]
        name = chosen[0].era
        topics = parse_topics((options.data / "topics" / f"{name}.topics.txt").read_text("utf-8"))
        print(f"\n{name}: {len(chosen)} days, {sum(len(d.papers) for d in chosen)} papers")
        print(
            f"{'':30s}AUC    rec@K  keep25 keep50 | days  median | sanity's in the same run | remarks"
        )
        for seen, labelled in RECIPE:
            label = f"{labelled or 'no'} labelled day{'s' * (labelled != 1)}"
            label += ", day alone" if seen == 1 else f", {seen} seen"
            line = replay(days, chosen, topics, seen, labelled, store)
            said = f"recipe {RECIPE[seen, labelled][place]}"
            said += f", sanity {SANITY[labelled][place]}" if labelled else ""
            print(f"{label:30s}{line} | {said}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak:.0f} MB, all {len(days)} days and scikit-learn included")
    return 0


if __name__ == "__main__":
    sys.exit(main())
