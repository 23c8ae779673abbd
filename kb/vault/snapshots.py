"""What was made of a vault's files, as the objects it is while kb runs, so that the next start need not
make them again.

They are pickled, which makes loading the fastest there is; no class but those named here is loaded, so a
file that somebody else has put into the cache's folder can tell kb of other notes, as every file there
can, and run nothing (docs.python.org/3/library/pickle.html, "Restricting Globals").
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import time
from typing import TYPE_CHECKING, Any

from kb.core.garbage import uncollected

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)
_CLASSES = {
    "datetime": {"date"},
    "kb.config": {
        "ArxivSettings",
        "FolderSettings",
        "GitSettings",
        "KeepSettings",
        "LlmSettings",
        "NoteSettings",
        "PageSettings",
        "PriceSettings",
        "Settings",
        "SyncSettings",
    },
    "kb.core.collection": {"Card", "Notes"},
    "kb.core.costs": {"Cost"},
    "kb.core.history": {"Day", "History"},
    "kb.core.packed": {"Judgements", "PaperIds", "Reasons", "Scores"},
    "kb.core.records": {"Written"},
    "kb.vault.scan": {"Seen"},
}
WORTH_FILES, WORTH_BYTES = 500, 256_000
_WORTH_SHARE = 64
_ABANDONED = 60.0
"""Seconds after which a snapshot that was not finished is nobody's any more."""


def is_worth(fresh: int, whole: int, least: int) -> bool:
    """Whether so much of the whole is not in the last snapshot that another is worth its making."""
    return fresh > max(least, whole // _WORTH_SHARE)


class Snapshots:
    """One file each in the folder of a vault's cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str, about: str) -> Any:
        """What was kept as `name`; None where nothing was, or it is about something else."""
        try:
            with (self._folder / f"{name}.snapshot").open("rb") as file, uncollected():
                return _Loader(file).load() if file.readline()[:-1] == about.encode() else None
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever pickle makes of a broken file
            log.debug("the snapshot of %s cannot be read and is made anew: %s", name, error)
            return None

    def keep(self, name: str, about: str, things: object) -> bool:
        """Whether they could be kept: another process may be at it, the disk full, or somebody's record
        nested too deep. `about` is one line."""
        new = self._folder / f"{name}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - new.stat().st_mtime > _ABANDONED:
                    new.unlink()
            with new.open("xb") as file:
                try:
                    file.write(about.encode() + b"\n")
                    pickle.dump(things, file, pickle.HIGHEST_PROTOCOL)
                    file.flush()
                    os.fsync(file.fileno())
                except BaseException:
                    new.unlink(missing_ok=True)
                    raise
            new.replace(self._folder / f"{name}.snapshot")
        except (OSError, RecursionError) as error:
            log.debug("no snapshot of %s is kept: %s", name, error)
            return False
        return True


class _Loader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in _CLASSES.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is in no snapshot")
        return super().find_class(module, name)
