from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.keywords import plain_text, split_keywords
from kb.core.topics import Topics, parse_topics


def parse(text: str) -> Topics:
    return parse_topics(dedent(text))


PLAIN = """\
    # Topics
    Read by one who builds bridges.

    ## Stone arches
    How they stand.
    Relevant: voussoirs, falsework
    Not relevant: pictures of bridges
    Keywords: keystone, dry stone (DS)
    Negative keywords: dental bridge

    ## Cables
    Keywords: suspension

    ## Authors to follow
    - Jane Doe

    ## Everywhere
    Keywords: load, ...
    Negative keywords: card game, etc.
    """


def test_the_documented_shape_is_understood() -> None:
    topics = parse(PLAIN)
    arches, cables = topics.topics
    assert topics.about == "Read by one who builds bridges."
    assert (arches.name, arches.line) == ("Stone arches", 4)
    assert arches.description == "How they stand."
    assert arches.relevant == "voussoirs, falsework"
    assert arches.not_relevant == "pictures of bridges"
    assert arches.keywords == ("keystone", "dry stone", "DS")
    assert arches.negative_keywords == ("dental bridge",)
    assert (cables.name, cables.keywords) == ("Cables", ("suspension",))
    assert topics.follow == ("Jane Doe",)
    assert topics.keywords == ("load",)
    assert topics.negative_keywords == ("card game",)
    assert topics.unplaced == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("Relevant:", "**Relevant**:").replace("Keywords:", "**keywords:**"),
        lambda text: text.replace("Relevant:", "- Keep:").replace("- Not relevant", "Not relevant"),
        lambda text: text.replace("Not relevant:", "Filter:").replace("Relevant:", "RELEVANT:"),
        lambda text: text.replace("Negative keywords:", "Application:"),
        lambda text: text.replace("keystone", "[[Key|keystone]]").replace("load", "[load](a.md)"),
        lambda text: text.replace("keystone, dry stone (DS)", "\n- keystone\n- dry stone (DS)"),
        lambda text: text.replace("## Stone", "## 1) Stone").replace("## Cables", "## 2. Cables ##"),
        lambda text: text.replace("## Cables", "<!-- ## Lead -->\n\n%% Keywords: tin\n%%\n## Cables"),
        lambda text: text.replace("keystone,", "keystone ;").replace("- Jane", "* [ ] Jane"),
    ],
)  # fmt: skip
def test_layout_does_not_matter(change: object) -> None:
    said = parse_topics(change(dedent(PLAIN)))  # type: ignore[operator]
    assert said.digest == parse(PLAIN).digest
    assert said.follow == ("Jane Doe",)
    assert said.unplaced == ()


@pytest.mark.parametrize(
    "words", ["keystone", "voussoirs", "pictures", "How they", "load", "card game"]
)
def test_what_matters_changes_the_digest_and_authors_do_not(words: str) -> None:
    assert parse(PLAIN.replace(words, "otherwise")).digest != parse(PLAIN).digest
    assert parse(PLAIN.replace("Jane", "John")).digest == parse(PLAIN).digest


def test_frontmatter_is_skipped_and_lines_keep_their_numbers() -> None:
    topics = parse_topics("---\ntags: [a]\nlist:\n  - b\n---\n\n## Topic\nKeywords: c\n")
    assert [(t.name, t.line, t.keywords) for t in topics.topics] == [("Topic", 7, ("c",))]


def test_a_rule_at_the_top_is_no_frontmatter() -> None:
    assert [t.name for t in parse_topics("---\n## One\nbody\n\n---\n## Two\n").topics] == [
        "One",
        "Two",
    ]


def test_numbered_topics_with_keep_and_filter() -> None:
    topics = parse(
        """\
        ## Relevant Topics

        Only what is new.

        1. Arches
        - Keep: stones, and mortar.
        - Filter: photographs.

        2. **Cables**: steel ropes
           - Keep: strands
             and wires

        3. Piers

        Usually leave these alone:
        - card games
        - tales of bridges, trolls, and similar things
        """
    )
    assert topics.about.startswith("Only what is new.")
    assert [(t.name, t.description, t.relevant, t.not_relevant) for t in topics.topics] == [
        ("Arches", "", "stones, and mortar.", "photographs."),
        ("Cables", "steel ropes", "strands and wires", ""),
        ("Piers", "", "", ""),
    ]
    assert topics.negative_keywords == ("card games", "tales of bridges", "trolls")
    assert topics.keywords == ()


def test_a_general_list_after_numbered_topics_holds_everywhere() -> None:
    topics = parse(
        """\
        1. Arches
           - Relevant: stones

        **Keywords:**

        - Relevant: Stone/Brick, Low-arch, etc.
        - Irrelevant: Poetry
        - Application: Spatial/Temporal Planning
        """
    )
    assert [t.keywords for t in topics.topics] == [()]
    assert topics.keywords == ("Stone", "Brick", "Low-arch")
    assert topics.negative_keywords == ("Spatial Planning", "Temporal Planning", "Poetry")


def test_headings_below_a_heading_are_the_topics() -> None:
    topics = parse("# Mine\n## Bridges\n### Arches\n#### Keywords\n- stone\n### 2) Cables\nropes\n")
    assert [(t.name, t.keywords) for t in topics.topics] == [("Arches", ("stone",)), ("Cables", ())]


def test_a_bare_list_is_taken_for_topics() -> None:
    topics = parse("# Topics\n- Arches: how they stand\n- **Cables**\n")
    assert [(t.name, t.description) for t in topics.topics] == [
        ("Arches", "how they stand"),
        ("Cables", ""),
    ]


