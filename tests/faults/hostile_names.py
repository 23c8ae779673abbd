"""Fault 11: hostile titles and ids become names that are legal, apart, and inside the vault.

The rules are written down here once more, from Microsoft's and Android's own lists and CONTRACT
section 2, and owe nothing to `kb.core.names`.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from faults.tally import Tally
from markdown_it import MarkdownIt
from standins.vaultfiles import Ours
from standins.vaults import paper

from kb.core.links import markdown_link, read_links, wiki_link
from kb.core.note_names import NamePlan
from kb.core.papers import Paper, parse_arxiv_id
from kb.errors import Refused
from kb.vault.files import VaultFiles

DEFAULT = ("Papers/{announced:%Y-%m}", "{title}")
TEMPLATES = [
    *[DEFAULT] * 6,
    ("Papers/{primary}", "{id}"),
    ("{first_author}/{year}", "{id} {title}"),
    ("Papers/{title}", "{first_author} {year}"),
    ("{title}/{title}", "{title}{title}"),
    ("Papers/{id}", "{primary}"),
    ("{title}/../..", "{title}"),
    ("{first_author}", "../{title}"),
    ("Papers/.{title}", ".{id}"),
]
_PIECES = [
    *(
        "../",
        "..\\",
        "/",
        "\\",
        "..",
        ".",
        "~",
        "~/",
        "C:",
        "c:\\",
        "//host/x",
        "%2e%2e%2f",
        "${HOME}",
    ),
    *("CON", "con", "NUL.md", "aux ", "COM1", "lpt9.", "COM¹", "CONIN$", "PRN:", "clock$"),
    *(
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\0",
        "\x01",
        "\x1f",
        "\x7f",
        "\x80",
        "\x9f",
        "\u2028",
        "\u200b",
    ),
    *("\u202e", "\u2066", "\ufeff", "\ufffe", "\ud800", "\udfff", "\ue000", "\u200d", "\u00ad"),
    *(
        "e\u0301",
        "é",
        "É",
        "ß",
        "SS",
        "ı",
        "I",
        "İ",
        "ſ",
        "ﬁ",
        "Å",
        "\u212b",
        "\u212a",
        "ϓ",
        "Σ",
        "ς",
    ),
    *("🙂", "👩\u200d🔬", "👍🏽", "🇪🇺", "\u0301", "\u0323", "漢字", "한글", "한", "ﷺ", "𝒪"),
    *(
        "<",
        ">",
        ":",
        '"',
        "|",
        "?",
        "*",
        "#",
        "^",
        "[",
        "]",
        "[[",
        "]]",
        "%%",
        "%",
        "`",
        "$",
        "&amp;",
    ),
    *(
        "![[",
        "](",
        "<!--",
        "-->",
        "---",
        "==",
        "~~",
        "__",
        "\\",
        "$\\sqrt{n}$",
        "\\mathcal{O}",
        "{x}",
    ),
    *(
        "a",
        "A",
        "word",
        "Word",
        "Attention",
        "attention",
        "-",
        "_",
        "(",
        ")",
        "'",
        ",",
        ";",
        "!",
        "+",
    ),
    *(
        ".md",
        ".MD",
        ".canvas",
        ".git",
        ".obsidian",
        ".kb",
        ".trash",
        "x" * 130,
        "é" * 70,
        "漢" * 60,
    ),
]
_IDS = [
    *("2503.03213", "hep-th/9901001", "math.GT/0309136", "../../x", "..", "/etc/passwd", "C:\\x"),
    *("2503.03213v1", "2503.03213/../../x", "hep-th/../9901001", "\0", "", "a\nb", "CON", "2503.1"),
    *(
        "hep-th\\9901001",
        "%2e%2e/x",
        "2503.03213 ",
        "２５０３.０３２１３",
        "٢٥٠٣.٠٣٢١٣",
        "<x>",
        "[[x]]",
    ),
]
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_WINDOWS = re.compile(
    r"(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³]|CONIN\$|CONOUT\$) *(\.|$)", re.IGNORECASE
)
# FatUtils and FileUtils.buildValidFatFilename in Android's own sources; Obsidian's link signs.
_NEVER = set('"*/:<>?\\|\x7f') | set("#^[]") | {chr(code) for code in range(32)}


def run(
    count: int,
    *,
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Tally:
    """`count` papers are given names in vaults of 100; each name of every tenth vault is a file."""
    chance = random.Random(seed)
    tally = Tally()
    for arxiv_id in _IDS:
        with tally.trial(f"the id {arxiv_id!r}"):
            _check_id(arxiv_id)
    for number, start in enumerate(range(0, count, 100)):
        root = folder / f"vault-{number}" if number % 10 == 0 else None
        _vault(tally, chance, min(100, count - start), root)
        progress(min(start + 100, count), count)
    return tally


def _check_id(written: str) -> None:
    try:
        found = parse_arxiv_id(written).id
    except ValueError:
        return
    assert re.fullmatch(r"[0-9]{4}\.[0-9]{4,5}|[a-z-]+(\.[A-Z]{2})?/[0-9]{7}", found), found


def _vault(tally: Tally, chance: random.Random, count: int, root: Path | None) -> None:
    template = chance.choice(TEMPLATES)
    taken: set[str] = set()
    names = NamePlan(taken, *template, root=chance.choice(["", "", "arXiv"]))
    given: dict[str, str] = {}
    if root is not None:
        root.mkdir()
    files = VaultFiles(root, ours=Ours()) if root is not None else None
    titles = [_title(chance) for _ in range(count)]
    for number, title in enumerate(titles):
        if number % 7 == 6:
            title = _alike(chance, chance.choice(titles[:number]))
        one = _paper(chance, title)
        with tally.trial(
            f"{template} {one.id!r} {one.title!r} by {one.authors[:1]} in {one.primary!r}"
        ):
            path = _path(names, one)
            if path is None:
                assert template != DEFAULT, "the default templates were refused"
                tally.figures["refused"] += 1
                continue
            check_path(path)
            stem = PurePosixPath(path).stem
            same = given.setdefault(alike(stem), path)
            assert same == path, f"{path!r} and {same!r} are one on some disk"
            _check_links(path, one.title)
            if files is not None:
                _check_file(files, path)
                tally.figures["files"] += 1
    if root is not None:
        found = [each for each in root.rglob("*") if each.is_file()]
        with tally.trial("as many files as names"):
            assert len(found) == len(given)
            assert not list(root.parent.glob("*.md"))


def _path(names: NamePlan, one: Paper) -> str | None:
    """The path it is given; None where the template makes no sound one of it, and kb says so."""
    try:
        return names.path(one)
    except ValueError as error:
        return None if str(error) else ""


def _title(chance: random.Random) -> str:
    pieces = []
    for _ in range(chance.randint(1, 7)):
        if chance.random() < 0.25:
            pieces.append(chr(chance.randrange(0x110000)))
        else:
            pieces.append(chance.choice(_PIECES))
    return chance.choice(["", "", " "]).join(pieces)


def _alike(chance: random.Random, title: str) -> str:
    """The same title as another disk or person would write it."""
    changes: list[Callable[[str], str]] = [
        *(str.upper, str.lower, str.swapcase, str.casefold),
        *("{}.".format, " {} ".format, "\u200b".join),
        lambda text: unicodedata.normalize("NFD", text),
    ]
    return chance.choice(changes)(title)


def _paper(chance: random.Random, title: str) -> Paper:
    odd = chance.random() < 0.3
    return paper(
        id=chance.choice(_IDS) if odd else f"2503.{chance.randrange(100_000):05}",
        title=title,
        authors=(_title(chance),) if odd else ("Ada Example",),
        categories=(_title(chance),) if odd else ("cs.LG",),
        announced=chance.choice([None, date(2025, 3, 6)]) if odd else date(2025, 3, 6),
    )


def alike(stem: str) -> str:
    """What a disk without regard to case or to composed characters makes of a name."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", stem).casefold())


