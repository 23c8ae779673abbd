from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from standins.vaults import FORM, assessment, note_text, paper

from kb import resources
from kb.core import composing, frontmatter, notes, plan, views
from kb.core.history import Written
from kb.core.ownership import is_untouched
from kb.core.properties import KEYS, NEEDED, PLAIN, Form, Properties

GERMAN = Properties.of(
    {"arxiv_id": "arXiv", "rating": "Sterne", "status": "Lesestand", "relevance": "wie nah",
     "pdf": False, "scored_by": False, "aliases": False}
)  # fmt: skip
FORM_GERMAN = Form(FORM.template, FORM.name, GERMAN)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"raiting": "x"}, "raiting is no property of kb's (did you mean rating?)"),
        ({"arxiv_id": False}, "arxiv_id cannot be off: kb finds the note of a paper by it"),
        ({"kept": False}, "kept cannot be off"),
        ({"rating": "summary"}, "rating cannot be called 'summary': that is the name of summary"),
        ({"rating": "Mine", "status": "mine"}, "that is the name of rating"),
        ({"rating": "relevance", "relevance": "rating"}, "that is the name of"),
        ({"rating": "a: b"}, "rating cannot be called"),
        ({"rating": ""}, "rating cannot be called"),
        ({"rating": "x\n"}, "rating cannot be called"),
        ({"tags": "topics"}, "Obsidian knows it"),
    ],
)
def test_mistakes_name_the_key_and_the_remedy(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"cannot|no property") as caught:
        Properties.of(told)
    assert said in str(caught.value)


def test_true_and_the_key_itself_mean_what_is_anyway() -> None:
    assert Properties.of({"pdf": True, "rating": "rating"}) == PLAIN
    assert set(NEEDED) <= set(KEYS)


def test_a_new_note_has_the_vault_s_names_and_reads_as_any() -> None:
    text = composing.compose(paper(), assessment(), FORM_GERMAN)
    values = frontmatter.read(text)
    assert values["arXiv"] == "2503.00001"
    assert values["wie nah"] == 8
    assert (values["Lesestand"], values["Sterne"]) == ("unread", None)
    assert not {"arxiv_id", "rating", "status", "pdf", "scored_by", "aliases"} & values.keys()
    note, plain = notes.read("x.md", text, GERMAN), notes.read("x.md", note_text())
    assert note.values == {
        k: v for k, v in plain.values.items() if k not in ("pdf", "scored_by", "aliases")
    }
    assert note.id == plain.id


def test_a_note_under_kb_s_own_names_is_read_all_the_same() -> None:
    note = notes.read("x.md", note_text(), GERMAN)
    assert note == notes.read("x.md", note_text())


def test_a_broken_note_claims_its_paper_under_either_name() -> None:
    for name in ("arXiv", "arxiv_id"):
        note = notes.read("x.md", f"---\n{name}: '2503.00001'\na: [\n---\n", GERMAN)
        assert (note.id, note.claimed) == ("2503.00001", True)
        assert note.refused


def test_an_edit_goes_where_the_note_has_the_key() -> None:
    old = "---\narxiv_id: '2503.00001' # mine\nrating: 3\n---\n"
    assert GERMAN.edit(old, {"rating": 5}) == old.replace("3\n---", "5\n---")
    new = "---\narXiv: '2503.00001'\n---\n"
    assert GERMAN.edit(new, {"rating": 5}) == new.replace("1'\n", "1'\nSterne: 5\n")
    both = "---\nrating: 3\nSterne:\n---\n"
    assert GERMAN.edit(both, {"rating": 5}) == both.replace("3", "5")
    assert GERMAN.read(frontmatter.read(both)) == {"rating": 3}
    assert GERMAN.edit(both, {"rating": frontmatter.REMOVE}) == "---\n---\n"


