from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kb.core.names import MAX_BYTES, MissingField, key, render_template, safe_relative, stem, unique

RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"
}
titles = st.one_of(
    st.text(max_size=60),
    st.text(
        alphabet=' .:/\\*?"<>|#^[]%$-~aA1én\u0301\u200b\u202e\n\t\0🙂\U0001f468\u200d\U0001f469',
        max_size=40,
    ),
    st.text(alphabet=st.characters(), min_size=40, max_size=200),
    st.builds("{}{}".format, st.sampled_from(sorted(RESERVED)), st.text(max_size=5)),
    st.builds("{}.{}".format, st.sampled_from(sorted(RESERVED)), st.text(max_size=200)),
)


def assert_legal(name: str) -> None:
    assert name
    assert len(name.encode()) <= MAX_BYTES
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set('\\/:*?"<>|#^[]')
    assert "%%" not in name
    assert name == name.strip(" .")
    assert not any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in name
    )
    assert name.split(".")[0].strip(" ").upper() not in RESERVED
    assert not name.lower().endswith((".md", ".canvas", ".base"))


@settings(max_examples=400, deadline=None)
@given(titles, titles)
@example("con.", "nul")
@example("CON.md", "x")
@example("%\u200b%", "x")
@example("e\u200d\u0301" * 60, "x")
def test_every_title_gives_a_name_that_is_legal_everywhere(title: str, fallback: str) -> None:
    name = stem(title, fallback=fallback)
    assert_legal(name)
    assert stem(name, fallback=name) == name
    assert safe_relative(f"Papers/{name}.md") == PurePosixPath("Papers", f"{name}.md")


@settings(max_examples=200, deadline=None)
@given(st.lists(titles, min_size=2, max_size=6), st.sampled_from(["2503.03213", "hep-th/9901001"]))
def test_names_given_out_one_by_one_never_clash(many: list[str], marker: str) -> None:
    taken: set[str] = set()
    for title in [*many, *many, *(t.upper() for t in many)]:
        name = unique(stem(title, fallback="2503.03213"), taken, marker=marker)
        assert_legal(name)
        assert key(name) not in taken
        taken.add(key(name))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ('A title: with "quotes" and $\\sqrt{n}$', "A title - with 'quotes' and sqrt n"),
        ("Learning $\\mathcal{O}(n)$ things", "Learning O(n) things"),
        ("Why? Because/of *that*", "Why Because-of that"),
        ("From 3:1 to C#, [sic] <think> a|b", "From 3-1 to C♯, (sic) ‹think› a-b"),
        ("..hidden. ", "hidden"),
        ("- leading", "leading"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("COM¹", "_COM¹"),
        ("Console", "Console"),
        ("README.md", "README md"),
        ("a\nb\tc\u2028d", "a b c d"),
        ("E\u0301tude", "Étude"),
        ("right\u202eleft\u200b", "rightleft"),
        ("100%% sure", "100% sure"),
        ("costs $5", "costs ＄5"),
        ("???", "2503.03213"),
        ("\ud800", "2503.03213"),
        ("Trailing colon:", "Trailing colon"),
    ],
)
def test_titles_stay_readable(title: str, name: str) -> None:
    assert stem(title, fallback="2503.03213") == name


def test_long_titles_are_cut_between_words_and_never_inside_a_character() -> None:
    name = stem("word " * 60, fallback="x")
    assert name == "word " * 23 + "word"
    assert stem("é" * 200, fallback="x") == "é" * 60
    accents = stem("a" * 119 + "\u0323\u0335\u0336", fallback="x")
    assert accents == "a" * 118
    assert stem("a" * 115 + "👍🏽", fallback="x") == "a" * 115
    flags = stem("a" * 110 + "🇪🇺🇫🇷", fallback="x")
    assert flags == "a" * 110 + "🇪🇺"


def test_a_clash_is_told_apart_by_the_id_and_then_by_a_number() -> None:
    taken = {key("Attention"), key("attention (2503.03213)")}
    assert unique("Other", taken, marker="2503.03213") == "Other"
    assert (
        unique("ATTENTION", {key("Attention")}, marker="hep-th/9901001")
        == "ATTENTION (hep-th-9901001)"
    )
    assert unique("Attention", taken, marker="2503.03213") == "Attention (2503.03213 2)"
    long = stem("x" * 200, fallback="x")
    assert unique(long, {key(long)}, marker="2503.03213") == "x" * 107 + " (2503.03213)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Étude", "e\u0301TUDE"),
        ("STRASSE", "straße"),
        ("ﬁne", "FINE"),
        ("Kelvin \u212a", "kelvin k"),
        ("ı", "I"),
        ("a\u200bb", "AB"),
        ("x.", "x"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
def test_names_that_some_file_system_takes_for_one_share_a_key(one: str, other: str) -> None:
    assert key(one) == key(other)
    assert key(one) != key(f"{other} 2")


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "  ",
            "/etc",
            "//server/x",
            "..",
            "a/../b",
            "a/./b",
            ".",
            "C:/x",
            "c:x",
            "a\\b",
            "~/x",
        ),
        *(
            "a//b",
            "/",
            ".git/hooks",
            ".kb/ledger",
            "a/.obsidian",
            "a/ . ./b",
            "a/\u200b../b",
            "???/a",
        ),
        *("a/.\u200b./b", "..\0/x", " ../x", "../", "x" * 300),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(ValueError):
        safe_relative(path)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="./\\~: aA\u200b\u202e\0\n%Cc*…", max_size=20))
def test_a_safe_path_stays_inside_whatever_it_is_made_of(path: str) -> None:
    try:
        safe = safe_relative(path)
    except ValueError:
        return
    assert not safe.is_absolute()
    assert not any(part.startswith(".") or part.endswith((".", " ")) for part in safe.parts)
    assert safe_relative(str(safe)) == safe


def test_folders_are_cleaned_part_by_part() -> None:
    assert str(safe_relative("arXiv/Papers: new/2025-03/")) == "arXiv/Papers - new/2025-03"
    assert str(safe_relative("aux/con.x")) == "_aux/_con.x"


def test_templates_are_filled_with_dates_and_words() -> None:
    values = {"announced": date(2025, 3, 6), "title": "a/b\\c", "version": 2, "n": None}
    assert render_template("Papers/{announced:%Y-%m}", values) == "Papers/2025-03"
    assert render_template("{announced:%Y/%m}/{announced}", values) == "2025/03/2025-03-06"
    assert render_template("{title} v{version} {{x}}", values) == "a-b-c v2 {x}"
    moment = {"submitted": datetime(2025, 3, 5, 14, 0, tzinfo=UTC)}
    assert render_template("{submitted}", moment) == "2025-03-05"
    with pytest.raises(MissingField) as caught:
        render_template("{n:%Y}", values)
    assert caught.value.field == "n"


@pytest.mark.parametrize(
    "template",
    [
        *("{title.__class__}", "{title[0]}", "{title!r}", "{}", "{0}", "{unknown}", "{title", "}"),
        *(
            "{title:>10}",
            "{announced:%-d}",
            "{announced:%}",
            "{announced:%s}",
            "{announced:{title}}",
            "{list}",
        ),
    ],
)
def test_templates_with_anything_but_plain_fields_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        render_template(template, {"title": "x", "announced": date(2025, 3, 6), "list": []})
