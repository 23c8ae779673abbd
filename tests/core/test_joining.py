from __future__ import annotations

from datetime import date

import pytest

from kb.core import frontmatter
from kb.core.foreign import facts
from kb.core.joining import join, paper_of
from kb.core.properties import PLAIN


@pytest.mark.parametrize(
    ("values", "text", "found"),
    [
        ({"url": "https://arxiv.org/abs/2503.00001"}, "", "2503.00001"),
        ({"eprint": "2503.00001"}, "see arXiv:2503.00002", "2503.00001"),
        ({"eprint": "2503.00001", "doi": "10.48550/arXiv.2503.00002"}, "", None),
        ({"authors": ["Ada Example"]}, "see arXiv:2503.00002", "2503.00002"),
        ({"authors": ["Ada Example"]}, "arXiv:2503.00002 and arXiv:2503.00003", None),
        ({"date": "2025-03-06", "tags": ["daily"]}, "see arXiv:2503.00002", None),
        ({}, "", None),
    ],
)
def test_a_note_is_on_a_paper_or_only_mentions_some(
    values: dict[str, object], text: str, found: str | None
) -> None:
    assert paper_of(facts(values, text)) == found


def test_what_is_said_under_other_names_is_said_under_kbs_and_nothing_changes() -> None:
    text = (
        "---\neprint: '2503.00001'\nstars: ⭐⭐⭐⭐\nStatus: Done # yes\nstatus:\nurl: x\n---\nHi\n"
    )
    edit = join("a.md", "2503.00001", facts(frontmatter.read(text)), date(2025, 3, 6), PLAIN)
    after, changes, region = edit.apply(text)
    assert not region
    assert set(changes) == {"arxiv_id", "announced", "rating", "status"}
    assert frontmatter.read(after)["url"] == "x"
    for line in text.splitlines():
        assert line in after.splitlines() or line == "status:"
    assert "rating from stars" in edit.why
    assert edit.adopted
