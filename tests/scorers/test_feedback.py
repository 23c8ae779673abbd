from __future__ import annotations

from kb.core.collection import Notes, Said
from kb.core.notes import Note
from kb.scorers import feedback


def note(number: int, **values: object) -> Said:
    """What a note of these properties says."""
    arxiv_id = f"2503.{number:05}"
    values = {"arxiv_id": arxiv_id, **values}
    (said,) = Notes([Note(path=f"{arxiv_id}.md", id=arxiv_id, values=values)]).opinions(
        {arxiv_id: -1}
    )
    return said


def test_a_rating_a_changed_relevance_and_a_skip_are_labels() -> None:
    told = [note(1, rating=5), note(2, rating=1), note(3, status="skip"), note(4, status="read"),
            note(5, relevance=9), note(6, relevance=2), note(7, relevance=5), note(8, rating=3)]  # fmt: skip
    written = {"2503.00005": 5, "2503.00006": 5, "2503.00007": 5}
    found = feedback.labels(told, written, cutoff=7)
    assert {label.id[-1]: label.liked for label in found} == {
        "1": True, "2": False, "3": False, "5": True, "6": False,
    }  # fmt: skip


def test_of_very_many_labels_the_first_of_each_kind_count() -> None:
    most = feedback.MOST
    told = [note(n, rating=5 if n % 3 else 1) for n in range(4 * most)]
    found = feedback.labels(told, {}, cutoff=7)
    for liked in (True, False):
        expected = [n.id for n in told if (n.rating == 5) == liked][:most]
        assert [label.id for label in found if label.liked == liked] == expected
