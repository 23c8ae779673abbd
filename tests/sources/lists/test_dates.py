from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.sources.lists.dates import find_month, read_date


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-06", "2025/03/06", "2025.3.6", "20250306", "2025年3月6日", "2025-03-06T10:00:00Z",
        "6 March 2025", "6th March 2025", "6th of March, 2025", "06 Mar 2025", "6-Mar-2025", "6 Mar 25",
        "March 6, 2025", "Mar. 6th, 2025", "march 6 2025", "Thu, 6 Mar 2025", "Thursday, March 6, 2025",
        "2025 March 6", "03/06/2025", "3/6/25", "06.03.2025", "**6 March 2025**", " 6\u00a0March 2025 ",
    ],
)  # fmt: skip
def test_days_in_every_usual_form(text: str) -> None:
    when = read_date(text)
    assert when is not None
    assert when.date == date(2025, 3, 6)
    assert str(when) == "2025-03-06"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("March 2025", "2025-03"), ("Mar '25", "2025-03"), ("2025-03", "2025-03"), ("03/2025", "2025-03"),
        ("2025 Mar", "2025-03"), ("Sept. 2025", "2025-09"), ("2025年3月", "2025-03"), ("2025", "2025"),
        ("31/12/2025", "2025-12-31"), ("12/31/2025", "2025-12-31"),
    ],
)  # fmt: skip
def test_months_and_years(text: str, said: str) -> None:
    assert str(read_date(text)) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "32/32/2025",
        "2025-13-01",
        "31 February 2025",
        "2503.03213",
        "12",
        "NeurIPS 2025",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=30))
def test_no_text_is_too_much(text: str) -> None:
    read_date(text)
    find_month(text)


@given(st.dates(date(1991, 1, 1), date(2099, 12, 31)))
def test_dates_as_programs_write_them(day: date) -> None:
    for text in (day.isoformat(), f"{day:%d %B %Y}", f"{day:%B %d, %Y}", f"{day:%d.%m.%Y}"):
        when = read_date(text)
        assert when is not None
        assert when.date == day


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("monthly-table-2025-04.md", "2025-04"), ("April 2025", "2025-04"), ("apr_2025_papers", "2025-04"),
        ("2025 April reading", "2025-04"), ("papers 2025", None), ("maybe 2025", None), ("2025-45", None),
    ],
)  # fmt: skip
def test_months_in_names(text: str, said: str | None) -> None:
    found = find_month(text)
    assert (str(found) if found else None) == said
