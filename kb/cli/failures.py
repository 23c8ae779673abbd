"""What a person or a program is told when a command fails."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
import traceback
from pathlib import Path

import click

from kb import __version__
from kb.errors import KbError


def tell(error: Exception, *, as_json: bool) -> int:
    """Prints one sentence for a known error; writes a log for a bug. Gives back the exit code."""
    if isinstance(error, KbError):
        code, sentence = error.exit_code, str(error)
    elif isinstance(error, OSError) and error.errno is not None:
        code = 1
        where = f"{error.filename}: " if error.filename is not None else ""
        sentence = f"{where}{error.strerror}; mend that and run the command again"
    else:
        code = 3
        sentence = (
            f"this is a bug in kb ({type(error).__name__}); nothing of yours is lost. Please report it"
            f" with {_log(error)}"
        )
    with contextlib.suppress(OSError):  # nobody is there to be told: a full disk, a closed pipe
        click.echo(f"kb: {sentence}", err=True)
        if as_json:
            problems = [{"where": "kb", "why": sentence}]
            click.echo(json.dumps({"v": 1, "exit": code, "error": sentence, "problems": problems}))
    return code


def _log(error: Exception) -> str:
    """Where the log is; where none can be written, the place in the code."""
    from kb.vault.cache import cache_folder

    path = cache_folder() / "log" / f"bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    words = " ".join(sys.argv[1:2])
    text = (
        f"kb {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: kb {words}\n\n" + "".join(traceback.format_exception(error))
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as refusal:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{error} at {Path(last.filename).name}:{last.lineno} (no log: {refusal.strerror})"
    return f"the log {path}"