def check_path(path: str) -> None:
    """Raises AssertionError unless the path is inside, and each part a name everywhere."""
    assert path.endswith(".md"), path
    assert not path.startswith("/"), path
    parts = path.removesuffix(".md").split("/")
    for part in parts:
        assert part not in ("", ".", "..", "~"), path
        assert not set(part) & _NEVER, f"{part!r} has {sorted(set(part) & _NEVER)}"
        assert "%%" not in part, path
        assert part == part.strip(" ."), f"{part!r} begins or ends with a dot or a space"
        assert not _WINDOWS.match(part), f"{part!r} is reserved on Windows"
        assert unicodedata.is_normalized("NFC", part), f"{part!r} is not NFC"
        assert not re.search("[\ud800-\udfff\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", part)
        assert len(part.encode()) <= 255
    assert len(parts[-1].encode()) <= 120, f"{len(parts[-1].encode())} bytes"


def _check_links(path: str, title: str) -> None:
    page, target = PurePosixPath("Weekly/arxiv-2025-W10.md"), PurePosixPath(path)
    link = markdown_link(title, page, target)
    assert "\n" not in link
    assert f"../{path}" in read_links(link), link  # and what the title made up besides
    inline = MarkdownIt("commonmark").parseInline(link)[0].children or []
    hrefs = [str(token.attrs["href"]) for token in inline if token.type == "link_open"]
    assert [unquote(href) for href in hrefs] == [f"../{path}"], link
    wiki = wiki_link(title, target)
    assert re.fullmatch(r"\[\[[^\[\]|\n]+(\|[^\[\]|\n]+)?\]\]", wiki), wiki
    assert read_links(wiki) == [target.stem], wiki


def _check_file(files: VaultFiles, path: str) -> None:
    try:
        files.write(path, b"ours", expect=None)
    except Refused as refusal:
        raise AssertionError(f"the disk has no place for it: {refusal}") from None
    real = (files.root / path).resolve()
    assert real.is_relative_to(files.root), real
    assert real == files.root / path
