"""What counts as an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.scorers.llm import reply
from kb.scorers.llm.answers import Reader, Unsound, score, shortened, sort_out
from kb.scorers.llm.failures import Failed

READER = Reader({"frogs and toads": "Frogs and toads", "ponds": "Ponds"}, "m")
SOUND: dict[str, Any] = {
    "id": "2503.00001",
    "relevance": 8,
    "novelty": 6,
    "topics": ["Ponds"],
    "comment": "On ponds.",
    "summary": "Ponds are counted.",
}


@pytest.mark.parametrize("value", [1, 10, 7.0, "8", " 8 ", "8.0", 1e1])
def test_scores(value: object) -> None:
    assert 1 <= score(value, "x") <= 10


@pytest.mark.parametrize(
    "value",
    [
        0, 11, -1, 7.5, "7.5", "", "8/10", "eight", "٨", "²", "1_0", "0x8", "8e0", None, True, [8],
        {"value": 8}, float("nan"), float("inf"), 10**300, "9" * 5000,
    ],
)  # fmt: skip
def test_no_scores(value: object) -> None:
    with pytest.raises(Unsound):
        score(value, "x")


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=6), st.booleans()))
def test_a_score_is_never_made_up(value: object) -> None:
    try:
        found = score(value, "x")
    except Unsound:
        return
    assert 1 <= found <= 10
    assert float(value) == found  # type: ignore[arg-type]


def test_a_sound_answer() -> None:
    found = READER.assessment(SOUND | {"topics": [" FROGS  and toads", "Ponds", "ponds"]})
    assert found.topics == ("Frogs and toads", "Ponds")
    assert (found.relevance, found.novelty, found.by) == (8, 6, "m")
    assert (found.comment, found.summary) == ("On ponds.", "Ponds are counted.")


@pytest.mark.parametrize(
    "change",
    [
        {"comment": 7}, {"comment": ["x"]}, {"summary": {}}, {"topics": 3}, {"topics": [None]},
        {"topics": ["Newts"]}, {"topics": "Newts"}, {"comment": "word " * 200},
        {"summary": "w" * 5000}, {"relevance": None}, {"novelty": 99},
    ],
)  # fmt: skip
def test_unsound_answers(change: dict[str, Any]) -> None:
    with pytest.raises(Unsound):
        READER.assessment(SOUND | change)


def test_at_last_text_is_cut_and_foreign_topics_go_but_scores_are_never_mended() -> None:
    lenient = Reader(READER.topics, "m", lenient=True)
    found = lenient.assessment(SOUND | {"comment": "word " * 200, "topics": ["Newts", "ponds"]})
    assert len(found.comment.split()) == 40
    assert found.comment.endswith("…")
    assert found.topics == ("Ponds",)
    for change in ({"relevance": 11}, {"novelty": "high"}, {"comment": 7}):
        with pytest.raises(Unsound):
            lenient.assessment(SOUND | change)


def test_summaries_have_forty_words() -> None:
    found = READER.assessment(SOUND | {"summary": "word " * 60})
    assert len(found.summary.split()) == 40


@given(st.text(), st.integers(1, 50))
def test_shortened(line: str, words: int) -> None:
    line = " ".join(line.split())
    cut = shortened(line, words)
    assert len(cut.split()) <= words
    assert len(cut) <= words * 12 + 1
    assert cut == line or cut.endswith("…")


def test_ids_are_of_this_batch_and_each_once() -> None:
    asked = ["2503.00001", "2503.00002", "2503.00003"]
    answers = [
        SOUND,
        SOUND | {"id": "2503.00002"},
        SOUND | {"id": "arXiv:2503.00002v3"},
        SOUND | {"id": "2503.00009"},
        SOUND | {"id": 2503.00003},
    ]
    sound, why = sort_out(answers, asked, READER.assessment)
    assert sound.keys() == {"2503.00001"}
    assert why == {
        "2503.00002": "was answered more than once",
        "2503.00003": "was not answered",
    }


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('{"papers": [{"id": "a"}, {"id": "b"}]}', ["a", "b"]),
        ('[{"id": "a"}]', ["a"]),
        ('{"id": "a"}\n{"id": "b"}\n', ["a", "b"]),
        ('{"id": "a"} {"id": "b"} {"id": ', ["a", "b"]),
        ('{"papers": [{"id": "a"}, {"id": "b"}, {"id": "c", "x": ', ["a", "b"]),
        ('{"papers": [{"id": "a", "id": "b"}]}', []),
        ('{"a": {"b": {"c": [{"id": "a"}]}}}', ["a"]),
        ('{"papers": []}', []),
        ("no", []),
        ("", []),
        ("[1, 2] {3} [", []),
        ('```json\n[{"id": "a"}]\n```', ["a"]),
    ],
)
def test_objects(text: str, ids: list[str]) -> None:
    assert [each["id"] for each in reply.objects(text)] == ids


@given(st.text(alphabet='{}[]":,a1\\ \n', max_size=300))
def test_objects_of_anything(text: str) -> None:
    for each in reply.objects(text):
        assert "id" in each


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a</think>b", "b"),
        (" <THINK>\na\n</Think>\n b ", "b"),
        ("a</think>b", "b"),
        ("<thinking>a</thinking>b", "b"),
        ("<think>a", ""),
        ('{"comment": "on <think> tokens"}', '{"comment": "on <think> tokens"}'),
        ('{"comment": "on </think> tokens"}', '{"comment": "on </think> tokens"}'),
        ('<think>x</think>{"comment": "</think>"}', '{"comment": "</think>"}'),
        ("plain", "plain"),
    ],
)
def test_thoughts(text: str, left: str) -> None:
    assert reply.without_thoughts(text) == left


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["choices", "message", "content", "usage", "error", "finish_reason"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_body_is_a_reply_or_a_failure(body: object) -> None:
    try:
        found = reply.read(json.dumps(body).encode())
    except Failed:
        return
    assert isinstance(found.text, str)
