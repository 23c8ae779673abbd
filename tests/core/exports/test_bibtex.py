from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.entries import BARE, ENTRIES, HARD, PLAIN

from kb.core.exports import texsafe
from kb.core.exports.bibtex import bibtex, key
from kb.core.exports.entries import Entry
from kb.core.listed import title_key
from kb.sources.lists import read_list


def test_a_record_in_full() -> None:
    assert bibtex([PLAIN]) == (
        "@article{made2413.00001,\n"
        "  title         = {Counting toy clouds},\n"
        "  author        = {van der Made, Ada and {The Cloud Team}},\n"
        "  journal       = {J. Toy 3 (2025) 12},\n"
        "  year          = {2024},\n"
        "  month         = dec,\n"
        "  eprint        = {2413.00001},\n"
        "  archiveprefix = {arXiv},\n"
        "  primaryclass  = {cs.LG},\n"
        "  doi           = {10.1000/toy_1},\n"
        "  url           = {https://arxiv.org/abs/2413.00001},\n"
        "  note          = {12 pages \\& 3 figures},\n"
        "  keywords      = {Counting, Clouds},\n"
        "  abstract      = {We count toy clouds.},\n"
        "}\n"
    )


def test_a_preprint_without_anything_known() -> None:
    text = bibtex([BARE])
    assert text.startswith("@misc{arxiv2504.12345,\n")
    assert "year          = {2025}" in text
    assert "month         = apr," in text
    assert "doi" not in text
    assert "journal" not in text


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        (("Ada van der Made",), "made2413.00001"),
        (("Émile Ó Nyl",), "nyl2413.00001"),
        ((r"Erd\H{o}s, Paul",), "erdos2413.00001"),
        (("李雷",), "arxiv2413.00001"),
        (("The Cloud Team",), "thecloudteam2413.00001"),
        ((), "arxiv2413.00001"),
    ],
)
def test_keys_depend_on_the_paper_alone(authors: tuple[str, ...], expected: str) -> None:
    assert key(replace(PLAIN, authors=authors)) == expected
    assert key(replace(PLAIN, authors=authors, title="Renamed", announced=None)) == expected


def test_old_ids_make_keys_without_a_slash() -> None:
    assert key(HARD) == "kuhnhep-th-9901001"


def test_what_is_hard_to_write_is_read_back() -> None:
    (entry,) = read_list(bibtex([HARD]).encode(), "x.bib").entries
    assert (entry.id, entry.year) == ("hep-th/9901001", 1999)
    assert (
        entry.title == "A $\\sqrt{n}$-bound, 100% sharp & odd #1: ‘x_y’ | <b> **LLM**s á la naïve"
    )
    assert entry.authors == (
        "Zoë Kühn",
        "Łukasz Ó Nyl Jr.",
        "Jane Doe",
        "李雷",
        "B. and Co. Project",
    )
    assert entry.topics == ("Über & unter", "Counting")


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("a & b_c 100% #1", r"a \& b\_c 100\% \#1"),
        ("Erdős, Łódź", r"Erd{\H{o}}s, {\L}{\'o}d{\'z}"),
        (r"na\"{i}ve", r"na{\"\i}ve"),
        ("x – y — z…", r"x -- y --- z\dots{}"),
        ("“quoted” ‘it’", "``quoted'' `it'"),
        ("$a_b$ costs $5", r"$a_b$ costs \$5"),
        ("{ open", r"\textbraceleft{} open"),
        (r"$\{x\}$ and $\{x$", r"$\{x\}$ and \textbackslash{}\textbraceleft{}x"),
        (r"\emph{this} \textbf{that}", r"\emph{this} \textbf{that}"),
        (r"$\ä$", r"\textbackslash{}{\"a}"),
        (r"$\ł\alpha$", r"\textbackslash{}{\l}\textbackslash{}alpha"),
        ("α-helix", r"{\ensuremath{\alpha}}-helix"),
        ("日本", "日本"),
        ('~ ^ < > | "', r"\textasciitilde{} \textasciicircum{} \textless{} \textgreater{} \textbar{} {''}"),
    ],
)  # fmt: skip
def test_text_as_tex(text: str, tex: str) -> None:
    assert texsafe.tex(text) == tex


@pytest.mark.parametrize(
    ("title", "tex"),
    [
        ("Clouds in LLMs and GPT-4 for McDoe", "Clouds in {LLMs} and {GPT-4} for {McDoe}"),
        ("A bound on Gaussian clouds: Why it holds", "A bound on {Gaussian} clouds: Why it holds"),
        ("Counting Clouds Under Gaussian Noise", "Counting Clouds Under Gaussian Noise"),
        ("3D clouds", "{3D} clouds"),
        ("On $L_2$ norms of U-Nets", "On $L_2$ norms of {U-Nets}"),
    ],
)
def test_capitals_that_no_style_may_take_away(title: str, tex: str) -> None:
    assert texsafe.title(title) == tex


def even(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


@given(st.text() | st.text(alphabet=st.sampled_from(list("abłä’ $\\{}^_%<"))))
def test_no_text_breaks_out_of_its_braces(text: str) -> None:
    """BibTeX counts every brace, TeX those without a backslash: both come out even."""
    for made in (texsafe.tex(text), texsafe.title(text), texsafe.literal(text)):
        assert even(made)
        assert even(re.sub(r"\\.", "", made))
        assert "\n" not in made


@given(st.lists(ENTRIES, max_size=6, unique_by=lambda entry: entry.id))
def test_any_papers_are_read_back(entries: list[Entry]) -> None:
    listing = read_list(bibtex(entries).encode(), "x.bib", form="bibtex")
    assert listing.odd == ()
    assert [entry.id for entry in listing.entries] == [entry.id for entry in entries]
    for read, written in zip(listing.entries, entries, strict=True):
        assert read.authors == written.authors
        assert read.topics == tuple(
            dict.fromkeys(part for topic in written.topics for part in topic.split(", "))
        )
        if "$" not in written.title and "\\" not in written.title:
            assert title_key(read.title) == title_key(written.title)
