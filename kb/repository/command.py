"""Run git: by GitPython, in one place, with an environment that means what it says."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kb.errors import KbError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Variables by which git hooks and shells point git elsewhere (git rev-parse --local-env-vars), and
# those that change what a path means. A kb run from a hook must still see its own repository.
_MISLEADING = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_QUARANTINE_PATH",
    "GIT_ATTR_SOURCE",
)
_ALWAYS = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_PAGER": "cat",
}
READING = {"GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0"}
"""For commands that only look. Not for those that run hooks, which would inherit it."""


class GitFailed(KbError):
    """Git would not do it; `output` is what git, or a hook, said."""

    def __init__(self, what: str, output: str, remedy: str) -> None:
        lines = [line for line in output.splitlines() if line.strip()]
        told = "; ".join(lines[:5]) + (" ..." if len(lines) > 5 else "")
        super().__init__(f"{what}: {told or 'it gave no reason'}; {remedy}")
        self.output = output


class GitKilled(GitFailed):
    """Git was ended in the middle of its work, so its own locks may still be there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a git command ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def said(self) -> str:
        """Everything it said, for a person: stderr, then stdout; or the signal that ended it."""
        said = (self.err + b"\n" + self.out).decode("utf-8", "replace").strip()
        if not said and self.code < 0:
            return f"ended by {signal.Signals(-self.code).name}"
        return said


def run(
    folder: Path,
    arguments: Sequence[str],
    *,
    feed: bytes = b"",
    env: Mapping[str, str] = READING,
    timeout: float = 120.0,
    inherit: Sequence[int] = (),
) -> Answer:
    """Run `git -C folder arguments`, with `feed` on its standard input.

    A failing command is an answer, not an exception. Raises UsageError where there is no git,
    GitKilled when it takes longer than `timeout` seconds (it and its children are then killed).
    `inherit`: open files that the command keeps open while it lives (not on Windows).
    """
    git = _git()
    command = [git.GIT_PYTHON_GIT_EXECUTABLE, "-C", os.fspath(folder), *arguments]
    options: dict[str, Any] = {}
    if os.name != "nt":
        # Of its own session: ^C ends kb, not a commit half way; and no program finds a terminal
        # to ask for a passphrase.
        options = {"start_new_session": True, "pass_fds": tuple(inherit)}
    running: Any = git(os.fspath(folder)).execute(
        command, istream=subprocess.PIPE, as_process=True, env={**_ALWAYS, **env}, **options
    )
    try:
        out, err = running.communicate(feed, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        _kill(running)
        raise GitKilled(
            f"git {arguments[0]} in {folder}",
            f"no end after {timeout:.0f} s",
            "run it by hand to see what it waits for (a hook, a passphrase, a slow disk)",
        ) from error
    except BaseException:
        _kill(running)
        raise
    return Answer(running.returncode, out, err)


def _kill(running: Any) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            running.kill()
        else:
            os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


@functools.cache
def _git() -> Any:
    """GitPython's command class. Takes a tenth of a second the first time."""
    for name in _MISLEADING:
        os.environ.pop(name, None)  # GitPython hands on the environment, and can only add to it
    with contextlib.suppress(ImportError):
        from git.cmd import Git

        if Git.GIT_PYTHON_GIT_EXECUTABLE is not None:  # only the first import fails without git
            return Git
    raise UsageError(
        'git was not found; install it, or set `commit = "off"` under [git] in kb.toml'
    )
