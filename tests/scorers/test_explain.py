from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.papers import Paper
from kb.core.topics import parse_topics
from kb.scorers.explain import Evidence, PaperWords, comment, sentences, summary, topic_words


def found(
    topics: str, title: str, abstract: str = "", common: frozenset[str] = frozenset()
) -> Evidence:
    paper = Paper(id="x", title=title, authors=(), abstract=abstract, categories=())
    return PaperWords(paper).evidence(topic_words(parse_topics(topics))[0], common)


def test_phrases_are_found_in_any_form_and_shown_as_the_paper_writes_them() -> None:
    evidence = found("## T\nKeywords: masonry arch, GPU\n", "Arches", "Two MASONRY-arches; gpus.")
    assert evidence.phrases == ("MASONRY-arches", "gpus")


def test_stop_words_in_between_do_not_part_a_phrase_but_a_full_stop_does() -> None:
    assert found("## T\nKeywords: line thrust\n", "Line of thrust").phrases == ("line of thrust",)
    assert found("## T\nKeywords: line thrust\n", "A line. Thrust").phrases == ()


def test_words_of_every_abstract_are_no_evidence() -> None:
    topics = "## New models\nRelevant: novel approaches, theory of data\n"
    assert found(topics, "A novel approach", "New models, theory and data.").weight == 0


def test_parts_of_phrases_that_mean_nothing_alone_do_not_count() -> None:
    assert found("## T\nRelevant: low-rank methods\n", "Low light").weight == 0
    assert found("## T\nRelevant: low-rank methods\n", "Low-rank light").phrases == ("low-rank",)


def test_the_title_and_rare_words_weigh_more() -> None:
    topics = "## T\nRelevant: arches of stone\n"
    title, abstract = found(topics, "Arch"), found(topics, "On", "Arch")
    common = found(topics, "On", "Arch", frozenset({"arch"}))
    assert title.weight > abstract.weight > common.weight > 0


def test_comments() -> None:
    evidence = {"T": Evidence(("stay cable",), ("cable", "rope"), 1.8), "": Evidence()}
    assert comment(["T"], evidence, sure=False, near=1) == (
        "T: stay cable, rope; near 1 other paper seen lately (a guess)"
    )
    assert comment(["T", "U"], evidence, sure=True, near=0) == "T: stay cable, rope; also U (sure)"
    assert comment([], {}, sure=False, near=3) == "no topic's words are in it (a guess)"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two.", 2),
        ("We use it, e.g. For stones. Then.", 2),
        ("Roe et al. (2024) say so. Right?", 2),
        ("It is 3.5 times faster. Good.", 2),
        ("Let $f. X$ be it. Then J. Doe came.", 2),
        ("No end", 1),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@given(st.text())
def test_sentences_lose_nothing(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_the_most_telling_sentence_is_chosen() -> None:
    abstract = "Arches are old. Many fall.\n To address this, we propose a way to shore them. Code is public."
    assert summary(abstract, frozenset()) == "We propose a way to shore them."


@given(st.text())
def test_a_summary_is_one_line_of_at_most_40_words(abstract: str) -> None:
    said = summary(abstract, frozenset())
    assert len(said.split()) <= 40
    assert said == " ".join(said.split())
