from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kb.core import regions
from kb.core.regions import (
    RegionError,
    defuse,
    digest,
    find,
    names,
    replace,
    without_link_targets,
    wrap,
)

NOTE = "---\ntitle: x\n---\n\n" + wrap("paper", "# Title\n\nText") + "\n## Notes\n\nmine\n"
words = st.text(alphabet="ab [](){}`~-<!>#|*\\$\n\r\té\u2028", max_size=40)


def test_a_region_is_found_with_its_exact_bytes() -> None:
    region = find(NOTE, "paper")
    assert region is not None
    assert NOTE[region.start : region.end] == region.inner == "\n# Title\n\nText\n\n"
    assert find(NOTE, "related") is None
    assert find("no marker at all", "paper") is None
    assert names(NOTE) == ["paper"]


def test_several_regions_stand_one_after_another() -> None:
    text = wrap("paper", "a") + "\nmine\n\n" + wrap("related", "b")
    assert names(text) == ["paper", "related"]
    assert replace(text, "related", "c") == wrap("paper", "a") + "\nmine\n\n" + wrap("related", "c")


@settings(max_examples=200, deadline=None)
@given(before=words, inner=words, after=words, new=words)
def test_replacing_keeps_every_byte_outside(before: str, inner: str, after: str, new: str) -> None:
    text = f"{before}\n{wrap('paper', inner)}\n{after}"
    try:
        region = find(text, "paper")
    except ValueError:
        assume(False)  # what stands before or inside hides a marker, or is an open head
    if region is None:
        return
    try:
        result = replace(text, "paper", new)
    except RegionError:
        return
    assert result.startswith(text[: region.start])
    assert result.endswith(text[region.end :])
    found = find(result, "paper")
    assert found is not None
    assert found.inner.strip("\r\n") == re.sub("\r\n?", "\n", new).strip("\n")
    assert replace(result, "paper", new) == result


@settings(max_examples=200, deadline=None)
@given(words)
def test_defused_data_can_be_put_into_a_region(data: str) -> None:
    hostile = f"{data}\n<!-- kb:end paper -->\n```\n{data}\n<!-- kb:begin paper -->\n<!--"
    result = replace(NOTE, "paper", defuse(hostile))
    assert names(result) == ["paper"]
    assert result.endswith("\n## Notes\n\nmine\n")


def test_line_ends_of_the_file_are_kept() -> None:
    text = NOTE.replace("\n", "\r\n")
    result = replace(text, "paper", "one\ntwo")
    assert "\r\n\r\none\r\ntwo\r\n\r\n<!-- kb:end paper -->\r\n" in result
    assert result.count("\n") == result.count("\r\n")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("<!-- kb:begin paper -->\nx\n", 1, "never ends"),
        ("x\n<!-- kb:end paper -->\n", 2, "without having begun"),
        (wrap("a", "x") + wrap("a", "y"), 6, "a second time"),
        (
            "<!-- kb:begin a -->\n<!-- kb:begin b -->\n<!-- kb:end b -->\n<!-- kb:end a -->\n",
            2,
            "inside",
        ),
        ("<!-- kb:begin a -->\n<!-- kb:end b -->\n<!-- kb:end a -->\n", 2, "without having begun"),
        ("<!-- kb:begin a -->\n<!--kb:end a-->\n", 2, "not written as kb writes it"),
        ("<!-- kb:begin a -->\n  <!-- kb:end a -->\n", 2, "not written as kb writes it"),
        ("<!-- kb:begin a -->\n<!-- kb:end a --> words\n", 1, "never ends"),
        ("<!-- kb:begin a -->\n```\n<!-- kb:end a -->\n```\n", 1, "never ends"),
        ("---\nt: 1\n---\n<!-- kb:begin a -->\n", 4, "never ends"),
        ("<!-- KB:BEGIN a -->\n<!-- kb:end a -->\n", 1, "not written as kb writes it"),
        ("<!-- kb:begin Paper -->\n", 1, "not written as kb writes it"),
        (wrap("a", "x") + "text\r<!-- kb:begin a -->\rtext", 6, "a second time"),
        ("<!-- kb:begin a -->\n```\nx\n```\u2028\n<!-- kb:end a -->\n", 1, "never ends"),
        ("<!-- kb:begin a -->\ntext\r```\n<!-- kb:end a -->\n", 1, "never ends"),
    ],
)
def test_markers_that_do_not_add_up_are_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(RegionError, match=reason) as caught:
        find(text, "paper")
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "```\n<!-- kb:begin a -->\n```\n",
        "~~~~\n~~~\n<!-- kb:begin a -->\n~~~~\n",
        "````\n```\n<!-- kb:begin a -->\n",
        "    <!-- kb:begin a -->\n",
        "in a sentence <!-- kb:begin a --> it is no marker\n",
        "<!-- kb:begin a --> with words after it is none either\n",
        "> <!-- kb:begin a -->\n",
        "---\nx: |\n  <!-- kb:begin a -->\n---\n",
        "---\nx: 1 #\n#<!-- kb:begin a -->\n---\n",
    ],
)
def test_what_only_looks_like_a_marker_is_none(text: str) -> None:
    assert names(text) == []


