"""Every error a person can meet. A class names the fact, `str()` is one sentence and the remedy."""

from __future__ import annotations

from dataclasses import dataclass


class KbError(Exception):
    """Base of the errors kb raises on purpose. `exit_code` is the promise of the command line."""

    exit_code = 1


class UsageError(KbError):
    """A command or a setting that cannot be carried out as given; nothing was done."""

    exit_code = 2


class ConfigError(UsageError):
    """`kb.toml` or `Topics.md` cannot be used as it stands."""


class TryLater(KbError):
    """Nothing is wrong here: a lock, a limit or the network asks us to come back."""

    exit_code = 75

    def __init__(self, message: str, *, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds
        """How long the other side asked us to wait, where it said so."""


class Refused(KbError):
    """One file cannot be edited safely; `why` says what stands in the way."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Busy(KbError):
    """One file may be being typed in; it is left for the next pass."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was skipped or went wrong, told in a report: where, and why."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
