"""Fault 10: files that blow up or hang whoever reads them without limits.

Each lies in a vault in place of a paper's note and of a page, while `kb index` and `kb sync` pass:
neither crashes, what is broken is named, and no byte of it is changed.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from faults.passes import Ran, kb, new_vault, private
from faults.tally import Tally
from standins.feeds import ON_TOPIC, rss

NOTE = "Papers/2025-02/Linear attention number 1.md"
DAILY = "Daily/arxiv-2025-02-10.md"
_HEAD = '---\ntitle: Lamps\narxiv_id: "2502.00001"\nversion: 1\n'
_BEGIN, _END = "<!-- kb:begin paper -->\n", "\n<!-- kb:end paper -->\n"
_MEGA = 1 << 20
_FEW = 2 * _MEGA - 1000
"""Just below what kb reads of one file."""
_HANGS = 60.0


@dataclass(frozen=True, slots=True)
class Bomb:
    """A file's bytes, made when they are needed, and whether kb must refuse them."""

    name: str
    make: Callable[[], bytes]
    broken: bool = True


def _head(name: str, yaml: Callable[[], str]) -> Bomb:
    return Bomb(name, lambda: f"{_HEAD}{yaml()}---\nbody\n".encode())


def _laughs(link: str, first: str) -> str:
    """Each level names the one before nine times."""
    lines = [f"a0: &a0 {first}\n"]
    for level in range(1, 30):
        named = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} " + link.format(named) + "\n")
    return "".join(lines)


def _merges() -> str:
    lines = ["a0: &a0 {x: 1}\n"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], y{n}: 1}}\n" for n in range(1, 60)]
    return "".join(lines)


def _deep(before: str, one: str, depth: int, end: str) -> str:
    return f"{before}{one * depth}{end if end == 'x' else end * depth}\n"


def _blocks(depth: int) -> str:
    """A mapping in a mapping; 200,000 of them indented would be 20 GB, so it ends at 64 KiB."""
    return "".join(f"{' ' * level}a:\n" for level in range(depth))