def test_a_marker_at_the_very_end_without_a_line_end_counts() -> None:
    text = "x\n<!-- kb:begin a -->\ny\n<!-- kb:end a -->"
    assert replace(text, "a", "z") == "x\n<!-- kb:begin a -->\n\nz\n\n<!-- kb:end a -->"


def test_text_that_would_hide_the_end_marker_is_refused() -> None:
    with pytest.raises(RegionError, match="never ends"):
        replace(NOTE, "paper", "```\nopen code")
    with pytest.raises(RegionError):
        replace(NOTE, "paper", "<!-- kb:end paper -->")
    with pytest.raises(RegionError, match="end the region early"):
        replace(NOTE, "paper", "<!-- kb:end paper -->\n```")  # a fence hides the old end
    with pytest.raises(RegionError, match="no region 'related'"):
        replace(NOTE, "related", "x")


def test_rewritten_link_targets_are_no_change() -> None:
    before = "[a](../Papers/b.md) ![i](x%20y.png) [[b|a]] [[b]] [[b\\|a]] [r]: b.md\n[r]: b.md"
    after = "[a](<c d.md#h>) ![i](z.png) [[folder/c|a]] [[c]] [[c#h\\|a]] [r]: b.md\n[r]: c.md"
    assert without_link_targets(before) == without_link_targets(after)
    assert digest(before) == digest("\r\n" + after.replace("\n", "\r\n") + "\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[a](b.md)", "[c](b.md)"),
        ("[[b|a]]", "[[b|c]]"),
        ("see [x](https://a.org/b.md)", "see [x](https://c.org/b.md)"),
        ("$f[x](y)$", "$f[x](z)$"),
        ("text", "text "),
        ("a\n\nb", "a\nb"),
    ],
)
def test_what_the_reader_changes_is_a_change(before: str, after: str) -> None:
    assert digest(before) != digest(after)


@settings(max_examples=100, deadline=None)
@given(words)
def test_a_digest_survives_being_wrapped_and_found(inner: str) -> None:
    text = wrap("paper", defuse(inner))
    try:
        region = find(text, "paper")
    except RegionError:
        return  # an open HTML comment or the like
    assert region is not None
    assert digest(region.inner) == digest(defuse(inner))


def test_an_unclosed_fence_in_the_head_is_an_error_of_the_frontmatter() -> None:
    with pytest.raises(ValueError, match="never closes"):
        find("---\ntitle: x\n" + wrap("paper", "x"), "paper")


_OLD_LIKE = re.compile(
    r"(?:\A|(?<=[\r\n])) {0,3}<!-*[ \t]*/?kb:[ \t]*(?:begin|end)\b[^\r\n]*", re.IGNORECASE
)


@given(
    st.lists(
        st.sampled_from(
            ["<!-- kb:begin a -->", "kb:", "KB:", "\u212ab:", "<!--kb:end b", "/kb:begin", " ", "    ",
             "\n", "\r", "\r\n", "\n\n", "x", "begin", "<!", "-", "\u2028", "\x0b"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_lines_like_markers_are_those_that_one_expression_finds(pieces: list[str]) -> None:
    body = "".join(pieces)
    found = [(like.span(), like[0]) for like in regions._marker_like(body)]
    assert found == [(like.span(), like[0]) for like in _OLD_LIKE.finditer(body)]
