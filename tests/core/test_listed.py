from __future__ import annotations

import pytest

from kb.core.listed import Listed, by_id, same_title


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Clouds from above", "CLOUDS FROM ABOVE"),
        ("Clouds: a view from above", "Clouds"),
        ("A view of $\\sqrt{n}$ clouds", "A view of √n clouds"),
        ("Clouds — from above!", "Clouds from above"),
        ("Clouds frm above", "Clouds from above"),
        ("Naïve clouds", "Naive clouds"),
        ("", "Anything"),
    ],
)
def test_titles_that_may_be_of_one_paper(one: str, other: str) -> None:
    assert same_title(one, other)
    assert same_title(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Clouds from above", "Fog from below"), ("Cloud", "A survey of everything but the sky")],
)
def test_titles_of_two_papers(one: str, other: str) -> None:
    assert not same_title(one, other)


def test_the_rows_of_one_paper_stand_together() -> None:
    rows = [Listed(line=1, id="a"), Listed(line=2), Listed(line=3, id="b"), Listed(line=4, id="a")]
    assert {k: [row.line for row in v] for k, v in by_id(rows).items()} == {"a": [1, 4], "b": [3]}
