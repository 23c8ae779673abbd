"""Runs for months beside Obsidian. One thread waits for signals, one works, watchdog's listen."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from kb import sync
from kb.errors import KbError, TryLater
from kb.sync.options import utc_now
from kb.vault.cache import vault_cache_folder
from kb.vault.lock import VaultLock
from kb.vault.vault import Vault
from kb.watch import listening, timetable
from kb.watch.hints import Bell, Hints, Touched
from kb.watch.intake import Intake
from kb.watch.listening import LEDGER, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path
    from types import FrameType

    from kb.core.report import Report


log = logging.getLogger(__name__)
COMPARE = 600.0
"""Seconds between full comparisons, which find what no event told."""
COMMIT_AT_MOST = 600.0
"""Seconds that a change waits for a commit though the vault is never still."""
FAREWELL = 1.8
"""Seconds for the last words after a signal."""
_POLL = 2.0
_POLL_SHARE = 20.0
"""Polling takes no more than one part in so many of the time."""
_AGAIN = 2.0
_MENDING = 30.0
"""Seconds before another try: after a lock or a busy file, and after an error of the disk."""
_AHEAD = 0.03
"""Seconds before the end of the quiet time in which what was touched is read and pages are rendered, so
that they can be written at its end."""
_LOOK_UP = 60.0
"""Seconds after which the clock on the wall is read again: it goes on while a machine sleeps."""


@dataclass(slots=True)
class Due:
    """What is to be done next and when, on the monotonic clock; `intake` on the one on the wall."""

    compare: float = 0.0
    again: float | None = None
    commit: float | None = None
    commit_at_most: float | None = None
    intake: datetime | None = None
    failures: int = 0


@dataclass(slots=True)
class _Asked:
    """What signals have asked for."""

    stop: bool = False
    reload: bool = False
    bells: list[Bell] = field(default_factory=list)

    def hear(self, number: int, _: FrameType | None) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self.reload = True
        else:
            self.stop = True
        for bell in self.bells:
            bell.ring()


class Watcher:
    """Keeps one vault in step until it is told to stop."""

    def __init__(
        self, root: Path, *, poll: bool = False, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.root = root
        self.now = now
        self.due = Due()
        self._poll = poll
        self._chance = random.Random()  # noqa: S311 - spreads the load
        self._bell = Bell()
        self._hints = Hints(self._bell)
        self._asked = _Asked()
        self._intake = Intake(root)
        self._listener: Listener | None = None
        self._vault: Vault | None = None
        self._memory = sync.Memory()
        self._retry: set[str] = set()
        self._still_since = 0.0
        """When the vault was last seen to change, on the monotonic clock."""
        self._told = ""
        self._mistakes = ""
        self._broken: BaseException | None = None

    def run(self) -> None:
        """Watches until SIGTERM or SIGINT; SIGHUP lets it read everything again.

        Raises TryLater where another watcher has the vault, ConfigError where it cannot be used.
        """
        lock = VaultLock(vault_cache_folder(self.root), self.root, role="watch")
        with self._bell, Bell() as main, lock:
            self._open()
            self._asked.bells = [main, self._bell]
            worker = threading.Thread(target=self._work_or_break, args=(main,), daemon=True)
            with _signals(self._asked):
                worker.start()
                while worker.is_alive() and not self._asked.stop:
                    main.wait(None)
                deadline = time.monotonic() + FAREWELL
                self._intake.interrupt()
                worker.join(max(0.0, deadline - time.monotonic()))
            if worker.is_alive():
                log.warning("left in the middle of work that takes long; the next start goes on")
                logging.shutdown()
                os._exit(0)
            if self._broken is not None:
                raise self._broken

    # The working thread

    def _work_or_break(self, main: Bell) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where it ends the program
            self._broken = error
        finally:
            main.ring()

    def _work(self) -> None:
        self._listen()
        try:
            self._refresh(None)
            log.info("watching %s: %d notes, %s", self.root, self._count(), self._how())
            gc.freeze()  # what is known of the vault now stays
            self._check_settings()
            self.due.intake = self.now()
            while not self._asked.stop:
                self._bell.wait(self._seconds())
                self._turn()
        finally:
            if self._listener is not None:
                self._listener.stop()
            self._say_goodbye()

    def _turn(self) -> None:
        """Does what is due, one thing after the other."""
        if self._asked.reload:
            self._asked.reload = False
            log.info("told to read everything again")
            self._open()
            self._check_settings()
            self._refresh(None)
        clock = time.monotonic()
        due = self._hints.due()
        if due is not None and clock >= due - _AHEAD and not self._asked.stop:
            self._follow(self._hints.take(), quiet=due)
        if self.due.again is not None and clock >= self.due.again and not self._asked.stop:
            self._refresh(self._retry)
        if clock >= self.due.compare and not self._asked.stop:
            self._refresh(None)
        if self._commit_due(clock) and not self._asked.stop:
            self._refresh(self._retry, commit=True)
        if self.due.intake is not None and self.now() >= self.due.intake and not self._asked.stop:
            self._take_in()

    def _seconds(self) -> float:
        """Until something is due."""
        times = [self.due.again, self.due.commit, self.due.commit_at_most, self.due.compare]
        if (quiet := self._hints.due()) is not None:
            times.append(quiet - _AHEAD)
        waits = [at - time.monotonic() for at in times if at is not None]
        if self.due.intake is not None:
            waits.append((self.due.intake - self.now()).total_seconds())
        return max(0.0, min([*waits, _LOOK_UP]))

    def _commit_due(self, clock: float) -> bool:
        return any(
            at is not None and clock >= at for at in (self.due.commit, self.due.commit_at_most)
        )

    def _follow(self, touched: Touched, *, quiet: float = 0.0) -> None:
        """Looks at what was touched, if it is not what kb itself has written. No page is written before
        `quiet`, on the monotonic clock."""
        if touched.everything:
            log.debug("events were lost")
            self._refresh(None)
            return
        if touched.paths & set(self._opened().settings_files):
            self._open()
            self._check_settings()
        paths = {path for path in touched.paths if not path.startswith(LEDGER)} | self._retry
        if self._is_news(paths):
            self._refresh(paths, still_since=touched.last, quiet=quiet)

    def _is_news(self, paths: set[str]) -> bool:
        scan, vault = self._memory.scan, self._vault
        if scan is None or vault is None:
            return True
        try:
            return scan.differs(paths) or vault.ledger.stamp() != vault.ledger.held
        except KbError:
            return True  # the pass will tell

    def _refresh(
        self,
        hints: set[str] | None,
        *,
        commit: bool = False,
        still_since: float | None = None,
        quiet: float = 0.0,
    ) -> None:
        """One pass without papers: pages in step with notes; and a commit where one is due."""
        begun = time.monotonic()
        self._still_since = begun if still_since is None else still_since
        if hints is None:
            log.debug("full comparison")
        options = sync.Options(intake=False, commit=commit, settled=self._must_commit(begun))
        try:
            report = sync.run(
                self._opened(), options, now=self.now, memory=self._memory, hints=hints,
                before_pages=partial(_wait_until, quiet),
            )  # fmt: skip
        except TryLater as later:
            log.debug("%s", later)
            self._put_off(hints, _AGAIN, commit=commit)
            return
        except KbError as error:
            self._tell_once(str(error))
            self._memory = sync.Memory()
            self._put_off(None, _MENDING, commit=commit)
            return
        self._done(report, hints, max(begun, quiet), committed=commit)

    def _done(
        self, report: Report, hints: set[str] | None, begun: float, *, committed: bool
    ) -> None:
        took = time.monotonic() - begun
        self._retry = set()
        self.due.again = None
        if report.deferred:
            self._put_off(set(), max(_AGAIN, self._opened().settings.notes.quiet / 2))
        if hints is None:
            self.due.compare = time.monotonic() + self._until_comparison(took)
        self._plan_commit(committed=committed, failed=committed and report.commit is None)
        self._tell(report, took, committed=committed)

    def _plan_commit(self, *, committed: bool, failed: bool) -> None:
        """Once the vault has been still for a while, and after a longer one in any case."""
        memory, due, clock = self._memory, self.due, time.monotonic()
        if committed:
            due.commit = due.commit_at_most = None
        unknown = memory.uncommitted is None and not committed and due.commit is None
        if (committed and memory.uncommitted) or (memory.news and not committed) or unknown:
            settle = self._opened().settings.git.settle
            due.commit = clock + max(settle, _MENDING) if failed else self._still_since + settle
            due.commit_at_most = due.commit_at_most or clock + COMMIT_AT_MOST

    def _must_commit(self, clock: float) -> bool:
        return self.due.commit_at_most is not None and clock >= self.due.commit_at_most

    def _until_comparison(self, took: float) -> float:
        """Seconds until the next full comparison."""
        if self._listener is not None and not self._listener.is_alive():
            self._deaf("listening has ended")
        if self._listener is not None and (why := listening.why_partly_deaf(self.root)):
            self._deaf(why)
        return COMPARE if self._listener is not None else max(_POLL, took * _POLL_SHARE)

    def _put_off(self, hints: set[str] | None, seconds: float, *, commit: bool = False) -> None:
        at = time.monotonic() + seconds
        if commit:
            self.due.commit = at
            if self.due.commit_at_most is not None:
                self.due.commit_at_most = max(at, self.due.commit_at_most)
        if hints is None:
            self.due.compare = at
        else:
            self._retry |= hints
            self.due.again = at

    def _say_goodbye(self) -> None:
        touched = self._hints.take()
        paths = None if touched.everything else set(touched.paths) | self._retry
        if self._broken is None and (paths != set() or self.due.commit is not None):
            self.due.commit_at_most = 0.0  # also what the reader has changed just now
            self._refresh(paths, commit=True)
        if self._vault is not None:
            self._leave()
            self._vault.close()

    def _leave(self) -> None:
        """Lets the next process know if there is nothing to do."""
        if self._vault is not None and self._broken is None and self.due.again is None:
            with contextlib.suppress(KbError):
                sync.remember_as_left(self._vault, self._memory)

    # Papers

    def _take_in(self) -> None:
        """The pass that fetches; its own process tells in the ledger what it did."""
        self._leave()
        outcome = self._intake.run()
        if self._asked.stop:
            return
        if outcome.code in (0, 1):
            self.due.failures = 0
            self.due.intake = self._next_pass()
            log.info("pass: %s", outcome.did or "nothing new")
            if outcome.why:
                log.warning("%s", outcome.why)
        else:
            wait = timetable.RETRY[min(self.due.failures, len(timetable.RETRY) - 1)]
            self.due.failures += 1
            self.due.intake = min(self.now() + wait, self._next_pass())
            when = self.due.intake.astimezone()
            log.warning("pass: %s; next try at %s", outcome.why or outcome.did, f"{when:%H:%M}")
        self._remember(f"pass: {outcome.did or outcome.why or 'nothing new'}")
        self._follow(self._hints.take())

    def _next_pass(self) -> datetime:
        return timetable.next_pass(self._opened().settings.sync.at, self.now(), chance=self._chance)

    # The vault, and listening to it

    def _open(self) -> Vault:
        """Opens the vault anew, with the settings as they are now."""
        vault = Vault(self.root, forgiving=True)
        if self._vault is not None:
            self._vault.close()
        self._vault, self._memory = vault, sync.Memory()
        return vault

    def _check_settings(self) -> None:
        mistakes = "; ".join(map(str, self._opened().mistakes()))
        if mistakes and mistakes != self._mistakes:
            log.warning("%s; the last version without a mistake stays in force", mistakes)
        elif self._mistakes and not mistakes:
            log.info("the settings are without a mistake again")
        self._mistakes = mistakes

    def _opened(self) -> Vault:
        if self._vault is not None and self._vault.cache.is_there():
            return self._vault
        return self._open()

    def _listen(self) -> None:
        why = "asked for" if self._poll else listening.why_deaf(self.root)
        if not why:
            try:
                self._listener = Listener(self.root, self._hints)
            except OSError as error:
                why = listening.why_failed(error)
        if why and not self._poll:
            log.warning("%s; kb looks at the vault every few seconds instead", why)

    def _deaf(self, why: str) -> None:
        log.warning("%s; until then kb looks at the vault every few seconds", why)
        if self._listener is not None:
            self._listener.stop()
        self._listener = None

    def _how(self) -> str:
        return "as changes are told" if self._listener is not None else "looking every few seconds"

    def _count(self) -> int:
        return len(self._memory.scan.notes) if self._memory.scan is not None else 0

    # What is said

    def _tell(self, report: Report, took: float, *, committed: bool) -> None:
        parts = [
            f"{report.updated} notes updated" if report.updated else "",
            f"{report.pages} pages written" if report.pages else "",
            f"commit {report.commit[:10]}" if report.commit else "",
        ]
        if said := ", ".join(part for part in parts if part):
            log.info("%s (%.0f ms)", said, took * 1000)
            self._remember(said)
        for problem in (*report.problems, *report.refused, *report.deferred):
            log.debug("%s", problem)
        if report.person:
            self._tell_once(report.person)
        elif committed:
            self._told = ""

    def _tell_once(self, what: str) -> None:
        if what != self._told:
            log.error("%s", what)
            self._told = what

    def _remember(self, did: str) -> None:
        """For `kb status`."""
        with contextlib.suppress(KbError):
            at = self.now().isoformat(timespec="seconds").replace("+00:00", "Z")
            self._opened().cache.put_fact("watch", f"{at} {did}")


def _wait_until(at: float) -> None:
    """A moment on the monotonic clock, which may be over."""
    time.sleep(max(0.0, at - time.monotonic()))


@contextlib.contextmanager
def _signals(asked: _Asked) -> Iterator[None]:
    names = [name for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    former = {name: signal.signal(getattr(signal, name), asked.hear) for name in names}
    wakeup = signal.set_wakeup_fd(asked.bells[0].fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for name, handler in former.items():
            signal.signal(getattr(signal, name), handler)
