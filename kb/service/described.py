"""What a service has to know to run `kb watch` for one vault, whatever starts it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.errors import UsageError
from kb.vault.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSED_ON = ("KB_ARXIV_URL", "OPENAI_BASE_URL")
_USUAL = ("/usr/local/bin", "/usr/bin", "/bin")
"""Where services look for programs on any system."""


@dataclass(frozen=True, slots=True)
class Service:
    """The watcher of one vault as a service. Paths are absolute; there is no secret in it."""

    name: str
    vault: str
    interpreter: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: str
    """The file of `NAME=value` lines that the reader keeps for keys; it need not be there."""
    log: str
    withheld: tuple[str, ...] = ()
    """Variables that are set and not passed on, since their value may hold a secret."""

    @property
    def words(self) -> tuple[str, ...]:
        """The whole command."""
        return (self.interpreter, *self.arguments)


def name_of(root: Path) -> str:
    """`kb-my-vault-1a2b3c4d`: the folder's name in plain letters, and the path's digest as the
    cache folder has it."""
    plain = unicodedata.normalize("NFKD", root.name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_.]+", "-", plain)[:60].strip("-._") or "vault"
    digest = hashlib.sha256(str(root).encode(errors="surrogateescape")).hexdigest()[:8]
    return f"kb-{slug}-{digest}"


def describe(root: Path, *, log: Path | None, poll: bool) -> Service:
    """The service of the vault at `root`, as this process runs: its interpreter, its cache, its
    mirror. `log` is where the log goes, by default the user's log folder.

    Raises UsageError for a path that no service can be told of.
    """
    name = name_of(root)
    if log is None:
        from platformdirs import user_log_path

        log = user_log_path("kb", appauthor=False) / f"{name}.log"
    environment, withheld = _environment(os.environ)
    # -P: a `kb.py` that happens to lie in the folder the service starts in is not the program.
    arguments = ["-P", "-m", "kb", "watch", "--vault", str(root), "--log-file", str(log.absolute())]
    if poll:
        arguments.append("--poll")
    service = Service(
        name=name,
        vault=str(root),
        interpreter=os.path.abspath(sys.executable),  # noqa: PTH100 - a venv's link is not followed
        arguments=tuple(arguments),
        environment=environment,
        secrets=str(config_home() / "kb" / "env"),
        log=str(log.absolute()),
        withheld=withheld,
    )
    for text in (*service.words, *environment.values(), service.secrets):
        if not text.isascii() and text != text.encode("utf-8", "replace").decode():
            raise UsageError(
                f"{ascii(text)[1:-1]} is not Unicode, and a service cannot be told of it; rename it"
            )
    for text in (*environment.values(), service.secrets):
        if not text.isprintable():
            raise UsageError(
                f"{ascii(text)[1:-1]} holds a character that no service understands here; rename it"
            )
    return service


def config_home() -> Path:
    """`$XDG_CONFIG_HOME` where it is absolute, else `~/.config`."""
    named = Path(os.environ.get("XDG_CONFIG_HOME") or "")
    return named if named.is_absolute() else Path.home() / ".config"


def _environment(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the service must know that it would not by itself, and the names that are withheld."""
    passed: dict[str, str] = {}
    withheld = []
    if environ.get("KB_CACHE_DIR") or environ.get("XDG_CACHE_HOME"):
        passed["KB_CACHE_DIR"] = str(cache_folder())  # another cache would be another lock
    for name in PASSED_ON:
        value = environ.get(name)
        if value and _may_hold_a_secret(value):
            withheld.append(name)
        elif value:
            passed[name] = value
    git = shutil.which("git")
    if git and str(Path(git).parent) not in _USUAL and os.name == "posix":
        passed["PATH"] = os.pathsep.join((str(Path(git).absolute().parent), *_USUAL))
    return passed, tuple(withheld)


def _may_hold_a_secret(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return "@" in url or bool(parts.query) or bool(parts.fragment)
