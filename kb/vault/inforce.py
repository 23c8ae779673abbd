"""Settings that somebody edits while kb runs: a mistake in one does not stop it.

The text that was last without a mistake is remembered outside the vault, and stays in force until
the mistake is mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from kb.errors import Busy, ConfigError, Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


class Facts(Protocol):
    """What is remembered of a vault outside the vault."""

    def fact(self, name: str) -> str | None: ...
    def put_fact(self, name: str, value: str) -> None: ...


class InForce:
    """Reads files of settings. With `forgiving` the last good text stands in for one with a mistake."""

    def __init__(self, facts: Facts, *, forgiving: bool) -> None:
        self._facts = facts
        self._forgiving = forgiving
        self._mistakes: dict[str, str] = {}

    def use(self, path: str, read: Callable[[], str], check: Callable[[str], Value]) -> Value:
        """What `check` makes of the text at `path`. It raises ConfigError for a mistake, and so does
        this, unless it is forgiving and a text without one is known."""
        name = f"good {path}"
        try:
            text = read()
            value = check(text)
        except (ConfigError, Refused, Busy) as error:
            last = self._facts.fact(name) if self._forgiving else None
            if last is None:
                raise
            self._mistakes[path] = str(error)
            return check(last)
        self._mistakes.pop(path, None)
        if self._facts.fact(name) != text:
            self._facts.put_fact(name, text)
        return value

    def mistakes(self) -> list[Problem]:
        """Files whose last good text stands in for them, and what is wrong with them."""
        return [Problem(path, why) for path, why in sorted(self._mistakes.items())]