def test_a_topic_called_applications_is_a_topic() -> None:
    assert [t.name for t in parse("## Applications\nof arches\n## Focus\n").topics] == [
        "Applications",
        "Focus",
    ]


def test_a_file_without_topics_has_none() -> None:
    assert parse_topics("").topics == ()
    assert parse_topics("# Topics\n\nNothing yet.\n").topics == ()


def test_misspelt_labels_and_loose_lines_are_reported_and_stay_readable() -> None:
    topics = parse(
        """\
        ## Arches
        Keywrods: stone
        ## Everywhere
        Please be strict.
        ## Authors to follow
        whoever writes well about bridges, arches and all that
        """
    )
    assert [number for number, _ in topics.unplaced] == [2, 4, 6]
    assert "Keywrods: stone" in topics.about
    assert "Please be strict." in topics.about


def test_an_unclosed_comment_hides_nothing() -> None:
    assert [t.name for t in parse("<!-- note\n## Arches\n").topics] == ["Arches"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("- Jane Doe\n- J. F. Kennedy (Harvard)", ("Jane Doe", "J. F. Kennedy")),
        ("Jane Doe, Émile Zola", ("Jane Doe", "Émile Zola")),
        ("- [[Jane Doe]]; John Roe", ("Jane Doe", "John Roe")),
        ("- Doe, Jane", ("Doe, Jane",)),
        ("- 李 明 - about stones", ("李 明",)),
    ],
)
def test_followed_authors(written: str, names: tuple[str, ...]) -> None:
    assert parse(f"## Authors to follow\n{written}\n").follow == names
    first = written.splitlines()[0].removeprefix("- ")
    if ";" not in written and len(written.splitlines()) == 1:
        assert parse(f"## Topic\nFollow: {first}\nKeywords: a\n").follow == names


@pytest.mark.parametrize(
    ("listed", "keywords"),
    [
        ("a b, c; d", ("a b", "c", "d")),
        ("Mixture of Experts (MoE), etc.", ("Mixture of Experts", "MoE")),
        ("low-rank (e.g. LoRA, SVD)", ("low-rank", "LoRA", "SVD")),
        ("Image/Video Understanding", ("Image Understanding", "Video Understanding")),
        ("A/B testing", ("A/B testing",)),
        ("Stone, stone, 'brick', and mortar.", ("Stone", "brick", "mortar")),
        ("..., and so on, etc", ()),
    ],
)
def test_keyword_lists(listed: str, keywords: tuple[str, ...]) -> None:
    assert split_keywords([listed]) == keywords


def test_markup_becomes_text() -> None:
    text = "**a** [[b|c]] `d` *e* [f](g) snake_case ~~h~~ ![i](j) [[k]]"
    assert plain_text(text) == "a c d e f snake_case h i k"


@pytest.mark.parametrize(
    ("era", "count", "general"),
    [("E1_gpt-4o", 6, 11), ("E2_gpt-5", 4, 11), ("E3b_gpt-5.4", 4, 0), ("E4_gpt-5.4", 5, 0)],
)
def test_real_topic_files_are_understood_whole(
    shared_data: Path, era: str, count: int, general: int
) -> None:
    file = shared_data / "arxiv-days" / "topics" / f"{era}.topics.txt"
    topics = parse_topics(file.read_text("utf-8"))
    assert len(topics.topics) == count
    assert all(t.relevant and t.not_relevant for t in topics.topics)
    assert len(topics.keywords) == general
    assert len(topics.negative_keywords) >= 15
    assert topics.unplaced == ()


LINE = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["# ", "## ", "### ", "1. ", "2) ", "- ", "  - ", "> ", "**Keywords:** ", "Relevant: ", "- Filter: ",
             "Authors to follow: ", "## Everywhere", "## Authors to follow", "Negative keywords: ", "---", "<!--", "%%",
             "Keywords", "* [ ] ", "**", "[["]
        ),
        st.text(alphabet="abc ,;:/()-*_.[]|", max_size=25),
        st.sampled_from(["", ":", " -->", "**", "%%"]),
    ),
)  # fmt: skip


@given(st.lists(LINE, max_size=15).map("\n".join))
def test_no_file_is_too_odd(text: str) -> None:
    topics = parse_topics(text)
    assert parse_topics(text) == topics
    assert all(t.name.strip() and "\n" not in t.name for t in topics.topics)
    assert all(k.strip() for k in (*topics.keywords, *topics.negative_keywords, *topics.follow))
    lines = len(re.split(r"\r\n|\r|\n", text))
    assert all(1 <= number <= lines for number, _ in topics.unplaced)


WORDS = st.lists(st.from_regex(r"[b-df-hj-np-tv-z]{6,9}", fullmatch=True), min_size=1, max_size=4)
PREFIX = st.sampled_from(
    ["", "", "- ", "  - ", "1. ", "# ", "## ", "### ", "Keywords: ", "Relevant: ", "**Not relevant:** ",
     "Negative keywords: ", "- Keep: ", "Zzzqqx: ", "## Everywhere\n", "## Authors to follow\n", "\n"]
)  # fmt: skip


@given(st.lists(st.tuples(PREFIX, WORDS, st.sampled_from([" ", ", "])), max_size=12))
def test_every_word_is_kept_somewhere(lines: list[tuple[str, list[str], str]]) -> None:
    text = "\n".join(prefix + glue.join(words) for prefix, words, glue in lines)
    kept = repr(parse_topics(text))
    missing = {w for _, words, _ in lines for w in words if w not in kept}
    assert not missing, text
