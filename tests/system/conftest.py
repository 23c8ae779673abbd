"""A vault of its own for each test, made by the real command line."""

from __future__ import annotations

from standins.asked import asked, day, server
from standins.boxes import _private, box, empty, feed

__all__ = ["_private", "asked", "box", "day", "empty", "feed", "server"]
