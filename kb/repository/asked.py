"""What git takes long to say in a large vault, asked while others work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kb.errors import KbError

if TYPE_CHECKING:
    from pathlib import Path


class Asked(threading.Thread):
    """Which files of a vault differ from HEAD, as of when this is started."""

    def __init__(self, root: Path) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._found: frozenset[str] | None = None

    def run(self) -> None:
        from kb.repository.git import Repository

        try:
            if (repository := Repository.find(self._root)) is not None:
                self._found = frozenset(repository.uncommitted(["."]))
        except (KbError, OSError):  # whoever needs the answer asks again, and is told
            return

    def found(self) -> frozenset[str] | None:
        """What git said; None where it said nothing."""
        self.join()
        return self._found
