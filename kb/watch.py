"""The watcher: pages follow the notes, and the pass runs when arXiv's day is out.

Events are hints only: after a short quiet time the vault is compared as a whole, so what was missed
heals with the next event or pass.
"""

from __future__ import annotations

import logging
import random
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kb import config, sync
from kb.core import announcements
from kb.errors import KbError, TryLater
from kb.sync.options import utc_now
from kb.vault.vault import CONFIG, Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import BaseObserver

    from kb.core.report import Report
    from kb.sources.arxiv import ArxivSource

log = logging.getLogger(__name__)
QUIET = 0.3
"""Seconds without an event before the vault is looked at."""
RETRY = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1))
_OURS = (".git", ".kb", ".obsidian", ".trash")


@dataclass(slots=True)
class Due:
    """When something is to be done next; None: nothing is."""

    refresh: float | None = None
    commit: float | None = None
    sync: datetime | None = None
    failures: int = 0


class Watcher:
    """Runs until `stop` is set. One thread listens, this one works."""

    def __init__(
        self,
        root: Path,
        *,
        arxiv: Callable[[], ArxivSource],
        poll: bool = False,
        now: Callable[[], datetime] = utc_now,
        stop: threading.Event | None = None,
    ) -> None:
        self.root = root
        self.arxiv = arxiv
        self.poll = poll
        self.now = now
        self.stop = stop or threading.Event()
        self.due = Due()
        self._touched = threading.Event()

    def run(self) -> None:
        """Watches until told to stop. Raises ConfigError when the vault cannot be used at the start."""
        config.load(self.root / CONFIG)
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), lambda *_: self.stop.set())
        observer = self._observer()
        observer.start()
        log.info("watching %s", self.root)
        try:
            self.refresh()
            self.due.sync = self.now()
            while not self.stop.is_set():
                self._wait()
                self._work()
        finally:
            observer.stop()
            observer.join(2)
            if self.due.commit is not None:
                self.refresh(commit=True)

    def once(self) -> Report:
        """One pass, as the watcher would run it now."""
        return self._sync()

    def refresh(self, *, commit: bool = False) -> None:
        """Brings pages in step with the notes; says so in one line where something changed."""
        try:
            with Vault(self.root, config.load(self.root / CONFIG)) as vault:
                options = sync.Options(intake=False, commit=commit)
                report = sync.run(vault, options, now=self.now)
                settle = vault.settings.git.settle
        except TryLater as later:
            log.info("%s", later)
            self.due.refresh = time.monotonic() + 2
            return
        except KbError as error:
            log.error("%s", error)
            return
        if report.written or report.commit:
            log.info(
                "%d notes updated, %d pages written%s",
                report.updated, report.pages, f", commit {report.commit[:10]}" if report.commit else "",
            )  # fmt: skip
        for problem in (*report.problems, *report.refused):
            log.debug("%s", problem)
        if report.person:
            log.error("%s", report.person)
        if report.deferred:
            self.due.refresh = time.monotonic() + 5
        self.due.commit = None if commit else time.monotonic() + settle

    def _sync(self) -> Report:
        with Vault(self.root, config.load(self.root / CONFIG)) as vault:
            return sync.run(vault, sync.Options(), now=self.now, arxiv=self.arxiv())

    def _wait(self) -> None:
        """Until there is an event, or something is due."""
        clock = time.monotonic()
        times = [self.due.refresh, self.due.commit]
        waits = [at - clock for at in times if at is not None]
        if self.due.sync is not None:
            waits.append((self.due.sync - self.now()).total_seconds())
        timeout = max(0.0, min([*waits, 60.0]))
        deadline = clock + timeout
        while not self.stop.is_set() and not self._touched.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._touched.wait(min(left, 0.5))

    def _work(self) -> None:
        if self.stop.is_set():
            return
        if self._touched.is_set():
            self._touched.clear()
            self.due.refresh = time.monotonic() + QUIET
            return
        clock = time.monotonic()
        if self.due.refresh is not None and clock >= self.due.refresh:
            self.due.refresh = None
            self.refresh()
        elif self.due.commit is not None and clock >= self.due.commit:
            self.refresh(commit=True)
        if self.due.sync is not None and self.now() >= self.due.sync:
            self._pass()

    def _pass(self) -> None:
        try:
            report = self._sync()
        except TryLater as later:
            self._again(str(later))
            return
        except KbError as error:
            log.error("%s", error)
            self._again("")
            return
        done = [day for day in report.days if day.outcome == "done"]
        log.info(
            "pass: %d days, %d notes created, %d pages written%s", len(done), report.created,
            report.pages, f", commit {report.commit[:10]}" if report.commit else "",
        )  # fmt: skip
        if report.person:
            log.error("%s", report.person)
        if report.later:
            self._again(report.later)
        else:
            self.due.failures = 0
            self.due.sync = self.next_pass()

    def _again(self, why: str) -> None:
        wait = RETRY[min(self.due.failures, len(RETRY) - 1)]
        self.due.failures += 1
        self.due.sync = self.now() + wait
        log.info("%snext try at %s", f"{why}; " if why else "", f"{self.due.sync:%H:%M} UTC")

    def next_pass(self) -> datetime:
        """When the next pass is due: as `[sync] at` says, or when arXiv's next day should be out."""
        now = self.now()
        times = []
        for at in config.load(self.root / CONFIG).sync.at:
            if at == "auto":
                jitter = timedelta(seconds=random.uniform(0, 900))  # noqa: S311 - spreads the load
                times.append(announcements.next_out(now) + jitter)
            else:
                hour, minute = map(int, at.split(":"))
                local = now.astimezone().replace(hour=hour, minute=minute, second=0, microsecond=0)
                times.append(local if local > now else local + timedelta(days=1))
        return min(times) if times else announcements.next_out(now)

    def _observer(self) -> BaseObserver:
        from watchdog.events import (
            EVENT_TYPE_CLOSED_NO_WRITE,
            EVENT_TYPE_OPENED,
            FileSystemEvent,
            FileSystemEventHandler,
        )
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        root, touched = self.root, self._touched

        class Listener(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in (EVENT_TYPE_OPENED, EVENT_TYPE_CLOSED_NO_WRITE):
                    return
                if any(_matters(root, path) for path in (event.src_path, event.dest_path)):
                    touched.set()

        observer = PollingObserver(timeout=1) if self.poll else Observer()
        observer.schedule(Listener(), str(root), recursive=True)
        return observer


def _matters(root: Path, path: str | bytes) -> bool:
    """Whether a change at `path` can change a page: not git's files, kb's own, or temporary ones."""
    if not path:
        return False
    name = path.decode("utf-8", "replace") if isinstance(path, bytes) else path
    try:
        parts = Path(name).relative_to(root).parts
    except ValueError:
        return False
    if not parts or parts[0] in _OURS or parts[-1].startswith("."):
        return False
    return parts[-1].endswith(".md") or parts[-1] == CONFIG or "." not in parts[-1]
