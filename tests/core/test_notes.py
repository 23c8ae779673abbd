from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from standins.vaults import FORM, assessment, note_text, paper

from kb.core import composing, frontmatter, notes, regions
from kb.core.properties import KEYS, Form
from kb.errors import ConfigError


def test_a_new_note_has_the_promised_keys_in_order() -> None:
    values = frontmatter.read(note_text())
    assert list(values) == [key for key in KEYS if key in values]
    assert values["arxiv_id"] == "2503.00001"
    assert values["score"] == values["relevance"] + values["novelty"]  # type: ignore[operator]
    assert values["status"] == "unread"
    assert values["rating"] is None
    assert values["tags"] == ["paper"]
    for absent in ("doi", "journal", "withdrawn", "followed", "source", "provisional", "code"):
        assert absent not in values


def test_keys_that_are_known_are_there() -> None:
    found = composing.properties(
        paper(doi="10.1/x", journal="J. Inv. 1", comment="Code: https://github.com/some/thing.",
              withdrawn=True, source="sample"),
        assessment(followed=("A. Example",)),
    )  # fmt: skip
    assert found["doi"] == "10.1/x"
    assert found["code"] == "https://github.com/some/thing"
    assert found["withdrawn"] is True
    assert found["followed"] == ["A. Example"]
    assert found["source"] == "sample"


def test_the_body_is_one_region_and_room_for_the_reader() -> None:
    text = note_text()
    region = regions.find(text, "paper")
    assert region is not None
    assert "# An invented paper, number 1" in region.inner
    assert (
        "**Why it is here** (relevance 8, novelty 6, by local): Inventions: something"
        in region.inner
    )
    assert text[region.end :].split() == ["<!--", "kb:end", "paper", "-->", "##", "Notes"]


HOSTILE = st.text(
    alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("$|[]<>`\\#%{}-\n")),
    max_size=120,
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_a_paper_says_the_note_is_sound(title: str, abstract: str, author: str) -> None:
    text = composing.compose(
        paper(title=title or "x", abstract=abstract, authors=(author,), comment=abstract),
        assessment(comment=title, summary=" ".join(abstract.split())),
        FORM,
    )
    note = notes.read("Papers/x.md", text)
    assert note.refused == ""
    assert note.id == "2503.00001"
    assert list(note.regions) == ["paper"]
    block, _ = frontmatter.split(text)
    assert isinstance(yaml.safe_load(block.strip().strip("-")), dict)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("no region", "lost its region"),
        ("<!-- kb:begin paper -->\n\nx", "T"),
        ("{{ nonsense }}", "T, line 1"),
        ("line\n{% if %}", "T, line 2"),
        ("{{ ''.__class__.__mro__ }}", "T"),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}xxxxxxxxxx{% endfor %}{% endfor %}",
            "KiB",
        ),
    ],
)
def test_a_mistake_in_the_template_is_named(template: str, said: str) -> None:
    with pytest.raises(ConfigError, match="T") as caught:
        composing.body(paper(), assessment(), Form(template, "T"))
    assert said in str(caught.value)


def test_a_paper_is_data_to_the_template() -> None:
    text = composing.body(paper(title="{{ 7 * 7 }}"), assessment(), FORM)
    assert "49" not in text


def test_reading_is_kind_to_what_a_reader_types() -> None:
    note = notes.read(
        "a.md",
        '---\narxiv_id: 2503.1\ntitle:\nrelevance: "9"\nnovelty: 6.0\ntopics: One\nrating: five\n'
        "announced: 2025-03-06T10:00:00\nstatus: [x]\n---\n",
    )
    assert note.id == "2503.10000"
    assert (note.relevance, note.novelty, note.score) == (9, 6, 15)
    assert note.texts("topics") == ("One",)
    assert note.rating is None
    assert str(note.announced) == "2025-03-06"
    assert note.title == "a"
    assert note.status == ""


def test_the_score_follows_when_the_reader_overrules_a_part() -> None:
    note = notes.read(
        "a.md", '---\narxiv_id: "2503.00001"\nrelevance: 10\nnovelty: 6\nscore: 9\n---\n'
    )
    assert note.score == 16


@pytest.mark.parametrize(
    "property_line",
    [
        "url: https://arxiv.org/abs/2503.00001v2",
        'doi: "10.48550/arXiv.2503.00001"',
        "eprint: 2503.00001",
        "links: [x, 'http://arxiv.org/pdf/2503.00001.pdf']",
        "source: 'arXiv:2503.00001 [cs.LG]'",
    ],
)
def test_somebody_s_note_is_known_by_any_arxiv_trace(property_line: str) -> None:
    note = notes.read("Reading/x.md", f"---\n{property_line}\n---\nmine\n")
    assert note.id is None
    assert note.traces == ("2503.00001",)


def test_a_mention_in_the_text_is_no_trace() -> None:
    assert notes.read("x.md", "see arXiv:2503.00001\n").traces == ()


def test_a_broken_note_still_says_whose_it_is() -> None:
    note = notes.read("x.md", '---\narxiv_id: "2503.00001"\ntitle: "open\n---\n')
    assert note.id == "2503.00001"
    assert note.refused
    other = notes.read("x.md", "---\ntitle: [\n---\n")
    assert other.id is None


def test_what_the_reader_changed_is_seen_and_texts_are_not_kept() -> None:
    kept = notes.remembered(composing.properties(paper(), assessment()))
    assert "invented" not in str(kept)
    assert not notes.changed_by_reader("relevance", 8, kept)
    assert notes.changed_by_reader("relevance", 9, kept)
    assert not notes.changed_by_reader("title", paper().title, kept)
    assert notes.changed_by_reader("title", "Mine", kept)
    assert not notes.changed_by_reader("announced", "2025-03-06", kept)
    assert notes.changed_by_reader("doi", "10.1/mine", kept)
    assert not notes.changed_by_reader("doi", None, kept)
    assert "status" not in kept


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "1e300", "-2503.1"])
def test_a_number_that_is_no_id_breaks_no_note(value: str) -> None:
    assert "is not an arXiv id" in notes.read("x.md", f"---\narxiv_id: {value}\n---\n").refused
    assert notes.read("x.md", f"---\neprint: {value}\n---\n").traces == ()
