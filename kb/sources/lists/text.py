"""The text of a file that somebody else wrote, and letters that a wrong decoding broke."""

from __future__ import annotations

from typing import NamedTuple

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# What UTF-8's replacement character looks like once broken itself: what stood there is lost.
_LOST = "ï¿½"
_HELD = "\ue000\ue001\ue000"
_LONGEST = 1_000_000


class Text(NamedTuple):
    """A decoded file; `guessed` names the encoding where it was neither marked nor UTF-8."""

    text: str
    guessed: str


def decode(data: bytes) -> Text:
    """The text of `data`: UTF-8, UTF-16 where a mark says so, else Windows-1252.

    Never raises; line ends stay as they are.
    """
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return Text(data.decode(encoding, "replace").lstrip("\ufeff"), "")
    try:
        return Text(data.decode("utf-8"), "")
    except UnicodeDecodeError:
        return Text(data.decode("cp1252", "replace"), "Windows-1252")


def mend(line: str) -> str:
    """`line` with UTF-8 that was read as another encoding (Windows-1252, -1254, MacRoman, ...) put
    right where ftfy is certain of it, stretch by stretch; else as it is.

    What was lost on the way, such as a byte that became a blank, is not guessed but left for a person
    to see.
    """
    if line.isascii() or len(line) > _LONGEST:
        return line
    mended = _fixed(line)
    if mended.count(" ") != line.count(" "):
        # ftfy takes a blank for the no-break space that it may have been, and guesses by it.
        mended = " ".join(map(_fixed, line.split(" ")))
    return mended


def _fixed(text: str) -> str:
    if text.isascii():
        return text
    from ftfy import TextFixerConfig, fix_encoding

    config = TextFixerConfig(replace_lossy_sequences=False, restore_byte_a0=False, explain=False)
    fixed = fix_encoding(text.replace(_LOST, _HELD), config).replace(_HELD, _LOST)
    # Never more lost than before, and never a line end or a control character out of nothing.
    if fixed.count("\ufffd") > text.count("\ufffd") or _controls(fixed) > _controls(text):
        return text
    return fixed


def _controls(line: str) -> int:
    return sum(char < " " or "\x7f" <= char <= "\x9f" for char in line)
