from __future__ import annotations

import pytest

from kb.core.papers import Paper, find_arxiv_ids, id_of_number, id_order, parse_arxiv_id


@pytest.mark.parametrize(
    ("text", "arxiv_id", "version"),
    [
        ("2503.03213", "2503.03213", None),
        ("2503.03213v2", "2503.03213", 2),
        ("0704.0001", "0704.0001", None),
        ("arXiv:2503.03213v12", "2503.03213", 12),
        ("oai:arXiv.org:2509.13332v1", "2509.13332", 1),
        ("hep-th/9901001", "hep-th/9901001", None),
        ("math.GT/0309136v1", "math.GT/0309136", 1),
        ("https://arxiv.org/abs/2503.03213", "2503.03213", None),
        ("http://arxiv.org/pdf/2503.03213v3.pdf", "2503.03213", 3),
        ("https://arxiv.org/html/2503.03213v1", "2503.03213", 1),
        ("http://arxiv.org/abs/cond-mat/0102536v1", "cond-mat/0102536", 1),
        ("https://www.alphaxiv.org/abs/2503.03213", "2503.03213", None),
        ("https://huggingface.co/papers/2503.03213", "2503.03213", None),
        ("https://doi.org/10.48550/arXiv.2503.03213", "2503.03213", None),
        ("https://doi.org/10.48550%2FarXiv.2503.03213", "2503.03213", None),
        ("https://arxiv.org/abs/2503.03213v2?context=stat.ML#comments", "2503.03213", 2),
        ("https://export.arxiv.org/abs/2503.03213", "2503.03213", None),
        ("https://ar5iv.labs.arxiv.org/html/2503.03213", "2503.03213", None),
        ("https://ar5iv.org/abs/2503.03213", "2503.03213", None),
        ("http://xxx.lanl.gov/abs/hep-th/9901001", "hep-th/9901001", None),
        ("https://www.alphaxiv.org/pdf/2503.03213v1", "2503.03213", 1),
        ("https://hf.co/papers/2503.03213", "2503.03213", None),
        ("https://papers.cool/arxiv/2503.03213", "2503.03213", None),
        ("https://scirate.com/arxiv/2503.03213", "2503.03213", None),
        ("https://www.semanticscholar.org/arxiv/2503.03213", "2503.03213", None),
        ("https://www.arxiv-vanity.com/papers/2503.03213/", "2503.03213", None),
        ("arXiv 2503.03213v1 [cs.LG]", "2503.03213", 1),
        (" 2413.00001 ", "2413.00001", None),
    ],
)
def test_ids_in_every_usual_form(text: str, arxiv_id: str, version: int | None) -> None:
    assert parse_arxiv_id(text) == (arxiv_id, version)


@pytest.mark.parametrize(
    "text", ["", "abc", "2503.0321", "2503.032134", "2503.03213v0", "10.1000/182", "../2503.03213x"]
)
def test_what_is_no_id_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match="not an arXiv id"):
        parse_arxiv_id(text)


def test_ids_are_found_in_text_once_and_in_order() -> None:
    text = "see https://arxiv.org/abs/2503.03213v1 and arXiv:hep-th/9901001, again arxiv.org/pdf/2503.03213"
    assert [found.id for found in find_arxiv_ids(text)] == ["2503.03213", "hep-th/9901001"]


def test_a_longer_number_is_not_cut_to_an_id() -> None:
    assert find_arxiv_ids("https://arxiv.org/abs/2503.0321345") == []


@pytest.mark.parametrize(
    "text",
    [
        "we cite arxiv 2024 and 2503.03213",
        "https://example.org/papers/2503.03213",
        "https://huggingface.co/2503.03213",
        "arXiv version 2 of 2503.03213",
    ],
)
def test_a_number_that_nothing_ties_to_arxiv_is_no_trace(text: str) -> None:
    assert find_arxiv_ids(text) == []


@pytest.mark.parametrize(
    ("value", "arxiv_id"),
    [
        (2503.03213, "2503.03213"),
        (2503.1, "2503.10000"),
        (704.1, "0704.1000"),
        (1412.05, "1412.0500"),
        (float("inf"), None),
        (float("nan"), None),
        (-2503.1, None),
        (1e300, None),
        (25031.5, None),
    ],
)
def test_ids_that_yaml_took_for_numbers(value: float, arxiv_id: str | None) -> None:
    assert id_of_number(value) == arxiv_id


def test_ids_sort_as_arxiv_gave_them_out() -> None:
    ids = ["2503.10000", "2412.99999", "0704.0001", "hep-th/9901001", "2503.03213"]
    assert sorted(ids, key=id_order) == [
        "hep-th/9901001",
        "0704.0001",
        "2412.99999",
        "2503.03213",
        "2503.10000",
    ]


def test_a_paper_knows_its_addresses() -> None:
    paper = Paper(
        id="hep-th/9901001", title="T", authors=(), abstract="", categories=("hep-th", "gr-qc")
    )
    assert paper.primary == "hep-th"
    assert paper.url == "https://arxiv.org/abs/hep-th/9901001"
    assert Paper(id="1", title="", authors=(), abstract="", categories=()).primary == ""
