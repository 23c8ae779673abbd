"""The watcher: pages follow the notes, commits follow the pages, and the pass runs when arXiv's day
is out."""

from __future__ import annotations

from kb.watch.hints import QUIET
from kb.watch.watcher import Watcher

__all__ = ["QUIET", "Watcher"]
