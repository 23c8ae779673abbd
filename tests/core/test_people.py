from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.people import followed, matches


@pytest.mark.parametrize(
    ("follow", "author"),
    [
        ("Jane Doe", "Jane Doe"),
        ("Jane Doe", "J. Doe"),
        ("Jane Doe", "J Doe"),
        ("Jane Doe", "Doe, Jane"),
        ("Jane Doe", "Doe, J."),
        ("Jane Doe", "Jane A. Doe"),
        ("Jane Doe", "JANE DOE"),
        ("Jane Doe", "Jane DOE"),
        ("Jane Doe", "  jane   doe "),
        ("Jane Doe", "Jane~Doe"),
        ("Jane Doe", 'Jane "Jay" Doe'),
        ("Jane Doe", "Jane Doe (Somewhere)"),
        ("Jane Doe", "Jane Doe1"),
        ("Jane B. Doe", "Jane A. B. Doe"),
        ("J. Doe", "John Doe"),
        ("J. Doe", "Jane Doe"),
        ("J. A. Doe", "Jane Doe"),
        ("J.A. Doe", "Jane Ann Doe"),
        ("Robert Poe", "J. Robert Poe"),
        ("Ann-Marie Poe", "A.-M. Poe"),
        ("Ann-Marie Poe", "A. M. Poe"),
        ("Ann-Marie Poe", "AM Poe"),
        ("Ann-Marie Poe", "Ann Marie Poe"),
        ("Ann-Marie Poe", "A. Poe"),
        ("Ann-Marie Poe", "Ann\u2010Marie Poe"),
        ("Xiao-Wen Fang", "Xiaowen Fang"),
        ("Xiaowen Fang", "Xiao Wen Fang"),
        ("Jan van der Made", "J. van der Made"),
        ("Jan van der Made", "Jan Van Der Made"),
        ("Jan van der Made", "van der Made, Jan"),
        ("Jan van der Made", "Made, Jan van der"),
        ("Jan van der Made", "Jan Vandermade"),
        ("Wei Bin Fang", "W. B. Fang"),
        ("Ana Y. Poe", "A. Y. Poe"),
        ("John Roe Jr.", "John Roe"),
        ("John Roe, Jr.", "J. Roe"),
        ("Roe, John, III", "John Roe"),
        ("Roe, Jr., John", "John Roe"),
        ("Zoë Kühn", "Zoe Kuhn"),
        ("Zoë Kühn", "Zoe Kuehn"),
        ("Zoë Kühn", r"Zo\"e K{\"u}hn"),
        ("Søren Kløve", "Soren Klove"),
        ("Anna Weiß", "Anna Weiss"),
        ("Łukasz Wżór", "Lukasz Wzor"),
        ("Łukasz Wżór", r"{\L}ukasz W\.z\'or"),
        ("Kalman Erdos-Nagy", r"K\'alm\'an Erd\H{o}s-Nagy"),
        ("María Prado López", "Prado-Lopez, M."),
        ("María Prado López", "M. Prado-Lopez"),
        ("Ann Doe-Smith", "Ann Doe Smith"),
        ("Pat O'Nyl", "Pat O’Nyl"),
        ("The Made Team", "The Made Team"),
        ("作者", "作者"),
    ],
)
def test_the_same_person(follow: str, author: str) -> None:
    assert matches(follow, author)
    assert matches(author, follow)
    assert followed([follow], ["No One", author]) == (follow,)


@pytest.mark.parametrize(
    ("follow", "author"),
    [
        ("Jane Doe", "John Doe"),
        ("Jane Doe", "Jan Doe"),
        ("Jane Doe", "K. Doe"),
        ("Jane Doe", "Jane Roe"),
        ("Jane Doe", "Jane Doering"),
        ("Jane Doe", "Doe Jane"),
        ("Jane A. Doe", "Jane B. Doe"),
        ("J. A. Doe", "J. B. Doe"),
        ("Jane Ann Doe", "Jane Beth Doe"),
        ("Doe", "Jane Doe"),
        ("Doe", "J. Doe"),
        ("Fang", "Wei Fang"),
        ("Wei Fang", "Lei Fang"),
        ("Wei Fang", "Wei Feng"),
        ("Wei Fang", "Fang Wei"),
        ("Xiao Fang", "Xiao-Wen Fang"),
        ("Ann Poe", "Ann-Marie Poe"),
        ("Jan Made", "Jan van der Made"),
        ("Robert Poe", "J. Rupert Poe"),
        ("", "Jane Doe"),
        ("", ""),
        (".", "."),
        (",", ","),
        ("Jr.", "Jane Doe Jr."),
    ],
)
def test_somebody_else(follow: str, author: str) -> None:
    assert not matches(follow, author)
    assert not matches(author, follow)
    assert followed([follow], [author]) == ()


def test_followed_names_come_as_the_reader_spells_them_in_their_order_and_once() -> None:
    follow = ["J. Roe", "Doe, Jane", "Kim Nobody", "J. Roe"]
    authors = ["Jane Q. Doe", "John Roe", "Jim Roe"]
    assert followed(follow, authors) == ("J. Roe", "Doe, Jane")
    assert followed(follow, []) == ()
    assert followed([], authors) == ()


word = (
    st.text("abcdefghijklmnopqrstuvwxyzäéøßł", min_size=2, max_size=9)
    .map(str.capitalize)
    .filter(lambda text: text not in ("Jr", "Sr", "Ii", "Iii", "Iv", "Phd", "Md"))
)
GIVEN = st.lists(word, min_size=1, max_size=3)


@given(GIVEN, word)
def test_initials_commas_and_case_do_not_matter(given_names: list[str], surname: str) -> None:
    full = " ".join([*given_names, surname])
    initials = " ".join([*(f"{name[0]}." for name in given_names), surname])
    assert matches(full, initials)
    assert matches(full, f"{surname}, {' '.join(given_names)}")
    assert matches(full, full.lower())
    assert matches(f"{given_names[0]} {surname}", full)


@given(word, word, word)
def test_another_first_name_is_somebody_else(first: str, other: str, surname: str) -> None:
    if first.lower()[:1] != other.lower()[:1] and f"{first[0]}{other[0]}".isascii():
        assert not matches(f"{first} {surname}", f"{other[0]}. {surname}")
        assert not matches(f"{first} {surname}", f"{other} {surname}")


@given(st.lists(st.text(max_size=30), max_size=4), st.lists(st.text(max_size=30), max_size=6))
def test_the_quick_look_loses_nobody(follow: list[str], authors: list[str]) -> None:
    slow = {name for name in follow if any(matches(name, author) for author in authors)}
    assert set(followed(follow, authors)) == slow


@given(
    GIVEN,
    word,
    st.sampled_from(["{0} {1}", "{1}, {0}", "{0}~{1}", "{0} {1} Jr.", "{0}-{1}", "{0} O'{1}"]),
)
def test_the_quick_look_loses_nobody_like_an_author(
    given_names: list[str], surname: str, form: str
) -> None:
    author = form.format(" ".join(given_names), surname)
    for follow in (f"{given_names[0]} {surname}", f"{surname}, {given_names[0][0]}.", author):
        assert followed([follow], [author]) == ((follow,) if matches(follow, author) else ())


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_a_name_and_the_relation_is_symmetric(one: str, other: str) -> None:
    assert matches(one, other) == matches(other, one)
