"""`kb watch` as a service of the user: installed under systemd, elsewhere told how."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kb.errors import UsageError
from kb.service import launchd, systemd, tasks
from kb.service.described import Service, config_home, describe, name_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Outcome", "Service", "describe", "install", "uninstall", "unit_file"]

_PATIENCE = 90
"""Seconds for one systemctl; ending the watcher takes up to 30."""
_NO_SYSTEMCTL = "there is no systemctl here"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a service."""

    kind: Literal["made", "replaced", "same", "removed", "absent", "recipe"]
    name: str
    unit: Path | None = None
    problem: str = ""
    """Why systemd does not run it as it should, or may still run it."""
    recipe: str = ""
    """What is left for a person to do, as lines to paste."""


def unit_file(root: Path) -> Path:
    """Where the unit of the vault at `root` is, or would be."""
    return config_home() / "systemd" / "user" / f"{name_of(root)}.service"


def install(service: Service, root: Path, *, platform: str) -> Outcome:
    """Writes, enables and starts the unit of `service`; a unit of ours that differs is replaced.

    Raises UsageError where another's file has its name, OSError where the disk refuses. Outside of
    Linux nothing is done, and the outcome is a recipe.
    """
    if platform == "darwin":
        return Outcome("recipe", service.name, recipe=launchd.recipe(service))
    if platform == "win32":
        return Outcome("recipe", service.name, recipe=tasks.recipe(service))
    by_hand = f"# Without systemd, have this run at login:\n{shlex.join(service.words)}\n"
    if platform != "linux":
        return Outcome("recipe", service.name, recipe=by_hand)
    unit = unit_file(root)
    before, after = _ours(unit), systemd.unit(service).encode()
    if before != after:
        unit.parent.mkdir(parents=True, exist_ok=True)
        staged = unit.with_name(f".{unit.name}.tmp")
        staged.write_bytes(after)
        staged.replace(unit)
    problem = _systemctl("daemon-reload") or _systemctl("enable", "--now", unit.name)
    if not problem and before not in (None, after):
        problem = _systemctl("restart", unit.name)
    later = (
        "# From a session of yours, once that is put right:\n"
        f"systemctl --user daemon-reload\nsystemctl --user enable --now {unit.name}\n"
    )
    return Outcome(
        "made" if before is None else "same" if before == after else "replaced",
        service.name,
        unit,
        problem,
        "" if not problem else by_hand if problem == _NO_SYSTEMCTL else later,
    )


def uninstall(root: Path, *, platform: str) -> Outcome:
    """Ends and removes the service of the vault at `root`, which need not be there any more.

    Raises UsageError where the unit is not ours, OSError where the disk refuses.
    """
    name = name_of(root)
    if platform == "darwin":
        return Outcome("recipe", name, recipe=launchd.removal(name))
    if platform == "win32":
        return Outcome("recipe", name, recipe=tasks.removal(name))
    unit = unit_file(root)
    if platform != "linux" or _ours(unit) is None:
        return Outcome("absent", name, unit)
    problem = _systemctl("disable", "--now", unit.name)
    wanted = unit.parent / "default.target.wants" / unit.name
    if wanted.is_symlink():
        wanted.unlink()
    unit.unlink()
    if not problem:
        problem = _systemctl("daemon-reload")
        _systemctl("reset-failed", unit.name)  # forgets a unit that had failed; else says no
    if problem == _NO_SYSTEMCTL:  # then nothing runs, either
        problem = ""
    return Outcome("removed", name, unit, problem)


def _ours(unit: Path) -> bytes | None:
    """The unit's bytes; None where there is none. Raises UsageError where it is not ours."""
    try:
        data = unit.read_bytes()
    except FileNotFoundError:
        return None
    if data.split(b"\n", 1)[0].rstrip() != systemd.MARK.encode():
        raise UsageError(
            f"{unit} was not made by kb (its first line is not {systemd.MARK!r}), so it was left as"
            " it is; move it away and run this again"
        )
    return data


def _systemctl(*words: str) -> str:
    """Asks the user's systemd. Gives back why that failed; nothing where it did not."""
    if shutil.which("systemctl") is None:
        return _NO_SYSTEMCTL
    said = f"systemctl --user {' '.join(words)}"
    try:
        done = subprocess.run(
            ["systemctl", "--user", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            env=_session(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{said} did not answer for {_PATIENCE} seconds"
    except OSError as error:
        return f"{said}: {error.strerror}"
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return f"{said}: {' '.join(lines[-2:]) or f'exit code {done.returncode}'}"


def _session() -> dict[str, str]:
    """The environment; from cron or after `su` it does not say where the user's systemd listens."""
    environ = dict(os.environ)
    if not environ.get("XDG_RUNTIME_DIR"):
        usual = f"/run/user/{os.getuid()}"
        if os.access(usual, os.W_OK | os.X_OK):
            environ["XDG_RUNTIME_DIR"] = usual
    return environ