def test_what_is_off_is_not_added_and_what_is_there_is_kept_right() -> None:
    there = "---\nurl: https://arxiv.org/abs/2503.00001\n---\nmine\n"
    edit = plan.adopt(notes.read("m.md", there), paper(), assessment(), FORM_GERMAN)
    after, keys, _ = edit.apply(there)
    assert not {"pdf", "scored_by"} & (keys.keys() | frontmatter.read(after).keys())
    judged = assessment(relevance=3, by="a-model")
    for text, kept in (
        (note_text(), "a-model"),
        (composing.compose(paper(), assessment(), FORM_GERMAN), None),
    ):
        written = written_for(text)
        note = notes.read("x.md", text, GERMAN)
        edit_ = plan.reassess(note, lambda: paper(), judged, None, written, FORM_GERMAN)
        assert edit_ is not None
        after, _, _ = edit_.apply(text)
        now = notes.read("x.md", after, GERMAN)
        assert (now.relevance, now.values.get("scored_by")) == (3, kept)
        assert plan.shows(now, judged, None, GERMAN)


def written_for(text: str, path: str = "x.md") -> Written:
    note = notes.read(path, text, GERMAN)
    values = {k: v for k, v in note.values.items() if k not in notes.SHARED}
    remembered = notes.remembered(
        {k: v for k, v in composing.properties(paper(), assessment()).items() if k in values}
    )
    return Written.of(
        path=path, keys=remembered, regions=note.regions, at="2025-03-06T06:00:00.000Z"
    )


def test_a_note_without_what_is_off_is_still_kb_s_own() -> None:
    text = composing.compose(paper(), assessment(), FORM_GERMAN)
    assert is_untouched("x.md", text, written_for(text), FORM_GERMAN)
    for mine in ("Sterne: 4", "Sterne:\nrating: 4", "Sterne:\nmood: good"):
        changed = text.replace("Sterne:", mine)
        assert not is_untouched("x.md", changed, written_for(text), FORM_GERMAN)


def test_what_a_reader_says_is_written_though_the_key_is_off() -> None:
    quiet = Form(FORM.template, FORM.name, Properties.of({"status": False, "rating": False}))
    made = frontmatter.read(composing.compose(paper(), assessment(), quiet))
    assert not {"status", "rating"} & made.keys()
    rated = frontmatter.read(composing.compose(paper(), assessment(), quiet, {"rating": 4}))
    assert rated["rating"] == 4


@given(
    st.dictionaries(
        st.sampled_from([k for k in KEYS if k not in ("aliases", "tags")]),
        st.from_regex(r"\A[A-Z][A-Za-z ]{0,8}[a-z]\Z"),
        max_size=8,
    )
)
def test_any_names_come_back_as_the_same_note(names: dict[str, str]) -> None:
    try:
        properties = Properties.of(names)
    except ValueError:
        return
    text = composing.compose(paper(), assessment(), Form(FORM.template, FORM.name, properties))
    assert notes.read("x.md", text, properties) == notes.read("x.md", note_text())
    assert list(frontmatter.read(text)) == [
        properties.name(key) for key in frontmatter.read(note_text())
    ]
    edited = properties.edit(text, {"announced": date(2025, 3, 7), "doi": "10.1/x"})
    values = properties.read(frontmatter.read(edited))
    assert (values["announced"], values["doi"]) == (date(2025, 3, 7), "10.1/x")


def test_live_views_speak_the_names_of_the_vault() -> None:
    base = resources.template_file("Papers.base").decode()
    assert views.renamed(base, PLAIN) == base
    text = views.renamed(base, GERMAN)
    told = yaml.safe_load(text)
    assert told["filters"]["and"][0] == 'file.hasProperty("arXiv")'
    inbox = told["views"][0]
    assert inbox["filters"]["and"] == ['Lesestand == "unread"']
    assert "wie nah" in inbox["order"]
    assert "note.wie nah" in told["properties"]
    assert views.renamed(text, GERMAN) == text
