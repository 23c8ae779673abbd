"""One question every three seconds, whichever process asks, and rest when arXiv asks for it.

The last question and the cool-downs stand in one small file of the cache folder, under one lock.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.errors import KbError, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE = "arxiv-pacing.json"
LOCK = "arxiv-pacing.lock"

_LONGEST_REST = 24 * 3600.0
_LONGEST_QUEUE = 300.0


def is_loopback(url: str) -> bool:
    """Whether the address is this machine itself, to which no pacing applies."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def lane(url: str) -> str:
    """What shares one pace: all of arXiv's hosts together; each stand-in on this machine alone."""
    return urlsplit(url).netloc if is_loopback(url) else "arxiv"


@dataclass(slots=True)
class Pacing:
    """The pace kept in `folder`; `now` gives seconds since the epoch."""

    folder: Path
    now: Callable[[], float]
    sleep: Callable[[float], None] = field(default=time.sleep)

    @contextlib.contextmanager
    def turn(self, name: str, every: float, longest_wait: float) -> Iterator[None]:
        """Hold the only connection of this lane, `every` seconds after the last one was let go.

        With `every` 0 only a cool-down is waited for. Raises TryLater, with the seconds left, while
        one lasts for more than `longest_wait`, or when others hold the lane for five minutes.
        """
        self._rest(name, longest_wait)
        if every <= 0:
            yield
            return
        with self._locked():
            self._rest(name, longest_wait)
            last = self._read().get("last", {}).get(name, 0.0)
            if (early := last + every - self.now()) > 0:
                self.sleep(min(early, every))
            try:
                yield
            finally:
                self._note("last", name, self.now())

    def _rest(self, name: str, longest_wait: float) -> None:
        left = self._read().get("until", {}).get(name, 0.0) - self.now()
        if left <= 0 or left > _LONGEST_REST:
            return
        if left > longest_wait:
            raise TryLater(
                f"arXiv asked for a rest, {_spell(left)} of it are left; run kb sync again then",
                seconds=left,
            )
        self.sleep(left)

    def cool_down(self, name: str, seconds: float) -> None:
        """Remember, for every process, that this lane rests from now on."""
        with self._locked():
            self._note("until", name, self.now() + min(seconds, _LONGEST_REST))

    def _read(self) -> dict[str, dict[str, float]]:
        try:
            data = json.loads((self.folder / FILE).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(data, dict):
            return {}
        return {
            kind: {name: float(at) for name, at in lanes.items() if isinstance(at, int | float)}
            for kind, lanes in data.items()
            if isinstance(lanes, dict)
        }

    def _note(self, kind: str, name: str, at: float) -> None:
        data = self._read()
        data.setdefault(kind, {})[name] = at
        oldest = self.now() - _LONGEST_REST
        data = {
            kind: {name: at for name, at in lanes.items() if at > oldest}
            for kind, lanes in data.items()
        }
        target = self.folder / FILE
        temporary = target.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(data), "utf-8")
        temporary.replace(target)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise KbError(
                f"{self.folder} cannot be written ({error.strerror}); set KB_CACHE_DIR to a folder that can"
            ) from error
        try:
            waited = 0.0
            while not _take(handle):
                if waited >= _LONGEST_QUEUE:
                    raise TryLater("another kb has been asking arXiv for minutes; try again later")
                self.sleep(0.1)
                waited += 0.1
            yield
        finally:
            os.close(handle)


if sys.platform == "win32":

    def _take(handle: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _take(handle: int) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _spell(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
