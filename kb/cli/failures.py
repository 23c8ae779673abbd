"""What a person or a program is told when a command fails."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import traceback
from typing import TYPE_CHECKING

import click

from kb import __version__
from kb.errors import KbError

if TYPE_CHECKING:
    from pathlib import Path


def tell(error: Exception, *, as_json: bool) -> int:
    """Prints one sentence for a known error; writes a log for a bug. Gives back the exit code."""
    if isinstance(error, KbError):
        code, sentence = error.exit_code, str(error)
    elif isinstance(error, OSError) and error.filename is not None:
        code = 1
        sentence = f"{error.filename}: {error.strerror}; mend that and run the command again"
    else:
        code = 3
        sentence = (
            f"this is a bug in kb ({type(error).__name__}); nothing of yours is lost. Please report it"
            f" with the log {_log(error)}"
        )
    click.echo(f"kb: {sentence}", err=True)
    if as_json:
        problems = [{"where": "kb", "why": sentence}]
        click.echo(json.dumps({"v": 1, "exit": code, "error": sentence, "problems": problems}))
    return code


def _log(error: Exception) -> Path:
    from kb.vault.cache import cache_folder

    folder = cache_folder() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    words = " ".join(sys.argv[1:2])
    text = (
        f"kb {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: kb {words}\n\n" + "".join(traceback.format_exception(error))
    )
    path.write_text(text, "utf-8")
    return path
