"""A vault of its own for each test, made by the real command line."""

from __future__ import annotations

from standins.boxes import _private, box, empty, feed

__all__ = ["_private", "box", "empty", "feed"]
