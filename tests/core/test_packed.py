from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.packed import Judgements, PaperIds, Reasons, Scores

IDS = st.text(st.sampled_from("0123456789.é/ \ud800"), max_size=3)
SCORE = st.integers(0, 255)


@given(st.lists(IDS), IDS, st.sets(IDS))
def test_ids_are_a_set_in_the_order_given(ids: list[str], other: str, more: set[str]) -> None:
    packed = PaperIds(ids)
    plain = list(dict.fromkeys(ids))
    assert [*packed] == plain
    assert len(packed) == len(plain)
    assert set(packed) == set(plain)
    for arxiv_id in [*plain, other]:
        assert (arxiv_id in packed) == (arxiv_id in plain)
        assert packed.place(arxiv_id) == (plain.index(arxiv_id) if arxiv_id in plain else None)
    assert packed | more == more | packed == set(plain) | more
    assert packed - more == set(plain) - more
    assert (packed <= more) == (set(plain) <= more)


@given(st.lists(st.tuples(IDS, SCORE, SCORE)), st.lists(st.tuples(IDS, SCORE, SCORE)), IDS)
def test_of_a_paper_scored_twice_the_first_counts(
    early: list[tuple[str, int, int]], late: list[tuple[str, int, int]], other: str
) -> None:
    plain: dict[str, tuple[int, int]] = {}
    for arxiv_id, *scores in (*early, *late):
        plain.setdefault(arxiv_id, (scores[0], scores[1]))
    for packed in (Scores([*early, *late]), Scores(early).joined(Scores(late))):
        assert packed == plain
        assert list(packed.items()) == list(plain.items())
        assert packed.get(other) == plain.get(other)
        assert (len(packed), bool(packed)) == (len(plain), bool(plain))
        assert set(packed.ids) == plain.keys()


@given(*[st.dictionaries(IDS, st.tuples(st.lists(IDS).map(tuple), st.text(st.characters())))] * 2)
def test_of_two_reasons_for_a_paper_the_first_stands(
    early: dict[str, tuple[tuple[str, ...], str]], late: dict[str, tuple[tuple[str, ...], str]]
) -> None:
    packed = Reasons(early).joined(Reasons(late))
    assert packed == {**late, **early}
    assert (len(packed), bool(packed)) == (len({**late, **early}), bool(early or late))


@pytest.mark.parametrize(
    "papers",
    [[["a", 1]], [["a", 1, 2, 3]], [["a", 1, 256]], [["a", -1, 2]], [["a", "1", 2]], [["a", 1.0, 2]],
     [[1, 1, 1]], [["a\nb", 1, 1]], "abc", ["abc"], [None], 5, {"abc": 1}],
)  # fmt: skip
def test_what_is_no_list_of_scores_is_refused(papers: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Scores(papers)


@pytest.mark.parametrize(
    "reasons",
    [[1], {"a": 1}, {"a": ["t", "c", "x"]}, {"a": [["t"], 5]}, {"a": [[5], "c"]}, {"a": [5, "c"]}],
)
def test_what_is_no_table_of_reasons_is_refused(reasons: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        Reasons(reasons)


def test_an_id_that_is_no_text_is_never_among_them() -> None:
    for strange in (None, 5, "a\nb", ""):
        assert strange not in PaperIds(["a", "b"])
    with pytest.raises(KeyError):
        Scores([("a", 1, 2)])["b"]


def test_judgements_come_back_in_order() -> None:
    judged = Judgements()
    for line in (b'{"by":"one","r":1}', b'{"by":2,"r":2}\r'):
        judged.add("a", line)
    judged.add("b", b'{"by":"one"}')
    assert judged["a"] == [{"by": "one", "r": 1}, {"by": "2", "r": 2}]
    assert [*judged] == ["a", "b"]
    assert (len(judged), "a" in judged, judged.get("c")) == (2, True, None)
