from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from standins.arxiv_reader import Reader
from standins.arxiv_server import ArxivStandIn
from standins.arxiv_world import HOLIDAY, PAPERS, WEDNESDAY, WITH_HOLIDAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from standins.arxiv_papers import Invented


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """Readers of an arXiv that has `papers` (WITH_HOLIDAY: and the holiday)."""
    with ExitStack() as stack:

        def reader(
            papers: list[Invented] = PAPERS,
            *,
            categories: tuple[str, ...] = ("cs.LG", "cs.AI"),
            skip_holidays: bool = True,
        ) -> Reader:
            server = ArxivStandIn(
                papers,
                today=WEDNESDAY,
                holidays=frozenset({HOLIDAY} if papers is WITH_HOLIDAY else ()),
                skip_holidays=skip_holidays,
            )
            stack.enter_context(server)
            return Reader(server, tmp_path, categories=categories, page_size=500)

        yield reader