HEADS = [
    _head("a billion laughs in lists", lambda: _laughs("[{}]", "[lol, lol]")),
    _head("a billion laughs in text", lambda: _laughs("[{}]", "lol")),
    _head("a bomb of merge keys", _merges),
    _head("a long value named 3,000 times", lambda: f"a: &a {'x' * 9000}\nb: [{'*a, ' * 3000}]\n"),
    _head("a value that holds itself", lambda: "a: &a [*a, *a]\nb: *a\n"),
    _head("a mapping that merges itself", lambda: "a: &a\n  <<: *a\n"),
    _head("a mapping nested 350 deep", lambda: _blocks(350)),
    *(
        _head(
            f"{name}, {depth} deep",
            partial(_deep, "a: ", one, depth, end),
        )
        for name, one, end in [
            ("open brackets", "[", ""),
            ("brackets", "[", "]"),
            ("open braces", "{a: ", ""),
            ("double quotes", '"', ""),
            ("single quotes", "'", ""),
            ("exclamation marks", "!", ""),
        ]
        for depth in (10_001, 200_001)
    ),
    *(
        _head(f"{name}, {depth} deep", partial(_deep, "", one, depth, "x"))
        for name, one in [("dashes", "- "), ("question marks", "? "), ("anchors", "&a ")]
        for depth in (10_001, 200_001)
    ),
    _head("20,000 keys", lambda: "".join(f"k{n}: 1\n" for n in range(20_000))),
    _head("a key of 70 KB", lambda: f"{'k' * 70_000}: 1\n"),
    _head("a number of a million digits", lambda: f"n: {'9' * 1_000_000}\n"),
    _head("a head of 50 MB", lambda: "mine: 1\n" * (50 * _MEGA // 8)),
    Bomb("a head of 7 MB that never closes", lambda: (_HEAD + "mine: 1\n" * 900_000).encode()),
    Bomb("a NUL byte", lambda: f"{_HEAD}---\n\0\n".encode()),
    Bomb("a NUL byte in the head", lambda: f"{_HEAD}mine: \0\n---\n".encode()),
    Bomb("a million NUL bytes", lambda: f"{_HEAD}---\n".encode() + b"\0" * _MEGA),
    Bomb("no UTF-8", lambda: f"{_HEAD}---\n".encode() + b"\xff\xc0\xaf\xed\xa0\x80"),
    Bomb("no UTF-8 in the head", lambda: _HEAD.encode() + b"mine: \xe9t\xe9\n---\n"),
    Bomb("UTF-16", lambda: f"{_HEAD}---\nbody\n".encode("utf-16")),
    Bomb("UTF-16, big end first", lambda: b"\xfe\xff" + f"{_HEAD}---\n".encode("utf-16-be")),
    Bomb("50 MB", lambda: f"{_HEAD}---\n".encode() + b"word and word\n" * (50 * _MEGA // 14)),
    Bomb("50 MB in one line", lambda: f"{_HEAD}---\n".encode() + b"x" * (50 * _MEGA)),
    Bomb("50 MB of NUL bytes", lambda: f"{_HEAD}---\n".encode() + b"\0" * (50 * _MEGA)),
    Bomb(
        "30,000 regions",
        lambda: (_HEAD + "---\n" + "".join(map(_region, range(30_000)))).encode(),
    ),
    Bomb("megabytes of begin markers", lambda: _body("<!-- kb:begin a -->\n")),
]


def _region(number: int) -> str:
    return f"<!-- kb:begin r{number} -->\n<!-- kb:end r{number} -->\n"


def _body(piece: str) -> bytes:
    return f"{_HEAD}---\n\n{_BEGIN}{piece * (_FEW // len(piece.encode()))}{_END}".encode()


_PIECES = [
    *(
        "[[",
        "](",
        "`",
        "<!-- kb:",
        "[",
        "(",
        "](a",
        "[[a|",
        "<",
        "[a](b(",
        "[a]((",
        "[\\",
        "\\",
        "$",
    ),
    *(
        "\n",
        "\r",
        "a",
        "\u2028",
        "🙂",
        "   ",
        "\t",
        "---\n",
        "<<<<<<<\n=======\n",
        "kb:",
        "![",
        "%%",
    ),
    *(
        "> ",
        "- ",
        "> - ",
        "1. a\n",
        "  - a\n",
        "[a]: b\n",
        "[[a\\|b]] ",
        "```a ",
        "<a b=c ",
        "<!--",
    ),
    *("- " * 2000 + "x\n", "> " * 2000 + "x\n", "`" * 500 + "\n" + "`" * 499 + "\n", "**_~=%"),
]
# Where code is left open, or opened and closed again, the region around it may well be refused.
_CODE = ["```\n", "~~~\n", "```\n~~~\n", "- " * 2000 + "```\n", "<div>\n\n", "<!--\n", "<pre>\n"]
BODIES = [
    *(Bomb(f"2 MB of {piece[:9]!r}", partial(_body, piece), broken=False) for piece in _PIECES),
    *(Bomb(f"2 MB of {piece[-9:]!r}", partial(_body, piece), broken=False) for piece in _CODE),
]


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's whole path may have 107 bytes
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


def _device(path: Path) -> None:
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "inner.md").write_text(f"{_HEAD}---\n")


def _loop(path: Path) -> None:
    other = path.with_name("other.md")
    path.symlink_to(other)
    other.symlink_to(path)


def _folder_loop(path: Path) -> None:
    path.symlink_to("..", target_is_directory=True)


def _to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


FOLLOWED = "a link to nowhere"
"""kb writes the page to where the link leads, inside the vault; the link stays."""
ELSEWHERE = ("Topics.md", "kb.toml", "Templates/Paper.md", "Home.md", "Papers.base")
SPOILT = {
    "a NUL byte": b"# Topics\n\0",
    "no UTF-8": b"# Topics\n\xff",
    "UTF-16": "# Topics".encode("utf-16"),
    "50 MB": b"# Topics\n" * (50 * _MEGA // 9),
    "open brackets": b"a = " + b"[" * 200_000,
    "open comments": b"<!--" * 50_000,
    "open quotes": b"---\na: " + b'"' * 200_001 + b"\n---\n",
}
ODD: list[tuple[str, Callable[[Path], None]]] = [
    ("a FIFO", _fifo),
    ("a socket", _socket),
    ("a device", _device),
    ("a folder", _folder),
    ("a link to itself", lambda path: path.symlink_to(path.name)),
    ("two links to one another", _loop),
    ("a link to the folder above", _folder_loop),
    (FOLLOWED, _to("nowhere.md")),
    ("a link to endless zeros", _to("/dev/zero")),
    ("a link out of the vault", _to("/etc/hosts")),
]


def run(
    count: int = 0,
    *,
    seed: int = 0,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
    within: float = 1.0,
) -> Tally:
    """All bombs, whatever `count`; none may take a pass more than `within` seconds."""
    tally = Tally()
    of = len(HEADS) + len(BODIES) + len(ODD)
    with private(folder):
        stage = _Stage(folder, tally, within)
        for done, bomb in enumerate([*HEADS, *BODIES]):
            stage.file(bomb)
            progress(done + 1, of)
        for done, (name, make) in enumerate(ODD, len(HEADS) + len(BODIES)):
            stage.odd(name, make)
            progress(done + 1, of)
        for place in ELSEWHERE:
            stage.elsewhere(place)
    return tally


class _Stage:
    """A vault with one note and one page of kb's, put right again after every bomb."""

    def __init__(self, folder: Path, tally: Tally, within: float) -> None:
        self.vault = folder / "vault"
        self.tally = tally
        self.within = within
        new_vault(self.vault)
        papers = [(n, "new", 1, ON_TOPIC) for n in (1, 2)]
        ran = kb(self.vault, "sync", "--feed", str(rss(folder / "1.xml", *papers)))
        assert ran.code == 0, ran.errors
        self.news = rss(
            folder / "2.xml", (1, "replace", 2, "Other words."), date="Tue, 11 Feb 2025"
        )
        self.sound = {path: (self.vault / path).read_bytes() for path in (NOTE, DAILY)}
        self.commands = [
            ("index", "--no-commit"),
            ("sync", "--feed", str(self.news), "--no-commit"),
        ]
        self.usual = {words[0]: self.usually(words) for words in self.commands}

    def usually(self, words: tuple[str, ...]) -> float:
        """Seconds the command takes where nothing is amiss, and the note is to be updated."""
        took = []
        for _ in range(3):
            took.append(self.kb(*words).seconds)
            self.restore()
        return min(took)

    def restore(self) -> None:
        for path, data in self.sound.items():
            file = self.vault / path
            if file.is_symlink() or not file.is_dir():
                file.unlink(missing_ok=True)
            else:
                for inner in file.iterdir():
                    inner.unlink()
                file.rmdir()
            file.write_bytes(data)
            for stray in ("other.md", "nowhere.md"):
                file.with_name(stray).unlink(missing_ok=True)

    def kb(self, *words: str, codes: tuple[int, ...] = (0, 1)) -> Ran:
        """One command in a process of its own: a crash or a hang ends that one alone."""
        ran = _apart(lambda: kb(self.vault, *words), _HANGS)
        assert ran is not None, f"kb {words[0]} crashed or hung"
        assert ran.code in codes, f"kb {words[0]} left with {ran.code}: {ran.errors}"
        return ran

    def timed(self, *words: str) -> Ran:
        ran = self.kb(*words)
        more = (ran.seconds - self.usual[words[0]]) / 2  # there are two of it
        self.tally.figures["slowest, ms"] = max(
            self.tally.figures["slowest, ms"], round(more * 1000)
        )
        assert more < self.within, f"kb {words[0]} took {more:.1f} s more"
        return ran

    def file(self, bomb: Bomb) -> None:
        """The bomb in place of the note and of the page at once."""
        data = bomb.make()
        with self.tally.trial(bomb.name):
            for path in (NOTE, DAILY):
                (self.vault / path).write_bytes(data)
            for words in self.commands:
                refused = self.timed(*words).refused
                assert DAILY in refused, f"kb {words[0]} did not name the page"
                if bomb.broken:
                    assert NOTE in refused, f"kb {words[0]} did not name the note"
            assert (self.vault / DAILY).read_bytes() == data, "the page was changed"
            now = (self.vault / NOTE).read_bytes()
            if NOTE in refused:
                assert now == data, "the note was changed"
                self.tally.figures["refused"] += 1
            else:
                _, fence, body = data.partition(b"---\n\n")
                assert now.endswith(fence + body), "the note was changed below its head"
                assert len(now) < len(data) + 1000
                self.tally.figures["edited"] += 1
        self.restore()

    def odd(self, name: str, make: Callable[[Path], None]) -> None:
        files = [self.vault / path for path in (NOTE, DAILY)]
        try:
            for file in files:
                file.unlink()
                make(file)
        except (OSError, AttributeError):
            self.tally.figures["cannot be made here"] += 1
        else:
            with self.tally.trial(name):
                kinds = [stat.S_IFMT(file.lstat().st_mode) for file in files]
                for words in [*self.commands, ("index",)]:
                    refused = self.timed(*words).refused
                    assert DAILY in refused or name == FOLLOWED, "the page is not named"
                assert [stat.S_IFMT(file.lstat().st_mode) for file in files] == kinds
        self.restore()

    def elsewhere(self, path: str) -> None:
        """What is no note, and is read at every pass all the same."""
        file = self.vault / path
        before = file.read_bytes()
        for name, data in SPOILT.items():
            with self.tally.trial(f"{name} as {path}"):
                file.write_bytes(data)
                for words in self.commands:
                    self.kb(*words, codes=(0, 1, 2))
                assert file.read_bytes() == data, "it was changed"
        file.write_bytes(before)


def _apart(work: Callable[[], Ran], seconds: float) -> Ran | None:
    """What `work` gives back from a process of its own; None where that dies or takes too long."""
    if sys.platform == "win32":
        return work()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, theirs))
    process.start()
    theirs.close()
    ran: Any = None
    with ours, suppress(EOFError):
        if ours.poll(seconds):
            ran = ours.recv()
    process.kill()
    process.join()
    return ran if isinstance(ran, Ran) else None


def _send(work: Callable[[], Ran], pipe: Any) -> None:
    pipe.send(work())
