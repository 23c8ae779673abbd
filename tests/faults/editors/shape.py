"""What the four editors share: `PROGRAM FILE KEY VALUE`, exit 0 when done, 1 with a reason when not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

Edit = Callable[[Path, str, str], None]


class Declined(Exception):
    """The editor leaves the file alone, and says why."""


def main(edit: Edit) -> None:
    """Does what the command line says with `edit`."""
    file, key, value = sys.argv[1:]
    try:
        edit(Path(file), key, value)
    except Declined as refusal:
        print(refusal, file=sys.stderr)
        raise SystemExit(1) from None
