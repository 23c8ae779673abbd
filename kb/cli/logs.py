"""Where log lines go, and how a line looks: stderr, and a file that is kept small."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FILE_BYTES = 1_000_000
FILES_KEPT = 5
"""Older files beside the current one."""


@contextlib.contextmanager
def logged(file: Path | None, *, verbose: bool, quiet: bool) -> Iterator[None]:
    """While it lasts kb's log goes to stderr and, where one is named, to `file`.

    What ends the command is in the file too. Raises OSError where the file cannot be opened.
    """
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:  # a program without a console has none
        shown = logging.StreamHandler()
        shown.setFormatter(Lines("%(asctime)s "))
        shown.setLevel(logging.WARNING if quiet else logging.DEBUG)
        handlers.append(shown)
    kept = None
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = LogFile(file)
        kept.setFormatter(Lines("%(asctime)s %(levelname)-7s "))
        handlers.append(kept)
    everything, kb = logging.getLogger(), logging.getLogger("kb")
    levels = everything.level, kb.level
    everything.setLevel(logging.WARNING)
    kb.setLevel(logging.DEBUG if verbose else logging.INFO)
    for handler in handlers:
        everything.addHandler(handler)
    try:
        yield
    except Exception as error:
        if kept is not None:
            kept.handle(_last_words(error))
        raise
    finally:
        for handler in handlers:
            everything.removeHandler(handler)
            with contextlib.suppress(OSError):  # a full disk, of which the handler has told
                handler.close()
        everything.setLevel(levels[0])
        kb.setLevel(levels[1])


def _last_words(error: Exception) -> logging.LogRecord:
    from kb.errors import KbError

    known = isinstance(error, KbError)
    trace = None if known else (type(error), error, error.__traceback__)
    text = str(error) if known else "this is a bug in kb"
    return logging.LogRecord("kb", logging.ERROR, __file__, 0, "%s", (text,), trace)


class LogFile(RotatingFileHandler):
    """A log in UTF-8 of a few megabytes at most; the watcher goes on where it cannot be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            maxBytes=FILE_BYTES,
            backupCount=FILES_KEPT,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        if not self._failed:
            self._failed = True
            click.echo(f"kb: {self.baseFilename}: {sys.exc_info()[1]}; going on", err=True)


class Lines(logging.Formatter):
    """A record as lines that each begin with `head`, secrets masked."""

    def __init__(self, head: str) -> None:
        super().__init__("%(message)s")
        self._head = logging.Formatter(head)
        self._secrets = secrets_in(os.environ)

    def format(self, record: logging.LogRecord) -> str:
        text = masked(super().format(record), self._secrets)
        bare = logging.LogRecord("kb", record.levelno, "", 0, "", (), None)
        bare.created, bare.msecs = record.created, record.msecs
        head = self._head.format(bare)
        return "\n".join(head + line for line in text.splitlines() or [""])


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables that are called keys, tokens, secrets or passwords; the longest first."""
    found = {
        value
        for name, value in environ.items()
        if name.upper().endswith(("KEY", "TOKEN", "SECRET", "PASSWORD")) and len(value) >= 6
    }
    return tuple(sorted(found, key=len, reverse=True))


def masked(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, passwords in addresses, and what authorises a request."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = re.sub(r"(?<=://)[^\s/@]+@", "***@", text)
    return re.sub(r"(?i)\b(bearer|basic) [\w.~+/=-]{6,}", r"\1 ***", text)
