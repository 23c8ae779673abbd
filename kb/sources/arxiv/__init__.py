"""arXiv itself: its announcement feed and its query API, asked slowly and believed carefully."""

from __future__ import annotations

from kb.sources.arxiv.api import ArxivSource
from kb.sources.arxiv.days import Answer, DayAnswer, Known, collect

__all__ = ["Answer", "ArxivSource", "DayAnswer", "Known", "collect"]
